-- host.loop: what libev calls, in which order, and what is left of it.

local loop = require 'host.loop'
local looplib = require 'spec.support.looplib'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'

local busy = looplib.busy

local function lepton(code)
	local result = run.lepton { '-e', code }
	return result.stdout, result.status, result.stderr
end

describe('host.loop', function()
	looplib.accounts(before_each, after_each)

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
			local before = loop.counts()
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
