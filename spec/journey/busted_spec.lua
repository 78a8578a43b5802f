-- lepton --test runs the real busted inside the host.

local cjson = require 'cjson'
local run = require 'spec.support.run'

local passing = [[
describe('arithmetic', function()
	it('adds', function() assert.are.equal(2, 1 + 1) end)
	it('multiplies #slow', function() assert.are.equal(6, 2 * 3) end)
end)]]

local failing = [[
describe('a suite', function()
	it('passes', function() end)
	it('fails', function() assert.are.equal(1, 2) end)
	it('raises', function() error 'raised' end)
	it('raises a table with a function', function() error { f = print } end)
	pending 'is pending'
end)]]

-- Every case runs twice: in main, and in a page.
local function suite(name, leading)
	describe(name, function()
		after_each(run.removeAll)

		local function test(files, arguments, options)
			if type(files) == 'string' then
				files = { ['spec/the_spec.lua'] = files }
			end
			options = options or {}
			options.cwd = run.directory(files)
			local words = table.move(leading, 1, #leading, 1, {})
			return run.lepton(table.move(arguments or {}, 1, #(arguments or {}), #words + 1, words),
				options)
		end

		-- The counts in the summary: successes, failures, errors, pending.
		local function counts(result)
			local numbers = {}
			for number in (result.stdout:match '\n(%d+ success[^\n]*) :' or ''):gmatch '%d+' do
				numbers[#numbers + 1] = tonumber(number)
			end
			return numbers
		end

		it('succeeds with specs that pass', function()
			local result = test(passing)
			assert.are.same({ 2, 0, 0, 0 }, counts(result))
			assert.are.same({ 0, '' }, { result.status, result.stderr })
		end)

		it('fails with specs that fail', function()
			local result = test(failing)
			assert.are.same({ 1, 1, 2, 1 }, counts(result))
			assert.are.equal(1, result.status)
			assert.is_truthy(result.stdout:find('spec/the_spec.lua:3: Expected objects to be equal', 1,
				true))
		end)

		it('fails with a spec file that cannot be compiled', function()
			local result = test 'it('
			assert.are.same({ 0, 0, 1, 0 }, counts(result))
			assert.are.equal(1, result.status)
		end)

		it('counts os.exit and process.exit as errors of the spec that calls them', function()
			local result = test [[
it('exits', function() os.exit(0) end)
it('exits with true', function() os.exit(true, true) end)
it('exits through process', function() process.exit() end)
describe('while it is described', function() os.exit(3) end)
it('goes on', function() end)]]
			assert.are.same({ 1, 0, 4, 0 }, counts(result))
			assert.are.equal(1, result.status)
			for _, message in ipairs{
				'the_spec.lua:1: os.exit(0) was called',
				'the_spec.lua:2: os.exit(0) was called',
				'the_spec.lua:3: process.exit(0) was called',
				'the_spec.lua:4: os.exit(3) was called',
			} do
				assert.is_truthy(result.stdout:find(message, 1, true), message)
			end
		end)

		it('lets specs wait wherever they run', function()
			local result = test [[
local timers = require 'timers'
local order = {}
local function note(name) order[#order + 1] = name end
timers.sleep(5)
setup(function() timers.sleep(5) note 'setup' end)
before_each(function() timers.sleep(5) note 'before' end)
after_each(function() timers.sleep(5) note 'after' end)
describe('a group', function()
	timers.sleep(5)
	it('waits in the spec', function()
		timers.setTimeout(function() note 'timeout' end, 10)
		timers.sleep(40)
		note 'spec'
		finally(function() timers.sleep(5) note 'finally' end)
	end)
	it('waits in protected calls', function()
		assert.has_error(function() timers.sleep(5) error 'x' end)
		assert.is_true(pcall(timers.sleep, 5))
	end)
	it('comes last', function()
		assert.are.same({ 'setup', 'before', 'timeout', 'spec', 'finally', 'after', 'before',
			'after', 'before' }, order)
	end)
end)]]
			assert.are.same({ 3, 0, 0, 0 }, counts(result))
			assert.are.equal(0, result.status)
		end)

		it('counts an error in a callback, and names the spec that ran', function()
			local result = test [[
local timers = require 'timers'
describe('a group', function()
	it('starts a timer', function()
		timers.setTimeout(function() error 'too late' end, 5)
		timers.sleep(40)
	end)
	it('goes on', function() end)
end)]]
			assert.are.same({ 2, 0, 1, 0 }, counts(result))
			assert.are.equal(1, result.status)
			assert.is_truthy(result.stdout:find(
				'uncaught error during: a group starts a timer\nspec/the_spec.lua:4: too late', 1, true))
		end)

		it('gives every file the same modules of C and of Lepton, and its own of the rest', function()
			local file = [[
it('looks', function()
	local seen = require 'seen-table'
	seen.count = (seen.count or 0) + 1
	assert.are.equal(1, seen.count)
	for _, name in ipairs { 'cjson', 'lfs', 'timers', 'events' } do
		local module = require(name)
		assert.is_true(string[name] == nil or string[name] == module)
		string[name] = module
	end
end)]]
			local result = test{
				['spec/a_spec.lua'] = file,
				['spec/b_spec.lua'] = file,
				['seen-table.lua'] = 'return {}',
			}
			assert.are.same({ 2, 0, 0, 0 }, counts(result))
		end)

		describe('with the handler', function()
			it('TAP gives one line each, and the plan', function()
				local result = test(failing, { '-o', 'TAP' })
				assert.are.equal(1, result.status)
				assert.is_truthy(result.stdout:find '^ok 1 %- a suite passes\nnot ok 2 %- a suite fails\n')
				assert.is_truthy(result.stdout:find '\n1%.%.5\n$')
			end)

			it('json gives everything, also what failed', function()
				local result = test(failing, { '-o', 'json' })
				local report = cjson.decode(result.stdout)
				assert.are.same({ 1, 1, 1, 2, 1 }, { result.status, #report.successes, #report.failures,
					#report.errors, #report.pendings })
				assert.are.equal('a suite fails', report.failures[1].name)
			end)

			it('junit writes the file it is told', function()
				local files = { ['spec/the_spec.lua'] = failing }
				local place = run.directory()
				local result = test(files, { '-o', 'junit', '-Xoutput', place .. '/report.xml' })
				local file = assert(io.open(place .. '/report.xml'))
				local report = file:read 'a'
				file:close()
				assert.are.same({ 1, '' }, { result.status, result.stdout })
				assert.is_truthy(report:find "failures='1'" and report:find "errors='2'")
			end)

			for _, handler in ipairs{ 'plainTerminal', 'utfTerminal', 'gtest' } do
				it(handler .. ' sums up', function()
					local result = test(failing, { '-o', handler })
					assert.are.same({ 1, '' }, { result.status, result.stderr })
					assert.is_truthy(result.stdout:find '1 failure' or result.stdout:find '1 FAILED')
				end)
			end

			for _, handler in ipairs{ 'plainTerminal', 'utfTerminal', 'gtest', 'TAP', 'json', 'junit' } do
				it(handler .. ' says that there are no spec files', function()
					local result = test({ ['spec/nothing.lua'] = '' }, { '-o', handler })
					assert.are.same({ 1, '' }, { result.status, result.stderr })
					assert.is_truthy(result.stdout:find 'No test files found')
					assert.is_nil(result.stdout:find 'attempt to')
				end)
			end

			it('named wrongly says so', function()
				local result = test(passing, { '-o', 'no-such-handler' })
				assert.is_truthy(result.stderr:find 'Cannot load output library: no%-such%-handler')
				assert.are.same({ 2, 0, 0, 0 }, counts(result))
			end)
		end)

		describe('takes busted\'s options:', function()
			for _, case in ipairs{
				{ '--filter=adds', 1 },
				{ '--filter', 'arithmetic multi', 1 },
				{ '--filter-out', 'adds', 1 },
				{ '--tags=slow', 1 },
				{ '--exclude-tags=slow', 1 },
				{ '-p', '_nothing_', 0 },
				{ '--repeat=3', 2, 2, 2 },
				{ '--shuffle', '--seed=5', 2 },
				{ '--sort', '--lazy', '-v', '--defer-print', '--suppress-pending', 2 },
				{ '--no-auto-insulate', 2 },
				{ '--lua=/no/such/lua', 2 },
				{ '--lang=de', 'spec/the_spec.lua', '--', 2 },
			} do
				local arguments, expected = {}, {}
				for _, word in ipairs(case) do
					table.insert(type(word) == 'string' and arguments or expected, word)
				end
				it(table.concat(arguments, ' '), function()
					local result = test(passing, arguments)
					local actual = {}
					for number in result.stdout:gmatch '\n(%d+) [^\n]- / %d+ [^\n]- / %d+ [^\n]- :' do
						table.insert(actual, tonumber(number))
					end
					assert.are.same(expected, actual)
				end)
			end

			it('--list', function()
				local result = test(passing, { '--list' })
				assert.is_truthy(result.stdout:find(
					'^spec/the_spec.lua:2: arithmetic adds\nspec/the_spec.lua:3: arithmetic mult'))
			end)

			it('--no-keep-going', function()
				assert.are.same({ 1, 1, 0, 0 }, counts(test(failing, { '--no-keep-going' })))
			end)

			it('-e, --helper and -Xhelper', function()
				local result = test({
					['spec/the_spec.lua'] = 'it("x", function() assert.are.same({ 1, "a" }, { E, H }) end)',
					['helper.lua'] = 'H = ...; H = arg[1]',
				}, { '-e', 'E = 1', '--helper=helper.lua', '-Xhelper', 'a' })
				assert.are.equal(0, result.status)
			end)

			it('-C and -m', function()
				local result = test({
					['below/spec/the_spec.lua'] = 'it("x", function() assert.are.equal(5, require "m") end)',
					['below/parts/m.lua'] = 'return 5',
				}, { '-C', 'below', '-m', './parts/?.lua' })
				assert.are.same({ 1, 0, 0, 0 }, counts(result))
			end)

			it('the file .busted and --run', function()
				local result = test({
					['.busted'] = [[return {
						_all = { lua = '/no/such/lua', output = 'TAP' },
						default = { ROOT = { 'never' } },
						mine = { ROOT = { 'tests' }, pattern = 'check' },
					}]],
					['tests/check.lua'] = passing,
				}, { '--run=mine' })
				assert.are.equal('ok 1 - arithmetic adds\nok 2 - arithmetic multiplies #slow\n1..2\n',
					result.stdout)
			end)

			it('--help and --version, which are no errors', function()
				local help = test(passing, { '--help' })
				assert.are.same({ 0, '' }, { help.status, help.stderr })
				assert.is_truthy(help.stdout:find '^Usage: lepton %-%-test %[OPTIONS%]')
				assert.is_truthy(help.stdout:find '%-%-filter%-out=PATTERN')
				assert.is_nil(help.stdout:find 're%-run')
				local version = test(passing, { '--version' })
				assert.are.equal(0, version.status)
				assert.is_truthy(version.stdout:find '^%d+%.%d+')
			end)

			it('and refuses others', function()
				for message, argument in pairs{
					['lepton %-%-test: error: unknown/bad flag: %-%-bogus'] = '--bogus',
					["config file 'nowhere' not found"] = '--config-file=nowhere',
					['failed running the specified helper %(nowhere%)'] = '--helper=nowhere',
					['must be a number'] = '--repeat=x',
				} do
					local result = test(passing, { argument })
					assert.are.same({ 1, '' }, { result.status, result.stdout })
					assert.is_truthy(result.stderr:find(message), result.stderr)
				end
			end)
		end)
	end)
end

suite('lepton --test', { '--test' })
suite('lepton --test --renderer', { '--test', '--renderer' })

describe('specs in main', function()
	after_each(run.removeAll)

	local function test(text)
		return run.lepton({ '--test' }, {
			cwd = run.directory{ ['spec/the_spec.lua'] = text, ['page.lua'] = '' },
		})
	end

	it('open and close windows', function()
		local result = test [[
local BrowserWindow = require 'browser-window'
local timers = require 'timers'
for i = 1, 2 do
	it('opens a window', function()
		local win = BrowserWindow { show = false }
		local closed
		win:on('closed', function() closed = true end)
		win:loadUrl 'page.lua'
		win.webContents:on('did-finish-load', function() win:close() end)
		while not closed do timers.sleep(5) end
	end)
end]]
		assert.are.equal(0, result.status)
		assert.is_truthy(result.stdout:find '2 successes / 0 failures / 0 errors')
	end)

	it('that wait for what cannot happen are an error', function()
		local result = test "it('waits', function() coroutine.yield() end)"
		assert.is_false(result.timedOut)
		assert.are.equal(1, result.status)
		assert.is_truthy(result.stderr:find "'waits' waits for what can no longer happen")
	end)
end)

describe('specs in a page', function()
	after_each(run.removeAll)

	local function test(text)
		return run.lepton({ '--test', '--renderer' }, {
			cwd = run.directory{
				['spec/the_spec.lua'] = text,
				['notes.lua'] = 'return { where = process.type }',
			},
		})
	end

	it('have remote', function()
		local result = test [[
local remote = require 'remote'
it('is a page', function() assert.are.equal('renderer', process.type) end)
it('reaches main', function()
	assert.are.equal('main', remote.require 'notes'.where)
	assert.is_true(remote.getCurrentWindow().webContents == remote.getCurrentWebContents())
end)
it('fails', function() remote.require 'no-such-module' end)]]
		assert.is_truthy(result.stdout:find '2 successes / 0 failures / 1 error')
		assert.are.equal(1, result.status)
	end)

	for what, case in pairs{
		['close their page'] = { 'page.close()', 'a spec closed, reloaded or replaced the page' },
		['crash their page'] = {
			'remote.process.kill(process.pid, "SIGKILL")',
			'the page that runs the specs has crashed %(killed: SIGKILL%)',
		},
		['reload their page'] = {
			'remote.getCurrentWindow():reload()',
			'a spec closed, reloaded or replaced the page',
		},
	} do
		it('that ' .. what .. ' end the run', function()
			local result = test(([[
local page, remote, timers = require 'page', require 'remote', require 'timers'
it('ends', function() %s timers.sleep(600000) end)]]):format(case[1]))
			assert.is_false(result.timedOut)
			assert.are.equal(1, result.status)
			assert.is_truthy(result.stderr:find('lepton %-%-test: ' .. case[2]), result.stderr)
		end)
	end
end)

describe('busted --lua=lepton', function()
	after_each(run.removeAll)

	local function busted(text, ...)
		return run.command({ 'lua5.4', '/usr/bin/busted', '--lua=' .. run.link(), ... }, {
			cwd = run.directory{ ['spec/the_spec.lua'] = text },
		})
	end

	it('runs specs that may wait, with busted\'s exit status', function()
		local waiting = [[
it('runs in lepton', function()
	assert.is_truthy(process.versions.lepton)
	require 'timers'.sleep(10)
end)]]
		assert.are.equal(0, busted(waiting).status)
		assert.are.equal(1, busted(failing).status)
		assert.is_truthy(busted(failing, '-o', 'TAP').stdout:find '\n1%.%.5\n$')
	end)
end)
