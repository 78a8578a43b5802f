--- Checks of arguments that blame the caller, in Lua's own words.

local check = {}

---@param value any
---@return string
function check.typeName(value)
	local metatable = getmetatable(value)
	local name = type(metatable) == 'table' and rawget(metatable, '__name')
	return type(name) == 'string' and name or type(value)
end

--- Raises unless an argument has the type that is wanted; returns it otherwise. An integer may come
--- as a float without a fraction.
---@param name string the function, as its caller knows it
---@param position integer which argument
---@param value any
---@param kind string a type, or 'integer'
---@return any
function check.argument(name, position, value, kind)
	if kind == 'integer' then
		local integer = math.type(value) and math.tointeger(value)
		if integer then
			return integer
		end
	elseif type(value) == kind then
		return value
	end
	error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position, name, kind,
		value == nil and 'no value' or check.typeName(value)), 3)
end

--- The same for an argument that may be left out.
---@param name string
---@param position integer
---@param value any
---@param kind string
---@return any
function check.optional(name, position, value, kind)
	if value == nil then
		return nil
	elseif type(value) ~= kind then
		error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position, name, kind,
			check.typeName(value)), 3)
	end
	return value
end

return check
