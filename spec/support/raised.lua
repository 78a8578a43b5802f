--- The error that a function raises, for specs: they fail where it raises none.

local assert = require 'luassert'

---@param fn function
---@param ... any its arguments
---@return any problem
return function(fn, ...)
	local ok, problem = pcall(fn, ...)
	assert.is_false(ok)
	return problem
end
