--- Reads a whole file.

---@param path string
---@return string? text
---@return string? message names the file
---@return integer? code errno
return function(path)
	local file, message, code = io.open(path, 'rb')
	if not file then
		return nil, message, code
	end
	local text
	text, message, code = file:read 'a'
	file:close()
	if not text then
		return nil, ('%s: %s'):format(path, message), code
	end
	return text
end
