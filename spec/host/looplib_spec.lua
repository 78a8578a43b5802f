-- host.loop: what libev calls, in which order, and what is left of it.

local loop = require 'host.loop'
local native = require 'host.process'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'

local function busy(ms)
	local till = native.hrtime() + ms * 1000000
	while native.hrtime() < till do end
end

-- A shell that says its process id and does what it is told; it is our own child.
local function shell(command)
	local pipe = assert(io.popen('echo $$; exec >&-; ' .. command))
	return math.tointeger(pipe:read 'n'), pipe
end

local function lepton(code)
	local result = run.lepton { '-e', code }
	return result.stdout, result.status, result.stderr
end

describe('host.loop', function()
	local before

	before_each(function()
		before = loop.counts()
	end)

	after_each(function()
		assert.are.same(before, loop.counts())
	end)

	describe('timers', function()
		-- Starts a timer that is kept once it fires: when it may be due at the earliest and the latest.
		-- Nobody knows when this process is interrupted.
		local function start(fired, ms)
			local due = { earliest = native.hrtime() + ms * 1e6 }
			local handle = loop.setTimeout(table.insert, ms, fired, due)
			due.latest = native.hrtime() + ms * 1e6
			return handle
		end

		local function assertInOrder(fired)
			for i = 2, #fired do
				assert.is_true(fired[i - 1].earliest <= fired[i].latest)
			end
		end

		it('fire in the order of their deadlines', function()
			local fired = {}
			for _, ms in ipairs { 9, 3, 7, 1, 5 } do
				start(fired, ms)
			end
			loop.sleep(20)
			assert.are.equal(5, #fired)
			assertInOrder(fired)
		end)

		it('fire in the order they were started where the times are equal', function()
			local order, expected = {}, {}
			for i = 1, 200 do
				loop.setTimeout(table.insert, 2, order, i)
				expected[i] = i
			end
			loop.sleep(20)
			assert.are.same(expected, order)
		end)

		it('stay in order when some are stopped', function()
			local fired, handles = {}, {}
			for i = 1, 100 do
				handles[i] = start(fired, 20 + i * 37 % 100 / 10)
			end
			for i = 3, 100, 3 do
				handles[i]:stop()
			end
			loop.sleep(60)
			assert.are.equal(67, #fired)
			assertInOrder(fired)
		end)

		it('never fire early', function()
			for _, ms in ipairs { 0, 0.25, 1, 3.5 } do
				local started = native.hrtime()
				loop.sleep(ms)
				assert.is_true(native.hrtime() - started >= ms * 1000000)
			end
		end)

		it('are not fooled by a loop that was held up', function()
			loop.sleep(0)
			busy(30)
			local started = native.hrtime()
			loop.sleep(20)
			assert.is_true(native.hrtime() - started >= 20000000)
		end)

		it('hand on their arguments, with holes and count', function()
			local got
			loop.setTimeout(function(...)
				got = table.pack(...)
			end, 1, nil, 'two', nil, 4, nil)
			loop.sleep(5)
			assert.are.same({ n = 5, [2] = 'two', [4] = 4 }, got)
		end)

		it('refuse more arguments than a handle can hold', function()
			local many = table.move({ true }, 1, 1, 70000)
			for i = 1, 70000 do
				many[i] = i
			end
			assert.has_error(function()
				loop.setTimeout(print, 1, table.unpack(many))
			end)
		end)

		it('need nobody to hold them', function()
			local fired = false
			loop.setTimeout(function()
				fired = true
			end, 5)
			collectgarbage()
			collectgarbage()
			loop.sleep(15)
			assert.is_true(fired)
		end)

		it('let go of function and arguments once they have fired', function()
			local weak = setmetatable({}, { __mode = 'v' })
			weak[1] = { 'argument' }
			loop.setTimeout(function() end, 1, weak[1])
			loop.sleep(5)
			collectgarbage()
			collectgarbage()
			assert.is_nil(weak[1])
		end)

		it('repeat until they are stopped, also by themselves', function()
			local count, timer = 0, nil
			timer = loop.setInterval(function()
				count = count + 1
				if count == 3 then
					timer:stop()
				end
			end, 1)
			wait.untilTrue('the timer was stopped', function()
				return not timer:isActive()
			end)
			loop.sleep(10)
			assert.are.equal(3, count)
		end)

		it('do not make up for the times they missed', function()
			local count = 0
			local timer = loop.setInterval(function()
				count = count + 1
			end, 10)
			busy(100)
			loop.sleep(1)
			timer:stop()
			assert.is_true(count >= 1 and count <= 6, count .. ' times')
		end)

		it('start anew with refresh, even after they fired', function()
			local order = {}
			local timer = loop.setTimeout(table.insert, 10, order, 'refreshed')
			loop.setTimeout(table.insert, 10, order, 'other')
			assert.are.equal(timer, timer:refresh())
			loop.sleep(40)
			assert.are.same({ 'other', 'refreshed' }, order)
			timer:refresh()
			assert.is_true(timer:isActive())
			loop.sleep(40)
			assert.are.same({ 'other', 'refreshed', 'refreshed' }, order)
		end)

		it('that start timers due at once do not keep the others waiting', function()
			local rounds, other = 0, nil
			local function again()
				rounds = rounds + 1
				if not other then
					loop.setTimeout(again, 0)
				end
			end
			again()
			loop.setTimeout(function()
				other = rounds
			end, 5)
			loop.sleep(30)
			assert.is_truthy(other)
			wait.untilTrue('none is left', function() return loop.counts().timer == 0 end)
		end)

		it('cost little, however many there are', function()
			-- Seconds of a processor that so many take.
			local function cost(number)
				local fired, handles = 0, {}
				local started = os.clock()
				for i = 1, number do
					handles[i] = loop.setTimeout(function()
						fired = fired + 1
					end, 1 + i % 7)
				end
				for i = 1, number, 2 do
					handles[i]:stop()
				end
				loop.sleep(20)
				assert.are.equal(number // 2, fired)
				return os.clock() - started
			end
			-- Were it the square of their number, ten times as many would take a hundred times as long.
			local most, tries = 40, 0
			local ratio
			repeat
				local few = cost(2000)
				ratio, tries = cost(20000) / few, tries + 1
			until ratio < most or tries == 5
			assert.is_true(ratio < most, ratio)
		end)

		it('are stopped when they go out of scope as to-be-closed variables', function()
			local timer
			do
				local closing <close> = loop.setInterval(print, 1)
				timer = closing
				assert.is_true(timer:isActive())
			end
			assert.is_false(timer:isActive())
		end)
	end)

	describe('callbacks', function()
		it('run in coroutines of their own and may wait without holding up others', function()
			local order, threads = {}, {}
			loop.setTimeout(function()
				threads[1] = coroutine.running()
				loop.sleep(20)
				table.insert(order, 'slow')
			end, 1)
			loop.setTimeout(function()
				threads[2] = coroutine.running()
				table.insert(order, 'quick')
			end, 2)
			wait.untilTrue('both have run', function()
				return #order == 2
			end)
			assert.are.same({ 'quick', 'slow' }, order)
			assert.are_not.equal(threads[1], threads[2])
		end)

		it('may be anything that can be called', function()
			local callable = setmetatable({}, {
				__call = function(self, value)
					self.value = value
				end,
			})
			loop.setTimeout(callable, 1, 'timer')
			loop.sleep(5)
			assert.are.equal('timer', callable.value)
			loop.setImmediate(callable, 'immediate')
			wait.untilTrue('it was called', function() return callable.value ~= 'timer' end)
			assert.are.equal('immediate', callable.value)
			loop.nextTick(callable, 'tick')
			loop.sleep(1)
			assert.are.equal('tick', callable.value)
		end)

		it('that fail do not keep the others from running', function()
			local stdout, _, stderr = lepton [[
				local loop = require 'host.loop'
				require('host.task').onUncaught(function(message)
					io.stderr:write('caught: ', tostring(message), '\n')
				end)
				loop.setTimeout(error, 1, 'first')
				loop.setImmediate(error, 'second')
				loop.nextTick(error, 'third')
				loop.setTimeout(print, 2, 'still here')
			]]
			assert.are.equal('still here\n', stdout)
			local caught = {}
			for which in stderr:gmatch 'caught: (%a+)\n' do
				table.insert(caught, which)
			end
			table.sort(caught)
			assert.are.same({ 'first', 'second', 'third' }, caught)
		end)
	end)

	describe('immediates', function()
		it('run in order, those that are set meanwhile in the next round', function()
			local order = {}
			loop.setImmediate(function()
				table.insert(order, 'first')
				loop.setImmediate(table.insert, order, 'later')
			end)
			loop.setImmediate(table.insert, order, 'second')
			wait.untilTrue('all have run', function() return #order == 3 end)
			assert.are.same({ 'first', 'second', 'later' }, order)
		end)

		it('do not run once they were cleared, even by the one before', function()
			local order, second = {}, nil
			loop.setImmediate(function()
				loop.clearImmediate(second)
			end)
			second = loop.setImmediate(table.insert, order, 'second')
			loop.setImmediate(table.insert, order, 'third')
			wait.untilTrue('the third has run', function() return order[1] end)
			assert.are.same({ 'third' }, order)
		end)

		it('that set one another do not starve timers', function()
			local done = false
			local function spin()
				if not done then
					loop.setImmediate(spin)
				end
			end
			spin()
			loop.sleep(5)
			done = true
			wait.untilTrue('none is left', function() return loop.counts().immediate == 0 end)
		end)
	end)

	describe('ticks', function()
		it('run when the task that added them waits, before anything else that is due', function()
			local order = {}
			loop.setImmediate(function()
				loop.nextTick(table.insert, order, 'tick')
				table.insert(order, 'first')
			end)
			loop.setImmediate(table.insert, order, 'second')
			wait.untilTrue('all have run', function() return #order == 3 end)
			assert.are.same({ 'first', 'tick', 'second' }, order)
		end)

		it('run between two timers that are due together', function()
			local order = {}
			loop.setTimeout(function()
				loop.nextTick(table.insert, order, 'tick')
				table.insert(order, 'first')
			end, 1)
			loop.setTimeout(table.insert, 1, order, 'second')
			busy(5)
			loop.sleep(5)
			assert.are.same({ 'first', 'tick', 'second' }, order)
		end)

		it('run with the ticks that they add until none is left', function()
			local depth = 0
			local function deeper()
				depth = depth + 1
				if depth < 100 then
					loop.nextTick(deeper)
				end
			end
			loop.setImmediate(deeper)
			local seen
			loop.setImmediate(function()
				seen = depth
			end)
			wait.untilTrue('the other immediate has run', function() return seen end)
			assert.are.equal(100, seen)
		end)

		it('hand on their arguments, with holes and count', function()
			local got
			loop.nextTick(function(...)
				got = table.pack(...)
			end, nil, 'two', nil)
			loop.nextTick(function() end)
			loop.sleep(0)
			assert.are.same({ n = 3, [2] = 'two' }, got)
		end)

		it('keep the process running until they have run', function()
			assert.are.equal('ticked\n', (lepton "require('host.loop').nextTick(print, 'ticked')"))
		end)
	end)

	describe('sleep', function()
		it('says so where nothing can wait', function()
			local ok, message = pcall(table.sort, { 2, 1 }, function()
				loop.sleep(1)
			end)
			assert.is_false(ok)
			assert.matches("sleep: nothing can wait here, inside a function that cannot yield", message)
		end)

		it('is over when somebody else resumes the coroutine', function()
			local state = 'asleep'
			local co = coroutine.create(function()
				loop.sleep(30)
				state = 'awake'
				coroutine.yield()
				state = 'woken twice'
			end)
			coroutine.resume(co)
			coroutine.resume(co)
			assert.are.equal('awake', state)
			loop.sleep(50)
			assert.are.equal('awake', state)
		end)

		it('does not mind a coroutine that was closed', function()
			local co = coroutine.create(function()
				loop.sleep(5)
			end)
			coroutine.resume(co)
			coroutine.close(co)
			loop.sleep(20)
		end)
	end)

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

		it('call when something can be written', function()
			local pipe = assert(io.popen('cat >/dev/null', 'w'))
			local got, watcher
			watcher = loop.fd(pipe, 'w', function(ready)
				got = ready
				watcher:stop()
			end)
			wait.untilTrue('the pipe took something', function()
				return got
			end)
			pipe:close()
			assert.are.equal('w', got)
		end)

		it('take the number of a descriptor, and tell which of two modes is ready', function()
			local file = assert(io.open('/dev/null', 'r+'))
			local first, watcher
			watcher = loop.fd(file, 'rw', function(ready)
				first = ready
				watcher:stop()
			end)
			wait.untilTrue('the file was ready', function()
				return first
			end)
			file:close()
			assert.are.equal('rw', first)
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
			local stdout = lepton [[
				local loop = require 'host.loop'
				for i = 1, 3 do
					local pipe = io.popen 'true'
					local watcher = loop.fd(pipe, 'r', function() end)
					if i < 3 then watcher:unref() end
					pipe:close()
				end
				loop.setTimeout(print, 20, 'timer')
			]]
			assert.are.equal('timer\n', stdout)
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

	describe('handles', function()
		it('that are unreferenced let the process end, and others do not', function()
			local stdout, status = lepton [[
				local loop, native = require 'host.loop', require 'host.process'
				loop.setTimeout(print, 1000000):unref()
				loop.setInterval(print, 1000000):unref():ref():unref()
				loop.setTimeout(print, 1000000):ref():stop()
				loop.fd(io.popen 'sleep 3', 'r', print):unref()
				loop.signal('SIGHUP', print):unref()
				loop.setTimeout(print, 20, 'the last')
			]]
			assert.are.same({ 'the last\n', 0 }, { stdout, status })
		end)

		it('know whether they are active and referenced', function()
			local timer = loop.setTimeout(print, 1000)
			assert.is_true(timer:isActive())
			assert.is_true(timer:hasRef())
			assert.is_false(timer:unref():hasRef())
			assert.is_true(timer:ref():hasRef())
			assert.matches('^timer: ', tostring(timer))
			timer:stop()
			timer:stop()
			assert.is_false(timer:isActive())
			assert.matches('^stopped timer: ', tostring(timer))
		end)

		it('that are still active at the end do not outlive the Lua state', function()
			local _, status, stderr = lepton [[
				local loop = require 'host.loop'
				setmetatable({}, { __gc = function()
					print(pcall(loop.setTimeout, print, 1))
				end })
				for i = 1, 100 do
					loop.setTimeout(print, i * 1000):unref()
				end
				loop.setImmediate(os.exit, 0, true)
				loop.setImmediate(print):unref()
				loop.nextTick(function() loop.nextTick(print) end)
				loop.fd(0, 'r', print)
				loop.signal('SIGUSR2', print)
				local pipe = io.popen('echo $$; sleep 1')
				loop.child(pipe:read 'n', print)
			]]
			assert.are.same({ 0, '' }, { status, stderr })
		end)

		it('are counted by kind', function()
			local timer = loop.setTimeout(print, 1000)
			local immediate = loop.setImmediate(print)
			local signal = loop.signal('SIGUSR1', print)
			assert.are.same({
				timer = before.timer + 1,
				immediate = before.immediate + 1,
				signal = before.signal + 1,
				fd = before.fd,
				child = before.child,
			}, loop.counts())
			timer:stop()
			immediate:stop()
			signal:stop()
		end)

		it('are cleared only as what they are', function()
			local immediate = loop.setImmediate(print)
			assert.error_matches(function()
				loop.clearTimeout(immediate)
			end, "bad argument #1 to 'clearTimeout' %(timer expected, got loop.handle%)")
			assert.error_matches(function()
				immediate:refresh()
			end, 'timer expected')
			loop.clearImmediate(immediate)
			assert.is_false(immediate:isActive())
		end)
	end)
end)
