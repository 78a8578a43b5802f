-- The timers of host.loop.

local loop = require 'host.loop'
local looplib = require 'spec.support.looplib'
local native = require 'host.process'
local wait = require 'spec.support.wait'

local busy = looplib.busy

describe('host.loop', function()
	looplib.accounts(before_each, after_each)

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
end)
