--- Messages between pages and main, the page's side: an emitter of what main sends.
---
---     local ipc = require 'ipc'
---     ipc:on('saved', function(name) print(name) end)
---     ipc:send('save', text)
---     local notes = ipc:sendSync 'notes'
---     local answer = ipc:invoke('ask', 'a question')

local check = require 'check'
local either = require 'either'
local main = require 'host.page'.main

---@class PageIpc: EventEmitter
local ipc = {}

local functions = {}

--- Sends main a message, which `ipc` emits there; tables are copied.
---@param channel string
---@param ... any
function functions.send(channel, ...)
	check.argument('send', 1, channel, 'string')
	main:post('ipcSend', channel, ...)
end

--- Sends main a message and waits until a listener has answered it by event.returnValue. Nothing
--- else runs in this page meanwhile.
---@param channel string
---@param ... any
---@return any
function functions.sendSync(channel, ...)
	check.argument('sendSync', 1, channel, 'string')
	return main:ask('ipcSendSync', channel, ...)
end

--- Sends main a message and gives what its handler answers. The calling coroutine waits; where it
--- cannot, the whole page does.
---@async
---@param channel string
---@param ... any
---@return any ...
function functions.invoke(channel, ...)
	check.argument('invoke', 1, channel, 'string')
	return main:askAsync('ipcInvoke', channel, ...)
end

return either(ipc, 'Ipc', functions)
