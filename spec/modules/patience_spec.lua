local Patience = require 'patience'
local accounts = require 'spec.support.accounts'
local timers = require 'timers'
local wait = require 'spec.support.wait'

describe('patience with a page', function()
	accounts(before_each, after_each)

	--- What stands for a page: a process, and the seconds it has computed.
	local function pretend(pid)
		local peer = { computed = 1, pid = function() return pid end }
		function peer:cpuTime() return self.computed end
		function peer:isStopped() return self.is == 'stopped' end
		return peer
	end

	local function sleeper()
		local pipe = assert(io.popen 'echo $$; exec sleep 600')
		return pipe:read 'n', pipe
	end

	local function verdict(peer, milliseconds)
		local why
		Patience.start(peer, milliseconds, function(...) why = ... end)
		return function() return why end
	end

	it('is over after its time where the page waits, or was stopped', function()
		local pid, pipe = sleeper()
		local peer = pretend(pid)
		local started = process.hrtime()
		assert.are.equal('waiting', wait.untilTrue('it is over', verdict(peer, 20)))
		assert.is_true(process.hrtime() - started >= 20000000)
		peer.is = 'stopped'
		assert.are.equal('stopped', wait.untilTrue('it is over', verdict(peer, 20)))
		process.kill(pid, 'SIGKILL')
		pipe:close()
	end)

	it('lasts until a page that wants to compute has been let', function()
		-- Whoever asks is running: this process always wants to compute.
		local peer = pretend(process.pid)
		local why = verdict(peer, 20)
		timers.sleep(100)
		assert.is_nil(why())
		peer.computed = 1.0049
		timers.sleep(30)
		assert.is_nil(why())
		peer.computed = 1.0051
		assert.are.equal('spinning', wait.untilTrue('it is over', why))
	end)

	it('is over no more once it was stopped', function()
		local pid, pipe = sleeper()
		local why
		local patience = Patience.start(pretend(pid), 5, function(...) why = ... end)
		patience:stop()
		timers.sleep(30)
		assert.is_nil(why)
		process.kill(pid, 'SIGKILL')
		pipe:close()
	end)

	it('is not lost where main itself was held up, for what it has yet to send and to read', function()
		local pid, pipe = sleeper()
		local why = verdict(pretend(pid), 200)
		os.execute 'sleep 0.3'
		timers.sleep(0)
		assert.is_nil(why())
		assert.are.equal('waiting', wait.untilTrue('it is over', why))
		process.kill(pid, 'SIGKILL')
		pipe:close()
	end)

	--- Starts one, and comes back in its last part.
	local function lastPart(peer)
		local why, patience, timer
		repeat
			why = nil
			patience = Patience.start(peer, 400, function(...) why = ... end)
			local parts = 0
			repeat
				if patience.timer ~= timer then
					timer = patience.timer
					parts = parts + 1
				end
				timers.sleep(2)
			until parts == 4 or why
		until not why
		return function() return why end
	end

	it('is not lost where main was held up at its end', function()
		local pid, pipe = sleeper()
		local why = lastPart(pretend(pid))
		os.execute 'sleep 0.4'
		timers.sleep(0)
		assert.is_nil(why())
		assert.are.equal('waiting', wait.untilTrue('it is over', why))
		process.kill(pid, 'SIGKILL')
		pipe:close()
	end)
end)
