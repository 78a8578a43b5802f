-- Sockets that take and give a few bytes at a time, calls that signals interrupt, and buffers that
-- hold next to nothing: everything arrives all the same.

local pair = require 'spec.support.pair'

local MAIN = [[
	local Class = { __name = 'Class', __index = { say = function(self) return self.n end } }
	function root:echo(...) return ... end
	function root:make(n) return setmetatable({ n = n }, Class), { n }, print end
	function root:set(fn) handle = fn end
	function root:call(...) return handle(...) end
	function root:fail(v) error(v, 0) end
]]

--- A conversation in both directions, with a text; what came of it.
local PAGE = [[
	local text = ...
	local heard = {}
	ask(root, 'set', function(...) heard[#heard + 1] = table.pack(...) end)
	local o, t, f = ask(root, 'make', 5)
	for i = 1, 3 do
		ask(root, 'call', i, text)
	end
	local echo = ask(root, 'echo', text)
	local _, problem = pcall(ask, root, 'fail', 'no')
	answers = { o:say(), t[1], type(f), #echo, echo == text, problem }
	function pageRoot:heard()
		local n = 0
		for i, values in ipairs(heard) do
			n = n + (values[1] == i and values[2] == text and 1 or 0)
		end
		return n
	end
	async(function(ok, n) later = ok and n end, function()
		return #ask(root, 'echo', { text, { text } })[2][1]
	end)
]]

for _, lane in ipairs { 'socket', 'ring' } do
	describe('over a ' .. lane .. ' that', function()
		local lab = pair.accounts(before_each, after_each)

		after_each(function()
			lab.trickle()
		end)

		local function converse(options, text, most)
			local main = pair.main()
			local page = pair.page(main, options)
			main:run(MAIN)
			lab.trickle(most)
			page:run(PAGE, text)
			main:settle()
			main:run [[require 'host.task'.start(function() heard = ask(pages[1], 'heard') end)]]
			main:settle()
			lab.trickle()
			assert.are.same({ 5, 5, 'function', #text, true, 'no' },
				{ page:run 'return table.unpack(answers)' })
			assert.are.equal(#text, page:run 'return later')
			assert.are.equal(3, main:run 'return heard')
			assert.are.same({ 0, 0 }, { page:counts().fault, page:mainCounts().fault })
			page:run 'answers = nil'
			pair.quiesce(main, page)
		end

		for _, most in ipairs { 1, 2, 31, 1000 } do
			it(('moves %d bytes at a time, and is interrupted, nothing is lost'):format(most), function()
				converse({ ring = lane == 'ring' }, ('0123456789'):rep(20 * math.min(most, 50)), most)
			end)
		end

		it('holds next to nothing, nothing is lost', function()
			converse({ ring = lane == 'ring', narrow = true }, ('0123456789'):rep(60000))
		end)
	end)
end
