-- The adversarial scenarios of the release protocol, by their numbers, where frames must be held
-- back or counted. spec/journey/lifetimes_spec.lua has those that need real processes.

local frames = require 'spec.support.frames'
local pair = require 'spec.support.pair'

describe('references', function()
	local lab = pair.accounts(before_each, after_each)

	local MAIN = [[
		o = setmetatable({ name = 'o', greet = function(_, x) return 'hello ' .. x end }, nil)
		function root:get() return o end
		function root:set(fn) handle = fn end
		function root:echo(...) return ... end
		function root:wait() keep = coroutine.running() return coroutine.yield() end
	]]

	local function open()
		local main, page = pair.open()
		main:run(MAIN)
		return main, page
	end

	local function message(side, code)
		local ok, problem = pcall(side.run, side, code)
		assert.is_false(ok)
		return problem
	end

	-- How often main has sent what it exports to the page, in all.
	local function sent(page)
		local sum = 0
		for _, n in pairs(page:mainReferences().exports) do
			sum = sum + n
		end
		return sum
	end

	it('1: an object on its way stays, though the page releases what it has of it', function()
		local main, page = open()
		page:run 'o = ask(root, "get"); fn = function(x) got = x end; ask(root, "set", fn)'
		page:hold 'toPage'
		main:run 'handle(o)'
		main:step()
		assert.are.equal(2, sent(page))
		page:run 'o = nil'
		page:collect()
		page:step()
		main:settle()
		assert.are.equal(1, sent(page))
		main:run 'o = nil'
		main:collect()
		page:let 'toPage'
		main:settle()
		assert.are.equal('o', page:run 'return got.name')
	end)

	it('2: what came a thousand times is given back a thousand times, in one entry', function()
		local main, page = open()
		page:run 'for _ = 1, 1000 do o = ask(root, "get") end'
		assert.are.equal(1000, sent(page))
		assert.are.equal(1, page:counts().imports)
		page:hold 'toMain'
		page:run 'o = nil'
		page:collect()
		page:step()
		local held = page:frames 'toMain'
		assert.are.same({ 'release' }, frames.messages(held))
		local releases = frames.parse(held[1]).releases
		assert.are.same({ 1, 1000 }, { #releases, releases[1][2] })
		page:let 'toMain'
		main:settle()
		assert.are.same({ 0, 0 }, { sent(page), page:mainCounts().exports })
	end)

	it('3: a proxy that comes while the old one waits for its release can be used', function()
		local main, page = open()
		page:run 'o = ask(root, "get"); o = nil'
		page:collect()
		assert.are.equal(1, page:counts().queued)
		page:run 'o = ask(root, "get")'
		assert.are.same({ 1, 2 }, { page:counts().queued, sent(page) })
		main:settle()
		assert.are.same({ 0, 1 }, { page:counts().queued, sent(page) })
		assert.are.equal('hello you', page:run 'return o:greet "you"')
	end)

	-- A wrapper that is finalized after the proxy in it.
	local RESURRECT = [[
		local get = ...
		local wrapper = setmetatable({}, { __gc = function(self) saved = self.proxy end })
		wrapper.proxy = load(get)()
		wrapper = nil
		collectgarbage()
	]]

	for what, case in pairs {
		object = { get = 'return ask(root, "get")', use = 'return saved.name', gives = 'o' },
		['function'] = { get = 'return root.fn', use = 'return saved(20)', gives = 21 },
	} do
		it('4, 7: a remote ' .. what .. ' that a finalizer saved is used before the flush', function()
			local main, page = open()
			main:run 'function root.fn(x) return x + 1 end'
			page:run(RESURRECT, case.get)
			assert.are.equal(1, page:counts().queued)
			assert.are.equal(case.gives, page:run(case.use))
			assert.are.equal(0, page:counts().queued)
			main:settle()
			assert.are.equal(1, sent(page))
			assert.are.equal(case.gives, page:run(case.use))
			-- The same proxy, should it come again.
			assert.is_true(page:run('return rawequal(saved, load(...)())', case.get))
			page:run 'saved = nil'
			pair.quiesce(main, page)
			assert.are.same({ 0, 0 }, { sent(page), page:counts().imports })
		end)

		it('5, 7: a remote ' .. what .. ' that a finalizer saved fails after the flush', function()
			local main, page = open()
			main:run 'function root.fn(x) return x + 1 end'
			page:run(RESURRECT, case.get)
			main:settle()
			assert.are.same({ 0, 0 }, { sent(page), page:counts().imports })
			assert.has_error(function()
				page:run(case.use)
			end, 'attempt to use a remote object that was released')
			assert.are.equal(case.gives, page:run(case.use:gsub('saved', '(load(...)())'), case.get))
		end)
	end

	it('5: what was released is not sent home either', function()
		local main, page = open()
		page:run(RESURRECT, 'return ask(root, "get")')
		main:settle()
		assert.error_matches(function()
			page:run 'ask(root, "echo", saved)'
		end, 'argument 1: this remote object was released')
		main:run 'function root.fn() end'
		assert.error_matches(function()
			page:run 'local fn = root.fn release(fn) ask(root, "echo", { f = fn })'
		end, "argument 1, field 'f': this remote function was released")
	end)

	it('6: a finalizer calls the proxy that was finalized before it', function()
		local main, page = open()
		page:run [[
			local wrapper = setmetatable({}, {
				__gc = function(self) said = self.proxy:greet 'the end' end,
			})
			wrapper.proxy = ask(root, 'get')
		]]
		page:collect()
		assert.are.equal('hello the end', page:run 'return said')
		pair.quiesce(main, page)
		assert.are.equal(0, sent(page))
	end)

	it('8: a callback that main called and dropped runs once the page no longer waits', function()
		local main, page = open()
		page:run 'ask(root, "set", function(x) got = x end)'
		page:onWait(function()
			if main then
				main:run 'assert(handle(42)); handle = nil'
				main:collect()
				main:step()
				main = nil
			end
		end)
		local m = main
		assert.is_nil(page:run 'ask(root, "echo"); return got')
		m:settle()
		assert.are.equal(42, page:run 'return got')
		assert.are.equal(0, page:counts().exports)
	end)

	it('9: a function that is sent again while its release is on the way gets a new handle', function()
		local main, page = open()
		page:run 'fn = function(x) got = x end; ask(root, "set", fn)'
		page:hold 'toPage'
		main:run 'handle = nil'
		main:collect()
		main:step()
		assert.are.same({ 'release' }, frames.messages(page:frames 'toPage'))
		page:run 'async(function() end, function() ask(root, "set", fn) end)'
		page:step()
		main:step()
		main:run 'handle(7)'
		page:let 'toPage'
		main:settle()
		assert.are.equal(7, page:run 'return got')
		assert.are.equal(1, page:counts().exports)
	end)

	it('10: a function sent twice is one callback, and sent back it is itself', function()
		local main, page = open()
		main:run 'function root:take(a, b) first, second = a, b; return a end'
		assert.is_true(page:run 'fn = function() end; return rawequal(ask(root, "take", fn, fn), fn)')
		page:run 'ask(root, "set", fn)'
		assert.is_true(main:run 'return rawequal(first, second) and rawequal(first, handle)')
		assert.are.equal(1, page:mainCounts().callbacks)
	end)

	it('11: a remote object within a table is sent home as the original', function()
		local main, page = open()
		main:run 'function root:check(t) return t.deep[1] == o and t.deep.f == root.echo end'
		assert.is_true(page:run [[
			return ask(root, 'check', { deep = { ask(root, 'get'), f = root.echo } })
		]])
	end)

	it('12: an object met twice in one message is one proxy for one credit', function()
		local main, page = open()
		main:run [[
			function root:twice() return o, o end
			function root:paths() return byValue { a = print, b = { c = print } } end
		]]
		assert.is_true(page:run 'a, b = ask(root, "twice"); return rawequal(a, b)')
		assert.are.equal(1, sent(page))
		assert.is_true(page:run 't = ask(root, "paths"); return isRemote(t.a) and rawequal(t.a, t.b.c)')
		assert.are.same({ 2, 2 }, { sent(page), page:counts().imports })
	end)

	it('13: a message that cannot be sent leaves no trace of what it would have exported', function()
		local _, page = open()
		page:run 'keep = function() end; ask(root, "set", keep)'
		local before = page:references()
		assert.are.equal('lab:1: argument 3: a coroutine cannot be sent to the main process',
			message(page, [[
				ask(root, 'echo', function() end, { function() end, keep }, coroutine.create(print))
			]]))
		assert.are.same(before, page:references())
		assert.are.same({}, page:frames 'toMain')
		assert.are.equal(5, page:run 'return ask(root, "echo", 5)')
	end)

	it('14: a corrupt body behind a good header ends the page, and nothing is left', function()
		local main, page = open()
		page:run 'ask(root, "set", function() end); o = ask(root, "get")'
		page:inject('toMain', frames.frame { message = 'ask', operation = 'call', request = 99,
			values = 1, body = '\127', references = { { kind = 'function', id = 77, text = 'x:1' } } })
		main:settle()
		assert.are.equal(lab.faults.BODY, page:mainCounts().fault)
		main:run 'handle = nil'
		main:collect()
		local counts = page:mainCounts()
		assert.are.same({ 0, 0, 0 }, { counts.exports, counts.imports, counts.requests })
	end)

	for what, release in pairs {
		['of more than it holds'] = function(id)
			return id, 2
		end,
		['of nothing'] = function(id)
			return id, 0
		end,
		['of what it never held'] = function()
			return 1 << 32 | 9, 1
		end,
		['of an id that was used before'] = function(id)
			return id + (1 << 32), 1
		end,
		['of the root object'] = function()
			return 0, 1
		end,
	} do
		it('16: a release ' .. what .. ' ends that page and no other', function()
			local main, page = open()
			local other = pair.page(main)
			page:run 'o = ask(root, "get")'
			other:run 'o = ask(root, "get")'
			local id = next(page:mainReferences().exports)
			page:inject('toMain', frames.frame { message = 'release', values = 1,
				body = string.pack('=I8I4', release(id)) })
			main:settle()
			assert.are.equal(lab.faults.RELEASE, page:mainCounts().fault)
			assert.are.equal(0, page:mainCounts().exports)
			assert.are.equal('o', other:run 'return o.name')
		end)
	end

	it('18: what a page asked for before its end is done before its end is noticed', function()
		local main, page = open()
		main:run 'log = {}; function root:log(x) log[#log + 1] = x end'
		page:hold 'toMain'
		page:run 'for i = 1, 3 do async(function() end, function() ask(root, "log", i) end) end'
		page:step()
		page:kill()
		page:let 'toMain'
		main:settle()
		assert.is_true(page:mainCounts().lost)
		assert.are.equal('1,2,3', main:run 'return table.concat(log, ",")')
	end)

	it('19: a reload throws callbacks on their way away, and the next context owes nothing', function()
		local main, page = open()
		page:run 'fn = function() ran = true end; ask(root, "set", fn); o = ask(root, "get")'
		page:hold 'toPage'
		main:run 'for _ = 1, 10 do handle(o) end'
		main:step()
		assert.are.equal(10, #page:frames 'toPage')
		page:unload()
		page:let 'toPage'
		main:settle()
		page:load()
		local near, far = page:counts(), page:mainCounts()
		assert.are.same({ 2, 0, 0, 0 }, { near.epoch, near.exports, near.imports, near.queued })
		assert.are.same({ 2, 0, 0, 0 }, { far.epoch, far.exports, far.imports, far.queued })
		assert.is_nil(page:run 'return ran')
		assert.are.equal('o', page:run 'return ask(root, "get").name')
	end)

	it('20: a callback of a context that has ended raises, and says where it was passed', function()
		local main, page = open()
		page:run '\n\nask(root, "set", function() end)'
		pair.reload(main, page)
		assert.are.equal('lab:1: attempt to call a callback of a page that was reloaded or closed '
			.. '(registered at lab:3)', message(main, 'handle()'))
	end)

	it('23: closing a context that holds much sends one END and no releases', function()
		local main, page = open()
		main:run [[
			function root:many()
				local t = {}
				for i = 1, 1000 do t[i] = {} end
				return table.unpack(t)
			end
		]]
		page:run 'all = {} for i = 1, 100 do all[i] = table.pack(ask(root, "many")) end'
		assert.are.equal(100000, page:counts().imports)
		page:hold 'toMain'
		page:unload()
		assert.are.same({ 'end' }, frames.messages(page:frames 'toMain'))
		page:let 'toMain'
		main:settle()
		assert.are.equal(0, page:mainCounts().exports)
	end)

	it('24, 25: finalizers of a context that closes may try what they like', function()
		local main, page = open()
		local path = os.tmpname()
		page:run([[
			local path = ...
			local o = ask(root, 'get')
			guard = setmetatable({}, { __gc = function()
				local _, message = pcall(function() return o.name end)
				pcall(function() return o:greet 'x' end)
				for _ = 1, 100 do
					setmetatable({ o, root }, { __gc = function() return o.name end })
				end
				local file = io.open(path, 'w')
				file:write(message)
				file:close()
			end })
		]], path)
		page:hold 'toMain'
		page:unload()
		local file = assert(io.open(path))
		assert.are.equal('lab:4: attempt to use a remote object while this page\'s context is ending',
			file:read 'a')
		file:close()
		os.remove(path)
		assert.are.same({ 'end' }, frames.messages(page:frames 'toMain'))
		page:let 'toMain'
		main:settle()
	end)

	it('26: main may end while it holds callbacks and pages hold its objects', function()
		local main, page = open()
		main:run 'setmetatable(root, { __gc = function() pcall(handle, 1) end })'
		page:run 'ask(root, "set", function() end); o = ask(root, "get")'
		main:settle()
	end)

	it('27: a suspended coroutine keeps its proxy, and lets it go with itself', function()
		local main, page = open()
		page:run [[
			co = coroutine.wrap(function()
				local o <close> = setmetatable({ ask(root, 'get') }, { __close = function() end })
				coroutine.yield()
				return o[1].name
			end)
			co()
		]]
		pair.quiesce(main, page)
		assert.are.equal(1, sent(page))
		page:run 'co = nil'
		pair.quiesce(main, page)
		assert.are.equal(0, sent(page))
	end)

	it('28: an argument that a waiting handler holds stays an object', function()
		local main, page = open()
		main:run [[
			function root:make() return { name = 'made' } end
			function root:hold(x)
				co = coroutine.running()
				coroutine.yield()
				said = x.name
			end
		]]
		page:run 'async(function() end, function() ask(root, "hold", ask(root, "make")) end)'
		pair.quiesce(main, page)
		assert.are.equal(0, page:counts().imports)
		main:run 'require "host.task".resume(co)'
		assert.are.equal('made', main:run 'return said')
		main:settle()
	end)

	it('30: what would wait for the page that waits for it raises', function()
		local main, page = open()
		page:run 'function pageRoot:answer() return 1 end'
		main:run [[
			function root:deadlock() return pages[1]:answer() end
		]]
		assert.error_matches(function()
			page:run 'return ask(root, "deadlock")'
		end, 'would deadlock')
	end)

	it('31: an answer overtakes the callbacks before it; they keep their order', function()
		local main, page = open()
		main:run [[
			function root:flood(fn)
				for i = 1, 100 do fn(i) end
				return 'answer'
			end
		]]
		page:run [[
			order = {}
			local answer = ask(root, 'flood', function(i) order[#order + 1] = i end)
			order[#order + 1] = answer
		]]
		main:settle()
		local expected = { 'answer' }
		for i = 1, 100 do
			expected[#expected + 1] = i
		end
		assert.are.equal(table.concat(expected, ' '), page:run 'return table.concat(order, " ")')
	end)

	it('32: a callback of one page, passed to another through main, dies with its page', function()
		local main, page = open()
		local other = pair.page(main)
		page:run 'ask(root, "set", function(x) got = x end)'
		main:run 'function root:handle() return handle end'
		other:run 'fn = ask(root, "handle"); result = fn(5)'
		main:settle()
		assert.are.equal(5, page:run 'return got')
		assert.is_true(other:run 'return result')
		page:kill()
		main:settle()
		assert.error_matches(function()
			other:run 'fn(6)'
		end, 'attempt to call a callback of a page that was reloaded or closed %(registered at lab:1%)')
	end)

	it('34: a page that collects in generations gives back what it drops', function()
		local main, page = open()
		page:run [[
			collectgarbage 'generational'
			held = {}
			for i = 1, 200 do held[i] = ask(root, "echo", root.get) and ask(root, "get") end
			for i = 1, 200 do held[i] = root.echo end
			collectgarbage() collectgarbage()
			held = nil
		]]
		for _ = 1, 200 do
			page:run 'local t = {} for i = 1, 1000 do t[i] = { i } end'
			main:settle()
			if page:counts().imports <= 2 then
				break
			end
		end
		assert.is_true(page:counts().imports <= 2)
	end)

	it('40: ipairs, table.concat, # and table.unpack give what they give for a table', function()
		local main, page = open()
		local code = [[
			local t = ...
			local words = { #t, table.concat(t, ','), table.concat(t, ';', 2, 3) }
			for i, v in ipairs(t) do words[#words + 1] = i .. '=' .. tostring(v) end
			for _, v in ipairs { table.unpack(t) } do words[#words + 1] = tostring(v) end
			words[#words + 1] = select('#', table.unpack(t, 1, 7))
			table.insert(t, 1, 'first')
			table.insert(t, 'last')
			words[#words + 1] = table.remove(t, 2)
			words[#words + 1] = table.remove(t)
			table.move(t, 1, 3, 2)
			words[#words + 1] = table.concat(t, ',')
			return table.concat(words, ' ')
		]]
		main:run('text = ... list = { 5, 3, "x", 2.5 } function root:list() return list end', code)
		local expected = main:run 'return load(text)({ 5, 3, "x", 2.5 })'
		assert.are.equal(expected, page:run('return load(...)(ask(root, "list"))', code))
	end)
end)
