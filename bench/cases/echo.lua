--- A string there and back.

local sizes = { ['echo-1k'] = 1 << 10, ['echo-1m'] = 1 << 20, ['echo-64m'] = 64 << 20 }

return {
	lanes = { ring = true, socket = true, ['one core'] = true },
	rows = {
		{ name = 'echo-1k', title = 'echo of 1 KiB', floor = 'echo-1k' },
		{ name = 'echo-1m', title = 'echo of 1 MiB', floor = 'echo-1m', bulk = true },
		{ name = 'echo-64m', title = 'echo of 64 MiB', floor = 'echo-64m', bulk = true },
	},
	page = function(meter)
		local echo = require 'remote'.require 'service'.echo
		local function work(name)
			local text = ('x'):rep(sizes[name])
			return function(count)
				for _ = 1, count do
					if #echo(text) ~= #text then
						error 'what came back is not what was sent'
					end
				end
			end
		end
		meter:time('echo-1k', work 'echo-1k')
		for _, name in ipairs { 'echo-1m', 'echo-64m' } do
			if meter:wants(name) then
				meter:rate(name, 'MB/s', 2 * sizes[name] / 1e6, work(name))
				collectgarbage()
			end
		end
	end,
}
