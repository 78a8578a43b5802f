--- What stands between a WebContents and its process: which page is loaded, which one is on its
--- way, and who waits for it.

local PageProcess = require 'page-process'
local Watchdog = require 'watchdog'
local task = require 'host.task'
local timers = require 'timers'
local url = require 'url'

---@class Navigation one load of a page, from loadUrl to did-finish-load or did-fail-load
---@field href string
---@field location Location? nil where the URL was no good
---@field source string? the page's script, read and not yet handed on
---@field started boolean? did-start-loading was emitted
---@field committed boolean? the process has been told to load it

---@class PageLoaderOwner
---@field base string the folder that relative paths are relative to
---@field root table what a page is born holding
---@field hello fun(): table what a page's process is told
---@field confinement { sandbox: boolean?, memory: integer? } what a page's process is held to
---@field emit fun(event: string, ...)
---@field watches fun(): boolean whether anybody cares for unresponsive pages
---@field onCommit fun() another page takes the place of the last one
---@field onEnd fun() the page has ended itself

---@class PageLoader
---@field owner PageLoaderOwner
---@field navigation Navigation? the load under way
---@field page Navigation? what is in the process's context
---@field last Navigation? what was loaded last, or failed to
---@field process PageProcess?
---@field crash string? how the process ended that is missing
local PageLoader = {}
PageLoader.__index = PageLoader
PageLoader.__name = 'PageLoader'

---@param owner PageLoaderOwner
---@param patience integer how long a page may leave messages unhandled, in milliseconds
---@return PageLoader
function PageLoader.new(owner, patience)
	local self = setmetatable({ owner = owner, waiting = {} }, PageLoader)
	self.watchdog = Watchdog.new(patience, function(responsive, why)
		if responsive then
			owner.emit 'responsive'
		elseif owner.confinement.sandbox and why ~= 'waiting' and not owner.watches() then
			self:kill()
		else
			owner.emit('unresponsive', why)
		end
	end)
	return self
end

--- Starts a load, in place of the one under way if there is one. A window that is closing loads
--- nothing any more.
---@param text string what loadUrl was given
function PageLoader:load(text)
	if self.onClosed then
		return
	end
	local location, code, message = url.resolve(text, self.owner.base)
	local navigation = { location = location, href = location and location.href or text }
	local superseded = self.navigation
	self.navigation = navigation
	self.last = navigation
	if superseded then
		self:reportFailure(superseded, url.errors.aborted,
			("loading '%s' was given up for '%s'"):format(superseded.href, navigation.href))
	end
	timers.setImmediate(function()
		if self.navigation ~= navigation then
			return
		end
		navigation.started = true
		self.owner.emit 'did-start-loading'
		if self.navigation ~= navigation then
			return
		end
		if location then
			navigation.source, code, message = url.read(location.path)
		end
		if not navigation.source then
			return self:fail(code, message)
		end
		self:advance()
	end)
end

--- Brings the load under way as far as the process lets it.
function PageLoader:advance()
	local process = self.process
	if not process then
		self:spawn()
	elseif process.state == 'busy' then
		process:unload()
	elseif process.state == 'empty' then
		self:commit(self.navigation)
	end
end

--- Starts a process for the page that is on its way; the load fails where there is none to be had.
function PageLoader:spawn()
	local owner = self.owner
	local process, message
	process, message = PageProcess.spawn(owner.root, owner.hello(), owner.confinement, {
		onEmpty = function()
			self.page = nil
			if self.navigation and self.navigation.source then
				self:advance()
			end
		end,
		onComputed = function()
			self.watchdog:expect(process.peer)
		end,
		onExit = function(reason, status)
			self:ended(reason, status)
		end,
	})
	if not process then
		return self:fail(url.errors.failed, message)
	end
	self.process = process
	self.crash = nil
	if owner.confinement.sandbox then
		self.watchdog:guard(process.peer)
	end
end

--- How messages name a page's script: as the app would, if it lies in the app's folder. A sandboxed
--- page is not told the folder of one that lies elsewhere.
---@param path string
---@return string
function PageLoader:shortName(path)
	local folder = self.owner.base .. '/'
	if path:sub(1, #folder) == folder then
		return path:sub(#folder + 1)
	end
	return self.owner.confinement.sandbox and path:match '[^/]*$' or path
end

---@param navigation Navigation
function PageLoader:commit(navigation)
	local location = navigation.location
	local shortName = self:shortName(location.path)
	local loads, message = self.process:load {
		location = self.owner.confinement.sandbox and url.withoutFolder(location, shortName) or location,
		chunkname = '@' .. shortName,
		source = navigation.source,
	}
	if loads == false then
		return
	elseif not loads then
		return self:fail(url.errors.failed, ('cannot load %s: %s'):format(location.path, message))
	end
	navigation.source = nil
	navigation.committed = true
	self.page = navigation
	self.owner.onCommit()
	self:settle(nil)
	self:expectAnswer()
end

--- The page's script has ended, or waits for the first time.
function PageLoader:finish()
	if self.navigation and self.navigation == self.page then
		self.navigation = nil
		self.owner.emit 'did-finish-load'
		self.owner.emit 'did-stop-loading'
	end
end

--- The page's script could not be compiled, or raised.
---@param message string
function PageLoader:scriptFailed(message)
	if self.navigation and self.navigation == self.page then
		self:fail(url.errors.failed, message)
	end
end

--- Gives up the load under way, if there is one. A script that runs already goes on.
---@param message string
function PageLoader:abort(message)
	if self.navigation then
		self:fail(url.errors.aborted, message)
	end
end

--- Ends the load under way without a page.
---@param code integer one of url.errors
---@param message string
function PageLoader:fail(code, message)
	local navigation = self.navigation
	self.navigation = nil
	self:settle(self:absence())
	self:reportFailure(navigation, code, message)
end

--- Emits that a load has failed, if anybody was told that it had begun.
---@param navigation Navigation
---@param code integer one of url.errors
---@param message string
function PageLoader:reportFailure(navigation, code, message)
	if navigation.started then
		self.owner.emit('did-fail-load', code, message, navigation.href)
		self.owner.emit 'did-stop-loading'
	end
end

--- The process is gone.
---@param reason string
---@param status integer|string
function PageLoader:ended(reason, status)
	local process, navigation = self.process, self.navigation
	local committed = navigation and navigation == self.page
	self.process, self.page = nil, nil
	self.watchdog:stop()
	if self.onClosed then
		return self.onClosed()
	end
	if reason ~= 'clean' and not (navigation and process.killed) then
		self.crash = ('%s: %s'):format(reason, status)
		self.owner.emit('crashed', reason, status)
	end
	if self.navigation ~= navigation then
		return
	end
	if navigation and not committed and process.born then
		if navigation.source then
			self:advance()
		end
		return
	end
	if navigation then
		self:fail(url.errors.failed, self.crash and ('the page has crashed (%s)'):format(self.crash)
			or 'the page ended itself')
	end
	if reason == 'clean' and not self.navigation then
		self.owner.onEnd()
	end
end

--- Whether a page is on its way whose process cannot yet be sent anything.
---@return boolean
function PageLoader:isPending()
	return self.navigation ~= nil and not self.navigation.committed
end

--- Why there is no page to send anything to; nil if there is one.
---@return string?
function PageLoader:absence()
	if self.onClosed then
		return 'its page was closed'
	elseif self.crash then
		return ('its page has crashed (%s)'):format(self.crash)
	elseif not self.page or self.process.state ~= 'busy' then
		return 'no page is loaded'
	end
end

--- Calls back, in a task, once there is a page or it turns out that there is none, with the reason.
---@param callback fun(problem: string?)
function PageLoader:whenSettled(callback)
	table.insert(self.waiting, callback)
end

--- Tells those who wait that there is a page, or why there is none.
---@param problem string?
function PageLoader:settle(problem)
	local waiting = self.waiting
	self.waiting = {}
	for _, callback in ipairs(waiting) do
		task.start(callback, problem)
	end
end

--- Sends the page a message; raises where there is no page. Tables are copied. A page that has
--- died, though nobody could be told yet, does not get it: as if it had died on the way.
---@param method string
---@param ... any
function PageLoader:post(method, ...)
	local peer = self.process.peer
	if peer:isOpen() then
		peer:post(method, ...)
		self:expectAnswer()
	end
end

--- Asks the page, and waits for what it answers.
---@param method string
---@param ... any
---@return any ...
function PageLoader:ask(method, ...)
	self:expectAnswer()
	return self.process.peer:ask(method, ...)
end

--- Has the watchdog see to it that what the page was sent is handled, if anybody cares.
function PageLoader:expectAnswer()
	if self.owner.watches() or self.owner.confinement.sandbox then
		self.watchdog:expect(self.process.peer)
	end
end

--- Has the page unload and ends its process.
---@param done fun() called when it is gone
function PageLoader:close(done)
	self.onClosed = done
	self:abort 'the window was closed'
	if self.process then
		self.process:close()
	else
		timers.setImmediate(done)
	end
end

--- Kills the process, as if it had crashed.
---@return boolean killed false where there is none
function PageLoader:kill()
	return self.process ~= nil and self.process.peer:kill()
end

--- Ends the process at once.
function PageLoader:destroy()
	self.onClosed = function() end
	self.watchdog:stop()
	self:abort 'the window was destroyed'
	if self.process then
		self.process:kill()
	end
end

return PageLoader
