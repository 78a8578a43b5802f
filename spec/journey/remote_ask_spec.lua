local accounts = require 'spec.support.accounts'
local raised = require 'spec.support.raised'
local remote = require 'remote'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('in main, remote', function()
	accounts(before_each, after_each)

	before_each(function()
		_G.shared = {}
		function _G.shared.hold(callback)
			_G.shared.callback = callback
		end
	end)

	after_each(function()
		_G.shared = nil
	end)

	local function open(source)
		return windows.open("local shared = require 'remote'.getGlobal 'shared'\n" .. source)
	end

	it('asks a callback for what it returns', function()
		open 'shared.hold(function(...) return select("#", ...), ... end)'
		assert.are.same({ n = 4, 3, 1, nil, 'x' },
			table.pack(remote.ask(_G.shared.callback, 1, nil, 'x')))
	end)

	it('waits while the callback waits, and others are served', function()
		local window = open [[
			released = {}
			shared.hold(function(n)
				while not released[n] do
					require 'timers'.sleep(1)
				end
				return n
			end)]]
		local answers = {}
		for n = 1, 3 do
			timers.setImmediate(function()
				local answer = remote.ask(_G.shared.callback, n)
				answers[#answers + 1] = answer
			end)
		end
		for i, n in ipairs { 3, 1, 2 } do
			windows.eval(window, ('(function() released[%d] = true end)()'):format(n))
			wait.untilTrue('it was answered', function() return #answers == i end)
		end
		assert.are.same({ 3, 1, 2 }, answers)
	end)

	it('gets copies of tables, and gives remote objects', function()
		local window = open 'shared.hold(function(object) got = object return { 1, { 2 } } end)'
		assert.are.same({ 1, { 2 } }, remote.ask(_G.shared.callback, _G.shared))
		assert.is_true(windows.eval(window, "got == require 'remote'.getGlobal 'shared'"))
	end)

	it('sends by value what it is told to', function()
		local window = open 'shared.hold(function(list) got = list end)'
		remote.ask(_G.shared.callback, remote.byValue { 1, { 2 } })
		assert.are.equal('table', windows.eval(window, 'type(got)'))
		assert.are.same({ 1, { 2 } }, windows.eval(window, 'got'))
		assert.are.equal(7, remote.byValue(7))
	end)

	it('raises what the callback raises', function()
		open 'shared.hold(function() error("in the page", 0) end)'
		assert.are.equal('in the page', raised(remote.ask, _G.shared.callback))
	end)

	it('would deadlock where the page waits for this very call', function()
		function _G.shared.askBack(callback)
			return remote.ask(callback)
		end
		local window = open [[
			ok, problem = pcall(shared.askBack, function() end)
			alive = shared.hold ~= nil]]
		assert.is_false(windows.eval(window, 'ok'))
		assert.matches('would deadlock', windows.eval(window, 'problem'))
		assert.is_true(windows.eval(window, 'alive'))
	end)

	it('does not deadlock where the page asks in a task', function()
		function _G.shared.askBack(callback)
			return remote.ask(callback) + 1
		end
		local window = open [[
			local remote = require 'remote'
			answer = remote.async(function()
				return shared.askBack(function() return 41 end)
			end):await()]]
		wait.untilTrue('the task has ended', function() return windows.eval(window, 'answer == 42') end)
	end)

	it('fails when the page goes before it answers', function()
		local window = open "shared.hold(function() require 'timers'.sleep(60000) end)"
		timers.setTimeout(function() window:destroy() end, 10)
		assert.matches('the page was reloaded or closed before it answered$',
			raised(remote.ask, _G.shared.callback))
		assert.matches('attempt to call a callback of a page that was reloaded or closed',
			raised(remote.ask, _G.shared.callback))
	end)

	it('takes a callback only', function()
		assert.matches("^[^:]*remote_ask_spec%.lua:%d+: bad argument #1 to 'ask' %(callback of a page "
			.. 'expected, got function%)$', raised(function() remote.ask(print) end))
	end)
end)
