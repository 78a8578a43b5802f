--- The tables that people read.

local report = {}

--- A number with three digits that mean something.
---@param value number
---@return string
function report.number(value)
	local size = math.abs(value)
	if value == math.floor(value) and size < 1e6 then
		return ('%d'):format(value)
	elseif size >= 1e6 then
		return ('%.2f M'):format(value / 1e6)
	elseif size >= 1e4 then
		return ('%.0f k'):format(value / 1e3)
	end
	local digits = size >= 100 and 0 or size >= 10 and 1 or size >= 1 and 2 or 3
	return (('%%.%df'):format(digits)):format(value)
end

local function quantity(value, unit)
	if not value then
		return '–'
	end
	if unit == 'µs' and value >= 1000 then
		value, unit = value / 1000, 'ms'
	end
	local text = report.number(value)
	return (text:find 'k$' or text:find 'M$') and text .. unit or (text .. ' ' .. unit):gsub(' $', '')
end

local function width(text)
	return utf8.len(text) or #text
end

--- Lays cells out in columns, the first one to the left; as Markdown if so asked.
---@param rows string[][] the first one is the head
---@param markdown boolean
---@return string
function report.table(rows, markdown)
	local widths = {}
	for _, row in ipairs(rows) do
		for i, cell in ipairs(row) do
			widths[i] = math.max(widths[i] or 0, width(cell))
		end
	end
	local lines = {}
	for number, row in ipairs(rows) do
		local cells = {}
		for i, cell in ipairs(row) do
			local padding = (' '):rep(widths[i] - width(cell))
			cells[i] = i == 1 and cell .. padding or padding .. cell
		end
		local line = table.concat(cells, markdown and ' | ' or '  ')
		table.insert(lines, markdown and '| ' .. line .. ' |' or (line:gsub(' +$', '')))
		if markdown and number == 1 then
			table.insert(lines, '|---' .. ('|--:'):rep(#row - 1) .. '|')
		end
	end
	return table.concat(lines, '\n')
end

local function times(ratio)
	return ratio and report.number(ratio) .. ' ×' or '–'
end

--- The rows of one lane.
---@param lane table what run.lua found
---@param titles table[] the rows there are, in order
---@param markdown boolean
---@return string
function report.lane(lane, titles, markdown)
	local rows = { { lane.title, 'median', 'p99', 'C floor', 'of the floor' } }
	for _, title in ipairs(titles) do
		local row = lane.rows[title.name]
		if row then
			table.insert(rows, { title.title, quantity(row.median, row.unit), quantity(row.p99, row.unit),
				row.floor and quantity(row.floor.median, row.unit) or '–', times(row.ratio) })
		end
	end
	return report.table(rows, markdown)
end

--- Lepton beside the others: what each takes, and how many times what Lepton takes that is.
---@param lane table
---@param peers table[] those that were measured
---@param titles table[]
---@param markdown boolean
---@return string
function report.others(lane, peers, titles, markdown)
	local head = { 'beside others', 'Lepton' }
	for _, peer in ipairs(peers) do
		table.insert(head, peer.title)
	end
	local rows = { head }
	for _, title in ipairs(titles) do
		local mine = lane.rows[title.name]
		local cells, any = { title.title, mine and quantity(mine.median, mine.unit) or '–' }, false
		for _, peer in ipairs(peers) do
			local theirs = peer.rows[title.name]
			any = any or theirs ~= nil
			local ratio = theirs and mine and (mine.unit == '/s' and mine.median / theirs.median
				or theirs.median / mine.median)
			table.insert(cells, theirs and quantity(theirs.median, theirs.unit)
				.. (ratio and (' (%s ×)'):format(report.number(ratio)) or '') or '–')
		end
		if any then
			table.insert(rows, cells)
		end
	end
	return report.table(rows, markdown)
end

--- The bars that could be tested.
---@param verdicts table[]
---@param markdown boolean
---@return string
function report.bars(verdicts, markdown)
	local rows = { { 'bar', 'lane', 'what it shall be', 'is', 'may be', '' } }
	for _, v in ipairs(verdicts) do
		table.insert(rows, { v.title, v.lane, v.text, report.number(v.is), report.number(v.may),
			v.reached and 'reached' or 'MISSED' })
	end
	return report.table(rows, markdown)
end

return report
