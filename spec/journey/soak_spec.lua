local run = require 'spec.support.run'
local sandbox = require 'spec.support.sandbox'

--- Seconds of the short soak, and MiB that a process may grow by in it. What a sanitizer frees it
--- keeps for a while.
local SECONDS <const> = 2
local ALLOWANCE <const> = sandbox.isFiltered() and 64 or 1024

describe('an app that does everything for a while', function()
	after_each(run.removeAll)

	local function soak(option)
		local words = { option or '--', 'spec/soak/run.lua', SECONDS, ALLOWANCE }
		local result = run.lepton(words)
		assert.are.same({ 0, '' }, { result.status, result.stderr }, result.stdout)
		assert.matches('All of it was flat%.\n$', result.stdout)
	end

	it('holds in the end what it held in the beginning', function()
		soak()
	end)

	it('does so over sockets alone', function()
		soak '--no-ring'
	end)
end)
