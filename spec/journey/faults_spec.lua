-- Clocks that jump, and memory that runs out in main. A module that is preloaded into the host
-- brings it about: see spec/support/faults.c.

local accounts = require 'spec.support.accounts'
local run = require 'spec.support.run'
local sandbox = require 'spec.support.sandbox'

--- Why there is nothing to preload into this build; nil if there is.
local function obstacle()
	return sandbox.isSanitized() and 'the runtime of a sanitizer has to be the first that is loaded'
end

describe('main', function()
	accounts(before_each, after_each)

	--- What an app says, of which `main` is the script, with the module at hand.
	local function say(main)
		local module = run.executable():gsub('[^/]*$', 'faults.so')
		local prelude = ([[
			local app, BrowserWindow = require 'app', require 'browser-window'
			local faults = assert(package.loadlib(%q, 'luaopen_faults'))()
			local timers = require 'timers'
		]]):format(module)
		local folder = run.directory { ['main.lua'] = prelude .. main, ['page.lua'] = '' }
		local result = run.command { 'bash', '-c', 'LD_PRELOAD=$0 exec "$@"', module,
			run.executable(), folder }
		return result.status .. '\n' .. result.stdout, result.stderr
	end

	local jumps = [[
		app:on('ready', function()
			local window = BrowserWindow { sandbox = true, unresponsiveAfter = 60000 }
			window.webContents:on('crashed', function(_, ...) print('crashed', ...) end)
			window:loadUrl 'page.lua'
			assert(window.webContents:executeLua '1' == 1)
			for _, seconds in ipairs { 86400, -2 * 86400, 86400 } do
				local fired, from = 0, process.hrtime()
				timers.setTimeout(function() fired = fired + 1 end, 100)
				faults.shift('%s', seconds)
				local answer = window.webContents:executeLua '6 * 7'
				timers.sleep(150)
				print(answer, fired, process.hrtime() - from >= 100000000)
			end
			app:exit(0)
		end)]]

	it('keeps its timers and its pages where the wall clock is set', function()
		if obstacle() then
			return pending(obstacle())
		end
		assert.are.same({ '0\n' .. ('42\t1\ttrue\n'):rep(3), '' }, { say(jumps:format 'wall') })
	end)

	it('says how long things have been held where the wall clock is set', function()
		if obstacle() then
			return pending(obstacle())
		end
		assert.are.same({ '0\nfunction\ttrue\nfunction\ttrue\n', '' }, { say [[
			local held = {}
			function keep(callback)
				table.insert(held, callback)
			end
			app:on('ready', function()
				local window = BrowserWindow()
				window:loadUrl 'page.lua'
				for _, days in ipairs { 10, -20 } do
					window.webContents:executeLua "require 'remote'.getGlobal 'keep' (function() end)"
					faults.shift('wall', days * 86400)
					timers.sleep(600) -- libev looks at that clock twice a second
					local reference = app:remoteReport()[1][1]
					print(reference.type, reference.age >= 0 and reference.age < 86400)
				end
				app:exit(0)
			end)]] })
	end)

	it('keeps its timers and its pages where the other clock jumps, too', function()
		if obstacle() then
			return pending(obstacle())
		end
		local forward = jumps:gsub('%-2 %* 86400', '3600')
		assert.are.same({ '0\n' .. ('42\t1\ttrue\n'):rep(3), '' },
			{ say(forward:format 'monotonic') })
	end)

	it('logs what a page causes where the wall clock is set back', function()
		if obstacle() then
			return pending(obstacle())
		end
		local out, err = say [[
			package.loaded.sink = { __remote = { 'fail' }, fail = function(text) error(text) end }
			app:on('ready', function()
				local window = BrowserWindow { sandbox = true, remote = { require = { 'sink' } } }
				window:loadUrl 'page.lua'
				local function cause(text)
					window.webContents:executeLua(
						("(function() pcall(require 'remote'.require 'sink'.fail, %q) end)()"):format(text))
				end
				for i = 1, 25 do cause('number ' .. i) end
				faults.shift('wall', -86400)
				timers.sleep(1100)
				cause 'after the jump'
				app:exit(0)
			end)]]
		assert.are.equal('0\n', out)
		assert.matches('number 1\n', err)
		assert.matches('after the jump', err)
	end)

	it('leaves nothing of a process for which it finds no memory, at each allocation', function()
		if obstacle() then
			return pending(obstacle())
		end
		local out = say [[
			local lfs, renderer = require 'lfs', require 'host.renderer'
			local options = { root = {}, hello = {}, onEvent = function() end }
			local function descriptors()
				local number = 0
				for _ in lfs.dir '/proc/self/fd' do number = number + 1 end
				return number
			end
			local function children()
				local file = io.open(('/proc/self/task/%d/children'):format(process.pid))
				local _, number = file:read 'a':gsub('%d+', '')
				file:close()
				return number
			end
			--- Spawns once, with so many allocations failing from the n-th on; gives how many there were.
			local function attempt(n, count)
				faults.failAt(n, count)
				local ok, peer, problem = pcall(renderer.spawn, options)
				local seen = faults.calm()
				if ok and peer then
					peer:destroy()
				else
					problem = tostring(ok and problem or peer):gsub('^cannot start a process for the page: ', '')
					assert(problem == 'not enough memory' or problem == 'Cannot allocate memory', problem)
				end
				return seen
			end
			app:on('ready', function()
				renderer.spawn(options):destroy()
				repeat timers.sleep(5) until renderer.counts().children == 0
				collectgarbage()
				local before, family = descriptors(), children()
				for _, count in ipairs { 1, 2, 4, 1000000 } do
					local n = 0
					repeat n = n + 1 until attempt(n, count) < n
					print(count, n > 20)
				end
				repeat
					timers.sleep(5)
					collectgarbage()
				until renderer.counts().children == 0 and children() == family
					and descriptors() == before
				print 'nothing is left'
				app:exit(0)
			end)]]
		assert.are.equal('0\n1\ttrue\n2\ttrue\n4\ttrue\n1000000\ttrue\nnothing is left\n', out)
	end)
end)
