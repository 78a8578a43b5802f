--- Applications made for a spec, run to their end.

local run = require 'spec.support.run'

local apps = {}

--- Runs an app of the given files. Its folder is called APP in what it says on standard error.
---@param files table<string, string>
---@param arguments string[]?
---@return table result { status, stdout, stderr }
function apps.run(files, arguments)
	local folder = run.directory(files)
	local result = run.lepton { folder, table.unpack(arguments or {}) }
	if result.timedOut then
		error('the app did not end: ' .. result.stderr, 2)
	end
	return { result.status, result.stdout, (result.stderr:gsub(folder:gsub('%p', '%%%0'), 'APP')) }
end

--- Runs an app of one main script.
---@param source string
---@param arguments string[]?
---@return table result { status, stdout, stderr }
function apps.runMain(source, arguments)
	return apps.run({ ['main.lua'] = source }, arguments)
end

--- The beginning of a main script that prints the events of its end, from app, process and the
--- windows that open() gives.
apps.narrator = [[
	local app, BrowserWindow, timers = require 'app', require 'browser-window', require 'timers'
	for _, name in ipairs { 'will-finish-launching', 'ready', 'before-quit', 'will-quit', 'quit' } do
		app:on(name, function(event, code)
			assert(event.sender == app)
			print(name .. (code and ' ' .. code or ''))
		end)
	end
	process:on('exit', function(code) print('exit ' .. code) end)
	local function open()
		local window = BrowserWindow()
		window:on('close', function() print 'close' end)
		window:on('closed', function() print 'closed' end)
		return window
	end
]]

return apps
