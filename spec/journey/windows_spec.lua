local BrowserWindow = require 'browser-window'
local app = require 'app'
local accounts = require 'spec.support.accounts'
local raised = require 'spec.support.raised'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a window', function()
	accounts(before_each, after_each)

	it('is made by calling the class, or by new', function()
		local a, b = BrowserWindow { width = 300 }, BrowserWindow.new { width = 300 }
		assert.are.equal(300, (a:getSize()))
		assert.are.equal(300, (b:getSize()))
		assert.are.equal('BrowserWindow', getmetatable(a).__name)
		assert.is_true(b.id > a.id)
	end)

	it('has a size and a place in the middle of the screen unless told otherwise', function()
		assert.are.same({ x = 560, y = 240, width = 800, height = 600 }, BrowserWindow():getBounds())
		local bounds = { x = -5, y = 7, width = 320, height = 200 }
		assert.are.same(bounds, BrowserWindow(bounds):getBounds())
	end)

	it('names an option it does not know', function()
		assert.matches("windows_spec%.lua:%d+: BrowserWindow: unknown option 'widht'$",
			raised(function() BrowserWindow { widht = 1 } end))
	end)

	it('names an option of the wrong type, and says what it wanted', function()
		assert.matches("windows_spec%.lua:%d+: BrowserWindow: option 'width' must be a positive integer, "
			.. "got 'wide'$", raised(function() BrowserWindow.new { width = 'wide' } end))
		assert.matches("option 'height' must be a positive integer, got 0$",
			raised(BrowserWindow.new, { height = 0 }))
		assert.matches("option 'x' must be an integer, got 1.5$", raised(BrowserWindow, { x = 1.5 }))
		assert.matches("option 'show' must be a boolean, got 1$", raised(BrowserWindow, { show = 1 }))
		assert.matches("option 'title' must be a string, got true$",
			raised(BrowserWindow, { title = true }))
		assert.matches('BrowserWindow: options must be a table, got string$',
			raised(BrowserWindow, 'wide'))
		assert.are.same({}, BrowserWindow.getAllWindows())
	end)

	it('takes whole floats for integers', function()
		assert.are.equal('integer', math.type((BrowserWindow { width = 300.0 }:getSize())))
	end)

	it('is announced by app', function()
		local seen
		app:once('browser-window-created', function(event, window)
			seen = { event.sender, window }
		end)
		local window = BrowserWindow()
		assert.are.same({ app, window }, seen)
	end)

	it('is found by id and by its WebContents, as long as it is open', function()
		local a, b = BrowserWindow(), BrowserWindow()
		assert.are.same({ a, b }, BrowserWindow.getAllWindows())
		assert.are.equal(b, BrowserWindow.fromId(b.id))
		assert.are.equal(a, BrowserWindow.fromWebContents(a.webContents))
		assert.are.equal(a, a.webContents:getOwnerWindow())
		local contents = a.webContents
		a:destroy()
		assert.is_nil(BrowserWindow.fromId(a.id))
		assert.is_nil(BrowserWindow.fromWebContents(contents))
		assert.are.same({ b }, BrowserWindow.getAllWindows())
	end)

	describe('of some size', function()
		it('says when size or position change, and not otherwise', function()
			local window = BrowserWindow { x = 0, y = 0, width = 100, height = 100 }
			local record = wait.record(window, { 'resize', 'move' })
			window:setSize(200, 150)
			window:setSize(200, 150)
			assert.are.same({ { 'resize' } }, record)
			window:setPosition(5, 6)
			window:setPosition(5, 6)
			assert.are.same({ { 'resize' }, { 'move' } }, record)
			window:setBounds { x = 1, height = 10 }
			assert.are.same({ { 'resize' }, { 'move' }, { 'resize' }, { 'move' } }, record)
			assert.are.same({ x = 1, y = 6, width = 200, height = 10 }, window:getBounds())
			assert.are.same({ 1, 6 }, { window:getPosition() })
			assert.are.same({ 200, 10 }, { window:getContentSize() })
		end)

		it('stays within its limits', function()
			local window = BrowserWindow { minWidth = 100, maxWidth = 200, width = 500, height = 50 }
			assert.are.same({ 200, 50 }, { window:getSize() })
			window:setSize(1, 1)
			assert.are.same({ 100, 1 }, { window:getSize() })
			window:setMinimumSize(0, 40)
			assert.are.same({ 100, 40 }, { window:getSize() })
			window:setMaximumSize(80, 0)
			assert.are.same({ 80, 40 }, { window:getSize() })
			assert.are.same({ 0, 40 }, { window:getMinimumSize() })
			assert.are.same({ 80, 0 }, { window:getMaximumSize() })
		end)

		it('goes to the middle of the screen', function()
			local window = BrowserWindow { x = 0, y = 0, width = 120, height = 80 }
			window:center()
			assert.are.same({ 900, 500 }, { window:getPosition() })
		end)

		it('blames the caller for wrong arguments', function()
			local window = BrowserWindow()
			assert.matches("windows_spec%.lua:%d+: bad argument #2 to 'setSize' %(integer expected, "
				.. 'got no value%)$', raised(function() window:setSize(1) end))
			assert.matches("windows_spec%.lua:%d+: setBounds: unknown field 'w'$",
				raised(function() window:setBounds { w = 1 } end))
			assert.matches("setBounds: field 'x' must be an integer, got left$",
				raised(function() window:setBounds { x = 'left' } end))
			assert.matches("windows_spec%.lua:%d+: bad argument #1 to 'setTitle'",
				raised(function() window:setTitle(7) end))
		end)

		it('fills the screen while maximized or full-screen', function()
			local window = BrowserWindow { x = 1, y = 2, width = 30, height = 40 }
			local record = wait.record(window, { 'maximize', 'unmaximize', 'enter-full-screen',
				'leave-full-screen', 'resize', 'move' })
			window:maximize()
			window:maximize()
			assert.is_true(window:isMaximized())
			assert.are.same({ x = 0, y = 0, width = 1920, height = 1080 }, window:getBounds())
			window:setSize(33, 44)
			assert.are.same({ { 'maximize' }, { 'resize' }, { 'move' } }, record)
			window:unmaximize()
			assert.are.same({ x = 1, y = 2, width = 33, height = 44 }, window:getBounds())
			window:setFullScreen(true)
			assert.is_true(window:isFullScreen())
			window:setFullScreen(false)
			assert.is_false(window:isFullScreen())
			assert.are.same({ { 'maximize' }, { 'resize' }, { 'move' }, { 'unmaximize' }, { 'resize' },
				{ 'move' }, { 'enter-full-screen' }, { 'resize' }, { 'move' }, { 'leave-full-screen' },
				{ 'resize' }, { 'move' } }, record)
			window:setKiosk(true)
			assert.is_true(window:isKiosk())
			assert.are.equal(1920, (window:getSize()))
		end)
	end)

	describe('that shows', function()
		it('has the keyboard, and takes it from the one before', function()
			local a = BrowserWindow()
			assert.is_true(a:isFocused())
			local record = {}
			local function note(name)
				return function(_, window)
					table.insert(record, name .. (window and window.id - a.id or ''))
				end
			end
			a:on('blur', note 'blur')
			app:on('browser-window-blur', note 'app-blur')
			app:on('browser-window-focus', note 'app-focus')
			local b = BrowserWindow()
			app:removeAllListeners 'browser-window-blur'
			app:removeAllListeners 'browser-window-focus'
			assert.are.same({ 'blur', 'app-blur0', 'app-focus1' }, record)
			assert.is_false(a:isFocused())
			assert.are.equal(b, BrowserWindow.getFocusedWindow())
			b:blur()
			assert.is_nil(BrowserWindow.getFocusedWindow())
			a:focus()
			assert.are.equal(a, BrowserWindow.getFocusedWindow())
		end)

		it('loses it when it is hidden, minimized or closed', function()
			local window = BrowserWindow()
			local record = wait.record(window, { 'show', 'hide', 'focus', 'blur', 'minimize', 'restore',
				'closed' })
			window:hide()
			assert.is_false(window:isVisible())
			window:focus()
			assert.are.same({ { 'blur' }, { 'hide' } }, record)
			window:show()
			assert.are.same({ { 'blur' }, { 'hide' }, { 'show' }, { 'focus' } }, record)
			window:minimize()
			assert.is_true(window:isMinimized())
			assert.is_false(window:isVisible())
			window:restore()
			window:focus()
			assert.is_true(window:isVisible())
			window:destroy()
			assert.are.same({ { 'blur' }, { 'hide' }, { 'show' }, { 'focus' }, { 'blur' }, { 'minimize' },
				{ 'restore' }, { 'focus' }, { 'blur' }, { 'closed' } }, record)
			assert.is_nil(BrowserWindow.getFocusedWindow())
		end)

		it('need not show, and shows without the keyboard if asked to', function()
			local window = BrowserWindow { show = false }
			assert.is_false(window:isVisible())
			assert.is_false(window:isFocused())
			window:showInactive()
			assert.is_true(window:isVisible())
			assert.is_false(window:isFocused())
		end)

		it('keeps what it was told', function()
			local window = BrowserWindow { resizable = false, alwaysOnTop = true, title = 'One' }
			assert.are.same({ false, true, 'One' },
				{ window:isResizable(), window:isAlwaysOnTop(), window:getTitle() })
			window:setResizable(true)
			window:setAlwaysOnTop(false)
			window:setTitle 'Two'
			assert.are.same({ true, false, 'Two' },
				{ window:isResizable(), window:isAlwaysOnTop(), window:getTitle() })
		end)
	end)

	describe('that closes', function()
		it('asks, and stays if told to', function()
			local window = windows.open()
			window:once('close', function(event)
				assert.are.equal(window, event.sender)
				event:preventDefault()
			end)
			window:close()
			require 'timers'.sleep(50)
			assert.is_false(window:isDestroyed())
			assert.are.equal(2, windows.eval(window, '1 + 1'))
			window:close()
			wait.event(window, 'closed')
			assert.is_true(window:isDestroyed())
		end)

		it('lets a listener wait before it decides', function()
			local window = BrowserWindow()
			local decided
			window:once('close', function(event)
				require 'timers'.sleep(20)
				event:preventDefault()
				decided = true
			end)
			window:close()
			wait.untilTrue('it is decided', function() return decided end)
			require 'timers'.sleep(20)
			assert.is_false(window:isDestroyed())
		end)

		it('has its page unload, and its process end, before it says so', function()
			local window = windows.open [[
				local remote = require 'remote'
				local window = remote.getCurrentWindow()
				require 'page':on('unload', function() window.said = 'bye' end)]]
			local record = {}
			window.webContents:on('destroyed', function() table.insert(record, 'destroyed') end)
			window:on('close', function() table.insert(record, 'close') end)
			window:on('closed', function() table.insert(record, 'closed') end)
			window:close()
			window:close()
			assert.are.same({ 'close' }, record)
			wait.event(window, 'closed')
			assert.are.same({ 'close', 'destroyed', 'closed' }, record)
			assert.are.equal('bye', window.said)
		end)

		it('kills a page that does not unload', function()
			local window = windows.open "require 'page':on('unload', function() while true do end end)"
			local started = process.uptime()
			window:close()
			wait.event(window, 'closed')
			assert.is_true(process.uptime() - started >= 3)
		end)

		it('loads nothing any more', function()
			local window = windows.open()
			local record = wait.record(window.webContents, { 'did-start-loading', 'did-stop-loading' })
			window:close()
			window:loadUrl 'page.lua'
			window:reload()
			wait.event(window, 'closed')
			local empty = BrowserWindow()
			empty:close()
			empty:loadUrl(windows.page '')
			wait.event(empty, 'closed')
			assert.are.same({}, record)
		end)

		it('does not ask if it is destroyed', function()
			local window = windows.open [[
				local window = require 'remote'.getCurrentWindow()
				require 'page':on('unload', function() window.said = 'bye' end)]]
			local record = wait.record(window, { 'close', 'closed' })
			window:destroy()
			assert.are.same({ { 'closed' } }, record)
			assert.is_true(window:isDestroyed())
			assert.is_nil(window.said)
		end)

		it('can be destroyed by its own close listener', function()
			local window = windows.open()
			local record = wait.record(window, { 'closed' })
			window:on('close', function() window:destroy() end)
			window:close()
			assert.are.same({ { 'closed' } }, record)
		end)

		it('stays usable when a close listener raises', function()
			local window = BrowserWindow()
			window:once('close', function() error 'no' end)
			assert.matches('no$', raised(function() window:close() end))
			assert.is_false(window:isDestroyed())
			window:close()
			wait.event(window, 'closed')
		end)

		it('raises from then on', function()
			local window = BrowserWindow()
			local contents = window.webContents
			window:destroy()
			local problem = raised(function() window:show() end)
			assert.matches('windows_spec%.lua:%d+: BrowserWindow has been destroyed$', problem)
			for _, method in ipairs { 'close', 'destroy', 'loadUrl', 'reload', 'getBounds', 'setTitle' } do
				assert.matches('windows_spec%.lua:%d+: BrowserWindow has been destroyed$',
					raised(function() window[method](window, 'x') end))
			end
			assert.matches('windows_spec%.lua:%d+: WebContents has been destroyed$',
				raised(function() contents:send 'x' end))
			assert.is_true(contents:isDestroyed())
		end)

		it('is told of the method that is called with a dot', function()
			assert.matches('windows_spec%.lua:%d+: not a BrowserWindow: methods are called with a colon$',
				raised(function() BrowserWindow().show() end))
		end)
	end)

	describe('whose page has a name', function()
		it('takes it for its title', function()
			local window = windows.open "require 'page':setTitle 'Notes'"
			assert.are.equal('Notes', window:getTitle())
			assert.are.equal('Notes', window.webContents:getTitle())
			assert.are.equal('Notes', windows.eval(window, "require 'page':getTitle()"))
		end)

		it('says so, and keeps its title if told to', function()
			local window = windows.open("local page = require 'page'; function name(n) page.setTitle(n) end",
				{ title = 'Mine' })
			local record = wait.record(window, { 'page-title-updated' })
			local inner = wait.record(window.webContents, { 'page-title-updated' })
			window:on('page-title-updated', function(event) event:preventDefault() end)
			windows.eval(window, "name 'Theirs'")
			assert.are.same({ { 'page-title-updated', 'Theirs' } }, record)
			assert.are.same(record, inner)
			assert.are.equal('Mine', window:getTitle())
			assert.are.equal('Theirs', window.webContents:getTitle())
		end)
	end)

	describe('seen from a page', function()
		it('is the same object each time, with its WebContents', function()
			local window = windows.open()
			assert.is_true(windows.eval(window, [[
				local remote = require 'remote'
				local window = remote.getCurrentWindow()
				return window == remote.getCurrentWindow()
					and window.webContents == remote.getCurrentWebContents()
					and window.id == ]] .. window.id))
		end)

		it('can be made, by a call and by new', function()
			local window = windows.open()
			local a, b = windows.eval(window, [[
				local BrowserWindow = require 'remote'.require 'browser-window'
				return BrowserWindow { width = 123 }.id, BrowserWindow.new { title = 'New' }.id]])
			assert.are.equal(123, (BrowserWindow.fromId(a):getSize()))
			assert.are.equal('New', BrowserWindow.fromId(b):getTitle())
		end)

		it('can be closed in the middle of a call', function()
			local window = windows.open()
			window.webContents:executeLua("require 'remote'.getCurrentWindow():close()", function() end)
			wait.event(window, 'closed')
		end)

		it('can be destroyed in the middle of a call', function()
			local window = windows.open()
			window.webContents:executeLua("require 'remote'.getCurrentWindow():destroy()", function() end)
			wait.event(window, 'closed')
		end)

		it('closes when the page asks for it, unless main prevents it', function()
			local window = windows.open()
			window:once('close', function(event) event:preventDefault() end)
			windows.eval(window, "require 'page':close()")
			windows.eval(window, '1')
			assert.is_false(window:isDestroyed())
			windows.eval(window, "require 'page'.close()")
			wait.event(window, 'closed')
		end)
	end)
end)
