--- What emitters warn of in the course of a spec, instead of on standard error. In a describe:
---
---     local warnings = require 'spec.support.warnings'(before_each, after_each)

local EventEmitter = require 'events'

---@param beforeEach fun(fn: function)
---@param afterEach fun(fn: function)
---@return string[]
return function(beforeEach, afterEach)
	local warn, warnings = EventEmitter.warn, {}

	beforeEach(function()
		for i in ipairs(warnings) do
			warnings[i] = nil
		end
		EventEmitter.warn = function(message)
			table.insert(warnings, message)
		end
	end)

	afterEach(function()
		EventEmitter.warn = warn
	end)

	return warnings
end
