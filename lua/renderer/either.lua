--- Makes a module of a page an emitter whose functions work with a dot and with a colon alike:
--- ipc.send('x'), ipc:send('x').

local EventEmitter = require 'events'

---@param module table
---@param name string what messages call it
---@param functions table<string, function> its own, without a first argument for the module
---@return table module
return function(module, name, functions)
	local function offer(key, fn)
		module[key] = function(first, ...)
			if first == module then
				return fn(...)
			end
			return fn(first, ...)
		end
	end

	for key, method in pairs(EventEmitter) do
		if type(method) == 'function' and key ~= 'new' then
			offer(key, function(...)
				return method(module, ...)
			end)
		end
	end
	for key, fn in pairs(functions) do
		offer(key, fn)
	end
	return setmetatable(module, { __index = EventEmitter, __name = name })
end
