--- What to print of an error value, in the words of the standalone interpreter.

---@param problem any
---@return string
return function(problem)
	local metatable = getmetatable(problem)
	if type(problem) == 'string' or type(metatable) == 'table' and metatable.__tostring then
		local ok, text = pcall(tostring, problem)
		if ok then
			return text
		end
	end
	return ('(error object is a %s value)'):format(type(problem))
end
