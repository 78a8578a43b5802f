local files = require 'spec.support.files'
local run = require 'spec.support.run'
local timers = require 'timers'
local wait = require 'spec.support.wait'

--- How often a process has been switched away from, and the clock ticks it has used, all its
--- threads together.
local function activity(pid)
	local switches, ticks = 0, 0
	local pipe = assert(io.popen(('ls /proc/%d/task'):format(pid)))
	for thread in pipe:lines() do
		local place = ('/proc/%d/task/%s/'):format(pid, thread)
		for number in files.read(place .. 'status'):gmatch 'ctxt_switches:%s*(%d+)' do
			switches = switches + tonumber(number)
		end
		local user, system = files.read(place .. 'stat'):match('%) %S' .. (' %S+'):rep(10)
			.. ' (%d+) (%d+)')
		ticks = ticks + tonumber(user) + tonumber(system)
	end
	pipe:close()
	return { switches = switches, ticks = ticks }
end

local function allActivity(pids)
	local all = {}
	for what, pid in pairs(pids) do
		all[what] = activity(pid)
	end
	return all
end

local function isSame(before, after)
	for what, now in pairs(after) do
		if now.switches ~= before[what].switches or now.ticks ~= before[what].ticks then
			return false
		end
	end
	return true
end

-- Both kinds of messages in every direction, then nothing.
local MAIN = [[
	local app, BrowserWindow, ipc = require 'app', require 'browser-window', require 'ipc'
	local timers = require 'timers'
	app.keep = function(callback) for i = 1, 500 do callback(i) end end
	ipc:handle('pid', function() return process.pid end)
	app:on('ready', function()
		for n = 1, 2 do
			local window = BrowserWindow()
			window:loadUrl 'page.lua'
			print('page ' .. n, window.webContents:executeLua 'return process.pid')
			for i = 1, 100 do window.webContents:send('x', i) end
		end
		local sandboxed = BrowserWindow { sandbox = true }
		sandboxed:loadUrl 'sandboxed.lua'
		sandboxed.webContents:executeLua 'collectgarbage()'
		local file = io.open(('/proc/self/task/%d/children'):format(process.pid))
		for pid in file:read 'a':gmatch '%d+' do print('child ' .. pid, pid) end
		file:close()
		print('main', process.pid)
		io.stdout:flush()
	end)]]

local PAGE = [[
	local app, ipc = require 'remote'.require 'app', require 'ipc'
	app.keep(function() end)
	for _ = 1, 1000 do app:isReady() end
	for i = 1, 1000 do ipc:send('x', i) end
	ipc:invoke 'pid'
	require 'timers'.setTimeout(function() end, 20)]]

for name, option in pairs { ['the ring'] = '', ['the socket'] = '--no-ring' } do
	describe('an app with nothing to do, over ' .. name, function()
		local folder, pids

		before_each(function()
			folder = run.directory { ['main.lua'] = MAIN, ['page.lua'] = PAGE,
				['sandboxed.lua'] = "require 'timers'.setTimeout(function() end, 20)" }
			os.execute(('%s %s %s >%s/out 2>%s/errors </dev/null &'):format(
				run.quote(run.executable()), option, run.quote(folder), folder, folder))
			pids = {}
			wait.untilTrue('the app runs', function()
				for what, pid in files.read(folder .. '/out'):gmatch '([^\n\t]+)\t(%d+)\n' do
					pids[what] = math.tointeger(pid)
				end
				return pids.main
			end)
		end)

		after_each(function()
			process.kill(pids.main, 'SIGKILL')
			run.removeAll()
		end)

		it('wakes no process and uses no time', function()
			local children = 0
			for what in pairs(pids) do
				children = children + (what:find '^child' and 1 or 0)
			end
			assert.are.equal(5, children) -- two zygotes, three pages
			-- It comes to rest first. What ticks has no second without a tick.
			local before
			local after = allActivity(pids)
			local deadline = process.uptime() + 120
			repeat
				timers.sleep(1000)
				before, after = after, allActivity(pids)
			until isSame(before, after) or process.uptime() > deadline
			assert.are.equal('', files.read(folder .. '/errors'))
			assert.are.same(before, after)
		end)
	end)
end
