--- Runs jobs in pages, each in a window of its own, until they are done or have failed too often.
--- A page says that it is done by the message 'done' with its result.

local BrowserWindow = require 'browser-window'
local ipc = require 'ipc'
local timers = require 'timers'

local ATTEMPTS = 3

--- How often a page gets something to answer, in milliseconds.
local HEARTBEAT = 100

---@class Job
---@field attempts integer
---@field result string?

local supervisor = {
	---@type table<string, Job>
	jobs = {},
	--- How long a page may take to answer, in milliseconds.
	patience = 500,
}

---@type table<BrowserWindow, string>
local nameOf = {}

local function start(name)
	local job = supervisor.jobs[name]
	job.attempts = job.attempts + 1
	local window = BrowserWindow { show = false, unresponsiveAfter = supervisor.patience }
	local contents = window.webContents
	nameOf[window] = name

	local function fail(problem)
		if job.result then
			return
		end
		print(('%s, attempt %d: %s'):format(name, job.attempts, problem))
		if job.attempts < ATTEMPTS then
			start(name)
		else
			job.result = 'given up'
		end
		-- It cannot be asked to close: nobody is there to answer.
		window:destroy()
	end

	contents:on('crashed', function(_, reason, status)
		fail(('it has crashed (%s: %s)'):format(reason, status))
	end)
	contents:on('did-fail-load', function(_, _, problem)
		if not contents:isCrashed() then
			fail('it could not start: ' .. problem)
		end
	end)
	window:on('unresponsive', function()
		fail 'it hangs'
	end)

	-- Whether a page hangs shows only if it has something to do.
	local heartbeat = timers.setInterval(function()
		contents:send 'heartbeat'
	end, HEARTBEAT)
	window:on('close', function()
		timers.clearInterval(heartbeat)
	end)
	window:on('closed', function()
		timers.clearInterval(heartbeat)
		nameOf[window] = nil
	end)

	window:loadUrl(('pages/%s.lua?attempt=%d'):format(name, job.attempts))
end

ipc:on('done', function(event, result)
	local window = event.sender:getOwnerWindow()
	local name = nameOf[window]
	local job = supervisor.jobs[name]
	job.result = result
	print(('%s, attempt %d: %s'):format(name, job.attempts, result))
	window:close()
end)

--- Runs pages/<name>.lua.
---@param name string
function supervisor.run(name)
	supervisor.jobs[name] = { attempts = 0 }
	start(name)
end

return supervisor
