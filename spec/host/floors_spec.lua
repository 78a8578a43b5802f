-- The build file is the floor plan: it lists the sources of host/ from the lowest floor up.

local function contents(path)
	local file = assert(io.open(path))
	local text = file:read 'a'
	file:close()
	return text
end

-- The place of each source in the plan, by its name without `.c`, and the names in order.
local function floors()
	local place, names = {}, {}
	for name in contents('CMakeLists.txt'):gmatch 'host/([%w_]+)%.c' do
		names[#names + 1] = name
		place[name] = #names
	end
	return place, names
end

local function includes(path)
	local found = {}
	for name in contents(path):gmatch '#include "([%w_]+)%.h"' do
		found[#found + 1] = name
	end
	return found
end

-- Adds to `seen` what a source or header includes, and what those headers include that have no
-- source and so no floor of their own.
local function gather(path, place, seen)
	for _, name in ipairs(includes(path)) do
		if not seen[name] then
			seen[name] = true
			if not place[name] then
				gather('host/' .. name .. '.h', place, seen)
			end
		end
	end
	return seen
end

describe('the floors of host/', function()
	it('use only what stands below them', function()
		local place, names = floors()
		local wrong = {}
		for _, name in ipairs(names) do
			local used = gather('host/' .. name .. '.c', place, {})
			if used[name] then
				gather('host/' .. name .. '.h', place, used)
			end
			for other in pairs(used) do
				if (place[other] or 0) > place[name] then
					wrong[#wrong + 1] = name .. ' uses ' .. other .. ', which is above it'
				end
			end
		end
		table.sort(wrong)
		assert.are.same({}, wrong)
	end)

	it('list every source', function()
		local place = floors()
		local listing = assert(io.popen 'ls host/*.c')
		local missing = {}
		for name in listing:read('a'):gmatch 'host/([%w_]+)%.c' do
			if not place[name] then
				missing[#missing + 1] = name
			end
		end
		listing:close()
		assert.are.same({}, missing)
	end)
end)
