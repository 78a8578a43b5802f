-- Turns that pages have, one after the other, where several send more than main deals with at once.

local pair = require 'spec.support.pair'

--- Each note takes main longer than a page's turn is: then the next one is another page's.
local MAIN = [[
	order = {}
	function root:note(name)
		order[#order + 1] = name
		local till = os.clock() + 0.0002
		repeat until os.clock() > till
	end
	function root:count() return #order end
]]

local POST = "local name, count = ... for i = 1, count do post(root, 'note', name .. i) end"

for _, lane in ipairs { 'socket', 'ring' } do
	describe('pages that send a lot over a ' .. lane, function()
		pair.accounts(before_each, after_each)
		local main, pages

		before_each(function()
			main = pair.main()
			main:run(MAIN)
			pages = {}
			for i = 1, 3 do
				pages[i] = pair.page(main, { ring = lane == 'ring' })
			end
		end)

		local function flood(page, name, count)
			page:run(POST, name, count)
			page:step()
		end

		local function order()
			return main:run 'return table.concat(order, " ")'
		end

		it('take turns, and keep the order of each', function()
			flood(pages[1], 'a', 20)
			flood(pages[2], 'b', 20)
			main:settle()
			local last = { a = 0, b = 0 }
			for name, i in order():gmatch '(%a)(%d+)' do
				assert.are.equal(last[name] + 1, tonumber(i))
				last[name] = last[name] + 1
				assert.is_true(math.abs(last.a - last.b) <= 2, order())
			end
			assert.are.same({ a = 20, b = 20 }, last)
		end)

		it('delay another one by a message each', function()
			flood(pages[1], 'a', 50)
			flood(pages[2], 'b', 50)
			main:step()
			local before = main:run 'return #order'
			local after = pages[3]:run "return ask(root, 'count')"
			assert.is_true(after < 100 and after - before <= 8, ('%d, %d'):format(before, after))
			main:settle()
			assert.are.equal(100, main:run 'return #order')
		end)

		it('are heard to their end, when they have ended', function()
			flood(pages[1], 'a', 20)
			flood(pages[2], 'b', 20)
			main:step()
			pages[1]:kill()
			main:settle()
			assert.are.equal(40, main:run 'return #order')
			assert.matches('a19 .*a20', order())
		end)

		it('are heard to their end, though the loop could sleep in between', function()
			flood(pages[1], 'a', 20)
			flood(pages[2], 'b', 2)
			for _ = 1, 40 do
				main:step()
			end
			assert.are.equal(22, main:run 'return #order')
		end)
	end)
end
