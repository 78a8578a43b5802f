local run = require 'spec.support.run'

describe('windows that are used at random', function()
	local seed = os.time()

	it('load in order, and leave nothing behind (seed ' .. seed .. ')', function()
		local result = run.lepton { 'spec/support/fixtures/chaos.lua', tostring(seed), '1500' }
		assert.are.same({ 0, '0 windows, 0 processes, 0 timers are left\n' },
			{ result.status, result.stdout })
	end)
end)
