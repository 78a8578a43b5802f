--- The first Lua in every context of a page: gives the page its environment, and main what it needs
--- to reach it.

local errorText = require 'error-text'
local hostPage = require 'host.page'
local hostProcess = require 'host.process'
local task = require 'host.task'

local hello = hostPage.hello
local main = hostPage.main

_G.process = require 'process'
local ipc = require 'ipc'
local page = require 'page'
require 'remote'
require 'timers'

hostProcess.setup {
	type = 'renderer',
	argv = hello.argv,
	env = hello.env,
	exit = hostPage.exit,
}
hostProcess.chdir(hello.cwd)

-- Lepton's other modules are no longer found under names that the page may want for its own.
package.loaded.check = nil
package.loaded.either = nil
package.loaded['error-text'] = nil
package.path = hello.path
package.cpath = hello.cpath

-- A line that a page prints is seen even if the page is killed.
io.stdout:setvbuf 'line'

local function printError(problem, traceback)
	io.stderr:write(('lepton: page %d: %s\n'):format(hello.page, errorText(problem)))
	if traceback then
		io.stderr:write(traceback, '\n')
	end
end

--- An error that nobody caught: the page lives on.
local function reportUncaught(problem, traceback)
	if process:listenerCount 'uncaughtException' > 0 then
		process:emit('uncaughtException', problem, traceback)
	else
		printError(problem, traceback)
	end
end

task.onUncaught(reportUncaught)

local function withTraceback(problem)
	return { problem = problem, traceback = debug.traceback(nil, 2) }
end

local unloaded = false

--- Tells the page, once, that it is about to end.
local function unload()
	if unloaded then
		return
	end
	unloaded = true
	for _, listener in ipairs(page:listeners 'unload') do
		local ok, result = xpcall(listener, withTraceback)
		if not ok then
			reportUncaught(result.problem, result.traceback)
		end
	end
end

process:on('exit', unload)

-- Ends the page's process as process.exit does: like closing, and main has everything before it.
function os.exit(status) -- luacheck: ignore 122
	process.exit((status == nil or status == true) and 0 or status == false and 1 or status)
end

--- What main is born holding of a page.
local root = {}

---@param script { source: string, chunkname: string, location: Location }
function root:load(script)
	package.loaded.boot = nil
	page.location = setmetatable(script.location, {
		__name = 'Location',
		__tostring = function(location)
			return location.href
		end,
	})
	local chunk, problem = load(script.source:gsub('^#[^\n]*', ''), script.chunkname)
	if not chunk then
		printError(problem)
		main:post('loadFailed', problem)
		return
	end
	local failed
	local isFirst = true
	task.start(function()
		local ok, result = xpcall(chunk, withTraceback)
		if ok then
			return
		end
		local traceback = result.traceback:match '^(.-in main chunk)' or result.traceback
		if isFirst then
			failed = true
			printError(result.problem, traceback)
			main:post('loadFailed', errorText(result.problem))
		else
			reportUncaught(result.problem, traceback)
		end
	end)
	isFirst = false
	if not failed then
		main:post 'loaded'
	end
end

function root:unload()
	unload()
	hostPage.endContext()
end

function root:ipc(channel, ...)
	if ipc:listenerCount(channel) > 0 then
		ipc:emit(channel, ...)
	end
end

---@param code string
function root:execute(code)
	local chunk, problem = load('return ' .. code, '=executeLua')
	if not chunk then
		chunk, problem = load(code, '=executeLua')
	end
	if not chunk then
		error(problem, 0)
	end
	return chunk()
end

function root:ping()
	return true
end

hostPage.setRoot(root)
