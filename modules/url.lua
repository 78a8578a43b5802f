--- What a page can be loaded from: paths and file URLs.

local readFile = require 'read-file'

local url = {}

--- Why a load failed. The numbers are Chromium's, as Electron gives them.
url.errors = {
	failed = -2,
	aborted = -3,
	notFound = -6,
	accessDenied = -10,
	invalidUrl = -300,
	disallowedScheme = -301,
}

local function decode(text)
	return (text:gsub('%%(%x%x)', function(digits)
		return string.char(tonumber(digits, 16))
	end))
end

local function encode(path)
	return (path:gsub("[^%w%-._~!$&'()*+,;=:@/]", function(byte)
		return ('%%%02X'):format(byte:byte())
	end))
end

--- Takes '.', '..' and empty parts out of an absolute path.
---@param path string
---@return string
function url.normalize(path)
	local parts = {}
	for part in path:gmatch '[^/]+' do
		if part == '..' then
			parts[#parts] = nil
		elseif part ~= '.' then
			parts[#parts + 1] = part
		end
	end
	return '/' .. table.concat(parts, '/')
end

--- Splits off what begins with the first '?' or '#'.
local function split(text)
	local path, search, hash = text:match '^([^?#]*)(%??[^#]*)(#?.*)$'
	return path, search == '?' and '' or search, hash == '#' and '' or hash
end

---@class Location where a page was loaded from, named as in a browser
---@field href string the whole URL
---@field protocol string 'file:'
---@field pathname string the path as it stands in the URL
---@field search string '' or '?' and the query
---@field hash string '' or '#' and the fragment
---@field path string the file

--- Finds the file that an argument of loadUrl means.
---@param text string a path, relative to `base` or absolute, or a file: URL
---@param base string the folder that a relative path is relative to
---@return Location?
---@return integer? code one of url.errors
---@return string? message
function url.resolve(text, base)
	local scheme, rest = text:match '^(%a[%w+.-]*):(.*)$'
	local path, search, hash
	if scheme and scheme:lower() ~= 'file' then
		return nil, url.errors.disallowedScheme,
			("cannot load '%s': a page is loaded from a file, not from '%s:'"):format(text, scheme)
	elseif scheme then
		local host, absolute = rest:match '^//([^/?#]*)(.*)$'
		if not host or not absolute:find '^/' or (host ~= '' and host ~= 'localhost') then
			return nil, url.errors.invalidUrl,
				("cannot load '%s': a file URL has the form 'file:///path'"):format(text)
		end
		path, search, hash = split(absolute)
		path = decode(path)
	else
		path, search, hash = split(text)
		if path == '' then
			return nil, url.errors.invalidUrl, ("cannot load '%s': it names no file"):format(text)
		end
		if not path:find '^/' then
			path = base .. '/' .. path
		end
	end
	if path:find '\0' then
		return nil, url.errors.invalidUrl,
			("cannot load '%s': a path has no zero bytes"):format((text:gsub('\0', '\\0')))
	end
	path = url.normalize(path)
	local pathname = encode(path)
	return {
		href = 'file://' .. pathname .. search .. hash,
		protocol = 'file:',
		pathname = pathname,
		search = search,
		hash = hash,
		path = path,
	}
end

--- The location as a sandboxed page sees it: where the app lies is not its business.
---@param location Location
---@param name string the file's name in the app's folder
---@return Location
function url.withoutFolder(location, name)
	local pathname = '/' .. encode(name)
	return {
		href = 'file://' .. pathname .. location.search .. location.hash,
		protocol = location.protocol,
		pathname = pathname,
		search = location.search,
		hash = location.hash,
		path = '/' .. name,
	}
end

--- Reads a page's script.
---@param path string
---@return string? source
---@return integer? code one of url.errors
---@return string? message
function url.read(path)
	local source, message, number = readFile(path)
	if source then
		return source
	end
	local code = number == 2 and url.errors.notFound or number == 13 and url.errors.accessDenied
		or url.errors.failed
	return nil, code, 'cannot load ' .. message
end

return url
