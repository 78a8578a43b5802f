--- Makes the functions of a module work with a dot and with a colon: ipc.send('x'), ipc:send('x').

---@param module table
---@param functions table<string, function> without a first argument for the module
return function(module, functions)
	for name, fn in pairs(functions) do
		module[name] = function(first, ...)
			if first == module then
				return fn(...)
			end
			return fn(first, ...)
		end
	end
end
