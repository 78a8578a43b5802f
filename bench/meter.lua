--- Repeats a piece of work and keeps what it took. Used in main and in pages.

local hrtime = require 'process'.hrtime
local statistics = require 'statistics'

---@class MeterOptions
---@field repeats integer
---@field seconds number that one repeat takes, about
---@field singly integer how many runs are timed one by one, for the p99
---@field quick boolean whether there is little time
---@field wanted table<string, boolean>? names of rows; nil: all of them

---@class Meter
---@field options MeterOptions
---@field rows table<string, { unit: string, samples: number[], p99: number? }>
local Meter = {}
Meter.__index = Meter
Meter.__name = 'Meter'

---@param options MeterOptions
---@return Meter
function Meter.new(options)
	return setmetatable({ options = options, rows = {} }, Meter)
end

--- Whether a row was asked for.
---@param name string
---@return boolean
function Meter:wants(name)
	local wanted = self.options.wanted
	return not wanted or wanted[name] == true
end

--- Keeps the samples of a row.
---@param name string
---@param unit string
---@param samples number[]
---@param p99 number?
function Meter:record(name, unit, samples, p99)
	assert(#samples > 0, 'no samples')
	self.rows[name] = { unit = unit, samples = samples, p99 = p99 }
end

--- Seconds that work(count) takes.
local function timed(work, count)
	local start = hrtime()
	work(count)
	return (hrtime() - start) / 1e9
end

--- How large a count takes about as long as one repeat shall; it warms up, too.
local function calibrate(seconds, work)
	local count = 1
	while true do
		local took = timed(work, count)
		if took >= seconds / 4 then
			return math.max(1, math.floor(count * seconds / took))
		end
		count = count * 2
	end
end

--- Records the microseconds that one of what work(count) does `count` times takes.
---@param name string
---@param work fun(count: integer)
---@param per? integer how many of what the row counts one run does (1)
function Meter:time(name, work, per)
	if not self:wants(name) then
		return
	end
	per = per or 1
	local options = self.options
	local count = calibrate(options.seconds, work)
	local samples, single = {}, {}
	for i = 1, options.repeats do
		samples[i] = timed(work, count) * 1e6 / (count * per)
	end
	for i = 1, math.min(options.singly, count * options.repeats) do
		single[i] = timed(work, 1) * 1e6 / per
	end
	self:record(name, 'µs', samples, #single >= 100 and statistics.p99(single) or nil)
end

--- Records how many a second go by, where one run of work is worth `worth` of them.
---@param name string
---@param unit string
---@param worth number
---@param work fun(count: integer)
function Meter:rate(name, unit, worth, work)
	if not self:wants(name) then
		return
	end
	local count = calibrate(self.options.seconds, work)
	local samples = {}
	for i = 1, self.options.repeats do
		samples[i] = count * worth / timed(work, count)
	end
	self:record(name, unit, samples)
end

return Meter
