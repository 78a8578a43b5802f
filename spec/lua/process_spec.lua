local run = require 'spec.support.run'
local wait = require 'spec.support.wait'

-- Expects an error that names the line here that called wrongly.
local function blamed(fn, message)
	assert.matches('process_spec%.lua:%d+: ' .. message, select(2, pcall(fn)))
end

local function lepton(code, ...)
	return run.lepton({ '-e', code, ... })
end

local function read(command)
	local pipe = assert(io.popen(command))
	local text = pipe:read 'a'
	pipe:close()
	return (text:gsub('\n$', ''))
end

describe('process', function()
	it('is the global and what require gives', function()
		assert.are.equal(process, require 'process')
	end)

	it('knows itself', function()
		assert.are.equal(math.tointeger(read 'echo $PPID'), process.pid)
		assert.are.equal('integer', math.type(process.ppid))
		assert.are.equal(math.tointeger(read('ps -o ppid= -p ' .. process.pid)), process.ppid)
		assert.are.equal('linux', process.platform)
		assert.are.equal(read('readlink /proc/$PPID/exe'), process.execPath)
		assert.matches('^5%.4%.%d+$', process.versions.lua)
		assert.matches('^4%.', process.versions.libev)
		assert.are.equal('table', type(process.argv))
		assert.is_true(process.type == 'main' or process.type == 'renderer')
	end)

	it('tells and changes the working directory', function()
		local before = process.cwd()
		assert.are.equal(read 'pwd -P', before)
		assert.is_true(process.chdir '/')
		assert.are.equal('/', process.cwd())
		assert.is_true(process.chdir(before))
		local ok, message, errno = process.chdir '/no/such/place'
		assert.is_nil(ok)
		assert.are.equal("could not change to '/no/such/place': No such file or directory", message)
		assert.are.equal(2, errno)
	end)

	it('measures time in integer nanoseconds that only grow', function()
		local first = process.hrtime()
		local second = process.hrtime()
		assert.are.equal('integer', math.type(first))
		assert.is_true(second >= first)
		require 'timers'.sleep(10)
		assert.is_true(process.hrtime() - first >= 10000000)
	end)

	it('knows how long it has been running', function()
		local up = process.uptime()
		assert.is_true(up >= 0)
		require 'timers'.sleep(20)
		assert.is_true(process.uptime() - up >= 0.02)
		local started = process.uptime()
		local young = tonumber(lepton('print(process.uptime())').stdout)
		assert.is_true(young >= 0 and young < process.uptime() - started)
	end)

	it('knows its memory in bytes', function()
		collectgarbage()
		collectgarbage()
		local usage = process.memoryUsage()
		assert.is_true(usage.rss > 1000000)
		assert.is_true(usage.maxRss > 1000000)
		local ballast = ('x'):rep(4000000)
		assert.is_true(process.memoryUsage().heapUsed >= usage.heapUsed + #ballast - 1000000)
	end)

	describe('env', function()
		it('reads and writes the real environment', function()
			assert.are.equal(os.getenv 'PATH', process.env.PATH)
			assert.is_nil(process.env.LEPTON_SPEC)
			process.env.LEPTON_SPEC = 'words'
			assert.are.equal('words', os.getenv 'LEPTON_SPEC')
			assert.are.equal('words', read 'echo $LEPTON_SPEC')
			process.env.LEPTON_SPEC = 12
			assert.are.equal('12', process.env.LEPTON_SPEC)
			process.env.LEPTON_SPEC = nil
			assert.is_nil(os.getenv 'LEPTON_SPEC')
		end)

		it('is traversed by pairs, and may be changed meanwhile', function()
			process.env.LEPTON_SPEC_1 = 'one'
			process.env.LEPTON_SPEC_2 = 'two = zwei'
			local found = {}
			for name, value in pairs(process.env) do
				found[name] = value
				if name:find '^LEPTON_SPEC' then
					process.env[name] = nil
				end
			end
			assert.are.equal('one', found.LEPTON_SPEC_1)
			assert.are.equal('two = zwei', found.LEPTON_SPEC_2)
			assert.are.equal(os.getenv 'PATH', found.PATH)
			assert.is_nil(process.env.LEPTON_SPEC_1)
		end)

		it('has nothing under names that no variable can have', function()
			assert.is_nil(process.env[''])
			assert.is_nil(process.env['A=B'])
			assert.is_nil(process.env[1])
		end)

		it('refuses what no variable can hold, and blames the caller', function()
			local function setting(name, value)
				return function()
					process.env[name] = value
				end
			end
			blamed(setting('A', {}), 'process.env.A: string expected, got table')
			blamed(setting('A', 'x\0y'), 'process.env.A: a variable cannot hold a zero byte')
			blamed(setting('A=B', 'x'), 'process.env: a variable has a name')
			blamed(setting('', 'x'), 'process.env: a variable has a name')
		end)
	end)

	describe('kill', function()
		it('sends a signal by name or number, or asks whether the process is there', function()
			for _, signal in ipairs { 'SIGKILL', 9 } do
				local pipe = assert(io.popen 'echo $$; exec sleep 600')
				local pid = pipe:read 'n'
				assert.is_true(process.kill(pid, 0))
				assert.is_true(process.kill(pid, signal))
				assert.are.same({ nil, 'signal', 9 }, { pipe:close() })
			end
		end)

		it('sends SIGTERM if nothing else is said', function()
			local pipe = assert(io.popen 'echo $$; exec sleep 600')
			assert.is_true(process.kill(pipe:read 'n'))
			assert.are.same({ nil, 'signal', 15 }, { pipe:close() })
		end)

		it('says what went wrong', function()
			local ok, message, errno = process.kill(99999999, 'SIGTERM')
			assert.is_nil(ok)
			assert.are.equal('could not signal process 99999999: No such process', message)
			assert.are.equal(3, errno)
			blamed(function()
				process.kill(process.pid, 'SIGNAL')
			end, "bad argument #2 to 'kill' %(signal such as 'SIGTERM' expected, got 'SIGNAL'%)")
		end)
	end)

	describe('stdout and stderr', function()
		it('are written in order with what print and io.write say', function()
			local result = lepton [[
				io.write 'a'
				process.stdout:write('b', 1, 'c\n'):write 'd'
				print 'e'
				process.stderr:write 'f'
				io.stderr:write 'g'
			]]
			assert.are.equal('ab1c\nde\n', result.stdout)
			assert.are.equal('fg', result.stderr)
		end)

		it('take every byte, and much of it', function()
			local result = lepton [[ process.stdout:write(('x\0\255'):rep(100000)) ]]
			assert.are.equal(('x\0\255'):rep(100000), result.stdout)
		end)

		it('know whether they are terminals', function()
			local result = lepton [[ print(process.stdout.fd, process.stdout.isTTY, process.stderr.fd) ]]
			assert.are.equal('1\tfalse\t2\n', result.stdout)
		end)

		it('say what went wrong', function()
			local result = run.command { 'sh', '-c', run.quote(run.executable())
				.. ' -e "io.stderr:write((select(2, process.stdout:write(1))))" >/dev/full' }
			assert.are.equal('could not write to descriptor 1: No space left on device', result.stderr)
			blamed(function()
				process.stdout:write('', {})
			end, "bad argument #2 to 'write' %(string expected, got table%)")
			blamed(function()
				process.stdout.write 'x'
			end, "'write' is a method")
		end)
	end)

	it('calls the functions of nextTick before anything else', function()
		local order = {}
		local timers = require 'timers'
		timers.setImmediate(function()
			process.nextTick(table.insert, order, 'tick')
			table.insert(order, 'first')
		end)
		timers.setImmediate(table.insert, order, 'second')
		wait.untilTrue('all have run', function() return #order == 3 end)
		assert.are.same({ 'first', 'tick', 'second' }, order)
		blamed(function()
			process.nextTick(5)
		end, "bad argument #1 to 'nextTick' %(function expected, got number%)")
	end)

	it('is an emitter', function()
		local got
		local function listener(value)
			got = value
		end
		assert.are.equal(process, process:on('something', listener))
		assert.is_true(process:emit('something', 7))
		process:off('something', listener)
		assert.are.equal(7, got)
		assert.is_false(process:emit 'something')
	end)

	describe('exit', function()
		it('ends the process with the status', function()
			local result = lepton [[
				require('timers').setInterval(print, 1)
				process.exit(3)
				print 'not reached'
			]]
			assert.are.same({ 3, '', '' }, { result.status, result.stdout, result.stderr })
			assert.are.equal(0, lepton('process.exit()').status)
			assert.are.equal(6, lepton('process.exitCode = 6 process.exit()').status)
		end)

		it("emits 'exit' with the status, once", function()
			local result = lepton [[
				process:on('exit', function(code)
					print('exit', code)
					process.exit(5)
				end)
				process.exit(4)
			]]
			assert.are.equal('exit\t4\n', result.stdout)
			assert.are.equal(5, result.status)
		end)

		it("says what failed in a listener of 'exit'", function()
			local result = lepton [[
				process:on('exit', function() error 'no good' end)
				process.exit(0)
			]]
			assert.are.equal(1, result.status)
			assert.matches("^lepton: a listener of 'exit' failed: .*no good", result.stderr)
		end)

		it('blames the caller for a wrong status', function()
			local result = lepton [[
				print(select(2, pcall(function() process.exit 'now' end)))
				print(select(2, pcall(function() process:exit(1) end)))
			]]
			assert.matches("bad argument #1 to 'exit' %(integer expected, got string%)", result.stdout)
			assert.matches("bad argument #1 to 'exit' %(integer expected, got process%)", result.stdout)
		end)
	end)

	it("emits 'exit' with the status when it ends by itself", function()
		local result = lepton [[
			process:on('exit', function(code) print('exit', code) end)
			require('timers').setTimeout(print, 5, 'timer')
		]]
		assert.are.equal('timer\nexit\t0\n', result.stdout)
		result = lepton [[
			process:on('exit', function(code) print('exit', code) end)
			process.exitCode = 9
		]]
		assert.are.same({ 'exit\t9\n', 9 }, { result.stdout, result.status })
	end)

	it("gives an error that nobody caught to the listeners of 'uncaughtException'", function()
		local result = lepton [[
			process:on('uncaughtException', function(err, traceback)
				print(err, type(traceback))
			end)
			require('timers').setTimeout(function() error('lost', 0) end, 1)
			require('timers').setTimeout(print, 10, 'still here')
		]]
		assert.are.equal('lost\tstring\nstill here\n', result.stdout)
		assert.are.same({ 0, '' }, { result.status, result.stderr })
	end)
end)
