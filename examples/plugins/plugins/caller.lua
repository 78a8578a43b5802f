-- Wants to talk to its master over the network, or have another program do it.

local function try(what, fn, ...)
	local ok, problem = pcall(fn, ...)
	print(('%s: %s'):format(what, ok and 'got it!' or tostring(problem):match '^[^\n]*'))
end

try("require 'socket'", require, 'socket')
try('os.execute', function() return os.execute 'curl https://example.com' end)
try("remote.require 'socket'", require 'remote'.require, 'socket')
try('package.loadlib', function() return package.loadlib('libc.so.6', 'system') end)
try('load of bytecode', function() return assert(load('\27Lua', 'x', 'b')) end)
process.exit(0)
