local run = require 'spec.support.run'

describe('a ring between two processes', function()
	local program = run.executable():match '^(.*/)' .. 'ring_stress'
	local seed = os.time()

	local function stress(...)
		local result = run.command { ... }
		assert.are.same({ 0, '' }, { result.status, result.stderr }, result.stdout)
		return result.stdout
	end

	it('loses nothing and wakes both, whatever lengths and pauses (seed ' .. seed .. ')', function()
		assert.matches('^10000 frames each way, %d+ bytes, slept\n$',
			stress(program, 'duplex', seed, 10000))
	end)

	it('does so on one processor (seed ' .. seed .. ')', function()
		assert.matches('^3000 frames each way, %d+ bytes, slept\n$',
			stress('taskset', '-c', '0', program, 'duplex', seed, 3000))
	end)

	it('bears an end that writes anything anywhere (seed ' .. seed .. ')', function()
		assert.matches('^150 rounds, %a+ given away\n$', stress(program, 'hostile', seed, 150))
	end)
end)
