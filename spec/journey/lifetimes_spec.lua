-- The adversarial scenarios of the release protocol, by their numbers, where they need pages of
-- their own. spec/host/lifetimes_spec.lua has those where frames are held back and counted.

local EventEmitter = require 'events'
local accounts = require 'spec.support.accounts'
local ipc = require 'ipc'
local renderer = require 'host.renderer'
local run = require 'spec.support.run'
local task = require 'host.task'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('references between processes', function()
	accounts(before_each, after_each)

	local peers, spawn, world

	before_each(function()
		peers, spawn = {}, renderer.spawn
		renderer.spawn = function(...)
			local peer, message = spawn(...)
			peers[#peers + 1] = peer
			return peer, message
		end
		world = {}
		_G.theWorld = world
	end)

	after_each(function()
		renderer.spawn = spawn
		_G.theWorld, world = nil, nil
		collectgarbage()
	end)

	local PRELUDE = [[
		remote = require 'remote'
		world = remote.getGlobal 'theWorld'
	]]

	local function open(source)
		return windows.open(PRELUDE .. (source or ''))
	end

	--- What there is once nothing is on its way any more.
	local function counts(window, peer)
		local before, now
		repeat
			windows.eval(window, 'collectgarbage() collectgarbage()')
			collectgarbage()
			collectgarbage()
			before, now = now, peer:counts()
		until before and before.exports == now.exports and before.imports == now.imports
			and before.callbacks == now.callbacks
		return now
	end

	local function reload(window)
		window:reload()
		wait.event(window.webContents, 'did-finish-load')
	end

	it('2: an object that came a thousand times is given back at once when it is dropped', function()
		world.object = { 'object' }
		local window = open()
		local base = counts(window, peers[1])
		windows.eval(window, 'for _ = 1, 1000 do o = world.object end')
		assert.are.equal(base.exports + 1, peers[1]:counts().exports)
		windows.eval(window, 'o = nil')
		wait.untilTrue('the object is released', function()
			return counts(window, peers[1]).exports == base.exports
		end)
	end)

	it('17: a page killed in the middle of a call leaves no export', function()
		local steps, handler = {}, nil
		function world.slowly(callback)
			table.insert(steps, 'begun')
			handler = coroutine.running()
			coroutine.yield()
			table.insert(steps, pcall(callback, {}) and 'called' or 'dead')
			return {}, callback
		end
		local window = open()
		window.webContents:executeLua('world.slowly(function() end)', function() end)
		wait.untilTrue('the call has begun', function() return steps[1] end)
		peers[1]:kill()
		wait.event(window.webContents, 'crashed')
		task.resume(handler)
		assert.are.same({ 'begun', 'dead' }, steps)
		local left = peers[1]:counts()
		assert.are.same({ 0, 0, 0 }, { left.exports, left.imports, left.requests })
	end)

	it('18: what a page sent before it exited is done', function()
		local got = {}
		ipc:on('number', function(_, number) table.insert(got, number) end)
		local window = open()
		window.webContents:executeLua([[
			for i = 1, 200 do require 'ipc':send('number', i) end
			process.exit(3)
		]], function() end)
		local _, reason, status = wait.event(window.webContents, 'crashed')
		ipc:removeAllListeners 'number'
		assert.are.same({ 'exited', 3 }, { reason, status })
		assert.are.same({ 200, 1, 200 }, { #got, got[1], got[200] })
	end)

	it('19: a reload with callbacks on their way begins with nothing', function()
		function world.flood(callback)
			timers.setImmediate(function()
				for _ = 1, 1000 do callback(world) end
			end)
		end
		local window = open 'count = 0'
		local base = counts(window, peers[1])
		windows.eval(window, 'world.flood(function() count = count + 1 end)')
		reload(window)
		assert.are.equal(0, windows.eval(window, 'count'))
		wait.untilTrue('the counts are as before', function()
			local now = counts(window, peers[1])
			return now.exports == base.exports and now.callbacks == base.callbacks
		end)
	end)

	it('20: a callback of a context that has ended says where it was passed', function()
		function world.keep(callback) world.callback = callback end
		local window = open '\n\nworld.keep(function() end)'
		assert.is_true(world.callback())
		for _, ending in ipairs { 'reload', 'loadUrl', 'destroy' } do
			local callback = world.callback
			if ending == 'loadUrl' then
				window:loadUrl(windows.page '')
				wait.event(window.webContents, 'did-finish-load')
			elseif ending == 'reload' then
				reload(window)
			else
				window:destroy()
			end
			local ok, problem = pcall(function() callback() end)
			assert.is_false(ok)
			assert.matches('lifetimes_spec%.lua:%d+: attempt to call a callback of a page that was '
				.. 'reloaded or closed %(registered at .*page%.lua:5%)$', problem)
		end
	end)

	it('21: an emitter drops the listener of a page that ended, and calls the others', function()
		local emitter = EventEmitter.new()
		world.emitter = emitter
		local window = open [[
			world.emitter:on('x', function() end)
			world.emitter:once('x', function() end)
		]]
		local heard = 0
		emitter:on('x', function() heard = heard + 1 end)
		assert.are.equal(3, emitter:listenerCount 'x')
		window:destroy()
		wait.untilTrue('the listeners are gone', function()
			return emitter:listenerCount 'x' == 1
		end)
		emitter:emit 'x'
		assert.are.equal(1, heard)
	end)

	it('22: an unload handler makes calls during a reload, and leaves nothing', function()
		local said = {}
		function world.say(word, callback)
			table.insert(said, word)
			return { word }, callback
		end
		local window = open [[
			require 'page':on('unload', function()
				for i = 1, 10 do
					local t = world.say('bye ' .. i, function() end)
					assert(t[1] == 'bye ' .. i)
				end
			end)
		]]
		local base = counts(window, peers[1])
		reload(window)
		assert.are.same({ 10, 'bye 1', 'bye 10' }, { #said, said[1], said[10] })
		wait.untilTrue('the counts are as before', function()
			local now = counts(window, peers[1])
			return now.exports == base.exports and now.callbacks == base.callbacks
		end)
	end)

	it('26: main ends while it holds callbacks and pages hold its objects', function()
		local app = run.directory {
			['main.lua'] = [[
				local app, BrowserWindow = require 'app', require 'browser-window'
				world = { keep = function(callback) held = callback end }
				setmetatable(world, { __gc = function() pcall(held, world) end })
				app:on('ready', function()
					local window = BrowserWindow()
					window.webContents:on('did-finish-load', function()
						assert(held(world))
						app:exit(7)
					end)
					window:loadUrl 'page.lua'
				end)
			]],
			['page.lua'] = [[
				local remote = require 'remote'
				world = remote.getGlobal 'world'
				world.keep(function(w) world = w end)
				setmetatable({}, { __gc = function() return world.keep end })
			]],
		}
		local result = run.lepton { app }
		assert.are.same({ 7, '', '' }, { result.status, result.stdout, result.stderr })
	end)

	it('29: the slow handler of one page delays no other page', function()
		local handler
		function world.slow()
			handler = coroutine.running()
			return coroutine.yield()
		end
		function world.quick(x) return x + 1 end
		local slow, quick = open(), open()
		local answer
		slow.webContents:executeLua('world.slow()', function(...) answer = { ... } end)
		wait.untilTrue('the slow one has begun', function() return handler end)
		local sum = windows.eval(quick, [[(function()
			local n, add = 0, world.quick
			for _ = 1, 1000 do n = add(n) end
			return n
		end)()]])
		assert.are.same({ 1000, nil }, { sum, answer })
		task.resume(handler, 'slow')
		wait.untilTrue('the slow one has its answer', function() return answer end)
		assert.are.same({ 'slow' }, answer)
	end)

	it('30: a handler that waits for the page that waits for it raises', function()
		local window = open()
		function world.ask() return window.webContents:executeLua '1 + 1' end
		assert.matches('would deadlock', windows.eval(window, 'select(2, pcall(world.ask))'))
		assert.are.equal(2, windows.eval(window, '1 + 1'))
	end)

	it('30: so does one that waits for it through another page', function()
		local first, second = open(), open()
		function world.ask() return second.webContents:executeLua 'world.back()' end
		function world.back() return first.webContents:executeLua '1 + 1' end
		assert.matches('would deadlock', windows.eval(first, 'select(2, pcall(world.ask))'))
	end)

	it('32: a callback that another page got through main dies with its own', function()
		function world.keep(callback) world.callback = callback end
		local first = open 'world.keep(function(x) got = x end)'
		local second = open 'fn = world.callback'
		assert.is_true(windows.eval(second, 'fn(5)'))
		wait.untilTrue('the callback has run', function() return windows.eval(first, 'got') == 5 end)
		peers[1]:kill()
		wait.event(first.webContents, 'crashed')
		assert.matches('attempt to call a callback of a page that was reloaded or closed '
			.. '%(registered at .*page%.lua:3%)', windows.eval(second, 'select(2, pcall(fn, 6))'))
	end)

	it('33: a page that does not read what it is sent is ended', function()
		function world.keep(callback) world.callback = callback end
		local window = open 'world.keep(function() end)'
		window.webContents:executeLua('(function() while true do end end)()', function() end)
		local text = ('x'):rep(64 << 20)
		local crashed
		window.webContents:on('crashed', function(_, ...) crashed = { ... } end)
		for _ = 1, 20 do
			if crashed or not pcall(world.callback, text) then
				break
			end
			timers.sleep(1)
		end
		wait.untilTrue('the page is ended', function() return crashed end)
		assert.are.same({ 'protocol', 'it does not read what it is sent (reason 17)' }, crashed)
	end)
end)
