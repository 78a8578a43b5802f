local Model = require 'spec.model.model'
local accounts = require 'spec.support.accounts'

describe('the model', function()
	accounts(before_each, after_each)

	local function play(seed, seconds)
		local model = Model.new(seed)
		local ended, problem
		ended, problem = pcall(function()
			local stop = process.uptime() + seconds
			repeat
				model:round(60)
			until process.uptime() > stop
		end)
		model:close()
		if not ended then
			error(problem, 0)
		end
	end

	it('agrees with the counts of main and pages, from a seed that stays', function()
		play(1, 3)
	end)

	it('agrees from a new seed each time', function()
		play(os.time() % 1000000, 5)
	end)
end)
