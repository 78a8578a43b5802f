local accounts = require 'spec.support.accounts'
local run = require 'spec.support.run'

describe('the example', function()
	accounts(before_each, after_each)

	--- Runs an example to its end; gives what it printed, line by line.
	---@param name string
	---@param arguments string[]?
	---@param options RunOptions?
	---@return string[] lines
	---@return RunResult
	local function example(name, arguments, options)
		local result = run.lepton({ 'examples/' .. name, table.unpack(arguments or {}) }, options)
		assert.are.equal(0, result.status, result.stderr)
		local lines = {}
		for line in result.stdout:gmatch '[^\n]+' do
			table.insert(lines, line)
		end
		return lines, result
	end

	--- The lines that begin with some text, without it.
	local function after(prefix, lines)
		local found = {}
		for _, line in ipairs(lines) do
			if line:sub(1, #prefix) == prefix then
				table.insert(found, line:sub(#prefix + 1))
			end
		end
		return found
	end

	local function ownSpecs(name)
		local result = run.lepton({ '--test', '-o', 'plainTerminal' }, { cwd = 'examples/' .. name })
		assert.are.equal(0, result.status, result.stdout .. result.stderr)
		assert.matches('[1-9]%d* successes / 0 failures / 0 errors / 0 pending', result.stdout)
	end

	describe('hello', function()
		it('shows a greeting that another process has made', function()
			local lines, result = example 'hello'
			local main = lines[1]:match '^Hello, world! Process (%d+) made this greeting%.$'
			local page = lines[2]:match '^Process (%d+) is showing it%.$'
			assert.is_truthy(main and page and main ~= page)
			assert.are.equal('', result.stderr)
		end)

		it('greets whom it is told to', function()
			assert.matches('^Hello, Ada!', example('hello', { 'Ada' })[1])
		end)
	end)

	it('callbacks tells three stories', function()
		local lines, result = example 'callbacks'
		local bulletin = '/bulletin%.lua:%d+: attempt to call a callback of a '
			.. 'page that was reloaded or closed %(registered at pages/forgetting%.lua:%d+%)$'
		assert.matches(bulletin, table.remove(lines, 8))
		assert.are.same({
			'1. A page passes main a function that adds 1, and looks at what main made of {1, 2, 3}.',
			"   The page's callback gives {true, true, true}.",
			"   Main's own function gives {2, 3, 4}.",
			'   Main never waits for a page: calling a callback gives true, and it runs later.',
			'2. A page subscribes to a bulletin, a plain list in main, and is visited 3 times.',
			'   The list has 3 subscribers: each visit has left one behind.',
			'   Two of them are of pages that are gone, and publishing fails:',
			'   3 visits of a page that unsubscribes as it unloads: 1 subscriber.',
			'   A tidy page reads: all is well',
			"3. A page listens to its window's close event, and is visited 3 times.",
			'   The window has 1 listener: what pages leave behind, emitters drop, with a warning.',
			'   The page that is still here hears the window close.',
		}, lines)
		assert.matches("BrowserWindow dropped a listener that a page left behind when it was reloaded or "
			.. "closed: 'close' %(registered at pages/listening%.lua:5%)", result.stderr)
	end)

	describe('notes', function()
		local function path()
			return run.directory() .. '/notes.json'
		end

		local function read(file)
			local handle = assert(io.open(file))
			local text = handle:read 'a'
			handle:close()
			return text
		end

		it('shows every change in both windows, and saves it', function()
			local file = path()
			local lines, result = example('notes', { file }, {
				stdin = 'add milk\nother\nadd bread\ndrop 7\nfly\ndrop 1\nquit\nadd too late\n',
			})
			assert.are.same({ 'no notes', '1 milk', '1 milk, 2 bread', '1 bread' },
				after('[left] ', lines))
			assert.are.same({ 'no notes', '1 milk', '1 milk, 2 bread', 'there is no note 7',
				'add TEXT, drop NUMBER or list', '1 bread' }, after('[right] ', lines))
			assert.are.same({ ': 1' }, after('notes saved in ' .. file, lines))
			assert.are.equal('{"notes":["bread"]}\n', read(file))
			assert.are.equal('', result.stderr)
		end)

		it('finds its notes again', function()
			local file = path()
			example('notes', { file }, { stdin = 'add milk\n' })
			local lines = example('notes', { file }, { stdin = 'add tea\n' })
			assert.are.same({ '1 milk', '1 milk, 2 tea' }, after('[left] ', lines))
		end)

		it('keeps them with the data of the user where it is told nothing', function()
			local home = run.directory()
			example('notes', {}, { stdin = 'add milk\n', env = { XDG_CONFIG_HOME = home } })
			assert.are.equal('{"notes":["milk"]}\n', read(home .. '/notes/notes.json'))
		end)

		it('saves when it is told to end by a signal', function()
			local file = path()
			local result = run.command({ 'sh', '-c', [[
				mkfifo "$1.in"
				"$0" examples/notes "$1" <"$1.in" >"$1.out" &
				exec 3>"$1.in"
				echo 'add milk' >&3
				for i in $(seq 2400); do
					grep -q '^.left. 1 milk' "$1.out" && break
					sleep 0.05
				done
				kill -TERM $!
				wait $!]], run.executable(), file })
			assert.are.equal(0, result.status, result.stderr)
			assert.are.equal('{"notes":["milk"]}\n', read(file))
		end)

		it('leaves another kind of file alone', function()
			local file = run.directory { ['list.txt'] = 'milk' } .. '/list.txt'
			local result = run.lepton { 'examples/notes', file }
			assert.are.same({ 1, '', 'notes: ' .. file .. ': this is no file of notes\n' },
				{ result.status, result.stdout, result.stderr })
			assert.are.equal('milk', read(file))
		end)

		it('passes its own specs', function()
			ownSpecs 'notes'
		end)
	end)

	describe('workers', function()
		it('counts the same primes with one page and with several', function()
			local lines, result = example('workers', { '3', '200000' })
			assert.matches('^1 page: 17984 primes below 200000 in %d+%.%d%d s$', lines[1])
			assert.matches('^3 pages: 17984 primes below 200000 in %d+%.%d%d s$', lines[2])
			assert.matches('^%d+%.%d%d times as fast$', lines[3])
			assert.are.equal('', result.stderr)
		end)

		it('says how it is used', function()
			local result = run.lepton { 'examples/workers', 'many' }
			assert.are.same({ 2, '', 'usage: lepton examples/workers [pages] [limit]\n' },
				{ result.status, result.stdout, result.stderr })
		end)

		it('passes its own specs', function()
			ownSpecs 'workers'
		end)
	end)

	describe('supervisor', function()
		it('starts what fails again, and sums up', function()
			local lines = example('supervisor', { '--patience=600000', 'steady', 'crashing', 'hopeless' })
			local summary = table.move(lines, #lines - 3, #lines, 1, {})
			assert.are.same({
				'Summary:',
				'  steady: done at attempt 1',
				'  crashing: done at attempt 3',
				'  hopeless: given up at attempt 3',
			}, summary)
			assert.are.same({ '1: it has crashed (killed: SIGKILL)', '2: it has crashed (exited: 3)',
				'3: done' }, after('crashing, attempt ', lines))
			assert.are.same({ '1: done' }, after('steady, attempt ', lines))
			assert.are.equal(3, #after('hopeless, attempt ', lines))
		end)

		it('notices what hangs', function()
			-- What is long enough for the second attempt, only the machine knows.
			local patience = 250
			local lines
			repeat
				patience = 4 * patience
				lines = example('supervisor', { '--patience=' .. patience, 'hanging' })
			until lines[2] == 'hanging, attempt 2: done' or patience > 60000
			assert.are.same({ 'hanging, attempt 1: it hangs', 'hanging, attempt 2: done', 'Summary:',
				'  hanging: done at attempt 2' }, lines)
		end)
	end)
end)
