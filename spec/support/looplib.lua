--- What the specs of host.loop share.

local assert = require 'luassert'
local loop = require 'host.loop'
local native = require 'host.process'

local looplib = {}

--- Each spec leaves as many timers and watchers as there were. In a describe block:
---
---     looplib.accounts(before_each, after_each)
---
---@param beforeEach fun(fn: function)
---@param afterEach fun(fn: function)
function looplib.accounts(beforeEach, afterEach)
	local before

	beforeEach(function()
		before = loop.counts()
	end)

	afterEach(function()
		assert.are.same(before, loop.counts())
	end)
end

--- Holds the loop up.
---@param ms number
function looplib.busy(ms)
	local till = native.hrtime() + ms * 1000000
	while native.hrtime() < till do end
end

return looplib
