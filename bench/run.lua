-- script/bench: measures the floors, Lepton in each of its lanes, and what else is installed, and
-- prints tables. A figure that was not measured in this very run does not appear.

local here = arg[0]:match '^(.*)/[^/]*$' or '.'
package.path = here .. '/?.lua;' .. package.path

local bars = require 'bars'
local cjson = require 'cjson'
local lanes = require 'lanes'
local others = require 'others'
local report = require 'report'
local statistics = require 'statistics'

local CASES = { 'calls', 'local', 'echo', 'objects', 'messages', 'tables', 'async', 'waking',
	'together', 'sandbox', 'pages' }

local usage = [[
usage: script/bench [options] [row or group...]

  --quick       shorter repeats, no 4 000 pages: about 40 seconds
  --json FILE   writes all that was measured, samples too
  --into FILE   puts the tables into a Markdown file, between its lines <!-- measured --> and
                <!-- /measured -->
  --no-peers    leaves RPyC, DRb and RMI out
  --lane NAME   only one lane: ring, socket, 'one core'
  --list        prints the groups and their rows
]]

-- What there is to measure

local titles, groupOf = {}, {}
for _, group in ipairs(CASES) do
	for _, row in ipairs(require('cases.' .. group).rows) do
		table.insert(titles, row)
		groupOf[row.name] = group
	end
end

local function list()
	for _, group in ipairs(CASES) do
		print(group)
		for _, row in ipairs(require('cases.' .. group).rows) do
			print(('  %-16s %s'):format(row.name, row.title))
		end
	end
end

-- The command line

local function refuse(message)
	io.stderr:write('script/bench: ', message, '; see script/bench --help\n')
	os.exit(2)
end

---@class BenchOrder
local order = { peers = true, wanted = nil }

local function want(name)
	local rows = groupOf[name] and { { name = name } }
	for _, group in ipairs(CASES) do
		rows = rows or group == name and require('cases.' .. group).rows or nil
	end
	if not rows then
		refuse(("there is nothing named '%s' to measure"):format(name))
	end
	order.wanted = order.wanted or {}
	for _, row in ipairs(rows) do
		order.wanted[row.name] = true
	end
end

local i = 1
while i <= #arg do
	local word = arg[i]
	if word == '--help' then
		io.write(usage)
		os.exit(0)
	elseif word == '--list' then
		list()
		os.exit(0)
	elseif word == '--quick' then
		order.quick = true
	elseif word == '--no-peers' then
		order.peers = false
	elseif word == '--json' or word == '--lane' or word == '--into' then
		i = i + 1
		order[word:sub(3)] = arg[i] or refuse(word .. ' wants a word behind it')
	elseif word:find '^%-' then
		refuse(("unknown option '%s'"):format(word))
	else
		want(word)
	end
	i = i + 1
end

-- Running commands

local lepton = require 'process'.execPath
local floor = lepton:match '^(.*)/' .. '/floor'

local function quote(word)
	return "'" .. word:gsub("'", [['\'']]) .. "'"
end

local function progress(text, ...)
	io.stderr:write(text:format(...), '\n')
end

local function succeeds(command)
	return os.execute(command .. ' >/dev/null 2>&1') == true
end

--- Reads what floor and the scripts of bench/peers print.
local function readRows(command)
	local rows = {}
	local pipe = assert(io.popen(command))
	for line in pipe:lines() do
		local lane, name, unit, p99, list_ = line:match '^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$'
		local samples = {}
		for sample in (list_ or ''):gmatch '[^,]+' do
			table.insert(samples, tonumber(sample))
		end
		if #samples > 0 then
			local row = { lane = lane, unit = unit, p99 = tonumber(p99), samples = samples,
				median = statistics.median(samples) }
			rows[name] = rows[name] or {}
			table.insert(rows[name], row)
		end
	end
	return rows, pipe:close() == true
end

-- Floors and lanes

local options = {
	repeats = 5,
	seconds = order.quick and 0.02 or 0.15,
	singly = order.quick and 500 or 20000,
	quick = order.quick or false,
	wanted = order.wanted,
}

local function wants(row)
	return not order.wanted or order.wanted[row.name]
end

--- What a lane's floor has to measure.
local function floorWork(lane)
	local names, seen = {}, {}
	for _, group in ipairs(CASES) do
		local case = require('cases.' .. group)
		for _, row in ipairs(case.rows) do
			if case.lanes[lane.name] and row.floor and lane.floors[row.floor] and wants(row)
				and not seen[row.floor] then
				seen[row.floor] = true
				table.insert(names, row.floor)
			end
		end
	end
	return names
end

---@param lane Lane
local function measureFloor(lane)
	local names = floorWork(lane)
	if #names == 0 or not succeeds('test -x ' .. quote(floor)) then
		return {}
	end
	progress('measuring the C floors: %s', table.concat(names, ', '))
	local rows = readRows(('%s%s%s %s'):format(lane.wrap, quote(floor),
		order.quick and ' --quick --repeats 5' or '', table.concat(names, ' ')))
	local chosen = {}
	for name, candidates in pairs(rows) do
		for _, row in ipairs(candidates) do
			if row.lane == lane.floors[name] then
				chosen[name] = row
			end
		end
	end
	return chosen, rows
end

local skipped = {}

local function skip(what, why)
	table.insert(skipped, { what = what, why = why })
end

---@param lane Lane
---@return table? rows
local function measureLane(lane)
	local cases = {}
	for _, group in ipairs(CASES) do
		local case = require('cases.' .. group)
		for _, row in ipairs(case.lanes[lane.name] and case.rows or {}) do
			if wants(row) and cases[#cases] ~= group then
				table.insert(cases, group)
			end
		end
	end
	if #cases == 0 then
		return nil
	elseif lane.wrap ~= '' and not succeeds(lane.wrap .. 'true') then
		return skip(lane.title, ("'%s' does not work here"):format(lane.wrap))
	elseif lane.command ~= '' and not succeeds(quote(lepton) .. lane.command .. " -e ''") then
		return skip(lane.title, ("this lepton does not take '%s'"):format(lane.command))
	end
	progress('measuring lepton, %s: %s', lane.title, table.concat(cases, ', '))
	local path = os.tmpname()
	local file = assert(io.open(path, 'w'))
	file:write(cjson.encode { cases = cases, options = options })
	file:close()
	local ok = os.execute(('%s%s%s %s %s'):format(lane.wrap, quote(lepton), lane.command, quote(here),
		quote(path)))
	file = assert(io.open(path))
	local text = file:read 'a'
	file:close()
	os.remove(path)
	local read, result = pcall(cjson.decode, text)
	if not ok or not read or not result.rows then
		return skip(lane.title, 'lepton failed, see above')
	end
	for _, problem in ipairs(result.problems) do
		skip(('%s: %s'):format(lane.title, problem.case), problem.problem)
	end
	return result.rows
end

local function firstLine(command)
	local pipe = io.popen(command .. ' 2>/dev/null')
	local line = pipe:read 'l'
	pipe:close()
	return line or 'unknown'
end

-- The load is what was there before: four thousand pages are one of their own.
local results = {
	lanes = {},
	peers = {},
	machine = {
		processor = firstLine "sed -n 's/^model name.*: //p' /proc/cpuinfo",
		cores = tonumber(firstLine 'nproc'),
		kernel = firstLine 'uname -sr',
		load = firstLine "cut -d' ' -f1-3 /proc/loadavg",
	},
}

for _, lane in ipairs(lanes) do
	if not order.lane or order.lane == lane.name then
		local floors, all = measureFloor(lane)
		local rows = measureLane(lane)
		if rows then
			for _, row in pairs(rows) do
				row.median = statistics.median(row.samples)
			end
			for _, title in ipairs(titles) do
				local row = rows[title.name]
				local under = row and title.floor and floors[title.floor]
				if under then
					row.floor = under
					row.ratio = row.median / under.median
				end
			end
			results.lanes[lane.name] = { title = lane.title, rows = rows, floors = all }
		end
	end
end
if not succeeds('test -x ' .. quote(floor)) then
	skip('the C floors', ('there is no %s: build the target `floor`'):format(floor))
end

-- The others

local measured = {}

local function measurePeer(peer)
	if not succeeds(peer.needs) then
		return skip(peer.title, ('not installed (Debian: %s)'):format(peer.package))
	end
	progress('measuring %s', peer.title)
	local command = peer.command:gsub('PEERS', (quote(here .. '/peers'):gsub('%%', '%%%%')))
		:gsub('OPTIONS', order.quick and '0.02' or '0.15')
	local rows, ok = readRows('timeout 60 ' .. command)
	if not ok then
		skip(peer.title, 'its script failed, see above')
	end
	local found = { name = peer.name, title = peer.title, rows = {} }
	for name, candidates in pairs(rows) do
		found.rows[name] = (not order.wanted or order.wanted[name]) and candidates[1] or nil
	end
	if next(found.rows) then
		results.peers[peer.name] = found
		table.insert(measured, found)
	end
end

local function measureByOthers()
	for name in pairs(others.rows) do
		if not order.wanted or order.wanted[name] then
			return true
		end
	end
	return false
end

local ring = results.lanes.ring
if order.peers and ring and measureByOthers() then
	for _, peer in ipairs(others.list) do
		measurePeer(peer)
	end
	for name, row in pairs(ring.rows) do
		for _, peer in ipairs(measured) do
			local theirs = peer.rows[name]
			if theirs and theirs.unit == 'µs' then
				row.fastestPeer = math.min(row.fastestPeer or math.huge, theirs.median)
			end
		end
	end
end

-- What it comes to

local verdicts = {}
for _, bar in ipairs(bars) do
	local lane = results.lanes[bar.lane]
	local row = lane and lane.rows[bar.row]
	if row then
		local is, may = bar.value(row, function(name)
			return lane.rows[name]
		end)
		if is then
			local title
			for _, candidate in ipairs(titles) do
				title = candidate.name == bar.row and candidate.title or title
			end
			local reached = is <= may
			if bar.least then
				reached = is >= may
			end
			table.insert(verdicts, { row = bar.row, title = title, lane = bar.lane, text = bar.text, is = is,
				may = may, reached = reached })
		end
	end
end

results.date = os.date '!%Y-%m-%dT%H:%M:%SZ'
results.lepton = require 'process'.versions.lepton
results.quick = options.quick
results.bars = verdicts
results.skipped = skipped

--- All that is to be read, as Markdown if so asked.
local function text(markdown)
	local machine = results.machine
	local parts = { ('Lepton %s on %s, %s cores, %s; load %s; %s%s.'):format(results.lepton,
		machine.processor, machine.cores, machine.kernel, machine.load, results.date:sub(1, 10),
		options.quick and '; quick, so expect noise' or '') }
	for _, lane in ipairs(lanes) do
		local found = results.lanes[lane.name]
		if found and next(found.rows) then
			table.insert(parts, report.lane(found, titles, markdown))
		end
	end
	if #measured > 0 then
		table.insert(parts, report.others(ring, measured, titles, markdown))
	end
	if #verdicts > 0 then
		table.insert(parts, report.bars(verdicts, markdown))
	end
	local missing = {}
	for _, entry in ipairs(skipped) do
		table.insert(missing, ('%snot measured: %s: %s'):format(markdown and '* ' or '', entry.what,
			entry.why))
	end
	table.insert(parts, #missing > 0 and table.concat(missing, '\n') or nil)
	return table.concat(parts, '\n\n')
end

print(text(false))

if order.into then
	local file = assert(io.open(order.into))
	local page = file:read 'a'
	file:close()
	local before, after = page:match '^(.-<!%-%- measured %-%->\n).-(<!%-%- /measured %-%->.*)$'
	if not before then
		refuse(("'%s' has no lines <!-- measured --> and <!-- /measured -->"):format(order.into))
	end
	file = assert(io.open(order.into, 'w'))
	file:write(before, '\n', text(true), '\n\n', after)
	file:close()
end

if order.json then
	local file = assert(io.open(order.json, 'w'))
	file:write(cjson.encode(results), '\n')
	file:close()
end
