--- What the pages of the soak use of main: an object with all that a library may give away. Trusted
--- and sandboxed pages use the same; a sandboxed one gets copies of tables.

local EventEmitter = require 'events'
local peer = require 'host.peer'
local remote = require 'remote'
local timers = require 'timers'

local Note = { __name = 'Note', __remote = { 'text', 'setText', 'twin' } }
Note.__index = Note

local function newNote(text)
	return setmetatable({ content = text }, Note)
end

function Note:text()
	return self.content
end

function Note:setText(text)
	self.content = text
end

function Note:twin()
	return newNote(self.content)
end

---@class SoakService
---@field news EventEmitter what pages listen to and leave behind
---@field subscribers table<function, true> callbacks of pages
---@field board table<integer, any> what pages pinned: place → value
local Service = { __remote = {
	'noop', 'sum', 'echo', 'note', 'same', 'list', 'fail', 'wait', 'subscribe', 'unsubscribe',
	'publish', 'pin', 'ask',
} }
Service.__index = Service
Service.__name = 'Service'

---@return SoakService
function Service.new()
	return setmetatable({ news = EventEmitter.new(), subscribers = {}, board = {} }, Service)
end

function Service:noop()
end

function Service:sum(a, b)
	return a + b
end

function Service:echo(...)
	return ...
end

function Service:note(text)
	return newNote(text)
end

function Service:same(value)
	return value, value
end

--- A table with something of everything in it.
function Service:list(count)
	local list = { name = 'list' }
	for i = 1, count do
		list[i] = i % 3 == 0 and newNote('note ' .. i) or i % 3 == 1 and i or 'item ' .. i
	end
	return list
end

function Service:fail(value)
	error(value, 0)
end

function Service:wait(ms)
	timers.sleep(ms)
	return ms
end

function Service:subscribe(fn)
	self.subscribers[fn] = true
end

function Service:unsubscribe(fn)
	self.subscribers[fn] = nil
end

--- Calls all callbacks, and forgets those whose page is gone.
function Service:publish(...)
	for fn in pairs(self.subscribers) do
		if not pcall(fn, ...) then
			self.subscribers[fn] = nil
		end
	end
	self.news:emit('news', ...)
end

--- Keeps a value until another one takes its place.
function Service:pin(place, value)
	self.board[place] = value
end

function Service:ask(fn, ...)
	return remote.ask(fn, ...)
end

function Service:words(count)
	local i = 0
	return function()
		i = i + 1
		if i <= count then
			return i, peer.byValue { word = 'word ' .. i }
		end
	end
end

function Service:thread()
	return coroutine.create(function(...)
		while true do
			coroutine.yield(...)
		end
	end)
end

--- Lets go of what callbacks of pages it still holds.
function Service:forget()
	self.subscribers, self.board = {}, {}
end

return Service
