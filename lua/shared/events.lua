--- EventEmitter: named events and the functions that listen to them, with Node's meaning.
---
---     local EventEmitter = require 'events'
---     local emitter = EventEmitter()
---     emitter:on('greeting', print)
---     emitter:emit('greeting', 'hello')
---
--- A class inherits from it with `setmetatable(Class, { __index = EventEmitter })`; nothing has to
--- be set up in its objects. Listeners live beside the object, not in it.

local hasPeer, peer = pcall(require, 'host.peer')

---@class EventEmitter
local EventEmitter = {}
EventEmitter.__index = EventEmitter
EventEmitter.__name = 'EventEmitter'
EventEmitter.EventEmitter = EventEmitter

--- How many listeners of one event an emitter takes before it warns of a leak; 0 for any number.
EventEmitter.defaultMaxListeners = 10

--- Says a warning, one line. A host or a spec may put another function here.
---@param message string
function EventEmitter.warn(message)
	if io then
		io.stderr:write('lepton: ', message, '\n')
	else
		print('lepton: ' .. message)
	end
end

---@class Entry one registration
---@field listener function
---@field once boolean?
---@field fired boolean? a `once` that was called
---@field isCallback boolean? the listener is a function of a page
---@field context table? of that page

-- emitter → { lists = event → list of entries, maxListeners, registered }. A list only grows at its
-- end; any other change makes a new list, so that an emit under way goes on with the one it has.
local states = setmetatable({}, { __mode = 'k' })

-- context of a page → set of the emitters that have listeners of that page
local contexts = setmetatable({}, { __mode = 'k' })

local function typeName(value)
	local metatable = getmetatable(value)
	local name = type(metatable) == 'table' and metatable.__name
	return type(name) == 'string' and name or value == nil and 'no value' or type(value)
end

local function isCallable(value)
	local metatable = getmetatable(value)
	return type(value) == 'function' or type(metatable) == 'table' and metatable.__call ~= nil
end

-- Blames the caller of the method that calls this.
local function checkEvent(self, method, event)
	if type(self) ~= 'table' and type(self) ~= 'userdata' then
		error(("'%s' is a method: call it as emitter:%s(...)"):format(method, method), 3)
	elseif type(event) ~= 'string' then
		error(("bad argument #1 to '%s' (name of an event expected, got %s)"):format(method,
			typeName(event)), 3)
	end
end

local function checkListener(method, listener)
	if not isCallable(listener) then
		error(("bad argument #2 to '%s' (function expected, got %s)"):format(method,
			typeName(listener)), 3)
	end
end

local function listOf(self, event)
	local state = states[self]
	return state and state.lists[event]
end

local function warnOfLeak(self, state, event, list)
	local most = state.maxListeners or EventEmitter.defaultMaxListeners
	if most > 0 and #list > most and not list.warned then
		list.warned = true
		EventEmitter.warn(("possible leak: %d listeners of '%s' on one %s; "
			.. 'emitter:setMaxListeners(n) allows more'):format(#list, event, typeName(self)))
	end
end

local function noteContext(self, entry)
	if not hasPeer or not peer.isCallback(entry.listener) then
		return
	end
	entry.isCallback = true
	entry.context = peer.callbackContext(entry.listener)
	if entry.context then
		local holders = contexts[entry.context] or setmetatable({}, { __mode = 'k' })
		holders[self] = true
		contexts[entry.context] = holders
	end
end

local function add(self, event, entry, isFirst)
	local state = states[self] or { lists = {}, registered = 0 }
	states[self] = state
	if state.lists.newListener then
		EventEmitter.emit(self, 'newListener', event, entry.listener)
	end
	noteContext(self, entry)
	local list = state.lists[event]
	if not list then
		state.registered = state.registered + 1
		list = { place = state.registered }
		state.lists[event] = list
	elseif isFirst then
		list = table.move(list, 1, #list, 2, { place = list.place, warned = list.warned })
		state.lists[event] = list
	end
	list[isFirst and 1 or #list + 1] = entry
	warnOfLeak(self, state, event, list)
	return self
end

-- Takes the entries that a predicate is true of out of an event's list, and adds them to `taken` as
-- { event, entry }, the newest first, as Node removes them.
local function takeOut(self, event, isUnwanted, taken)
	local list = listOf(self, event) or {}
	local kept = { place = list.place, warned = list.warned }
	for i = #list, 1, -1 do
		if isUnwanted(list[i]) then
			taken[#taken + 1] = { event, list[i] }
		else
			kept[#kept + 1] = list[i]
		end
	end
	for i = 1, #kept // 2 do
		kept[i], kept[#kept + 1 - i] = kept[#kept + 1 - i], kept[i]
	end
	if #kept < #list then
		states[self].lists[event] = kept[1] and kept or nil
	end
	return taken
end

local function tellRemoved(self, taken)
	for _, pair in ipairs(taken) do
		if listOf(self, 'removeListener') then
			EventEmitter.emit(self, 'removeListener', pair[1], pair[2].listener)
		end
	end
end

local function removeEntry(self, event, entry)
	tellRemoved(self, takeOut(self, event, function(other)
		return other == entry
	end, {}))
end

-- Drops what pages left behind and says so in one line.
local function dropDead(self, isUnwanted)
	local taken = {}
	for _, event in ipairs(EventEmitter.eventNames(self)) do
		takeOut(self, event, isUnwanted, taken)
	end
	if #taken == 0 then
		return
	end
	local words = {}
	for i, pair in ipairs(taken) do
		local reason = peer.isDead(pair[2].listener)
		local place = reason and (reason:match 'registered at ([^()]+)' or reason)
		words[i] = ("'%s'%s"):format(pair[1], place and ' (registered at ' .. place .. ')' or '')
	end
	EventEmitter.warn(('%s dropped %s that a page left behind when it was reloaded or closed: %s')
		:format(typeName(self), #taken == 1 and 'a listener' or #taken .. ' listeners',
			table.concat(words, ', ')))
	tellRemoved(self, taken)
end

local function isDead(entry)
	return entry.isCallback and peer.isDead(entry.listener) ~= nil
end

--- Makes an emitter: a new object, or a table of yours that has no metatable.
---@param object table?
---@return EventEmitter
function EventEmitter.new(object)
	if object ~= nil and type(object) ~= 'table' then
		error(("bad argument #1 to 'new' (table expected, got %s)"):format(typeName(object)), 2)
	elseif object and getmetatable(object) ~= nil then
		error("bad argument #1 to 'new' (this table has a metatable; let that inherit from EventEmitter)",
			2)
	end
	return setmetatable(object or {}, EventEmitter)
end

--- Has a function called whenever the event is emitted.
---@param event string
---@param listener function
---@return EventEmitter self
function EventEmitter:on(event, listener)
	checkEvent(self, 'on', event)
	checkListener('on', listener)
	return add(self, event, { listener = listener })
end

--- The same as `on`.
---@param event string
---@param listener function
---@return EventEmitter self
function EventEmitter:addListener(event, listener)
	checkEvent(self, 'addListener', event)
	checkListener('addListener', listener)
	return add(self, event, { listener = listener })
end

--- Has a function called the next time the event is emitted, and not again.
---@param event string
---@param listener function
---@return EventEmitter self
function EventEmitter:once(event, listener)
	checkEvent(self, 'once', event)
	checkListener('once', listener)
	return add(self, event, { listener = listener, once = true })
end

--- Like `on`, but ahead of the listeners there are.
---@param event string
---@param listener function
---@return EventEmitter self
function EventEmitter:prependListener(event, listener)
	checkEvent(self, 'prependListener', event)
	checkListener('prependListener', listener)
	return add(self, event, { listener = listener }, true)
end

--- Like `once`, but ahead of the listeners there are.
---@param event string
---@param listener function
---@return EventEmitter self
function EventEmitter:prependOnceListener(event, listener)
	checkEvent(self, 'prependOnceListener', event)
	checkListener('prependOnceListener', listener)
	return add(self, event, { listener = listener, once = true }, true)
end

local function remove(self, event, listener)
	local list = listOf(self, event)
	for i = list and #list or 0, 1, -1 do
		if list[i].listener == listener then
			removeEntry(self, event, list[i])
			break
		end
	end
	return self
end

--- Takes a listener away, the newest if it was added more than once.
---@param event string
---@param listener function
---@return EventEmitter self
function EventEmitter:removeListener(event, listener)
	checkEvent(self, 'removeListener', event)
	checkListener('removeListener', listener)
	return remove(self, event, listener)
end

--- The same as `removeListener`.
---@param event string
---@param listener function
---@return EventEmitter self
function EventEmitter:off(event, listener)
	checkEvent(self, 'off', event)
	checkListener('off', listener)
	return remove(self, event, listener)
end

local function removeAll(self, event)
	tellRemoved(self, takeOut(self, event, function()
		return true
	end, {}))
end

--- Takes away all listeners of an event, or of every event.
---@param event string?
---@return EventEmitter self
function EventEmitter:removeAllListeners(event)
	checkEvent(self, 'removeAllListeners', event == nil and '' or event)
	for _, name in ipairs(event and { event } or EventEmitter.eventNames(self)) do
		if event or name ~= 'removeListener' then
			removeAll(self, name)
		end
	end
	if not event then
		removeAll(self, 'removeListener')
	end
	return self
end

--- Calls the listeners of an event, in order, with the values given. What they return means
--- nothing. An error in one of them is the caller's. Listeners that are added or removed meanwhile
--- count from the next time on. An 'error' event that nobody listens to is raised.
---@param event string
---@param ... any
---@return boolean whether there was a listener
function EventEmitter:emit(event, ...)
	checkEvent(self, 'emit', event)
	local list = listOf(self, event)
	local heard = false
	for i = 1, list and #list or 0 do
		local entry = list[i]
		if isDead(entry) then
			dropDead(self, isDead)
		elseif not entry.fired then
			if entry.once then
				entry.fired = true
				removeEntry(self, event, entry)
			end
			heard = true
			entry.listener(...)
		end
	end
	if not heard and event == 'error' then
		local value = ...
		error(value == nil and "an 'error' event that nobody listens to" or value, 0)
	end
	return heard
end

--- The functions that listen to an event, in order.
---@param event string
---@return function[]
function EventEmitter:listeners(event)
	checkEvent(self, 'listeners', event)
	local listeners = {}
	for i, entry in ipairs(listOf(self, event) or {}) do
		listeners[i] = entry.listener
	end
	return listeners
end

--- How many functions listen to an event.
---@param event string
---@return integer
function EventEmitter:listenerCount(event)
	checkEvent(self, 'listenerCount', event)
	return #(listOf(self, event) or {})
end

--- The names of the events that somebody listens to, in the order they were first listened to.
---@return string[]
function EventEmitter:eventNames()
	checkEvent(self, 'eventNames', '')
	local lists = states[self] and states[self].lists or {}
	local names = {}
	for event in pairs(lists) do
		names[#names + 1] = event
	end
	table.sort(names, function(a, b)
		return lists[a].place < lists[b].place
	end)
	return names
end

--- How many listeners of one event this emitter takes before it warns of a leak.
---@param count integer 0 for any number
---@return EventEmitter self
function EventEmitter:setMaxListeners(count)
	checkEvent(self, 'setMaxListeners', '')
	if type(count) ~= 'number' or count ~= count or count < 0 then
		error(("bad argument #1 to 'setMaxListeners' (number of listeners expected, got %s)"):format(
			type(count) == 'number' and count or typeName(count)), 2)
	end
	states[self] = states[self] or { lists = {}, registered = 0 }
	states[self].maxListeners = count
	return self
end

---@return integer
function EventEmitter:getMaxListeners()
	checkEvent(self, 'getMaxListeners', '')
	return states[self] and states[self].maxListeners or EventEmitter.defaultMaxListeners
end

--- For the host: the context of a page has ended, and what it listened to no longer reaches it.
---@param context table
function EventEmitter.contextEnded(context)
	local emitters = {}
	for emitter in pairs(contexts[context] or {}) do
		emitters[#emitters + 1] = emitter
	end
	contexts[context] = nil
	for _, emitter in ipairs(emitters) do
		dropDead(emitter, function(entry)
			return entry.context == context
		end)
	end
end

--- For the host: a callback of a page no longer does anything, and no longer listens.
---@param callback function
function EventEmitter.callbackEnded(callback)
	local emitters = {}
	for emitter in pairs(contexts[peer.callbackContext(callback)] or {}) do
		emitters[#emitters + 1] = emitter
	end
	for _, emitter in ipairs(emitters) do
		local taken = {}
		for _, event in ipairs(EventEmitter.eventNames(emitter)) do
			takeOut(emitter, event, function(entry)
				return entry.listener == callback
			end, taken)
		end
		tellRemoved(emitter, taken)
	end
end

return setmetatable(EventEmitter, {
	__call = function(_, object)
		return EventEmitter.new(object)
	end,
})
