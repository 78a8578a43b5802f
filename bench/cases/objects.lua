--- Objects made in main, held by the page for a moment, and dropped.

local COUNT = 10000

return {
	lanes = { ring = true, socket = true },
	rows = {
		{ name = 'object', title = 'object made and dropped', floor = 'call' },
		{ name = 'object-memory', title = "main's memory kept after them", lowerIsBetter = true },
	},
	page = function(meter)
		if not (meter:wants 'object' or meter:wants 'object-memory') then
			return
		end
		local service = require 'remote'.require 'service'
		local new, heap = service.new, service.heap
		local hrtime = require 'process'.hrtime
		local samples, kept = {}, {}
		local function makeAndDrop()
			for _ = 1, COUNT do
				new()
			end
			collectgarbage()
		end
		heap()
		local before = heap()
		makeAndDrop()
		for i = 1, meter.options.repeats do
			local start = hrtime()
			makeAndDrop()
			service.noop()
			samples[i] = (hrtime() - start) / 1e3 / COUNT
			heap()
			kept[i] = math.max(0, heap() - before)
		end
		meter:record('object', 'µs', samples)
		meter:record('object-memory', 'kB', kept)
	end,
}
