--- What a page can reach of main, in words: so that a checked-in copy tells when it grows.

--- The names in order.
---@param set table<string, any>
---@return string[]
local function sorted(set)
	local names = {}
	for name in pairs(set) do
		if type(name) == 'string' then
			table.insert(names, name)
		end
	end
	table.sort(names)
	return names
end

--- The functions that a charter names, as host/charter.c finds them.
---@param holder table a class or a module with a field __remote
---@return string[]
local function listed(holder)
	local isModule = rawget(holder, '__index') == nil
	local found = {}
	for _, name in ipairs(rawget(holder, '__remote')) do
		local at, value = isModule and holder or rawget(holder, '__index'), nil
		while type(at) == 'table' and value == nil do
			value = rawget(at, name)
			local metatable = not isModule and getmetatable(at)
			at = type(metatable) == 'table' and rawget(metatable, '__index') or nil
		end
		if type(value) == 'function' then
			found[name] = true
		end
	end
	return sorted(found)
end

local function hasCharter(value)
	return type(value) == 'table' and type(rawget(value, '__remote')) == 'table'
end

local Report = {}
Report.__index = Report

function Report:add(...)
	table.insert(self.lines, table.concat({ ... }))
end

--- A value under its name: functions that can be called, or data that is copied.
function Report:value(name, value)
	local metatable = type(value) == 'table' and getmetatable(value)
	if type(metatable) == 'table' and hasCharter(metatable) then
		return self:functions(name .. ':', metatable)
	elseif hasCharter(value) and rawget(value, '__index') == nil then
		return self:functions(name .. '.', value)
	elseif type(value) == 'function' or type(value) == 'userdata' or type(value) == 'thread'
		or type(value) == 'table' and (metatable or rawget(value, '__index')) then
		return self:add(name, '  refused: a ', type(value))
	elseif type(value) ~= 'table' then
		return self:add(name, value == nil and '  nil' or '  a copy of a ' .. type(value))
	end
	self:add(name, '  a copy of a table')
	for _, key in ipairs(sorted(value)) do
		if type(value[key]) == 'table' then
			self:value(name .. '.' .. key, value[key])
		end
	end
end

function Report:functions(prefix, holder)
	for _, name in ipairs(listed(holder)) do
		self:add(prefix, name, '()')
	end
end

--- Classes that the results of granted functions may be of: those of loaded modules.
function Report:classes()
	local found = {}
	local function look(value)
		if hasCharter(value) and rawget(value, '__index') ~= nil and value.__name ~= 'SandboxRoot' then
			found[tostring(rawget(value, '__name'))] = value
		end
	end
	for _, module in pairs(package.loaded) do
		look(module)
		if type(module) == 'table' then
			for _, field in next, module do
				look(field)
			end
		end
	end
	for _, name in ipairs(sorted(found)) do
		self:functions('any ' .. name .. ' it is given:', found[name])
	end
end

--- Lists what a page can reach.
---@param window BrowserWindow
---@param grants Grants? nil: the page is trusted
---@return string text one line for each function and value
return function(window, grants)
	if not grants then
		return 'everything in the main process (the page is trusted)\n'
	end
	local report = setmetatable({ lines = {} }, Report)
	for _, name in ipairs(sorted(grants.require)) do
		local ok, module = pcall(require, name)
		local call = ("remote.require('%s')"):format(name)
		if ok then
			report:value(call, module)
		else
			report:add(call, '  an error: the module cannot be loaded')
		end
	end
	for _, name in ipairs(sorted(grants.globals)) do
		report:value(("remote.getGlobal('%s')"):format(name), _G[name])
	end
	if grants.currentWindow then
		report:value('remote.getCurrentWindow()', window)
		report:value('remote.getCurrentWebContents()', window.webContents)
	end
	for _, channel in ipairs(sorted(grants.ipc)) do
		report:add("ipc.send, ipc.sendSync, ipc.invoke ('", channel, "')")
	end
	report:classes()
	report:add 'its own title, closing its window, printing, the modules of the app as text'
	return table.concat(report.lines, '\n') .. '\n'
end
