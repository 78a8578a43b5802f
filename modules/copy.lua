--- Copies a value as it would cross to another process: tables by content, with what they share.

---@param value any
---@param seen table?
---@return any
local function copy(value, seen)
	if type(value) ~= 'table' then
		return value
	end
	seen = seen or {}
	local result = seen[value]
	if not result then
		result = {}
		seen[value] = result
		for key, field in next, value do
			result[copy(key, seen)] = copy(field, seen)
		end
	end
	return result
end

return copy
