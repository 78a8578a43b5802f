local apps = require 'spec.support.apps'
local processes = require 'spec.support.processes'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'

describe('an app', function()
	teardown(run.removeAll)

	local function narrate(source)
		local result = apps.runMain(apps.narrator .. source)
		assert.are.equal('', result[3])
		return result[1], (result[2]:gsub('\n', ', '):gsub(', $', ''))
	end

	--- Waits until no process with this id runs.
	local function waitForEnd(pid)
		wait.untilTrue('the process has ended', function() return not processes.isAlive(pid) end)
	end

	describe('that starts', function()
		it('runs main.lua with the arguments, and is ready after it', function()
			assert.are.same({ 0, 'main a two words\nready\n', '' }, apps.runMain([[
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
			assert.are.same({ 0, 'late\nready\n', '' }, apps.runMain [[
				require 'timers'.sleep(20)
				require 'app':on('ready', function() print 'ready' end)
				print 'late']])
		end)

		it('requires its own modules, those beside it, and Lepton\'s', function()
			assert.are.same({ 0, 'own\tdeep\trock\tuser url\tuser root\tnil\n', '' }, apps.run {
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

		it('finds Lepton\'s modules where they are installed', function()
			local prefix = run.directory { ['bin/x'] = '', ['share/x'] = '' }
			assert(os.execute(('cp %s %s/bin/lepton && ln -s "$PWD" %s/share/lepton'):format(
				run.quote(run.executable()), prefix, prefix)))
			local folder = run.directory { ['main.lua'] = 'print(package.path)' }
			local result = run.command { prefix .. '/bin/lepton', folder }
			assert.are.same({ 0, '' }, { result.status, result.stderr })
			assert.truthy(result.stdout:find(prefix .. '/share/lepton/modules/?.lua', 1, true))
		end)

		it('skips a first line that begins with #', function()
			assert.are.same({ 0, 'x\n', '' }, apps.runMain "#!/usr/bin/env lepton\nprint 'x'")
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
			assert.are.equal("lepton: cannot find the app 'nowhere': No such file or directory\n",
				problem { 'nowhere' })
		end)

		it('has no main script', function()
			local folder = run.directory()
			local format = 'lepton: cannot read the main script %s/%s: %s\n'
			assert.are.equal(format:format(folder, 'main.lua', 'No such file or directory; '
				.. 'an app has a main.lua, or a package.json whose "main" names another'),
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

		it('by quit once the code that asked for it has run, with and without windows', function()
			for act, events in pairs {
				['app:quit()'] = 'before-quit, will-quit, goes on',
				['open():destroy()'] = 'closed, before-quit, will-quit, goes on',
				['open() app:quit()'] = 'before-quit, close, goes on, closed, will-quit',
			} do
				assert.are.same({ 0, 'will-finish-launching, ready, ' .. events .. ', quit 0, exit 0' },
					{ narrate(("app:on('ready', function() %s print 'goes on' end)"):format(act)) })
			end
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
					local other = open()
					app:quit()
					repeat timers.sleep(1) until other:isDestroyed()
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
				local result = apps.run { ['page.lua'] = files['page.lua'], ['main.lua'] = source }
				local pid, rest = result[2]:match '^(%d+)\n(.*)$'
				waitForEnd(pid)
				return rest
			end
			assert.are.equal('unload\n', endBy 'app:quit()')
			assert.are.equal('', endBy 'app:exit()')
		end)

		it('takes its pages along when it is killed', function()
			local result = apps.run {
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
				local ready
				require 'app':on('ready', function()
					print 'ready'
					ready = true
				end)
				repeat require 'timers'.sleep(1) until ready
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
