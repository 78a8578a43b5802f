--- Starts well and then never comes back from a loop; at its second attempt it does.

local ipc = require 'ipc'
local page = require 'page'
local timers = require 'timers'

timers.setTimeout(function()
	while page.location.search == '?attempt=1' do
		math.random()
	end
	ipc:send('done', 'done')
end, 50)
