local run = require 'spec.support.run'
local timers = require 'timers'

describe('an app', function()
	teardown(run.removeAll)

	--- Runs an app of the given files; { status, stdout, stderr }.
	local function runApp(files, arguments, options)
		local folder = run.directory(files)
		local result = run.lepton({ folder, table.unpack(arguments or {}) }, options)
		assert.is_false(result.timedOut)
		return { result.status, result.stdout, (result.stderr:gsub(folder:gsub('%p', '%%%0'), 'APP')) }
	end

	--- Runs an app of one main script.
	local function runMain(source, arguments)
		return runApp({ ['main.lua'] = source }, arguments)
	end

	--- Prints every event of the end, from app, process and the window `w`, if there is one.
	local narrator = [[
		local app, BrowserWindow, timers = require 'app', require 'browser-window', require 'timers'
		for _, name in ipairs { 'will-finish-launching', 'ready', 'before-quit', 'will-quit', 'quit' } do
			app:on(name, function(event, code)
				assert(event.sender == app)
				print(name .. (code and ' ' .. code or ''))
			end)
		end
		process:on('exit', function(code) print('exit ' .. code) end)
		local function open()
			local window = BrowserWindow()
			window:on('close', function() print 'close' end)
			window:on('closed', function() print 'closed' end)
			return window
		end
	]]

	local function narrate(source)
		local result = runMain(narrator .. source)
		assert.are.equal('', result[3])
		return result[1], (result[2]:gsub('\n', ', '):gsub(', $', ''))
	end

	--- Waits, for a second at most, until no process with this id runs.
	local function waitForEnd(pid)
		local deadline = process.uptime() + 1
		while true do
			local file = io.open('/proc/' .. pid .. '/stat')
			local text = file and file:read 'a'
			if file then
				file:close()
			end
			if not text or text:find '%) Z ' then
				return
			end
			assert.is_true(process.uptime() < deadline)
			timers.sleep(5)
		end
	end

	describe('that starts', function()
		it('runs main.lua with the arguments, and is ready after it', function()
			assert.are.same({ 0, 'main a two words\nready\n', '' }, runMain([[
				local app = require 'app'
				app:on('ready', function() assert(app:isReady()); print 'ready' end)
				assert(not app:isReady())
				print('main ' .. table.concat({ ... }, ' '))]], { 'a', 'two words' }))
		end)

		it('is what its package.json says', function()
			local app = {
				['package.json'] = '{ "name": "notes", "version": "1.2.3", "main": "lib/start.lua" }',
				['lib/start.lua'] = [[
					local app = require 'app'
					print(app:getName(), app:getVersion(), app:getAppPath() == ..., app:getPath 'userData')]],
			}
			local folder = run.directory(app)
			local result = run.lepton({ folder, folder }, { env = { XDG_CONFIG_HOME = '/config' } })
			assert.are.same({ 0, 'notes\t1.2.3\ttrue\t/config/notes\n' }, { result.status, result.stdout })
		end)

		it('is called like its folder without a name', function()
			local folder = run.directory { ['my app/main.lua'] = "print(require 'app':getName())" }
			assert.are.equal('my app\n', run.lepton({ folder .. '/my app/' }).stdout)
			assert.are.equal('my app\n', run.lepton({ '.' }, { cwd = folder .. '/my app' }).stdout)
		end)

		it('waits for its main script before it is ready', function()
			assert.are.same({ 0, 'late\nready\n', '' }, runMain [[
				require 'timers'.sleep(20)
				require 'app':on('ready', function() print 'ready' end)
				print 'late']])
		end)

		it('requires its own modules, those beside it, and Lepton\'s', function()
			assert.are.same({ 0, 'own\tdeep\trock\tuser url\tuser root\tnil\n', '' }, runApp {
				['own.lua'] = "return 'own'",
				['deep/init.lua'] = "return 'deep'",
				['lua_modules/share/lua/5.4/rock.lua'] = "return 'rock'",
				['url.lua'] = "return 'user url'",
				['root.lua'] = "return 'user root'",
				['timers.lua'] = "error 'not this one'",
				['main.lua'] = [[
					local win = require 'browser-window'
					require 'timers'.sleep(1)
					print(require 'own', require 'deep' , require 'rock', require 'url', require 'root',
						package.loaded.check)]],
			})
		end)

		it('skips a first line that begins with #', function()
			assert.are.same({ 0, 'x\n', '' }, runMain "#!/usr/bin/env lepton\nprint 'x'")
		end)
	end)

	describe('that cannot start', function()
		local function problem(...)
			local result = run.lepton(...)
			assert.are.equal(2, result.status)
			assert.are.equal('', result.stdout)
			return result.stderr
		end

		it('is missing', function()
			assert.are.equal("lepton: cannot find the app '/nowhere/': No such file or directory\n",
				problem { '/nowhere/' })
		end)

		it('has no main script', function()
			local folder = run.directory()
			local format = 'lepton: cannot read the main script %s/%s: %s\n'
			assert.are.equal(format:format(folder, 'main.lua', 'No such file or directory'),
				problem { folder })
			folder = run.directory { ['package.json'] = '{ "main": "start.lua" }' }
			assert.are.equal(format:format(folder, 'start.lua', 'No such file or directory'),
				problem { folder })
			folder = run.directory { ['package.json'] = '{ "main": "lib" }', ['lib/x'] = '' }
			assert.are.equal(format:format(folder, 'lib', 'Is a directory'), problem { folder })
		end)

		it('has a package.json that is wrong', function()
			local folder = run.directory { ['package.json'] = '{\n\t"main": \n}' }
			assert.are.equal(("lepton: %s/package.json:3:1: expected value but found '}'\n"):format(folder),
				problem { folder })
			folder = run.directory { ['package.json'] = '{ "main": 7 }' }
			assert.are.equal(('lepton: %s/package.json: "main" must be a string, got a number\n')
				:format(folder), problem { folder })
		end)
	end)

	describe('with an error that nobody catches', function()
		it('in its main script ends with status 1, message and traceback', function()
			local status, stdout, stderr = table.unpack(runMain [[
				local function inner() error 'boom' end
				process:on('exit', function(code) print('exit ' .. code) end)
				inner()]])
			assert.are.same({ 1, 'exit 1\n' }, { status, stdout })
			assert.matches('^lepton: APP/main%.lua:1: boom\nstack traceback:\n.*\n\tAPP/main%.lua:3: in ',
				stderr)
		end)

		it('of syntax in its main script ends with status 1', function()
			local result = runMain 'local x = )'
			assert.are.equal(1, result[1])
			assert.matches("^lepton: APP/main%.lua:1: unexpected symbol near '%)'\n", result[3])
		end)

		it('in an event or a timer ends, too', function()
			for _, source in ipairs {
				"require 'app':on('ready', function() error 'boom' end)",
				"require 'timers'.setTimeout(function() error 'boom' end, 5)",
				"require 'timers'.sleep(5) error 'boom'",
			} do
				local result = runMain(source)
				assert.are.equal(1, result[1])
				assert.matches('^lepton: APP/main%.lua:1: boom\nstack traceback:\n', result[3])
			end
		end)

		it('that is no string says what it is', function()
			assert.matches('^lepton: %(error object is a table value%)\n', runMain 'error {}'[3])
		end)

		it('goes on if somebody listens', function()
			assert.are.same({ 0, 'caught\ttrue\t7\nlater\n', '' }, runMain [[
				process:on('uncaughtException', function(problem, traceback)
					print('caught', type(traceback) == 'string', problem.x)
				end)
				require 'timers'.setTimeout(function() print 'later' end, 10)
				error { x = 7 }]])
		end)

		it('that a page brought about goes on, and says so', function()
			local result = runApp {
				['main.lua'] = narrator .. [[
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
			local result = runApp {
				['main.lua'] = narrator .. [[
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
			local result = runApp {
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
				runApp { ['main.lua'] = main, ['page.lua'] = "state = 'before'\nerror 'boom'" })
			local problem = "page.lua:1: unexpected symbol near ')'"
			assert.are.same(
				{ 0, ('-2\t%s\tnil\n'):format(problem), ('lepton: page 1: %s\n'):format(problem) },
				runApp { ['main.lua'] = main, ['page.lua'] = 'x = )' })
		end)
	end)

	describe('that ends', function()
		it('by itself when nothing is left', function()
			assert.are.same({ 0, 'will-finish-launching, ready, exit 0' }, { narrate '' })
		end)

		it('when its last window closes', function()
			assert.are.same({ 0, 'will-finish-launching, ready, close, closed, before-quit, will-quit, '
				.. 'quit 0, exit 0' }, { narrate [[
				app:on('ready', function()
					local a, b = open(), BrowserWindow()
					b:destroy()
					timers.sleep(10)
					a:close()
				end)]] })
		end)

		it('not when its last window closes and somebody listens', function()
			assert.are.same({ 0, 'will-finish-launching, ready, closed, all closed, exit 0' },
				{ narrate [[
				app:on('window-all-closed', function() print 'all closed' end)
				app:on('ready', function() open():destroy() end)]] })
		end)

		it('by quit, which closes windows and asks everybody in order', function()
			assert.are.same({ 0, 'will-finish-launching, ready, before-quit, close, close, closed, closed, '
				.. 'will-quit, quit 0, exit 0' }, { narrate [[
				app:on('window-all-closed', function() print 'all closed' end)
				app:on('ready', function()
					open()
					open()
					app:quit()
					app:quit()
				end)]] })
		end)

		it('by quit without windows', function()
			assert.are.same({ 0, 'will-finish-launching, ready, before-quit, will-quit, quit 0, exit 0' },
				{ narrate "app:on('ready', function() app:quit() end) timers.setInterval(print, 1e6)" })
		end)

		it('not by a quit that before-quit prevents', function()
			assert.are.same({ 0, 'will-finish-launching, ready, before-quit, later, before-quit, will-quit, '
				.. 'quit 0, exit 0' }, { narrate [[
				app:once('before-quit', function(event) event:preventDefault() end)
				app:on('ready', function()
					app:quit()
					timers.sleep(5)
					print 'later'
					app:quit()
				end)]] })
		end)

		it('not by a quit that a window prevents; the others close', function()
			assert.are.same({ 0, 'will-finish-launching, ready, before-quit, close, close, closed, later, '
				.. 'before-quit, close, closed, will-quit, quit 0, exit 0' }, { narrate [[
				app:on('ready', function()
					open():once('close', function(event) event:preventDefault() end)
					open()
					app:quit()
					timers.sleep(30)
					print 'later'
					app:quit()
				end)]] })
		end)

		it('not by a quit that will-quit prevents', function()
			assert.are.same({ 0, 'will-finish-launching, ready, before-quit, will-quit, later, exit 0' },
				{ narrate [[
				app:on('will-quit', function(event) event:preventDefault() end)
				app:on('ready', function()
					app:quit()
					timers.sleep(5)
					print 'later'
				end)]] })
		end)

		it('in order on SIGINT and SIGTERM', function()
			for _, signal in ipairs { 'SIGINT', 'SIGTERM' } do
				assert.are.same({ 0, 'will-finish-launching, ready, before-quit, close, closed, will-quit, '
					.. 'quit 0, exit 0' }, { narrate(([[
					app:on('ready', function()
						open()
						process.kill(process.pid, '%s')
					end)]]):format(signal)) })
			end
		end)

		it('at once by exit, with its status', function()
			assert.are.same({ 7, 'will-finish-launching, ready, quit 7, exit 7' }, { narrate [[
				app:on('ready', function()
					open()
					app:exit(7)
				end)]] })
			assert.are.same({ 0, 'will-finish-launching, ready, quit 0, exit 0' },
				{ narrate "app:on('ready', function() app:exit() end)" })
			assert.are.same({ 8, 'will-finish-launching, ready, exit 8' },
				{ narrate "app:on('ready', function() process.exit(8) end)" })
		end)

		it('with the status that a listener of quit insists on', function()
			assert.are.same({ 9, 'will-finish-launching, ready, quit 0, exit 9' }, { narrate [[
				app:on('quit', function() app:exit(9) end)
				app:on('ready', function() app:exit() end)]] })
		end)

		it('with its pages, which unload only if it quits', function()
			local files = {
				['page.lua'] = "require 'page':on('unload', function() print 'unload' end)",
				['main.lua'] = [[
					local app, BrowserWindow = require 'app', require 'browser-window'
					app:on('ready', function()
						local window = BrowserWindow()
						window:loadUrl 'page.lua'
						print(window.webContents:executeLua 'process.pid');
						(...)(app)
					end)]],
			}
			local function endBy(statement)
				local source = files['main.lua']:gsub('%(%.%.%.%)%(app%)', statement)
				local result = runApp { ['page.lua'] = files['page.lua'], ['main.lua'] = source }
				local pid, rest = result[2]:match '^(%d+)\n(.*)$'
				waitForEnd(pid)
				return rest
			end
			assert.are.equal('unload\n', endBy 'app:quit()')
			assert.are.equal('', endBy 'app:exit()')
		end)

		it('takes its pages along when it is killed', function()
			local result = runApp {
				['page.lua'] = '',
				['main.lua'] = [[
					local app, BrowserWindow = require 'app', require 'browser-window'
					app:on('ready', function()
						local window = BrowserWindow()
						window:loadUrl 'page.lua'
						io.stdout:write(window.webContents:executeLua 'process.pid', '\n')
						io.stdout:flush()
						process.kill(process.pid, 'SIGKILL')
					end)]],
			}
			assert.are.equal(137, result[1])
			waitForEnd(result[2]:match '%d+')
		end)
	end)

	describe('whose pages are filtered', function()
		local function ask(listeners, expression)
			local result = runApp {
				['page.lua'] = '',
				['thing.lua'] = "return 'thing'",
				['main.lua'] = ([[
					local app, BrowserWindow = require 'app', require 'browser-window'
					answer = 'global'
					local window = BrowserWindow()
					local contents = window.webContents
					local function block(event) event:preventDefault() end
					%s
					window:loadUrl 'page.lua'
					print(select(2, pcall(contents.executeLua, contents, %q)))
					window:close()]]):format(listeners, "local remote = require 'remote' return " .. expression),
			}
			assert.are.same({ 0, '' }, { result[1], result[3] })
			return (result[2]:gsub('\n$', ''))
		end

		local calls = {
			['remote-require'] = { "require 'thing'", "require('thing')", "'thing'" },
			['remote-get-global'] = { "getGlobal 'answer'", "getGlobal('answer')", "'answer'" },
			['remote-get-current-window'] = { 'getCurrentWindow()', 'getCurrentWindow()' },
			['remote-get-current-web-contents'] = { 'getCurrentWebContents()', 'getCurrentWebContents()' },
		}

		it('get what they ask for if nobody objects', function()
			assert.are.equal('thing', ask('', "remote.require 'thing'"))
			assert.are.equal('global', ask('', "remote.getGlobal 'answer'"))
			assert.are.equal('thing', ask("app:on('remote-require', print)"
				.. "app:removeAllListeners 'remote-require'", "remote.require 'thing'"))
		end)

		it('get an error for what is blocked, by app or by the WebContents', function()
			for event, call in pairs(calls) do
				for _, emitter in ipairs { 'app', 'contents' } do
					assert.are.equal('blocked remote.' .. call[2], ask(("%s:on('%s', block)")
						:format(emitter, event), 'remote.' .. call[1]))
				end
			end
		end)

		it('get what a listener gives instead, and that wins', function()
			for event in pairs(calls) do
				local call = calls[event]
				assert.are.equal('instead', ask(([[
					app:on('%s', function(event, webContents, name)
						assert(webContents == contents and name == %s)
						event:preventDefault()
					end)
					contents:on('%s', function(event, name)
						assert(event.sender == contents and name == %s)
						event.returnValue = 'instead'
					end)]]):format(event, call[3] or 'nil', event, call[3] or 'nil'), 'remote.' .. call[1]))
			end
		end)

		it('get main\'s process as the global it is', function()
			assert.are.equal("blocked remote.getGlobal('process')",
				ask("app:on('remote-get-global', block)", 'remote.process.pid'))
		end)
	end)

	describe('that is a script', function()
		local function runScript(source)
			local folder = run.directory {
				['script.lua'] = source,
				['page.lua'] = '',
				['thing.lua'] = 'return 5',
			}
			local result = run.lepton { folder .. '/script.lua' }
			return { result.status, result.stdout, result.stderr }
		end

		it('is ready once it has ended, or waits', function()
			assert.are.same({ 0, 'end\nready\n', '' }, runScript [[
				require 'app':on('ready', function() print 'ready' end)
				print 'end']])
			assert.are.same({ 0, 'ready\nend\n', '' }, runScript [[
				require 'app':on('ready', function() print 'ready' end)
				require 'timers'.sleep(20)
				print 'end']])
		end)

		it('has windows, with its folder for the app\'s', function()
			assert.are.same({ 0, '5\nend\n', '' }, runScript [[
				local window = require 'browser-window'()
				window:loadUrl 'page.lua'
				print(window.webContents:executeLua "require 'remote'.require 'thing'")
				window:close()
				require 'timers'.sleep(50)
				print 'end']])
		end)

		it('is not quit by its last window', function()
			assert.are.same({ 0, 'tick\n', '' }, runScript [[
				require 'browser-window'():destroy()
				require 'timers'.setTimeout(print, 10, 'tick')]])
		end)
	end)
end)
