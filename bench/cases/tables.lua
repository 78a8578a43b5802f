--- A table of ten thousand fields, read by the page.

return {
	lanes = { ring = true, socket = true },
	rows = {
		{ name = 'pairs', title = 'pairs over 10 000, an element', floor = 'pairs' },
		{ name = 'copy', title = 'remote.copy of 10 000 fields, a field', floor = 'copy' },
	},
	page = function(meter)
		local remote = require 'remote'
		local service = remote.require 'service'
		local numbers, fields = service.numbers, service.fields
		meter:time('pairs', function(count)
			for _ = 1, count do
				local sum = 0
				for _, value in pairs(numbers) do
					sum = sum + value
				end
				assert(sum == 50005000)
			end
		end, 10000)
		meter:time('copy', function(count)
			for _ = 1, count do
				assert(remote.copy(fields).field10000 == 10000)
			end
		end, 10000)
	end,
}
