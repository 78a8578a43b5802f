--- Runs in a process of its own and uses main's module as if it were here.

local remote = require 'remote'

local greeting = remote.require 'greeting'
local name = process.argv[2] or 'world'

print(greeting.to(name))
print(('Process %d is showing it.'):format(process.pid))

-- The last window to close ends the application.
remote.getCurrentWindow():close()
