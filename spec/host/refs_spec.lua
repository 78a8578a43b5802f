local frames = require 'spec.support.frames'
local pair = require 'spec.support.pair'

describe('the rules of references:', function()
	pair.accounts(before_each, after_each)
	local main, page

	before_each(function()
		main, page = pair.open()
		main:run [[
			list = {}
			for i = 1, 200 do list[i] = { i } end
			function root:get(i) return list[i] end
			function root:all(n) return table.unpack(list, 1, n) end
			function root:set(fn) handle = fn end
			function root:echo(...) return ... end
		]]
	end)

	local function sent()
		local sum, entries = 0, 0
		for _, n in pairs(page:mainReferences().exports) do
			sum, entries = sum + n, entries + 1
		end
		return sum, entries
	end

	it('1: a count goes up when a frame is whole, once for each reference in it', function()
		page:run 'a = ask(root, "get", 1)'
		assert.are.same({ 1, 1 }, { sent() })
		page:run 'b = { ask(root, "all", 3) }'
		assert.are.same({ 4, 3 }, { sent() })
		page:run 'return ask(root, "echo", a, a, b[2])'
		assert.are.same({ 6, 3 }, { sent() })
	end)

	it('1: what cannot be sent counts nothing', function()
		main:run [[
			function root:bad() return byValue { {}, print, setmetatable({}, { __name = 'C' }) }, list[1] end
		]]
		page:run 'function pageRoot:bad() return function() end, io.stdout end'
		main:run 'require "host.task".start(function() ok = pcall(ask, pages[1], "bad") end)'
		main:settle()
		assert.is_false(main:run 'return ok')
		assert.are.same({ 0, 0 }, { page:counts().exports, page:mainCounts().callbacks })
	end)

	it('2: nothing that was counted is dropped; it is delivered, however late', function()
		page:run 'got = 0 fn = function(t) got = got + t[1] end ask(root, "set", fn)'
		page:hold 'toPage'
		main:run 'for i = 1, 100 do handle(list[i]) end'
		main:step()
		assert.are.same({ 100, 100 }, { sent() })
		main:run 'list = {}'
		main:collect()
		page:let 'toPage'
		main:settle()
		assert.are.equal(5050, page:run 'return got')
		pair.quiesce(main, page)
		assert.are.equal(0, (sent()))
	end)

	it('4: a finalizer sends nothing', function()
		page:run 'o = { ask(root, "all", 20) }'
		page:hold 'toMain'
		page:run 'o = nil collectgarbage() collectgarbage()'
		assert.are.same({}, page:frames 'toMain')
		assert.are.same({ 20, 20 }, { page:counts().queued, page:counts().imports })
	end)

	it('5: releases go behind the request, many of them with it', function()
		page:run 'o = { ask(root, "all", 63) }'
		page:run 'o = nil collectgarbage() collectgarbage()'
		page:hold 'toMain'
		local seen = {}
		page:onWait(function()
			for _, bytes in ipairs(page:frames 'toMain') do
				seen[#seen + 1] = frames.parse(bytes)
			end
			page:deliver 'toMain'
		end)
		page:run 'return ask(root, "echo")'
		assert.are.same({ 1, 'ask' }, { #seen, seen[1].message })
		page:let 'toMain'
		page:run 'o = ask(root, "get", 100)'
		page:run 'o = nil collectgarbage() collectgarbage()'
		page:hold 'toMain'
		seen = {}
		page:run 'return ask(root, "echo")'
		assert.are.same({ 2, 'ask', 'release', 64 },
			{ #seen, seen[1].message, seen[2].message, seen[2].values })
		page:onWait(nil)
		page:let 'toMain'
		main:settle()
		assert.are.equal(0, (sent()))
	end)

	it('5: before the loop sleeps all releases go, in one frame', function()
		page:run 'o = { ask(root, "all", 200) }'
		page:run 'o = nil collectgarbage() collectgarbage()'
		page:hold 'toMain'
		page:step()
		local list = page:frames 'toMain'
		assert.are.same({ 1, 'release', 200 },
			{ #list, frames.parse(list[1]).message, frames.parse(list[1]).values })
		page:let 'toMain'
	end)

	it('6: what is given back by hand is of no use at once, and can be had again', function()
		page:run 'o = ask(root, "get", 1) p = o release(o)'
		assert.error_matches(function()
			page:run 'return p[1]'
		end, 'attempt to use a remote object that was released')
		assert.are.equal(1, page:run 'o = ask(root, "get", 1) return o[1]')
		main:settle()
		assert.are.equal(1, (sent()))
		page:run 'release(o) release(o) release(p)'
		main:settle()
		assert.are.equal(0, (sent()))
	end)

	it('7: part of a count can be given back', function()
		page:run 'o = ask(root, "get", 1) o = ask(root, "get", 1) o = ask(root, "get", 1)'
		local id = next(page:mainReferences().exports)
		page:inject('toMain', frames.frame { message = 'release', values = 1,
			body = string.pack('=I8I4', id, 2) })
		main:settle()
		assert.are.equal(1, (sent()))
		-- What the page still counts is more now than it has: so that its end agrees, it reloads.
		pair.reload(main, page)
	end)

	it('7: an id is never used for another value', function()
		local seen = {}
		for _ = 1, 50 do
			page:run 'o = ask(root, "get", 1)'
			local id = next(page:mainReferences().exports)
			assert.is_nil(seen[id])
			seen[id] = true
			page:run 'release(o)'
			main:settle()
		end
		pair.reload(main, page)
		page:run 'o = ask(root, "get", 1)'
		assert.is_nil(seen[next(page:mainReferences().exports)])
	end)

	it('8: what is sent home is found before later releases are dealt with', function()
		page:run 'o = ask(root, "get", 7)'
		page:hold 'toMain'
		page:run 'async(ignore, function() ask(root, "set", { o }) end) o = nil'
		page:collect()
		page:step()
		assert.are.same({ 'ask', 'release' }, frames.messages(page:frames 'toMain'))
		page:let 'toMain'
		main:settle()
		assert.are.equal(7, main:run 'return handle[1][1]')
		assert.are.equal(0, (sent()))
	end)

	it('9: the end of a context ends every count, both ways', function()
		page:run 'o = { ask(root, "all", 50) } ask(root, "set", { print, pcall, error })'
		assert.are.same({ 50, 3 }, { sent(), page:mainCounts().callbacks })
		pair.reload(main, page)
		local near, far = page:counts(), page:mainCounts()
		assert.are.same({ 0, 0, 0, 0, 0 },
			{ near.exports, near.imports, far.exports, far.imports, far.callbacks })
	end)

	it('what many exports took is given back once few are left', function()
		local function heap()
			pair.quiesce(main, page)
			return main:run 'collectgarbage() return collectgarbage "count"'
		end
		main:run 'function root:new() return {} end'
		page:run 'first = ask(root, "get", 1)'
		local before = heap()
		for _ = 1, 2 do
			page:run [[
				kept = {}
				for i = 1, 5000 do kept[i] = ask(root, 'new') end
				last = ask(root, 'get', 2)
			]]
			assert.is_true(heap() - before > 300)
			page:run 'kept = nil'
			assert.is_true(heap() - before < 64)
			assert.are.equal(2, (select(2, sent())))
			assert.are.same({ 1, 2 }, { page:run [[
				assert(ask(root, 'echo', first) == first and ask(root, 'get', 2) == last)
				return first[1], last[1]
			]] })
			page:run 'last = nil'
		end
	end)

	it('identity: one object is one proxy as long as it lives, and a key of tables', function()
		assert.is_true(page:run [[
			local a = ask(root, 'get', 1)
			local t = { [a] = 'found' }
			return a == ask(root, 'get', 1) and t[ask(root, 'get', 1)] == 'found'
				and a ~= ask(root, 'get', 2)
		]])
	end)

	it('identity: a function of main is one function, even as an upvalue of others', function()
		main:run 'root.f = function(x) return x end'
		assert.is_true(page:run 'return root.f == root.f and type(root.f) == "function"')
	end)

	it('42: tampering with a remote function is an error and no more', function()
		main:run 'root.f = function(x) return x end'
		local ok, problem = pcall(page.run, page, [[
			local f = root.f
			debug.setupvalue(f, 1, 5)
			return f(1)
		]])
		assert.is_false(ok)
		assert.matches('tampered', problem)
		page:run [[
			local f = root.f
			for _, v in ipairs { io.stdout, {}, 'x', print, 1.5, true } do
				debug.setupvalue(f, 1, v)
				pcall(f)
				pcall(ask, root, 'echo', f)
				pcall(release, f)
			end
			debug.setmetatable(ask(root, 'get', 1), nil)
			collectgarbage()
		]]
		assert.are.equal(5, page:run 'return ask(root, "echo", 5)')
		-- What lost its finalizer is gone with the context.
		pair.reload(main, page)
	end)
end)
