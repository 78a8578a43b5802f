local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local app = require 'app'
local sandbox = require 'spec.support.sandbox'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

--- What main knows: a module with a charter, whose notes are objects of a class with one.
local function newNotes()
	local Note = { __name = 'Note', __remote = { 'text', 'fail', 'setText', 'missing' } }
	Note.__index = Note
	function Note:text() return self.content end
	function Note:setText(text) self.content = text end
	function Note.fail() error 'spilled' end
	function Note.hidden() return 'secret' end

	local notes = { __remote = { 'add', 'list', 'open', 'same', 'raw', 'each', 'path', 'spaces',
		'class' } }
	local all = {}
	function notes.add(text) table.insert(all, text) return #all end
	function notes.list() return all end
	function notes.open(text) return setmetatable({ content = text }, Note) end
	function notes.same(note) return note end
	function notes.raw(what)
		return ({ execute = os.execute, file = io.stdout, thread = coroutine.create(print),
			window = BrowserWindow, string = string, deep = { { { print } } } })[what]
	end
	function notes.each(fn) return fn(notes.open 'x') end
	function notes.path() error('cannot read ' .. process.cwd() .. '/notes.txt, "/etc/x": no') end
	function notes.spaces() error 'cannot read /home/a user/her files/notes.txt at all: no' end
	function notes.class() return Note end
	notes.hidden = function() return 'secret' end
	return notes
end

describe('what a sandboxed page reaches', function()
	accounts(before_each, after_each)

	local forget, notes
	before_each(function()
		notes = newNotes()
		forget = sandbox.provide { notes = notes, other = { 1 } }
		_G.config = { depth = { 1, 2 } } -- luacheck: ignore 111
	end)
	after_each(function()
		forget()
		_G.config = nil -- luacheck: ignore 111
	end)

	local granted = { remote = { require = { 'notes' }, globals = { 'config' } } }

	local function open(options)
		return sandbox.open([[
			remote = require 'remote'
			function problem(fn, ...)
				local ok, message = pcall(fn, ...)
				return not ok and message or nil
			end]], options or granted)
	end

	it('is nothing, if nothing was granted', function()
		local window = open {}
		for call, code in pairs {
			["require('notes')"] = "remote.require, 'notes'",
			["require('os')"] = "remote.require, 'os'",
			["getGlobal('os')"] = "remote.getGlobal, 'os'",
			["getGlobal('process')"] = 'function() return remote.process end',
			['getCurrentWindow()'] = 'remote.getCurrentWindow',
			['getCurrentWebContents()'] = 'remote.getCurrentWebContents',
		} do
			assert.are.equal('blocked remote.' .. call, windows.eval(window, ('problem(%s)'):format(code)))
		end
	end)

	it('is what its window grants, and no more', function()
		local window = open()
		assert.are.equal(2, windows.eval(window, "remote.getGlobal 'config'.depth[2]"))
		assert.are.equal(1, windows.eval(window, "remote.require 'notes'.add 'milk'"))
		assert.are.same({ 'milk' }, { windows.eval(window, "remote.require 'notes':list()[1]") })
		assert.are.equal("blocked remote.require('other')",
			windows.eval(window, "problem(remote.require, 'other')"))
	end)

	it('is one object each time', function()
		assert.is_true(windows.eval(open(), "remote.require 'notes' == remote.require 'notes'"))
	end)

	it('is a copy of a table', function()
		local window = open()
		windows.eval(window, "(function() remote.getGlobal 'config'.depth[1] = 'changed' end)()")
		assert.are.equal(1, config.depth[1]) -- luacheck: ignore 113
	end)

	it('is what the class of an object lists', function()
		local window = open()
		local function eval(code)
			return windows.eval(window, "(function() local note = remote.require 'notes'.open 'milk' "
				.. code .. ' end)()')
		end
		assert.are.equal('milk', eval 'return note:text()')
		assert.are.equal('eggs', eval "note:setText 'eggs' return note:text()")
		assert.is_true(eval "return remote.require 'notes'.same(note) == note")
		local refused = '^blocked: '
		assert.matches(refused, eval 'return problem(function() return note:hidden() end)')
		assert.matches(refused, eval 'return problem(function() return note.content end)')
		assert.matches(refused, eval 'return problem(function() note.content = 1 end)')
		assert.matches(refused, eval 'return problem(function() note.text = print end)')
		assert.are.equal('milk', eval 'problem(function() note.text = print end) return note:text()')
		assert.matches(refused, eval 'return problem(function() return note:missing() end)')
		assert.matches(refused, eval 'return problem(function() return #note end)')
		assert.matches(refused, eval 'return problem(function() return note .. note end)')
		assert.matches(refused, eval 'return problem(function() return note() end)')
		assert.matches(refused, eval 'return problem(tostring, note)')
		assert.matches(refused, eval 'return problem(remote.rawget, note, 1)')
		assert.matches(refused, eval 'return problem(remote.copy, note)')
		assert.matches(refused, eval 'return problem(function() for _ in remote.pairs(note) do end end)')
		assert.are.equal('remote', eval 'return getmetatable(note)')
	end)

	it('is no method without its object', function()
		local window = open()
		assert.matches('^blocked: ', windows.eval(window, [[
			(function()
				local note = remote.require 'notes'.open 'x'
				return problem(note.text, { content = 'forged' })
			end)()]]))
	end)

	it('is never a function, a class or an object without a list', function()
		local window = open()
		local function refused(what)
			return windows.eval(window, ("problem(remote.require 'notes'.raw, '%s')"):format(what))
		end
		local tail = ' cannot be sent to a sandboxed page'
		local unlisted = tail .. ': its module or class has to list it in __remote'
		assert.are.equal('result 1: a function' .. unlisted, refused 'execute')
		assert.are.equal('result 1: a FILE*' .. tail .. ': it lists nothing in __remote', refused 'file')
		assert.are.equal('result 1: a coroutine' .. tail, refused 'thread')
		assert.are.equal("result 1, field '[1][1][1]': a function" .. unlisted, refused 'deep')
		assert.matches('^result 1, field .*: a function' .. tail, refused 'string')
		assert.are.equal('result 1: a class BrowserWindow' .. tail .. ': it lists nothing in __remote',
			refused 'window')
		assert.matches('^result 1: a class Note' .. tail, windows.eval(window,
			"problem(remote.require 'notes'.class)"))
	end)

	it('calls back with what it may have', function()
		local window, printed = open()
		assert.is_true(windows.eval(window, [[
			remote.require 'notes'.each(function(note) print(note:text()) end)]]))
		wait.untilTrue('it is called', function() return printed[1] end)
		assert.are.equal('x\n', printed[1])
	end)

	it('is looked up once: what main changes later does not widen it', function()
		local window = open()
		windows.eval(window, "(function() notes = remote.require 'notes' notes.add 'x' end)()")
		table.insert(notes.__remote, 'hidden')
		assert.matches('^blocked: ', windows.eval(window,
			'problem(function() return notes.hidden() end)'))
	end)

	it('is what the object\'s class lists at the time, once it has another class or none', function()
		local note = notes.open 'milk'
		local Note, Other = getmetatable(note), { __remote = { 'text', 'other' } }
		Other.__index = { text = function() return 'other text' end, other = function() return 'new' end }
		function notes.open() return note end
		local window = open()
		local function eval(code)
			return windows.eval(window, ("(function() note = note or remote.require 'notes'.open() "
				.. 'return %s end)()'):format(code))
		end
		local refused = '^blocked: '
		assert.are.equal('milk', eval 'note:text()')
		setmetatable(note, Other)
		assert.are.equal('other text', eval 'note:text()')
		assert.matches(refused, eval 'problem(function() return note:fail() end)')
		setmetatable(note, nil)
		assert.matches(refused, eval 'problem(function() return note:text() end)')
		setmetatable(note, Note)
		assert.are.equal('milk', eval 'note:text()')
		Note.__remote = nil
		assert.matches(refused, eval 'problem(function() return note:text() end)')
	end)

	it('are the channels of ipc that were granted', function()
		local ipc = require 'ipc'
		ipc:handle('granted', function() return 1 end)
		ipc:handle('other', function() return 2 end)
		local window = open { remote = { ipc = { 'granted' } } }
		assert.are.equal(1, windows.eval(window, "require 'ipc':invoke 'granted'"))
		assert.are.equal("blocked ipc.invoke('other')",
			windows.eval(window, "problem(require 'ipc'.invoke, 'other')"))
		assert.are.equal("blocked ipc.sendSync('third')",
			windows.eval(window, "problem(require 'ipc'.sendSync, 'third')"))
		ipc:removeHandler 'granted'
		ipc:removeHandler 'other'
	end)

	describe('of its window', function()
		it('is what BrowserWindow lists', function()
			local window = open { remote = { currentWindow = true } }
			windows.eval(window, "(function() remote.getCurrentWindow():setTitle 'mine' end)()")
			assert.are.equal('mine', window:getTitle())
			for _, name in ipairs { 'loadUrl', 'destroy', 'on', 'emit', 'webContents', 'capturePage' } do
				assert.matches('^blocked: ', windows.eval(window, ([[
					problem(function() return remote.getCurrentWindow():%s() end)]]):format(name)))
			end
			for _, name in ipairs { 'executeLua', 'loadUrl', 'send', 'kill' } do
				assert.matches('^blocked: ', windows.eval(window, ([[
					problem(function() return remote.getCurrentWebContents():%s '' end)]]):format(name)))
			end
			window.webContents:executeLua('remote.getCurrentWindow():close()', function() end)
			wait.event(window, 'closed')
		end)
	end)

	describe('when it fails', function()
		it('tells nothing of main', function()
			local window = open()
			assert.are.equal('spilled', windows.eval(window,
				"problem(function() return remote.require 'notes'.open 'x':fail() end)"))
			assert.are.equal('cannot read ..., "...": no', windows.eval(window,
				"problem(remote.require 'notes'.path)"))
			assert.are.equal('cannot read ... at all: no', windows.eval(window,
				"problem(remote.require 'notes'.spaces)"))
			assert.is_nil(windows.eval(window, [[
				select(2, xpcall(remote.require 'notes'.path, debug.traceback)):find 'spec/']]))
		end)
	end)

	it('is asked about on app and its WebContents, where it was granted', function()
		local window = open()
		local asked = {}
		local function onRequire(event, _, name)
			table.insert(asked, name)
			event:preventDefault()
		end
		app:on('remote-require', onRequire)
		assert.are.equal("blocked remote.require('notes')",
			windows.eval(window, "problem(remote.require, 'notes')"))
		assert.are.equal("blocked remote.require('os')",
			windows.eval(window, "problem(remote.require, 'os')"))
		app:removeListener('remote-require', onRequire)
		assert.are.same({ 'notes' }, asked)
	end)

	it('is listed with what is granted and not there', function()
		local window = open {
			remote = { require = { 'no.such.module' }, globals = { 'noSuchGlobal' } },
		}
		assert.are.equal("module 'no.such.module' not found",
			windows.eval(window, "problem(remote.require, 'no.such.module')"))
		local lines = '\n' .. app:authority(window)
		assert.truthy(lines:find("\nremote.getGlobal('noSuchGlobal')  nil\n", 1, true))
		assert.truthy(lines:find(
			"\nremote.require('no.such.module')  an error: the module cannot be loaded\n", 1, true))
	end)

	it('is said in options that are checked', function()
		local function message(options)
			return select(2, pcall(BrowserWindow, options)):gsub('^[^:]*:%d+: ', '')
		end
		assert.are.equal("BrowserWindow: option 'remote' needs sandbox = true: other pages reach all of "
			.. 'main', (message { remote = {} }))
		assert.are.equal("BrowserWindow: unknown option 'remote.files'",
			(message { sandbox = true, remote = { files = {} } }))
		assert.are.equal("BrowserWindow: option 'remote.require' must be a list of names, got string",
			(message { sandbox = true, remote = { require = 'notes' } }))
		assert.are.equal("BrowserWindow: option 'remote.globals' must be a list of names, got the field "
			.. '[1] = 7', (message { sandbox = true, remote = { globals = { 7 } } }))
		assert.are.equal("BrowserWindow: option 'remote.currentWindow' must be a boolean, got number",
			(message { sandbox = true, remote = { currentWindow = 1 } }))
	end)
end)
