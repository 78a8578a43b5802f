--- remote: objects of the main process, used from a page as if they were local.
---
---     local remote = require 'remote'
---     local BrowserWindow = remote.require 'browser-window'
---     local win = BrowserWindow{ width = 800, height = 600 }
---     win:loadUrl 'page.lua'
---
--- Each call is a synchronous message to main: no Lua of this page runs until the answer is there.

local Report = require 'remote-report'
local Task = require 'remote-task'
local check = require 'check'
local cycles = require 'remote-cycles'
local hostPage = require 'host.page'
local peer = require 'host.peer'
local weak = require 'remote-weak'

local main = hostPage.main

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

--- Runs a function in a task of its own: there every remote operation yields to the page's loop
--- instead of blocking it, wherever Lua can yield. The function runs at once until the first one.
---@param fn function
---@param ... any its arguments
---@return Task
function remote.async(fn, ...)
	return Task.start(check.argument('async', 1, fn, 'function'), ...)
end

--- Joins tasks: `all` ends when all have, with a list of their first results; `race` as the first
--- one that ends does; `any` with the results of the first one that succeeds.
---@type fun(tasks: Task[]): Task
remote.all, remote.race, remote.any = Task.all, Task.race, Task.any

--- A callback for main that does not keep `fn` alive. While something else in this page does,
--- calling it calls `fn`; then it does nothing, and Lepton's emitters drop it. The same function
--- gives the same callback, so that it can be removed again.
---@param fn function
---@return function
function remote.weak(fn)
	return weak(check.argument('weak', 1, fn, 'function'))
end

--- What this page holds of main, and main of this page.
---@return RemoteReport
function remote.report()
	return Report.of(main, false, hostPage.hello.page)
end

--- Collects cycles through both processes: an object of main that holds a function of this page
--- that holds the object. Neither process finds them by itself; see docs/cycles.md.
---@type fun(most: integer?): integer?, string?
remote.collectCycles = cycles.collect

--- Does so from time to time while this page has nothing to do. Off at first.
---@type fun(options: CycleOptions | boolean)
remote.collectCyclesWhenIdle = cycles.whenIdle

return setmetatable(remote, {
	__index = function(_, key)
		if key == 'process' then
			local process = main:ask 'process'
			rawset(remote, 'process', process)
			return process
		end
	end,
})
