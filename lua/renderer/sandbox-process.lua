--- process: what a sandboxed page is told of the process that it runs in, which is little.
---
--- 'exit' (code)                            the process is about to end
--- 'uncaughtException' (error, traceback)   nobody caught an error

local EventEmitter = require 'events'
local check = require 'check'
local hostPage = require 'host.page'
local loop = require 'host.loop'
local surroundings = require 'sandbox-surroundings'

---@class SandboxedProcess: EventEmitter
local process = setmetatable({}, { __name = 'process', __index = EventEmitter })

process.type = 'renderer'
process.sandboxed = true
process.platform = 'linux'
process.versions = { lua = _VERSION:match '%d.*' }
process.argv = {}
process.env = {}

local function newOutput(stream)
	local output = { isTTY = false }
	function output:write(...)
		if self ~= output then
			error("'write' is a method: call it as process.stdout:write(...)", 2)
		end
		for i = 1, select('#', ...) do
			local word = select(i, ...)
			if type(word) ~= 'number' then
				check.argument('write', i, word, 'string')
			end
		end
		surroundings.write(stream, table.concat({ ... }))
		return self
	end
	return output
end

process.stdout = newOutput 'stdout'
process.stderr = newOutput 'stderr'

--- A clock that nobody sets, in nanoseconds.
---@type fun(): integer
process.hrtime = hostPage.hrtime

--- How long this context has been running, in seconds.
---@type fun(): number
process.uptime = hostPage.uptime

--- Memory in bytes that Lua uses.
---@return { heapUsed: integer }
function process.memoryUsage()
	return { heapUsed = math.floor(collectgarbage 'count' * 1024) }
end

--- Calls a function as soon as the running one has returned or waits, before anything else is due.
---@type fun(fn: function, ...: any)
process.nextTick = loop.nextTick

local exiting = false

--- Ends the process, after it has emitted 'exit'.
---@param code integer?
function process.exit(code)
	code = code ~= nil and check.argument('exit', 1, code, 'integer') or process.exitCode or 0
	if not exiting then
		exiting = true
		process.exitCode = code
		code = pcall(process.emit, process, 'exit', code) and process.exitCode or 1
	end
	hostPage.exit(code)
end

return process
