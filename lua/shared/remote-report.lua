--- What the two sides of a conversation hold of each other, for people who look for a leak.

local getinfo, getmetatable = debug.getinfo, debug.getmetatable

-- What the metatable of a remote object without a class says.
local UNNAMED <const> = 'remote object'

---@class RemoteReference
---@field holder 'main'|'page' who holds it
---@field type string Lua type in the process it belongs to
---@field name string? class of an object
---@field origin string? file:line: where a callback was passed, where another function was made
---@field size integer? number of fields of a table that belongs to this process
---@field count integer how often it was sent since the holder first got it
---@field age number seconds since then
---@field calls integer how often it was used

---@class RemoteReport a list of RemoteReference; tostring gives one line each, alike ones together
---@field page integer
local Report = {}
Report.__index = Report
Report.__name = 'RemoteReport'

local function size(value)
	local fields = 0
	for _ in next, value do
		fields = fields + 1
	end
	return fields
end

local function className(value)
	local metatable = getmetatable(value)
	local name = type(metatable) == 'table' and rawget(metatable, '__name')
	return type(name) == 'string' and name or nil
end

local function origin(entry)
	if not entry.origin and entry.direction == 'export' and entry.type == 'function' then
		local info = getinfo(entry.value, 'S')
		return info.what ~= 'C' and ('%s:%d'):format(info.short_src, info.linedefined) or nil
	end
	return entry.origin
end

---@param entry table as peer:report() has it
---@param isMain boolean
---@return RemoteReference
local function describe(entry, isMain)
	local exported = entry.direction == 'export'
	local name = entry.type ~= 'function' and className(entry.value) or nil
	return {
		holder = exported == isMain and 'page' or 'main',
		type = entry.type,
		name = name ~= UNNAMED and name or nil,
		origin = origin(entry),
		size = exported and entry.type == 'table' and size(entry.value) or nil,
		count = entry.count,
		age = entry.age,
		calls = entry.calls,
	}
end

--- What a peer's two sides hold of each other, the oldest first.
---@param peer userdata
---@param isMain boolean whether this is main
---@param page integer the page's number, as messages have it
---@return RemoteReport
function Report.of(peer, isMain, page)
	local report = setmetatable({ page = page }, Report)
	for i, entry in ipairs(peer:report()) do
		report[i] = describe(entry, isMain)
	end
	table.sort(report, function(a, b)
		return a.age > b.age
	end)
	return report
end

--- How many references of a kind a side holds.
---@param holder 'main'|'page'
---@param kind string? a Lua type
---@return integer
function Report:count(holder, kind)
	local found = 0
	for _, reference in ipairs(self) do
		if reference.holder == holder and (not kind or reference.type == kind) then
			found = found + 1
		end
	end
	return found
end

local function title(reference)
	local words = reference.type
	if reference.holder == 'main' then
		words = 'callback'
	end
	if reference.name then
		words = words .. ' ' .. reference.name
	end
	return reference.origin and words .. ' of ' .. reference.origin or words
end

--- Alike references as one, the most numerous first.
local function group(report)
	local groups, byTitle = {}, {}
	for _, reference in ipairs(report) do
		local key = ('%s holds %s'):format(reference.holder, title(reference))
		local one = byTitle[key]
		if not one then
			one = { key = key, number = 0, calls = 0, age = 0, size = 0 }
			byTitle[key] = one
			groups[#groups + 1] = one
		end
		one.number = one.number + 1
		one.calls = one.calls + reference.calls
		one.age = math.max(one.age, reference.age)
		one.size = one.size + (reference.size or 0)
	end
	table.sort(groups, function(a, b)
		if a.number ~= b.number then
			return a.number > b.number
		end
		return a.key < b.key
	end)
	return groups
end

function Report:__tostring()
	local lines = { ('page %d: it holds %d of main, main holds %d of it'):format(self.page,
		self:count 'page', self:count 'main') }
	for _, one in ipairs(group(self)) do
		local fields = one.size > 0 and (', %d fields'):format(one.size) or ''
		lines[#lines + 1] = ('  %d × %s (used %d times, oldest %.1f s%s)'):format(one.number, one.key,
			one.calls, one.age, fields)
	end
	return table.concat(lines, '\n')
end

return Report
