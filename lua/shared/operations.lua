--- What the owner of an object does when the other side uses it: for each operation of
--- host/protocol.h the function that carries it out. Lua itself does, so that metamethods, error
--- messages and yields are as they would be without another side.
---
--- What is called here sees a function of this file as its caller. An error that blames the caller
--- names a place in this file; the other side puts its own in its stead (host/blame.c).

local coroutine, getmetatable = coroutine, debug.getmetatable
local next, pairs, rawget, rawlen, tostring, type = next, pairs, rawget, rawlen, tostring, type

local operations = {}

-- A function with a `<close>` variable makes no tail calls: what it calls has a caller to blame.

function operations.call(f, ...)
	local _ <close> = nil
	return f(...)
end

function operations.invoke(object, name, ...)
	local _ <close> = nil
	return object[name](object, ...)
end

function operations.index(object, key)
	if type(object) == 'thread' then
		return coroutine[key]
	end
	return object[key]
end

function operations.newindex(object, key, value)
	object[key] = value
end

function operations.len(a)
	return #a
end

function operations.eq(a, b)
	return a == b
end

function operations.lt(a, b)
	return a < b
end

function operations.le(a, b)
	return a <= b
end

function operations.concat(a, b)
	return a .. b
end

function operations.add(a, b)
	return a + b
end

function operations.sub(a, b)
	return a - b
end

function operations.mul(a, b)
	return a * b
end

function operations.mod(a, b)
	return a % b
end

function operations.pow(a, b)
	return a ^ b
end

function operations.div(a, b)
	return a / b
end

function operations.idiv(a, b)
	return a // b
end

function operations.band(a, b)
	return a & b
end

function operations.bor(a, b)
	return a | b
end

function operations.bxor(a, b)
	return a ~ b
end

function operations.shl(a, b)
	return a << b
end

function operations.shr(a, b)
	return a >> b
end

function operations.unm(a)
	return -a
end

function operations.bnot(a)
	return ~a
end

function operations.tostring(a)
	return (tostring(a))
end

--- What the object's __pairs returns; nothing where it has none, and is a table.
function operations.pairs(object)
	local metatable = getmetatable(object)
	if metatable and rawget(metatable, '__pairs') ~= nil then
		local iterator, state, first = pairs(object)
		return iterator, state, first
	elseif type(object) ~= 'table' then
		for _ in next, object do -- luacheck: ignore 512
			return
		end
	end
end

function operations.rawget(object, key)
	return (rawget(object, key))
end

function operations.rawlen(object)
	return (rawlen(object))
end

--- The object is closed as at the end of the scope of a `<close>` variable.
function operations.close(object, problem)
	getmetatable(object).__close(object, problem)
end

return operations
