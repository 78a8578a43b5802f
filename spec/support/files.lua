--- Files that other processes write, for specs.

local files = {}

--- What a file has in it; '' where there is none.
---@param path string
---@return string
function files.read(path)
	local file = io.open(path, 'rb')
	local text = file and file:read 'a' or ''
	if file then
		file:close()
	end
	return text
end

---@param path string
---@return boolean
function files.exists(path)
	local file = io.open(path)
	if file then
		file:close()
	end
	return file ~= nil
end

return files
