--- What goes one way.

local BURST = 20000

return {
	lanes = { ring = true, socket = true },
	rows = {
		{ name = 'callbacks', title = 'callbacks, main to page', floor = 'one-way' },
		{ name = 'ipc-send', title = 'ipc.send, page to main', floor = 'one-way' },
	},
	page = function(meter)
		local remote = require 'remote'
		local ipc = require 'ipc'
		local task = require 'host.task'
		local service = remote.require 'service'
		meter:rate('callbacks', '/s', BURST, function(count)
			local me = coroutine.running()
			local left = count * BURST
			local function callback()
				left = left - 1
				if left == 0 then
					task.resume(me)
				end
			end
			for _ = 1, count do
				service.callSoon(callback, BURST)
			end
			coroutine.yield()
		end)
		meter:rate('ipc-send', '/s', BURST, function(count)
			for i = 1, count * BURST do
				ipc.send('bench', i)
			end
			service.noop()
		end)
	end,
}
