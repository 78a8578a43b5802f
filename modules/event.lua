--- The first argument of every listener of Lepton's own events.

---@class Event
---@field sender any the object the event is about: an app, a window, a page
---@field defaultPrevented boolean
---@field returnValue any what a listener wants to be the result, where the event has one
local Event = {}
Event.__index = Event
Event.__name = 'Event'

---@param sender any
---@return Event
function Event.new(sender)
	return setmetatable({ sender = sender, defaultPrevented = false }, Event)
end

--- Keeps from happening what the event announces.
function Event:preventDefault()
	self.defaultPrevented = true
end

return Event
