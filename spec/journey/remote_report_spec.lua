local accounts = require 'spec.support.accounts'
local app = require 'app'
local remote = require 'remote'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('what main and a page hold of each other', function()
	accounts(before_each, after_each)

	before_each(function()
		_G.shared = { held = {}, list = { 1, 2, 3, 4, 5, 6, 7 } }
		function _G.shared.hold(callback)
			table.insert(_G.shared.held, callback)
		end
	end)

	after_each(function()
		_G.shared = nil
	end)

	local function open(source)
		return windows.open("shared = require 'remote'.getGlobal 'shared'\n" .. source)
	end

	--- The references of a kind in the report of the only page.
	local function find(holder, kind)
		local reports = remote.report()
		assert.are.equal(1, #reports)
		local found = {}
		for _, reference in ipairs(reports[1]) do
			if reference.holder == holder and reference.type == kind then
				found[#found + 1] = reference
			end
		end
		return found, reports[1]
	end

	it('is reported by main', function()
		local window = open [[
			list = shared.list
			for _ = 1, 3 do
				shared.hold(function() end)
			end]]
		_G.shared.held[1]()
		local callbacks = find('main', 'function')
		assert.are.equal(3, #callbacks)
		assert.matches('page%.lua:4$', callbacks[1].origin)
		assert.are.equal(1, callbacks[1].calls + callbacks[2].calls + callbacks[3].calls)
		local sizes = {}
		for _, reference in ipairs((find('page', 'table'))) do
			assert.is_true(reference.age >= 0)
			sizes[reference.size] = true
		end
		assert.is_true(sizes[7])
		assert.is_truthy(window)
	end)

	it('is reported in words, alike ones together', function()
		open [[
			for _ = 1, 3 do
				shared.hold(function() end)
			end]]
		local text = tostring(remote.report())
		assert.matches('^page %d+: it holds %d+ of main, main holds 3 of it\n', text)
		assert.matches('3 × main holds callback of [^\n]*page%.lua:3 %(used 0 times, oldest %d', text)
		assert.are.equal(#remote.report(), #app:remoteReport())
	end)

	describe('past a number', function()
		local warnings = require 'spec.support.warnings'(before_each, after_each)

		before_each(function()
			app.commandLine:appendSwitch('remote-leak-warning', '20')
		end)

		after_each(function()
			app.commandLine:appendSwitch('remote-leak-warning', '1000')
		end)

		it('is warned of, once, with the place where most callbacks come from', function()
			local window = open [[
				function leak()
					shared.hold(function() end)
				end
				for _ = 1, 15 do leak() end]]
			assert.are.same({}, warnings)
			windows.eval(window, '(function() for _ = 1, 15 do leak() end end)()')
			windows.eval(window, '(function() for _ = 1, 15 do leak() end end)()')
			wait.untilTrue('there was a warning', function() return #warnings > 0 end)
			assert.are.equal(1, #warnings)
			assert.matches('^possible leak: main holds %d+ callbacks of page %d+, %d+ of them from '
				.. '[^ ]*page%.lua:3; app:remoteReport%(%) lists them$', warnings[1])
		end)

		it('is warned of when a page keeps objects of main', function()
			function _G.shared.new()
				return setmetatable({}, { __name = 'Widget' })
			end
			open [[
				kept = {}
				for i = 1, 210 do kept[i] = shared.new() end]]
			wait.untilTrue('there was a warning', function() return #warnings > 0 end)
			assert.are.equal(1, #warnings)
			assert.matches('^possible leak: %d+ objects of main are held by page %d+, %d+ of them from '
				.. 'Widget; ', warnings[1])
		end)
	end)

	it('is reported by the page', function()
		local window = open 'shared.hold(function() end)'
		assert.is_true(windows.eval(window, "require 'remote'.report():count('main', 'function') == 1"))
		assert.is_true(windows.eval(window, "require 'remote'.report():count('page', 'table') >= 1"))
		local text = windows.eval(window, "tostring(require 'remote'.report())")
		assert.matches('main holds callback of [^\n]*page%.lua:2', text)
		assert.matches('page holds table %(used', text)
		assert.are.equal(remote.report()[1].page, windows.eval(window, "require 'remote'.report().page"))
	end)

	it('goes when the page lets go: the object dies with its last proxy', function()
		local window = open 'object = shared.list'
		local died = setmetatable({ shared = _G.shared.list }, { __mode = 'v' })
		_G.shared.list = nil
		collectgarbage()
		assert.is_not_nil(died.shared)
		assert.are.equal(7, windows.eval(window, '#object'))
		wait.untilTrue('the object was collected', function()
			windows.eval(window, '(function() object = nil collectgarbage() end)()')
			collectgarbage()
			return died.shared == nil
		end)
	end)

	it('counts five sends, a drop and a collection down to nothing', function()
		local window = open [[
			for _ = 1, 5 do
				object = shared.list
			end]]
		local function holdsList()
			for _, reference in ipairs((find('page', 'table'))) do
				if reference.size == 7 then
					return reference.count
				end
			end
		end
		assert.are.equal(5, holdsList())
		wait.untilTrue('the page has let go', function()
			windows.eval(window, '(function() object = nil collectgarbage() end)()')
			return holdsList() == nil
		end)
	end)

	it('goes with the context of the page', function()
		local died = setmetatable({ list = _G.shared.list }, { __mode = 'v' })
		local window = open 'object = shared.list'
		_G.shared.list = nil
		collectgarbage()
		assert.is_not_nil(died.list)
		window:destroy()
		collectgarbage()
		assert.is_nil(died.list)
	end)

	it('delivers a callback that is sent again while its release is on its way', function()
		local window = open [[
			count = 0
			local function fn() count = count + 1 end
			function send() shared.hold(fn) end
			send()]]
		for i = 1, 20 do
			_G.shared.held = {}
			collectgarbage()
			windows.eval(window, 'send()')
			assert.is_true(_G.shared.held[1]())
			wait.untilTrue('it was called', function() return windows.eval(window, 'count') == i end)
		end
	end)
end)

describe('an error that nobody caught', function()
	teardown(run.removeAll)

	--- Runs an app that has these files, and a main script that only opens page.lua.
	local function play(files)
		files['main.lua'] = files['main.lua'] or [[
			require 'app':on('ready', function()
				require 'browser-window' { show = false }:loadUrl 'page.lua'
			end)]]
		return run.lepton { run.directory(files) }
	end

	it('of main\'s doing is reported in the page with both tracebacks', function()
		local result = play {
			['main.lua'] = [[
				local app, BrowserWindow = require 'app', require 'browser-window'
				app:on('ready', function()
					local window = BrowserWindow { show = false }
					window:loadUrl 'page.lua'
					window.webContents:on('did-stop-loading', function() app:exit(3) end)
				end)]],
			['notes.lua'] = "return { add = function(text)\n\terror('no ' .. text)\nend }",
			['page.lua'] = "local remote = require 'remote'\nlocal notes = remote.require 'notes'\n"
				.. "local function add()\n\tnotes.add 'milk'\nend\nadd()\n",
		}
		assert.are.equal(3, result.status)
		assert.matches("lepton: page 1: [^\n]*notes%.lua:2: no milk\n"
			.. "stack traceback:\n"
			.. "\t%[C%]: in field 'add'\n"
			.. "\tpage%.lua:4: in local 'add'\n"
			.. "\tpage%.lua:6: in main chunk\n"
			.. "\tin the main process:\n"
			.. "\t%[C%]: in function 'error'\n"
			.. "\t[^\n]*notes%.lua:2: in ", result.stderr)
	end)

	it('in a callback is reported with both tracebacks', function()
		local result = play {
			['notes.lua'] = "return { call = function(fn) fn() end, fail = function()\n\terror 'no'\nend }",
			['page.lua'] = [[
				local remote = require 'remote'
				local notes = remote.require 'notes'
				notes.call(function()
					require 'timers'.setTimeout(remote.process.exit, 0)
					notes.fail()
				end)]],
		}
		assert.matches("lepton: page 1: [^\n]*notes%.lua:2: no\nstack traceback:\n.*page%.lua:5: in .*"
			.. "\tin the main process:\n\t%[C%]: in function 'error'\n\t[^\n]*notes%.lua:2: in ",
			result.stderr)
	end)

	it('that is an object of main is reported as main would', function()
		local result = play {
			['problems.lua'] = [[
				local Problem = { __tostring = function(self) return 'problem ' .. self.code end }
				return {
					plain = function() error { code = 1 } end,
					object = function() error(setmetatable({ code = 2 }, Problem)) end,
					nothing = function() error() end,
				}]],
			['page.lua'] = [[
				local remote = require 'remote'
				local timers = require 'timers'
				local problems = remote.require 'problems'
				timers.setImmediate(problems.plain)
				timers.setImmediate(problems.object)
				timers.setImmediate(problems.nothing)
				timers.setImmediate(remote.process.exit)]],
		}
		local reported = {}
		for line in result.stderr:gmatch 'lepton: page 1: ([^\n]*)' do
			reported[#reported + 1] = line
		end
		assert.are.same({ '(error object is a table value)', 'problem 2',
			'(error object is a nil value)' }, reported)
	end)

	it('in a task is reported, too', function()
		local result = play {
			['page.lua'] = [[
				local remote = require 'remote'
				local timers = require 'timers'
				local task = remote.async(function()
					remote.getGlobal 'error'('nobody asked', 0)
				end)
				while not task:isDone() do
					timers.sleep(1)
				end
				timers.setTimeout(remote.process.exit, 10)]],
		}
		assert.matches('lepton: page 1: nobody asked\n', result.stderr)
	end)
end)
