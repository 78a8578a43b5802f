-- A page that calls main as often as it can when it is told to.

local remote = require 'remote'
local statistics = require 'statistics'
local service = remote.require 'service'
local noop, thing = service.noop, service.new()
local hrtime = require 'process'.hrtime

local function rateOf(work, seconds)
	local start, calls = hrtime(), 0
	local till = start + seconds * 1e9
	repeat
		work(20)
		calls = calls + 20
		local now = hrtime()
	until now >= till
	return calls / (hrtime() - start) * 1e9
end

local function callNoop(count)
	for _ = 1, count do
		noop()
	end
end

local function callMethod(count)
	for i = 1, count do
		thing:add(i, 2)
	end
end

--- Calls for some seconds; returns how many calls a second that were.
function callFor(seconds) -- luacheck: ignore 111
	return rateOf(callNoop, seconds)
end

--- Calls a method for some seconds; returns how many calls a second that were.
function callMethodFor(seconds) -- luacheck: ignore 111
	return rateOf(callMethod, seconds)
end

--- Calls for some seconds; returns what one call took, in microseconds.
function callOneByOne(seconds) -- luacheck: ignore 111
	local took = {}
	local now = hrtime()
	local till = now + seconds * 1e9
	repeat
		noop()
		local after = hrtime()
		took[#took + 1] = (after - now) / 1e3
		now = after
	until now >= till
	return { median = statistics.median(took), p99 = statistics.p99(took) }
end

remote.require 'windows-of-bench'.arrived()
