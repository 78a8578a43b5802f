-- Random work on references between main and two pages while memory runs out again and again: what
-- a page holds stays what it is, the ledgers agree after each act, and in the end nothing is left.
-- LEPTON_FUZZ_SECONDS and LEPTON_SEED prolong and repeat it.

local newRandom = require 'spec.support.random'
local pair = require 'spec.support.pair'

local SECONDS = tonumber(os.getenv 'LEPTON_FUZZ_SECONDS') or 0
local PLAYS = 20 -- at least, each from a seed of its own
local SLOTS, OBJECTS, PLACES = 6, 8, 4
local ACTS = 150 -- before all pages end and all is counted

local MAIN = [=[
	local Class = { __name = 'Class', __index = { name = function(self) return self.n end } }
	objects, keyOf, held = {}, setmetatable({}, { __mode = 'k' }), {}
	for i = 1, 8 do
		objects[i] = i % 3 == 0 and function() return i end
			or i % 3 == 1 and setmetatable({ n = i }, Class) or { n = i }
		keyOf[objects[i]] = i
	end
	for i = 1, 4 do held[i] = false end
	local function expect(key, value)
		if key and value ~= nil and keyOf[value] ~= key then
			problem = ('%s came home as %s'):format(key, keyOf[value])
		end
	end
	function root:object(n) return objects[n], objects[n] end
	function root:home(key, value) expect(key, value) return value end
	function root:nested(key, t) expect(key, t.a) expect(key, t.list[1]) end
	function root:register(place, fn) held[place] = fn end
	function root:handle(place) return held[place] end
	function root:copy(n) return byValue { objects[n], { objects[n] } } end
]=]

local PAGE = [[
	slots, keys = {}, {}
	for i = 1, 6 do slots[i], keys[i] = false, false end
	fns = { function(x) got = x end, function() error 'x' end }
	function put(slot, value, key) slots[slot], keys[slot] = value, key end
]]

-- What a page does; %s is a slot, %o an object, %p a place.
local PAGE_ACTS = {
	'put(%s, ask(root, "object", %o), %o)',
	'local a, b = ask(root, "object", %o) assert(a == b) put(%s, a, %o)',
	'if slots[%s] then assert(ask(root, "home", keys[%s], slots[%s]) == slots[%s]) end',
	'if slots[%s] then ask(root, "nested", keys[%s], { a = slots[%s], list = { slots[%s] } }) end',
	'put(%s, false, false)',
	'if slots[%s] then release(slots[%s]) put(%s, false, false) end',
	'collectgarbage()',
	'ask(root, "register", %p, fns[1])',
	'ask(root, "register", %p, fns[2])',
	'ask(root, "handle", %p)',
	'ask(root, "copy", %o)',
	'async(ignore, function() put(%s, ask(root, "object", %o), %o) end)',
	'setmetatable({ slots[%s] }, { __gc = function(t) put(%s, t[1] or false, false) end })',
}

local MAIN_ACTS = {
	'for i = 1, 4 do if held[i] then pcall(held[i], objects[%o]) end end',
	'if held[%p] then held[%p](held[%p], { objects[%o] }, byValue { objects[%o] }) end',
	'held[%p] = false',
	'collectgarbage()',
}

describe('random work without memory', function()
	local lab = pair.accounts(before_each, after_each)
	local random

	-- One of some acts, the same numbers wherever the same letter stands.
	local function act(list)
		local numbers = { s = random(SLOTS), o = random(OBJECTS), p = random(PLACES) }
		return (list[random(#list)]:gsub('%%(%l)', numbers))
	end

	local function newPage(main)
		local page = pair.page(main)
		page:run(PAGE)
		return page
	end

	local function hasEnded(page)
		local near, far = page:counts(), page:mainCounts()
		pair.checkFaults(page)
		return near.dead or far.lost or near.fault ~= 0 or far.fault ~= 0
	end

	local function doOne(main, pages)
		local page = pages[random(2)]
		lab.failAt(random(60), ({ 1, 2, 2, 4, 30 })[random(5)])
		if random(4) > 1 then
			pcall(page.run, page, act(PAGE_ACTS))
		else
			pcall(main.run, main, act(MAIN_ACTS))
		end
		main:settle()
		lab.calm()
		main:settle()
		if random(40) == 1 and not hasEnded(page) then
			pair.reload(main, page)
			page:run(PAGE)
		end
		for i = 1, 2 do
			if hasEnded(pages[i]) then
				pages[i] = newPage(main)
			else
				pair.checkLedger(main, pages[i])
			end
		end
		local problem = main:run 'return problem'
		if problem then
			error(problem, 0)
		end
	end

	-- Lua needs memory even to call a finalizer: what it could not release goes with its page.
	local function endAll(main, pages)
		main:run 'held = {}'
		for _, page in ipairs(pages) do
			pair.reload(main, page)
		end
		pair.quiesce(main, table.unpack(pages))
		for _, page in ipairs(pages) do
			pair.checkEmpty(page)
		end
	end

	local function play(seed)
		random = newRandom(seed)
		local main = pair.main()
		main:run(MAIN)
		local pages = { newPage(main), newPage(main) }
		for _ = 1, ACTS do
			doOne(main, pages)
		end
		endAll(main, pages)
		pair.close()
	end

	it('loses nothing and leaves nothing', function()
		local seed = math.tointeger(tonumber(os.getenv 'LEPTON_SEED')) or 1
		local stop, plays = os.time() + SECONDS, 0
		repeat
			local ok, problem = pcall(play, seed)
			if not ok then
				error(('LEPTON_SEED=%d: %s'):format(seed, tostring(problem)), 0)
			end
			seed, plays = seed + 1, plays + 1
		until os.time() >= stop and plays >= PLAYS
	end)
end)
