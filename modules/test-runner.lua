--- lepton --test: runs the suites of an app, or Lepton's own, with the busted that is installed.

local environment = require 'environment'
local session = require 'busted-session'
local task = require 'host.task'

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

	ipc:on('lepton-test-start', function(event)
		if started then
			finish(fail 'a spec reloaded the page that runs the specs')
		end
		started = true
		event.returnValue = arguments
	end)
	ipc:on('lepton-test-end', function(_, status)
		finish(status)
	end)
	window.webContents:on('crashed', function(_, reason, status)
		finish(fail(('the page that runs the specs has crashed (%s: %s)'):format(reason, status)))
	end)
	window.webContents:on('did-fail-load', function(_, _, message)
		finish(fail(message))
	end)
	window:on('closed', function()
		finish(fail 'a spec closed the page that runs the specs')
	end)

	window:loadUrl(require 'host.process'.dataDir .. '/lua/renderer/test-page.lua')
	local status = coroutine.yield()
	if not window:isDestroyed() then
		window:destroy()
	end
	return status
end

--- Runs busted with the given command line, in this process or in a page. What it prints goes to
--- standard output, as always.
---@async
---@param arguments string[] busted's options and files
---@param options? { renderer: boolean? } renderer: run the specs in a page
---@return integer status what the process is to exit with
function testRunner.run(arguments, options)
	-- Specs open and close windows; the last one of them is not the end.
	environment.isScript = true
	if options and options.renderer then
		return runInPage(arguments)
	end
	return session.run(arguments)
end

return testRunner
