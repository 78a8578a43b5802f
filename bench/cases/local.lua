--- The same in plain Lua, without a crossing: what everything else is compared with.

return {
	lanes = { ring = true },
	rows = {
		{ name = 'local-method', title = 'local obj:noop()' },
		{ name = 'local-property', title = 'local property read' },
	},
	page = function(meter)
		local Thing = {}
		Thing.__index = Thing
		function Thing.noop() end
		local thing = setmetatable({ value = 1 }, Thing)
		meter:time('local-method', function(count)
			for _ = 1, count do
				thing:noop()
			end
		end)
		meter:time('local-property', function(count)
			local value
			for _ = 1, count do
				value = thing.value
			end
			return value
		end)
	end,
}
