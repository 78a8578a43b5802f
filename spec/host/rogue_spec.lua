-- A page that speaks in frames of its own making: what it sends has been seen before, and then
-- changed here and there. Main goes on, whatever comes; a page does too, or ends.

local frames = require 'spec.support.frames'
local newRandom = require 'spec.support.random'
local pair = require 'spec.support.pair'

describe('a rogue', function()
	pair.accounts(before_each, after_each)

	local MAIN = [[
		Class = { __name = 'Class', __index = { say = function(self) return self.n end } }
		function root:echo(...) return ... end
		function root:make(n) return setmetatable({ n = n }, Class), { n }, print end
		function root:set(fn) handle = fn end
		function root:call(...) return pcall(handle, ...) end
		function root:wait() co = coroutine.running() return coroutine.yield() end
		function root:fail(v) error(v) end
		require 'host.task'.start(function() pcall(ask, pages[1], 'answer') end)
	]]

	local PAGE = [[
		function pageRoot:answer() return { function() end } end
		ask(root, 'set', function(...) heard = ... end)
		local o, t, f = ask(root, 'make', 5)
		o:say()
		ask(root, 'call', o, { t, f }, 'text', 1.5, nil, -1)
		ask(root, 'echo', { o, { o.say, function() end }, { { x = true } } }, ('x'):rep(300))
		pcall(ask, root, 'fail', o)
		for _ in pairs(t) do end
		async(ignore, function() ask(root, 'wait') end)
		o, t, f = nil
		collectgarbage()
	]]

	-- What goes over the wire in a small conversation, in both directions.
	local function record()
		local main, page = pair.open()
		local lists = { toMain = {}, toPage = {} }
		local function pass(way)
			for _, bytes in ipairs(page:frames(way)) do
				table.insert(lists[way], bytes)
			end
			page:deliver(way)
		end
		page:hold 'toMain'
		page:hold 'toPage'
		local function turn()
			pass 'toMain'
			main:settle()
			pass 'toPage'
		end
		main:run(MAIN)
		page:onWait(turn)
		page:run(PAGE)
		page:onWait(nil)
		for _ = 1, 3 do
			page:step()
			turn()
		end
		pair.close()
		return lists
	end

	-- The header keeps the length of the frame, so that what follows is a frame again.
	local function change(bytes, pick)
		for _ = 1, pick(3) do
			local at = pick(3) > 1 and 32 + pick(math.max(1, #bytes - 32)) or 4 + pick(28)
			local kind = pick(5)
			local byte = bytes:byte(at) or 0
			byte = kind == 1 and byte ~ (1 << (pick(8) - 1)) or kind == 2 and 0 or kind == 3 and 255
				or kind == 4 and pick(16) - 1 or pick(256) - 1
			if at <= #bytes then
				bytes = bytes:sub(1, at - 1) .. string.char(byte) .. bytes:sub(at + 1)
			end
		end
		return bytes
	end

	local function goesOn(page, where)
		assert.are.same({ where, 7 }, { where, page:run 'return ask(root, "echo", 7)' })
		assert.are.same({ where, 0 }, { where, page:mainCounts().fault })
	end

	local function play(way, list, seed, rounds)
		local pick = newRandom(seed)
		for round = 1, rounds do
			local main, page = pair.open()
			local other = pair.page(main)
			main:run(MAIN)
			page:hold 'toPage'
			page:run 'async(ignore, function() ask(root, "make", 5) end)'
			page:step()
			main:settle()
			page:let 'toPage'
			local sent = {}
			for i = 1, 1 + pick(6) do
				sent[i] = list[pick(#list)]
				if pick(4) > 1 then
					sent[i] = change(sent[i], pick)
				end
			end
			page:inject(way, table.concat(sent))
			main:settle()
			main:run 'pcall(handle or ignore, 1) collectgarbage()'
			main:settle()
			goesOn(other, ('%s, seed %d, round %d'):format(way, seed, round))
			page:close()
			main:collect()
			main:settle()
			main:close()
			pair.forget()
		end
	end

	for _, way in ipairs { 'toMain', 'toPage' } do
		it('does no harm ' .. (way == 'toMain' and 'to main' or 'to a page'), function()
			local list = record()[way]
			assert.is_true(#list >= 8)
			play(way, list, 1, 300)
			play(way, list, os.time(), 300)
		end)
	end

	it('may send any bytes', function()
		local seed = os.time()
		local pick = newRandom(seed)
		for round = 1, 200 do
			local main, page = pair.open()
			local other = pair.page(main)
			main:run(MAIN)
			local bytes = {}
			for i = 1, pick(200) do
				bytes[i] = string.char(pick(256) - 1)
			end
			page:inject('toMain', frames.frame { message = pick(9), operation = pick(30) - 1,
				values = pick(4) - 1, request = pick(3), flags = pick(4) - 1,
				body = table.concat(bytes) } .. table.concat(bytes))
			main:settle()
			goesOn(other, ('seed %d, round %d'):format(seed, round))
			pair.close()
		end
	end)
end)
