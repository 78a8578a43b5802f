-- What becomes of pages when the process that forks them dies, stops, or cannot fork.

local BrowserWindow = require 'browser-window'
local accounts = require 'spec.support.accounts'
local processes = require 'spec.support.processes'
local sandbox = require 'spec.support.sandbox'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a zygote', function()
	accounts(before_each, after_each)

	local function zygotes()
		return processes.children 'lepton-zygote'
	end

	--- Kills all zygotes, and waits until they are dead.
	local function killThem()
		local old = zygotes()
		for _, pid in ipairs(old) do
			process.kill(pid, 'SIGKILL')
		end
		wait.untilTrue('they are dead', function() return not processes.isAnyAlive(old) end)
		return old
	end

	local function failure(window)
		local record = wait.record(window.webContents, { 'did-fail-load' })
		window:loadUrl(windows.page 'answer = 42')
		wait.event(window.webContents, 'did-stop-loading')
		return record[1] and record[1][3]
	end

	it('that is killed takes no page along, and another takes its place', function()
		local window = windows.open 'answer = 42'
		local old = killThem()
		assert.are.equal(42, windows.eval(window, 'answer'))
		window:reload()
		wait.event(window.webContents, 'did-finish-load')
		assert.are.equal(42, windows.eval(window, 'answer'))
		for _ = 1, 3 do
			local another = windows.open 'answer = 7'
			assert.are.equal(7, windows.eval(another, 'answer'))
		end
		local confined = sandbox.open 'answer = 8'
		assert.are.equal(8, windows.eval(confined, 'answer'))
		for i, pid in ipairs(zygotes()) do
			assert.are_not.equal(old[i], pid)
		end
	end)

	--- Stops the zygotes and has a shell do something to them, behind main's back.
	local function behindMainsBack(command)
		for _, pid in ipairs(zygotes()) do
			process.kill(pid, 'SIGSTOP')
			wait.untilTrue('it has stopped', function() return processes.state(pid) == 'T' end)
		end
		os.execute(('(sleep 0.2; kill -%s %s) >/dev/null 2>&1 &'):format(command,
			table.concat(zygotes(), ' ')))
	end

	for name, open in pairs { trusted = windows.open, sandboxed = sandbox.open } do
		it('that is killed while it is asked for a ' .. name .. ' page has another answer', function()
			local old = zygotes()
			behindMainsBack 'KILL'
			local window = open 'answer = 42'
			assert.are.equal(42, windows.eval(window, 'answer'))
			assert.are_not.same(old, zygotes())
			sandbox.open():destroy()
			windows.open():destroy()
		end)
	end

	it('that was stopped for a while answers then', function()
		local old = zygotes()
		behindMainsBack 'CONT'
		assert.are.equal(42, windows.eval(windows.open 'answer = 42', 'answer'))
		assert.are.same(old, zygotes())
	end)

	it('that was stopped for good fails the load after five seconds, and is replaced', function()
		local old = zygotes()
		local other = windows.open 'answer = 7'
		behindMainsBack '0'
		local window = BrowserWindow()
		local text = 'cannot start a process for the page: the zygote, which forks it, does not answer'
		assert.are.equal(text, failure(window))
		assert.are.equal(7, windows.eval(other, 'answer'))
		assert.is_nil(failure(window))
		assert.are.equal(42, windows.eval(window, 'answer'))
		assert.are_not.same(old, zygotes())
		killThem()
		sandbox.open():destroy()
		windows.open():destroy()
	end)

	it('that is killed at any moment leaves no page that main does not know', function()
		for n = 1, 12 do
			local old = zygotes()
			os.execute(('(sleep 0.%04d; kill -KILL %s) >/dev/null 2>&1 &'):format(n, table.concat(old, ' ')))
			local window = windows.open('answer = ' .. n)
			assert.are.equal(n, windows.eval(window, 'answer'))
			if n % 2 == 0 then
				window:destroy()
			end
			wait.untilTrue('they are dead', function() return not processes.isAnyAlive(old) end)
			sandbox.open():destroy()
			windows.open():destroy()
		end
	end)
end)
