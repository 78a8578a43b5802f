--- Processes of the system, for specs.

local files = require 'spec.support.files'
local lfs = require 'lfs'

local processes = {}

--- Whether a process runs: one that is dead is not alive, collected or not.
---@param pid integer
---@return boolean
function processes.isAlive(pid)
	return files.read(('/proc/%d/cmdline'):format(pid)) ~= ''
end

--- Whether one of some processes runs.
---@param pids table<any, integer>
---@return boolean
function processes.isAnyAlive(pids)
	for _, pid in pairs(pids) do
		if processes.isAlive(pid) then
			return true
		end
	end
	return false
end

--- How many descriptors this process has open, and one more: the folder is open while it is read.
---@return integer
function processes.descriptors()
	local number = 0
	for _ in lfs.dir '/proc/self/fd' do
		number = number + 1
	end
	return number
end

--- How the kernel says that a process is: 'R' it runs or could, 'S' it sleeps, 'T' it was stopped,
--- 'Z' it is dead. '' where there is none.
---@param pid integer
---@return string
function processes.state(pid)
	return files.read(('/proc/%d/stat'):format(pid)):match '%) (%a)' or ''
end

--- Holds this process up for some seconds, and for as long as another one computes.
---@param seconds number
---@param pid integer
function processes.holdUp(seconds, pid)
	local till = process.uptime() + seconds
	while process.uptime() < till or processes.state(pid) == 'R' do end
end

--- The children of a process that have a name, or all of them; dead ones that nobody has collected
--- too.
---@param name string?
---@param parent integer? this process without one
---@return integer[]
function processes.children(name, parent)
	local found = {}
	parent = parent or process.pid
	for pid in files.read(('/proc/%d/task/%d/children'):format(parent, parent)):gmatch '%d+' do
		if not name or files.read('/proc/' .. pid .. '/comm') == name .. '\n' then
			table.insert(found, math.tointeger(pid))
		end
	end
	return found
end

return processes
