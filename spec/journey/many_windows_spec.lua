local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local memory = require 'spec.support.memory'
local renderer = require 'host.renderer'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('200 windows, one after the other', function()
	accounts(before_each, after_each)

	local page = [[
		local remote = require 'remote'
		local window = remote.getCurrentWindow()
		local own = window.webContents
		window.listener = function() end
		window:on('resize', window.listener)
		require 'ipc':on('note', function(...) require 'ipc':send('echo', ...) end)
		require 'ipc':send('note', { window:getTitle() })
		require 'page':on('unload', function() window:removeListener('resize', window.listener) end)]]

	local function use()
		local window = windows.open(page)
		window.webContents:send('note', { 1, { 2 } })
		window:setSize(10, 10)
		assert.are.equal(2, windows.eval(window, '1 + 1'))
		window:reload()
		wait.event(window.webContents, 'did-finish-load')
		return window
	end

	it('leave main as it was', function()
		for _ = 1, 10 do
			use():destroy()
		end
		memory.check(32, function()
			for i = 1, 200 do
				local window = use()
				if i % 2 == 0 then
					window:destroy()
				else
					window:close()
					wait.event(window, 'closed')
				end
			end
			wait.untilTrue('all pages have ended', function() return renderer.counts().children == 0 end)
		end)
	end)
end)

describe('200 windows, all at once', function()
	accounts(before_each, after_each)

	local page = [[
		local remote = require 'remote'
		local window = remote.getCurrentWindow()
		window.note = function() end
		remote.require 'app':getPath 'temp']]

	--- Opens them, uses and reloads each, and ends them in three ways.
	local function round(path)
		local all = {}
		for i = 1, 200 do
			all[i] = BrowserWindow { show = false }
			all[i]:loadUrl(path)
		end
		for i, window in ipairs(all) do
			assert.are.equal(i, windows.eval(window, tostring(i)))
			window:reload()
		end
		for i, window in ipairs(all) do
			local pid = windows.eval(window, 'process.pid')
			if i % 3 == 0 then
				window:destroy()
			elseif i % 3 == 1 then
				window:close()
			else
				window.webContents:once('crashed', function() window:close() end)
				process.kill(pid, 'SIGKILL')
			end
		end
		wait.untilTrue('all are closed', function() return #BrowserWindow.getAllWindows() == 0 end)
	end

	it('leave main as it was', function()
		local file = assert(io.open '/proc/self/limits')
		local descriptors = tonumber(file:read 'a':match 'Max open files%s+(%d+)')
		file:close()
		if descriptors and descriptors < 1024 then
			return pending 'this process may open fewer than 1024 files'
		end
		local path = windows.page(page)
		round(path)
		memory.check(64, function() round(path) end)
	end)
end)
