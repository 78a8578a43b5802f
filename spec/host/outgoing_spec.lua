local pair = require 'spec.support.pair'

-- What both states know: long strings, each of its own kind, that are written from where they lie.
local PRELUDE = [[
	function long(n, length)
		return (('%d,'):format(n)):rep((length or 100000) // 2)
	end
]]

describe('a long string', function()
	pair.accounts(before_each, after_each)
	local main, page

	before_each(function()
		main, page = pair.open()
		main:run(PRELUDE)
		page:run(PRELUDE)
		main:run [[
			function root:echo(...) return ... end
			function root:set(...) handles = table.pack(...) end
			function root:size(...)
				local sum = 0
				for _, text in ipairs { ... } do sum = sum + #text end
				return sum
			end
		]]
	end)

	it('crosses whole, both ways, wherever it stands among other values', function()
		assert.is_true(page:run [[
			local a, b, c = long(1), long(2, 40000), long(3, 1000000)
			local got = table.pack(ask(root, 'echo', a, 1, b, 'short', c, a, nil))
			return got.n == 7 and got[1] == a and got[2] == 1 and got[3] == b
				and got[4] == 'short' and got[5] == c and got[6] == a
		]])
	end)

	it('crosses in a copied table, as a key as well', function()
		main:run 'function root:make() return byValue { long(1), { [long(2)] = long(3) }, 4 } end'
		assert.is_true(page:run [[
			local got = ask(root, 'make')
			return got[1] == long(1) and got[2][long(2)] == long(3) and got[3] == 4
		]])
		assert.are.equal(400000, page:run 'return ask(root, "size", long(1), long(2), long(3), long(4))')
	end)

	it('crosses behind the description of a class', function()
		main:run [[
			Class = { __name = 'Class', __index = { name = function(self) return self.text end } }
			function root:make(n)
				return long(n), setmetatable({ text = long(n + 1) }, Class), long(n + 2)
			end
		]]
		assert.is_true(page:run [[
			local a, o, b = ask(root, 'make', 1)
			return a == long(1) and o:name() == long(2) and b == long(3)
		]])
	end)

	it('is taken back with what cannot be sent, and what comes next is whole', function()
		for _ = 1, 3 do
			assert.error_matches(function()
				page:run 'ask(root, "echo", long(1), { long(2), { io.stdout } })'
			end, 'cannot be sent')
			assert.is_true(page:run 'return ask(root, "echo", long(3)) == long(3)')
		end
	end)

	it('stays whole where a finalizer sends others in the middle of its frame', function()
		main:run 'function root:post(text) posted = (posted or 0) + (text == long(9) and 1 or 0) end'
		page:run [[
			for i = 1, 20 do
				setmetatable({}, { __gc = function() ask(root, 'post', long(9)) end })
				local t = { long(i), function() end, { long(i + 1), function() end } }
				local got = table.pack(ask(root, 'echo', long(i), t, long(i + 2)))
				assert(got[1] == long(i) and got[3] == long(i + 2))
			end
			collectgarbage()
		]]
		main:settle()
		assert.are.equal(20, main:run 'return posted')
	end)

	it('stays whole where the collector runs in the middle of its frame', function()
		page:run [[
			whole, posted = 0, 0
			ask(root, 'set', function(first, last, ...)
				if first == long(1) and last == long(2) and select('#', ...) == 200
						and select(200, ...):number() == 200 then
					whole = whole + 1
				end
			end, function(text)
				posted = posted + (text == long(9) and 1 or 0)
			end)
		]]
		local inside = main:run [[
			local post, tell = handles[1], handles[2]
			local function number(self) return self.n end
			local building, inside = false, 0
			collectgarbage('generational', 1, 100)
			for _ = 1, 5 do
				local items = {}
				for i = 1, 200 do
					items[i] = setmetatable({ n = i }, { __index = { number = number } })
				end
				local first, last, litter = long(1), long(2), {}
				collectgarbage 'stop'
				for i = 1, 50 do
					litter[i] = setmetatable({}, { __gc = function()
						if building then
							inside = inside + 1
							tell(long(9))
						end
					end })
				end
				litter = nil
				building = true
				collectgarbage 'restart'
				post(first, last, table.unpack(items))
				building = false
			end
			collectgarbage 'incremental'
			handles = nil
			return inside
		]]
		main:settle()
		assert.is_true(inside > 0)
		assert.are.equal(inside, page:run 'return posted')
		assert.are.equal(5, page:run 'return whole')
	end)

	it('is copied where the context ends before it is written', function()
		page:run 'n = 0 fn = function(text) n = n + #text end ask(root, "set", fn)'
		main:run 'for i = 1, 30 do handles[1](long(i)) end handles = nil'
		main:run 'collectgarbage() collectgarbage()'
		pair.reload(main, page)
		assert.are.equal(5, page:run 'return ask(root, "echo", 5)')
	end)

	it('waits in the queue, and is what it was when it is read', function()
		page:run 'n = 0 fn = function(i, text) n = n + (text == long(i) and 1 or 0) end'
		page:run 'ask(root, "set", fn)'
		main:run 'for i = 1, 50 do handles[1](i, long(i)) end'
		main:run 'collectgarbage() collectgarbage()'
		main:settle()
		assert.are.equal(50, page:run 'return n')
	end)
end)
