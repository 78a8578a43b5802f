--- lepton --test: runs the suites of an app, or Lepton's own, with the busted that is installed.

local app = require 'app'
local session = require 'busted-session'
local task = require 'host.task'

local GONE = 'a spec closed, reloaded or replaced the page that runs the specs'

local testRunner = {}

local function fail(message)
	io.stderr:write('lepton --test: ', message, '\n')
	return 1
end

--- Runs busted inside a page, in a hidden window, and waits for its status.
---@async
---@param arguments string[]
---@return integer status
local function runInPage(arguments)
	local BrowserWindow = require 'browser-window'
	local ipc = require 'ipc'
	local runner = coroutine.running()
	local window = BrowserWindow { show = false, title = 'lepton --test' }
	local started, ended = false, false

	local function finish(status)
		if not ended then
			ended = true
			task.resume(runner, status)
		end
	end

	local function giveUp(message)
		finish(ended or fail(message))
	end

	ipc:on('lepton-test-start', function(event)
		if started then
			giveUp(GONE)
		end
		started = true
		event.returnValue = arguments
	end)
	ipc:on('lepton-test-end', function(_, status)
		finish(status)
	end)
	window.webContents:on('crashed', function(_, reason, status)
		giveUp(('the page that runs the specs has crashed (%s: %s)'):format(reason, status))
	end)
	window.webContents:on('did-fail-load', function(_, _, message)
		giveUp(started and GONE or message)
	end)
	window:on('closed', function()
		giveUp(GONE)
	end)

	window:loadUrl(require 'host.process'.dataDir .. '/lua/renderer/test-page.lua')
	local status = coroutine.yield()
	if not window:isDestroyed() then
		window:destroy()
	end
	return status
end

local function waitUntilReady()
	if not app:isReady() then
		local runner = coroutine.running()
		app:once('ready', function()
			task.resume(runner)
		end)
		coroutine.yield()
	end
end

--- The loop ends when nothing is left that could happen, whatever still waits for it.
local function failIfUnfinished()
	local current = session.current()
	if current then
		process.exitCode = fail(("'%s' waits for what can no longer happen"):format(current))
	end
end

--- Runs busted with the given command line, in this process or in a page. What it prints goes to
--- standard output, as always.
---@async
---@param arguments string[] busted's options and files
---@param options? { renderer: boolean? } renderer: run the specs in a page
---@return integer status what the process is to exit with
function testRunner.run(arguments, options)
	waitUntilReady()
	if options and options.renderer then
		return runInPage(arguments)
	end
	process:on('exit', failIfUnfinished)
	return session.run(arguments)
end

return testRunner
