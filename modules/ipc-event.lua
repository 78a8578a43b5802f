--- The first argument of every listener and handler of ipc.

local check = require 'check'

---@class IpcEvent: Event
---@field sender WebContents who sent the message
---@field returnValue any assigning it answers sendSync
local IpcEvent = { __name = 'IpcEvent' }
IpcEvent.__index = IpcEvent

---@class IpcEventState
---@field loader PageLoader
---@field page Navigation the page that sent the message; another may have taken its place
---@field answer fun(value: any)? what assigning returnValue does

---@type table<IpcEvent, IpcEventState>
local states = setmetatable({}, { __mode = 'k' })

---@param sender WebContents
---@param loader PageLoader
---@param answer fun(value: any)?
---@return IpcEvent
function IpcEvent.new(sender, loader, answer)
	local self = setmetatable({ sender = sender }, IpcEvent)
	states[self] = { loader = loader, page = loader.page, answer = answer }
	return self
end

--- Assigning returnValue answers, the first time.
function IpcEvent:__newindex(key, value)
	rawset(self, key, value)
	if key == 'returnValue' then
		local state = states[self]
		local answer = state.answer
		state.answer = nil
		if answer then
			answer(value)
		end
	end
end

--- Sends a message back to the page; tables are copied. Where the page has been reloaded or closed
--- since, nothing is sent.
---@param channel string
---@param ... any
---@return true? sent
---@return string? message
function IpcEvent:reply(channel, ...)
	check.argument('reply', 1, channel, 'string')
	local state = states[self]
	if state.loader.page ~= state.page or state.loader:absence() then
		return nil, 'the page was reloaded or closed'
	end
	state.loader:post('ipc', channel, ...)
	return true
end

return IpcEvent
