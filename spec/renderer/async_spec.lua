-- remote.async: remote operations that let the page's loop go on.

local raised = require 'spec.support.raised'
local remote = require 'remote'
local timers = require 'timers'
local values = remote.require 'spec.support.fixtures.remote-values'

describe('remote.async', function()
	it('runs a function in which remote operations yield', function()
		local order = {}
		local task = remote.async(function(a, b)
			order[#order + 1] = 'started'
			local answer = values.slowly(5, a .. b)
			order[#order + 1] = answer
		end, 'x', 'y')
		order[#order + 1] = 'after the start'
		task:await()
		assert.are.same({ 'started', 'after the start', 'xy' }, order)
	end)

	it('gives the results, with their holes', function()
		local task = remote.async(function() return values.slowly(1, nil, 2, nil) end)
		assert.are.same({ n = 3, nil, 2, nil }, table.pack(task:await()))
		assert.are.same({ n = 3, nil, 2, nil }, table.pack(task:await()))
		assert.is_true(task:isDone())
	end)

	it('lets timers run meanwhile', function()
		local ticks = 0
		local timer = timers.setInterval(function()
			ticks = ticks + 1
			if ticks == 3 then
				values.openGate()
			end
		end, 1)
		assert.are.equal('through', remote.async(values.passGate, 'through'):await())
		timers.clearInterval(timer)
		assert.is_true(ticks >= 3)
	end)

	it('has a hundred requests outstanding at once', function()
		local tasks = {}
		for i = 1, 100 do
			tasks[i] = remote.async(values.gather, 100)
		end
		for _, gathered in ipairs(remote.all(tasks):await()) do
			assert.are.equal(100, gathered)
		end
	end)

	it('makes every operation yield', function()
		local slow = values.slowClass
		local results = {}
		for i, operation in ipairs {
			function() return slow.field end,
			function() return slow + 1 end,
			function() return #slow end,
			function() return slow(4) end,
			function() return slow .. '!' end,
			function() return slow:method() end,
			function() return remote.copy(values.object).name end,
			function() return (pairs(values.object)) ~= nil end,
			function() return remote.getGlobal '_VERSION' end,
		} do
			local task = remote.async(operation)
			assert.is_false(task:isDone())
			results[i] = task:await()
		end
		assert.are.same({ 'slow field', 2, 9, 8, 'slow!', 'slow method', 'object', true, _VERSION },
			results)
	end)

	it('blocks where Lua cannot yield', function()
		local list = { 3, 1, 2 }
		remote.async(function()
			table.sort(list, function(a, b)
				return values.echo(a) < values.echo(b)
			end)
			assert.are.equal('X-y', (('x-y'):gsub('x', function() return values.slowly(1, 'X') end)))
		end):await()
		assert.are.same({ 1, 2, 3 }, list)
	end)

	it('blocks in a coroutine of the function\'s own', function()
		local task = remote.async(function()
			return coroutine.wrap(function()
				coroutine.yield(values.slowly(1, 'a'))
			end)()
		end)
		assert.are.equal('a', task:await())
	end)

	it('raises errors where they are awaited', function()
		local task = remote.async(function() values.slowlyRaise(1, 'oops', 0) end)
		assert.are.equal('oops', raised(task.await, task))
		assert.are.equal('oops', raised(task.await, task))
	end)

	it('raises errors within the function like local ones', function()
		local task = remote.async(function()
			local ok, problem = pcall(values.slowlyRaise, 1, 'oops', 0)
			return ok, problem
		end)
		assert.are.same({ false, 'oops' }, { task:await() })
	end)

	it('goes on with next and catch', function()
		local task = remote.async(values.slowly, 1, 20)
		assert.are.equal(42, task:next(function(n) return n * 2 end):next(function(n)
			return values.slowly(1, n + 2)
		end):await())
		local failing = remote.async(values.slowlyRaise, 1, 'oops', 0)
		assert.are.equal('caught oops', failing:catch(function(problem)
			return 'caught ' .. problem
		end):await())
		assert.are.equal('oops', raised(function() failing:next(error):await() end))
		assert.are.equal(1, remote.async(values.slowly, 1, 1):catch(error):await())
	end)

	it('can be cancelled', function()
		local closed, went
		local task = remote.async(function()
			local _ <close> = setmetatable({}, { __close = function() closed = true end })
			values.slowly(5)
			went = true
		end)
		assert.is_true(task:cancel())
		assert.is_true(closed)
		assert.is_false(task:cancel())
		assert.is_true(task:isDone())
		assert.are.equal('the task was cancelled', raised(task.await, task))
		timers.sleep(20)
		assert.is_nil(went)
		assert.are.equal(1, values.echo(1))
	end)

	it('can cancel itself', function()
		local task
		task = remote.async(function()
			values.slowly(1)
			task:cancel()
			error 'not reached'
		end)
		assert.are.equal('the task was cancelled', raised(task.await, task))
	end)

	it('is joined by all, race and any', function()
		local function after(ms, value) return remote.async(values.slowly, ms, value) end
		local function failing(ms, problem) return remote.async(values.slowlyRaise, ms, problem, 0) end
		assert.are.same({ 'a', 'b' }, remote.all { after(5, 'a'), after(1, 'b') }:await())
		assert.are.same({}, remote.all {}:await())
		assert.are.equal('oops', raised(function()
			remote.all { after(5, 'a'), failing(1, 'oops') }:await()
		end))
		local slow = remote.async(values.passGate, 'slow')
		assert.are.equal('fast', remote.race { slow, after(1, 'fast') }:await())
		values.openGate()
		assert.are.equal('slow', slow:await())
		assert.are.equal('late', remote.any { failing(1, 'early'), after(5, 'late') }:await())
		assert.are.same({ 'a', 'b' }, raised(function()
			remote.any { failing(1, 'a'), failing(5, 'b') }:await()
		end))
	end)

	it('blames the caller for wrong arguments', function()
		assert.matches("^[^:]*async_spec%.lua:%d+: bad argument #1 to 'async' %(function expected, "
			.. 'got no value%)$', raised(function() remote.async() end))
		assert.matches("async_spec%.lua:%d+: bad argument #1 to 'all' %(item 2 is no task%)$",
			raised(function() remote.all { remote.async(print ~= nil and function() end), 2 } end))
		assert.matches("async_spec%.lua:%d+: bad argument #1 to 'catch' %(function expected, got no "
			.. 'value%)$', raised(function() remote.async(function() end):catch() end))
	end)

	it('waits for nothing in itself', function()
		local task
		task = remote.async(function()
			values.slowly(1)
			task:await()
		end)
		assert.matches('a task cannot wait for itself', raised(task.await, task))
	end)
end)
