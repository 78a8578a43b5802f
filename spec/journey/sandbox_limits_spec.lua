local accounts = require 'spec.support.accounts'
local processes = require 'spec.support.processes'
local run = require 'spec.support.run'
local sandbox = require 'spec.support.sandbox'
local task = require 'host.task'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a sandboxed page that goes too far', function()
	accounts(before_each, after_each)

	local forget, waiting
	before_each(function()
		local sink = { __remote = { 'take', 'keep', 'nap', 'wait' } }
		local kept = {}
		waiting = {}
		function sink.take() return true end
		function sink.keep(value) table.insert(kept, value) end
		function sink.nap(milliseconds) timers.sleep(milliseconds) return true end
		function sink.wait()
			table.insert(waiting, (coroutine.running()))
			coroutine.yield()
		end
		forget = sandbox.provide { sink = sink }
	end)
	after_each(function()
		forget()
	end)

	local function open(options)
		local all = { remote = { require = { 'sink' } } }
		for name, value in pairs(options or {}) do
			all[name] = value
		end
		return sandbox.open("sink = require 'remote'.require 'sink'", all)
	end

	it('gets an error for a message that is too large, or nested too deep', function()
		local window = open()
		local _, problem = windows.eval(window, "pcall(sink.take, ('x'):rep(1 << 20))")
		assert.matches('too large to be sent %(limit: 1 MiB%)$', problem)
		_, problem = windows.eval(window, [[
			pcall(function() local t = {} for _ = 1, 40 do t = { t } end sink.take(t) end)]])
		assert.matches('a table nested too deep cannot be sent$', problem)
		assert.is_true(windows.eval(window, "sink.take(('x'):rep(1 << 19))"))
	end)

	it('is ended for too many callbacks', function()
		assert.are.same({ 'protocol', 'too many callbacks at once (reason 19)' }, sandbox.crash(open(), [[
			(function()
				for _ = 1, 30 do
					local many = {}
					for i = 1, 400 do many[i] = function() end end
					sink.keep(many)
				end
			end)()]]))
	end)

	it('is ended for too many requests that wait', function()
		assert.are.same({ 'protocol', 'too many requests at once (reason 14)' }, sandbox.crash(open(), [[
			(function()
				local remote = require 'remote'
				for _ = 1, 1100 do remote.async(sink.wait) end
			end)()]]))
		assert.are.equal(1024, #waiting)
		for _, co in ipairs(waiting) do task.resume(co) end
	end)

	it('is ended where it does not read, without a word to whoever sends it more', function()
		local window = open()
		local text = ('x'):rep(1 << 20)
		for _ = 1, 8 do window.webContents:send('x', text) end
		local ok, problem = pcall(function() return window.webContents:executeLua '1' end)
		assert.is_false(ok)
		assert.matches('sandbox_limits_spec%.lua:%d+: the page was reloaded or closed$', problem)
		local _, reason, status = wait.event(window.webContents, 'crashed')
		assert.are.same({ 'protocol', 'it does not read what it is sent (reason 17)' },
			{ reason, status })
	end)

	it('is killed while it computes without end, if nobody listens', function()
		assert.are.same({ 'killed', 'SIGKILL' },
			sandbox.crash(open { unresponsiveAfter = 500 }, '(function() while true do end end)()'))
	end)

	it('is killed while it computes without end, though nothing is sent to it', function()
		local window = open { unresponsiveAfter = 500 }
		windows.eval(window, [[
			(function() require 'timers'.setTimeout(function() while true do end end, 1) end)()]])
		local _, reason, status = wait.event(window.webContents, 'crashed')
		assert.are.same({ 'killed', 'SIGKILL' }, { reason, status })
	end)

	it('is noticed also where the kernel has no timer left that counts its time', function()
		local folder = run.directory {
			['main.lua'] = [[
				local BrowserWindow = require 'browser-window'
				require 'app':on('ready', function()
					local window = BrowserWindow { sandbox = true, unresponsiveAfter = 500 }
					window.webContents:on('crashed', function(_, ...)
						print(...)
						window:destroy()
					end)
					window:loadUrl 'page.lua'
				end)]],
			['page.lua'] = "require 'timers'.setTimeout(function() while true do end end, 1)",
		}
		local result = run.command { 'bash', '-c', 'ulimit -i 0 && exec "$@"', 'bash',
			run.executable(), folder }
		assert.are.same({ 0, 'killed\tSIGKILL\n', '' },
			{ result.status, result.stdout, result.stderr })
	end)

	it('is left alone while it computes, if somebody listens', function()
		local window = open { unresponsiveAfter = 500 }
		local record = wait.record(window, { 'unresponsive' })
		window.webContents:executeLua('(function() while true do end end)()', function() end)
		wait.untilTrue('it is noticed', function() return record[1] end)
		assert.are.same({ { 'unresponsive', 'spinning' } }, record)
		assert.is_false(window.webContents:isCrashed())
		assert.is_true(window.webContents:kill())
		wait.event(window.webContents, 'crashed')
		assert.is_false(window.webContents:kill())
	end)

	it('is killed for that after it has waited for main, too', function()
		local window = open { unresponsiveAfter = 500 }
		assert.are.same({ 'killed', 'SIGKILL' },
			sandbox.crash(window, '(function() sink.nap(1000) while true do end end)()'))
	end)

	it('is not one that waits for main', function()
		local window = open { unresponsiveAfter = 1000 }
		assert.is_true(windows.eval(window, 'sink.nap(1500)'))
		assert.is_false(window.webContents:isCrashed())
	end)

	it('is not one that computes while main is held up', function()
		local window = open { unresponsiveAfter = 1000 }
		local done
		window.webContents:executeLua([[
			(function() local till = os.clock() + 1.2 while os.clock() < till do end end)()]],
			function() done = true end)
		timers.setImmediate(processes.holdUp, 2.5, processes.children 'lepton-page'[1])
		wait.untilTrue('it has answered', function() return done end)
		assert.is_false(window.webContents:isCrashed())
	end)

	it('is killed when it is stopped', function()
		local window = open { unresponsiveAfter = 500 }
		for _, pid in ipairs(processes.children 'lepton-page') do
			process.kill(pid, 'SIGSTOP')
		end
		window.webContents:send('x', 1)
		local _, reason, status = wait.event(window.webContents, 'crashed')
		assert.are.same({ 'killed', 'SIGKILL' }, { reason, status })
	end)

	it('disturbs no other page', function()
		local honest, rogue = open(), open()
		sandbox.crash(rogue, [[
			(function()
				local many = {}
				for i = 1, 20000 do many[i] = function() end end
				sink.keep(many)
			end)()]])
		assert.is_true(windows.eval(honest, 'sink.take()'))
	end)
end)
