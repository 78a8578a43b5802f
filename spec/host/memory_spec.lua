-- No memory, at each allocation in turn: of Lua, of the buffers, of the tables of references. Every
-- allocation is tried once more by Lua after a full collection, so one failure collects, two fail.

local pair = require 'spec.support.pair'

local MAIN = [[
	local Class = { __name = 'Class', __index = {} }
	function Class.__index:name() return self.n end
	Class.__index.other, Class.__eq, Class.__close = print, rawequal, print
	function root:echo(...) return ... end
	function root:object(n) return setmetatable({ n = n }, Class) end
	function root:many()
		return {}, print, io.stdout, setmetatable({}, Class), coroutine.create(print)
	end
	function root:copy(v) return byValue { v, { v, f = print }, ('x'):rep(1000) } end
	function root:set(...) handles = table.pack(...) end
	function root:fail(v) error(v) end
	function root:call(...) return handles[1](...) end
	function root:tables(n)
		local list = {}
		for i = 1, n do list[i] = {} end
		return table.unpack(list)
	end
	start = require 'host.task'.start
	shared = { list = { 1, 2, 3 } }
	shared.self = shared
]]

local SCENARIOS = {
	['a call'] = { page = 'return ask(root, "echo", 1, "two", 3.5)' },
	['an object of a class'] = { page = 'local o = ask(root, "object", 7) return o:name() == 7' },
	['objects of many kinds'] = { page = 'kept = table.pack(ask(root, "many"))' },
	['copied tables'] = { page = [[
		local s = { 1, 2, { 3 } }
		s[4], s.self = s[3], s
		return ask(root, 'copy', 'text'), ask(root, 'set', s, { s, { s } })
	]] },
	['long strings'] = { before = 'long = ("x"):rep(40000)',
		page = 'got = ask(root, "echo", long, { long })' },
	['functions that are passed'] = {
		page = 'ask(root, "set", function() end, { print, { f = pcall } })',
	},
	['objects that are sent home'] = { before = 'o = ask(root, "object", 7)',
		page = 'ask(root, "set", o, { o, o.name, root })' },
	['what cannot be sent'] = { page = [[
		return select(2, pcall(ask, root, 'set', function() end, { print, { io.stdout } }))
	]] },
	['an error'] = {
		page = 'pcall(ask, root, "fail", {}) pcall(ask, root, "fail", "text") error "x"',
	},
	['callbacks'] = { before = 'ask(root, "set", function(...) got = ... end)',
		page = 'return ask(root, "call", 1, "two"), ask(root, "call", function() end, { {} })' },
	['a callback with objects'] = { before = 'ask(root, "set", function(...) got = ... end)',
		main = 'handles[1](root, print, setmetatable({}, getmetatable(root.object(root))), shared)' },
	['releases'] = { before = 'kept = table.pack(ask(root, "many")) ask(root, "set", print, pcall)',
		page = 'kept = nil collectgarbage() ask(root, "set") collectgarbage()',
		main = 'handles = nil collectgarbage()' },
	['releases of very many'] = { before = 'kept = table.pack(ask(root, "tables", 1100))',
		page = 'for i = 1, kept.n do release(kept[i]) end' },
	['asynchronous calls'] = { page = [[
		for i = 1, 3 do
			async(function(ok, v) got = v end, function() return ask(root, 'object', i):name() end)
		end
	]] },
	['a question to the page'] = { before = 'function pageRoot:answer(...) return ... end',
		main = 'start(function() got = ask(pages[1], "answer", 1, shared.list) end)' },
	['iteration'] = { before = 'o = ask(root, "object", 1)',
		page = 'for k in pairs(o) do got = k end return #o, tostring(o), o == root' },
	['a finalizer that talks'] = { page = [[
		for i = 1, 3 do
			setmetatable({}, { __gc = function() pcall(ask, root, 'set', function() end, i) end })
			ask(root, 'echo', { function() end })
		end
	]] },
}

describe('without memory for', function()
	local lab = pair.accounts(before_each, after_each)

	-- Returns how many allocations there were.
	local function attempt(scenario, at, count)
		local main, page = pair.open()
		main:run(MAIN)
		page:run(scenario.before or '')
		lab.failAt(at, count)
		if scenario.page then
			pcall(page.run, page, scenario.page)
		end
		if scenario.main then
			pcall(main.run, main, scenario.main)
		end
		main:settle()
		local seen = lab.calm()
		main:settle()
		local near, far = page:counts(), page:mainCounts()
		pair.checkFaults(page)
		if not near.dead and not far.lost then
			assert.are.same({ 0, 0 }, { near.fault, far.fault })
			assert.are.equal(5, page:run 'return ask(root, "echo", 5)')
			pair.checkLedger(main, page)
			page:run 'kept, o, got, s = nil pageRoot.answer = nil pcall(ask, root, "fail", "")'
			pair.quiesce(main, page)
			main:run 'handles, got = nil'
			pair.quiesce(main, page)
			pair.checkEmpty(page)
		else
			main:run 'handles, got = nil'
			main:collect()
			far = page:mainCounts()
			assert.are.same({ true, 0, 0, 0 }, { far.lost, far.exports, far.imports, far.requests })
		end
		pair.close()
		return seen
	end

	for name, scenario in pairs(SCENARIOS) do
		it(name .. ' all is as it was, or the page has ended', function()
			for _, count in ipairs { 1, 2, 4, 1000000 } do
				local at, blocks, bytes = 0, lab.blocks()
				repeat
					at = at + 1
					local ok, result = pcall(attempt, scenario, at, count)
					if not ok then
						error(('allocation %d and %d more: %s'):format(at, count - 1, tostring(result)), 0)
					end
					local blocksLeft, bytesLeft = lab.blocks()
					assert.are.same({ at, count, blocks, bytes }, { at, count, blocksLeft, bytesLeft })
				until result < at
			end
		end)
	end
end)
