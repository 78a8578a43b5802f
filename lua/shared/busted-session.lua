--- Runs busted, the one that is installed, in this process and in the calling coroutine, so that
--- specs may wait for timers, answers and whatever else Lepton's loop brings.

local keeper = require 'module-keeper'
local task = require 'host.task'

local NAME = 'lepton --test'

local session = {}

---@type table? the core of busted, while it runs
local core

--- What ends a run, or a spec that wants to end the process. It is an error like any other to the
--- code it passes through.
---@class Exit
---@field status integer
---@field message string
local Exit = {}
Exit.__name = 'Exit'

function Exit:__tostring()
	return self.message
end

---@param name string what the function is called that takes an exit status
local function exitFunction(name)
	return function(status)
		local number = (status == nil or status == true) and 0 or math.tointeger(status) or 1
		local caller = debug.getinfo(2, 'Sl')
		local message = ('%s:%d: %s(%d) was called'):format(caller.short_src, caller.currentline,
			name, number)
		error(setmetatable({ status = number, message = message }, Exit))
	end
end

--- What runs now, as busted's handlers name it; nil if nothing does.
---@return string?
function session.current()
	if not core then
		return nil
	end
	local names = {}
	local element = core.context.get()
	while element and element.descriptor ~= 'file' and (element.name or element.descriptor) do
		table.insert(names, 1, element.name or element.descriptor)
		element = core.context.parent(element)
	end
	return table.concat(names, ' ')
end

--- An error in a callback belongs to no spec by itself: it is counted as an error of its own, which
--- names the spec that ran meanwhile.
local function reportUncaught(message, traceback)
	local text = type(message) == 'string' and message or tostring(message)
	local file, line = text:match '^([^\n:]+):(%d+): '
	local trace = {
		short_src = file or NAME,
		currentline = tonumber(line) or 0,
		message = text,
		traceback = '\n' .. (traceback or ''),
	}
	local element = {
		descriptor = 'callback',
		name = 'uncaught error during: ' .. session.current(),
		attributes = {},
		trace = trace,
	}
	core.publish({ 'error', 'callback' }, element, nil, text, trace)
end

local function fail(message)
	io.stderr:write(NAME, ': ', message, '\n')
	return 1
end

local function handleMessage(message)
	if getmetatable(message) == Exit then
		return message
	end
	return debug.traceback(tostring(message), 2)
end

--- Has busted run spec files and says what its exit status would have been. Meanwhile os.exit and
--- process.exit raise, so that a spec that calls them fails instead of ending the run. Once in a
--- process.
---@async
---@param arguments string[] busted's command line
---@return integer status
function session.run(arguments)
	if not package.searchpath('busted.runner', package.path) then
		return fail "busted is not installed; on Debian it is the package lua-busted"
	elseif package.loaded['busted.runner'] then
		return fail 'busted has run in this process already'
	end

	local exit = exitFunction 'exit'
	local osExit, processExit = os.exit, process.exit
	os.exit = exitFunction 'os.exit' -- luacheck: ignore 122
	process.exit = exitFunction 'process.exit'
	local dataDir = require 'host.process'.dataDir
	keeper.install { dataDir .. '/lua/shared', dataDir .. '/lua/renderer', dataDir .. '/modules' }
	require 'busted-mends'.apply(exit, function(value)
		core = value
	end)
	task.onUncaught(function(message, traceback)
		if core then
			reportUncaught(message, traceback)
		else
			fail(debug.traceback(tostring(message)))
		end
	end)

	-- The interpreter that busted is asked to use, perhaps by the file .busted, is this one.
	_G.arg = { [-1] = _G.arg and _G.arg[-1], [0] = NAME, '--ignore-lua', table.unpack(arguments) }
	-- busted calls itself what the chunk is called that calls it.
	local chunk = assert(load("require 'busted.runner' { standalone = false }", '@' .. NAME))
	local ok, result = xpcall(chunk, handleMessage)
	core = nil
	os.exit, process.exit = osExit, processExit -- luacheck: ignore 122
	if ok then
		return 0
	elseif getmetatable(result) == Exit then
		return result.status
	end
	return fail(result)
end

return session
