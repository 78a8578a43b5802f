local loop = require 'loop'
local timers = require 'timers'
local wait = require 'spec.support.wait'

-- Expects an error that names the line here that called wrongly.
local function blamed(fn, message)
	assert.matches('loop_spec%.lua:%d+: ' .. message, select(2, pcall(fn)))
end

describe('loop', function()
	it('lets another library wait for its descriptor', function()
		local pipe = assert(io.popen 'sleep 0.02; echo words')
		local line, watcher
		watcher = loop.fd(pipe, 'r', function()
			line = pipe:read 'l'
			watcher:stop()
		end)
		wait.untilTrue('a line came', function()
			return line
		end)
		pipe:close()
		assert.are.equal('words', line)
	end)

	it('hands over signals, which then do nothing else', function()
		local got
		local watcher = loop.signal('SIGHUP', function(...)
			got = { ... }
		end)
		process.kill(process.pid, 'SIGHUP')
		wait.untilTrue('the signal came', function()
			return got
		end)
		watcher:stop()
		assert.are.same({ 'SIGHUP', 1 }, got)
	end)

	it('tells how a child process ended', function()
		local pipe = assert(io.popen 'echo $$; exec >&-; sleep 0.02; exit 5')
		local got
		local watcher = loop.child(pipe:read 'n', function(...)
			got = { ... }
		end)
		wait.untilTrue('the child ended', function()
			return got
		end)
		assert.is_false(watcher:isActive())
		pipe:close()
		assert.are.same({ 5 }, got)
	end)

	it('calls each function in a coroutine that may wait', function()
		local pipe = assert(io.popen 'echo words')
		local state, watcher
		watcher = loop.fd(pipe, 'r', function()
			watcher:stop()
			state = 'waiting'
			timers.sleep(10)
			state = 'done'
		end)
		wait.untilTrue('the function was done', function()
			return state == 'done'
		end)
		pipe:close()
	end)

	it('blames the caller for a wrong argument', function()
		blamed(function()
			loop.fd('stdin', 'r', print)
		end, "bad argument #1 to 'fd' %(number expected, got string%)")
		blamed(function()
			loop.fd(0, 'r')
		end, "bad argument #3 to 'fd' %(function expected, got no value%)")
		blamed(function()
			loop.signal('SIGHUP', 5)
		end, "bad argument #2 to 'signal' %(function expected, got number%)")
		blamed(function()
			loop.signal('HUP', print)
		end, "bad argument #1 to 'signal' %(signal such as 'SIGTERM' expected, got 'HUP'%)")
		blamed(function()
			loop.child('x', print)
		end, "bad argument #1 to 'child' %(number expected, got string%)")
	end)
end)
