--- What a window lets its sandboxed page reach: the option `remote` of BrowserWindow.
---
---     remote = {
---     	require = { 'notes' }, globals = { 'config' }, ipc = { 'save' }, currentWindow = true,
---     }

local check = require 'check'

---@class Grants
---@field require table<string, boolean> names of modules of main
---@field globals table<string, boolean> names of globals of main
---@field ipc table<string, boolean> channels of `ipc` that it may send to
---@field currentWindow boolean the window and its WebContents
local Grants = {}
Grants.__index = Grants
Grants.__name = 'Grants'

local function fail(what, wanted, got)
	error(("BrowserWindow: option '%s' must be %s, got %s"):format(what, wanted, got), 0)
end

--- A list of names as a set.
local function names(option, list)
	local set = {}
	if list == nil then
		return set
	elseif type(list) ~= 'table' then
		fail('remote.' .. option, 'a list of names', check.typeName(list))
	end
	for key, name in pairs(list) do
		if math.type(key) ~= 'integer' or type(name) ~= 'string' then
			fail('remote.' .. option, 'a list of names', ('the field [%s] = %s'):format(tostring(key),
				tostring(name)))
		end
		set[name] = true
	end
	return set
end

local known = { require = true, globals = true, ipc = true, currentWindow = true }

--- Reads the option; raises what is wrong with it, without a place.
---@param option table?
---@return Grants
function Grants.new(option)
	option = option or {}
	for name in pairs(option) do
		if not known[name] then
			error(("BrowserWindow: unknown option 'remote.%s'"):format(tostring(name)), 0)
		end
	end
	local currentWindow = option.currentWindow
	if currentWindow ~= nil and type(currentWindow) ~= 'boolean' then
		fail('remote.currentWindow', 'a boolean', check.typeName(currentWindow))
	end
	return setmetatable({
		require = names('require', option.require),
		globals = names('globals', option.globals),
		ipc = names('ipc', option.ipc),
		currentWindow = currentWindow or false,
	}, Grants)
end

--- Raises unless the page was granted what it asks for. The message names it as the page wrote it.
---@param kind 'require'|'globals'|'ipc'
---@param name any
---@param call string the call, with a place for the name
function Grants:demand(kind, name, call)
	if not self[kind][name] then
		error('blocked ' .. call:format(type(name) == 'string' and name or type(name)), 0)
	end
end

return Grants
