--- What the system says of processes: their memory and descriptors.

local files = require 'spec.support.files'
local lfs = require 'lfs'

local meter = {}

local PAGE = 4096

--- Bytes of memory a process has of its own: what is resident without files and what it shares on
--- purpose. nil where it is gone.
---@param pid integer
---@return integer?
function meter.memory(pid)
	local resident, shared = files.read(('/proc/%d/statm'):format(pid)):match '^%d+ (%d+) (%d+)'
	return resident and (math.tointeger(resident) - math.tointeger(shared)) * PAGE
end

--- Bytes of addresses a process has given a meaning: a mapping that stays shows here.
---@param pid integer
---@return integer?
function meter.addresses(pid)
	local pages = files.read(('/proc/%d/statm'):format(pid)):match '^(%d+)'
	return pages and math.tointeger(pages) * PAGE
end

--- How many descriptors a process has open; nil where that is none of our business.
---@param pid integer
---@return integer?
function meter.descriptors(pid)
	local folder = ('/proc/%d/fd'):format(pid)
	local ok, number = pcall(function()
		local count = 0
		for _ in lfs.dir(folder) do
			count = count + 1
		end
		return count
	end)
	return ok and number or nil
end

return meter
