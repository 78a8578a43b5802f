-- The walk through a heap against Lua's own collector: what it finds reachable is what survives.

local pair = require 'spec.support.pair'

local SECONDS = tonumber(os.getenv 'LEPTON_FUZZ_SECONDS') or 3
local SEED = tonumber(os.getenv 'LEPTON_SEED')

-- In the lab: builds(seed, n) makes a heap of n objects of all kinds, which refer to each other at
-- random; some hang on the roots. The table `probes` knows them all, and keeps none.
local BUILD = [[
	probes = setmetatable({}, { __mode = 'v' })
	roots = {}
	local random = math.random

	local function pick(all)
		return all[random(#all)]
	end

	-- What makes an object of each kind; it may refer to others from the start.
	local make = {}

	function make.table()
		return {}
	end

	function make.weak()
		return setmetatable({}, { __mode = ({ 'k', 'k', 'v', 'kv' })[random(4)] })
	end

	function make.closure(all)
		local a, b = pick(all), nil
		local function write(x)
			a, b = b, x
		end
		roots.spare = function()
			return a, b, write
		end
		return random(2) == 1 and write or roots.spare
	end

	function make.cclosure(all)
		return cclosure(pick(all), 'text', pick(all))
	end

	function make.userdata(all)
		local u = userdata(3)
		debug.setuservalue(u, pick(all), random(3))
		return u
	end

	function make.fresh(all)
		local kept = pick(all)
		return coroutine.create(function()
			return kept
		end)
	end

	local function wait(depth, value, ...)
		local mine = value
		if depth == 0 then
			coroutine.yield(value)
		else
			wait(depth - 1, ...)
		end
		return mine, ...
	end

	function make.suspended(all)
		local co = coroutine.create(wait)
		coroutine.resume(co, random(3), pick(all), pick(all), pick(all), pick(all), pick(all))
		return co
	end

	function make.varargs(all)
		local co = coroutine.create(function(...)
			coroutine.yield()
			return select('#', ...)
		end)
		coroutine.resume(co, pick(all), pick(all), pick(all))
		return co
	end

	function make.failed(all)
		local co = coroutine.create(function(x, ...)
			local y <const> = ...
			local z <close> = setmetatable({ x }, { __close = function() end })
			error(random(2) == 1 and y or { x, z })
		end)
		coroutine.resume(co, pick(all), pick(all), pick(all))
		return co
	end

	function make.deep(all)
		local function descend(n, value)
			local kept = value
			if n == 0 then
				error(kept)
			end
			descend(n - 1, pick(all))
			return kept
		end
		local co = coroutine.create(descend)
		coroutine.resume(co, random(20), pick(all))
		return co
	end

	function make.closed(all)
		local co = make.suspended(all)
		coroutine.close(co)
		return co
	end

	function make.finished(all)
		local co = coroutine.create(function(...)
			return ...
		end)
		coroutine.resume(co, pick(all), pick(all))
		return co
	end

	-- The coroutine's locals are upvalues of a function that outlives it, or not.
	function make.open(all)
		local co = coroutine.create(function(a, b)
			local c = pick(all)
			local function get()
				return a, b, c
			end
			all[#all + 1] = get
			coroutine.yield(a)
			return get
		end)
		coroutine.resume(co, pick(all), pick(all))
		return co
	end

	function make.nested(all)
		local outer = coroutine.wrap(function(x)
			local inner = coroutine.wrap(function(y)
				coroutine.yield(y)
			end)
			inner(pick(all))
			pcall(coroutine.yield, x)
			return inner
		end)
		outer(pick(all))
		return outer
	end

	function make.iterating(all)
		local co = coroutine.create(function(t)
			for _, v in pairs { t, pick(all) } do
				coroutine.yield(v)
			end
		end)
		coroutine.resume(co, pick(all))
		return co
	end

	local names = {}
	for name in pairs(make) do
		names[#names + 1] = name
	end
	table.sort(names)

	local function connect(all)
		local a, b, c = pick(all), pick(all), pick(all)
		local kind = type(a)
		local how = random(6)
		if kind == 'userdata' then
			if how == 1 and type(b) == 'table' then
				debug.setmetatable(a, b)
			else
				debug.setuservalue(a, b, random(3))
			end
		elseif kind == 'function' then
			debug.setupvalue(a, 1, b)
		elseif kind ~= 'table' then
			return
		elseif how == 1 then
			rawset(a, b, c)
		elseif how == 2 then
			rawset(a, b, true)
		elseif how == 3 then
			rawset(a, #a + 1, b)
		elseif how == 4 then
			rawset(a, random(1000) / 3, b)
		elseif how == 5 and type(b) == 'table' and not getmetatable(a) then
			setmetatable(a, b)
		elseif how == 5 then
			rawset(a, '__mode', ({ 'k', 'v', 'x', 1 })[random(4)])
		else
			rawset(a, 'name' .. random(4), b)
		end
	end

	-- A chain of tables with weak keys, each of which knows the key of another.
	local function chain(all)
		local key = pick(all)
		for _ = 1, random(8) do
			local weak = setmetatable({}, { __mode = 'k' })
			local next_key = {}
			weak[key] = next_key
			all[#all + 1] = weak
			all[#all + 1] = next_key
			if random(4) > 1 then
				rawset(roots, #roots + 1, weak)
			end
			key = next_key
		end
	end

	function build(seed, n)
		math.randomseed(seed)
		local all = { {}, {} }
		while #all < n do
			all[#all + 1] = make[names[random(#names)] ](all)
			if random(20) == 1 then
				chain(all)
			end
		end
		for _ = 1, random(3 * n) do
			connect(all)
		end
		roots.spare = nil
		for _ = 1, random(5) do
			rawset(roots, #roots + 1, pick(all))
		end
		for i, object in ipairs(all) do
			probes[i] = object
		end
		count = #all
		collectgarbage 'stop'
	end

	-- Where prediction and collector differ: the probe, and what was predicted.
	function compare()
		local predicted = predict(probes, count)
		collectgarbage()
		for i = 1, count do
			local survived = probes[i] ~= nil and '1' or '0'
			if predicted:sub(i, i):gsub('-', '0') ~= survived then
				return i, predicted:sub(i, i), select(2, predicted:gsub('0', ''))
			end
		end
		local _, dead = predicted:gsub('0', '')
		return nil, dead, count - dead
	end
]]

describe('reach', function()
	local lab = pair.accounts(before_each, after_each)

	local function open()
		local main = pair.main()
		main:run(BUILD)
		return main
	end

	it('finds what the collector keeps, in random heaps', function()
		local main = open()
		local first = SEED or os.time() * 1000
		local deadline = os.clock() + SECONDS
		local heaps, deadSum, liveSum = 0, 0, 0
		for seed = first, SEED or math.huge do
			main:run('build(...)', seed, 10 + seed % 90)
			for round = 1, 2 do
				local wrong, dead, live = main:run 'return compare()'
				assert(not wrong, ('LEPTON_SEED=%d: object %s of round %d, predicted %s'):format(seed,
					wrong, round, dead))
				deadSum, liveSum = deadSum + dead, liveSum + live
				if round == 1 then
					main:run 'for i in ipairs(roots) do if i % 2 == 1 then roots[i] = false end end'
				end
			end
			main:run 'roots = {} collectgarbage "restart"'
			heaps = heaps + 1
			if os.clock() > deadline and heaps > 10 then
				break
			end
		end
assert.is_true(SEED ~= nil or heaps > 10)
		assert.is_true(deadSum > heaps and liveSum > heaps)
	end)

	it('sees the locals, varargs and temporaries of the function that runs', function()
		local main = open()
		assert.are.equal('1110', main:run [[
			local function walk(...)
				local a = {}
				probes[1], probes[2], probes[3], probes[4] = a, (...), {}, {}
				local kept = { probes[3] }
				return (predict(probes, 4)), a, ..., kept
			end
			return (walk({}))
		]])
	end)

	it('runs no Lua code', function()
		local main = open()
		assert.are.equal(0, main:run [[
			calls = 0
			local function count() calls = calls + 1 end
			local traps = {}
			for _, event in ipairs { 'index', 'newindex', 'call', 'len', 'eq', 'pairs', 'gc', 'name' } do
				traps['__' .. event] = count
			end
			object = setmetatable({ {} }, traps)
			setmetatable({}, traps)
			predict(probes, 0)
			local seen = calls
			return seen
		]])
	end)

	it('knows the metatables that types share', function()
		local main = open()
		assert.are.equal('1111111', main:run [[
			for i, value in ipairs { true, 1, 'text', print, coroutine.create(print) } do
				probes[i] = {}
				local old = debug.getmetatable(value)
				debug.setmetatable(value, { __mode = old, [i] = probes[i], __index = string })
			end
			probes[6] = {}
			debug.setmetatable(nil, { probes[6] })
			probes[7] = debug.getmetatable('')
			return (predict(probes, 7))
		]])
		main:run [[
			for _, value in ipairs { true, 1, print, coroutine.create(print) } do
				debug.setmetatable(value, nil)
			end
			debug.setmetatable(nil, nil)
		]]
	end)

	it('gives up where there is too much to look at', function()
		local main = open()
		local ok, problem = pcall(main.run, main, [[
			big = {}
			for i = 1, 10000 do big[i] = {} end
			predict(probes, 0, 10000)
		]])
		assert.is_false(ok)
		assert.matches('too much to look at', problem)
		assert.are.equal('', main:run 'return predict(probes, 0, 100000)')
	end)

	it('takes deep recursion for what it costs', function()
		local main = open()
		local ok, problem = pcall(main.run, main, [[
			local function descend(n)
				if n == 0 then coroutine.yield() end
				return (descend(n - 1))
			end
			deep = coroutine.create(descend)
			coroutine.resume(deep, 100000)
			predict(probes, 0, 1000000)
		]])
		assert.is_false(ok)
		assert.matches('too much to look at', problem)
	end)

	it('leaves nothing behind where memory runs out', function()
		local main = open()
		main:run('build(...)', 1, 100)
		local failures, n = 0, 0
		repeat
			n = n + 1
			lab.failAt(n, 2)
			local ok = pcall(main.run, main, 'return predict(probes, count)')
			lab.calm()
			failures = failures + (ok and 0 or 1)
		until ok
		assert.is_true(failures > 5)
		assert.is_nil((main:run 'return compare()'))
	end)
end)
