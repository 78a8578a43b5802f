--- The pages of the soak: windows that are always there, and what becomes of them.

local BrowserWindow = require 'browser-window'
local renderer = require 'host.renderer'
local task = require 'host.task'
local timers = require 'timers'

--- Milliseconds for whatever a page shall come to.
local PATIENCE = 60000

--- How often a load is tried.
local LOADS_MOST = 5

local pagePath = debug.getinfo(1, 'S').source:match '^@(.*)/' .. '/page.lua'
if pagePath:sub(1, 1) ~= '/' then
	pagePath = process.cwd() .. '/' .. pagePath
end

local pages = {}

-- window → peer of its process
local peers = setmetatable({}, { __mode = 'k' })

local spawn = renderer.spawn
renderer.spawn = function(options)
	local peer, message = spawn(options)
	if peer then
		peers[options.root.window] = peer
	end
	return peer, message
end

--- The peer of a window's process.
---@param window BrowserWindow
function pages.peer(window)
	return peers[window]
end

--- Waits for an event; raises where it does not come.
---@async
---@param emitter EventEmitter
---@param event string
---@param act fun() what brings it about
function pages.await(emitter, event, act)
	local co = coroutine.running()
	local waiting, come = false, false
	local timer
	local function listener()
		come = true
		timers.clearTimeout(timer)
		if waiting then
			task.resume(co)
		end
	end
	emitter:once(event, listener)
	timer = timers.setTimeout(function()
		emitter:off(event, listener)
		task.resume(co)
	end, PATIENCE)
	act()
	if not come then
		waiting = true
		coroutine.yield()
	end
	if not come then
		error(("waited %d s for the event '%s'"):format(PATIENCE // 1000, event), 2)
	end
end

--- Loads that failed, which a machine with more work than it can do may bring about: what was said.
---@type string[]
pages.failures = {}

-- Has a page load, again where that failed.
local function load(window, act)
	local problem
	local function onFailure(_, _, message)
		problem = message
	end
	window.webContents:on('did-fail-load', onFailure)
	for _ = 1, LOADS_MOST do
		problem = nil
		pages.await(window.webContents, 'did-stop-loading', act)
		if not problem then
			break
		end
		table.insert(pages.failures, problem)
	end
	window.webContents:off('did-fail-load', onFailure)
	if problem then
		error('a page could not be loaded: ' .. problem, 0)
	end
end

--- Opens a window with a page that works.
---@async
---@param sandbox boolean
---@return BrowserWindow
function pages.open(sandbox)
	local window = BrowserWindow {
		sandbox = sandbox,
		remote = sandbox and { globals = { 'soakService' }, ipc = { 'note', 'count', 'fetch' },
			currentWindow = true } or nil,
		unresponsiveAfter = PATIENCE,
	}
	load(window, function()
		window:loadUrl(pagePath)
	end)
	return window
end

--- Loads a page again: what it does meanwhile is cut off.
---@async
---@param window BrowserWindow
function pages.reload(window)
	load(window, function()
		window:reload()
	end)
end

local deaths = {
	function(window) peers[window]:kill() end,
	function(window) peers[window]:kill 'SIGABRT' end,
	function(window) window.webContents:executeLua('os.exit(3)', function() end) end,
	function(window)
		window.webContents:executeLua("process.kill(process.pid, 'SIGSEGV')", function() end)
	end,
}

--- Has a page crash, and loads it again.
---@async
---@param window BrowserWindow
---@param sandboxed boolean
function pages.crash(window, sandboxed)
	pages.await(window.webContents, 'crashed', function()
		deaths[math.random(sandboxed and 2 or #deaths)](window)
	end)
	pages.reload(window)
end

local ends = {
	function(window) window:close() end,
	function(window) window:destroy() end,
	function(window) window.webContents:executeLua("require 'page':close()", function() end) end,
}

--- Ends a window in one of the ways there are.
---@async
---@param window BrowserWindow
function pages.close(window)
	pages.await(window, 'closed', function()
		ends[math.random(#ends)](window)
	end)
end

return pages
