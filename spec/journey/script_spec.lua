-- For scripts lepton is a drop-in `lua`: every command line here is run by both.

local run = require 'spec.support.run'
local terminal = require 'spec.support.terminal'

local LUA = 'lua5.4'

local files = {
	['args.lua'] = 'print(#arg, ...) for i = -20, 20 do if arg[i] then print(i, arg[i]) end end',
	['args5.lua'] = 'for i = 1, 5 do print(i, (select(i, ...))) end print(select("#", ...))',
	['shebang.lua'] = '#!/usr/bin/env lua5.4\nprint(debug.getinfo(1, "l").currentline)',
	['shebang-error.lua'] = '#!/usr/bin/env lua5.4\n\nerror "on line three"',
	['bytes.lua'] = 'print("\\0\xff" == "\x5c0\xff", #"\xc3\xa9")',
	['mod.lua'] = 'print("loading", ...) return { name = "mod" }',
	['my-mod.lua'] = 'return { name = ... }',
	['nothing.lua'] = '',
	['broken.lua'] = 'local x = = 1',
	['unfinished.lua'] = 'for i = 1, 10 do',
	['broken-module.lua'] = 'x x',
	['raise.lua'] = [[
local function inner(x) error('message ' .. x) end
local function outer(x) inner(x) return x end
outer 'a']],
	['raise-table.lua'] = 'error { code = 7 }',
	['raise-text.lua'] = 'error(setmetatable({}, { __tostring = function() return "as text" end }))',
	['raise-odd.lua'] = 'error(setmetatable({}, { __tostring = function() return 1 end }))',
	['raise-nil.lua'] = 'error()',
	['raise-number.lua'] = 'error(42)',
	['raise-level.lua'] = 'local function f() error("blame", 2) end\nf()',
	['raise-bare.lua'] = 'error("no place", 0)',
	['deep.lua'] = 'local function f(n) if n == 0 then error "deep" end return (f(n - 1)) end f(40)',
	['overflow.lua'] = 'local function f() return 1 + f() end f()',
	['tail.lua'] = 'local function g() error "g" end local function f() return g() end f()',
	['method.lua'] = 'local t = { a = {} } function t.a:m() return self.x.y end t.a:m()',
	['native.lua'] = 'string.rep()',
	['global.lua'] = 'undefined.field = 1',
	['coroutine.lua'] = 'local c = coroutine.wrap(function() error "inside" end) c()',
	['close.lua'] = [[
local x <close> = setmetatable({}, { __close = function(_, e) print('closed', e) end })
error 'while open']],
	['gc.lua'] = 'x = setmetatable({}, { __gc = function() print "collected at the end" end })',
	['exit.lua'] = 'io.write "before" os.exit(tonumber(arg[1]) or arg[1] == "true")',
	['exit-close.lua'] = [[
x = setmetatable({}, { __gc = function() print 'collected' end })
os.exit(true, true)]],
	['warn.lua'] = 'warn("careful") warn("@off") warn("unheard") warn("@on") warn("a", "b")',
	['mode.lua'] = 'print(collectgarbage "incremental")',
	['path.lua'] = 'print(package.path) print(package.cpath)',
	['init.lua'] = 'print("init", arg[0], ...)',
	['input.lua'] = 'for line in io.lines() do io.write("[", line, "]") end',
}

-- Each is a list of words, with stdin and env beside them.
local commands = {
	-- scripts and their arguments
	{ 'args.lua' },
	{ 'args.lua', 'one', 'two words', '', "it's", '-v', '--', '*' },
	{ './args.lua', 'x' },
	{ '-e', 'x = 1', '-W', 'args.lua', 'x' },
	{ '-E', '--', 'args.lua', '-x' },
	{ 'args5.lua', 'a', 'b' },
	{ 'shebang.lua' },
	{ 'shebang-error.lua' },
	{ 'bytes.lua' },
	{ 'nothing.lua' },
	{ 'input.lua', stdin = 'a\nb' },
	{ 'gc.lua' },
	{ 'mode.lua' },
	{ 'no-such-file.lua' },
	{ 'no/such/folder.lua', 'x' },
	{ 'broken.lua' },
	{ 'unfinished.lua' },

	-- standard input
	{ '-', 'a', 'b', stdin = 'print(arg[0], ...)' },
	{ stdin = 'print(arg[0], #arg, ...)' },
	{ stdin = '' },
	{ '--', stdin = 'print(arg[0], arg[1])' },
	{ '--', '-' },
	{ '-e', 'print(1)', '-', stdin = 'print(2, ...)' },
	{ '-e', 'print(1)', stdin = 'print "not run"' },
	{ '-W', stdin = 'warn "w" print "run"' },

	-- statements and libraries
	{ '-e', 'print(1)', '-eprint(2)', '-e', 'print(arg[0])' },
	{ '-e', 'print(...)' },
	{ '-e', 'error "in -e"' },
	{ '-e', 'error "first"', '-e', 'print "never"' },
	{ '-e', 'x x' },
	{ '-e', '' },
	{ '-e', 'arg = nil', 'args5.lua', 'x' },
	{ '-e', 'arg = { "other", "words" }', 'args5.lua', 'x' },
	{ '-l', 'mod', '-e', 'print(mod.name)' },
	{ '-lmod', '-lmod', '-e', 'print(mod.name)' },
	{ '-l', 'm=mod', '-e', 'print(m.name, mod)' },
	{ '-l', 'my-mod', '-e', 'print(_G["my-mod"].name, my)' },
	{ '-l', 'no.such.module', '-e', 'print "never"' },
	{ '-l', 'broken-module' },
	{ '-l', 'g=string', '-e', 'print(g == string)', 'args.lua' },

	-- wrong usage
	{ '-x' },
	{ '-ix' },
	{ '-vv' },
	{ '-Ee' },
	{ '-Wx' },
	{ '-e' },
	{ '-l' },
	{ '-e', '-v' },
	{ '-v', '-l', '-i' },
	{ '-e', 'print(1)', '-y', 'args.lua' },

	-- errors and their tracebacks
	{ 'raise.lua' },
	{ 'raise-table.lua' },
	{ 'raise-text.lua' },
	{ 'raise-odd.lua' },
	{ 'raise-nil.lua' },
	{ 'raise-number.lua' },
	{ 'raise-level.lua' },
	{ 'raise-bare.lua' },
	{ 'deep.lua' },
	{ 'overflow.lua' },
	{ 'tail.lua' },
	{ 'method.lua' },
	{ 'native.lua' },
	{ 'global.lua' },
	{ 'coroutine.lua' },
	{ 'close.lua' },

	-- exit statuses
	{ 'exit.lua', '0' },
	{ 'exit.lua', '3' },
	{ 'exit.lua', 'true' },
	{ 'exit.lua', 'false' },
	{ 'exit-close.lua' },

	-- warnings, version, environment
	{ 'warn.lua' },
	{ '-W', 'warn.lua' },
	{ '-v' },
	{ '-v', '-e', 'print(1)' },
	{ '-v', 'args.lua' },
	{ 'args.lua', env = { LUA_INIT = 'print("init", arg[0])' } },
	{ '-e', 'print(2)', env = { LUA_INIT = 'print "old"', LUA_INIT_5_4 = 'print "new"' } },
	{ 'args.lua', env = { LUA_INIT = '@init.lua' } },
	{ 'args.lua', env = { LUA_INIT = '@no-such-init.lua' } },
	{ 'args.lua', env = { LUA_INIT = 'error "in init"' } },
	{ 'args.lua', env = { LUA_INIT_5_4 = 'x x' } },
	{ '-E', 'args.lua', env = { LUA_INIT = 'print "ignored"' } },

	-- the interactive mode
	{ '-i', stdin = '1 + 1\nx = 5\n= x\nx, nil, "s"\nreturn 7\n' },
	{ '-i', stdin = 'for i = 1, 2 do\nprint(i)\nend\n"last"' },
	{ '-i', stdin = 'error "in a line"\nx x\n2\n' },
	{ '-i', stdin = 'error {}\nerror()\nlocal l = 1\nl\n\n\nnil\n' },
	{ '-i', stdin = '_PROMPT = "? "\n_PROMPT2 = "?? "\nif true then\nend\n_PROMPT = 5\n' },
	{ '-i', stdin = 'print = nil\n1\n' },
	{ '-i', stdin = 'setmetatable({}, { __tostring = function() error "no" end })\n' },
	{ '-i', stdin = '= [[a\nb]]\n' },
	{ '-i', 'args.lua', 'x', stdin = '#arg\n...\n' },
	{ '-i', '-e', 'x = 1', stdin = 'x\nos.exit(4)\n' },
	{ '-i', 'raise.lua', stdin = 'print "never"\n' },
	{ '-i', '-v', stdin = '' },
}

local function describeCommand(command)
	local words = {}
	for name, value in pairs(command.env or {}) do
		table.insert(words, ('%s=%q'):format(name, value))
	end
	for _, word in ipairs(command) do
		table.insert(words, word:match '^[%w_./=-]+$' and word or ('%q'):format(word))
	end
	if command.stdin then
		table.insert(words, '< ' .. ('%q'):format(command.stdin):gsub('\n', 'n'))
	end
	return '[' .. table.concat(words, ' ') .. ']'
end

describe('lepton in the place of lua', function()
	local place, executable

	setup(function()
		place = run.directory(files)
		executable = run.executable()
	end)

	teardown(run.removeAll)

	local function runBoth(command)
		local options = { stdin = command.stdin, env = command.env, cwd = place }
		local expected = run.command({ LUA, table.unpack(command) }, options)
		local actual = run.command({ executable, table.unpack(command) }, options)
		actual.stdout = actual.stdout:gsub(executable:gsub('%p', '%%%0'), LUA)
		actual.stderr = actual.stderr:gsub('lepton', LUA)
		for _, result in ipairs{ expected, actual } do
			-- How deep a stack overflow is depends on what lies below the script; and lepton has more
			-- places to look for modules.
			result.stderr = result.stderr:gsub('skipping 9%d+ levels', 'skipping levels')
				:gsub("\n\tno file '[^\n]*'", '')
		end
		return expected, actual
	end

	for _, command in ipairs(commands) do
		it('does what lua does: ' .. describeCommand(command), function()
			assert.are.same(runBoth(command))
		end)
	end

	it('finds the modules that lua finds, and its own', function()
		local expected, actual = runBoth{ 'path.lua' }
		local expectedPath, expectedCpath = expected.stdout:match '(.-)\n(.-)\n'
		local path, cpath = actual.stdout:match '(.-)\n(.-)\n'
		for template in (expectedPath .. ';' .. expectedCpath):gmatch '[^;]+' do
			assert.is_truthy((';' .. path .. ';' .. cpath .. ';'):find(';' .. template .. ';', 1, true))
		end
		assert.are.equal(0, run.lepton{ '-e', 'require "timers"' }.status)
	end)

	it('searches LUA_PATH, unless -E says no', function()
		local env = { LUA_PATH = place .. '/?.lua;;' }
		local elsewhere = { cwd = '/', env = env }
		assert.are.equal('mod\n', (run.lepton({ '-e', 'print(require "my-mod".name:sub(4))' },
			elsewhere)).stdout)
		assert.are.equal(1, run.lepton({ '-E', '-e', 'require "my-mod"' }, elsewhere).status)
	end)

	it('fails where lua does not: with an error in a script from standard input', function()
		for _, text in ipairs{ 'x = = 1', 'error "from stdin"' } do
			local expected, actual = runBoth{ stdin = text }
			assert.are.same({ 1, expected.stdout, expected.stderr },
				{ actual.status, actual.stdout, actual.stderr })
		end
	end)

	it('says what is missing where lua says (null): at the end of unfinished lines', function()
		local result = run.lepton({ '-i' }, { stdin = 'for i = 1, 2 do\nprint(i)\n' })
		assert.are.same({ 0, "stdin:2: 'end' expected (to close 'for' at line 1) near <eof>\n" },
			{ result.status, result.stderr })
	end)

	it('says that a long option is unknown, as wrong usage', function()
		local result = run.lepton{ '--no-such-option', 'x.lua' }
		assert.are.same({ 2, '', "lepton: unknown option '--no-such-option' (see lepton --help)\n" },
			{ result.status, result.stdout, result.stderr })
		result = run.lepton{ '-W', '--no-such-option', 'x.lua' }
		assert.are.same({ 2, '', "lepton: unknown option '--no-such-option' (see lepton --help)\n" },
			{ result.status, result.stdout, result.stderr })
	end)

	it('tells what there is, and which version it is', function()
		local help = run.lepton{ '--help' }
		assert.are.same({ 0, '' }, { help.status, help.stderr })
		assert.matches('^usage: lepton', help.stdout)
		for _, option in ipairs{ '--trace-ipc', '--no-ring', '--sandbox', '--test', '--version' } do
			assert.is_truthy(help.stdout:find('\n  ' .. option .. ' ', 1, true), option)
		end
		local version = run.lepton{ '--version' }
		assert.are.same({ 0, '' }, { version.status, version.stderr })
		assert.matches('^lepton %d+%.%d+%.%d+ %(Lua 5%.4%.%d+%)\n$', version.stdout)
	end)

	it('runs a script by its shebang', function()
		local script = run.directory{
			['tool'] = '#!' .. run.link() .. '\nprint(arg[0]:match "[^/]*$", ...)',
		} .. '/tool'
		os.execute('chmod +x ' .. run.quote(script))
		assert.are.equal('tool\ta b\n', run.command{ script, 'a b' }.stdout)
	end)
end)

describe('a script in the event loop', function()
	teardown(run.removeAll)

	local function script(text, ...)
		local place = run.directory{ ['s.lua'] = text }
		return run.lepton({ 's.lua', ... }, { cwd = place })
	end

	it('may wait, in its main chunk, in -e and in LUA_INIT', function()
		local wait = 'require "timers".sleep(20) print(...)'
		local result = script(wait, 'a')
		assert.are.same({ 0, 'a\n', '' }, { result.status, result.stdout, result.stderr })
		result = run.lepton({ '-e', wait .. ' print "then"' }, { env = { LUA_INIT = wait } })
		assert.are.same({ 0, '\n\nthen\n', '' }, { result.status, result.stdout, result.stderr })
	end)

	it('keeps the process alive until nothing can happen any more', function()
		local result = script [[
			local timers = require 'timers'
			timers.setTimeout(function() print 'late' end, 30)
			print 'early'
		]]
		assert.are.same({ 0, 'early\nlate\n' }, { result.status, result.stdout })
	end)

	it("shows lua's traceback after it has waited", function()
		local result = script 'require "timers".sleep(10)\nerror "later"'
		assert.are.equal(1, result.status)
		assert.are.equal([[
lepton: s.lua:2: later
stack traceback:
	[C]: in function 'error'
	s.lua:2: in main chunk
	[C]: in ?
]], result.stderr)
	end)

	it('ends at once when it fails, whatever it has started', function()
		local result = script [[
			require 'timers'.setInterval(function() print 'never' end, 30)
			error 'now'
		]]
		assert.are.same({ 1, '' }, { result.status, result.stdout })
	end)

	it('says so if it waits for what cannot happen', function()
		local result = script 'print "before"\ncoroutine.yield()'
		assert.are.same({ 1, 'before\n' }, { result.status, result.stdout })
		assert.are.equal([[
lepton: the script waits for what can no longer happen
stack traceback:
	[C]: in function 'coroutine.yield'
	s.lua:2: in main chunk
	[C]: in ?
]], result.stderr)
	end)

	it('finds what a page waits for in vain among its old objects, too', function()
		local folder = run.directory { ['page.lua'] = '', ['main.lua'] = [[
			local co
			function stop()
				co = coroutine.running()
				require 'timers'.setTimeout(function() collectgarbage() co = nil end, 20)
				coroutine.yield()
			end
			local window = require 'browser-window'()
			window:loadUrl 'page.lua'
			window.webContents:executeLua("pcall(require 'remote'.getGlobal 'stop')", function(_, problem)
				print(problem)
				process.exit()
			end)]] }
		local result = run.lepton({ 'main.lua' }, { cwd = folder })
		assert.are.same({ 0, '' }, { result.status, result.stderr })
		assert.matches('^the function called has stopped for good', result.stdout)
	end)

	it('is interrupted by Control-C', function()
		for _, case in ipairs{
			{ 'while true do end', 'lepton: interrupted!\n' },
			{ 'require "timers".sleep(600000)', '' },
		} do
			local place = run.directory{ ['s.lua'] = "io.open('begun', 'w'):close() " .. case[1] }
			local result = run.command({ 'sh', '-c', [[
				env --default-signal=INT "$0" s.lua & lepton=$!
				until [ -e begun ]; do sleep 0.05; done
				kill -INT $lepton
				wait $lepton
			]], run.executable() }, { cwd = place })
			assert.is_false(result.timedOut)
			assert.are_not.equal(0, result.status)
			assert.are.equal(case[2], result.stderr:sub(1, #case[2]))
		end
	end)

	it('is not interrupted where whoever started it did not want that', function()
		local place = run.directory{ ['s.lua'] = [[
			process.kill(process.pid, 'SIGINT')
			for _ = 1, 1000 do os.time() end
			print 'done']] }
		local result = run.command({ 'sh', '-c', 'trap "" INT; exec "$0" s.lua', run.executable() },
			{ cwd = place })
		assert.are.same({ 0, 'done\n', '' }, { result.status, result.stdout, result.stderr })
	end)

	it('runs timers between the lines of the interactive mode', function()
		local result = run.lepton({ '-i' }, { stdin = [[
timers = require 'timers'
timers.setTimeout(function() print 'tick' end, 1)
timers.sleep(50)
'after'
]] })
		local tick = result.stdout:find('\ntick\n', 1, true)
		assert.is_truthy(tick and tick < result.stdout:find('\nafter\n', 1, true))
		assert.are.equal(0, result.status)
	end)

	it('edits lines on a terminal, while timers fire', function()
		local status, lines = terminal {
			{ '> ', 'require "timers".setTimeout(function() print "tick" end, 1)\n' },
			{ 'tick\r\n', '40 + 1\b2\n' }, -- a slip of the finger
			{ '42\r\n> ', '\27[A\n' }, -- the line before
			{ '42\r\n> ', 'for i = 1, 2 do\n' },
			{ '>> ', 'print(-i) end\n' },
			{ '-2\r\n> ', '\4' },
		}
		assert.are.same({ 0, 'tick', '42', '42', '-1', '-2' }, { status, table.unpack(lines) })
	end)

	it('is ended by Control-C on a terminal that waits for a line', function()
		assert.are.equal(128 + 2, (terminal { { '> ', '\3' } }))
	end)
end)
