--- Messages between pages and main, the main side: an emitter of what pages send.

local EventEmitter = require 'events'
local check = require 'check'

---@class Ipc: EventEmitter
---@field handlers table<string, fun(event: IpcEvent, ...): ...>
local Ipc = setmetatable({}, { __index = EventEmitter })
Ipc.__index = Ipc
Ipc.__name = 'Ipc'

--- Has a function answer what pages `invoke` on a channel: with its results, or its error. It may
--- wait.
---@param channel string
---@param handler fun(event: IpcEvent, ...): ...
function Ipc:handle(channel, handler)
	check.argument('handle', 1, channel, 'string')
	check.argument('handle', 2, handler, 'function')
	if self.handlers[channel] then
		error(("channel '%s' has a handler already: remove that one first"):format(channel), 2)
	end
	self.handlers[channel] = handler
end

--- Takes the handler of a channel away.
---@param channel string
function Ipc:removeHandler(channel)
	check.argument('removeHandler', 1, channel, 'string')
	self.handlers[channel] = nil
end

local ipc = setmetatable({}, Ipc)
ipc.handlers = {}

return ipc
