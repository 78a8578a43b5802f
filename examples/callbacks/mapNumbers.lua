--- A module of main that takes a function and expects something back from it.

local mapNumbers = {}

local function map(numbers, mapper)
	local results = {}
	for i, number in ipairs(numbers) do
		results[i] = mapper(number)
	end
	return results
end

---@param mapper fun(number: number): any if a page passes it, it gives true and runs later
---@return any[]
function mapNumbers.withRendererCallback(mapper)
	return map({ 1, 2, 3 }, mapper)
end

---@return number[]
function mapNumbers.withLocalCallback()
	return map({ 1, 2, 3 }, function(number)
		return number + 1
	end)
end

return mapNumbers
