local frames = require 'spec.support.frames'
local pair = require 'spec.support.pair'

describe('a class', function()
	local lab = pair.accounts(before_each, after_each)
	local main, page

	before_each(function()
		main, page = pair.open()
		main:run [[
			function root:make() return setmetatable({ n = 1 }, Class) end
			trips = 0
		]]
	end)

	-- What main sends while the page runs some code: the messages, and all frames.
	local function watch(code)
		local seen = {}
		page:hold 'toPage'
		page:onWait(function()
			page:hold 'toMain'
			main:settle()
			page:let 'toMain'
			main:settle()
			for _, bytes in ipairs(page:frames 'toPage') do
				seen[#seen + 1] = frames.parse(bytes)
			end
			page:deliver 'toPage'
		end)
		local result = page:run(code)
		page:onWait(nil)
		page:let 'toPage'
		local messages = {}
		for i, f in ipairs(seen) do
			messages[i] = f.message
		end
		return messages, seen, result
	end

	local function names(f)
		local list, reader = {}, lab.reader(f.body)
		local tag = reader:u8()
		if tag ~= 0 then
			list.name = reader:get(reader:u8())
		end
		list.bits = reader:u8() - 128
		while reader:left() > 0 do
			reader:u8()
			list[#list + 1] = reader:get(reader:u8())
		end
		table.sort(list)
		return list
	end

	it('is described once, before its first object', function()
		main:run [[
			Class = { __name = 'Class', __index = { one = print, two = print, three = 3, [4] = print } }
		]]
		local messages, seen = watch 'a = ask(root, "make") b = ask(root, "make")'
		assert.are.same({ 'class', 'return', 'return' }, messages)
		assert.are.same({ name = 'Class', bits = 0, 'one', 'two' }, names(seen[1]))
		assert.are.equal(seen[1].request, seen[2].references[1].aux)
	end)

	it('has the methods that it inherits, and says which metamethods matter', function()
		main:run [[
			local Base = { __index = { base = print } }
			local Middle = setmetatable({ middle = print }, Base)
			Class = { __index = setmetatable({ own = print }, { __index = Middle }), __eq = rawequal,
				__close = print }
		]]
		local _, seen = watch 'a = ask(root, "make")'
		assert.are.same({ bits = 3, 'base', 'middle', 'own' }, names(seen[1]))
	end)

	it('is none without a name and without methods', function()
		main:run 'Class = { __add = print }'
		assert.are.same({ 'return' }, (watch 'a = ask(root, "make")'))
		main:run 'Class = { __index = function() end }'
		assert.are.same({ 'return' }, (watch 'a = ask(root, "make")'))
	end)

	it('makes a method call one trip', function()
		main:run [[
			Class = { __index = { add = function(self, x) self.n = self.n + x return self.n end } }
		]]
		page:run 'o = ask(root, "make")'
		local messages, _, result = watch 'return o:add(5)'
		assert.are.same({ { 'return' }, 6 }, { messages, result })
	end)

	it('41: calls the method that main has now', function()
		main:run 'Class = { __index = { who = function() return "old" end } }'
		page:run 'o = ask(root, "make")'
		assert.are.equal('old', page:run 'return o:who()')
		main:run 'function Class.__index.who() return "new" end'
		assert.are.equal('new', page:run 'return o:who()')
		assert.are.equal('new', page:run 'local f = o.who return f(o)')
		main:run 'Class.__index.who = nil'
		local ok, problem = pcall(page.run, page, 'return o:who()')
		assert.is_false(ok)
		assert.matches("attempt to call a nil value %(method 'who'%)", problem)
	end)

	it('gives way to a field of the object', function()
		main:run [[
			Class = { __index = { who = function() return 'class' end } }
			function root:own() return setmetatable({ who = function() return 'own' end }, Class) end
		]]
		assert.are.same({ 'own', 'class', 'mine' }, { page:run [[
			local own, plain = ask(root, 'own'), ask(root, 'make')
			local a, b = own:who(), plain:who()
			plain.who = function() return 'mine' end
			return a, b, type(plain.who) == 'function' and 'mine'
		]] })
	end)

	it('keeps its methods where an object refuses a field', function()
		main:run [[
			Class = { __index = { who = function() return 'class' end } }
			function Class.__newindex(object, key, value)
				if value == 1 then error('sealed', 0) end
				rawset(object, key, value)
			end
		]]
		page:run "o = ask(root, 'make')"
		local messages, _, result = watch [[
			local before = o.who
			local refused = not pcall(function() o.who = 1 end)
			return refused and rawequal(o.who, before) and o:who()
		]]
		assert.are.same({ { 'raise', 'return' }, 'class' }, { messages, result })
		assert.are.equal(2, page:run 'o.who = 2 return o.who')
	end)

	it('gives a method that can be sent home, and called with something else', function()
		main:run [[
			Class = { __index = { who = function(x) return type(x) end } }
			function root:same(f) return f == Class.__index.who end
		]]
		assert.are.same({ true, 'number', true }, { page:run [[
			local o = ask(root, 'make')
			return ask(root, 'same', o.who), o.who(5), rawequal(o.who, o.who)
		]] })
	end)

	it('is not known any more in the next context, and is described again', function()
		main:run 'Class = { __name = "Class", __index = { one = print } }'
		assert.are.same({ 'class', 'return' }, (watch 'a = ask(root, "make")'))
		pair.reload(main, page)
		assert.are.same({ 'class', 'return' }, (watch 'a = ask(root, "make")'))
	end)

	it('is one of 1024 at most; objects of others work, too', function()
		main:run [[
			function root:other(i)
				return setmetatable({}, { __name = 'C' .. i, __index = { n = function() return i end } })
			end
		]]
		assert.are.equal(1100, page:run [[
			local last
			for i = 1, 1100 do
				last = ask(root, 'other', i)
			end
			return last:n()
		]])
		assert.are.equal(0, page:counts().fault)
	end)

	describe('made for one object', function()
		before_each(function()
			main:run [[
				alive = setmetatable({}, { __mode = 'k' })
				function root:view(i)
					local metatable = { __name = 'C' .. i, __index = { n = function() return i end } }
					alive[metatable] = true
					return setmetatable({}, metatable)
				end
				function root:same(f) return f end
			]]
		end)

		local function collect()
			for _ = 1, 3 do
				page:collect()
				main:settle()
				main:collect()
				main:settle()
			end
		end

		it('goes with it', function()
			page:run "o = ask(root, 'view', 1) assert(o:n() == 1) o = nil"
			collect()
			assert.is_nil(main:run 'return next(alive)')
		end)

		it('stays while its object is there, or one of its methods', function()
			page:run "o = ask(root, 'view', 1) f = o.n"
			collect()
			assert.is_not_nil(main:run 'return next(alive)')
			assert.are.same({ 1, true }, { page:run 'local same = o.n == f o = nil return f(), same' })
			collect()
			assert.are.same({ 1, 1 }, { page:run "return f(5), ask(root, 'same', f)()" })
			page:run 'f = nil'
			collect()
			assert.is_nil(main:run 'return next(alive)')
		end)

		it('makes room for others', function()
			local described, forgotten = 0, 0
			for _ = 1, 5 do
				local _, seen = watch
					"for i = 1, 500 do local o = ask(root, 'view', i) assert(o:n() == i) end"
				collect()
				for _, f in ipairs(seen) do
					described = described + (f.message == 'class' and f.values > 0 and 1 or 0)
					forgotten = forgotten + (f.message == 'class' and f.values == 0 and 1 or 0)
				end
			end
			assert.are.same({ 2500, true }, { described, forgotten >= 1000 })
			main:run 'Class = { __index = { late = function() return 7 end } }'
			page:run "for i = 1, 260 do last = ask(root, 'view', i) end o = ask(root, 'make')"
			local messages, _, result = watch 'return o:late()'
			assert.are.same({ { 'return' }, 7 }, { messages, result })
			assert.are.equal(260, page:run 'return last:n()')
		end)
	end)

	it('names 512 methods at most; others work, too', function()
		main:run [[
			Class = { __index = {} }
			for i = 1, 600 do Class.__index['m' .. i] = function() return i end end
		]]
		assert.are.equal(600 * 601 // 2, page:run [[
			local o, sum = ask(root, 'make'), 0
			for i = 1, 600 do sum = sum + o['m' .. i](o) end
			return sum
		]])
	end)
end)
