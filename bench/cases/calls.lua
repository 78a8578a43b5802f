--- One trip to main and back.

return {
	lanes = { ring = true, socket = true, ['one core'] = true },
	rows = {
		{ name = 'null-call', title = 'null call', floor = 'call' },
		{ name = 'two-integers', title = 'call with two integers', floor = 'call' },
		{ name = 'method', title = 'method call, two integers', floor = 'call' },
		{ name = 'property-read', title = 'property read', floor = 'call' },
		{ name = 'property-write', title = 'property write', floor = 'call' },
	},
	page = function(meter)
		local service = require 'remote'.require 'service'
		local noop, add, thing = service.noop, service.add, service.thing
		meter:time('null-call', function(count)
			for _ = 1, count do
				noop()
			end
		end)
		meter:time('two-integers', function(count)
			for i = 1, count do
				add(i, 2)
			end
		end)
		meter:time('method', function(count)
			for i = 1, count do
				thing:add(i, 2)
			end
		end)
		meter:time('property-read', function(count)
			local value
			for _ = 1, count do
				value = thing.value
			end
			return value
		end)
		meter:time('property-write', function(count)
			for i = 1, count do
				thing.value = i
			end
		end)
	end,
}
