local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local app = require 'app'
local processes = require 'spec.support.processes'
local run = require 'spec.support.run'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('kill -9 of a page', function()
	accounts(before_each, after_each)

	--- Kills the page; gives what `crashed` said.
	local function kill(window, pid)
		process.kill(pid, 'SIGKILL')
		local _, reason, status = wait.event(window.webContents, 'crashed')
		return reason, status
	end

	it('is noticed, with the signal', function()
		local window = windows.open()
		local reason, status = kill(window, windows.eval(window, 'process.pid'))
		assert.are.same({ 'killed', 'SIGKILL' }, { reason, status })
	end)

	it('in the middle of a call lets the function finish in main', function()
		local steps = {}
		function app.slowly(pid)
			table.insert(steps, pid)
			timers.sleep(100)
			table.insert(steps, 'done')
			return 'too late'
		end
		local window = BrowserWindow()
		window:loadUrl(windows.page [[
			require 'remote'.require 'app'.slowly(process.pid)]])
		wait.untilTrue('the call has begun', function() return steps[1] end)
		assert.are.equal('killed', (kill(window, steps[1])))
		wait.untilTrue('the call has ended', function() return steps[2] end)
		app.slowly = nil
		assert.are.same({ steps[1], 'done' }, steps)
	end)

	it('in the middle of its own many calls leaves nothing of it', function()
		local window = windows.open [[
			local app = require 'remote'.require 'app'
			app.keptByPage = { pid = process.pid }
			local kept = {}
			require 'timers'.setTimeout(function()
				while true do
					table.insert(kept, { app.keptByPage, function() end, app:getPath 'temp' })
				end
			end, 0)]]
		timers.sleep(50)
		assert.are.equal('killed', (kill(window, app.keptByPage.pid)))
		local weak = setmetatable({ app.keptByPage }, { __mode = 'v' })
		app.keptByPage = nil
		collectgarbage()
		collectgarbage()
		assert.is_nil(weak[1])
	end)

	it('fails what main asks it', function()
		local window = windows.open 'require "timers"'
		local pid = windows.eval(window, 'process.pid')
		timers.setTimeout(process.kill, 30, pid, 'SIGKILL')
		local ok, problem = pcall(windows.eval, window, 'require "timers".sleep(60000)')
		assert.are.same({ false, 'the page was reloaded or closed before it answered' }, { ok, problem })
	end)

	it('makes its callbacks say where they were registered', function()
		local window = windows.open [[
			local app = require 'remote'.require 'app'
			app.callback = function() end]]
		assert.is_true(app.callback())
		kill(window, windows.eval(window, 'process.pid'))
		local ok, problem = pcall(app.callback)
		app.callback = nil
		assert.is_false(ok)
		assert.matches('attempt to call a callback of a page that was reloaded or closed '
			.. '%(registered at .*page%.lua:2%)$', problem)
	end)

	it('lets main send to it until it is known to be dead', function()
		for _ = 1, 10 do
			local window = windows.open()
			local crashed
			window.webContents:once('crashed', function() crashed = true end)
			process.kill(windows.eval(window, 'process.pid'), 'SIGKILL')
			while not crashed do
				window.webContents:send('note', 1)
				timers.sleep(0)
			end
			window:destroy()
		end
	end)

	it('leaves other pages and their calls alone', function()
		local other = windows.open [[
			local app = require 'remote'.require 'app'
			calls = 0
			require 'timers'.setInterval(function() app:isReady() calls = calls + 1 end, 1)]]
		local window = windows.open()
		kill(window, windows.eval(window, 'process.pid'))
		local before = windows.eval(other, 'calls')
		wait.untilTrue('it goes on', function() return windows.eval(other, 'calls') > before + 10 end)
	end)
end)

describe('kill -9 of main', function()
	accounts(before_each, after_each)

	local main = [[
		local app, BrowserWindow = require 'app', require 'browser-window'
		local timers = require 'timers'
		function app.forever() timers.sleep(600000) end
		app:on('ready', function()
			for _, page in ipairs { 'idle', 'busy', 'calling', 'asked' } do
				local window = BrowserWindow()
				window:loadUrl(page .. '.lua')
				print(page, window.webContents:executeLua 'process.pid')
				window.webContents:send 'begin'
			end
			print('main', process.pid)
			io.stdout:flush()
		end)]]

	it('ends its pages, whatever they do, and its zygote', function()
		local folder = run.directory {
			['main.lua'] = main,
			['idle.lua'] = '',
			['busy.lua'] = "require 'ipc':on('begin', function() while true do end end)",
			['calling.lua'] = [[
				local app = require 'remote'.require 'app'
				require 'ipc':on('begin', app.forever)]],
			['asked.lua'] = "require 'timers'.setInterval(function() end, 1)",
		}
		local out = folder .. '/out'
		os.execute(('%s %s >%s 2>/dev/null </dev/null &'):format(run.quote(run.executable()),
			run.quote(folder), run.quote(out)))
		local pids = {}
		wait.untilTrue('the app runs', function()
			local file = io.open(out)
			for name, pid in (file and file:read 'a' or ''):gmatch '(%a+)\t(%d+)\n' do
				pids[name] = math.tointeger(pid)
			end
			if file then
				file:close()
			end
			return pids.main
		end)
		for _, pid in ipairs(processes.children(nil, pids.main)) do
			pids['child ' .. pid] = pid
		end
		timers.sleep(50)
		for _, page in ipairs { 'idle', 'busy', 'calling' } do
			assert.is_true(processes.isAlive(pids[page]))
		end
		process.kill(pids.main, 'SIGKILL')
		wait.untilTrue('all of it has ended', function() return not processes.isAnyAlive(pids) end)
	end)
end)
