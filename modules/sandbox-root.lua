--- SandboxRoot: the one object a sandboxed page is born holding. Only what __remote lists can be
--- called, and it does nothing that the page's window has not granted.

local Event = require 'event'
local Root = require 'root'
local environment = require 'environment'
local pageFiles = require 'page-files'

--- Bytes that a page may print in a second; what goes beyond is dropped, and one line says so.
local PRINT_MOST = 64 * 1024

---@class SandboxRoot: Root
---@field grants Grants
local SandboxRoot = setmetatable({}, { __index = Root })
SandboxRoot.__index = SandboxRoot
SandboxRoot.__name = 'SandboxRoot'

SandboxRoot.__remote = {
	'require', 'getGlobal', 'process', 'getCurrentWindow', 'getCurrentWebContents', 'moduleText',
	'print', 'ipcSend', 'ipcSendSync', 'ipcInvoke', 'loaded', 'loadFailed', 'setTitle', 'close',
}

---@param window BrowserWindow
---@param contents WebContentsState
---@param grants Grants
---@return SandboxRoot
function SandboxRoot.new(window, contents, grants)
	local self = Root.new(window, contents)
	self.grants = grants
	self.printed, self.second = 0, 0
	return setmetatable(self, SandboxRoot)
end

function SandboxRoot:require(name)
	self.grants:demand('require', name, "remote.require('%s')")
	return Root.require(self, name)
end

function SandboxRoot:getGlobal(name)
	self.grants:demand('globals', name, "remote.getGlobal('%s')")
	return Root.getGlobal(self, name)
end

function SandboxRoot:process()
	return self:getGlobal 'process'
end

function SandboxRoot:getCurrentWindow()
	if not self.grants.currentWindow then
		error('blocked remote.getCurrentWindow()', 0)
	end
	return Root.getCurrentWindow(self)
end

function SandboxRoot:getCurrentWebContents()
	if not self.grants.currentWindow then
		error('blocked remote.getCurrentWebContents()', 0)
	end
	return Root.getCurrentWebContents(self)
end

for method, call in pairs { ipcSend = 'send', ipcSendSync = 'sendSync', ipcInvoke = 'invoke' } do
	SandboxRoot[method] = function(self, channel, ...)
		self.grants:demand('ipc', channel, 'ipc.' .. call .. "('%s')")
		return Root[method](self, channel, ...)
	end
end

--- The text of one of the page's own modules, and its place in the app's folder; or nil and why.
function SandboxRoot:moduleText(name) -- luacheck: no self
	return pageFiles.module(environment.appPath, name)
end

--- What a terminal would obey is made visible.
local function printable(text)
	return (text:gsub('[%c\127]', function(byte)
		return (byte == '\n' or byte == '\t') and byte or ('\\x%02X'):format(byte:byte())
	end):gsub('\xC2([\x80-\x9F])', function(byte)
		return ('\\u{%02X}'):format(byte:byte())
	end))
end

--- Whether the page may print so much more in this second.
---@param root SandboxRoot
---@param length integer
---@return boolean
local function mayPrint(root, length)
	local second = process.uptime() // 1
	if second ~= root.second then
		root.second, root.printed = second, 0
	end
	local before = root.printed
	root.printed = before + length
	if root.printed > PRINT_MOST and before <= PRINT_MOST then
		process.stderr:write(('lepton: page %d prints too much: the rest of this second is dropped\n')
			:format(root.window.id))
	end
	return root.printed <= PRINT_MOST
end

--- Prints for the page. 'console-message' on its WebContents may prevent that.
---@param stream any 'stdout' or 'stderr'
---@param text any
function SandboxRoot:print(stream, text)
	if type(text) ~= 'string' or stream ~= 'stdout' and stream ~= 'stderr' or
		not mayPrint(self, #text) then
		return
	end
	text = printable(text)
	local event = Event.new(self.window.webContents)
	self.window.webContents:emit('console-message', event, stream, text)
	if not event.defaultPrevented then
		process[stream]:write(text)
	end
end

return SandboxRoot
