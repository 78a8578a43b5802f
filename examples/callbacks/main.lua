--- What becomes of the functions that a page hands to main, in three stories. The app tells them as
--- they happen; docs/lifetimes.md has the rules behind them.

local BrowserWindow = require 'browser-window'
local app = require 'app'
local bulletin = require 'bulletin'

-- Two processes print here. Line by line, everything is seen in order.
io.stdout:setvbuf 'line'

--- Waits until the page has dealt with all that it was sent.
---@async
local function settle(window)
	window.webContents:executeLua 'true'
end

--- Loads a page in place of the one before, and waits until its script has run.
---@async
local function visit(window, page)
	window:loadUrl(page)
	settle(window)
end

---@async
local function results(window)
	print '1. A page passes main a function that adds 1, and looks at what main made of {1, 2, 3}.'
	visit(window, 'pages/mapping.lua')
	print '   Main never waits for a page: calling a callback gives true, and it runs later.'
end

---@async
local function subscribers(window)
	print '2. A page subscribes to a bulletin, a plain list in main, and is visited 3 times.'
	for _ = 1, 3 do
		visit(window, 'pages/forgetting.lua')
	end
	print(('   The list has %d subscribers: each visit has left one behind.'):format(bulletin.count()))
	local _, problem = pcall(bulletin.publish, 'extra, extra')
	print('   Two of them are of pages that are gone, and publishing fails:')
	print('   ' .. problem)

	bulletin.clear()
	for _ = 1, 3 do
		visit(window, 'pages/tidy.lua')
	end
	print(('   3 visits of a page that unsubscribes as it unloads: %d subscriber.'):format(
		bulletin.count()))
	bulletin.publish 'all is well'
	settle(window)
end

---@async
local function listeners(window)
	print "3. A page listens to its window's close event, and is visited 3 times."
	for _ = 1, 3 do
		visit(window, 'pages/listening.lua')
	end
	print(('   The window has %d listener: what pages leave behind, emitters drop, with a warning.')
		:format(window:listenerCount 'close'))
end

app:on('ready', function()
	local window = BrowserWindow { title = 'Callbacks' }
	results(window)
	subscribers(window)
	listeners(window)
	window:close()
end)
