local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local run = require 'spec.support.run'
local sandbox = require 'spec.support.sandbox'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a sandboxed page', function()
	accounts(before_each, after_each)

	local function eval(code)
		return windows.eval(sandbox.open(), code)
	end

	it('runs Lua, timers and messages', function()
		local window, printed = sandbox.open [[
			local ipc, timers = require 'ipc', require 'timers'
			ipc:on('greet', function(name) print('hello', name) end)
			timers.setTimeout(function() print 'later' end, 1)]]
		window.webContents:send('greet', 'Ada')
		wait.untilTrue('it prints', function() return #printed == 2 end)
		table.sort(printed)
		assert.are.same({ 'hello\tAda\n', 'later\n' }, printed)
		assert.are.equal(42, windows.eval(window, '6 * 7'))
	end)

	it('says that each layer holds', function()
		local window = sandbox.open()
		local status = window:sandboxStatus()
		assert.is_true(status.sandboxed)
		local names = {}
		local poverty = sandbox.poverty()
		if poverty then
			return pending(poverty)
		end
		for i, layer in ipairs(status) do
			names[i] = layer.name
			assert.is_true(layer.holds, layer.name .. ': ' .. layer.detail)
		end
		assert.are.same({ 'namespaces', 'root', 'capabilities', 'privileges', 'landlock', 'limits',
			'filter' }, names)
		assert.are.same({ sandboxed = false }, BrowserWindow():sandboxStatus())
	end)

	it('has no way to the system in Lua', function()
		assert.is_nil(eval 'io')
		for _, name in ipairs { 'execute', 'exit', 'getenv', 'remove', 'rename', 'tmpname' } do
			assert.is_nil(eval('os.' .. name))
		end
		for _, name in ipairs { 'loadlib', 'cpath', 'path', 'searchpath' } do
			assert.is_nil(eval('package.' .. name))
		end
		assert.is_nil(eval 'string.dump')
		assert.are.equal('traceback', eval [[
			(function() local names = {} for name in pairs(debug) do names[#names + 1] = name end
			return table.concat(names, ' ') end)()]])
		assert.are.equal('number', eval 'type(os.time())')
		assert.are.equal('number', eval "type(collectgarbage 'count')")
	end)

	it('loads text only', function()
		local text = string.dump(function() return 1 end)
		local window = sandbox.open('', { remote = { ipc = { 'bytecode' } } })
		local ipc = require 'ipc'
		ipc:handle('bytecode', function() return text end)
		local loaded, problem = windows.eval(window, [[
			load(require 'ipc'.invoke 'bytecode')]])
		assert.is_nil(loaded)
		assert.matches('attempt to load a binary chunk', problem)
		assert.is_nil((windows.eval(window, [[load('return 1', 'x', 'b')]])))
		assert.are.equal(3, windows.eval(window, [[load('return x', 'x', 't', { x = 3 })()]]))
		ipc:removeHandler 'bytecode'
	end)

	it('has a process that tells it nothing of the machine', function()
		local window = sandbox.open()
		assert.are.same({ {}, {}, 'renderer' }, { windows.eval(window,
			'process.argv, process.env, process.type') })
		for _, name in ipairs { 'pid', 'ppid', 'cwd', 'chdir', 'kill', 'execPath' } do
			assert.is_nil(windows.eval(window, 'process.' .. name))
		end
		assert.are.equal('integer', windows.eval(window, 'math.type(process.hrtime())'))
	end)

	it('is not told where the app is', function()
		local window = sandbox.open()
		assert.are.equal('file:///page.lua', windows.eval(window, "require 'page'.location.href"))
		local everything = windows.eval(window, [[
			(function()
				local words, seen = {}, {}
				local function walk(value)
					if type(value) == 'table' and not seen[value] then
						seen[value] = true
						for k, v in next, value do walk(k) walk(v) end
					elseif type(value) == 'string' then
						words[#words + 1] = value
					end
				end
				walk(_G)
				local _, traceback = xpcall(error, debug.traceback, 'x')
				return table.concat(words, '\n') .. traceback
			end)()]])
		assert.is_nil(everything:find(process.cwd(), 1, true))
		assert.is_nil(everything:find('/tmp/', 1, true))
	end)

	it('reports its errors through main', function()
		local window, printed = sandbox.open()
		windows.eval(window, [[
			(function() require 'timers'.setImmediate(function() error 'boom' end) end)()]])
		wait.untilTrue('it is reported', function() return #printed > 0 end)
		assert.matches('^lepton: page %d+: .*boom\nstack traceback', printed[1])
	end)

	it('cannot make a terminal obey', function()
		local _, printed = sandbox.open [[print '\27[2J\7\xC2\x9B31m\tx']]
		assert.are.same({ '\\x1B[2J\\x07\\u{9B}31m\tx\n' }, printed)
	end)

	it('that prints without end is cut short', function()
		local window, printed = sandbox.open()
		local began = process.uptime() // 1
		windows.eval(window, "(function() for _ = 1, 1000 do print(('x'):rep(1000)) end end)()")
		local seconds = process.uptime() // 1 - began + 1
		local length = #table.concat(printed)
		assert.is_true(length > 1000 and length <= seconds * 65536, tostring(length))
	end)

	it('ends with process.exit, and its window with it', function()
		local window = sandbox.open()
		window.webContents:executeLua('process.exit(0)', function() end)
		wait.event(window, 'closed')
		assert.are.same({ 'exited', 4 }, sandbox.crash(sandbox.open(), 'process.exit(4)'))
	end)

	it('is loaded again in a fresh context of the same sandbox', function()
		local window = sandbox.open 'x = (x or 0) + 1'
		for _ = 1, 3 do
			window:reload()
			wait.event(window.webContents, 'did-finish-load')
			assert.are.same({ 1 }, { windows.eval(window, 'x, io') })
		end
	end)

	describe('and its memory', function()
		it('has a limit that Lua is told of', function()
			local window = sandbox.open('', { memoryLimit = 4 * 1024 * 1024 })
			local ok, problem = windows.eval(window, "pcall(string.rep, 'x', 1 << 30)")
			assert.are.same({ false, 'not enough memory' }, { ok, problem })
			ok, problem = windows.eval(window, [[
				pcall(function() local t = {} while true do t[#t + 1] = { #t } end end)]])
			assert.are.same({ false, 'not enough memory' }, { ok, problem })
			assert.are.equal(2, windows.eval(window, '1 + 1'))
		end)

		it('has a limit in a trusted page that asks for one, too', function()
			local window = windows.open('', { memoryLimit = 8 * 1024 * 1024 })
			assert.is_false((windows.eval(window, "pcall(string.rep, 'x', 1 << 28)")))
		end)

		it('must be enough to start in', function()
			assert.has_error(function() BrowserWindow { memoryLimit = 1000 } end,
				"BrowserWindow: option 'memoryLimit' must be 1048576 bytes or more, got 1000")
		end)
	end)

	describe('requires modules', function()
		local app

		local function output(files, page)
			files['main.lua'] = [[
				local app, BrowserWindow = require 'app', require 'browser-window'
				app:on('ready', function()
					local window = BrowserWindow { sandbox = true }
					window.webContents:on('did-stop-loading', function() window:close() end)
					window:loadUrl 'pages/page.lua'
				end)]]
			files['pages/page.lua'] = page
			app = run.directory(files)
			local result = run.lepton { app }
			assert.are.equal(0, result.status, result.stderr)
			return result.stdout
		end

		it('of its own, which main reads in the app\'s folder', function()
			assert.are.equal('1\t2\n', output({
				['one.lua'] = 'return 1', ['lib/two/init.lua'] = 'return 2',
			}, [[print((require 'one'), (require 'lib.two'))]]))
		end)

		it('by names that lead nowhere else', function()
			local script = [[
				for _, name in ipairs { '../secret', '/etc/passwd', '..secret', 'pages/../one', 'link', '',
						'a.b.c.d', ('x'):rep(1000), './one' } do
					local ok, problem = pcall(require, name)
					print(ok, problem:find 'SECRET' or '')
				end
				print 'end'
]]
			local outside = run.directory { ['secret.lua'] = 'error "SECRET"' }
			app = run.directory { ['main.lua'] = [[
				local app, BrowserWindow = require 'app', require 'browser-window'
				local outside = ']] .. outside .. [[/secret.lua'
				os.execute(('ln -s %q %q'):format(outside, app:getAppPath() .. '/link.lua'))
				app:on('ready', function()
					local window = BrowserWindow { sandbox = true }
					window.webContents:on('did-stop-loading', function() window:close() end)
					window:loadUrl 'page.lua'
				end)]], ['page.lua'] = script, ['one.lua'] = 'return 1' }
			local result = run.lepton { app }
			assert.are.equal(('false\t\n'):rep(9) .. 'end\n', result.stdout)
			assert.is_nil(result.stdout:find(app, 1, true))
		end)
	end)
end)

describe('an app', function()
	accounts(before_each, after_each)

	local main = [[
		local app, BrowserWindow = require 'app', require 'browser-window'
		app:on('ready', function()
			local window = BrowserWindow()
			window.webContents:on('did-stop-loading', function() window:close() end)
			window:loadUrl 'page.lua'
		end)]]

	it('has all its pages sandboxed by --sandbox, and by its package.json', function()
		local files = { ['main.lua'] = main, ['page.lua'] = 'print(io)' }
		assert.are.equal('nil\n', run.lepton({ '--sandbox', run.directory(files) }).stdout)
		files['package.json'] = '{ "sandbox": true }'
		assert.are.equal('nil\n', run.lepton({ run.directory(files) }).stdout)
		files['package.json'] = '{ "sandbox": 1 }'
		local app = run.directory(files)
		local result = run.lepton { app }
		assert.are.same({ 2, ('lepton: %s/package.json: "sandbox" must be a boolean, got a number\n')
			:format(app) }, { result.status, result.stderr })
	end)
end)
