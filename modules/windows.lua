--- The windows that are open, oldest first. What an app does about them is app.lua's business; what
--- they are is browser-window.lua's.

local timers = require 'timers'

local windows = {
	---@type BrowserWindow[]
	list = {},
	---@type BrowserWindow?
	focused = nil,
	--- Called once the last open window has closed.
	onLastClosed = function() end,
	--- Called when a window was asked to close and stays.
	onCloseRefused = function() end,
}

--- The longest time a timer takes, in milliseconds.
local FOREVER = 2 ^ 31 - 1

-- What keeps the process running while a window is open, whether or not there is a page in it.
local hold

---@param window BrowserWindow
function windows.add(window)
	table.insert(windows.list, window)
	hold = hold or timers.setInterval(function() end, FOREVER)
end

---@param window BrowserWindow
function windows.remove(window)
	for i, other in ipairs(windows.list) do
		if other == window then
			table.remove(windows.list, i)
			break
		end
	end
	if #windows.list == 0 then
		timers.clearInterval(hold)
		hold = nil
	end
end

--- The open windows, as a list of the caller's own.
---@return BrowserWindow[]
function windows.all()
	return table.move(windows.list, 1, #windows.list, 1, {})
end

return windows
