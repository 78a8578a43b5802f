-- Who watches descriptors, signals and child processes with host.loop.

local loop = require 'host.loop'
local looplib = require 'spec.support.looplib'
local native = require 'host.process'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'

-- A shell that says its process id and does what it is told; it is our own child.
local function shell(command)
	local pipe = assert(io.popen('echo $$; exec >&-; ' .. command))
	return math.tointeger(pipe:read 'n'), pipe
end

describe('host.loop', function()
	looplib.accounts(before_each, after_each)

	describe('fd watchers', function()
		it('call as long as there is something to read', function()
			local pipe = assert(io.popen 'echo one; sleep 0.02; echo two')
			local got, watcher = {}, nil
			watcher = loop.fd(pipe, 'r', function(ready)
				table.insert(got, { ready, pipe:read 'l' })
				if #got == 2 then
					watcher:stop()
				end
			end)
			wait.untilTrue('both lines came', function()
				return #got == 2
			end)
			pipe:close()
			assert.are.same({ { 'r', 'one' }, { 'r', 'two' } }, got)
		end)

		-- What a watcher says once it calls.
		local function readiness(file, mode)
			local got, watcher
			watcher = loop.fd(file, mode, function(ready)
				got = ready
				watcher:stop()
			end)
			wait.untilTrue('it calls', function()
				return got
			end)
			file:close()
			return got
		end

		it('call when something can be written', function()
			assert.are.equal('w', readiness(assert(io.popen('cat >/dev/null', 'w')), 'w'))
		end)

		it('tell which of two modes is ready', function()
			assert.are.equal('rw', readiness(assert(io.open('/dev/null', 'r+')), 'rw'))
		end)

		it('take the number of a descriptor', function()
			loop.fd(0, 'r', print):stop()
		end)

		it('do not call once they were stopped', function()
			local pipe = assert(io.popen 'echo one')
			local called = false
			loop.fd(pipe, 'r', function()
				called = true
			end):stop()
			loop.sleep(20)
			pipe:close()
			assert.is_false(called)
		end)

		it('say that the descriptor was closed, and stop', function()
			local pipe = assert(io.popen 'true')
			local got
			local watcher = loop.fd(pipe, 'r', function(...)
				got = table.pack(...)
			end)
			pipe:close()
			wait.untilTrue('the watcher was called', function()
				return got
			end)
			assert.is_false(watcher:isActive())
			assert.is_nil(got[1])
			assert.matches('^descriptor %d+ was closed while it was watched$', got[2])
		end)

		it('of a closed descriptor leave the process to live and end as it should', function()
			local result = run.lepton { '-e', [[
				local loop = require 'host.loop'
				for i = 1, 3 do
					local pipe = io.popen 'true'
					local watcher = loop.fd(pipe, 'r', function() end)
					if i < 3 then watcher:unref() end
					pipe:close()
				end
				loop.setTimeout(print, 20, 'timer')
			]] }
			assert.are.equal('timer\n', result.stdout)
		end)

		it('refuse what is no open descriptor', function()
			local file = io.open '/dev/null'
			file:close()
			assert.error_matches(function()
				loop.fd(file, 'r', print)
			end, "bad argument #1 to 'fd' %(the file is closed%)")
			assert.error_matches(function()
				loop.fd(987, 'r', print)
			end, "bad argument #1 to 'fd' %(this descriptor is not open%)")
			assert.error_matches(function()
				loop.fd(1, 'x', print)
			end, "bad argument #2 to 'fd' %(invalid option 'x'%)")
		end)
	end)

	describe('signal watchers', function()
		it('call with name and number, each of several', function()
			local got = {}
			local function note(...)
				table.insert(got, table.concat({ ... }, ' '))
			end
			local byName = loop.signal('SIGUSR1', note)
			local byNumber = loop.signal(10, note)
			native.kill(native.pid(), 'SIGUSR1')
			wait.untilTrue('both were called', function()
				return #got == 2
			end)
			byName:stop()
			byNumber:stop()
			assert.are.same({ 'SIGUSR1 10', 'SIGUSR1 10' }, got)
		end)

		it('leave a signal as they found it', function()
			local code = [[
				local loop, native = require 'host.loop', require 'host.process'
				local first, second = loop.signal('SIGUSR1', print), loop.signal('SIGUSR1', print)
				first:stop()
				second:stop()
				native.kill(native.pid(), 'SIGUSR1')
				print 'alive'
			]]
			local words = ('%s -e %s'):format(run.quote(run.executable()), run.quote(code))
			local ignoring = run.command { 'sh', '-c', "trap '' USR1; exec " .. words }
			assert.are.equal('alive\n', ignoring.stdout)
			local dying = run.command { 'sh', '-c', 'exec ' .. words }
			assert.are.equal('', dying.stdout)
		end)

		it('refuse signals that do not exist or cannot be watched', function()
			local function watching(signal)
				return function()
					loop.signal(signal, print)
				end
			end
			assert.error_matches(watching 'SIGNAL',
				"bad argument #1 to 'signal' %(signal such as 'SIGTERM' expected, got 'SIGNAL'%)")
			assert.error_matches(watching 'USR1', 'signal such as')
			assert.error_matches(watching(-1), 'no such signal')
			assert.error_matches(watching(1000), 'no such signal')
			assert.error_matches(watching 'SIGKILL', 'this signal cannot be watched')
			assert.error_matches(watching 'SIGSEGV', 'this signal cannot be watched')
		end)
	end)

	describe('child watchers', function()
		local function ending(command, delay)
			local pid, pipe = shell(command)
			local got
			loop.sleep(delay or 0)
			loop.child(pid, function(...)
				got = table.pack(...)
			end)
			wait.untilTrue('the child ended', function()
				return got
			end)
			pipe:close()
			return got[1], got[2], got[3]
		end

		it('call with the exit code', function()
			assert.are.same({ 7 }, { ending 'sleep 0.02; exit 7' })
		end)

		it('call with the name of the signal that ended the child', function()
			assert.are.same({ nil, 'SIGKILL' }, { ending 'kill -9 $$' })
		end)

		it('notice a child that had ended before', function()
			assert.are.same({ 3 }, { ending('exit 3', 50) })
		end)

		it('leave the statuses of other children alone', function()
			local pid, watched = shell 'exit 1'
			local _, other = shell 'exit 2'
			local code
			loop.child(pid, function(value)
				code = value
			end)
			wait.untilTrue('the child ended', function()
				return code
			end)
			assert.are.equal(1, code)
			assert.are.same({ nil, 'exit', 2 }, { other:close() })
			watched:close()
		end)

		it('say so where somebody else took the status', function()
			local pid, pipe = shell 'exit 4'
			local got
			loop.child(pid, function(...)
				got = table.pack(...)
			end)
			pipe:close()
			wait.untilTrue('the watcher was called', function()
				return got
			end)
			assert.are.same({ n = 3, [3] = 'somebody else has taken the exit status of this child' }, got)
		end)

		it('refuse a process that is no child of this one', function()
			for _, pid in ipairs { native.pid(), 1, 99999999, 0, -5 } do
				assert.error_matches(function()
					loop.child(pid, print)
				end, "bad argument #1 to 'child'")
			end
		end)

		it('give back the descriptor they used', function()
			local function descriptors()
				-- Pipes that earlier specs have left are closed, or else in the middle of this one.
				collectgarbage()
				collectgarbage()
				local pipe = io.popen [[ls -l /proc/$PPID/fd | grep -vcF "$(readlink /proc/$$/fd/1)"]]
				local count = pipe:read 'n'
				pipe:close()
				return count
			end
			local count = descriptors()
			ending 'exit 0'
			local pid, pipe = shell 'sleep 0.05'
			loop.child(pid, print):stop()
			pipe:close()
			assert.are.equal(count, descriptors())
		end)
	end)
end)
