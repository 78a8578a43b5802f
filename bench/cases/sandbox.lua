--- What the sandbox costs: sandboxed pages beside trusted ones, turn by turn, and beside floods.

local FLOODERS = 8

--- What takes turns, how often for each repeat of the other cases.
local TURNS = 3

local trusted = { show = false }
local sandboxed = {
	show = false,
	sandbox = true,
	remote = { require = { 'service', 'windows-of-bench' }, ipc = { 'bench' } },
}

--- Measures in turn what work(kind) gives, so that what else the machine does meets both alike. The
--- first turn warms up.
---@param meter Meter
---@param name string of both rows, without trusted- and sandbox-
---@param turns integer
---@param work fun(kind: integer): number microseconds of the trusted (1) or the sandboxed page (2)
local function compare(meter, name, turns, work)
	local samples = { {}, {} }
	for turn = 0, turns do
		for kind = 1, 2 do
			samples[kind][turn] = work(kind)
		end
	end
	for kind, prefix in ipairs { 'trusted-', 'sandbox-' } do
		samples[kind][0] = nil
		meter:record(prefix .. name, 'µs', samples[kind])
	end
end

local function wantsEither(meter, name)
	return meter:wants('trusted-' .. name) or meter:wants('sandbox-' .. name)
end

local function compareCalls(meter, windows, name, call)
	local pages = { windows.open(1, 'pages/caller.lua', trusted),
		windows.open(1, 'pages/caller.lua', sandboxed) }
	local code = ('return %s(%g)'):format(call, meter.options.seconds)
	compare(meter, name, meter.options.repeats * TURNS, function(kind)
		return 1e6 / windows.execute(pages[kind], 1, code)[1]
	end)
	windows.destroy(pages[1])
	windows.destroy(pages[2])
end

local function compareStarts(meter, windows)
	compare(meter, 'ready', meter.options.quick and 10 or 100, function(kind)
		local start = process.hrtime()
		local pages = windows.open(1, 'pages/arrive.lua', kind == 1 and trusted or sandboxed)
		local took = (process.hrtime() - start) / 1e3
		windows.destroy(pages)
		return took
	end)
end

--- Measures calls of one page while the others rest, and while they flood main.
local function callBesideFloods(meter, windows)
	local statistics = require 'statistics'
	local pages = windows.open(1, 'pages/caller.lua', trusted)
	table.move(windows.open(FLOODERS, 'pages/flooder.lua', sandboxed), 1, FLOODERS, 2, pages)
	local code = ('return (callOneByOne or flood)(%g)'):format(2 * meter.options.seconds)
	for name, count in pairs { unflooded = 1, flooded = #pages } do
		local medians, p99s = {}, {}
		for i = 1, meter.options.repeats do
			local took = windows.execute(pages, count, code)[1]
			medians[i], p99s[i] = took.median, took.p99
		end
		meter:record(name, 'µs', medians, statistics.median(p99s))
	end
	windows.destroy(pages)
end

return {
	lanes = { ring = true },
	rows = {
		{ name = 'trusted-null', title = 'null call of a trusted page' },
		{ name = 'sandbox-null', title = 'null call of a sandboxed page' },
		{ name = 'trusted-method', title = 'method call of a trusted page' },
		{ name = 'sandbox-method', title = 'method call of a sandboxed page' },
		{ name = 'trusted-ready', title = 'new window to first reply, trusted' },
		{ name = 'sandbox-ready', title = 'new window to first reply, sandboxed' },
		{ name = 'unflooded', title = 'null call beside 8 idle pages' },
		{ name = 'flooded', title = 'null call beside 8 pages that flood main' },
	},
	main = function(meter, windows)
		if wantsEither(meter, 'null') then
			compareCalls(meter, windows, 'null', 'callFor')
		end
		if wantsEither(meter, 'method') then
			compareCalls(meter, windows, 'method', 'callMethodFor')
		end
		if wantsEither(meter, 'ready') then
			compareStarts(meter, windows)
		end
		if meter:wants 'unflooded' or meter:wants 'flooded' then
			callBesideFloods(meter, windows)
		end
	end,
}
