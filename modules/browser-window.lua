--- BrowserWindow: a window and the page in it.

local Event = require 'event'
local EventEmitter = require 'events'
local Grants = require 'grants'
local PageLoader = require 'page-loader'
local Root = require 'root'
local SandboxRoot = require 'sandbox-root'
local WebContents = require 'web-contents'
local app = require 'app'
local authority = require 'authority'
local check = require 'check'
local environment = require 'environment'
local frame = require 'window-frame'
local hostProcess = require 'host.process'
local peer = require 'host.peer'
local renderer = require 'host.renderer'
local task = require 'host.task'
local windows = require 'windows'

---@class BrowserWindow: EventEmitter
---@field id integer
---@field webContents WebContents
local BrowserWindow = {}
BrowserWindow.__index = BrowserWindow
BrowserWindow.__name = 'BrowserWindow'

--- How long a page may leave messages unhandled before it counts as unresponsive, in milliseconds.
local PATIENCE = 5000

--- What BrowserWindow takes, and what each option must be.
---@class BrowserWindowOptions
local options = {
	width = 'a positive integer',
	height = 'a positive integer',
	x = 'an integer',
	y = 'an integer',
	center = 'a boolean',
	minWidth = 'a positive integer',
	minHeight = 'a positive integer',
	maxWidth = 'a positive integer',
	maxHeight = 'a positive integer',
	resizable = 'a boolean',
	alwaysOnTop = 'a boolean',
	fullscreen = 'a boolean',
	kiosk = 'a boolean',
	title = 'a string',
	show = 'a boolean',
	unresponsiveAfter = 'a positive integer',
	sandbox = 'a boolean',
	memoryLimit = 'a positive integer',
	remote = 'a table',
}

--- Bytes of Lua memory that a sandboxed page has without a memoryLimit.
local SANDBOX_MEMORY = 64 * 1024 * 1024

--- The least that a page's own modules can start in.
local MEMORY_LEAST = 1024 * 1024

-- What a sandboxed page may do with its window, where it was granted it.
BrowserWindow.__remote = {
	'setTitle', 'getTitle', 'show', 'hide', 'isVisible', 'focus', 'blur', 'isFocused', 'minimize',
	'isMinimized', 'maximize', 'unmaximize', 'isMaximized', 'setFullScreen', 'isFullScreen',
	'setSize', 'getSize', 'setPosition', 'getPosition', 'setBounds', 'getBounds', 'close', 'reload',
	'isDestroyed', 'sandboxStatus',
}

---@type table<BrowserWindow, table>
local states = setmetatable({}, { __mode = 'k' })

local lastId = 0

---@param self BrowserWindow
---@return table
local function alive(self)
	local state = states[self]
	if not state then
		error('not a BrowserWindow: methods are called with a colon', 3)
	elseif state.destroyed then
		error('BrowserWindow has been destroyed', 3)
	end
	return state
end

--- A value that an option cannot have.
local function inWords(value)
	if type(value) == 'string' then
		return ("'%s'"):format(value)
	end
	local isPlain = type(value) == 'number' or type(value) == 'boolean'
	return isPlain and tostring(value) or 'a ' .. check.typeName(value)
end

--- Checks the options; returns a copy with integers for numbers.
local function checkOptions(given)
	if given ~= nil and type(given) ~= 'table' then
		error(('BrowserWindow: options must be a table, got %s'):format(check.typeName(given)), 4)
	end
	local checked = {}
	for name, value in pairs(given or {}) do
		local wanted = options[name]
		if not wanted then
			error(("BrowserWindow: unknown option '%s'"):format(tostring(name)), 4)
		end
		local usable = value
		if wanted:find 'integer' then
			usable = math.type(value) and math.tointeger(value)
			usable = usable and (usable > 0 or wanted == 'an integer') and usable or nil
		elseif not wanted:find(type(value), 1, true) then
			usable = nil
		end
		if usable == nil then
			error(("BrowserWindow: option '%s' must be %s, got %s"):format(name, wanted,
				inWords(value)), 4)
		end
		checked[name] = usable
	end
	return checked
end

--- Takes away what the page of a window that closes listens to. It was the window's, not a leak.
---@param emitter EventEmitter
local function dropDeadListeners(emitter)
	for _, event in ipairs(emitter:eventNames()) do
		for _, listener in ipairs(emitter:listeners(event)) do
			if peer.isDead(listener) then
				emitter:removeListener(event, listener)
			end
		end
	end
end

--- The window is gone: tells everybody, once.
---@param self BrowserWindow
local function finish(self)
	local state = states[self]
	if state.destroyed then
		return
	end
	dropDeadListeners(self)
	dropDeadListeners(self.webContents)
	self:blur()
	state.destroyed = true
	windows.remove(self)
	state.contents.destroyed = true
	task.start(self.webContents.emit, self.webContents, 'destroyed', Event.new(self.webContents))
	state.emit 'closed'
	self:removeAllListeners()
	self.webContents:removeAllListeners()
	if #windows.list == 0 then
		windows.onLastClosed()
	end
end

--- Completes the options that concern what the page may reach.
local function checkTrust(checked)
	checked.sandbox = checked.sandbox or renderer.sandboxAll or environment.package.sandbox or false
	if checked.sandbox then
		local ok, grants = pcall(Grants.new, checked.remote)
		if not ok then
			error(grants, 4)
		end
		checked.grants = grants
		checked.memoryLimit = checked.memoryLimit or SANDBOX_MEMORY
	elseif checked.remote then
		error("BrowserWindow: option 'remote' needs sandbox = true: other pages reach all of main", 4)
	end
	if checked.memoryLimit and checked.memoryLimit < MEMORY_LEAST then
		error(("BrowserWindow: option 'memoryLimit' must be %d bytes or more, got %d"):format(
			MEMORY_LEAST, checked.memoryLimit), 4)
	end
	return checked
end

--- What a page's process is told, besides its number.
---@param sandbox boolean
local function hello(sandbox)
	if sandbox then
		return {}
	end
	return {
		appPath = environment.appPath,
		cwd = process.cwd(),
		argv = process.argv,
		environment = hostProcess.environment(),
		path = environment.pagePath,
		cpath = environment.pageCpath,
	}
end

---@param given BrowserWindowOptions?
---@return BrowserWindow
local function create(given)
	local checked = checkTrust(checkOptions(given))
	lastId = lastId + 1
	local self = setmetatable({}, BrowserWindow)
	self.id = lastId
	local state = { window = self, app = app, sandbox = checked.sandbox, grants = checked.grants }
	states[self] = state
	frame.initialize(state, checked)
	function state.emit(event, ...)
		task.start(self.emit, self, event, Event.new(self), ...)
	end

	local contents = { window = self, title = '' }
	self.webContents = WebContents.new(self.id, contents)
	state.contents = contents
	contents.loader = PageLoader.new({
		base = environment.appPath,
		root = checked.sandbox and SandboxRoot.new(self, contents, checked.grants)
			or Root.new(self, contents),
		hello = function()
			return hello(checked.sandbox)
		end,
		confinement = { sandbox = checked.sandbox, memory = checked.memoryLimit },
		emit = function(event, ...)
			local sender = event:find 'responsive$' and self or self.webContents
			task.start(sender.emit, sender, event, Event.new(sender), ...)
		end,
		watches = function()
			return self:listenerCount 'unresponsive' > 0
		end,
		onCommit = function()
			contents.title = ''
		end,
		onEnd = function()
			finish(self)
		end,
	}, checked.unresponsiveAfter or PATIENCE)

	windows.add(self)
	task.start(app.emit, app, 'browser-window-created', Event.new(app), self)
	if checked.show ~= false and not state.destroyed then
		self:show()
	end
	return self
end

setmetatable(BrowserWindow, {
	__name = 'BrowserWindow',
	__index = EventEmitter,
	__call = function(_, given)
		return (create(given))
	end,
})

for name, method in pairs(frame.methods) do
	BrowserWindow[name] = function(self, ...)
		return method(alive(self), ...)
	end
end

--- Opens a window: BrowserWindow.new { width = 800 }, or BrowserWindow { width = 800 }.
---@param given BrowserWindowOptions?
---@return BrowserWindow
function BrowserWindow.new(given)
	if given == BrowserWindow then
		error('BrowserWindow.new is no method: it is called with a dot', 2)
	end
	return (create(given))
end

--- All open windows, oldest first.
---@return BrowserWindow[]
function BrowserWindow.getAllWindows()
	return windows.all()
end

--- The window that has the keyboard.
---@return BrowserWindow?
function BrowserWindow.getFocusedWindow()
	return windows.focused
end

--- The open window that shows a page.
---@param webContents WebContents
---@return BrowserWindow?
function BrowserWindow.fromWebContents(webContents)
	for _, window in ipairs(windows.list) do
		if window.webContents == webContents then
			return window
		end
	end
end

--- The open window with an id.
---@param id integer
---@return BrowserWindow?
function BrowserWindow.fromId(id)
	check.argument('fromId', 1, id, 'integer')
	for _, window in ipairs(windows.list) do
		if window.id == id then
			return window
		end
	end
end

--- Loads a page: a path, relative to the app's folder or absolute, or a file: URL.
---@param url string
function BrowserWindow:loadUrl(url)
	local state = alive(self)
	check.argument('loadUrl', 1, url, 'string')
	state.contents.loader:load(url)
end

--- Loads the page again, in a fresh context.
function BrowserWindow:reload()
	alive(self)
	return self.webContents:reload()
end

--- Whether the window is closed or destroyed for good.
---@return boolean
function BrowserWindow:isDestroyed()
	local state = states[self] or error('not a BrowserWindow: methods are called with a colon', 2)
	return state.destroyed == true
end

--- What confines the window's page, layer by layer: a list of { name, holds, detail, purpose },
--- with the field `sandboxed`. A page that is trusted has no layers.
---@return table
function BrowserWindow:sandboxStatus()
	local state = alive(self)
	local layers = {}
	if state.sandbox then
		local message
		layers, message = renderer.layers()
		if not layers then
			error(message, 2)
		end
	end
	layers.sandboxed = state.sandbox
	return layers
end

--- What the window's page can reach of main, one line for each function and value.
---@return string
function BrowserWindow:authority()
	return authority(self, alive(self).grants)
end

--- Asks the window to close, as a user would: emits 'close', which may be prevented, has the page
--- unload, ends its process, and emits 'closed'.
function BrowserWindow:close()
	local state = alive(self)
	if state.closing then
		return
	end
	state.closing = true
	local event = Event.new(self)
	local _ <close> = setmetatable({}, {
		__close = function()
			if not state.unloading and not state.destroyed then
				state.closing = false
				windows.onCloseRefused()
			end
		end,
	})
	self:emit('close', event)
	if event.defaultPrevented or state.destroyed then
		return
	end
	state.unloading = true
	state.contents.loader:close(function()
		finish(self)
	end)
end

--- Closes the window without asking anybody: the page's process is killed, 'close' is not emitted.
--- 'closed' is.
function BrowserWindow:destroy()
	local state = alive(self)
	state.contents.loader:destroy()
	finish(self)
end

return BrowserWindow
