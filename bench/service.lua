--- What pages use in main while they are measured.

local timers = require 'timers'

local service = { __remote = { 'noop', 'add', 'new' } }

function service.noop() end

function service.add(a, b)
	return a + b
end

function service.echo(value)
	return value
end

---@class Thing
---@field value integer
local Thing = {}
Thing.__index = Thing
Thing.__name = 'Thing'
Thing.__remote = { 'noop', 'add' }

function Thing:noop() end

function Thing:add(a, b)
	return a + b
end

---@return Thing
function service.new()
	return setmetatable({ value = 1 }, Thing)
end

service.thing = service.new()

service.numbers, service.fields = {}, {}
for i = 1, 10000 do
	service.numbers[i] = i
	service.fields['field' .. i] = i
end

--- Calls a callback, soon, a number of times.
function service.callSoon(callback, count)
	timers.setImmediate(function()
		for i = 1, count do
			callback(i)
		end
	end)
end

--- Kilobytes of what lives in main's heap.
function service.heap()
	collectgarbage()
	collectgarbage()
	return collectgarbage 'count'
end

return service
