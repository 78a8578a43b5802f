--- Whether main's Lua keeps memory of what was done, for specs.

local memory = {}

--- How often something is done at most: a table that has to double does so once in a while, what
--- leaks does so each time.
local TRIES <const> = 3

---@return number KiB in use, with nothing in it that is not needed
local function used()
	collectgarbage()
	collectgarbage()
	return collectgarbage 'count'
end

--- Does something until it has once left no more than some KiB behind; raises where it never does.
---@param allowed number
---@param fn fun()
function memory.check(allowed, fn)
	local least = math.huge
	for _ = 1, TRIES do
		local before = used()
		fn()
		least = math.min(least, used() - before)
		if least <= allowed then
			return
		end
	end
	error(('main has %.1f KiB more each time'):format(least), 2)
end

return memory
