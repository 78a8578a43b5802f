--- The process that runs a page: one peer, from its spawn to its exit.

local Patience = require 'patience'
local events = require 'events'
local leakWarning = require 'leak-warning'
local renderer = require 'host.renderer'

--- How long a page may take to unload, in milliseconds. Then its process is killed.
local GRACE = 3000

---@class PageProcess
---@field state 'starting'|'empty'|'busy'|'unloading'|'ended' what its context is good for
---@field page integer the page's number, as messages have it
---@field born boolean? it got as far as to have a context
---@field killed boolean? it was ended from here
local PageProcess = {}
PageProcess.__index = PageProcess
PageProcess.__name = 'PageProcess'

---@class PageProcessObserver
---@field onEmpty fun() there is a fresh context: load a page into it
---@field onComputed fun() it has computed for as long as its guard was told
---@field onExit fun(reason: string, status: integer|string) the process is gone

-- Those that run, in the order they were started.
local running = {}

--- The processes that run.
---@return PageProcess[]
function PageProcess.alive()
	return table.move(running, 1, #running, 1, {})
end

--- Forks a process for a page.
---@param root table what the page is born holding
---@param hello table what its process is told
---@param confinement { sandbox: boolean?, memory: integer? } what the process is held to
---@param observer PageProcessObserver
---@return PageProcess?
---@return string? message
function PageProcess.spawn(root, hello, confinement, observer)
	local self = setmetatable({ state = 'starting', observer = observer }, PageProcess)
	local message
	local callbacks, objects = leakWarning.threshold()
	self.peer, message = renderer.spawn {
		root = root,
		hello = hello,
		sandbox = confinement.sandbox,
		memory = confinement.memory,
		callbacks = callbacks,
		objects = objects,
		onEvent = function(kind, ...)
			return self[kind](self, ...)
		end,
	}
	if not self.peer then
		return nil, message
	end
	self.page = self.peer:id()
	table.insert(running, self)
	return self
end

PageProcess['ready'] = function(self)
	self.born = true
	self:becomeEmpty()
end

PageProcess['computed'] = function(self)
	self.observer.onComputed()
end

PageProcess['crowded'] = function(self)
	leakWarning.warn(self)
end

PageProcess['context-end'] = function(self, context)
	self:giveUpAfter(nil)
	if self.closing then
		self.lastContext = context
	else
		events.contextEnded(context)
	end
	self:becomeEmpty()
end

PageProcess['exit'] = function(self, reason, status, context)
	self:giveUpAfter(nil)
	self.state = 'ended'
	for i, other in ipairs(running) do
		if other == self then
			table.remove(running, i)
			break
		end
	end
	local ended = self.lastContext or context
	if not self.closing and reason ~= 'clean' then
		events.contextEnded(ended)
		self.observer.onExit(reason, status)
	else
		-- The window goes, too, and takes along what its page listened to: that is no leak.
		self.observer.onExit(reason, status)
		events.contextEnded(ended)
	end
end

--- There is a context without a page, or the process that was asked to close may go.
function PageProcess:becomeEmpty()
	self.state = 'empty'
	if self.closing then
		self:hangUp()
	else
		self.observer.onEmpty()
	end
end

--- Kills the process unless it has done within some milliseconds what it was asked to; nil: it has.
---@param delay integer?
function PageProcess:giveUpAfter(delay)
	if self.grace then
		self.grace:stop()
	end
	self.grace = delay and Patience.start(self.peer, delay, function()
		self.grace = nil
		self.killed = true
		self.peer:kill()
	end)
end

--- Has the empty context run a page's script.
---@param page table what the page is told about itself, and its source
---@return boolean? loads false: the process is ending, onExit follows; nil: it cannot be sent
---@return string? message
function PageProcess:load(page)
	local ok, message = pcall(self.peer.post, self.peer, 'load', page)
	if ok then
		self.state = 'busy'
		return true
	elseif not self:isReachable() then
		return false
	end
	return nil, message
end

--- Whether the channel is there. It goes a little before the process is seen to have ended.
---@return boolean
function PageProcess:isReachable()
	return (pcall(self.peer.post, self.peer, 'ping'))
end

--- Ends the page's context; onEmpty follows, or onExit if the process is ending.
function PageProcess:unload()
	self.state = 'unloading'
	self:giveUpAfter(GRACE)
	self.peer:expectEnd()
	pcall(self.peer.post, self.peer, 'unload')
end

--- Ends the process in an orderly way: the page unloads first. onExit follows.
function PageProcess:close()
	if self.closing or self.killed then
		return
	end
	self.closing = true
	if self.state == 'busy' then
		self:unload()
	elseif self.state ~= 'unloading' then
		self:hangUp()
	end
end

--- Closes the channel: a process in good health then exits by itself.
function PageProcess:hangUp()
	self:giveUpAfter(GRACE)
	self.peer:close()
end

--- Ends the process at once. onExit follows.
function PageProcess:kill()
	if self.state ~= 'ended' then
		self.killed = true
		self.peer:destroy()
	end
end

return PageProcess
