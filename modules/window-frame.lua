--- Where a window is, how large, and in what state it shows: the part of BrowserWindow's methods
--- that needs nothing else. They are called with the window's state in place of the window, once
--- it is sure to be alive.

local Event = require 'event'
local check = require 'check'
local task = require 'host.task'
local windows = require 'windows'

--- The screen of windows that no display shows.
local screen = { x = 0, y = 0, width = 1920, height = 1080 }

---@class Bounds
---@field x integer
---@field y integer
---@field width integer
---@field height integer

---@class WindowFrame
---@field window BrowserWindow
---@field bounds Bounds where it is unless it is maximized or full-screen
---@field minimum { width: integer, height: integer } 0: no limit
---@field maximum { width: integer, height: integer } 0: no limit
---@field emit fun(event: string, ...)

---@class BrowserWindow
local methods = {}

local function clamp(value, least, most)
	if most > 0 then
		value = math.min(value, most)
	end
	return math.max(value, least, 1)
end

---@param state WindowFrame
---@return Bounds
local function current(state)
	return (state.fullScreen or state.kiosk or state.maximized) and screen or state.bounds
end

--- Changes something and tells what that did to position and size.
---@param state WindowFrame
---@param event string? emitted before
---@param act fun()
local function change(state, event, act)
	local before = current(state)
	local x, y, width, height = before.x, before.y, before.width, before.height
	act()
	local after = current(state)
	if event then
		state.emit(event)
	end
	if after.width ~= width or after.height ~= height then
		state.emit 'resize'
	end
	if after.x ~= x or after.y ~= y then
		state.emit 'move'
	end
end

local function place(state, x, y, width, height)
	change(state, nil, function()
		local bounds = state.bounds
		bounds.x, bounds.y = x or bounds.x, y or bounds.y
		bounds.width = clamp(width or bounds.width, state.minimum.width, state.maximum.width)
		bounds.height = clamp(height or bounds.height, state.minimum.height, state.maximum.height)
	end)
end

--- Sets where the window is and how large; what is missing stays as it is. It shows once the window
--- is neither maximized nor full-screen.
---@param bounds Bounds
function methods.setBounds(state, bounds)
	check.argument('setBounds', 1, bounds, 'table')
	local wanted = {}
	for name, value in pairs(bounds) do
		if math.type(state.bounds[name]) ~= 'integer' then
			error(("setBounds: unknown field '%s'"):format(name), 2)
		end
		wanted[name] = math.type(value) and math.tointeger(value)
		if not wanted[name] then
			error(("setBounds: field '%s' must be an integer, got %s"):format(name, tostring(value)), 2)
		end
	end
	place(state, wanted.x, wanted.y, wanted.width, wanted.height)
end

---@return Bounds
function methods.getBounds(state)
	local bounds = current(state)
	return { x = bounds.x, y = bounds.y, width = bounds.width, height = bounds.height }
end

---@param width integer
---@param height integer
function methods.setSize(state, width, height)
	width = check.argument('setSize', 1, width, 'integer')
	height = check.argument('setSize', 2, height, 'integer')
	place(state, nil, nil, width, height)
end

---@return integer width
---@return integer height
function methods.getSize(state)
	local bounds = current(state)
	return bounds.width, bounds.height
end

--- Sets the size of what the page paints on.
---@param width integer
---@param height integer
function methods.setContentSize(state, width, height)
	width = check.argument('setContentSize', 1, width, 'integer')
	height = check.argument('setContentSize', 2, height, 'integer')
	place(state, nil, nil, width, height)
end

methods.getContentSize = methods.getSize

---@param x integer
---@param y integer
function methods.setPosition(state, x, y)
	x = check.argument('setPosition', 1, x, 'integer')
	y = check.argument('setPosition', 2, y, 'integer')
	place(state, x, y)
end

---@return integer x
---@return integer y
function methods.getPosition(state)
	local bounds = current(state)
	return bounds.x, bounds.y
end

--- Moves the window to the middle of the screen.
function methods.center(state)
	place(state, screen.x + (screen.width - state.bounds.width) // 2,
		screen.y + (screen.height - state.bounds.height) // 2)
end

---@param width integer 0: no limit
---@param height integer
function methods.setMinimumSize(state, width, height)
	state.minimum = {
		width = check.argument('setMinimumSize', 1, width, 'integer'),
		height = check.argument('setMinimumSize', 2, height, 'integer'),
	}
	place(state)
end

---@return integer width
---@return integer height
function methods.getMinimumSize(state)
	return state.minimum.width, state.minimum.height
end

---@param width integer 0: no limit
---@param height integer
function methods.setMaximumSize(state, width, height)
	state.maximum = {
		width = check.argument('setMaximumSize', 1, width, 'integer'),
		height = check.argument('setMaximumSize', 2, height, 'integer'),
	}
	place(state)
end

---@return integer width
---@return integer height
function methods.getMaximumSize(state)
	return state.maximum.width, state.maximum.height
end

--- Makes the window the one that has the keyboard, if it shows.
function methods.focus(state)
	local before = windows.focused
	if before == state.window or not state.visible or state.minimized then
		return
	end
	if before then
		before:blur()
	end
	windows.focused = state.window
	state.emit 'focus'
	task.start(state.app.emit, state.app, 'browser-window-focus', Event.new(state.app), state.window)
end

--- Takes the keyboard from the window.
function methods.blur(state)
	if windows.focused == state.window then
		windows.focused = nil
		state.emit 'blur'
		task.start(state.app.emit, state.app, 'browser-window-blur', Event.new(state.app), state.window)
	end
end

---@return boolean
function methods.isFocused(state)
	return windows.focused == state.window
end

--- Shows the window and gives it the keyboard.
function methods.show(state)
	methods.showInactive(state)
	methods.focus(state)
end

--- Shows the window where it is.
function methods.showInactive(state)
	if not state.visible then
		state.visible = true
		state.emit 'show'
	end
end

--- Takes the window, and the keyboard with it, from the screen.
function methods.hide(state)
	if state.visible then
		methods.blur(state)
		state.visible = false
		state.emit 'hide'
	end
end

--- Whether the window shows: neither hidden nor minimized.
---@return boolean
function methods.isVisible(state)
	return state.visible and not state.minimized
end

--- Makes the window small, for `restore` to bring back; it loses the keyboard.
function methods.minimize(state)
	if not state.minimized then
		methods.blur(state)
		state.minimized = true
		state.emit 'minimize'
	end
end

--- Brings a minimized window back.
function methods.restore(state)
	if state.minimized then
		state.minimized = false
		state.emit 'restore'
	end
end

---@return boolean
function methods.isMinimized(state)
	return state.minimized
end

--- Makes the window as large as the screen.
function methods.maximize(state)
	if not state.maximized then
		change(state, 'maximize', function()
			state.maximized = true
		end)
	end
end

--- Gives the window the bounds that it had before.
function methods.unmaximize(state)
	if state.maximized then
		change(state, 'unmaximize', function()
			state.maximized = false
		end)
	end
end

---@return boolean
function methods.isMaximized(state)
	return state.maximized
end

---@param flag boolean
function methods.setFullScreen(state, flag)
	check.argument('setFullScreen', 1, flag, 'boolean')
	if state.fullScreen ~= flag then
		change(state, flag and 'enter-full-screen' or 'leave-full-screen', function()
			state.fullScreen = flag
		end)
	end
end

---@return boolean
function methods.isFullScreen(state)
	return state.fullScreen
end

--- Kiosk mode: full-screen, and not for the user to leave.
---@param flag boolean
function methods.setKiosk(state, flag)
	check.argument('setKiosk', 1, flag, 'boolean')
	if state.kiosk ~= flag then
		change(state, nil, function()
			state.kiosk = flag
		end)
	end
end

---@return boolean
function methods.isKiosk(state)
	return state.kiosk
end

--- Whether the user may change the window's size; the program always may.
---@param flag boolean
function methods.setResizable(state, flag)
	state.resizable = check.argument('setResizable', 1, flag, 'boolean')
end

---@return boolean
function methods.isResizable(state)
	return state.resizable
end

---@param flag boolean
function methods.setAlwaysOnTop(state, flag)
	state.alwaysOnTop = check.argument('setAlwaysOnTop', 1, flag, 'boolean')
end

---@return boolean
function methods.isAlwaysOnTop(state)
	return state.alwaysOnTop
end

---@param title string
function methods.setTitle(state, title)
	state.title = check.argument('setTitle', 1, title, 'string')
end

---@return string
function methods.getTitle(state)
	return state.title
end

--- Gives a window's state what it needs of the options; nothing is emitted.
---@param state table
---@param options table checked
local function initialize(state, options)
	state.minimum = { width = options.minWidth or 0, height = options.minHeight or 0 }
	state.maximum = { width = options.maxWidth or 0, height = options.maxHeight or 0 }
	local width = clamp(options.width or 800, state.minimum.width, state.maximum.width)
	local height = clamp(options.height or 600, state.minimum.height, state.maximum.height)
	local centered = { x = (screen.width - width) // 2, y = (screen.height - height) // 2 }
	state.bounds = {
		x = not options.center and options.x or screen.x + centered.x,
		y = not options.center and options.y or screen.y + centered.y,
		width = width,
		height = height,
	}
	state.visible = false
	state.minimized = false
	state.maximized = false
	state.fullScreen = options.fullscreen == true
	state.kiosk = options.kiosk == true
	state.resizable = options.resizable ~= false
	state.alwaysOnTop = options.alwaysOnTop == true
	state.title = options.title or ''
end

return { methods = methods, initialize = initialize }
