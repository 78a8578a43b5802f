-- Cycles through both heaps: what is reachable stays, what is not goes. cycles_random_spec.lua has
-- graphs that nobody thought of.

local cycles = require 'spec.support.cycles'
local pair = require 'spec.support.pair'

describe('cycles through both heaps', function()
	cycles.accounts(before_each, after_each)

	-- Has something happen between the two steps of a collection.
	local function collectAround(page, act)
		local waits = 0
		page:onWait(function()
			waits = waits + 1
			if waits == 2 then
				act()
			end
		end)
		local count = cycles.collect(page)
		page:onWait(nil)
		return count
	end

	-- An object of main that holds a callback that holds the object.
	local CYCLE = [[
		local o = get(1)
		local function fn(x) got = x == 'name' and o.name or x end
		ask(root, 'link', 1, fn)
		probes[1] = fn
	]]

	local function cycle()
		local main, page = cycles.open()
		main:run 'make(1) nodes[1].name = "object"'
		page:run(CYCLE)
		return main, page
	end

	it('are not seen by either collector alone', function()
		local main, page = cycle()
		main:run 'nodes = {}'
		pair.quiesce(main, page)
		assert.is_true((main:run 'return probes[1] ~= nil'))
		assert.is_true((page:run 'return probes[1] ~= nil'))
	end)

	it('go when nothing else holds them', function()
		local main, page = cycle()
		assert.are.equal(0, cycles.collect(page))
		assert.is_true((main:run 'return probes[1] ~= nil'))
		main:run 'nodes = {}'
		assert.are.equal(2, cycles.collect(page))
		assert.is_nil((page:run 'return probes[1]'))
		assert.is_nil((main:run 'return probes[1]'))
		pair.quiesce(main, page)
		assert.are.equal(0, page:counts().imports)
		assert.are.equal(0, page:counts().exports)
		assert.are.equal(0, page:mainCounts().exports)
		cycles.noErrors(main, page)
	end)

	it('44: stay while one link of a chain that crosses four times is held', function()
		local main, page = cycles.open()
		main:run 'for i = 1, 2 do make(i) end'
		page:run [[
			local a, b = get(1), get(2)
			local function first() return b end
			local function second() return a end
			ask(root, 'link', 1, first)
			ask(root, 'link', 2, second)
			probes[1], probes[2], kept[1] = first, second, second
		]]
		main:run 'nodes = {}'
		assert.are.equal(0, cycles.collect(page))
		pair.quiesce(main, page)
		assert.are.equal(0, cycles.collect(page))
		assert.are.equal(2, page:counts().imports)
		page:run 'kept = {}'
		assert.are.equal(4, cycles.collect(page))
		assert.is_nil((page:run 'return probes[1] or probes[2]'))
		assert.is_nil((main:run 'return probes[1] or probes[2]'))
		pair.quiesce(main, page)
		assert.are.equal(0, page:counts().imports)
	end)

	it('45: stay while a call of theirs is on its way, and go after it', function()
		local main, page = cycle()
		page:hold 'toPage'
		main:run 'nodes[1][1]("name") nodes = {}'
		main:step()
		page:let 'toPage'
		assert.are.equal(0, cycles.collect(page))
		main:settle()
		assert.are.equal('object', page:run 'return got')
		assert.are.equal(2, cycles.collect(page))
		cycles.noErrors(main, page)
	end)

	it('46: stay when a weak table brings them back between two steps', function()
		local main, page = cycle()
		main:run 'cache = setmetatable({ nodes[1] }, { __mode = "v" }) nodes = {}'
		assert.are.equal(0, collectAround(page, function()
			main:run 'cache[1][1] "name"'
		end))
		main:settle()
		assert.are.equal('object', page:run 'return got')
		assert.are.equal(2, cycles.collect(page))
		assert.is_nil((main:run 'return cache[1]'))
		cycles.noErrors(main, page)
	end)

	it('stay when such a call was made, and its callback dropped, between two steps', function()
		local main, page = cycle()
		main:run 'cache = setmetatable({ nodes[1] }, { __mode = "v" }) nodes = {}'
		collectAround(page, function()
			main:run 'cache[1][1] "name" cache[1][1] = nil'
			main:collect()
			main:step()
		end)
		main:settle()
		assert.are.equal('object', page:run 'return got')
		pair.quiesce(main, page)
		assert.are.equal(0, page:counts().imports)
		cycles.noErrors(main, page)
	end)

	it('stay when an object of theirs was sent between two steps', function()
		local main, page = cycle()
		page:run [[ function listen(x) kept[1] = x end; ask(root, 'link', 1, listen) ]]
		main:run [[
			cache, listener = setmetatable({ nodes[1] }, { __mode = 'v' }), nodes[1][2]
			nodes[1][2], nodes = nil, {}
		]]
		assert.are.equal(0, collectAround(page, function()
			main:run 'listener(cache[1])'
		end))
		main:settle()
		assert.are.equal('object', page:run 'return kept[1].name')
		cycles.noErrors(main, page)
	end)

	it('47: run no finalizer of what is alive, and leave weak tables their entries', function()
		local main, page = cycle()
		page:run [[
			local file = setmetatable({}, { __gc = function() finalized = true end })
			local function fn() return file end
			ask(root, 'link', 1, fn)
			cache = setmetatable({ file }, { __mode = 'v' })
		]]
		main:run [[
			local file = setmetatable({}, { __gc = function() finalized = true end })
			nodes[1].file = file
			cache = setmetatable({ file }, { __mode = 'v' })
		]]
		assert.are.equal(0, cycles.collect(page))
		assert.is_nil((page:run 'return finalized'))
		assert.is_nil((main:run 'return finalized'))
		assert.is_true((page:run 'return cache[1] ~= nil'))
		main:run 'nodes = {}'
		assert.are.equal(3, cycles.collect(page))
		assert.is_true((page:run 'return finalized'))
		assert.is_true((main:run 'return finalized'))
	end)

	it('let finalizers in main call their callbacks', function()
		local main, page = cycle()
		main:run [[
			setmetatable(nodes[1], { __gc = function(o) o[1] 'bye' end })
			nodes = {}
		]]
		cycles.collect(page)
		main:settle()
		assert.are.equal('bye', page:run 'return got')
		pair.quiesce(main, page)
		assert.are.equal(0, page:counts().exports)
		assert.are.equal(0, page:counts().imports)
		cycles.noErrors(main, page)
	end)

	it('tell a finalizer in the page that its remote object was released', function()
		local main, page = cycle()
		page:run [[
			local o = get(1)
			local function finish() ok, problem = pcall(function() return o.name end) end
			local wrapper = setmetatable({}, { __gc = finish })
			local function fn() return wrapper end
			ask(root, 'link', 1, fn)
		]]
		main:run 'nodes = {}'
		cycles.collect(page)
		assert.is_false((page:run 'return ok'))
		assert.matches('released', page:run 'return problem')
		main:settle()
		assert.is_false(page:counts().dead)
	end)

	it('stay when a coroutine or a waiting request holds them', function()
		local main, page = cycle()
		main:run 'function root:wait(o) waiting = coroutine.running() coroutine.yield(o) end'
		page:run [[
			co = coroutine.create(function(o) coroutine.yield() return o end)
			coroutine.resume(co, get(1))
		]]
		main:run 'nodes = {}'
		assert.are.equal(0, cycles.collect(page))
		page:run [[
			local _, o = coroutine.resume(co)
			async(function() ended = true end, function(x) ask(root, 'wait', x) end, o)
			co = nil
		]]
		main:settle()
		page:collect()
		assert.are.equal(0, cycles.collect(page))
		main:run 'require "host.task".resume(waiting) waiting = nil'
		main:settle()
		assert.is_true((page:run 'return ended'))
		assert.are.equal(2, cycles.collect(page))
		cycles.noErrors(main, page)
	end)

	it('stay while another page reaches them', function()
		local main, page = cycle()
		local other = pair.page(main)
		other:run 'o = ask(root, "get", 1)'
		main:run 'nodes = {}'
		assert.are.equal(0, cycles.collect(page))
		assert.are.equal(0, cycles.collect(other))
		other:run 'o = nil'
		other:collect()
		main:settle()
		assert.are.equal(2, cycles.collect(page))
	end)

	it('stay, and are said to, where the budget is too small', function()
		local main, page = cycle()
		main:run 'nodes = {}'
		local count, reason = page:run 'return collectCycles(root, 100)'
		assert.is_nil(count)
		assert.matches('page has more than 100 references', reason)
		main:run 'big = {} for i = 1, 1000000 do big[i] = big end'
		count, reason = page:run 'return collectCycles(root, 500000)'
		assert.is_nil(count)
		assert.matches('main process has more than 500000 references', reason)
		main:run 'big = nil'
		assert.are.equal(2, cycles.collect(page))
	end)

	it('are not collected inside a finalizer', function()
		local _, page = cycle()
		page:run [[
			setmetatable({}, { __gc = function() ok, problem = pcall(collectCycles, root) end })
			collectgarbage()
		]]
		assert.is_false((page:run 'return ok'))
		assert.matches('inside a finalizer', page:run 'return problem')
	end)

	it('go only for the page that asks, whatever it claims', function()
		local main, page = cycle()
		local ok, problem = pcall(page.run, page, [[
			return ask(root, 'endCycles', 0, ('\1\0\0\0'):rep(6), 1000000)
		]])
		assert.is_false(ok)
		assert.matches('malformed sketch', problem)
		ok, problem = pcall(page.run, page, [[
			local sketch = string.pack('<I4I4I4I4I4I4I8I4I4', 1, 0, 0, 0, 0, 0, 1 << 32 | 1, 77, 0)
			return ask(root, 'endCycles', 0, sketch, 1000000)
		]])
		assert.is_false(ok)
		assert.matches('does not hold', problem)
		ok, problem = pcall(main.run, main, 'root:beginCycles()')
		assert.is_false(ok)
		assert.matches('only a page', problem)
		assert.are.equal('object', page:run 'return get(1).name')
	end)
end)
