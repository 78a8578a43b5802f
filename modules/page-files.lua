--- The files that a sandboxed page may have: Lua modules below the app's folder, as text.

local renderer = require 'host.renderer'

local pageFiles = {}

local ENOENT, ENOTDIR = 2, 20

--- Reads a module as `require` in a page of that folder would find it. No name leads out of the
--- folder: neither "..", nor an absolute path, nor a link.
---@param folder string
---@param name any what the page asked for: anything
---@return string? text
---@return string place the file, below the folder; or why there is no text
function pageFiles.module(folder, name)
	if type(name) ~= 'string' or #name > 200 or not name:find '^[%w_-][%w_%-.]*$'
		or name:find('..', 1, true) then
		return nil, 'a sandboxed page requires modules by names of letters, digits, _, - and .'
	end
	local path = name:gsub('%.', '/')
	local tried = {}
	for _, file in ipairs { path .. '.lua', path .. '/init.lua' } do
		local text, message, code = renderer.readBeneath(folder, file)
		if text then
			return text, file
		elseif code ~= ENOENT and code ~= ENOTDIR then
			return nil, message
		end
		table.insert(tried, ("no file '%s'"):format(file))
	end
	return nil, table.concat(tried, '\n\t')
end

return pageFiles
