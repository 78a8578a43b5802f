local run = require 'spec.support.run'
local timers = require 'timers'
local wait = require 'spec.support.wait'

-- Expects an error that names the line here that called wrongly.
local function blamed(fn, message)
	assert.matches('timers_spec%.lua:%d+: ' .. message, select(2, pcall(fn)))
end

local function milliseconds()
	return process.hrtime() / 1000000
end

describe('timers', function()
	describe('sleep', function()
		it('pauses the running coroutine for at least the time', function()
			local started = milliseconds()
			timers.sleep(30)
			assert.is_true(milliseconds() - started >= 30)
		end)

		it('pauses nobody else', function()
			local ticks = 0
			local interval = timers.setInterval(function()
				ticks = ticks + 1
			end, 2)
			timers.sleep(40)
			timers.clearInterval(interval)
			assert.is_true(ticks > 0)
		end)

		it('returns nothing, and takes no time for none given', function()
			assert.are.equal(0, select('#', timers.sleep(1)))
			timers.sleep()
			timers.sleep(0)
			timers.sleep(-5)
		end)

		it('works below pcall, in an iterator and in a metamethod', function()
			local steps = {}
			local object = setmetatable({}, {
				__index = function(_, key)
					timers.sleep(1)
					return key
				end,
			})
			local ok = pcall(function()
				for i in function(_, i)
					timers.sleep(1)
					return i < 3 and i + 1 or nil
				end, nil, 0 do
					steps[i] = object[i]
				end
			end)
			assert.is_true(ok)
			assert.are.same({ 1, 2, 3 }, steps)
		end)
	end)

	describe('setTimeout', function()
		it('calls the function once, later, with the further arguments', function()
			local calls = {}
			timers.setTimeout(function(...)
				table.insert(calls, { ... })
			end, 5, 'a', 2)
			assert.are.same({}, calls)
			timers.sleep(30)
			assert.are.same({ { 'a', 2 } }, calls)
		end)

		it('can be taken back', function()
			local called = false
			local timer = timers.setTimeout(function()
				called = true
			end, 5)
			timers.clearTimeout(timer)
			timers.clearTimeout(timer)
			timers.clearTimeout(nil)
			timers.sleep(20)
			assert.is_false(called)
		end)

		it('without a time calls as soon as possible', function()
			local called = false
			timers.setTimeout(function()
				called = true
			end)
			timers.sleep(20)
			assert.is_true(called)
		end)

		it('takes a time that never comes', function()
			local timer = timers.setTimeout(print, math.huge)
			timers.sleep(5)
			assert.is_true(timer:isActive())
			timer:stop()
		end)
	end)

	describe('setInterval', function()
		it('calls the function again and again until it is cleared', function()
			local calls = 0
			local timer = timers.setInterval(function(step)
				calls = calls + step
			end, 3, 10)
			wait.untilTrue('there were three calls', function()
				return calls >= 30
			end)
			timers.clearInterval(timer)
			local sum = calls
			timers.sleep(15)
			assert.are.equal(sum, calls)
		end)
	end)

	describe('setImmediate', function()
		it('calls the function after the running one, and can be taken back', function()
			local calls = {}
			timers.setImmediate(table.insert, calls, 'kept')
			timers.clearImmediate(timers.setImmediate(table.insert, calls, 'cleared'))
			assert.are.same({}, calls)
			wait.untilTrue('it was called', function() return calls[1] end)
			assert.are.same({ 'kept' }, calls)
		end)
	end)

	it('blame the caller for a wrong argument', function()
		blamed(function()
			timers.setTimeout(nil, 5)
		end, "bad argument #1 to 'setTimeout' %(function expected, got nil%)")
		blamed(function()
			timers.setInterval('print', 5)
		end, "bad argument #1 to 'setInterval' %(function expected, got string%)")
		blamed(function()
			timers.setImmediate()
		end, "bad argument #1 to 'setImmediate' %(function expected, got no value%)")
		blamed(function()
			timers.setTimeout(print, 'soon')
		end, "bad argument #2 to 'setTimeout' %(number expected, got string%)")
		blamed(function()
			timers.setTimeout(print, 0 / 0)
		end, "bad argument #2 to 'setTimeout' %(number of milliseconds expected, got nan%)")
		blamed(function()
			timers.sleep {}
		end, "bad argument #1 to 'sleep' %(number expected, got table%)")
		blamed(function()
			timers.clearTimeout(5)
		end, "bad argument #1 to 'clearTimeout' %(timer expected, got number%)")
	end)

	it('keep a script running, and let it end when none is left', function()
		local result = run.lepton { '-e', [[
			local timers = require 'timers'
			timers.setInterval(print, 1000000):unref()
			local count = 0
			local timer
			timer = timers.setInterval(function()
				count = count + 1
				io.write(count, ' ')
				if count == 3 then
					timers.clearInterval(timer)
				end
			end, 20)
			io.write 'main '
		]] }
		assert.are.equal(0, result.status)
		assert.are.equal('main 1 2 3 ', result.stdout)
	end)

	it('make an error in a function that of the process', function()
		local result = run.lepton { '-e', [[
			require('timers').setTimeout(function() error 'too late' end, 1)
		]] }
		assert.are.equal(1, result.status)
		assert.matches('too late', result.stderr)
	end)
end)
