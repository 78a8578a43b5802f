-- Wants to read the user's files.

local function try(what, fn, ...)
	local ok, problem = pcall(fn, ...)
	print(('%s: %s'):format(what, ok and 'got it!' or problem))
end

try('io.open', function() return io.open '/etc/passwd' end)
try('os.getenv', function() return os.getenv 'HOME' end)
try("require '../main'", require, '../../main')
try("require '/etc/passwd'", require, '/etc/passwd')
try("remote.require 'io'", require 'remote'.require, 'io')
try('remote.process', function() return require 'remote'.process.env.HOME end)
process.exit(0)
