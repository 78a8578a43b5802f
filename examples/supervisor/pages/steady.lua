--- Works for a while and is done.

local ipc = require 'ipc'
local timers = require 'timers'

timers.sleep(50)
ipc:send('done', 'done')
