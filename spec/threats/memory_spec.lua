local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local app = require 'app'
local sandbox = require 'spec.support.sandbox'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a page that writes into the memory it shares with main', function()
	accounts(before_each, after_each)

	local PRELUDE = "local rogue = require 'rogue'\n"

	--- Runs code in a window's page; the page may not live to answer.
	local function attack(window, code)
		window.webContents:executeLua(PRELUDE .. code)
	end

	--- How main ends the page after it has run the code, and main has sent it the text.
	local function ending(code, text)
		local neighbour = sandbox.open 'answer = 42'
		local window = sandbox.open()
		timers.setTimeout(pcall, 0, attack, window, code)
		timers.setTimeout(pcall, 50, window.webContents.send, window.webContents, 'x', text)
		local _, reason, status = wait.event(window.webContents, 'crashed')
		assert.are.equal(42, windows.eval(neighbour, 'answer'))
		return ('%s: %s'):format(reason, status)
	end

	-- Offsets from the right position that no ring can have.
	local impossible = { -1, (128 << 10) + 1, 1 << 30, 1 << 31, -(128 << 10) }

	for _, offset in ipairs(impossible) do
		it('is ended where its output seems to hold ' .. offset .. ' bytes', function()
			assert.are.equal('protocol: impossible positions in shared memory (reason 21)', ending(([[
				rogue.set('toMain', 'tail', rogue.get('toMain', 'head') + %d)
				while true do rogue.ring(1) end]]):format(offset)))
		end)
	end

	it('is ended where it claims to have read more than there was', function()
		assert.are.equal('protocol: impossible positions in shared memory (reason 21)', ending([[
			rogue.set('toPage', 'head', rogue.get('toPage', 'tail') + 1000)
			while true do rogue.ring(1) end]], ('x'):rep(1 << 20)))
	end)

	it('is ended where bytes that it never wrote are a frame of no length', function()
		assert.are.equal('protocol: a frame of impossible length (reason 1)', ending [[
			rogue.set('toMain', 'tail', rogue.get('toMain', 'head') + 4096)
			while true do rogue.ring(1) end]])
	end)

	it('cannot stay once it has hung up', function()
		assert.are.equal('killed: SIGKILL', ending 'rogue.hangUp() while true do end')
	end)

	it('is woken and heard after any number of bells for nothing', function()
		function app.get(n) return n end
		local window = windows.open()
		local heard = 0
		for n = 1, 5 do
			timers.setTimeout(function()
				attack(window, ([[
					local app = require 'remote'.require 'app'
					local function pause()
						local till = process.hrtime() + 20000000
						while process.hrtime() < till do end
					end
					-- As a producer that was held up between its look and its bell: main has read
					-- the frame and sleeps again by then.
					pause()
					rogue.set('toMain', 'asleep', 0)
					rogue.ring(%d)
					pause()
					assert(app.get(%d) == %d)]]):format(n * n * 40, n, n))
				heard = n
			end, 0)
			wait.untilTrue('main hears the call', function() return heard == n end)
		end
		app.get = nil
	end)

	-- A sandboxed one: where a page that is trusted says by chance that main shall do something that
	-- fails, that is an error of main's.
	it('only hurts itself, whatever it writes', function()
		local seed = os.time()
		local neighbour = windows.open 'answer = 42'
		for n = 1, 12 do
			local window = BrowserWindow { sandbox = true, remote = { ipc = { 'x' } } }
			window:loadUrl(windows.page(PRELUDE .. ([[
				local ipc, timers = require 'ipc', require 'timers'
				timers.setInterval(function() ipc:send('x', ('x'):rep(10000)) end, 1)
				timers.setTimeout(function()
					rogue.ring(100)
					rogue.hammer(%d, 40)
					rogue.ring(100)
				end, %d)]]):format(seed + n, n)))
			window.webContents:on('crashed', function() end)
			for i = 1, 40 do
				pcall(window.webContents.send, window.webContents, 'y', ('y'):rep(i * 100))
				timers.sleep(2)
			end
			local where = ('seed %d'):format(seed + n)
			assert.are.same({ where, 42 }, { where, windows.eval(neighbour, 'answer') })
			window:destroy()
		end
	end)
end)
