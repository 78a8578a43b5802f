local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local processes = require 'spec.support.processes'
local run = require 'spec.support.run'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a page whose process dies', function()
	accounts(before_each, after_each)
	local warnings = require 'spec.support.warnings'(before_each, after_each)

	--- Has the page run code that it does not survive; gives what `crashed` said.
	local function crash(window, code)
		window.webContents:executeLua(code, function() end)
		local event, reason, status = wait.event(window.webContents, 'crashed')
		assert.are.equal(window.webContents, event.sender)
		return { reason, status }
	end

	local function kill(window, signal)
		local pid = windows.eval(window, 'process.pid')
		process.kill(pid, signal)
		return crash(window, '1')
	end

	it('says which signal killed it', function()
		assert.are.same({ 'killed', 'SIGKILL' }, kill(windows.open(), 'SIGKILL'))
		assert.are.same({ 'killed', 'SIGSEGV' }, kill(windows.open(), 'SIGSEGV'))
	end)

	it('says with which status it ended, unless that was 0', function()
		assert.are.same({ 'exited', 3 }, crash(windows.open(), 'os.exit(3)'))
		assert.are.same({ 'exited', 1 }, crash(windows.open(), 'os.exit(false)'))
		assert.are.same({ 'exited', 7 }, crash(windows.open(), 'process.exit(7)'))
	end)

	it('leaves a window that says so and loads again', function()
		local window = windows.open 'answer = 42'
		assert.is_false(window.webContents:isCrashed())
		kill(window, 'SIGKILL')
		assert.is_true(window.webContents:isCrashed())
		assert.is_false(window:isDestroyed())
		window:reload()
		wait.event(window.webContents, 'did-finish-load')
		assert.is_false(window.webContents:isCrashed())
		assert.are.equal(42, windows.eval(window, 'answer'))
	end)

	it('can be loaded again from the listener', function()
		local window = windows.open 'answer = 42'
		window.webContents:on('crashed', function() window:reload() end)
		for _ = 1, 3 do
			kill(window, 'SIGKILL')
			wait.event(window.webContents, 'did-finish-load')
			assert.are.equal(42, windows.eval(window, 'answer'))
		end
	end)

	it('cannot be sent anything, and says why', function()
		local window = windows.open()
		kill(window, 'SIGKILL')
		local ok, problem = pcall(function() window.webContents:send 'x' end)
		assert.is_false(ok)
		assert.matches("cannot send 'x': its page has crashed %(killed: SIGKILL%)$", problem)
		ok, problem = pcall(windows.eval, window, '1')
		assert.are.same({ false, 'cannot execute Lua: its page has crashed (killed: SIGKILL)' },
			{ ok, problem })
		local value, message
		window.webContents:executeLua('1', function(...) value, message = ... end)
		assert.are.same({ nil, 'cannot execute Lua: its page has crashed (killed: SIGKILL)' },
			{ value, message })
	end)

	it('fails those who wait for its answer', function()
		local window = windows.open()
		timers.setTimeout(process.kill, 30, windows.eval(window, 'process.pid'), 'SIGKILL')
		local ok, problem = pcall(windows.eval, window, "require 'timers'.sleep(10000)")
		assert.is_false(ok)
		assert.are.equal('string', type(problem))
	end)

	it('is sent what it never gets while nobody can know, and asked with an error of the caller',
		function()
			local window = windows.open()
			local contents = window.webContents
			local told, sent, asked
			contents:executeLua("require 'timers'.sleep(100000)", function(_, problem)
				told = problem
				sent = table.pack(pcall(contents.send, contents, 'x', 1))
				asked = table.pack(pcall(function() return contents:executeLua '1' end))
			end)
			kill(window, 'SIGKILL')
			assert.are.equal('the page was reloaded or closed before it answered', told)
			assert.is_true(sent[1])
			assert.is_false(asked[1])
			assert.matches('crash_spec%.lua:%d+: the page was reloaded or closed$', asked[2])
		end)

	it('fails to load, if it was loading', function()
		local window = BrowserWindow()
		local record = wait.record(window.webContents, { 'did-start-loading', 'did-finish-load',
			'did-fail-load', 'did-stop-loading', 'crashed' })
		window:loadUrl(windows.page "os.exit(5)")
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.same({ 'did-start-loading' }, record[1])
		assert.are.same({ 'crashed', 'exited', 5 }, record[2])
		assert.are.same({ 'did-fail-load', -2, 'the page has crashed (exited: 5)' },
			{ table.unpack(record[3], 1, 3) })
		assert.are.same({ 'did-stop-loading' }, record[4])
	end)

	it('does not take the next load with it', function()
		local window = windows.open [[
			require 'page':on('unload', function() require 'host.page'.exit(9) end)]]
		local record = wait.record(window.webContents, { 'crashed', 'did-finish-load', 'did-fail-load' })
		window:loadUrl(windows.page 'answer = 42')
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.equal(42, windows.eval(window, 'answer'))
		assert.are.same({ { 'crashed', 'exited', 9 }, { 'did-finish-load' } }, record)
	end)

	it('closes its window by ending with status 0, without asking', function()
		for _, code in ipairs { 'os.exit()', 'os.exit(true)', 'process.exit(0)' } do
			local window = windows.open [[
				local window = require 'remote'.getCurrentWindow()
				require 'page':on('unload', function() window.left = true end)]]
			local record = wait.record(window, { 'close', 'closed' })
			window.webContents:on('crashed', function() table.insert(record, 'crashed') end)
			window.webContents:executeLua(code, function() end)
			wait.event(window, 'closed')
			assert.are.same({ { 'closed' } }, record)
			assert.is_true(window.left)
		end
	end)

	it('unloads once, even if it ends itself in doing so', function()
		local window = windows.open [[
			local window = require 'remote'.getCurrentWindow()
			require 'page':on('unload', function()
				window.unloaded = (window.unloaded or 0) + 1
				os.exit()
			end)]]
		window:close()
		wait.event(window, 'closed')
		assert.are.equal(1, window.unloaded)
	end)

	it('has sent what it sent before it ended', function()
		local window = windows.open()
		local ipc, count = require 'ipc', 0
		ipc:on('note', function() count = count + 1 end)
		window.webContents:executeLua([[
			local ipc = require 'ipc'
			for i = 1, 10000 do ipc:send('note', ('x'):rep(100)) end
			os.exit()]], function() end)
		wait.event(window, 'closed')
		ipc:removeAllListeners 'note'
		assert.are.equal(10000, count)
	end)

	it('has its listeners dropped from main, with one warning', function()
		local window = windows.open [[
			local window = require 'remote'.getCurrentWindow()
			window:on('resize', function() end)]]
		assert.are.equal(1, window:listenerCount 'resize')
		kill(window, 'SIGKILL')
		assert.are.equal(0, window:listenerCount 'resize')
		assert.are.equal(1, #warnings)
		assert.matches("'resize' %(registered at .*page.lua:2%)", warnings[1])
	end)

	it('has its listeners dropped when it is reloaded, too', function()
		local window = windows.open [[
			local window = require 'remote'.getCurrentWindow()
			window:on('resize', function() end)]]
		for _ = 1, 3 do
			window:reload()
			wait.event(window.webContents, 'did-finish-load')
			assert.are.equal(1, window:listenerCount 'resize')
		end
		window:close()
		wait.event(window, 'closed')
		assert.are.equal(3, #warnings)
	end)

	it('takes its window\'s listeners along without a warning if that closes', function()
		local function open()
			return windows.open [[
				local window = require 'remote'.getCurrentWindow()
				for _, event in ipairs { 'close', 'closed', 'blur', 'resize' } do
					window:on(event, function() end)
				end
				window.webContents:on('destroyed', function() end)]]
		end
		local closing, ending, destroyed = open(), open(), open()
		closing:close()
		wait.event(closing, 'closed')
		ending.webContents:executeLua('os.exit()', function() end)
		wait.event(ending, 'closed')
		destroyed:destroy()
		local renderer = require 'host.renderer'
		wait.untilTrue('all pages are gone', function() return renderer.counts().children == 0 end)
		assert.are.same({}, warnings)
	end)

	it('does not disturb another page', function()
		local other, window = windows.open 'answer = 42', windows.open()
		kill(window, 'SIGKILL')
		assert.are.equal(42, windows.eval(other, 'answer'))
	end)
end)

describe('a page that stops handling messages', function()
	accounts(before_each, after_each)

	--- Has the page compute until the function that this gives is called.
	local function busy(window)
		local path = run.directory() .. '/stop'
		window.webContents:executeLua(([[
			(function()
				local file
				repeat
					for _ = 1, 10000 do end
					file = io.open %q
				until file
				file:close()
			end)()]]):format(path), function() end)
		return function()
			assert(io.open(path, 'w')):close()
		end
	end

	it('is unresponsive, and then responsive', function()
		local window = windows.open('', { unresponsiveAfter = 100 })
		local record = wait.record(window, { 'unresponsive', 'responsive' })
		local stop = busy(window)
		wait.event(window, 'unresponsive')
		assert.is_false(window.webContents:isResponsive())
		stop()
		wait.event(window, 'responsive')
		assert.is_true(window.webContents:isResponsive())
		assert.are.same({ { 'unresponsive', 'spinning' }, { 'responsive' } }, record)
	end)

	it('is unresponsive while its script does not end', function()
		local window = BrowserWindow { unresponsiveAfter = 100 }
		local record = wait.record(window, { 'unresponsive' })
		window:loadUrl(windows.page 'while true do end')
		wait.untilTrue('it is noticed', function() return #record == 1 end)
		assert.is_true(window.webContents:isLoading())
	end)

	it('is not one that waits', function()
		local window = windows.open('', { unresponsiveAfter = 1000 })
		local record = wait.record(window, { 'unresponsive' })
		windows.eval(window, "require 'timers'.sleep(1200)")
		assert.are.same({}, record)
	end)

	it('is not one that answers while main is held up', function()
		local window = windows.open('', { unresponsiveAfter = 1000 })
		local record = wait.record(window, { 'unresponsive' })
		local done
		local pid = windows.eval(window, 'process.pid')
		window.webContents:executeLua([[
			(function() local till = os.clock() + 0.5 while os.clock() < till do end end)()]],
			function() done = true end)
		timers.setImmediate(processes.holdUp, 1.5, pid)
		wait.untilTrue('it has answered', function() return done end)
		assert.are.same({}, record)
	end)

	it('is stopped, goes on, and has lost nothing', function()
		local window = windows.open('heard = {}', { unresponsiveAfter = 100 })
		windows.eval(window, [[
			require 'ipc':on('n', function(_, n) heard[#heard + 1] = n end)]])
		local record = wait.record(window, { 'unresponsive', 'responsive' })
		local pid = windows.eval(window, 'process.pid')
		process.kill(pid, 'SIGSTOP')
		wait.untilTrue('it is stopped', function() return processes.state(pid) == 'T' end)
		for n = 1, 3000 do
			window.webContents:send('n', ('x'):rep(300), n)
		end
		wait.event(window, 'unresponsive')
		process.kill(pid, 'SIGCONT')
		wait.event(window, 'responsive')
		assert.are.same({ { 'unresponsive', 'stopped' }, { 'responsive' } }, record)
		assert.are.same({ 3000, 1, 3000 }, { windows.eval(window, '#heard, heard[1], heard[3000]') })
	end)

	it('dies while it is stopped, too', function()
		local window = windows.open()
		local pid = windows.eval(window, 'process.pid')
		process.kill(pid, 'SIGSTOP')
		wait.untilTrue('it is stopped', function() return processes.state(pid) == 'T' end)
		window.webContents:send('n', ('x'):rep(1 << 20))
		process.kill(pid, 'SIGKILL')
		local _, reason, status = wait.event(window.webContents, 'crashed')
		assert.are.same({ 'killed', 'SIGKILL' }, { reason, status })
	end)

	it('is responsive again when another page has taken its place', function()
		local window = windows.open('', { unresponsiveAfter = 100 })
		local record = wait.record(window, { 'unresponsive', 'responsive' })
		local stop = busy(window)
		wait.event(window, 'unresponsive')
		window:reload()
		stop()
		wait.event(window, 'responsive')
		assert.are.same({ { 'unresponsive', 'spinning' }, { 'responsive' } }, record)
	end)

	it('does not become responsive by being killed', function()
		local window = windows.open('', { unresponsiveAfter = 100 })
		local record = wait.record(window, { 'unresponsive', 'responsive' })
		local pid = windows.eval(window, 'process.pid')
		busy(window)
		wait.event(window, 'unresponsive')
		process.kill(pid, 'SIGKILL')
		wait.event(window.webContents, 'crashed')
		assert.are.same({ { 'unresponsive', 'spinning' } }, record)
		assert.is_true(window.webContents:isResponsive())
	end)

	it('can be destroyed', function()
		local window = windows.open('', { unresponsiveAfter = 100 })
		window:once('unresponsive', function() window:destroy() end)
		busy(window)
		wait.event(window, 'closed')
	end)

	it('costs nothing where nobody listens', function()
		local window = windows.open('', { unresponsiveAfter = 50 })
		windows.eval(window, '1')
		timers.sleep(20)
		local before = require 'host.loop'.counts()
		window.webContents:send 'x'
		assert.are.same(before, require 'host.loop'.counts())
	end)
end)
