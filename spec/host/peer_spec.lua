local frames = require 'spec.support.frames'
local pair = require 'spec.support.pair'

describe('a peer', function()
	local lab = pair.accounts(before_each, after_each)
	local main, page

	before_each(function()
		main, page = pair.open()
		main:run [[
			function root:echo(...) return ... end
			function root:set(fn) handle = fn end
			function start(fn, ...) require 'host.task'.start(fn, ...) end
		]]
	end)

	local function message(side, code, ...)
		local ok, problem = pcall(side.run, side, code, ...)
		assert.is_false(ok)
		return problem
	end

	-- What main makes of a frame that the page is said to have sent.
	local function faultOf(f)
		page:inject('toMain', type(f) == 'string' and f or frames.frame(f))
		main:settle()
		return page:mainCounts().fault
	end

	describe('asks', function()
		it('and gets what the method returns', function()
			assert.are.same({ 1, nil, 3 }, { page:run 'return ask(root, "echo", 1, nil, 3)' })
		end)

		it('from within a finalizer, a sort and a metamethod', function()
			assert.are.same({ 3, 1, 5 }, { page:run [[
				local t = { 3, 1, 2 }
				table.sort(t, function(a, b) return ask(root, 'echo', a > b) end)
				local o = setmetatable({}, { __add = function(_, n) return ask(root, 'echo', n + 1) end })
				setmetatable({}, { __gc = function() done = ask(root, 'echo', 5) end })
				collectgarbage()
				return t[1], t[3], math.max(o + 4, done)
			]] })
		end)

		it('main and waits while the handler there waits', function()
			main:run 'function root:slow() waiting = coroutine.running() return coroutine.yield() + 1 end'
			page:onWait(function()
				main:step()
				if main:run 'return waiting ~= nil' then
					main:run 'local co = waiting waiting = nil require "host.task".resume(co, 41)'
				end
			end)
			assert.are.equal(42, page:run 'return ask(root, "slow")')
		end)

		it('a page and yields meanwhile', function()
			page:run 'function pageRoot:double(x) return x * 2 end'
			main:run 'start(function() got = ask(pages[1], "double", 21) end) after = got'
			assert.is_nil(main:run 'return got')
			main:settle()
			assert.are.equal(42, main:run 'return got')
		end)

		it('a page only from where Lua can yield', function()
			main:run 'local ok ok, problem = pcall(string.gsub, "x", "x", function() ask(pages[1], "x") end)'
			assert.matches('cannot wait for a page\'s answer here', main:run 'return problem')
		end)

		it('and raises what is raised there', function()
			main:run 'function root:fail(v) error(v, 0) end'
			assert.are.same({ false, 'text' }, { page:run 'return pcall(ask, root, "fail", "text")' })
			assert.are.same({ false, nil }, { page:run 'return pcall(ask, root, "fail", nil)' })
			assert.are.same({ false, 7 }, { page:run 'return pcall(ask, root, "fail", 7)' })
		end)

		it('35: and gets the very value that was raised', function()
			main:run [[
				problem = {}
				function root:fail() error(problem) end
				function root:again(v) same = v == problem error(v) end
			]]
			assert.is_true(page:run [[
				local _, first = pcall(ask, root, 'fail')
				local _, second = pcall(ask, root, 'again', first)
				return rawequal(first, second)
			]])
			assert.is_true(main:run 'return same')
			assert.is_true(page:run [[
				local o = ask(root, 'echo', root)
				local _, e = pcall(ask, root, 'again', o)
				return rawequal(e, o)
			]])
		end)

		it('for one answer after another, each its own, though they come in another order', function()
			main:run [[
				waiting = {}
				function root:hold(i) waiting[i] = coroutine.running() return coroutine.yield() end
			]]
			page:run [[
				order = {}
				for i = 1, 5 do
					async(ignore, function() local answer = ask(root, 'hold', i)
					order[#order + 1] = answer end)
				end
			]]
			main:settle()
			main:run [[
				for _, i in ipairs { 3, 1, 5, 2, 4 } do
					require 'host.task'.resume(waiting[i], i * 10)
				end
			]]
			main:settle()
			assert.are.equal('30 10 50 20 40', page:run 'return table.concat(order, " ")')
		end)

		it('a thousand at once, and one for longer than a thousand others', function()
			main:run [[
				function root:hold(i)
					held = coroutine.running()
					return i, coroutine.yield()
				end
				function root:quick(i)
					return i
				end
			]]
			page:run [[
				sum = 0
				async(ignore, function() last = table.concat({ ask(root, 'hold', 7) }, ' ') end)
				for i = 1, 1000 do
					async(ignore, function() local n = ask(root, 'quick', i) sum = sum + n end)
				end
			]]
			main:settle()
			page:run [[
				async(ignore, function()
					for i = 1, 1000 do local n = ask(root, 'quick', -i) sum = sum + n end
				end)
			]]
			main:settle()
			assert.are.same({ 0 }, { page:run 'return sum, last' })
			main:run 'require "host.task".resume(held, "late")'
			main:settle()
			assert.are.equal('7 late', page:run 'return last')
		end)

		it('but not where somebody else went on with the coroutine', function()
			page:run [[
				function pageRoot:slow()
					slow = coroutine.running()
					return coroutine.yield()
				end
				function pageRoot:other()
					other = coroutine.running()
					return coroutine.yield()
				end
			]]
			main:run [[
				asker = coroutine.create(function()
					_, problem = pcall(ask, pages[1], 'slow')
					answer = ask(pages[1], 'other')
				end)
				coroutine.resume(asker)
				coroutine.resume(asker, 'me')
			]]
			assert.matches('resumed by something else', main:run 'return problem')
			main:settle()
			page:run 'require "host.task".resume(slow, "too late")'
			main:settle()
			assert.is_nil(main:run 'return answer')
			page:run 'require "host.task".resume(other, "in time")'
			main:settle()
			assert.are.equal('in time', main:run 'return answer')
		end)

		it('and hears when nobody can ever answer', function()
			main:run 'function root:lost() coroutine.yield() end'
			page:onWait(function()
				main:step()
				main:collect()
			end)
			assert.matches('has stopped for good: its coroutine yielded', message(page, 'ask(root, "lost")'))
		end)

		it('and hears that the page was reloaded before it answered', function()
			page:run 'function pageRoot:never() coroutine.yield() end keep = {}'
			page:run 'function pageRoot:never() keep[1] = coroutine.running() coroutine.yield() end'
			main:run 'start(function() ok, problem = pcall(ask, pages[1], "never") end)'
			main:settle()
			pair.reload(main, page)
			assert.matches('the page was reloaded or closed before it answered', main:run 'return problem')
		end)

		it('no more of a page that is gone, for which it waits no longer', function()
			local other = pair.page(main)
			main:run [[
				function root:first()
					pcall(ask, pages[2], 'never')
					held = coroutine.running()
					return coroutine.yield()
				end
				function root:second()
					state = 'asking'
					local _, problem = pcall(ask, pages[1], 'x')
					state = problem
				end
			]]
			other:run 'function pageRoot:never() keep = coroutine.running() coroutine.yield() end'
			local seen
			page:onWait(function()
				if seen then
					return
				end
				seen = true
				main:settle()
				pair.reload(main, other)
				assert.is_true(main:run 'return held ~= nil')
				pcall(other.run, other, 'ask(root, "second")')
				main:run 'require "host.task".resume(held, 5)'
			end)
			assert.are.equal(5, page:run 'return ask(root, "first")')
			assert.are.equal('asking', main:run 'return state')
		end)
	end)

	describe('that is sent what cannot be ends the page with the fault', function()
		local REF = frames.reference
		local ROOT = { { kind = 'yours', id = 0 } }
		local cases = {
			{ 'LENGTH', 'a frame of no length', string.pack('=I4', 0) },
			{ 'LENGTH', 'a frame beyond the limit', string.pack('=I4', (256 << 20) + 1) },
			{ 'LENGTH', 'a body beyond its frame', { message = 'ask', body = 'abc', bodyLength = 99 } },
			{ 'MESSAGE', 'an unknown message', { message = 10 } },
			{ 'MESSAGE', 'another unknown message', { message = 255 } },
			{ 'UNEXPECTED', 'no message', { message = 0 } },
			{ 'UNEXPECTED', 'an acknowledgement main never asked for', { message = 'end-ack' } },
			{ 'VERSION', 'another version', { message = 'hello', request = 2 } },
			{ 'EPOCH', 'an old epoch', { message = 'release', epoch = 0 } },
			{ 'EPOCH', 'a later epoch', { message = 'post', operation = 'call', epoch = 2 } },
			{ 'OPERATION', 'an unknown operation', { message = 'ask', operation = 99, values = 1,
				body = '\0' } },
			{ 'OPERANDS', 'a call of nothing', { message = 'ask', operation = 'call' } },
			{ 'OPERANDS', 'an index with no key', { message = 'ask', operation = 'index', values = 1,
				body = '\0' } },
			{ 'OPERANDS', 'a length of two things', { message = 'ask', operation = 'len', values = 2,
				body = '\0\0' } },
			{ 'BODY', 'fewer values than it says', { message = 'ask', operation = 'call', values = 2,
				body = '\0' } },
			{ 'BODY', 'more values than it says', { message = 'ask', operation = 'call', values = 1,
				body = '\0\0' } },
			{ 'BODY', 'an unknown tag', { message = 'ask', operation = 'call', values = 1, body = '\12' } },
			{ 'REFERENCES', 'a place beyond its references', { message = 'ask', operation = 'call',
				values = 1, body = REF(1), references = ROOT } },
			{ 'REFERENCES', 'fewer references than it says', { message = 'ask', operation = 'call',
				values = 1, body = REF(0), references = ROOT, referenceCount = 2 } },
			{ 'REFERENCES', 'bytes behind its references', { message = 'ask', operation = 'call',
				values = 1, body = REF(0), references = ROOT, tail = 'x' } },
			{ 'REFERENCES', 'an unknown kind', { message = 'ask', operation = 'call', values = 1,
				body = REF(0), references = { { kind = 4 } } } },
			{ 'REFERENCES', 'an object of its own', { message = 'ask', operation = 'call', values = 1,
				body = REF(0), references = { { kind = 'object', id = 5 } } } },
			{ 'REFERENCES', 'a function with the id of its root', { message = 'ask', operation = 'call',
				values = 1, body = REF(0), references = { { kind = 'function', id = 0 } } } },
			{ 'REFERENCES', 'a function with a very long origin', { message = 'ask', operation = 'call',
				values = 1, body = REF(0),
				references = { { kind = 'function', id = 1, text = ('x'):rep(1000) } } } },
			{ 'FOREIGN', 'what it was never given', { message = 'ask', operation = 'call', values = 1,
				body = REF(0), references = { { kind = 'yours', id = 1 << 32 | 1 } } } },
			{ 'FOREIGN', 'what is beyond the table', { message = 'ask', operation = 'call', values = 1,
				body = REF(0), references = { { kind = 'yours', id = -1 } } } },
			{ 'REQUEST', 'an answer to nothing', { message = 'return', request = 1 } },
			{ 'REQUEST', 'an error for nothing', { message = 'raise', request = 1, values = 2,
				body = '\0\0' } },
			{ 'BODY', 'an error without traceback', { message = 'raise', request = 1, values = 1,
				body = '\0' } },
			{ 'CLASS', 'a class of its own', { message = 'class', request = 1, values = 2,
				body = '\0' .. frames.small(0) } },
			{ 'BODY', 'a release that is no pair', { message = 'release', values = 1, body = 'x' } },
			{ 'BODY', 'releases that are not all there', { message = 'release', values = 0xffffffff } },
		}
		for _, case in ipairs(cases) do
			it(case[1] .. ': ' .. case[2], function()
				assert.are.equal(lab.faults[case[1]], faultOf(case[3]))
				local counts = page:mainCounts()
				assert.is_true(counts.lost)
				assert.are.same({ 0, 0, 0 }, { counts.exports, counts.imports, counts.requests })
			end)
		end

		it('REQUESTS: more requests than a page may have', function()
			main:run [[
				keep = {}
				function root:hold() keep[#keep + 1] = coroutine.running() coroutine.yield() end
			]]
			local bytes = frames.frame { message = 'ask', operation = 'invoke', request = 1, values = 2,
				body = REF(0) .. frames.string8 'hold', references = ROOT }
			assert.are.equal(0, faultOf(bytes:rep(10000)))
			assert.are.equal(10000, page:mainCounts().requests)
			assert.are.equal(lab.faults.REQUESTS, faultOf(bytes))
			assert.are.equal(0, page:mainCounts().requests)
		end)

		it('REQUEST: an answer that was given before', function()
			page:run 'function pageRoot:one() return 1 end'
			main:run 'start(function() got = ask(pages[1], "one") end)'
			main:settle()
			assert.are.equal(1, main:run 'return got')
			assert.are.equal(lab.faults.REQUEST, faultOf { message = 'return', request = 1 })
		end)

		it('FOREIGN: what it gave back before', function()
			main:run 'function root:new() return {} end'
			page:run 'o = ask(root, "new")'
			local id = next(page:mainReferences().exports)
			page:run 'release(o)'
			page:step()
			main:settle()
			assert.are.equal(lab.faults.FOREIGN, faultOf { message = 'ask', operation = 'len', values = 1,
				body = REF(0), references = { { kind = 'yours', id = id } } })
		end)

		it('and goes on with the others', function()
			local other = pair.page(main)
			assert.are.equal(lab.faults.MESSAGE, faultOf { message = 99 })
			assert.are.equal(7, other:run 'return ask(root, "echo", 7)')
		end)
	end)

	it('survives an error that a hostile page makes up', function()
		page:run 'function pageRoot:x() end'
		local file = require 'host.process'.dataDir .. '/lua/shared/operations.lua'
		local texts = { file .. ':1: attempt to call (local', file .. ':1: bad argument #1 to (',
			'bad argument #99999999999999 to \'x\' (', '', file .. ':1:' }
		for _, traceback in ipairs { frames.NIL, frames.TRUE, frames.small(1), frames.table({}),
			frames.string8 '', frames.string8 'stack traceback:\n\t[C]: in function' } do
			for _, text in ipairs(texts) do
				page:hold 'toPage'
				main:run 'start(function() ok, problem = pcall(ask, pages[1], "x") end)'
				main:settle()
				local asked = page:frames 'toPage'
				page:drop 'toPage'
				page:inject('toMain', frames.frame { message = 'raise', values = 2,
					request = frames.parse(asked[1]).request, body = frames.string8(text) .. traceback })
				main:settle()
				assert.are.same({ 0, false }, { page:mainCounts().fault, main:run 'return ok' })
			end
		end
		page:let 'toPage'
	end)

	it('posts, and hears of errors from the uncaught handler', function()
		page:run 'function pageRoot:fail() error "no" end'
		main:run 'post(pages[1], "fail")'
		main:settle()
		assert.are.equal('lab:1: no', page:run 'return uncaught[1]')
	end)

	it('is told of the end of the stream only when everything was read', function()
		main:run 'count = 0 function root:hit() count = count + 1 end'
		page:run 'for i = 1, 50 do async(ignore, function() ask(root, "hit") end) end'
		page:step()
		page:kill()
		main:settle()
		assert.are.equal(50, main:run 'return count')
		assert.is_true(page:mainCounts().lost)
		assert.are.equal(0, page:mainCounts().fault)
	end)

	it('gives a page another context as often as it likes', function()
		for i = 1, 20 do
			page:run 'ask(root, "set", function() end); o = ask(root, "echo", root)'
			main:run 'handle()'
			assert.are.equal(i, page:counts().epoch)
			pair.reload(main, page)
		end
		assert.are.same({ 0, 0 }, { page:mainCounts().exports, page:mainCounts().imports })
	end)

	it('17: finishes the handler of a page that has died, and drops its answer', function()
		main:run [[
			function root:slow()
				waiting = coroutine.running()
				coroutine.yield()
				finished = true
				return {}, function() end
			end
		]]
		page:run 'async(ignore, function() ask(root, "slow") end)'
		main:settle()
		page:kill()
		main:settle()
		assert.is_nil(main:run 'return finished')
		main:run 'require "host.task".resume(waiting)'
		assert.is_true(main:run 'return finished')
		assert.are.same({ 0, 0 }, { page:mainCounts().exports, page:mainCounts().requests })
	end)
end)
