--- Windows with pages, for specs.

local BrowserWindow = require 'browser-window'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'

local windows = {}

--- Writes a page's script to a file of its own.
---@param source string
---@return string path
function windows.page(source)
	return run.directory { ['page.lua'] = source } .. '/page.lua'
end

--- Opens a window, loads a page whose script is given, and waits until it has loaded or failed.
---@async
---@param source string?
---@param options table?
---@return BrowserWindow
function windows.open(source, options)
	local window = BrowserWindow(options)
	window:loadUrl(windows.page(source or ''))
	wait.event(window.webContents, 'did-stop-loading')
	return window
end

--- Runs code in a window's page and gives the results.
---@async
---@param window BrowserWindow
---@param code string
---@return any ...
function windows.eval(window, code)
	return window.webContents:executeLua(code)
end

return windows
