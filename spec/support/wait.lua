--- Waits, in a spec, for what the event loop brings.

local task = require 'host.task'
local timers = require 'timers'

local wait = {}

--- Seconds after which a wait fails.
local PATIENCE = 120

--- Waits for an event of an emitter.
---@async
---@param emitter EventEmitter
---@param event string
---@return any ... what the listener got
function wait.event(emitter, event)
	local co = coroutine.running()
	local results
	local function listener(...)
		results = table.pack(...)
		task.resume(co)
	end
	emitter:once(event, listener)
	local timer = timers.setTimeout(function()
		emitter:removeListener(event, listener)
		task.resume(co)
	end, PATIENCE * 1000)
	coroutine.yield()
	timers.clearTimeout(timer)
	if not results then
		error(("waited %d s for the event '%s'"):format(PATIENCE, event), 2)
	end
	return table.unpack(results, 1, results.n)
end

--- Waits until a function returns something true, and returns that.
---@async
---@param what string what is waited for, for the error
---@param condition fun(): any
---@return any
function wait.untilTrue(what, condition)
	local deadline = process.uptime() + PATIENCE
	while true do
		local result = condition()
		if result then
			return result
		elseif process.uptime() > deadline then
			error(('waited %d s until %s'):format(PATIENCE, what), 2)
		end
		timers.sleep(2)
	end
end

--- Collects what events of an emitter bring, in order: { 'event', … } without the event objects.
---@param emitter EventEmitter
---@param events string[]
---@return any[][]
function wait.record(emitter, events)
	local record = {}
	for _, event in ipairs(events) do
		emitter:on(event, function(_, ...)
			table.insert(record, { event, ... })
		end)
	end
	return record
end

return wait
