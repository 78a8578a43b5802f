local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local ipc = require 'ipc'
local raised = require 'spec.support.raised'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('ipc', function()
	accounts(before_each, after_each)

	before_each(function()
		ipc:removeAllListeners()
	end)

	after_each(function()
		ipc:removeAllListeners()
		for _, channel in ipairs { 'sum', 'slow', 'fail', 'back' } do
			ipc:removeHandler(channel)
		end
	end)

	describe('from a page', function()
		it('is emitted in main with its sender, values and holes', function()
			local window = windows.open()
			local seen
			ipc:on('note', function(event, ...) seen = { event.sender, table.pack(...) } end)
			windows.eval(window, "require 'ipc':send('note', 1, nil, 'x', { y = { 2.5 } }, nil)")
			assert.are.same({ window.webContents, { 1, nil, 'x', { y = { 2.5 } }, nil, n = 5 } }, seen)
		end)

		it('works with a dot as well as with a colon', function()
			local window = windows.open()
			local seen = {}
			ipc:on('note', function(event, value)
				table.insert(seen, value)
				event.returnValue = value
			end)
			windows.eval(window, [[
				local ipc = require 'ipc'
				ipc.send('note', 1)
				ipc:send('note', 2)
				ipc.sendSync('note', 3)
				ipc:sendSync('note', 4)]])
			assert.are.same({ 1, 2, 3, 4 }, seen)
		end)

		it('passes by the WebContents first', function()
			local window = windows.open()
			local seen = {}
			ipc:on('note', function() table.insert(seen, 'ipc') end)
			window.webContents:on('ipc-message', function(event, channel, value)
				table.insert(seen, { event.sender == window.webContents, channel, value })
			end)
			windows.eval(window, "require 'ipc':send('note', 7)")
			assert.are.same({ { true, 'note', 7 }, 'ipc' }, seen)
		end)

		it('is copied, with functions as callbacks and remote objects as themselves', function()
			local window = windows.open()
			local seen, called
			ipc:on('note', function(_, value) seen = value end)
			windows.eval(window, [[
				local t = { self = require 'remote'.getCurrentWindow(), shared = {} }
				t.again, t.call = t.shared, function(x) require 'ipc':send('called', x) end
				require 'ipc':send('note', t)]])
			assert.are.equal(window, seen.self)
			assert.are.equal(seen.shared, seen.again)
			ipc:on('called', function(_, x) called = x end)
			assert.is_true(seen.call(5))
			wait.untilTrue('the callback has run', function() return called == 5 end)
		end)

		it('names the value that cannot be sent', function()
			local window = windows.open()
			assert.matches("cannot be sent", raised(windows.eval, window,
				"require 'ipc':send('note', { a = { io.stdout } })"))
		end)

		it('blames the caller for a channel that is no string', function()
			local window = windows.open()
			for _, method in ipairs { 'send', 'sendSync', 'invoke' } do
				assert.matches(("^executeLua:1: bad argument #1 to '%s' %%(string expected, got number%%)$")
					:format(method), raised(windows.eval, window, ("require 'ipc':%s(7) return"):format(method)))
			end
		end)

		it('arrives in the order it was sent, whatever the kind', function()
			local window = windows.open()
			local seen = {}
			ipc:on('n', function(event, n)
				table.insert(seen, n)
				event.returnValue = true
			end)
			windows.eval(window, [[
				local ipc = require 'ipc'
				for i = 1, 100 do
					if i % 10 == 0 then ipc:sendSync('n', i) else ipc:send('n', i) end
				end]])
			for i = 1, 100 do
				assert.are.equal(i, seen[i])
			end
		end)
	end)

	describe('that waits for an answer', function()
		it('gets the value assigned, a table by copy', function()
			local window = windows.open()
			ipc:on('ask', function(event, x) event.returnValue = { x + 1, { 'y' } } end)
			assert.are.same({ 'table', { 2, { 'y' } } }, { windows.eval(window, [[
				local answer = require 'ipc':sendSync('ask', 1)
				return type(answer), answer]]) })
		end)

		it('gets it at once, even if the listener goes on', function()
			local window = windows.open()
			local answered, done
			ipc:on('ask', function(event)
				event.returnValue = 'early'
				wait.untilTrue('the page has its answer', function() return answered end)
				done = true
			end)
			assert.are.equal('early', windows.eval(window, "require 'ipc':sendSync 'ask'"))
			answered = true
			wait.untilTrue('the listener has ended', function() return done end)
		end)

		it('gets it when it is assigned later', function()
			local window = windows.open()
			ipc:on('ask', function(event)
				timers.setTimeout(function() event.returnValue = 'late' end, 20)
			end)
			assert.are.equal('late', windows.eval(window, "require 'ipc':sendSync 'ask'"))
		end)

		it('gets nil, and the first of two', function()
			local window = windows.open()
			ipc:on('ask', function(event)
				event.returnValue = nil
				event.returnValue = 2
			end)
			assert.are.equal('nil', windows.eval(window, "tostring(require 'ipc':sendSync 'ask')"))
		end)

		it('gets the error of the listener', function()
			local window = windows.open()
			ipc:on('ask', function() error('no idea', 0) end)
			assert.are.equal('no idea', raised(windows.eval, window, "require 'ipc':sendSync 'ask'"))
		end)

		it('is told that nobody listens', function()
			local window = windows.open()
			assert.are.equal("nobody in main listens to channel 'ask'",
				raised(windows.eval, window, "require 'ipc':sendSync 'ask'"))
		end)

		it('delays nobody else', function()
			local slow, quick = windows.open(), windows.open()
			local release
			ipc:on('ask', function(event, name)
				if name == 'quick' then
					event.returnValue = 'quick'
				else
					release = function() event.returnValue = 'slow' end
				end
			end)
			local answer
			slow.webContents:executeLua("require 'ipc':sendSync('ask', 'slow')",
				function(value) answer = value end)
			wait.untilTrue('the slow one has asked', function() return release end)
			assert.are.equal('quick', windows.eval(quick, "require 'ipc':sendSync('ask', 'quick')"))
			assert.is_nil(answer)
			release()
			wait.untilTrue('the other is answered', function() return answer == 'slow' end)
		end)
	end)

	describe('that is invoked', function()
		it('gets all results of the handler, tables by copy', function()
			local window = windows.open()
			ipc:handle('sum', function(event, a, b)
				return a + b, { event.sender == window.webContents }, nil
			end)
			assert.are.same(table.pack(3, { true }, nil),
				table.pack(windows.eval(window, "require 'ipc':invoke('sum', 1, 2)")))
			assert.are.equal('table',
				windows.eval(window, "type(select(2, require 'ipc':invoke('sum', 1, 2)))"))
		end)

		it('lets the page go on while the handler waits', function()
			local window = windows.open()
			local ticks = 0
			ipc:on('tick', function() ticks = ticks + 1 end)
			ipc:handle('slow', function()
				wait.untilTrue('the page ticks', function() return ticks > 2 end)
				return 'slow'
			end)
			assert.are.equal('slow', windows.eval(window, [[
				local ipc, timers = require 'ipc', require 'timers'
				local timer = timers.setInterval(function() ipc:send 'tick' end, 5)
				local answer = ipc:invoke 'slow'
				timers.clearInterval(timer)
				return answer]]))
		end)

		it('blocks the page where Lua cannot yield', function()
			local window = windows.open()
			ipc:handle('slow', function()
				timers.sleep(5)
				return false
			end)
			assert.are.equal(2, windows.eval(window, [[
				local t = { 1, 2 }
				table.sort(t, function() return require 'ipc':invoke 'slow' end)
				return #t]]))
		end)

		it('raises what the handler raises', function()
			local window = windows.open()
			ipc:handle('fail', function() error('no', 0) end)
			assert.are.equal('no', raised(windows.eval, window, "require 'ipc':invoke 'fail'"))
		end)

		it('is told that nobody handles it, before and after', function()
			local window = windows.open()
			local problem = "nobody in main handles channel 'sum'"
			assert.are.equal(problem, raised(windows.eval, window, "require 'ipc':invoke 'sum'"))
			ipc:handle('sum', function() return 1 end)
			assert.are.equal(1, windows.eval(window, "require 'ipc':invoke 'sum'"))
			ipc:removeHandler 'sum'
			assert.are.equal(problem, raised(windows.eval, window, "require 'ipc':invoke 'sum'"))
		end)

		it('has one handler for a channel', function()
			ipc:handle('sum', print)
			assert.matches("ipc_spec%.lua:%d+: channel 'sum' has a handler already: remove that one first$",
				raised(function() ipc:handle('sum', print) end))
			assert.matches("ipc_spec%.lua:%d+: bad argument #2 to 'handle' %(function expected, "
				.. 'got no value%)$', raised(function() ipc:handle 'sum' end))
		end)
	end)

	describe('to a page', function()
		local listening = [[
			seen = {}
			require 'ipc':on('note', function(...) table.insert(seen, table.pack(...)) end)]]

		it('is emitted there without an event object', function()
			local window = windows.open(listening)
			window.webContents:send('note', 1, nil, { x = { 2 } }, nil)
			assert.are.same({ { 1, nil, { x = { 2 } }, nil, n = 4 } }, windows.eval(window, 'seen'))
			assert.are.equal('table', windows.eval(window, 'type(seen[1][3])'))
		end)

		it('waits for the page that is on its way, as it was when it was sent', function()
			local window = BrowserWindow()
			window:loadUrl(windows.page(listening))
			local state = { 1 }
			window.webContents:send('note', state)
			state[1] = 2
			window.webContents:send('note', state)
			wait.event(window.webContents, 'did-finish-load')
			window.webContents:send('note', 3)
			assert.are.same({ { { 1 }, n = 1 }, { { 2 }, n = 1 }, { 3, n = 1 } },
				windows.eval(window, 'seen'))
		end)

		it('goes to the next page, once a load has begun', function()
			local window = windows.open(listening)
			window:reload()
			window.webContents:send('note', 1)
			wait.event(window.webContents, 'did-finish-load')
			assert.are.same({ { 1, n = 1 } }, windows.eval(window, 'seen'))
		end)

		it('that nobody listens to is dropped', function()
			local window = windows.open()
			window.webContents:send 'note'
			window.webContents:send('error', 'x')
			assert.are.equal(1, windows.eval(window, '1'))
		end)

		it('raises where there is no page', function()
			local window = BrowserWindow()
			assert.matches("ipc_spec%.lua:%d+: cannot send 'note': no page is loaded$",
				raised(function() window.webContents:send 'note' end))
			assert.matches("ipc_spec%.lua:%d+: bad argument #1 to 'send' %(string expected, got no value%)$",
				raised(function() window.webContents:send() end))
		end)

		it('is a reply', function()
			local window = windows.open(listening)
			ipc:on('back', function(event, x)
				assert.is_true(event:reply('note', x, { x }))
			end)
			windows.eval(window, "require 'ipc':send('back', 5)")
			assert.are.same({ { 5, { 5 }, n = 2 } }, windows.eval(window, 'seen'))
		end)

		it('is no reply to another page than the one that asked', function()
			local window = windows.open(listening)
			local event
			ipc:on('back', function(it) event = it end)
			windows.eval(window, "require 'ipc':send 'back'")
			window:reload()
			wait.event(window.webContents, 'did-finish-load')
			assert.are.same({ nil, 'the page was reloaded or closed' }, { event:reply 'note' })
			assert.are.same({}, windows.eval(window, 'seen'))
			window:destroy()
			assert.are.same({ nil, 'the page was reloaded or closed' }, { event:reply 'note' })
		end)

		it('reaches a page that listens once, and no more', function()
			local window = windows.open [[
				count = 0
				local ipc = require 'ipc'
				ipc.once('note', function() count = count + 1 end)
				local function never() count = count + 100 end
				ipc:on('note', never)
				ipc:removeListener('note', never)]]
			window.webContents:send 'note'
			window.webContents:send 'note'
			assert.are.equal(1, windows.eval(window, 'count'))
		end)
	end)

	it('does not let a page that sends nonsense end main', function()
		local window = windows.open()
		windows.eval(window, [[
			local main = require 'host.page'.main
			main:post('setTitle', {})
			main:post('loadFailed')
			main:post('loaded')
			main:post('ipcSend', 'error', 'x')
			assert(not pcall(main.ask, main, 'ipcSendSync', {}))
			assert(not pcall(main.ask, main, 'ipcInvoke', nil))]])
		assert.are.equal(2, windows.eval(window, '1 + 1'))
	end)
end)
