--- Cycles through both processes: collected when asked to, and from time to time while the page has
--- nothing to do, where that was switched on.

local check = require 'check'
local loop = require 'host.loop'
local page = require 'host.page'

--- Milliseconds between two tries, and how much longer they become while nothing is found.
local EVERY = 30000
local SLOWEST = 16

--- References followed in each of the two heaps while the page is idle.
local MOST_WHEN_IDLE = 500000

local cycles = {}

local main = page.main
local timer

local function refuse(name)
	if page.sandboxed then
		error(name .. ': a sandboxed page cannot ask main to look through its heap', 3)
	end
end

--- Collects now. Both processes stand still meanwhile, main for as long as it takes to look at what
--- it holds.
---@param most integer? references to follow in each of the two heaps; 100 million
---@return integer? count remote objects and callbacks that are gone; nil where `most` was too few
---@return string? reason
function cycles.collect(most)
	refuse 'collectCycles'
	return main:collectCycles(most and check.argument('collectCycles', 1, most, 'integer'))
end

-- There is no cycle without both, and no peace while a request is being answered.
local function mayFind()
	local counts = main:counts()
	return counts.requests == 0 and counts.imports > 0 and counts.exports > 0
end

local function schedule(options, factor)
	timer = loop.setTimeout(function()
		local count = mayFind() and main:collectCycles(options.most)
		local slower = math.min(factor * 2, SLOWEST)
		schedule(options, count and count > 0 and 1 or slower)
	end, options.every * factor)
	timer:unref()
end

local function option(options, name, default)
	local value = options[name]
	if value == nil then
		return default
	elseif math.type(value) ~= 'integer' or value <= 0 then
		error(("collectCyclesWhenIdle: option '%s' must be a positive integer"):format(name), 4)
	end
	return value
end

---@class CycleOptions
---@field every integer? milliseconds between two tries (30000); longer while nothing is found
---@field most integer? references to follow in each heap (500000); larger ones are left alone

--- Switches collecting at idle on or off. It is off at first.
---@param options CycleOptions | boolean
function cycles.whenIdle(options)
	refuse 'collectCyclesWhenIdle'
	if type(options) ~= 'boolean' then
		check.argument('collectCyclesWhenIdle', 1, options, 'table')
	end
	local wanted = options and {
		every = option(options == true and {} or options, 'every', EVERY),
		most = option(options == true and {} or options, 'most', MOST_WHEN_IDLE),
	}
	if timer then
		timer:stop()
		timer = nil
	end
	if wanted then
		schedule(wanted, 1)
	end
end

return cycles
