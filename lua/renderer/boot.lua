--- The first Lua in every context of a page: gives the page its environment, and main what it needs
--- to reach it. It runs before there is a page, in the zygote that pages are forked from; what
--- depends on which page it is comes in `hostPage.begin`.

local errorText = require 'error-text'
local hostPage = require 'host.page'
local task = require 'host.task'

local main = hostPage.main
local traceback = debug.traceback

local surroundings = require(hostPage.sandboxed and 'sandbox-surroundings' or 'surroundings')
surroundings.prepare()
local ipc = require 'ipc'
local page = require 'page'
require 'remote'
local joinTraceback = require 'remote-traceback'.join
require 'timers'
surroundings.enter()

--- An error that nobody caught: the page lives on.
local function reportUncaught(problem, trace)
	trace = joinTraceback(problem, trace)
	if process:listenerCount 'uncaughtException' > 0 then
		process:emit('uncaughtException', problem, trace)
	else
		surroundings.printError(problem, trace)
	end
end

task.onUncaught(reportUncaught)

local function withTraceback(problem)
	return { problem = problem, traceback = traceback(nil, 2) }
end

--- Calls a function. If it raises: the error, and the traceback.
---@return boolean ok
---@return any problem
---@return string? trace
local function try(fn)
	local ok, result = xpcall(fn, withTraceback)
	if ok then
		return true
	elseif type(result) == 'table' then
		return false, result.problem, result.traceback
	end
	return false, result -- without memory Lua asks nobody for a traceback
end

local unloaded = false

--- Tells the page, once, that it is about to end.
local function unload()
	if unloaded then
		return
	end
	unloaded = true
	for _, listener in ipairs(page:listeners 'unload') do
		local ok, problem, trace = try(listener)
		if not ok then
			reportUncaught(problem, trace)
		end
	end
end

process:on('exit', unload)

--- What main is born holding of a page.
local root = {}

---@param script { source: string, chunkname: string, location: Location }
function root:load(script)
	page.location = setmetatable(script.location, {
		__name = 'Location',
		__tostring = function(location)
			return location.href
		end,
	})
	local chunk, problem = load(script.source:gsub('^#[^\n]*', ''), script.chunkname)
	if not chunk then
		surroundings.printError(problem)
		main:post('loadFailed', problem)
		return
	end
	local failed
	local isFirst = true
	task.start(function()
		local ok, raised, trace = try(chunk)
		if ok then
			return
		end
		trace = trace and trace:match '^(.-in main chunk)' or trace
		if isFirst then
			failed = true
			surroundings.printError(raised, joinTraceback(raised, trace))
			main:post('loadFailed', errorText(raised))
		else
			reportUncaught(raised, trace)
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

hostPage.root = root

--- The page's process is there.
---@param hello table what main tells it
function hostPage.begin(hello)
	hostPage.hello = hello
	surroundings.begin(hello)
end
