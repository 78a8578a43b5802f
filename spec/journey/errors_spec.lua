local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local app = require 'app'
local ipc = require 'ipc'
local run = require 'spec.support.run'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('an app that cannot be started', function()
	after_each(run.removeAll)

	--- The one line that lepton has to say about an app, with APP for its folder.
	local function refusal(files)
		local folder = run.directory(files)
		local result = run.lepton { folder }
		assert.are.same({ 2, '' }, { result.status, result.stdout })
		assert.matches('^lepton: [^\n]+\n$', result.stderr)
		return (result.stderr:gsub(folder:gsub('%p', '%%%0'), 'APP'):sub(9, -2))
	end

	it('is told where its package.json is wrong', function()
		for text, problem in pairs {
			[''] = 'APP/package.json:1:1: expected value but found the end of the file',
			['{'] = 'APP/package.json:1:2: expected object key string but found the end of the file',
			['{\n"name": "n",\n}'] = "APP/package.json:3:1: expected object key string but found '}'",
			['{\n"é": ]'] = "APP/package.json:2:6: expected value but found ']'",
			['{\n"\xE9": ]'] = "APP/package.json:2:6: expected value but found ']'",
			['[]'] = 'APP/package.json: expected an object, got an array',
			['{ "name": null }'] = 'APP/package.json: "name" must be a string, got null',
			['{ "main": "" }'] = 'APP/package.json: "main" must not be empty',
			['{ "main": "a.lua" }'] = 'cannot read the main script APP/a.lua: No such file or directory',
			['{ "main": "." }'] = 'cannot read the main script APP/.: Is a directory',
		} do
			assert.are.equal(problem, refusal { ['package.json'] = text, ['main.lua'] = '' })
		end
	end)

	it('is told that it has no main script', function()
		assert.are.equal('cannot read the main script APP/main.lua: No such file or directory; '
			.. 'an app has a main.lua, or a package.json whose "main" names another', refusal {})
	end)

	it('is told what is wrong with its own switches', function()
		local folder = run.directory { ['main.lua'] = '' }
		for _, value in ipairs { '', '=', '=many', '=-1' } do
			local result = run.lepton { folder, '--remote-leak-warning' .. value }
			assert.are.same({ 2, '', ("lepton: --remote-leak-warning=N takes an integer, 0 or more, "
				.. "got '%s'\n"):format(value:sub(2)) }, { result.status, result.stdout, result.stderr })
		end
	end)

	it('is told what is wrong with the command line', function()
		for words, problem in pairs {
			['--bogus'] = "unknown option '--bogus'",
			['--renderer'] = '--renderer goes with --test',
			['--test --renderer --sandbox'] = '--renderer goes without --sandbox: busted needs all of Lua',
		} do
			local arguments = {}
			for word in words:gmatch '%S+' do
				table.insert(arguments, word)
			end
			local result = run.lepton(arguments)
			assert.are.same({ 2, '', ('lepton: %s (see lepton --help)\n'):format(problem) },
				{ result.status, result.stdout, result.stderr })
		end
	end)
end)

describe('an error in main that nobody catches', function()
	after_each(run.removeAll)

	--- What the first line on standard error says when main.lua is `source`.
	local function firstLine(source)
		local folder = run.directory { ['main.lua'] = source, ['raises.lua'] = "error 'no module'" }
		local result = run.lepton { folder }
		assert.are.equal(1, result.status)
		return (result.stderr:match '^lepton: ([^\n]*)\n':gsub(folder:gsub('%p', '%%%0'), 'APP'))
	end

	it('ends it with status 1, wherever it happened', function()
		for source, problem in pairs {
			['local x ='] = "APP/main.lua:1: unexpected symbol near <eof>",
			["error 'boom'"] = 'APP/main.lua:1: boom',
			["require 'raises'"] = 'APP/raises.lua:1: no module',
			["require 'app':on('ready', function() error 'boom' end)"] = 'APP/main.lua:1: boom',
			["require 'timers'.setTimeout(function() error 'boom' end, 1)"] = 'APP/main.lua:1: boom',
			["process.nextTick(function() error 'boom' end)"] = 'APP/main.lua:1: boom',
			["require 'timers'.sleep(1) error 'boom'"] = 'APP/main.lua:1: boom',
		} do
			assert.are.equal(problem, firstLine(source))
		end
	end)

	it('is told of a main script that waits for ever', function()
		local folder = run.directory { ['main.lua'] = 'coroutine.yield()' }
		local result = run.lepton { folder }
		assert.are.same({ 1, '', ('lepton: %s/main.lua waits for what can no longer happen\n')
			:format(folder) }, { result.status, result.stdout, result.stderr })
	end)

	it('is told as what it is when it is no string', function()
		for value, problem in pairs {
			['nil'] = '(error object is a nil value)',
			['{}'] = '(error object is a table value)',
			["setmetatable({}, { __tostring = function() return 'I am' end })"] = 'I am',
			["setmetatable({}, { __tostring = function() error 'inner' end })"] =
				'(error object is a table value)',
			['setmetatable({}, { __tostring = function() end })'] = '(error object is a table value)',
		} do
			assert.are.equal(problem, firstLine(('error(%s)'):format(value)))
		end
	end)
end)

describe('a wrong call in main', function()
	accounts(before_each, after_each)

	it('is told to the caller: what, where and what is wanted', function()
		local window = BrowserWindow()
		local contents = window.webContents
		local cases = {
			{ "bad argument #1 to 'loadUrl' (string expected, got no value)",
				function() window:loadUrl() end },
			{ "bad argument #1 to 'setSize' (integer expected, got string)",
				function() window:setSize('wide', 1) end },
			{ "bad argument #2 to 'setSize' (integer expected, got no value)",
				function() window:setSize(1) end },
			{ "bad argument #1 to 'setTitle' (string expected, got table)",
				function() window:setTitle {} end },
			{ "bad argument #1 to 'setFullScreen' (boolean expected, got number)",
				function() window:setFullScreen(1) end },
			{ "setBounds: unknown field 'with'", function() window:setBounds { with = 1 } end },
			{ "setBounds: field 'width' must be an integer, got 1.5",
				function() window:setBounds { width = 1.5 } end },
			{ 'not a BrowserWindow: methods are called with a colon',
				function() window.setTitle 'x' end },
			{ 'BrowserWindow.new is no method: it is called with a dot',
				function() BrowserWindow:new {} end },
			{ "bad argument #1 to 'fromId' (integer expected, got string)",
				function() BrowserWindow.fromId 'one' end },
			{ 'there is no page to reload: none was ever loaded', function() window:reload() end },
			{ "bad argument #1 to 'send' (string expected, got no value)",
				function() contents:send() end },
			{ "cannot send 'x': no page is loaded", function() contents:send 'x' end },
			{ "bad argument #1 to 'executeLua' (string expected, got function)",
				function() contents:executeLua(print) end },
			{ "bad argument #2 to 'executeLua' (function expected, got string)",
				function() contents:executeLua('1', 'callback') end },
			{ 'not a WebContents: methods are called with a colon',
				function() contents.getUrl() end },
			{ "bad argument #1 to 'on' (name of an event expected, got function)",
				function() app:on(print) end },
			{ "bad argument #2 to 'on' (function expected, got no value)",
				function() app:on 'ready' end },
			{ "'on' is a method: call it as emitter:on(...)", function() app.on('ready', print) end },
			{ "getPath: unknown path 'nest' (known are home, appData, userData, cache, userCache, temp, "
				.. 'userDesktop, exe and module)', function() app:getPath 'nest' end },
			{ "bad argument #1 to 'exit' (integer expected, got string)", function() app:exit 'x' end },
			{ "bad argument #1 to 'authority' (BrowserWindow expected, got no value)",
				function() app:authority() end },
			{ 'not a BrowserWindow: methods are called with a colon',
				function() BrowserWindow.isDestroyed() end },
			{ 'not a WebContents: methods are called with a colon',
				function() require 'web-contents'.isDestroyed() end },
			{ "BrowserWindow: option 'title' must be a string, got a table",
				function() BrowserWindow { title = {} } end },
			{ "bad argument #2 to 'handle' (function expected, got number)",
				function() ipc:handle('x', 5) end },
			{ "bad argument #1 to 'setTimeout' (function expected, got string)",
				function() timers.setTimeout 'x' end },
			{ "bad argument #2 to 'setTimeout' (number expected, got string)",
				function() timers.setTimeout(print, 'soon') end },
			{ "bad argument #1 to 'sleep' (number expected, got string)",
				function() timers.sleep 'long' end },
		}
		for _, case in ipairs(cases) do
			local ok, problem = pcall(case[2])
			assert.is_false(ok, case[1])
			local line = debug.getinfo(case[2], 'S').linedefined
			assert.are.equal(('spec/journey/errors_spec.lua:%d: %s'):format(line, case[1]),
				(problem:gsub('^%./', '')))
		end
	end)

	it('on a window that is gone says so, and so does one on its WebContents', function()
		local window = BrowserWindow()
		window:destroy()
		for name, method in pairs(BrowserWindow) do
			local isMethod = type(method) == 'function' and name:find '^%l' and name ~= 'isDestroyed'
			if isMethod and not ({ new = 1, getAllWindows = 1, getFocusedWindow = 1, fromId = 1,
				fromWebContents = 1 })[name] then
				local ok, problem = pcall(function() method(window, 'x') end)
				assert.is_false(ok, name)
				assert.matches('errors_spec%.lua:%d+: BrowserWindow has been destroyed$', problem)
			end
		end
		for _, name in ipairs { 'loadUrl', 'reload', 'send', 'executeLua', 'stop', 'getUrl' } do
			local contents = window.webContents
			local ok, problem = pcall(function() contents[name](contents, 'x') end)
			assert.is_false(ok, name)
			assert.matches('errors_spec%.lua:%d+: WebContents has been destroyed$', problem)
		end
	end)
end)

describe('a page that', function()
	accounts(before_each, after_each)

	--- What did-fail-load says of a page: number and text.
	local function failure(url)
		local window = BrowserWindow()
		local record = wait.record(window.webContents, { 'did-fail-load' })
		window:loadUrl(url)
		wait.event(window.webContents, 'did-stop-loading')
		assert.is_false(window:isDestroyed())
		return { table.unpack(record[1], 2, 3) }
	end

	it('is no file cannot be loaded; the window lives', function()
		local folder = run.directory()
		for url, expected in pairs {
			['http://example.org/'] = { -301,
				"cannot load 'http://example.org/': a page is loaded from a file, not from 'http:'" },
			['data:text/plain,x'] = { -301,
				"cannot load 'data:text/plain,x': a page is loaded from a file, not from 'data:'" },
			['file://elsewhere/x.lua'] = { -300,
				"cannot load 'file://elsewhere/x.lua': a file URL has the form 'file:///path'" },
			[''] = { -300, "cannot load '': it names no file" },
			['?x=1'] = { -300, "cannot load '?x=1': it names no file" },
			[folder] = { -2, ('cannot load %s: Is a directory'):format(folder) },
			[folder .. '/none.lua'] = { -6,
				('cannot load %s/none.lua: No such file or directory'):format(folder) },
		} do
			assert.are.same(expected, failure(url))
		end
	end)

	it('has an error in its script says which, and where', function()
		for source, problem in pairs {
			['x = = 1'] = "PAGE:1: unexpected symbol near '='",
			["error 'boom'"] = 'PAGE:1: boom',
			["error('boom', 0)"] = 'boom',
			['error {}'] = '(error object is a table value)',
			["error(setmetatable({}, { __tostring = error }))"] = '(error object is a table value)',
			["require 'remote'.require 'no.such.module'"] =
				"PAGE:1: module 'no.such.module' not found:",
			["require 'no.such.module'"] = "PAGE:1: module 'no.such.module' not found:",
			["require 'remote'.getCurrentWindow():setSize('x')"] =
				"PAGE:1: bad argument #1 to 'setSize' (integer expected, got string)",
		} do
			local path = windows.page(source)
			local result = failure(path)
			assert.are.equal(-2, result[1])
			assert.are.equal(problem, (result[2]:match '^[^\n]*':gsub(path:gsub('%p', '%%%0'), 'PAGE')))
		end
	end)
end)

describe('a page that runs out of memory', function()
	accounts(before_each, after_each)

	local greedy = 'local t = {} for i = 1, 1e9 do t[i] = { i } end'
	local limited = { memoryLimit = 32 << 20 }

	it('gets an error in Lua, says so, and lives', function()
		local window = BrowserWindow(limited)
		local record = wait.record(window.webContents, { 'did-fail-load' })
		window:loadUrl(windows.page(greedy))
		wait.event(window.webContents, 'did-stop-loading')
		assert.are.same({ -2, 'not enough memory' }, { table.unpack(record[1], 2, 3) })
		assert.are.equal(2, windows.eval(window, '1 + 1'))
		local ok, problem = pcall(windows.eval, window, greedy)
		assert.are.same({ false, 'not enough memory' }, { ok, problem })
	end)

	it('does so while it unloads, too', function()
		local window = windows.open(("require 'page':on('unload', function() %s end)"):format(greedy),
			limited)
		window:reload()
		wait.event(window.webContents, 'did-finish-load')
		assert.are.equal(2, windows.eval(window, '1 + 1'))
	end)
end)

describe('a wrong call in a page', function()
	accounts(before_each, after_each)

	local setup = [[
		remote, ipc, page = require 'remote', require 'ipc', require 'page'
		app = remote.require 'app'
		echo = app.echo
		function problemOf(code)
			local chunk = assert(load(code, '=here'))
			local ok, problem = pcall(chunk)
			return ok, problem
		end]]

	local function problems(cases)
		function app.echo(...)
			return ...
		end
		app.deep = {}
		local inner = app.deep
		for _ = 1, 1100 do
			inner[1] = {}
			inner = inner[1]
		end
		local window = windows.open(setup)
		for code, expected in pairs(cases) do
			local ok, problem = windows.eval(window, ('problemOf(%q)'):format(code))
			assert.is_false(ok, code)
			assert.are.equal(expected, problem:match '^[^\n]*':gsub('^.*/module%-keeper%.lua:%d+: ', ''),
				code)
		end
		app.echo, app.deep = nil, nil
	end

	it('names the value that cannot be sent, and where in the arguments it is', function()
		problems {
			['echo(io.stdout)'] = 'here:1: argument 1: a userdata cannot be sent to the main process',
			['echo(1, { opts = { file = io.stdout } })'] =
				"here:1: argument 2, field 'opts.file': a userdata cannot be sent to the main process",
			['echo { { 1, io.stdout } }'] =
				"here:1: argument 1, field '[1][2]': a userdata cannot be sent to the main process",
			['echo(coroutine.create(print))'] =
				'here:1: argument 1: a coroutine cannot be sent to the main process',
			['app.x = io.stdout'] = 'here:1: value: a userdata cannot be sent to the main process',
			['return app[io.stdout]'] = 'here:1: key: a userdata cannot be sent to the main process',
			['return app + io.stdout'] =
				'here:1: operand 2: a userdata cannot be sent to the main process',
			["ipc:send('x', io.stdout)"] =
				'here:1: argument 2: a userdata cannot be sent to the main process',
			['local w = remote.getCurrentWindow() remote.release(w) echo(w)'] =
				'here:1: argument 1: this remote object was released',
		}
	end)

	it('gets the error that Lua would give', function()
		problems {
			['app.nothing()'] = "here:1: attempt to call a nil value (field 'nothing')",
			['app:nothing()'] = "here:1: attempt to call a nil value (method 'nothing')",
			['return app.nothing.x'] = "here:1: attempt to index a nil value (field 'nothing')",
			['return app + 1'] = 'here:1: attempt to perform arithmetic on a App value',
			["return app .. ''"] = 'here:1: attempt to concatenate a App value',
			['return app < 1'] = 'here:1: attempt to compare App with number',
			['setmetatable(app, {})'] =
				"here:1: bad argument #1 to 'setmetatable' (table expected, got App)",
		}
	end)

	it('is told to the caller: what, where and what is wanted', function()
		problems {
			['remote.require()'] = "here:1: bad argument #1 to 'require' (string expected, got no value)",
			['remote.getGlobal {}'] = "here:1: bad argument #1 to 'getGlobal' (string expected, got table)",
			['remote.copy(5)'] = "here:1: bad argument #1 to 'copy' (remote object expected, got number)",
			['remote.copy(echo)'] = 'copy: a table expected, got a function',
			['remote.release {}'] =
				"here:1: bad argument #1 to 'release' (remote object expected, got table)",
			['remote.next(5)'] = "here:1: bad argument #1 to 'next' (table expected, got number)",
			['remote.rawlen(5)'] =
				"here:1: bad argument #1 to 'rawlen' (table or string expected, got number)",
			['ipc:send()'] = "here:1: bad argument #1 to 'send' (string expected, got no value)",
			["ipc:on 'x'"] = "here:1: bad argument #2 to 'on' (function expected, got no value)",
			["ipc:sendSync 'nobody'"] = "here:1: nobody in main listens to channel 'nobody'",
			["ipc:invoke 'nobody'"] = "here:1: nobody in main handles channel 'nobody'",
			['page:setTitle(1)'] = "here:1: bad argument #1 to 'setTitle' (string expected, got number)",
			["remote.require 'browser-window' { widht = 1 }"] =
				"here:1: BrowserWindow: unknown option 'widht'",
			["local w = remote.require 'browser-window'() w:destroy() w:show()"] =
				'here:1: BrowserWindow has been destroyed',
			["remote.getCurrentWebContents():executeLua '1'"] =
				'would deadlock: the page is waiting for this very call',
		}
	end)

	it('stays within what one message may hold', function()
		problems {
			['local t = {} for _ = 1, 1100 do t = { t } end echo(t)'] = 'here:1: argument 1, field \''
				.. ('[1]'):rep(42) .. "[': a table nested too deep cannot be sent",
			['remote.copy(app.deep)'] = "result 1, field '" .. ('[1]'):rep(42)
				.. "[': a table nested too deep cannot be sent",
			['echo(table.unpack({}, 1, 250000))'] = 'here:1: too many arguments to send',
			["echo(('x'):rep(300 << 20))"] = 'here:1: argument 1: a string that long cannot be sent',
		}
	end)

	it('gets main\'s own error for a module that cannot be loaded', function()
		local folder = run.directory { ['broken.lua'] = 'x = = 1', ['raises.lua'] = "error 'no'" }
		local path = package.path
		package.path = folder .. '/?.lua;' .. path
		problems {
			["remote.require 'broken'"] = ("error loading module 'broken' from file '%s/broken.lua':")
				:format(folder),
			["remote.require 'raises'"] = folder .. '/raises.lua:1: no',
			["remote.require 'nowhere.at.all'"] = "here:1: module 'nowhere.at.all' not found:",
		}
		package.path = path
	end)
end)

describe('a window that is destroyed by who listens to its failed load', function()
	accounts(before_each, after_each)

	it('while it closes is gone, and nothing else', function()
		local window = BrowserWindow()
		window:loadUrl(windows.page "require 'timers'.setTimeout(print, 1e6) while true do end")
		wait.event(window.webContents, 'did-start-loading')
		window.webContents:on('did-fail-load', function() window:destroy() end)
		timers.sleep(20)
		window:close()
		assert.is_true(window:isDestroyed())
	end)
end)
