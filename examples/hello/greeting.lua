--- A module of main. Nothing in it knows that a page in another process is going to call it.

local greeting = {}

---@param name string
---@return string
function greeting.to(name)
	return ('Hello, %s! Process %d made this greeting.'):format(name, process.pid)
end

return greeting
