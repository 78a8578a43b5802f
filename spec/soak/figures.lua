--- Series of figures, one value for each round, and whether each stayed flat.
---
--- The first quarter of the rounds is warm-up. A figure is flat where its median over the last
--- quarter is not above its median over the second one by more than what it is allowed.

---@class Series
---@field name string
---@field number integer its place in the order
---@field unit 'MiB'|'KiB'|''
---@field fixed number what the late median may be above the early one
---@field share number beside that: the part of the early median
---@field values number[]? once they were read back

---@class Figures
---@field order Series[]
---@field file file* a line for each value: which series, and the value. Kept here they would grow
local Figures = {}
Figures.__index = Figures

local SCALES = { MiB = 1024 * 1024, KiB = 1024, [''] = 1 }

---@return Figures
function Figures.new()
	return setmetatable({ order = {}, byName = {}, file = assert(io.tmpfile()) }, Figures)
end

--- Adds the value of this round to a series; nothing where there is none.
---@param name string
---@param value number?
---@param unit 'MiB'|'KiB'|''
---@param fixed number
---@param share number
function Figures:add(name, value, unit, fixed, share)
	if not value then
		return
	end
	local series = self.byName[name]
	if not series then
		series = { name = name, unit = unit, fixed = fixed, share = share, number = #self.order + 1 }
		self.byName[name] = series
		self.order[series.number] = series
	end
	self.file:write(series.number, ' ', value, '\n')
end

local function readBack(self)
	for _, series in ipairs(self.order) do
		series.values = {}
	end
	self.file:seek 'set'
	for number, value in self.file:read 'a':gmatch '(%d+) (%S+)\n' do
		table.insert(self.order[math.tointeger(number)].values, tonumber(value))
	end
end

local function median(values, first, last)
	local sorted = table.move(values, first, last, 1, {})
	table.sort(sorted)
	local middle = #sorted // 2
	return #sorted % 2 == 1 and sorted[middle + 1] or (sorted[middle] + sorted[middle + 1]) / 2
end

---@param series Series
---@return number early
---@return number late
---@return number allowed
local function judge(series)
	local quarter = #series.values // 4
	local early = median(series.values, quarter + 1, 2 * quarter)
	local late = median(series.values, #series.values - quarter + 1, #series.values)
	return early, late, series.fixed + early * series.share
end

local function shown(value, unit)
	return unit == '' and ('%g'):format(value) or ('%.2f %s'):format(value / SCALES[unit], unit)
end

local ROW = '%-44s %12s %12s %12s %12s  %s\n'

--- A table to read, and whether all was flat.
---@return string
---@return boolean
function Figures:verdict()
	readBack(self)
	local lines = { ROW:format('', 'early', 'late', 'more', 'may be', '') }
	local flat = true
	for _, series in ipairs(self.order) do
		local line
		if #series.values < 4 then
			line = ROW:format(series.name, '', '', '', '', 'TOO FEW ROUNDS')
			flat = false
		else
			local early, late, allowed = judge(series)
			local isFlat = late <= early + allowed
			flat = flat and isFlat
			line = ROW:format(series.name, shown(early, series.unit), shown(late, series.unit),
				shown(late - early, series.unit), shown(allowed, series.unit), isFlat and 'flat' or 'GROWS')
		end
		table.insert(lines, line)
	end
	return table.concat(lines), flat
end

--- All values that the verdict was about, a line for each series.
---@param file file*
function Figures:write(file)
	for _, series in ipairs(self.order) do
		file:write(series.name, ',', table.concat(series.values, ','), '\n')
	end
end

return Figures
