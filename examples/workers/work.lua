--- What is to be done, in chunks. Pages take one after another, so a page that is faster takes more
--- of them, and none is ever without work while there is any.

--- Large enough that fetching a chunk costs nothing beside it.
local CHUNK = 20000

local work = {}

local limit, position, total = 0, 0, 0

--- Starts a count of the primes below a limit.
---@param below integer
function work.begin(below)
	limit, position, total = below, 0, 0
end

--- The next chunk, nil if all are taken: made for `for first, last in work.take do`.
---@return integer? first
---@return integer? last
function work.take()
	if position >= limit then
		return nil
	end
	local first = position
	position = math.min(position + CHUNK, limit)
	return first, position - 1
end

--- Brings back how many primes there are in a chunk.
---@param count integer
function work.give(count)
	total = total + count
end

---@return integer
function work.result()
	return total
end

return work
