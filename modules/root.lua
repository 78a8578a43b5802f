--- Root: the one object a page is born holding. What a page can do in main it does through these
--- methods, or through what they gave it. A page may send anything, so nothing is taken on trust.

local Event = require 'event'
local EventEmitter = require 'events'
local IpcEvent = require 'ipc-event'
local app = require 'app'
local ipc = require 'ipc'
local operations = require 'operations'
local peer = require 'host.peer'
local task = require 'host.task'
local uncaught = require 'uncaught'

---@class Root
---@field window BrowserWindow
---@field contents WebContentsState
local Root = {}
Root.__index = Root
Root.__name = 'Root'

---@param window BrowserWindow
---@param contents WebContentsState
---@return Root
function Root.new(window, contents)
	return setmetatable({ window = window, contents = contents }, Root)
end

--- Asks the listeners of a filter event. Returns whether one of them decided, and its value.
---@param root Root
---@param event string
---@param call string the call as the page wrote it, for an error
---@param ... any what is asked for
---@return boolean decided
---@return any value
local function filter(root, event, call, ...)
	local webContents = root.window.webContents
	if app:listenerCount(event) == 0 and webContents:listenerCount(event) == 0 then
		return false
	end
	local verdict = Event.new(webContents)
	app:emit(event, verdict, webContents, ...)
	webContents:emit(event, verdict, ...)
	if verdict.returnValue ~= nil then
		return true, verdict.returnValue
	elseif verdict.defaultPrevented then
		error('blocked remote.' .. call, 0)
	end
	return false
end

--- The value of `require(name)` in main.
function Root:require(name)
	local decided, value = filter(self, 'remote-require', ("require('%s')"):format(name), name)
	if decided then
		return value
	end
	return (operations.call(require, name))
end

--- A global variable of main.
function Root:getGlobal(name)
	local decided, value = filter(self, 'remote-get-global', ("getGlobal('%s')"):format(name), name)
	if decided then
		return value
	end
	return _G[name]
end

--- main's `process`.
function Root:process()
	return self:getGlobal 'process'
end

--- The window the page belongs to.
function Root:getCurrentWindow()
	local decided, value = filter(self, 'remote-get-current-window', 'getCurrentWindow()')
	if decided then
		return value
	end
	return self.window
end

--- The WebContents the page belongs to.
function Root:getCurrentWebContents()
	local decided, value = filter(self, 'remote-get-current-web-contents', 'getCurrentWebContents()')
	if decided then
		return value
	end
	return self.window.webContents
end

--- A callback of the page (of remote.weak) no longer does anything when it is called.
function Root:callbackEnded(callback)
	if peer.isCallback(callback) then
		EventEmitter.callbackEnded(callback)
	end
end

--- Marks the tables among results to be sent by copy.
local function byValue(...)
	local values = table.pack(...)
	for i = 1, values.n do
		if type(values[i]) == 'table' then
			values[i] = peer.byValue(values[i])
		end
	end
	return table.unpack(values, 1, values.n)
end

local function checkChannel(channel)
	if type(channel) ~= 'string' then
		error('the channel of a message is a string', 0)
	end
end

--- Emits a message, unless nobody listens: nothing is wrong with that, whatever the channel is
--- called.
local function deliver(channel, event, ...)
	if ipc:listenerCount(channel) > 0 then
		ipc:emit(channel, event, ...)
	end
end

--- A message that nobody waits for an answer to.
function Root:ipcSend(channel, ...)
	checkChannel(channel)
	local webContents = self.window.webContents
	local event = IpcEvent.new(webContents, self.contents.loader)
	webContents:emit('ipc-message', event, channel, ...)
	deliver(channel, event, ...)
end

local function withTraceback(problem)
	return { problem = problem, traceback = debug.traceback(nil, 2) }
end

--- A message whose sender waits until a listener assigns event.returnValue.
function Root:ipcSendSync(channel, ...)
	checkChannel(channel)
	local webContents = self.window.webContents
	local answered, failed, result, waiting
	local function answer(value)
		answered, result = true, value
		if waiting then
			task.resume(waiting)
		end
	end
	local event = IpcEvent.new(webContents, self.contents.loader, answer)
	if ipc:listenerCount(channel) + webContents:listenerCount 'ipc-message' == 0 then
		error(("nobody in main listens to channel '%s'"):format(channel), 2)
	end
	task.start(function(...)
		local ok, failure = xpcall(function(...)
			webContents:emit('ipc-message', event, channel, ...)
			deliver(channel, event, ...)
		end, withTraceback, ...)
		if type(failure) == 'string' then -- without memory Lua asks nobody for a traceback
			failure = { problem = failure }
		end
		if not ok and answered then
			uncaught(failure.problem, failure.traceback, 'page')
		elseif not ok then
			failed = true
			answer(failure.problem)
		end
	end, ...)
	if not answered then
		waiting = coroutine.running()
		coroutine.yield()
	end
	if failed then
		error(result, 0)
	end
	return byValue(result)
end

--- A message that the handler of its channel answers with its results.
function Root:ipcInvoke(channel, ...)
	checkChannel(channel)
	local handler = ipc.handlers[channel]
	if not handler then
		error(("nobody in main handles channel '%s'"):format(channel), 2)
	end
	return byValue(handler(IpcEvent.new(self.window.webContents, self.contents.loader), ...))
end

--- The page's script has run to its end or first wait.
function Root:loaded()
	self.contents.loader:finish()
end

--- The page's script could not be compiled, or raised before its first wait.
function Root:loadFailed(message)
	self.contents.loader:scriptFailed(tostring(message))
end

--- The page names itself.
function Root:setTitle(title)
	if type(title) ~= 'string' or self.window:isDestroyed() then
		return
	end
	self.contents.title = title
	local webContents = self.window.webContents
	task.start(webContents.emit, webContents, 'page-title-updated', Event.new(webContents), title)
	local event = Event.new(self.window)
	self.window:emit('page-title-updated', event, title)
	if not event.defaultPrevented and not self.window:isDestroyed() then
		self.window:setTitle(title)
	end
end

--- The page asks for its window to be closed, as a user would.
function Root:close()
	if not self.window:isDestroyed() then
		self.window:close()
	end
end

--- The page collects cycles through both processes.
Root.beginCycles, Root.endCycles = peer.beginCycles, peer.endCycles

return Root
