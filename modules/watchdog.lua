--- Notices a page that has stopped handling its messages. It asks only behind messages the page has
--- yet to handle, so that nothing ticks while nothing happens.

local Patience = require 'patience'
local task = require 'host.task'
local timers = require 'timers'

--- How long a page may compute that nothing is sent to before it is asked whether it answers, in
--- milliseconds.
local GUARD_TIME = 500

---@class Watchdog
---@field responsive boolean
local Watchdog = {}
Watchdog.__index = Watchdog
Watchdog.__name = 'Watchdog'

---@param patience integer how long messages may lie unhandled, in milliseconds
---@param onChange fun(responsive: boolean, why: 'spinning'|'stopped'|'waiting'|nil)
---@return Watchdog
function Watchdog.new(patience, onChange)
	return setmetatable({ patience = patience, onChange = onChange, responsive = true }, Watchdog)
end

--- The page was sent something: it should have handled that in good time.
---@param peer userdata
function Watchdog:expect(peer)
	if self.round then
		self.again = true
		return
	end
	local round = {}
	self.round = round
	self.again = false
	self:waitFor(peer)
	task.start(function()
		local answered = pcall(peer.ask, peer, 'ping')
		if self.round ~= round then
			return
		end
		self:rest()
		-- What does not answer has gone, and has not become responsive by that.
		if answered then
			self:becomeResponsive()
			if self.again then
				self:expect(peer)
			end
		end
	end)
end

--- Says when patience with the page is over. One that waits for something may begin to spin, which
--- is said, too.
---@param peer userdata
---@param said string?
function Watchdog:waitFor(peer, said)
	self.patiently = Patience.start(peer, self.patience, function(why)
		self.responsive = false
		if why == 'waiting' then
			self:waitFor(peer, why)
		end
		if why ~= said then
			self.onChange(false, why)
		end
	end)
end

--- Has a page asked, whenever it has computed for a while, whether it answers: it may compute
--- without end although nothing was sent to it. One that does not compute wakes nobody.
---@param peer userdata its event 'computed' calls `expect`
function Watchdog:guard(peer)
	if not peer:guard(GUARD_TIME) then
		self:guardByLooking(peer)
	end
end

--- The same where the kernel has no timer left for it: looks now and then.
---@param peer userdata
function Watchdog:guardByLooking(peer)
	local before = peer:cpuTime()
	self.guardian = timers.setInterval(function()
		local now = peer:cpuTime()
		if now - before > GUARD_TIME / 1000 then
			self:expect(peer)
			before = now
		end
	end, 2 * GUARD_TIME)
	self.guardian:unref()
end

--- Nothing is expected of the page any more.
function Watchdog:rest()
	self.round = nil
	if self.patiently then
		self.patiently:stop()
		self.patiently = nil
	end
end

--- The page has answered.
function Watchdog:becomeResponsive()
	if not self.responsive then
		self.responsive = true
		self.onChange(true)
	end
end

--- The page is gone, and with it what was expected of it.
function Watchdog:stop()
	self.responsive = true
	self:rest()
	if self.guardian then
		timers.clearInterval(self.guardian)
		self.guardian = nil
	end
end

return Watchdog
