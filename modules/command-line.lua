--- app.commandLine: what followed the app on the command line, and what the app adds to it.

local check = require 'check'
local environment = require 'environment'

---@class CommandLine
local CommandLine = { __name = 'CommandLine' }
CommandLine.__index = CommandLine

--- The value of the last switch of a name: a string, '' for one without a value; nil without one.
local function find(name)
	for i = #environment.arguments, 1, -1 do
		local switch, value = environment.arguments[i]:match '^%-%-([^=]+)=?(.*)$'
		if switch == name then
			return value
		end
	end
end

--- Adds a switch: `--name` or `--name=value`.
---@param name string without the dashes
---@param value string?
function CommandLine:appendSwitch(name, value)
	check.argument('appendSwitch', 1, name, 'string')
	check.optional('appendSwitch', 2, value, 'string')
	self:appendArgument('--' .. name .. (value and '=' .. value or ''))
end

--- Adds an argument as it is.
---@param value string
function CommandLine:appendArgument(value)
	check.argument('appendArgument', 1, value, 'string')
	table.insert(environment.arguments, value)
end

--- Whether there is a switch `--name`, with a value or without.
---@param name string
---@return boolean
function CommandLine:hasSwitch(name)
	return find(check.argument('hasSwitch', 1, name, 'string')) ~= nil
end

--- The value of a switch; '' where it has none or is missing.
---@param name string
---@return string
function CommandLine:getSwitchValue(name)
	return find(check.argument('getSwitchValue', 1, name, 'string')) or ''
end

return setmetatable({}, CommandLine)
