-- A page that calls main as often as it can when it is told to.

local remote = require 'remote'
local noop = remote.require 'service'.noop
local hrtime = require 'process'.hrtime

--- Calls for some seconds; returns how many calls a second that were.
function callFor(seconds) -- luacheck: ignore 111
	local start, calls = hrtime(), 0
	local till = start + seconds * 1e9
	repeat
		for _ = 1, 20 do
			noop()
		end
		calls = calls + 20
		local now = hrtime()
	until now >= till
	return calls / (hrtime() - start) * 1e9
end

remote.require 'windows-of-bench'.arrived()
