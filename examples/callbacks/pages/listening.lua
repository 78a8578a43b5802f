--- Installs a listener in main and never takes it away: each visit leaves one behind.

local remote = require 'remote'

remote.getCurrentWindow():on('close', function()
	print '   The page that is still here hears the window close.'
end)
