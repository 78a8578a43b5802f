-- Cycles through main and a real page.

local sandbox = require 'spec.support.sandbox'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('remote.collectCycles', function()
	require 'spec.support.accounts'(before_each, after_each)

	after_each(function()
		_G.cycleNodes, _G.cycleProbes = nil, nil
	end)

	before_each(function()
		_G.cycleNodes, _G.cycleProbes = {}, setmetatable({}, { __mode = 'v' })
	end)

	-- Main's object i holds a function of the page, which holds the object.
	local PAGE = [[
		remote = require 'remote'
		probes = setmetatable({}, { __mode = 'v' })
		function cycle(i)
			local nodes = remote.getGlobal 'cycleNodes'
			local node = nodes[i]
			node.callback = function(x) got = x or node.name end
			probes[i] = node.callback
		end
	]]

	local function open(n)
		for i = 1, n do
			local node = { name = 'node ' .. i }
			_G.cycleNodes[i], _G.cycleProbes[i] = node, node
		end
		local window = windows.open(PAGE)
		windows.eval(window, ('for i = 1, %d do cycle(i) end collectgarbage()'):format(n))
		return window
	end

	local function count(probes)
		local n = 0
		for _ in pairs(probes) do
			n = n + 1
		end
		return n
	end

	it('collects what neither process finds', function()
		local window = open(100)
		_G.cycleNodes = { _G.cycleNodes[1] }
		collectgarbage()
		windows.eval(window, 'collectgarbage()')
		collectgarbage()
		assert.are.equal(100, count(_G.cycleProbes))
		assert.are.equal(198, windows.eval(window, 'remote.collectCycles()'))
		assert.are.equal(1, count(_G.cycleProbes))
		assert.are.equal(0, windows.eval(window, 'remote.collectCycles()'))
		_G.cycleProbes[1].callback()
		assert.are.equal('node 1', windows.eval(window, 'got'))
		_G.cycleNodes = {}
		assert.are.equal(2, windows.eval(window, 'remote.collectCycles()'))
		assert.are.equal(0, count(_G.cycleProbes))
	end)

	it('collects objects that are their own class', function()
		local window = open(0)
		for i = 1, 10 do
			local node = { __name = 'Node', name = function() return i end }
			node.__index = node
			_G.cycleNodes[i], _G.cycleProbes[i] = setmetatable(node, node), node
		end
		windows.eval(window, [[
			for i = 1, 10 do
				cycle(i)
				local node = remote.getGlobal 'cycleNodes'[i]
				assert(node:name() == i)
			end
			collectgarbage()]])
		_G.cycleNodes = {}
		collectgarbage()
		assert.are.equal(10, count(_G.cycleProbes))
		windows.eval(window, 'remote.collectCycles()')
		assert.are.equal(0, count(_G.cycleProbes))
	end)

	it('finds what timers, emitters, requests and modules hold', function()
		local window = open(6)
		local nodes = _G.cycleNodes
		local app = require 'app'
		local function holder(node)
			return function()
				return node
			end
		end
		local listener = holder(nodes[1])
		app:on('cycle', listener)
		local timer = timers.setTimeout(function(...)
			return ...
		end, 60000, nodes[2])
		package.loaded['cycle-module'] = { nodes[3] }
		local co = coroutine.create(function(node)
			coroutine.yield()
			return node
		end)
		coroutine.resume(co, nodes[4])
		windows.eval(window, [[(function()
			local nodes = remote.getGlobal 'cycleNodes'
			local fifth, sixth = nodes[5], nodes[6]
			require 'timers'.setTimeout(function(o) return fifth, o end, 60000, sixth)
		end)()]])
		_G.cycleNodes, nodes = {}, nil
		windows.eval(window, 'collectgarbage()')
		assert.are.equal(0, windows.eval(window, 'remote.collectCycles()'))
		assert.are.equal(6, count(_G.cycleProbes))
		app:removeListener('cycle', listener)
		listener = nil
		timers.clearTimeout(timer)
		timer = nil
		package.loaded['cycle-module'] = nil
		co = nil
		assert.are.equal(8, windows.eval(window, 'remote.collectCycles()'))
		assert.are.equal(2, count(_G.cycleProbes))
		assert.is_nil(timer or co or listener or nodes)
	end)

	it('43: is not needed where the page ends; until then the report shows the cycle', function()
		local window = open(3)
		_G.cycleNodes = {}
		collectgarbage()
		windows.eval(window, 'collectgarbage()')
		local callbacks = windows.eval(window, [[(function()
			local n = 0
			for _, reference in ipairs(remote.report()) do
				if reference.holder == 'main' and reference.type == 'function' then n = n + 1 end
			end
			return n
		end)()]])
		assert.are.equal(3, callbacks)
		window.webContents:reload()
		wait.event(window.webContents, 'did-finish-load')
		collectgarbage()
		assert.are.equal(0, count(_G.cycleProbes))
	end)

	it('leaves other pages what they hold', function()
		local window = open(2)
		local other = windows.open(PAGE .. 'kept = remote.getGlobal "cycleNodes"[1]')
		_G.cycleNodes = {}
		windows.eval(other, 'collectgarbage()')
		windows.eval(window, 'collectgarbage()')
		assert.are.equal(2, windows.eval(window, 'remote.collectCycles()'))
		assert.are.equal(1, count(_G.cycleProbes))
		assert.are.equal('node 1', windows.eval(other, 'kept.name'))
	end)

	it('works in an asynchronous task, and in a callback', function()
		local window = open(4)
		_G.cycleNodes = {}
		assert.are.equal(8, windows.eval(window,
			'remote.async(function() return remote.collectCycles() end):await()'))
	end)

	it('says where the heaps are too large', function()
		local window = open(1)
		local n, reason = windows.eval(window, 'remote.collectCycles(100)')
		assert.is_nil(n)
		assert.are.equal('the page has more than 100 references to follow', reason)
		local ok, problem = pcall(windows.eval, window, 'remote.collectCycles "x"')
		assert.is_false(ok)
		assert.matches("bad argument #1 to 'collectCycles' %(integer expected, got string%)", problem)
	end)

	it('collects at idle only where that was switched on', function()
		local window = open(10)
		_G.cycleNodes = {}
		windows.eval(window, 'collectgarbage()')
		timers.sleep(100)
		assert.are.equal(10, count(_G.cycleProbes))
		windows.eval(window, 'remote.collectCyclesWhenIdle{ every = 5 }')
		wait.untilTrue('they are collected', function() return count(_G.cycleProbes) == 0 end)
		windows.eval(window, 'remote.collectCyclesWhenIdle(false)')
		local ok, problem = pcall(windows.eval, window, 'remote.collectCyclesWhenIdle{ every = 0 }')
		assert.is_false(ok)
		assert.matches("option 'every' must be a positive integer", problem)
	end)

	it('is not for sandboxed pages', function()
		local window = sandbox.open ''
		local ok, problem = pcall(windows.eval, window, "require 'remote'.collectCycles()")
		assert.is_false(ok)
		assert.matches('a sandboxed page cannot ask main', problem)
	end)

	it('lets main and page go on after many times', function()
		local window = open(1)
		windows.eval(window, [[(function()
			for i = 1, 40 do
				local nodes = remote.getGlobal 'cycleNodes'
				nodes[1] = { name = 'again' }
				cycle(1)
				assert(remote.collectCycles() >= 0)
			end
		end)()]])
		_G.cycleNodes = {}
		windows.eval(window, 'collectgarbage()')
		windows.eval(window, 'remote.collectCycles()')
		assert.are.equal(0, count(_G.cycleProbes))
	end)
end)
