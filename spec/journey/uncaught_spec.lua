local apps = require 'spec.support.apps'
local run = require 'spec.support.run'

describe('an error that nobody catches', function()
	teardown(run.removeAll)

	it('in the main script ends with status 1, message and traceback', function()
		local status, stdout, stderr = table.unpack(apps.runMain [[
			local function inner() error 'boom' end
			process:on('exit', function(code) print('exit ' .. code) end)
			inner()]])
		assert.are.same({ 1, 'exit 1\n' }, { status, stdout })
		assert.matches('^lepton: APP/main%.lua:1: boom\nstack traceback:\n.*\n\tAPP/main%.lua:3: in ',
			stderr)
	end)

	it('of syntax in the main script ends with status 1', function()
		assert.are.same({ 1, '', "lepton: APP/main.lua:1: unexpected symbol near ')'\n" },
			apps.runMain 'local x = )')
	end)

	it('in an event or a timer ends, too', function()
		for _, source in ipairs {
			"require 'app':on('ready', function() error 'boom' end)",
			"require 'timers'.setTimeout(function() error 'boom' end, 5)",
			"require 'timers'.sleep(5) error 'boom'",
		} do
			local result = apps.runMain(source)
			assert.are.equal(1, result[1])
			assert.matches('^lepton: APP/main%.lua:1: boom\nstack traceback:\n', result[3])
		end
	end)

	it('shows the frames of the app, and none of Lepton\'s own', function()
		local inEvent = "stack traceback:\n\t%sAPP/main.lua:1: in field 'listener'\n\t[C]: in ?\n"
		for source, report in pairs {
			["require 'app':on('ready', function() error 'boom' end)"] = 'lepton: APP/main.lua:1: boom\n'
				.. inEvent:format "[C]: in function 'error'\n\t",
			["require 'app':on('ready', function() require 'browser-window' { title = 1 } end)"] =
				"lepton: APP/main.lua:1: BrowserWindow: option 'title' must be a string, got 1\n"
				.. inEvent:format '',
		} do
			assert.are.same({ 1, '', report }, apps.runMain(source))
		end
		assert.are.same({ 0, '', table.concat {
			"lepton: page 1: page.lua:1: bad argument #1 to 'require' (string expected, got no value)\n",
			'stack traceback:\n\tpage.lua:1: in main chunk\n',
		} }, apps.run {
			['main.lua'] = [[
				local window = require 'browser-window'()
				window.webContents:on('did-fail-load', function() window:close() end)
				window:loadUrl 'page.lua']],
			['page.lua'] = "require 'remote'.require()",
		})
	end)

	it('for want of memory has no traceback', function()
		for _, sandbox in ipairs { 'false', 'true' } do
			assert.are.same({ 0, '', 'lepton: page 1: not enough memory\n' }, apps.run {
				['main.lua'] = ([[
					local window = require 'browser-window' { memoryLimit = 1 << 22, sandbox = %s }
					window.webContents:on('did-fail-load', function() window:close() end)
					window:loadUrl 'page.lua']]):format(sandbox),
				['page.lua'] = 'local text = ("x"):rep(1 << 23)',
			})
		end
	end)

	describe('in refusing a sandboxed page', function()
		local function refused(command)
			local folder = run.directory {
				['main.lua'] = [[
					local window = require 'browser-window' {
						sandbox = true, remote = { require = { 'missing' } } }
					window.webContents:on('did-finish-load', function() window:close() end)
					window:loadUrl 'page.lua']],
				['page.lua'] = [[
					require 'ipc':send 'note'
					pcall(require 'remote'.require, 'missing')]],
			}
			local log = run.command({ command, folder }).stderr
			assert.matches("^lepton: in answering page 1: blocked ipc%.send%('note'%)\nlepton: ", log)
			assert.matches("\nlepton: in answering page 1: module 'missing' not found:\n\tno field ", log)
			assert.does_not.match('operations%.lua', log)
			assert.does_not.match('stack traceback', log)
		end

		it('is one line in the log', function()
			refused(run.executable())
		end)

		it('is one line also where Lua cuts off the names of Lepton\'s files', function()
			local home = run.directory {} .. ('/long'):rep(20)
			assert.are.equal(0, run.command({ 'sh', '-c', 'mkdir -p "$0/bin" "$0/share" && '
				.. 'cp "$1" "$0/bin/lepton" && ln -s "$2" "$0/share/lepton"', home, run.executable(),
				require 'host.process'.dataDir }).status)
			refused(home .. '/bin/lepton')
		end)
	end)

	it('that is no string says what it is', function()
		assert.matches('^lepton: %(error object is a table value%)\n', apps.runMain 'error {}'[3])
	end)

	it('goes on if somebody listens', function()
		assert.are.same({ 0, 'caught\ttrue\t7\nlater\n', '' }, apps.runMain [[
			process:on('uncaughtException', function(problem, traceback)
				print('caught', type(traceback) == 'string', problem.x)
			end)
			require 'timers'.setTimeout(function() print 'later' end, 10)
			error { x = 7 }]])
	end)

	it('that a page brought about goes on, and says so', function()
		local result = apps.run {
			['main.lua'] = apps.narrator .. [[
				local ipc = require 'ipc'
				ipc:on('note', function() error 'boom' end)
				local window = open()
				window:loadUrl 'page.lua'
				window.webContents:executeLua '1'
				window:close()]],
			['page.lua'] = "require 'ipc':send 'note'; require 'host.page'.main:post('ipcSend', 7)",
		}
		assert.are.equal(0, result[1])
		assert.matches('APP/main%.lua:%d+: boom\nstack traceback:', result[3])
		assert.matches('the channel of a message is a string', result[3])
		assert.matches('closed\n', result[2])
	end)

	it('after a page was answered goes on, and says so', function()
		local result = apps.run {
			['main.lua'] = apps.narrator .. [[
				require 'ipc':on('ask', function(event)
					event.returnValue = 'answer'
					error 'boom'
				end)
				local window = open()
				window:loadUrl 'page.lua'
				print(window.webContents:executeLua "require 'ipc':sendSync 'ask'")
				window:close()]],
			['page.lua'] = '',
		}
		assert.are.equal(0, result[1])
		assert.matches('APP/main%.lua:%d+: boom\nstack traceback:', result[3])
		assert.matches('^answer\n', result[2])
	end)

	it('in a page is printed, and the page lives on', function()
		local result = apps.run {
			['main.lua'] = [[
				local app, BrowserWindow = require 'app', require 'browser-window'
				app:on('ready', function()
					local window = BrowserWindow()
					window:loadUrl 'page.lua'
					print(window.webContents:executeLua "require 'timers'.sleep(20) return 'alive'")
					window:close()
				end)]],
			['page.lua'] = "require 'timers'.setTimeout(function() error 'boom' end, 1)",
		}
		assert.are.same({ 0, 'alive\n' }, { result[1], result[2] })
		assert.matches('^lepton: page 1: page%.lua:1: boom\nstack traceback:\n', result[3])
	end)

	it('in the script of a page is printed with its traceback', function()
		local main = [[
			local app, BrowserWindow = require 'app', require 'browser-window'
			local window = BrowserWindow()
			window.webContents:on('did-fail-load', function(_, code, message)
				print(code, message, window.webContents:executeLua 'state')
				window:close()
			end)
			window:loadUrl 'page.lua']]
		assert.are.same({ 0, '-2\tpage.lua:2: boom\tbefore\n', 'lepton: page 1: page.lua:2: boom\n'
			.. "stack traceback:\n\t[C]: in function 'error'\n\tpage.lua:2: in main chunk\n" },
			apps.run { ['main.lua'] = main, ['page.lua'] = "state = 'before'\nerror 'boom'" })
		local problem = "page.lua:1: unexpected symbol near ')'"
		assert.are.same(
			{ 0, ('-2\t%s\tnil\n'):format(problem), ('lepton: page 1: %s\n'):format(problem) },
			apps.run { ['main.lua'] = main, ['page.lua'] = 'x = )' })
	end)
end)
