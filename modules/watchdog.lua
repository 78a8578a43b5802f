--- Notices a page that has stopped handling its messages. It asks only behind messages the page has
--- yet to handle, so that nothing ticks while nothing happens.

local task = require 'host.task'
local timers = require 'timers'

---@class Watchdog
---@field responsive boolean
local Watchdog = {}
Watchdog.__index = Watchdog
Watchdog.__name = 'Watchdog'

---@param patience integer how long messages may lie unhandled, in milliseconds
---@param onChange fun(responsive: boolean)
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
	self.timer = timers.setTimeout(function()
		self.timer = nil
		self.responsive = false
		self.onChange(false)
	end, self.patience)
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

function Watchdog:rest()
	self.round = nil
	if self.timer then
		timers.clearTimeout(self.timer)
		self.timer = nil
	end
end

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
end

return Watchdog
