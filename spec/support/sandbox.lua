--- Windows with sandboxed pages, for specs.

local BrowserWindow = require 'browser-window'
local renderer = require 'host.renderer'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

-- The zygote of sandboxed pages is there from now on: no spec leaves it behind.
assert(renderer.layers())

local sandbox = {}

local function filter()
	for _, layer in ipairs(assert(renderer.layers())) do
		if layer.name == 'filter' then
			return layer
		end
	end
end

--- Whether pages run under the system call filter: a sanitizer build leaves it out.
---@return boolean
function sandbox.isFiltered()
	return filter().holds and filter().detail == 'seccomp'
end

--- Whether this is a sanitizer build.
---@return boolean
function sandbox.isSanitized()
	return filter().detail:find 'sanitizer' ~= nil
end

--- Why this machine has not all that a sandbox is made of; nil where it has. Others than lepton are
--- asked, so that a broken sandbox is not taken for a poor machine.
---@return string?
function sandbox.poverty()
	local words = { 'unshare', '-Urmni', 'mount', '-t', 'tmpfs', 'none', '/mnt' }
	if run.command(words).status ~= 0 then
		return 'this machine lets nobody have namespaces and mounts of their own'
	end
	for _, layer in ipairs(assert(renderer.layers())) do
		if layer.name == 'landlock' and layer.detail:find 'Function not implemented'
			or layer.detail:find 'Operation not supported' then
			return "this machine's kernel has no Landlock"
		end
	end
end

--- Milliseconds that pages get to answer where a spec does not care.
local PATIENCE = 600000

--- Opens a window with a sandboxed page, and keeps what it prints. A page that is not given the
--- time to load on a slow machine is opened again with twice as much.
---@async
---@param source string? the page's script
---@param options table? of the window
---@return BrowserWindow
---@return string[] printed
function sandbox.open(source, options)
	local all = { sandbox = true, unresponsiveAfter = PATIENCE }
	for name, value in pairs(options or {}) do
		all[name] = value
	end
	local window = BrowserWindow(all)
	local printed = {}
	window.webContents:on('console-message', function(event, _, text)
		event:preventDefault()
		table.insert(printed, text)
	end)
	window:loadUrl(windows.page(source or ''))
	wait.event(window.webContents, 'did-stop-loading')
	if window.webContents:isCrashed() and all.unresponsiveAfter < PATIENCE then
		window:destroy()
		all.unresponsiveAfter = 2 * all.unresponsiveAfter
		return sandbox.open(source, all)
	end
	return window, printed
end

--- Runs code in the page; gives how its process ended.
---@async
---@param window BrowserWindow
---@param code string
---@return any[] reason and status
function sandbox.crash(window, code)
	window.webContents:executeLua(code, function() end)
	local _, reason, status = wait.event(window.webContents, 'crashed')
	return { reason, status }
end

--- Has modules of main that only a spec knows.
---@param modules table<string, any>
---@return fun() forget
function sandbox.provide(modules)
	for name, module in pairs(modules) do
		package.loaded[name] = module
	end
	return function()
		for name in pairs(modules) do
			package.loaded[name] = nil
		end
	end
end

return sandbox
