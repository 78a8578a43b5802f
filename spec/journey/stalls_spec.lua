-- Main held up as a page sees it, and pages that die while main waits for children of its own.

local accounts = require 'spec.support.accounts'
local files = require 'spec.support.files'
local processes = require 'spec.support.processes'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a page whose main is stopped', function()
	accounts(before_each, after_each)

	local app = {
		['main.lua'] = [[
			local app, BrowserWindow = require 'app', require 'browser-window'
			local ipc = require 'ipc'
			local heard, ordered = 0, true
			ipc:on('n', function(_, n)
				heard = heard + 1
				ordered = ordered and n == heard
			end)
			ipc:on('done', function(_, answer)
				print(heard, ordered, answer)
				app:exit(0)
			end)
			app.answer = function() return 42 end
			app:on('ready', function()
				BrowserWindow { unresponsiveAfter = 600000 }:loadUrl 'page.lua'
				local file = io.open(app:getAppPath() .. '/pid', 'w')
				file:write(process.pid, '\n')
				file:close()
			end)]],
		['page.lua'] = [[
			local app, ipc = require 'remote'.require 'app', require 'ipc'
			local folder = app:getAppPath()
			require 'timers'.setTimeout(function()
				local file
				io.open(folder .. '/ready', 'w'):close()
				repeat file = io.open(folder .. '/go') until file
				file:close()
				for n = 1, 3000 do ipc:send('n', n, ('x'):rep(300)) end
				io.open(folder .. '/sent', 'w'):close()
				ipc:send('done', app.answer())
			end, 0)]],
	}

	for lane, option in pairs { ring = '', socket = '--no-ring' } do
		it('goes on, and main hears all of it later, over the ' .. lane, function()
			local folder = run.directory(app)
			local function path(name)
				return folder .. '/' .. name
			end
			os.execute(('%s %s %s >%s 2>&1 </dev/null &'):format(run.quote(run.executable()), option,
				folder, path 'out'))
			wait.untilTrue('the page is ready', function()
				return files.exists(path 'ready') and files.read(path 'pid'):find '\n'
			end)
			local pid = math.tointeger(tonumber(files.read(path 'pid')))
			process.kill(pid, 'SIGSTOP')
			wait.untilTrue('main is stopped', function() return processes.state(pid) == 'T' end)
			io.open(path 'go', 'w'):close()
			wait.untilTrue('the page has sent all', function() return files.exists(path 'sent') end)
			assert.are.equal('', files.read(path 'out'))
			process.kill(pid, 'SIGCONT')
			wait.untilTrue('main has heard all', function() return files.read(path 'out'):find '\n' end)
			assert.are.equal('3000\ttrue\t42\n', files.read(path 'out'))
			wait.untilTrue('the app has ended', function() return not processes.isAlive(pid) end)
		end)
	end
end)

describe('pages that are killed while main runs commands', function()
	accounts(before_each, after_each)

	it('take no command\'s status, and no command takes theirs', function()
		local ends = {}
		for _ = 1, 12 do
			local window = windows.open()
			window.webContents:on('crashed', function(_, ...) table.insert(ends, { ... }) end)
			process.kill(windows.eval(window, 'process.pid'), 'SIGKILL')
			local _, kind, status = os.execute 'exit 7'
			assert.are.same({ 'exit', 7 }, { kind, status })
			local pipe = io.popen 'echo text; exit 3'
			assert.are.equal('text\n', pipe:read 'a')
			_, kind, status = pipe:close()
			assert.are.same({ 'exit', 3 }, { kind, status })
		end
		wait.untilTrue('all are known to be dead', function() return #ends == 12 end)
		for _, reason in ipairs(ends) do
			assert.are.same({ 'killed', 'SIGKILL' }, reason)
		end
	end)
end)
