--- remote: objects of the main process, used from a page as if they were local.
---
---     local remote = require 'remote'
---     local BrowserWindow = remote.require 'browser-window'
---     local win = BrowserWindow{ width = 800, height = 600 }
---     win:loadUrl 'page.lua'
---
--- Each call is a synchronous message to main: no Lua of this page runs until the answer is there.

local check = require 'check'
local main = require 'host.page'.main
local peer = require 'host.peer'

---@class Remote
---@field process Process main's process; equals getGlobal 'process', cached
local remote = {}

--- What `require(module)` returns in main, resolved from the app's folder.
---@param module string
---@return any
function remote.require(module)
	return main:ask('require', check.argument('require', 1, module, 'string'))
end

--- A global variable of main.
---@param name string
---@return any value nil where there is none
function remote.getGlobal(name)
	return main:ask('getGlobal', check.argument('getGlobal', 1, name, 'string'))
end

--- The BrowserWindow that this page belongs to.
---@return BrowserWindow
function remote.getCurrentWindow()
	return main:ask 'getCurrentWindow'
end

--- The WebContents of this page.
---@return WebContents
function remote.getCurrentWebContents()
	return main:ask 'getCurrentWebContents'
end

--- Whether a value is a remote object or a remote function.
---@type fun(value: any): boolean
remote.isRemote = peer.isRemote

--- `type` as main would say; that of a local value is its own.
---@type fun(value: any): string
remote.type = peer.type

--- `pairs`, `next`, `rawget` and `rawlen` for remote objects; they take local tables, too.
remote.pairs = peer.pairs
remote.next = peer.next
remote.rawget = peer.rawget
remote.rawlen = peer.rawlen

--- A deep local copy of a remote table, in one trip; cycles and shared tables are kept as they are,
--- functions in it become remote functions. Metatables are not copied.
---@type fun(object: table): table
remote.copy = peer.copy

--- Gives a remote object or function back now instead of when it is collected. Using it later is an
--- error.
---@type fun(object: any)
remote.release = peer.release

return setmetatable(remote, {
	__index = function(_, key)
		if key == 'process' then
			local process = main:ask 'process'
			rawset(remote, 'process', process)
			return process
		end
	end,
})
