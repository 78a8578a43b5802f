-- A page that, when it is told to, sends main messages for some seconds as fast as main takes them.

local hrtime = require 'process'.hrtime
local ipc = require 'ipc'
local remote = require 'remote'
local noop = remote.require 'service'.noop

--- What goes out at once.
local BURST = 500

--- Sends for some seconds; returns how many messages that were.
function flood(seconds) -- luacheck: ignore 111
	local till = hrtime() + seconds * 1e9
	local sent = 0
	repeat
		for i = 1, BURST do
			ipc.send('bench', i)
		end
		noop()
		sent = sent + BURST
	until hrtime() >= till
	return sent
end

remote.require 'windows-of-bench'.arrived()
