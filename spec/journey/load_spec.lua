local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local app = require 'app'
local run = require 'spec.support.run'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

local events = { 'did-start-loading', 'did-finish-load', 'did-fail-load', 'did-stop-loading',
	'crashed', 'destroyed' }

describe('loading a page', function()
	accounts(before_each, after_each)

	--- Opens a window and loads something; gives the window and what it emits.
	local function load(url)
		local window = BrowserWindow()
		local record = wait.record(window.webContents, events)
		window:loadUrl(url)
		return window, record
	end

	local function loaded(url)
		local window, record = load(url)
		wait.event(window.webContents, 'did-stop-loading')
		return window, record
	end

	it('starts, finishes and stops, in that order', function()
		local window, record = load(windows.page '')
		assert.is_true(window.webContents:isLoading())
		assert.are.same({}, record)
		wait.event(window.webContents, 'did-stop-loading')
		assert.is_false(window.webContents:isLoading())
		assert.are.same({ { 'did-start-loading' }, { 'did-finish-load' }, { 'did-stop-loading' } },
			record)
	end)

	it('finishes at the first wait of the script, not at its end', function()
		local window = loaded(windows.page [[
			step = 1
			while not goOn do
				require 'timers'.sleep(1)
			end
			step = 2]])
		assert.are.equal(1, windows.eval(window, 'step'))
		windows.eval(window, '(function() goOn = true end)()')
		wait.untilTrue('the script has ended', function() return windows.eval(window, 'step') == 2 end)
	end)

	it('finds the page by a path from the app, an absolute path or a URL', function()
		local path = windows.page 'answer = 42'
		local folder = path:match '^(.*)/'
		local up = app:getAppPath():gsub('/[^/]+', '../'):sub(1, -2) .. path
		for _, url in ipairs { path, 'file://' .. path, up, folder .. '/./page.lua' } do
			local window = loaded(url)
			assert.are.equal(42, windows.eval(window, 'answer'))
			assert.are.equal('file://' .. path, window.webContents:getUrl())
			window:destroy()
		end
	end)

	it('tells the page where it was loaded from', function()
		local path = run.directory { ['a page.lua'] = '' } .. '/a page.lua'
		local window = loaded(path .. '?user=7#top')
		local encoded = path:gsub(' ', '%%20')
		assert.are.equal('file://' .. encoded .. '?user=7#top', window.webContents:getUrl())
		assert.are.same({
			href = 'file://' .. encoded .. '?user=7#top',
			protocol = 'file:',
			pathname = encoded,
			search = '?user=7',
			hash = '#top',
			path = path,
		}, windows.eval(window, "require 'page'.location"))
		assert.are.equal('file://' .. encoded .. '?user=7#top',
			windows.eval(window, "tostring(require 'page'.location)"))
	end)

	it('names the script as the app would in messages', function()
		local window = loaded 'spec/support/fixtures/where.lua'
		assert.are.equal('spec/support/fixtures/where.lua:1: here', windows.eval(window, 'where'))
	end)

	it('skips a first line that begins with #', function()
		local window = loaded(windows.page '#!/usr/bin/env lepton\nanswer = 42')
		assert.are.equal(42, windows.eval(window, 'answer'))
	end)

	it('gives the page the app\'s modules and Lepton\'s, and a process of its own', function()
		local window = loaded(windows.page '')
		assert.are.same({ 'renderer', 'table', 'table', 'table', 'table', 'table' }, {
			windows.eval(window, [[
				return process.type, type(require 'remote'), type(require 'ipc'), type(require 'page'),
					type(require 'events'), type(require 'spec.support.run')]]),
		})
		assert.are_not.equal(process.pid, windows.eval(window, 'process.pid'))
		assert.are.equal(process.cwd(), windows.eval(window, 'process.cwd()'))
		assert.are.equal(process.env.PATH, windows.eval(window, "process.env.PATH"))
	end)

	it('leaves the names of Lepton\'s inner modules to the app', function()
		local window = loaded(windows.page '')
		for _, name in ipairs { 'boot', 'check', 'either' } do
			assert.is_nil(windows.eval(window, ('package.loaded[%q]'):format(name)))
		end
	end)

	it('gives a page that is reloaded a fresh state in the same process', function()
		local window = loaded(windows.page 'count = (count or 0) + 1')
		local pid = windows.eval(window, 'count = 5; return process.pid')
		window:reload()
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.same({ 1, pid }, { windows.eval(window, 'return count, process.pid') })
	end)

	it('has the page before unload, which can still call main', function()
		local window = loaded(windows.page [[
			local window = require 'remote'.getCurrentWindow()
			local page = require 'page'
			page:on('unload', function()
				require 'timers'.sleep(20)
				window.left = page.location.search
			end)]])
		window.webContents:on('did-finish-load', function() window.order = window.left end)
		window:loadUrl(windows.page '')
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.equal('', window.order)
	end)

	it('goes on when an unload listener raises', function()
		local window = loaded(windows.page [[
			local window = require 'remote'.getCurrentWindow()
			local page = require 'page'
			process:on('uncaughtException', function(problem) window.problem = problem end)
			page:on('unload', function() error('no', 0) end)
			page:on('unload', function() window.left = true end)]])
		window:reload()
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.same({ 'no', true }, { window.problem, window.left })
	end)

	it('kills a page that does not unload, and loads the next in a new process', function()
		local window, record = loaded(windows.page [[
			require 'page':on('unload', function() while true do end end)]])
		local pid = windows.eval(window, 'process.pid')
		window:loadUrl(windows.page '')
		wait.event(window.webContents, 'did-stop-loading')
		assert.are_not.equal(pid, windows.eval(window, 'process.pid'))
		assert.are.same({ { 'did-start-loading' }, { 'did-finish-load' }, { 'did-stop-loading' },
			{ 'did-start-loading' }, { 'did-finish-load' }, { 'did-stop-loading' } }, record)
	end)

	it('is given up for the next load', function()
		local first, second = windows.page "require 'timers'.sleep(50)", windows.page 'answer = 42'
		local window, record = load(first)
		wait.event(window.webContents, 'did-start-loading')
		window:loadUrl(second)
		wait.event(window.webContents, 'did-finish-load')
		assert.are.equal(42, windows.eval(window, 'answer'))
		assert.are.same({ { 'did-start-loading' },
			{ 'did-fail-load', -3, ("loading 'file://%s' was given up for 'file://%s'")
				:format(first, second), 'file://' .. first }, { 'did-stop-loading' },
			{ 'did-start-loading' }, { 'did-finish-load' } }, { table.unpack(record, 1, 5) })
	end)

	it('is given up for the next load while the script runs', function()
		local window, record = load(windows.page [[
			local window = require 'remote'.getCurrentWindow()
			window:emit 'running'
			local until_ = process.uptime() + 0.1
			while process.uptime() < until_ do end]])
		wait.event(window, 'running')
		window:loadUrl(windows.page 'answer = 42')
		wait.event(window.webContents, 'did-finish-load')
		assert.are.equal(42, windows.eval(window, 'answer'))
		local names = {}
		for i, entry in ipairs(record) do names[i] = entry[1] end
		assert.are.same({ 'did-start-loading', 'did-fail-load', 'did-stop-loading', 'did-start-loading',
			'did-finish-load' }, { table.unpack(names, 1, 5) })
	end)

	it('does not begin if another is asked for in the same breath', function()
		local window, record = load(windows.page 'answer = 1')
		window:loadUrl(windows.page 'answer = 2')
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.equal(2, windows.eval(window, 'answer'))
		assert.are.equal(3, #record)
	end)

	it('can be stopped, and tried again', function()
		local window, record = load(windows.page 'answer = 42')
		wait.event(window.webContents, 'did-start-loading')
		window.webContents:stop()
		assert.is_false(window.webContents:isLoading())
		assert.are.same({ 'did-fail-load', -3 }, { table.unpack(record[2], 1, 2) })
		window:reload()
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.equal(42, windows.eval(window, 'answer'))
	end)

	it('can be replaced, or its window destroyed, by every listener', function()
		for _, event in ipairs { 'did-start-loading', 'did-finish-load', 'did-stop-loading' } do
			local window, record = load(windows.page 'answer = 1')
			window.webContents:once(event, function()
				window:loadUrl(windows.page 'answer = 2')
			end)
			wait.untilTrue('the other page is there', function()
				return not window.webContents:isLoading() and windows.eval(window, 'answer') == 2
			end)
			for i = 1, #record, 3 do
				assert.are.equal('did-start-loading', record[i][1])
				assert.are.equal('did-stop-loading', record[i + 2][1])
			end
			window, record = load(windows.page '')
			window.webContents:once(event, function() window:destroy() end)
			wait.event(window, 'closed')
			timers.sleep(5)
			assert.are.equal('destroyed', record[#record][1])
		end
	end)

	it('forgets what the page before called itself', function()
		local window = loaded(windows.page "require 'page':setTitle 'One'")
		assert.are.equal('One', window.webContents:getTitle())
		window:loadUrl(windows.page '')
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.equal('', window.webContents:getTitle())
		assert.are.equal('One', window:getTitle())
	end)

	it('is not begun by a window that is destroyed at once', function()
		local window, record = load(windows.page '')
		window:destroy()
		timers.sleep(10)
		assert.are.same({ { 'destroyed' } }, record)
	end)

	describe('that fails', function()
		local function failure(url)
			local window, record = loaded(url)
			assert.are.same({ 'did-start-loading', 'did-fail-load', 'did-stop-loading' },
				{ record[1][1], record[2][1], record[3][1] })
			return { table.unpack(record[2], 2) }, window
		end

		it('says that there is no such file', function()
			assert.are.same({ -6, 'cannot load /nowhere.lua: No such file or directory',
				'file:///nowhere.lua' }, failure '/nowhere.lua')
		end)

		it('says that it is no file', function()
			assert.are.same({ -301,
				"cannot load 'http://example.org/': a page is loaded from a file, not from 'http:'",
				'http://example.org/' }, failure 'http://example.org/')
			assert.are.equal(-300, failure 'file://elsewhere/page.lua'[1])
		end)

		it('leaves the window alive for another page', function()
			local _, window = failure '/nowhere.lua'
			window:loadUrl(windows.page 'answer = 42')
			wait.event(window.webContents, 'did-stop-loading')
			assert.are.equal(42, windows.eval(window, 'answer'))
		end)

		it('leaves the page that was there, if nothing could be read', function()
			local window = loaded(windows.page 'answer = 42')
			local url = window.webContents:getUrl()
			window:loadUrl '/nowhere.lua'
			wait.event(window.webContents, 'did-stop-loading')
			assert.are.equal(42, windows.eval(window, 'answer'))
			assert.are.equal(url, window.webContents:getUrl())
		end)

		it('can be tried again', function()
			local folder = run.directory()
			local _, window = failure(folder .. '/page.lua')
			local file = assert(io.open(folder .. '/page.lua', 'w'))
			file:write 'answer = 42'
			file:close()
			window:reload()
			wait.event(window.webContents, 'did-finish-load')
			assert.are.equal(42, windows.eval(window, 'answer'))
		end)
	end)

	it('blames the caller for what is no URL at all', function()
		local window = BrowserWindow()
		local ok, problem = pcall(function() window:loadUrl(7) end)
		assert.is_false(ok)
		assert.matches("load_spec%.lua:%d+: bad argument #1 to 'loadUrl' "
			.. '%(string expected, got number%)$', problem)
		ok, problem = pcall(function() window.webContents:reload() end)
		assert.is_false(ok)
		assert.matches('load_spec%.lua:%d+: there is no page to reload: none was ever loaded$', problem)
	end)

	describe('and running code in it', function()
		it('gives the values of expressions and statements', function()
			local window = loaded(windows.page '')
			assert.are.same({ 3, 'x', nil, 2.5 }, { windows.eval(window, "3, 'x', nil, 2.5") })
			assert.are.equal(7, windows.eval(window, 'local x = 7; return x'))
			assert.are.same({ { 1, { 2 } } }, { windows.eval(window, '{ 1, { 2 } }') })
		end)

		it('waits for what the code waits for', function()
			local window = loaded(windows.page '')
			assert.are.equal('later', windows.eval(window, "require 'timers'.sleep(20); return 'later'"))
		end)

		it('waits for the page that is on its way', function()
			local window = load(windows.page 'answer = 42')
			assert.are.equal(42, windows.eval(window, 'answer'))
		end)

		it('raises what the code raises', function()
			local window = loaded(windows.page '')
			local ok, problem = pcall(windows.eval, window, "error 'no'")
			assert.are.same({ false, 'executeLua:1: no' }, { ok, problem })
			ok, problem = pcall(windows.eval, window, 'return )')
			assert.are.same({ false, "executeLua:1: unexpected symbol near ')'" }, { ok, problem })
		end)

		it('hears that the code can never go on', function()
			local window = loaded(windows.page '')
			local problem
			window.webContents:executeLua('coroutine.yield()', function(_, message) problem = message end)
			wait.untilTrue('it is known', function() return problem end)
			assert.matches('^the function called has stopped for good', problem)
		end)

		it('hands results, or nil and the error, to a callback', function()
			local window = loaded(windows.page '')
			local results = {}
			window.webContents:executeLua('1, 2', function(...) table.insert(results, { ... }) end)
			window.webContents:executeLua("error('no', 0)", function(...)
				table.insert(results, { ... })
			end)
			wait.untilTrue('both have answered', function() return #results == 2 end)
			assert.are.same({ { 1, 2 }, { nil, 'no' } }, results)
		end)

		it('says that there is no page', function()
			local window = BrowserWindow()
			local ok, problem = pcall(windows.eval, window, '1')
			assert.are.same({ false, 'cannot execute Lua: no page is loaded' }, { ok, problem })
			window:loadUrl '/nowhere.lua'
			ok, problem = pcall(windows.eval, window, '1')
			assert.are.same({ false, 'cannot execute Lua: no page is loaded' }, { ok, problem })
		end)

		it('asks for a callback where Lua cannot wait', function()
			local window = loaded(windows.page '')
			local ok, problem = pcall(table.sort, { 2, 1 }, function() return windows.eval(window, '1') end)
			assert.is_false(ok)
			assert.matches('executeLua cannot wait here: give it a callback$', problem)
		end)
	end)
end)
