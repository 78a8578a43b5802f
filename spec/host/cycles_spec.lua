-- Cycles through both heaps: what is reachable stays, what is not goes.

local pair = require 'spec.support.pair'

local SECONDS = tonumber(os.getenv 'LEPTON_FUZZ_SECONDS') or 4
local SEED = tonumber(os.getenv 'LEPTON_SEED')

local MAIN = [[
	root.beginCycles, root.endCycles = beginCycles, endCycles
	nodes, probes = {}, setmetatable({}, { __mode = 'v' })
	function root:get(i) return nodes[i] end
	function root:link(i, fn) table.insert(nodes[i], fn) end
	function root:weak(w, key, value) nodes[w][key] = value end
	function root:weakNodes(w, i, value) nodes[w][nodes[i] ] = value end
	function root:send(fn, i) fn(nodes[i]) end
	function root:count() return #self end
	function make(i, weak)
		nodes[i] = weak and setmetatable({}, { __mode = 'k' }) or { use = function() return 'used' end }
		probes[i] = nodes[i]
	end
	function keep(i) kept[i] = nodes[i] end
	kept = {}
]]

local PAGE = [[
	nodes, refs, probes = {}, {}, setmetatable({}, { __mode = 'v' })
	kept, calls = {}, 0

	-- What a callback does when it is called: it uses all that it refers to.
	local function touch(values)
		for _, value in ipairs(values) do
			if isRemote(value) then
				local use = value.use
				assert(use == nil or use() == 'used')
			end
		end
	end

	function make(i, kind)
		local values = {}
		if kind == 'fn' then
			nodes[i] = function(object)
				calls = calls + 1
				touch(values)
				touch { object }
			end
			refs[i] = values
		else
			nodes[i] = kind == 'weak' and setmetatable({}, { __mode = 'k' }) or values
			refs[i] = nodes[i]
		end
		probes[i] = nodes[i]
	end

	function get(i) return ask(root, 'get', i) end
	function keep(i) kept[i] = nodes[i] end
	function keepProxy(i) kept[-i] = get(i) end
]]

describe('cycles through both heaps', function()
	-- Whatever is still on its way arrives before the ledger is checked.
	local opened = {}

	after_each(function()
		for _, main in ipairs(opened) do
			main:settle()
		end
		opened = {}
	end)

	local lab = pair.accounts(before_each, after_each)

	local function begin(main, page)
		main:run(MAIN)
		page:run(PAGE)
	end

	local function open()
		local main, page = pair.open()
		opened[#opened + 1] = main
		begin(main, page)
		return main, page
	end

	local function collect(page)
		return page:run 'return collectCycles(root)'
	end

	-- Has something happen between the two steps of a collection.
	local function collectAround(page, act)
		local waits = 0
		page:onWait(function()
			waits = waits + 1
			if waits == 2 then
				act()
			end
		end)
		local count = collect(page)
		page:onWait(nil)
		return count
	end

	local function noErrors(...)
		for _, side in ipairs { ... } do
			assert.is_nil((side:run 'return uncaught[1]'))
		end
	end

	-- An object of main that holds a callback that holds the object.
	local CYCLE = [[
		local o = get(1)
		local function fn(x) got = x == 'name' and o.name or x end
		ask(root, 'link', 1, fn)
		probes[1] = fn
	]]

	local function cycle()
		local main, page = open()
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
		assert.are.equal(0, collect(page))
		assert.is_true((main:run 'return probes[1] ~= nil'))
		main:run 'nodes = {}'
		assert.are.equal(2, collect(page))
		assert.is_nil((page:run 'return probes[1]'))
		assert.is_nil((main:run 'return probes[1]'))
		pair.quiesce(main, page)
		assert.are.equal(0, page:counts().imports)
		assert.are.equal(0, page:counts().exports)
		assert.are.equal(0, page:mainCounts().exports)
		noErrors(main, page)
	end)

	it('44: stay while one link of a chain that crosses four times is held', function()
		local main, page = open()
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
		assert.are.equal(0, collect(page))
		pair.quiesce(main, page)
		assert.are.equal(0, collect(page))
		assert.are.equal(2, page:counts().imports)
		page:run 'kept = {}'
		assert.are.equal(4, collect(page))
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
		assert.are.equal(0, collect(page))
		main:settle()
		assert.are.equal('object', page:run 'return got')
		assert.are.equal(2, collect(page))
		noErrors(main, page)
	end)

	it('46: stay when a weak table brings them back between two steps', function()
		local main, page = cycle()
		main:run 'cache = setmetatable({ nodes[1] }, { __mode = "v" }) nodes = {}'
		assert.are.equal(0, collectAround(page, function()
			main:run 'cache[1][1] "name"'
		end))
		main:settle()
		assert.are.equal('object', page:run 'return got')
		assert.are.equal(2, collect(page))
		assert.is_nil((main:run 'return cache[1]'))
		noErrors(main, page)
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
		noErrors(main, page)
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
		noErrors(main, page)
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
		assert.are.equal(0, collect(page))
		assert.is_nil((page:run 'return finalized'))
		assert.is_nil((main:run 'return finalized'))
		assert.is_true((page:run 'return cache[1] ~= nil'))
		main:run 'nodes = {}'
		assert.are.equal(3, collect(page))
		assert.is_true((page:run 'return finalized'))
		assert.is_true((main:run 'return finalized'))
	end)

	it('let finalizers in main call their callbacks', function()
		local main, page = cycle()
		main:run [[
			setmetatable(nodes[1], { __gc = function(o) o[1] 'bye' end })
			nodes = {}
		]]
		collect(page)
		main:settle()
		assert.are.equal('bye', page:run 'return got')
		pair.quiesce(main, page)
		assert.are.equal(0, page:counts().exports)
		assert.are.equal(0, page:counts().imports)
		noErrors(main, page)
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
		collect(page)
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
		assert.are.equal(0, collect(page))
		page:run [[
			local _, o = coroutine.resume(co)
			async(function() ended = true end, function(x) ask(root, 'wait', x) end, o)
			co = nil
		]]
		main:settle()
		page:collect()
		assert.are.equal(0, collect(page))
		main:run 'require "host.task".resume(waiting) waiting = nil'
		main:settle()
		assert.is_true((page:run 'return ended'))
		assert.are.equal(2, collect(page))
		noErrors(main, page)
	end)

	it('stay while another page reaches them', function()
		local main, page = cycle()
		local other = pair.page(main)
		other:run 'o = ask(root, "get", 1)'
		main:run 'nodes = {}'
		assert.are.equal(0, collect(page))
		assert.are.equal(0, collect(other))
		other:run 'o = nil'
		other:collect()
		main:settle()
		assert.are.equal(2, collect(page))
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
		assert.are.equal(2, collect(page))
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

	-- A random graph over both heaps, and which of its nodes are reachable.

	local Graph = {}
	Graph.__index = Graph

	local random = math.random

	local function newGraph(n)
		local graph = setmetatable({ nodes = {}, edges = {}, weak = {}, roots = {} }, Graph)
		local kinds = { 'object', 'object', 'fn', 'fn', 'table', 'weak', 'weakObject' }
		for i = 1, n do
			graph.nodes[i] = kinds[random(#kinds)]
		end
		graph.nodes[1], graph.nodes[2] = 'object', 'fn'
		return graph
	end

	local inMain = { object = true, weakObject = true }

	-- What a reference from one heap to an object of the other goes through.
	local function holder(graph, from, to)
		local here, there = inMain[graph.nodes[from] ], inMain[graph.nodes[to] ]
		if here == there then
			return to
		end
		return here and 'callback' .. to or 'proxy' .. to
	end

	local function canCross(graph, from, to)
		local here, there = inMain[graph.nodes[from] ], inMain[graph.nodes[to] ]
		return here == there or (here and graph.nodes[to] == 'fn') or (not here)
	end

	function Graph:connect(main, page, from, to)
		local kind = self.nodes[from]
		if kind == 'weak' or kind == 'weakObject' or not canCross(self, from, to) then
			return
		end
		table.insert(self.edges, { from, holder(self, from, to) })
		if holder(self, from, to) ~= to then
			table.insert(self.edges, { holder(self, from, to), to })
		end
		if inMain[kind] and inMain[self.nodes[to] ] then
			main:run('local a, b = ... table.insert(nodes[a], nodes[b])', from, to)
		elseif inMain[kind] then
			page:run('local a, b = ... ask(root, "link", a, nodes[b])', from, to)
		elseif inMain[self.nodes[to] ] then
			page:run('local a, b = ... table.insert(refs[a], get(b))', from, to)
		else
			page:run('local a, b = ... table.insert(refs[a], nodes[b])', from, to)
		end
	end

	-- An entry of a table with weak keys: who has the table and the key gets to the value.
	function Graph:hang(main, page, weak, key, value)
		local kind = self.nodes[weak]
		if not canCross(self, weak, key) or not canCross(self, weak, value) or
			inMain[kind] and inMain[self.nodes[value] ] ~= true then
			return
		end
		local entry = { weak, holder(self, weak, key), holder(self, weak, value) }
		for i = 2, 3 do
			local node = i == 2 and key or value
			if entry[i] ~= node then
				table.insert(self.edges, { entry[i], node })
			end
		end
		for i, old in ipairs(self.weak) do
			if old[1] == entry[1] and old[2] == entry[2] then
				table.remove(self.weak, i)
				break
			end
		end
		table.insert(self.weak, entry)
		if inMain[kind] and inMain[self.nodes[key] ] then
			main:run('local w, k, v = ... nodes[w][nodes[k] ] = nodes[v]', weak, key, value)
		elseif inMain[kind] then
			page:run('local w, k, v = ... ask(root, "weak", w, nodes[k], get(v))', weak, key, value)
		else
			local side = function(i)
				return inMain[self.nodes[i] ] and 'get(' .. i .. ')' or 'nodes[' .. i .. ']'
			end
			page:run(('nodes[%d][%s] = %s'):format(weak, side(key), side(value)))
		end
	end

	function Graph:reachable()
		local reached, changed = {}, true
		for root in pairs(self.roots) do
			reached[root] = true
		end
		while changed do
			changed = false
			for _, edge in ipairs(self.edges) do
				if reached[edge[1] ] and not reached[edge[2] ] then
					reached[edge[2] ], changed = true, true
				end
			end
			for _, entry in ipairs(self.weak) do
				if reached[entry[1] ] and reached[entry[2] ] and not reached[entry[3] ] then
					reached[entry[3] ], changed = true, true
				end
			end
		end
		return reached
	end

	-- The collectors stand still: a weak key must live until what is to hold it does.
	local function buildGraph(main, page, n)
		local graph = newGraph(n)
		main:run 'collectgarbage "stop"'
		page:run 'collectgarbage "stop"'
		for i, kind in ipairs(graph.nodes) do
			if inMain[kind] then
				main:run('make(...)', i, kind == 'weakObject')
			else
				page:run('make(...)', i, kind)
			end
		end
		for _ = 1, random(2 * n) do
			local a, b, c = random(n), random(n), random(n)
			if graph.nodes[a] == 'weak' or graph.nodes[a] == 'weakObject' then
				graph:hang(main, page, a, b, c)
			else
				graph:connect(main, page, a, b)
			end
		end
		for _ = 1, random(0, 3) do
			local i = random(n)
			graph.roots[i] = true
			if inMain[graph.nodes[i] ] then
				main:run('keep(...)', i)
			else
				page:run('keep(...)', i)
			end
		end
		if random(3) == 1 then
			graph.roots.proxy1 = true
			table.insert(graph.edges, { 'proxy1', 1 })
			page:run 'keepProxy(1)'
		end
		return graph
	end

	local function drop(main, page)
		main:run 'nodes = {} collectgarbage "restart"'
		page:run 'nodes, refs = {}, {} collectgarbage "restart"'
	end

	-- Where the heaps and the model differ.
	local function difference(graph, main, page)
		local reached = graph:reachable()
		for i, kind in ipairs(graph.nodes) do
			local side = inMain[kind] and main or page
			local survived = side:run('return probes[...] ~= nil', i)
			if survived ~= (reached[i] or false) then
				return ('%s %d is %s'):format(kind, i, survived and 'left' or 'lost')
			end
		end
		local proxies, callbacks = 0, 0
		for name in pairs(reached) do
			proxies = proxies + (tostring(name):find 'proxy' and 1 or 0)
			callbacks = callbacks + (tostring(name):find 'callback' and 1 or 0)
		end
		local near, far = page:counts(), page:mainCounts()
		if near.imports ~= proxies or far.exports ~= proxies then
			return ('%d and %d of %d remote objects'):format(near.imports, far.exports, proxies)
		elseif near.exports ~= callbacks or far.imports ~= callbacks then
			return ('%d and %d of %d callbacks'):format(near.exports, far.imports, callbacks)
		end
	end

	local function forSeeds(fn)
		local first = SEED or os.time() * 1000
		local deadline = os.clock() + SECONDS
		local count = 0
		local main, page = open()
		for seed = first, SEED or math.huge do
			math.randomseed(seed)
			local ok, problem = pcall(fn, main, page, seed)
			assert(ok, ('LEPTON_SEED=%d: %s'):format(seed, problem))
			main:settle()
			pair.checkLedger(main, page)
			pair.reload(main, page)
			begin(main, page)
			count = count + 1
			if os.clock() > deadline and count > 10 then
				break
			end
		end
		return count
	end

	it('in random graphs: nothing reachable is lost, and no garbage is left', function()
		local graphs = forSeeds(function(main, page)
			local graph = buildGraph(main, page, random(3, 24))
			drop(main, page)
			collect(page)
			pair.quiesce(main, page)
			local problem = difference(graph, main, page)
			assert(not problem, problem)
			noErrors(main, page)
			assert.are.equal(0, collect(page))
		end)
		assert.is_true(SEED ~= nil or graphs > 10)
	end)

	it('in random graphs that main uses meanwhile: no call fails', function()
		forSeeds(function(main, page)
			buildGraph(main, page, random(3, 24))
			main:run [[
				cache = setmetatable({}, { __mode = 'v' })
				for i, node in pairs(nodes) do cache[i] = node end
				-- Calls a random callback with a random object, and may forget something.
				function disturb(seed)
					math.randomseed(seed)
					local keys = {}
					for i in pairs(cache) do keys[#keys + 1] = i end
					table.sort(keys)
					if #keys == 0 then return end
					local from, to = cache[keys[math.random(#keys)] ], cache[keys[math.random(#keys)] ]
					local fn = from and from[1]
					if isRemote(fn) then
						fn(to)
						if math.random(2) == 1 then from[1] = nil end
						if math.random(3) == 1 then table.insert(from, to) end
						return true
					end
				end
			]]
			drop(main, page)
			local sent = 0
			local function disturb()
				local seed = random(1 << 30)
				for i = 1, random(0, 2) do
					sent = sent + (main:run('return disturb(...)', seed + i) and 1 or 0)
				end
				if random(3) == 1 then
					main:collect()
				end
				if random(2) == 1 then
					main:step()
				end
			end
			for _ = 1, 3 do
				disturb()
				page:onWait(disturb)
				collect(page)
				page:onWait(nil)
				disturb()
				main:settle()
				noErrors(main, page)
			end
			assert.are.equal(sent, page:run 'return calls')
		end)
	end)

	it('leave nothing behind where memory runs out', function()
		local n, failures = 0, 0
		local enough
		repeat
			n = n + 1 + n // 30
			math.randomseed(7)
			local main, page = open()
			local graph = buildGraph(main, page, 12)
			drop(main, page)
			lab.failAt(n, 2)
			local ok = pcall(collect, page)
			enough = lab.calm() < n
			failures = failures + (ok and 0 or 1)
			if not page:counts().dead and page:counts().fault == 0 then
				pair.quiesce(main, page)
				collect(page)
				pair.quiesce(main, page)
				assert.is_nil(difference(graph, main, page))
			end
			main:settle()
			pair.close()
			opened = {}
		until enough
		assert.is_true(failures > 5)
	end)
end)
