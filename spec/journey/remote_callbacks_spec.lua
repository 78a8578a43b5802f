local EventEmitter = require 'events'
local accounts = require 'spec.support.accounts'
local raised = require 'spec.support.raised'
local remote = require 'remote'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a callback', function()
	accounts(before_each, after_each)

	local warnings = require 'spec.support.warnings'(before_each, after_each)

	before_each(function()
		_G.shared = { held = {} }
		function _G.shared.hold(callback)
			table.insert(_G.shared.held, callback)
		end
	end)

	after_each(function()
		_G.shared = nil
	end)

	--- Opens a window whose page has `shared`, main's table of that name.
	local function open(source)
		return windows.open("local shared = require 'remote'.getGlobal 'shared'\n" .. source)
	end

	it('gives main true, not its result; one of main itself gives its result', function()
		function _G.shared.withCallback(mapper)
			local results = {}
			for i, x in ipairs { 1, 2, 3 } do
				results[i] = mapper(x)
			end
			return results
		end
		function _G.shared.withLocalCallback()
			return _G.shared.withCallback(function(x)
				return x + 1
			end)
		end
		local window = open [[
			local remote = require 'remote'
			first = remote.copy(shared.withCallback(function(x) return x + 1 end))
			second = remote.copy(shared.withLocalCallback())]]
		assert.are.same({ true, true, true }, windows.eval(window, 'first'))
		assert.are.same({ 2, 3, 4 }, windows.eval(window, 'second'))
	end)

	it('is a function in main', function()
		open 'shared.hold(print)'
		assert.are.equal('function', type(_G.shared.held[1]))
		assert.is_true(remote.isCallback(_G.shared.held[1]))
	end)

	it('runs in the loop of the page, never inside a call of it', function()
		function _G.shared.callNow(callback)
			callback 'called'
			timers.sleep(5)
			return 'returned'
		end
		local window = open [[
			order = {}
			local function note(what) order[#order + 1] = what end
			note(shared.callNow(note))
			note(shared.callNow(note))
			note 'end of script']]
		wait.untilTrue('the callbacks ran', function()
			return windows.eval(window, '#order') == 5
		end)
		assert.are.same({ 'returned', 'returned', 'end of script', 'called', 'called' },
			windows.eval(window, 'order'))
	end)

	it('runs in the order of the calls, each in a coroutine of its own', function()
		local window = open [[
			order = {}
			local timers = require 'timers'
			shared.hold(function(i)
				while i == 1 and #order < 99 do
					timers.sleep(1)
				end
				order[#order + 1] = i
			end)]]
		for i = 1, 100 do
			assert.is_true(_G.shared.held[1](i))
		end
		wait.untilTrue('the callbacks ran', function()
			return windows.eval(window, '#order') == 100
		end)
		local expected = {}
		for i = 2, 100 do
			expected[i - 1] = i
		end
		expected[100] = 1
		assert.are.same(expected, windows.eval(window, 'order'))
	end)

	it('waits in the queue behind an answer that was sent after it', function()
		function _G.shared.callMany(callback)
			for i = 1, 100 do
				callback(i)
			end
			return 'answer'
		end
		local window = open [[
			order = {}
			order[1] = shared.callMany(function(i) order[#order + 1] = i end)]]
		wait.untilTrue('the callbacks ran', function()
			return windows.eval(window, '#order') == 101
		end)
		assert.are.same({ 'answer', 1, 2 }, windows.eval(window, '{ order[1], order[2], order[3] }'))
		assert.are.equal(100, windows.eval(window, 'order[101]'))
	end)

	it('gets copies of plain values and remote objects for main\'s', function()
		local window = open [[
			shared.hold(function(...) got = table.pack(...) end)]]
		_G.shared.held[1](1, nil, 'two', _G.shared, nil)
		wait.untilTrue('it ran', function() return windows.eval(window, 'got ~= nil') end)
		assert.are.same({ 5, 1, 'two', true }, { windows.eval(window, 'got.n, got[1], got[3],'
			.. "got[4] == require 'remote'.getGlobal 'shared'") })
	end)

	it('is the same one each time its function is sent', function()
		open [[
			local function fn() end
			shared.hold(fn)
			shared.hold(fn)
			shared.hold(function() end)]]
		local held = _G.shared.held
		assert.are.equal(held[1], held[2])
		assert.are_not.equal(held[1], held[3])
	end)

	it('is the very function again at home', function()
		local window = open [[
			local function fn() end
			shared.hold(fn)
			same = shared.held[1] == fn and rawequal(shared.held[1], fn)]]
		assert.is_true(windows.eval(window, 'same'))
	end)

	it('that raises is an uncaught error of its page, which lives on', function()
		local window = open [[
			process:on('uncaughtException', function(problem) caught = problem end)
			shared.hold(function() error('in the page', 0) end)]]
		assert.is_true(_G.shared.held[1]())
		wait.untilTrue('it was reported', function() return windows.eval(window, 'caught ~= nil') end)
		assert.are.equal('in the page', windows.eval(window, 'caught'))
	end)

	it('lasts as long as main keeps it, and no longer', function()
		local window = open [[
			died = 0
			function give()
				local sentinel = setmetatable({}, { __gc = function() died = died + 1 end })
				shared.hold(function() return sentinel end)
			end
			give()]]
		windows.eval(window, 'collectgarbage()')
		assert.are.equal(0, windows.eval(window, 'died'))
		assert.is_true(_G.shared.held[1]())
		_G.shared.held = {}
		collectgarbage()
		wait.untilTrue('it was collected', function()
			windows.eval(window, 'collectgarbage()')
			return windows.eval(window, 'died') == 1
		end)
	end)

	it('is counted, with the place where it was passed', function()
		local window = open [[
			shared.hold(function() end)
			shared.hold(function() end)]]
		assert.are.equal('page.lua:2', remote.origin(_G.shared.held[1]):match '[^/]*$')
		assert.are.equal('page.lua:3', remote.origin(_G.shared.held[2]):match '[^/]*$')
		assert.are.equal(window.webContents:getOwnerWindow(), window)
	end)

	describe('of a page that is gone', function()
		local function hold(fate)
			local window = open 'shared.hold(function() end)'
			fate(window)
			wait.untilTrue('the context has ended', function()
				return not pcall(_G.shared.held[1])
			end)
			return raised(_G.shared.held[1])
		end

		local EXPECTED = 'attempt to call a callback of a page that was reloaded or closed '
			.. '%(registered at [^()]*page%.lua:2%)$'

		it('raises when it was reloaded, and says where it was passed', function()
			assert.matches(EXPECTED, hold(function(window)
				window:reload()
				wait.event(window.webContents, 'did-finish-load')
			end))
		end)

		it('raises when it was closed', function()
			assert.matches(EXPECTED, hold(function(window)
				window:close()
				wait.event(window, 'closed')
			end))
		end)

		it('raises when its window was destroyed', function()
			assert.matches(EXPECTED, hold(function(window)
				window:destroy()
			end))
		end)

		it('raises when it crashed', function()
			assert.matches(EXPECTED, hold(function(window)
				window.webContents:executeLua("os.execute 'kill -9 $PPID'", function() end)
			end))
		end)

		it('raises in the line that calls it', function()
			local window = open 'shared.hold(function() end)'
			window:destroy()
			local problem = raised(function()
				_G.shared.held[1]()
			end)
			assert.matches('^[^:]*remote_callbacks_spec%.lua:%d+: attempt to call a callback', problem)
		end)

		it('is dropped by emitters, with one warning that names event and place', function()
			_G.shared.emitter = EventEmitter()
			local window = open [[
				shared.emitter:on('change', function() end)
				shared.emitter:on('change', function() end)
				shared.emitter:once('end', function() end)]]
			local heard = 0
			_G.shared.emitter:on('change', function()
				heard = heard + 1
			end)
			assert.are.equal(3, _G.shared.emitter:listenerCount 'change')
			window:reload()
			wait.event(window.webContents, 'did-finish-load')
			assert.are.equal(3, _G.shared.emitter:listenerCount 'change')
			assert.is_true(_G.shared.emitter:emit 'change')
			assert.are.equal(1, heard)
			assert.are.equal(1, #warnings)
			assert.matches('EventEmitter dropped 3 listeners that a page left behind', warnings[1])
			for line = 2, 4 do
				assert.matches(("'%s' %%(registered at [^()]*page%%.lua:%d%%)"):format(
					line < 4 and 'change' or 'end', line), warnings[1])
			end
		end)

		it('does not pile up on a window that is reloaded', function()
			local window = open "require 'remote'.getCurrentWindow():on('close', function() end)"
			for _ = 1, 5 do
				window:reload()
				wait.event(window.webContents, 'did-finish-load')
			end
			assert.are.equal(1, window:listenerCount 'close')
			assert.are.equal(5, #warnings)
			assert.matches("'close' %(registered at [^()]*page%.lua:2%)", warnings[1])
		end)
	end)

	describe('of a live function, remote.weak,', function()
		it('does not keep the function alive', function()
			_G.shared.emitter = EventEmitter()
			local window = open [[
				local remote = require 'remote'
				calls = 0
				kept = function() calls = calls + 1 end
				same = remote.weak(kept) == remote.weak(kept)
				shared.emitter:on('change', remote.weak(kept))]]
			assert.is_true(windows.eval(window, 'same'))
			_G.shared.emitter:emit 'change'
			wait.untilTrue('it was called', function() return windows.eval(window, 'calls') == 1 end)
			windows.eval(window, '(function() collectgarbage() collectgarbage() end)()')
			assert.are.equal(1, _G.shared.emitter:listenerCount 'change')
			windows.eval(window, '(function() kept = nil collectgarbage() collectgarbage() end)()')
			wait.untilTrue('the emitter dropped it', function()
				return _G.shared.emitter:listenerCount 'change' == 0
			end)
			assert.are.same({}, warnings)
		end)

		it('does nothing once the function is gone', function()
			local window = open [[
				local remote = require 'remote'
				kept = function() end
				shared.hold(remote.weak(kept))]]
			windows.eval(window, '(function() kept = nil collectgarbage() collectgarbage() end)()')
			assert.is_true(_G.shared.held[1]())
		end)
	end)
end)
