--- Reads an app's package.json.

local cjson = require 'cjson'
local readFile = require 'read-file'

local packageJson = {}

-- An instance of its own: an app may set up the one that `require 'cjson'` gives as it likes.
local json = cjson.new()
json.decode_invalid_numbers(false)

local tokens = {
	T_OBJ_BEGIN = "'{'",
	T_OBJ_END = "'}'",
	T_ARR_BEGIN = "'['",
	T_ARR_END = "']'",
	T_STRING = 'a string',
	T_NUMBER = 'a number',
	T_BOOLEAN = 'a boolean',
	T_NULL = 'null',
	T_COLON = "':'",
	T_COMMA = "','",
	T_END = 'the end of the file',
	T_WHITESPACE = 'white space',
}

local strings = { 'name', 'productName', 'version', 'main' }

--- The line and column of a byte, both counted from 1.
---@param text string
---@param offset integer
---@return integer line
---@return integer column
local function position(text, offset)
	local line, start = 1, 1
	for newline in text:sub(1, offset - 1):gmatch '()\n' do
		line, start = line + 1, newline + 1
	end
	local before = utf8.len(text, start, math.min(offset - 1, #text), true) or offset - start
	return line, before + 1
end

---@param value any
---@return string
local function typeName(value)
	if value == cjson.null then
		return 'null'
	end
	local name = type(value)
	return name == 'table' and 'an object or array' or 'a ' .. name
end

--- What the text says; or where it is wrong, after the file's name.
---@param text string
---@return any
---@return string? message
local function decode(text)
	local ok, result = pcall(json.decode, text)
	if ok then
		return result
	end
	local what, offset = tostring(result):match '^(.*) at character (%d+)$'
	if not what then
		return nil, ': ' .. result
	end
	local line, column = position(text, math.tointeger(offset))
	what = what:gsub('T_[%u_]+', tokens):gsub('^%u', string.lower)
	return nil, (':%d:%d: %s'):format(line, column, what)
end

--- What is wrong with the fields, after the file's name; nil if nothing is.
---@param package table
---@return string?
local function problem(package)
	for _, field in ipairs(strings) do
		local value = package[field]
		if value ~= nil and type(value) ~= 'string' then
			return (': "%s" must be a string, got %s'):format(field, typeName(value))
		elseif value == '' and field ~= 'version' then
			return (': "%s" must not be empty'):format(field)
		end
	end
	if package.main and package.main:find '\0' then
		return ': "main" must name a file'
	elseif package.sandbox ~= nil and type(package.sandbox) ~= 'boolean' then
		return (': "sandbox" must be a boolean, got %s'):format(typeName(package.sandbox))
	end
	local warning = package.remoteLeakWarning
	if warning ~= nil and not (math.type(warning) and warning >= 0 and math.tointeger(warning)) then
		return ': "remoteLeakWarning" must be an integer, 0 or more'
	end
end

--- Parses the text of a package.json.
---@param text string
---@param path string how to name the file in a message
---@return table? package
---@return string? message one line that names the file and what is wrong
function packageJson.parse(text, path)
	local result, message = decode(text)
	if not message and not text:find '^%s*{' then
		message = ': expected an object, got ' .. (text:find '^%s*%[' and 'an array' or typeName(result))
	end
	message = message or problem(result)
	if message then
		return nil, path .. message
	end
	return result
end

--- Reads the package.json of an app's folder. A folder without one is an app whose main script is
--- main.lua: an empty table.
---@param dir string
---@return table? package
---@return string? message
function packageJson.read(dir)
	local path = dir:gsub('/+$', '') .. '/package.json'
	local text, message, code = readFile(path)
	if not text then
		if code == 2 then
			return {}
		end
		return nil, 'cannot read ' .. message
	end
	return packageJson.parse(text, path)
end

return packageJson
