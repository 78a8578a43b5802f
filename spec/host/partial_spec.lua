-- A frame that has begun, and comes slowly or never whole. Main holds a sandboxed page to a time
-- for that; here it is a short one.

local frames = require 'spec.support.frames'
local pair = require 'spec.support.pair'
local timers = require 'timers'

describe('a frame that comes in pieces', function()
	local lab = pair.accounts(before_each, after_each)
	local main, page

	-- One that says nothing.
	local EMPTY = frames.frame { message = 'release' }
	local LONG = frames.frame { message = 'release', length = 1 << 20 }

	local function open(seconds)
		main, page = pair.open { partial = seconds }
	end

	local function send(bytes)
		page:inject('toMain', bytes)
		main:step()
		return page:mainCounts().fault
	end

	--- Sends nothing any more, and gives the fault that there will be.
	local function await(piece)
		local deadline = process.uptime() + 60
		local fault
		repeat
			timers.sleep(2)
			fault = send(piece)
		until fault ~= 0 or process.uptime() > deadline
		return lab.faultText(fault)
	end

	it('is whole in the end, where it has the time', function()
		open(3600)
		for _ = 1, 3 do
			for i = 1, #EMPTY do
				assert.are.equal(0, send(EMPTY:sub(i, i)))
			end
		end
		assert.is_false(page:mainCounts().lost)
	end)

	it('ends its page when its time is up', function()
		open(0.05)
		assert.are.equal(0, send(LONG))
		assert.are.equal('a frame that never came whole', await '')
		assert.is_true(page:mainCounts().lost)
	end)

	it('ends its page though more of it comes all the time', function()
		open(0.1)
		send(LONG)
		assert.are.equal('a frame that never came whole', await '\0')
	end)

	--- Sends frames so that there is always a part of one, for longer than one may take. The worst
	--- fault that came of it; nil where this process had to wait so long that one may have been late.
	local function relay()
		local half = #EMPTY // 2
		local first, rest = EMPTY:sub(1, half), EMPTY:sub(half + 1)
		local worst, before = 0, process.hrtime()
		open(1)
		for i = 0, 12 do
			local from = process.hrtime()
			worst = math.max(worst, send((i > 0 and rest or '') .. (i < 12 and first or '')))
			if process.hrtime() - before > 800000000 then
				return nil
			end
			before = from
			timers.sleep(100)
		end
		return worst
	end

	it('has its time for itself, whatever came before', function()
		local tries = 0
		local fault
		repeat
			fault, tries = relay(), tries + 1
		until fault or tries == 30
		if not fault then
			return pending 'this machine stands still too often'
		end
		assert.are.equal(0, fault)
		timers.sleep(1200)
		assert.are.equal(0, send '')
	end)

	it('is not late where main itself was held up', function()
		open(1)
		send(EMPTY:sub(1, 10))
		local till = process.uptime() + 1.5
		while process.uptime() < till do end
		assert.are.equal(0, send(EMPTY:sub(11)))
		assert.is_false(page:mainCounts().lost)
	end)

	it('of a trusted page may take any time', function()
		main, page = pair.open()
		send(LONG)
		timers.sleep(50)
		assert.are.equal(0, send '')
	end)
end)
