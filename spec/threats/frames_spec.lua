local threats = require 'spec.support.threats'
local windows = require 'spec.support.windows'

--- Numbers of host/protocol.h.
local HELLO, ASK, POST, CLASS, END_ACK = 1, 2, 3, 6, 9

describe('a page that sends frames of its own making and', function()
	local rig = threats(before_each, after_each)
	local noLength, noBody = rig.ended(1), rig.ended(7)

	local function value(bytes, more)
		return ("attack('value', sink, %q%s)"):format(bytes, more or '')
	end

	rig:rows(it, {
		{ 'gives one no length', "attack('length', 0)", noLength },
		{ 'gives one a length shorter than a header', "attack('length', 31)", noLength },
		{ 'gives one a byte more than is allowed', "attack('length', (1 << 20) + 1)", noLength },
		{ 'gives one a length of four gigabytes', "attack('length', -1)", noLength },
		{ 'fills one to the last byte that is allowed', "attack('fill', sink, 0)", 'returned: string' },
		{ 'fills one, and a byte more', "attack('fill', sink, 1)", noLength },
		{ 'gives a body more bytes than its frame', "attack('body length')", noLength },

		{ 'sends no message', "attack('header', 0)", rig.ended(16) },
		{ 'sends a message far from any', "attack('header', 200)", rig.ended(2) },
		{ 'asks for an operation that there is not', ("attack('header', %d, 200)"):format(ASK),
			rig.ended(5) },
		{ 'asks without operands', ("attack('header', %d, 0)"):format(ASK), rig.ended(6) },
		{ 'posts without operands', ("attack('header', %d, 1)"):format(POST), rig.ended(6) },
		{ 'says hello again', ("attack('header', %d, 0, 1)"):format(HELLO), rig.ended(16) },
		{ 'says hello in another version', ("attack('header', %d, 0, 99)"):format(HELLO), rig.ended(3) },
		{ 'describes a class to main', ("attack('header', %d, 0, 1)"):format(CLASS), rig.ended(15) },
		{ 'acknowledges an end that was not', ("attack('header', %d)"):format(END_ACK), rig.ended(16) },

		{ 'sends a value of no kind', value '\x7F', noBody },
		{ 'sends a string longer than its frame', value '\8\xFF\xFF\xFF\xFF', noBody },
		{ 'sends a short string that is cut off', value '\7\xFFx', noBody },
		{ 'sends a list of four thousand million', value '\9\xFF\xFF\xFF\xFF\0\0\0\0', noBody },
		{ 'sends a table of as many pairs', value '\9\0\0\0\0\xFF\xFF\xFF\xFF', noBody },
		{ 'sends a billion empty tables in five bytes', value '\9\0\0\0\x40\0\0\0\0', noBody },
		{ 'sends a table with nil as a key', value '\9\0\0\0\0\1\0\0\0\0\1', noBody },
		{ 'sends a table with NaN as a key', value '\9\0\0\0\0\1\0\0\0\6\0\0\0\0\0\0\xF8\x7F\1', noBody },
		{ 'sends more bytes than values', value('\1\1', ', 0, 1'), noBody },
		{ 'sends fewer values than it says', value('\1', ', 0, 2'), noBody },
		{ 'sends more values than a stack holds', value('\1', ', 0, 1 << 24'), noBody },
		{ 'sends a table within one that has not begun', value('\9\1\0\0\0\0\0\0\0\10\1\0\0\0', ', 2'),
			noBody },
		{ 'sends a cycle without saying so', value '\9\1\0\0\0\0\0\0\0\10\0\0\0\0', noBody },
		{ 'sends a cycle', value('\9\1\0\0\0\0\0\0\0\10\0\0\0\0', ', 2'), 'returned: table' },
		{ 'names a reference that is not there', value '\11\1\0\0\0', rig.ended(10) },
		{ 'says that there are more references', value('\1', ', 0, 1, 1'), rig.ended(10) },
		{ 'says that there are a billion', value('\1', ', 0, 1, 1 << 30'), rig.ended(10) },

		{ 'nests tables as deep as is allowed', "attack('nest', sink, 32)", 'returned: table' },
		{ 'nests tables one deeper', "attack('nest', sink, 33)", rig.ended(8) },
		{ 'nests a hundred thousand tables', "attack('nest', sink, 100000)", rig.ended(8) },
		{ 'sends a megabyte of empty tables', "attack('many tables', sink)", 'returned: table' },
		{ 'picks numbers that all lie in one place of a table', "attack('collide', sink, 90000)",
			rig.ended(9) },
		{ 'picks such fractions', "attack('collide', sink, 90000, true)", rig.ended(9) },
		{ 'picks numbers that will lie in one place once main adds one',
			"attack('collide', sink, 65536, false, 2)", rig.ended(9) },
		{ 'picks them in many small tables', "attack('collide', sink, 300, false, 1, 300)",
			rig.ended(9) },
		{ 'sends a call byte by byte', "attack('byte by byte', sink)", 'returned: number' },
		-- It takes half a minute: as long as a message of a sandboxed page may take.
		{ 'sends a message that never comes whole', "attack 'slow'", rig.ended(20) },
	})

	it('has many numbers in a table that just are so: main takes it', function()
		local window = rig:open()
		for what, number in pairs {
			['in a row'] = 'n', ['far apart'] = 'n * 4099', ['times'] = '1700000000 + n * 900',
			['powers'] = 'n << 20', ['fractions'] = 'n / 7', ['below zero'] = '-n * 1000',
			['random'] = 'math.random(0)', ['small'] = 'math.random()',
		} do
			assert.are.equal('table', windows.eval(window, ([[(function()
				local all = {}
				for n = 1, 20000 do all[%s] = true end
				all[1], all[2] = nil, nil
				return sink:take(all)
			end)()]]):format(number)), what)
		end
	end)

	it('sends a cycle: main gets that very cycle, and can send it on', function()
		local window = rig:open()
		assert.are.equal('returned: table', rig.outcome(window,
			value('\9\1\0\0\0\0\0\0\0\10\0\0\0\0', ', 2')))
		assert.are.equal(rig.last, rig.last[1])
		rig.megabyte = rig.last
		assert.is_true(windows.eval(rig:open(), [[
			(function() local t = sink:large() return t[1] == t end)()]]))
		rig.megabyte = ('x'):rep(1 << 20)
	end)

	it('costs main no more memory than is in proportion', function()
		local honest = rig:open()
		local before = rig.heap()
		local window = rig:open()
		collectgarbage 'stop'
		assert.are.equal('returned: table', rig.outcome(window, "attack('many tables', sink)"))
		local cost = require 'rogue'.heap() - before
		collectgarbage 'restart'
		assert.is_true(cost < 64 << 20, tostring(cost))
		assert.are.equal('number', windows.eval(honest, 'sink:take(1)'))
	end)
end)
