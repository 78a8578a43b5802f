--- What to print of an error value, in the words of the standalone interpreter.

local peer = require 'host.peer'

local function hasText(problem)
	local metatable = getmetatable(problem)
	return type(problem) == 'string' or type(metatable) == 'table' and metatable.__tostring
end

--- The text that main gives a remote object; nil where that is only its address.
local function remoteText(problem)
	local ok, text = pcall(tostring, problem)
	return ok and not text:find '^%l+: 0x' and text or nil
end

---@param problem any
---@return string
return function(problem)
	if hasText(problem) then
		local ok, text = pcall(tostring, problem)
		if ok then
			return text
		end
	end
	return peer.isRemote(problem) and remoteText(problem)
		or ('(error object is a %s value)'):format(peer.type(problem))
end
