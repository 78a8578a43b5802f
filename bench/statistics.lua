--- What can be said of a row of measured numbers.

local statistics = {}

---@param samples number[]
---@return number[] sorted a copy
local function sorted(samples)
	local copy = table.move(samples, 1, #samples, 1, {})
	table.sort(copy)
	return copy
end

--- The middle one; between two of them where their number is even.
---@param samples number[]
---@return number
function statistics.median(samples)
	local s = sorted(samples)
	local half = #s // 2
	return #s % 2 == 1 and s[half + 1] or (s[half] + s[half + 1]) / 2
end

--- What ninety-nine in a hundred of them do not exceed.
---@param samples number[]
---@return number
function statistics.p99(samples)
	local s = sorted(samples)
	return s[math.max(1, math.ceil(#s * 0.99))]
end

return statistics
