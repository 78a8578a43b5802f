local frames = require 'spec.support.frames'
local pair = require 'spec.support.pair'

-- In both states: look(v) describes a value exactly, with sharing and cycles.
local LOOK = [[
	local function describe(v, seen, depth)
		local kind = math.type(v) or type(v)
		if kind == 'integer' or kind == 'float' or kind == 'string' then
			return kind .. ' ' .. ('%q'):format(kind == 'float' and string.pack('d', v) or v)
		elseif kind ~= 'table' then
			return tostring(v)
		elseif seen[v] then
			return 'table ' .. seen[v] .. ' again'
		end
		seen.n = seen.n + 1
		seen[v] = seen.n
		local keys, words = {}, {}
		for k in next, v do
			keys[#keys + 1] = { type(k) == 'table' and 'table' or describe(k, seen), k }
		end
		table.sort(keys, function(a, b) return a[1] < b[1] end)
		for _, key in ipairs(keys) do
			local name = type(key[2]) == 'table' and describe(key[2], seen) or key[1]
			words[#words + 1] = name .. ' = ' .. describe(rawget(v, key[2]), seen)
		end
		return '{ ' .. table.concat(words, ', ') .. ' }'
	end
	function look(v) return describe(v, { n = 0 }) end
]]

describe('values that cross', function()
	pair.accounts(before_each, after_each)
	local main, page

	before_each(function()
		main, page = pair.open()
		main:run(LOOK .. [[
			function root:see(...) got = table.pack(...) end
			function root:looks() return look(got[1]) end
			function root:echo(...) return ... end
			function root:copy(v) return byValue(v) end
		]])
		page:run(LOOK)
	end)

	local function message(side, code)
		local ok, problem = pcall(side.run, side, code)
		assert.is_false(ok)
		return problem
	end

	describe('by copy', function()
		local strings = { [[('\0'):rep(3)]], [[('x'):rep(255)]], [[('x'):rep(256)]],
			[[('y'):rep(1 << 20)]], [['']], [['ünïcode \u{10FFFF}']],
			[[(function() local t = {} for i = 0, 255 do t[#t + 1] = string.char(i) end
				return table.concat(t) end)()]] }
		local values = { 'nil', 'true', 'false', '0', '1', '-1', '127', '128', '-128', '-129', '32767',
			'32768', '255', '256', '2147483647', '2147483648', '-2147483648', '-2147483649',
			'math.maxinteger', 'math.mininteger', '2^53 | 0', '(1 << 53) + 1', '0.0', '-0.0', '3.0', '1.5',
			'0/0', '-(0/0)', '1/0', '-1/0', '5e-324', '1.7976931348623157e308', '0.1', '2.0^63', '-2.0^63',
			table.unpack(strings) }
		local tables = { '{}', '{ 1, 2, 3 }', '{ 1, nil, 3 }', '{ [0] = 0, 1 }', '{ n = 1, 2 }',
			'{ [1.5] = 1, [true] = 2, [false] = 3, [-0.0] = 4 }', '{ [math.mininteger] = 1, [-1] = 2 }',
			'{ { {} }, { { {} } } }', '{ a = { b = { c = { 1, "x", 2.5 } } } }', "{ ['\\0'] = '\\0' }",
			'(function() local t = {} t[1] = t t.self = t return t end)()',
			'(function() local s = { 1 } return { s, s, { s, x = s } } end)()',
			'(function() local a, b = {}, {} a.b, b.a = b, a return { a, b } end)()',
			'(function() local t = {} t[t] = t return t end)()',
			'(function() local t = {} for i = 1, 10000 do t[i] = i * 0.5 end return t end)()',
			'(function() local t = {} for i = 1, 1000 do t["k" .. i] = { i } end return t end)()',
			'(function() local t = {} for i = 100, 1, -1 do t[i] = i end return t end)()' }

		for _, list in ipairs { values, tables } do
			for i, expression in ipairs(list) do
				it(('arrive as they were: %s'):format(#expression < 40 and expression
					or 'case ' .. i), function()
					local expected = page:run(('v = %s; return look(v)'):format(expression))
					page:run 'ask(root, "see", v)'
					assert.are.equal(expected, main:run 'return look(got[1])')
					main:run 'got = got[1]'
					assert.are.equal(expected, page:run 'return look((ask(root, "copy", v)))')
				end)
			end
		end

		it('keep their number, with holes', function()
			local counts = { page:run [[
				local function count(...) return select('#', ...) end
				return count(ask(root, 'echo')), count(ask(root, 'echo', nil)),
					count(ask(root, 'echo', nil, nil)), count(ask(root, 'echo', 1, nil, nil))
			]] }
			assert.are.same({ 0, 1, 2, 3 }, counts)
			page:run 'ask(root, "see", nil, 1, nil, nil)'
			assert.are.same({ 4, nil, 1, nil }, { main:run 'return got.n, got[1], got[2], got[3]' })
		end)

		it('36: a function of main sees how many arguments there were', function()
			main:run 'function root.count(...) return select("#", ...) end'
			main:run 'function root.three() return 1, nil, nil end'
			assert.are.equal(2, page:run 'return root.count(nil, nil)')
			assert.are.equal(3, page:run 'return select("#", root.three())')
		end)

		it('37: numbers and strings keep their kind and every bit', function()
			assert.are.equal('integer 3|float "\\0\\0\\0\\0\\0\\0\\8@"', page:run [[
				return look((ask(root, 'echo', 3))) .. '|' .. look((ask(root, 'echo', 3.0)))
			]])
			assert.is_true(page:run 'return 1 / ask(root, "echo", -0.0) == -math.huge')
			assert.is_true(page:run 'return ask(root, "echo", "a\\0b") == "a\\0b"')
			assert.is_true(page:run 'local n = ask(root, "echo", 0/0) return n ~= n')
		end)

		it('38: a table that holds itself and a shared one arrives with that shape', function()
			page:run 'local s = { 1 } local t = { s, s } t.t = t ask(root, "see", t)'
			assert.is_true(main:run 'local t = got[1] return rawequal(t, t.t) and rawequal(t[1], t[2])')
		end)

		it('keep what two arguments share', function()
			page:run 'local s = {} ask(root, "see", s, { s })'
			assert.is_true(main:run 'return rawequal(got[1], got[2][1])')
		end)

		it('39: are read without running Lua', function()
			page:run [[
				local function trap() error 'sprung' end
				v = setmetatable({ 1, x = 2 }, { __index = trap, __pairs = trap, __len = trap,
					__newindex = trap, __tostring = trap, __name = 'Trap', __metatable = 'none' })
				ask(root, 'see', v)
			]]
			assert.are.equal('{ integer 1 = integer 1, string "x" = integer 2 }',
				main:run 'return look(got[1])')
			assert.is_nil(main:run 'return getmetatable(got[1])')
		end)

		it('lose their metatables from main, too', function()
			main:run 'value = setmetatable({ 1 }, { __index = error, __name = "Class" })'
			main:run 'function root:value() return byValue(value) end'
			assert.is_nil(page:run 'return getmetatable(ask(root, "value"))')
		end)

		it('may be nested a thousand tables deep, and no deeper', function()
			page:run [[
				function nest(n)
					local t = {}
					for _ = 2, n do t = { t } end
					return t
				end
				ask(root, 'see', nest(1000))
			]]
			assert.are.equal(1000, main:run [[
				local n, t = 0, got[1]
				while t do n, t = n + 1, t[1] end
				return n
			]])
			assert.matches('a table nested too deep cannot be sent$',
				message(page, 'ask(root, "see", nest(1001))'))
			assert.are.equal(7, page:run 'return ask(root, "echo", 7)')
		end)

		it('may be a thousand deep in a thousand arguments', function()
			page:run [[
				local list = {}
				for i = 1, 100 do
					list[i] = {}
					for _ = 2, 1000 do list[i] = { list[i] } end
				end
				ask(root, 'see', table.unpack(list))
			]]
			assert.are.equal(100, main:run 'return got.n')
		end)

		it('may be many, but not more than a call may have', function()
			page:run 'many = {} for i = 1, 200000 do many[i] = i end'
			assert.are.equal(100000, page:run [[
				return select('#', ask(root, 'echo', table.unpack(many, 1, 100000)))
			]])
			assert.matches('too many arguments to send',
				message(page, 'ask(root, "echo", table.unpack(many))'))
		end)

		it('may be large, but not larger than a frame may be', function()
			page:run 'big = ("x"):rep(64 << 20)'
			assert.matches('the values are too large to be sent %(limit: 256 MiB%)',
				message(page, 'ask(root, "see", big, big, big, big)'))
			assert.are.equal(7, page:run 'big = nil; return ask(root, "echo", 7)')
		end)
	end)

	describe('that cannot be sent', function()
		local cases = {
			{ 'coroutine.create(print)', 'argument 1: a coroutine cannot' },
			{ 'io.stdout', 'argument 1: a userdata cannot' },
			{ '1, { opts = { file = io.stdout } }', "argument 2, field 'opts.file': a userdata cannot" },
			{ '{ 1, { 2, io.stdout } }', "argument 1, field '[2][2]': a userdata cannot" },
			{ '{ [1.5] = { io.stdout } }', "argument 1, field '[1.5][1]': a userdata cannot" },
			{ '{ [true] = io.stdout }', "argument 1, field '[boolean]': a userdata cannot" },
			{ '{ [{}] = io.stdout }', "argument 1, field '[table]': a userdata cannot" },
			{ '{ [io.stdout] = 1 }', 'argument 1: a userdata cannot' },
			{ '{ a = { [io.stdout] = 1 } }', "argument 1, field 'a': a userdata cannot" },
			{ '{ [("k"):rep(50)] = { [("l"):rep(200)] = io.stdout } }', "argument 1, field 'kkkk" },
		}
		for _, case in ipairs(cases) do
			it('are refused with their path: ' .. case[1], function()
				local problem = message(page, ('ask(root, "see", %s)'):format(case[1]))
				assert.are.equal('lab:1: ' .. case[2], problem:sub(1, #case[2] + 7))
				assert.matches('cannot be sent to the main process$', problem)
				assert.are.same({}, page:frames 'toMain')
				assert.are.equal(0, page:counts().exports)
			end)
		end

		it('are named as what they are to an operator', function()
			main:run 'root.t = {}'
			assert.matches('^lab:1: key: a userdata', message(page, 'return root.t[io.stdout]'))
			assert.matches('^lab:1: value: a coroutine',
				message(page, 'root.t.x = coroutine.create(print)'))
			assert.matches('^lab:1: operand 2: a userdata', message(page, 'return root.t .. io.stdout'))
			assert.matches('^lab:1: argument 2: a userdata', message(page, 'root.t(1, io.stdout)'))
		end)

		it('make a result an error that says which', function()
			page:run 'function pageRoot:bad() return 1, { x = io.stdout } end'
			main:run [[
				require 'host.task'.start(function()
					ok, problem = pcall(ask, pages[1], 'bad')
				end)
			]]
			main:settle()
			assert.are.equal("result 2, field 'x': a userdata cannot be sent to the main process",
				main:run 'return problem')
		end)
	end)

	describe('by reference', function()
		it('are tables, userdata, coroutines and functions of main', function()
			main:run [[
				root.t, root.u, root.c, root.f = {}, io.stdout, coroutine.create(print), print
			]]
			assert.are.same({ 'userdata', 'userdata', 'userdata', 'function' },
				{ page:run 'return type(root.t), type(root.u), type(root.c), type(root.f)' })
			assert.are.same({ 4, 4 }, { page:counts().imports, page:mainCounts().exports })
		end)

		it('are functions of a page, wherever they stand', function()
			page:run 'ask(root, "see", print, { f = print, { pcall } })'
			assert.are.same({ true, 'function', 'function' },
				{ main:run 'return rawequal(got[1], got[2].f), type(got[1]), type(got[2][1][1])' })
			assert.are.same({ 2, 2 }, { page:counts().exports, page:mainCounts().callbacks })
		end)

		it('carry the place where a callback was passed, the first time', function()
			page:hold 'toMain'
			page:run '\nfn = print async(ignore, function() ask(root, "see", fn) end)'
			page:run '\n\nasync(ignore, function() ask(root, "see", fn) end)'
			page:step()
			local list = page:frames 'toMain'
			local function first(i)
				for _, r in ipairs(frames.parse(list[i]).references) do
					if r.kind == 'function' then
						return r.text
					end
				end
			end
			assert.are.same({ 'lab:2', '' }, { first(1), first(2) })
			page:let 'toMain'
			main:settle()
			assert.are.equal('lab:2', page:mainReferences().imports[1].origin)
		end)

		it('stand once in a frame, however often they are named', function()
			page:hold 'toMain'
			main:run 'root.o = {}'
			page:let 'toMain'
			page:run 'o = root.o'
			page:hold 'toMain'
			page:run 'async(ignore, function() ask(root, "see", o, { o, print, { print, o } }, print) end)'
			page:step()
			local f = frames.parse(page:frames 'toMain'[1])
			local kinds = {}
			for i, r in ipairs(f.references) do
				kinds[i] = r.kind
			end
			assert.are.same({ 'yours', 'yours', 'function' }, kinds)
			page:let 'toMain'
			main:settle()
		end)
	end)

	it('may change under way: then they are sent as they are, or refused', function()
		page:run [[
			refused = 0
			for round = 1, 60 do
				collectgarbage()
				collectgarbage 'stop'
				local t = {}
				for i = 1, 50 do t['k' .. i] = function() return t end end
				for i = 1, round % 10 do
					setmetatable({}, { __gc = function()
						for j = 1, 50 do t['k' .. j] = nil end
						for j = 1, 200 do t['new' .. i .. j] = 1 end
					end })
				end
				-- The first allocations under way make a whole cycle, finalizers and all.
				collectgarbage('incremental', 1, 1000, 24 + round % 7)
				collectgarbage 'restart'
				local ok, problem = pcall(ask, root, 'see', t)
				if not ok then
					refused = refused + 1
					assert(problem:find 'a table that changes while it is sent cannot be sent')
				end
			end
		]]
		assert.are.equal(7, page:run 'return ask(root, "echo", 7)')
		main:run 'got = nil'
		pair.quiesce(main, page)
		assert.are.same({ 0, 0 }, { page:counts().exports, page:mainCounts().callbacks })
	end)

	it('15: survive a collection at every allocation, with finalizers that talk', function()
		local busy = [[
			collectgarbage('incremental', 1, 1000, 1)
			function litter(act)
				setmetatable({}, { __gc = function() pcall(act) end })
			end
		]]
		main:run(busy .. [[
			handles = {}
			Class = { __index = { name = function(self) return 'named ' .. self.n end }, __name = 'Class' }
			function root:make(n)
				litter(function() if handle then handle(n) end end)
				return setmetatable({ n = n }, Class), { n = n }
			end
			function root:set(fn) handle = fn; litter(function() handle({ n = 1 }, fn) end) end
		]])
		page:run(busy .. [[
			heard = 0
			other = root
			ask(root, 'set', function() heard = heard + 1 end)
			for i = 1, 300 do
				local o, t = ask(root, 'make', i)
				litter(function() return o.n, ask(other, 'make', { i, { o, function() end } }) end)
				assert(t.n == i and o.n == i)
				assert(o:name() == 'named ' .. i)
				assert(look(ask(root, 'copy', { i, { 'x', i } })) == look { i, { 'x', i } })
				ask(root, 'see', function() return o end, { o, { t } })
			end
		]])
		main:settle()
		assert.is_true(page:run 'return heard' > 0)
		assert.are.same('', main:run 'return table.concat(uncaught, "; ")')
		assert.are.same('', page:run 'return table.concat(uncaught, "; ")')
		main:run 'handle, handles, got = nil'
		page:run 'other = nil'
		pair.quiesce(main, page)
		assert.are.same({ 0, 0 }, { page:counts().exports, page:mainCounts().callbacks })
		assert.is_true(page:mainCounts().exports <= 2)
	end)
end)
