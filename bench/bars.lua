--- What was promised, each bar with what it is measured by. A bar whose rows were not measured says
--- nothing.

--- One row's bar: `test` gets the row, and a function that gives another row of the lane.
---@class Bar
---@field lane string
---@field row string
---@field text string
---@field value fun(row: Row, other: fun(name: string): Row?): number?, number? what is, what may be
---@field least boolean? it must be at least that

local bars = {}

---@param lane string
---@param row string
---@param text string
---@param value fun(row: Row, other: fun(name: string): Row?): number?, number?
---@param least boolean?
local function bar(lane, row, text, value, least)
	table.insert(bars, { lane = lane, row = row, text = text, value = value, least = least })
end

local function floorOf(row)
	return row.floor and row.floor.median
end

local hot = { 'null-call', 'two-integers', 'method', 'property-read' }

for _, name in ipairs(hot) do
	bar('ring', name, 'at most 1 µs above the floor', function(row)
		local floor = floorOf(row)
		return floor and row.median - floor, 1
	end)
	bar('ring', name, 'at most 25 local obj:noop()', function(row, other)
		local plain = other 'local-method'
		return plain and row.median / plain.median, 25
	end)
	bar('ring', name, 'at least 80 × faster than the fastest peer', function(row)
		return row.fastestPeer and row.fastestPeer / row.median, 80
	end, true)
	bar('socket', name, 'at most 1.5 × the floor', function(row)
		return row.ratio, 1.5
	end)
end

for _, lane in ipairs { 'ring', 'socket' } do
	bar(lane, 'idle-call', 'at most 1.3 × the floor', function(row)
		return row.ratio, 1.3
	end)
end

--- A bar on the median itself, in the row's unit.
local function plain(row, text, limit, least)
	bar('ring', row, text, function(measured)
		return measured.median, limit
	end, least)
end

plain('object', 'at most 4 µs', 4)
plain('object-memory', 'back to where it was (within 64 kB)', 64)
plain('callbacks', 'at least 1.5 million a second', 1.5e6, true)
plain('pairs', 'at most 0.1 µs an element', 0.1)
plain('copy', 'at most 0.05 µs a field', 0.05)
for _, name in ipairs { 'echo-1m', 'echo-64m' } do
	bar('ring', name, 'at least half of the floor', function(row)
		return row.ratio, 0.5
	end, true)
end
bar('ring', 'async-calls', 'at least 1.5 × one after the other', function(row, other)
	local sync = other 'sync-calls'
	return sync and row.median / sync.median, 1.5
end, true)
plain('spawn', 'at most 1 ms', 1000)
plain('pages-1000', 'at most 2 s', 2)
plain('pages-4000', 'at most 6 s', 6)
plain('page-memory', 'at most 150 kB', 150)
bar('ring', 'two-pages', "at least 1.3 × one page's rate", function(row, other)
	local one = other 'one-page'
	return one and row.median / one.median, 1.3
end, true)
plain('fairness', 'neither starves (at least a third)', 1 / 3, true)
bar('ring', 'held-100000', 'within 1.2 × of none held', function(row, other)
	local none = other 'none-held'
	return none and row.median / none.median, 1.2
end)
bar('ring', 'open-1000', 'within 1.2 × of one open', function(row, other)
	local one = other 'one-open'
	return one and row.median / one.median, 1.2
end)
plain('wakeups', 'none', 0)
for _, kind in ipairs { 'null', 'method' } do
	bar('ring', 'sandbox-' .. kind, "at most 1.05 × a trusted page's", function(row, other)
		local trusted = other('trusted-' .. kind)
		return trusted and row.median / trusted.median, 1.05
	end)
end
bar('ring', 'sandbox-ready', 'at most 1 ms over a trusted page', function(row, other)
	local trusted = other 'trusted-ready'
	return trusted and row.median - trusted.median, 1000
end)
plain('flooded', 'at most 0.12 ms', 120)
bar('ring', 'flooded', 'p99 at most 1.7 ms', function(row)
	return row.p99, 1700
end)

return bars
