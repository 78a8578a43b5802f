--- A hundred asynchronous tasks that call all the time, beside one that calls and waits.

local TASKS, CALLS = 100, 100

return {
	lanes = { ring = true, socket = true },
	rows = {
		{ name = 'sync-calls', title = 'calls, one after the other' },
		{ name = 'async-calls', title = 'calls from 100 async tasks' },
	},
	page = function(meter)
		local remote = require 'remote'
		local noop = remote.require 'service'.noop
		local function loop()
			for _ = 1, CALLS do
				noop()
			end
		end
		meter:rate('sync-calls', '/s', TASKS * CALLS, function(count)
			for _ = 1, count * TASKS do
				loop()
			end
		end)
		if not rawget(remote, 'async') then
			error('there is no remote.async', 0)
		end
		meter:rate('async-calls', '/s', TASKS * CALLS, function(count)
			for _ = 1, count do
				local tasks = {}
				for i = 1, TASKS do
					tasks[i] = remote.async(loop)
				end
				for i = 1, TASKS do
					tasks[i]:await()
				end
			end
		end)
	end,
}
