--- process: the running process. `require 'process'` and the global of that name are one object; it
--- is an emitter.
---
---     process:on('exit', function(code) print('ending with', code) end)
---     print(process.pid, process.env.HOME, process.hrtime() // 1000000)
---     process.exit(0)
---
--- 'exit' (code)                            the process is about to end
--- 'uncaughtException' (error, traceback)   nobody caught an error; with a listener, that is no
---                                          reason to end
---
--- The host tells this module what it cannot find out: `require('host.process').setup{ type, argv,
--- versions, exit }`. It calls `require('host.process').finish(code)` where the process ends
--- without process.exit: that emits 'exit', once, and returns the exit status.

local EventEmitter = require 'events'
local check = require 'check'
local loop = require 'host.loop'
local native = require 'host.process'

---@class Process: EventEmitter
---@field pid integer
---@field ppid integer
---@field type 'main'|'renderer'
---@field argv string[] what the command line gave the program, from 1 on
---@field env table<string, string> the environment: reading, writing and pairs act on the real one
---@field platform string 'linux'
---@field versions table<string, string> of lepton, lua and what else is linked
---@field execPath string? the file that runs
---@field exitCode integer? the exit status of a process that ends by itself, or by exit()
---@field stdout Output
---@field stderr Output
local process = setmetatable({}, {
	__name = 'process',
	__index = function(_, key)
		if key == 'ppid' then
			return native.ppid()
		end
		return EventEmitter[key]
	end,
})

---@class Output
---@field fd integer
---@field isTTY boolean
local Output = {}
Output.__index = Output
Output.__name = 'Output'

local function newOutput(fd)
	return setmetatable({ fd = fd, isTTY = native.isatty(fd) }, Output)
end

--- Writes strings and numbers at once, after what print and io.write still hold back.
---@param ... string|number
---@return Output? self nil if they could not be written
---@return string? message
---@return integer? errno
function Output:write(...)
	if getmetatable(self) ~= Output then
		error("'write' is a method: call it as process.stdout:write(...)", 2)
	end
	local words = { ... }
	for i = 1, select('#', ...) do
		if type(words[i]) ~= 'number' then
			check.argument('write', i, words[i], 'string')
		end
	end
	local ok, message, errno = native.write(self.fd, table.concat(words))
	if not ok then
		return nil, message, errno
	end
	return self
end

local function isName(name)
	return type(name) == 'string' and name ~= '' and not name:find '[=\0]'
end

local environment = {
	__name = 'environment',
	__index = function(_, name)
		return isName(name) and native.getenv(name) or nil
	end,
	__newindex = function(_, name, value)
		if not isName(name) then
			error('process.env: a variable has a name without = and zero bytes', 2)
		elseif value ~= nil and type(value) ~= 'string' and type(value) ~= 'number' then
			error(('process.env.%s: string expected, got %s'):format(name, check.typeName(value)), 2)
		elseif type(value) == 'string' and value:find '\0' then
			error(('process.env.%s: a variable cannot hold a zero byte'):format(name), 2)
		end
		native.setenv(name, value and tostring(value))
	end,
	__pairs = function()
		return next, native.environ()
	end,
}

process.type = 'main'
process.argv = {}
process.env = setmetatable({}, environment)
process.platform = native.platform
process.versions = native.versions
process.execPath = native.execPath
process.stdout = newOutput(1)
process.stderr = newOutput(2)

--- The working directory.
---@type fun(): string
process.cwd = native.cwd

--- Changes the working directory.
---@type fun(path: string): boolean?, string?, integer? true; or nil, message, errno
process.chdir = native.chdir

--- How long the process has been running, in seconds.
---@type fun(): number
process.uptime = native.uptime

--- A clock that nobody sets, in nanoseconds.
---@type fun(): integer
process.hrtime = native.hrtime

--- Memory in bytes: `rss` now and `maxRss` at most, of the whole process, and `heapUsed` by Lua.
---@type fun(): { rss: integer?, maxRss: integer, heapUsed: integer }
process.memoryUsage = native.memoryUsage

--- Sends a process a signal, by name or number; SIGTERM without one. 0 only asks whether it exists.
---@type fun(pid: integer, signal: (string|integer)?): boolean?, string?, integer?
process.kill = native.kill

--- Calls a function as soon as the running one has returned or waits, before anything else is due.
---@type fun(fn: function, ...: any)
process.nextTick = loop.nextTick

local exiting = false
local exitHow = os and os.exit

local function report(err)
	local text = debug and debug.traceback(tostring(err), 2) or tostring(err)
	process.stderr:write("lepton: a listener of 'exit' failed: ", text, '\n')
end

-- Emits 'exit', unless that is under way, and returns the exit status.
local function finish(code)
	code = code or process.exitCode or 0
	if not exiting then
		exiting = true
		process.exitCode = code
		local ok = xpcall(process.emit, report, process, 'exit', code)
		code = ok and process.exitCode or 1
	end
	return code
end

--- Ends the process, after it has emitted 'exit'.
---@param code integer? exit status; process.exitCode without it, else 0
function process.exit(code)
	if code ~= nil then
		code = check.argument('exit', 1, code, 'integer')
	end
	exitHow(finish(code))
end

local function setup(options)
	process.pid = native.pid()
	process.type = options.type or process.type
	process.argv = options.argv or process.argv
	exitHow = options.exit or exitHow
	for name, version in pairs(options.versions or {}) do
		process.versions[name] = version
	end
end

native.setup = setup
native.finish = finish

return process
