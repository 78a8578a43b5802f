--- What the main process does first: gives an app or a script its environment, and starts it.

local before = {}
for name in pairs(package.loaded) do
	before[name] = true
end

local Event = require 'event'
local app = require 'app'
local environment = require 'environment'
local hostProcess = require 'host.process'
local leakWarning = require 'leak-warning'
local loop = require 'loop'
local packageJson = require 'package-json'
local process = require 'process'
local readFile = require 'read-file'
local task = require 'host.task'
local timers = require 'timers'
local uncaught = require 'uncaught'
local url = require 'url'

require 'browser-window'
require 'ipc'
require 'remote'

_G.process = process

local boot = {}

-- Lepton's other modules are no longer found under their names, which an app may want for its own.
local public = {
	app = true,
	['browser-window'] = true,
	events = true,
	ipc = true,
	loop = true,
	process = true,
	remote = true,
	timers = true,
	['web-contents'] = true,
}
package.loaded.check = nil
for name in pairs(package.loaded) do
	if not before[name] and not public[name] and not name:find '^host%.' then
		package.loaded[name] = nil
	end
end

local dataDir = hostProcess.dataDir

local function join(...)
	return table.concat({ ... }, ';')
end

--- Where a folder's own modules are found, and those that LuaRocks installed below it.
local function folderPath(dir)
	local rocks = dir .. '/lua_modules/share/lua/5.4'
	return join(dir .. '/?.lua', dir .. '/?/init.lua'), join(rocks .. '/?.lua', rocks .. '/?/init.lua')
end

local function folderCpath(dir)
	return join(dir .. '/?.so', dir .. '/lua_modules/lib/lua/5.4/?.so')
end

--- Where modules are found that belong to no app: package.path without Lepton's folders.
local function foreignPath()
	local kept = {}
	for template in package.path:gmatch '[^;]+' do
		if template:sub(1, #dataDir + 1) ~= dataDir .. '/' then
			table.insert(kept, template)
		end
	end
	return table.concat(kept, ';')
end

---@param path string
---@return string
local function absolute(path)
	return url.normalize(path:find '^/' and path or process.cwd() .. '/' .. path)
end

--- Gives main and its pages the search paths of an app. A script's `require` looks first where that
--- of any Lua would; an app's looks in the app's folder.
---@param dir string absolute
local function setPaths(dir)
	package.loaded.boot = nil
	local own, rocks = folderPath(dir)
	local foreign, shared = foreignPath(), dataDir .. '/lua/shared/?.lua'
	local modules, cpath = join(dataDir .. '/modules/?.lua', shared), package.cpath
	environment.appPath = dir
	environment.pagePath = join(own, dataDir .. '/lua/renderer/?.lua', shared, rocks, foreign)
	environment.pageCpath = join(folderCpath(dir), cpath)
	if environment.isScript then
		package.path = join(foreign, own, modules, rocks)
		package.cpath = join(cpath, folderCpath(dir))
	else
		package.path = join(own, modules, rocks, foreign)
		package.cpath = environment.pageCpath
	end
end

local function emitReady()
	app:emit('will-finish-launching', Event.new(app))
	environment.ready = true
	app:emit('ready', Event.new(app))
end

--- Starts the app in a folder: its main script, then 'ready'.
---@param dir string
---@param args string[] what the main script gets
---@return boolean? started
---@return string? message why there is nothing to start
function boot.app(dir, args)
	local folder, message = io.open(dir .. '/.')
	if not folder then
		return nil, ("cannot find the app '%s':%s"):format(dir, message:match ':[^:]*$':sub(2))
	end
	folder:close()
	environment.package, message = packageJson.read(dir)
	if not environment.package then
		return nil, message
	end
	local main = environment.package.main or 'main.lua'
	local path = dir:gsub('/+$', '') .. '/' .. main
	local source
	source, message = readFile(path)
	if not source then
		return nil, ('cannot read the main script %s%s'):format(message, environment.package.main and ''
			or '; an app has a main.lua, or a package.json whose "main" names another')
	end
	environment.arguments = table.move(args, 1, #args, 1, {})
	message = leakWarning.problem()
	if message then
		return nil, message
	end

	setPaths(absolute(dir))
	local isRunning = true
	task.onUncaught(function(...)
		isRunning = false
		uncaught(...)
	end)
	for _, signal in ipairs { 'SIGINT', 'SIGTERM' } do
		loop.signal(signal, function()
			app:quit()
		end):unref()
	end
	task.start(function()
		local chunk, problem = load(source:gsub('^#[^\n]*', ''), '@' .. path)
		if not chunk then
			error(problem, 0)
		end
		chunk(table.unpack(args))
		isRunning = false
		emitReady()
	end)

	-- The loop ends when nothing is left that could happen, whatever still waits for it.
	local finish = hostProcess.finish
	function hostProcess.finish(code)
		if isRunning and not code then
			io.stderr:write(('lepton: %s waits for what can no longer happen\n'):format(path))
			code = 1
		end
		return finish(code)
	end
	return true
end

--- Gives a script the environment of an app whose folder is the script's; who runs the script is
--- not this function's business. 'ready' is emitted once the script has ended, or waits.
---@param path string? nil: a script without a file, whose folder is the current one
function boot.script(path)
	environment.isScript = true
	setPaths(absolute(path and (path:match '^(.*)/[^/]*$' or '.') or '.'))
	task.onUncaught(uncaught)
	timers.setImmediate(emitReady)
end

return boot
