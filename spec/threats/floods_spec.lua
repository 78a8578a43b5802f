local run = require 'spec.support.run'
local sandbox = require 'spec.support.sandbox'
local threats = require 'spec.support.threats'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

local LARGE <const> = 1 << 19

describe('a page that floods main and', function()
	local rig = threats(before_each, after_each)
	local many, unread = rig.ended(14), rig.ended(17)

	rig:rows(it, {
		{ 'asks ten thousand times at once', "attack('asks', sink, 10000)", 'returned: nil' },
		{ 'never reads what main answers', "attack('deaf', sink, 'take')", unread },
		{ 'never reads, and asks for a lot', "attack('deaf', sink, 'large')", unread },
		{ 'asks what main never answers', "attack('waiting', sink, 1)", many },
		{ 'asks that with half a megabyte each', ("attack('waiting', sink, %d)"):format(LARGE), many },
		{ 'hands over callbacks without end', "attack('callbacks', sink)", rig.ended(19) },
		{ 'ends its context without end', "attack('ends', sink)", rig.ended(16) },
		{ 'rings the bell for nothing', "attack('bells', 100000)", 'nothing' },
		{ 'renames itself ten thousand times', "attack('posts', 'setTitle', 'x', 10000)", 'nothing' },
		{ 'says ten thousand times that it has loaded', "attack('posts', 'loaded', '', 10000)",
			'nothing' },
		{ 'says ten thousand times that it has failed', "attack('posts', 'loadFailed', 'x', 10000)",
			'nothing' },
		{ 'prints ten thousand lines', "attack('posts', 'print', ('x'):rep(99) .. '\\n', 10000)",
			'nothing' },
		{ 'spins', "attack('spin')", 'killed: SIGKILL', { unresponsiveAfter = 200 } },
	})

	it('asks a thousand times for a megabyte in one breath: main makes no more than fit', function()
		local window = rig:open()
		assert.are.equal(unread, rig.outcome(window, "attack('deaf at once', sink, 'large')"))
		assert.is_true(rig.larges >= 4 and rig.larges < 8, tostring(rig.larges))
	end)

	it('neither ends nor answers: it is noticed, and can be killed', function()
		local honest = rig:open()
		local window = rig:open { unresponsiveAfter = 200 }
		local record = wait.record(window, { 'unresponsive' })
		window.webContents:executeLua("attack('mute')", function() end)
		wait.untilTrue('it is noticed', function() return record[1] end)
		assert.are.same({ { 'unresponsive', 'waiting' } }, record)
		assert.are.equal('number', windows.eval(honest, 'sink:take(1)'))
		local crashed = wait.record(window.webContents, { 'crashed' })
		assert.is_true(window.webContents:kill())
		wait.untilTrue('it is gone', function() return crashed[1] end)
		assert.are.same({ { 'crashed', 'killed', 'SIGKILL' } }, crashed)
	end)

	it('has main wait for what it never answers: nobody else waits', function()
		local window = rig:open { unresponsiveAfter = 60000 }
		window.webContents:executeLua("attack('mute')", function() end)
		local problem
		window.webContents:executeLua('1', function(_, message) problem = message end)
		local honest = rig:open()
		for i = 1, 100 do
			assert.are.equal(i, windows.eval(honest, tostring(i)))
		end
		assert.is_nil(problem)
		window:destroy()
		wait.untilTrue('main is told', function() return problem end)
		assert.matches('reloaded or closed', problem)
	end)

	it('goes on for ever, with two others: an honest page gets its answers', function()
		local honest = rig:open()
		local rogues = {}
		for i, code in ipairs {
			"attack('asks', sink, 1 << 40)", "attack('bells', 1 << 40)",
			"attack('posts', 'setTitle', 'x', 1 << 40)",
		} do
			rogues[i] = rig:open { unresponsiveAfter = 600000 }
			rogues[i].webContents:executeLua(code, function() end)
		end
		wait.untilTrue('they are at it', function() return rig.taken > 100 end)
		local before = rig.taken
		for i = 1, 20 do
			assert.are.equal(i, windows.eval(honest, tostring(i)))
		end
		wait.untilTrue('they still are', function() return rig.taken > before + 100 end)
		for _, window in ipairs(rogues) do
			assert.is_false(window.webContents:isCrashed())
		end
	end)

	it('goes on for ever, with three like it: an honest page waits for few of each', function()
		local ROGUES, CALLS, MOST_OF_EACH <const> = 4, 41, 4
		local desk = { __remote = { 'take', 'since' } }
		local times = {}
		-- Takes longer than a turn, so that a turn is one message.
		function desk.take()
			local now = process.hrtime()
			times[#times + 1] = now
			repeat until process.hrtime() > now + 20000
		end
		function desk.since(moment)
			local count = 0
			while count < #times and times[#times - count] > moment do
				count = count + 1
			end
			return count
		end
		local forget = sandbox.provide { desk = desk }
		local options = { remote = { require = { 'sink', 'desk' } }, unresponsiveAfter = 600000 }
		local honest = rig:open(options)
		windows.eval(honest, "(function() desk = require 'remote'.require 'desk' end)()")
		for _ = 1, ROGUES do
			rig:open(options).webContents:executeLua("attack('asks', require 'remote'.require 'desk', "
				.. '1 << 40)', function() end)
		end
		wait.untilTrue('they are at it', function() return #times > 1000 end)
		local waits = windows.eval(honest, ([[(function()
			local waits = {}
			for i = 1, %d do
				waits[i] = desk.since(process.hrtime())
			end
			table.sort(waits)
			return waits
		end)()]]):format(CALLS))
		forget()
		-- The kernel may keep a page from running, but hardly in every other call just before it asks.
		assert.is_true(waits[CALLS // 2] <= ROGUES * MOST_OF_EACH, table.concat(waits, ' '))
		local before = #times
		wait.untilTrue('they still are', function() return #times > before + 100 end)
	end)

	it('fails a thousand times: the log has a few of them', function()
		local app = run.directory {
			['main.lua'] = [[
				local app, BrowserWindow = require 'app', require 'browser-window'
				app:on('ready', function()
					local window = BrowserWindow { sandbox = true, remote = { require = { 'bad' } } }
					window.webContents:on('crashed', function(_, ...)
						print(...)
						app:exit(1)
					end)
					window:loadUrl 'page.lua'
				end)]],
			['bad.lua'] = "local bad = { __remote = { 'fail' } } "
				.. "function bad.fail(text) error('no ' .. text) end return bad",
			['page.lua'] = [[
				local remote = require 'remote'
				local bad = remote.require 'bad'
				local tasks = {}
				for n = 1, 1000 do -- all at once, so that not each comes in a second of its own
					tasks[n] = remote.async(pcall, bad.fail, ('x'):rep(2999) .. '\n\27[2J')
				end
				remote.all(tasks):await()
				print 'failed'
				require 'page':close()]],
		}
		local result = run.lepton { app }
		assert.are.equal('failed\n', result.stdout)
		local _, lines = result.stderr:gsub('in answering page', '')
		assert.is_true(lines >= 20 and lines < 1000, tostring(lines))
		assert.matches('causes too many errors', result.stderr)
		assert.is_true(#result.stderr < lines * 2100 + 1000)
		assert.is_nil(result.stderr:find '\27')
		timers.sleep(0)
	end)

	it('passes a callback made where a terminal would obey: main makes it harmless', function()
		local window = rig:open()
		assert.are.equal('returned: function', rig.outcome(window,
			"attack('pass', sink, 1, 7, 'a\\27[2J\\n:1')"))
		window:destroy()
		local _, problem = pcall(rig.last)
		assert.matches('registered at a%?%[2J%?:1', problem)
	end)
end)
