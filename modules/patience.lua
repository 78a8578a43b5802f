--- Patience with a page that was asked for something. It is over when its time has passed on the
--- clock, and the page had a fair part of it on a processor or did not want one: so a crowded
--- machine makes no page look hung.

local readFile = require 'read-file'
local timers = require 'timers'

--- The time is taken in parts, so that it is not over at once where main itself was held up. One of
--- them is what a page must have had on a processor if it wanted to compute.
local PARTS = 4

--- A last part that ends so much later than it should, in milliseconds, is taken again: what the
--- page has sent meanwhile lies unread.
local LATE = 100

---@class Patience
---@field stop fun(self: Patience) the page has done what it was asked for
local Patience = {}
Patience.__index = Patience
Patience.__name = 'Patience'

---@param peer userdata
---@param milliseconds number
---@param onOver fun(why: 'spinning'|'stopped'|'waiting')
---@return Patience
function Patience.start(peer, milliseconds, onOver)
	local self = setmetatable({ peer = peer, onOver = onOver }, Patience)
	self.part = milliseconds / PARTS
	self.before = peer:cpuTime()
	self:last(PARTS)
	return self
end

--- Waits for the parts that are left.
---@param parts integer
function Patience:last(parts)
	local due = process.hrtime() + self.part * 1e6
	self.timer = timers.setTimeout(function()
		if parts > 1 then
			self:last(parts - 1)
		elseif process.hrtime() - due > math.max(self.part, LATE) * 1e6 then
			self:last(1)
		else
			self:look()
		end
	end, self.part)
end

--- The time is over: so is patience, unless the page could not yet have done it.
function Patience:look()
	local why = self:explain()
	if why then
		self.onOver(why)
	else
		self:last(1)
	end
end

--- Why the page does not do what it was asked for; nil if it could not yet have.
---@return 'spinning'|'stopped'|'waiting'|nil
function Patience:explain()
	if self.peer:isStopped() then
		return 'stopped'
	elseif (self.peer:cpuTime() - self.before) * 1000 >= self.part then
		return 'spinning'
	elseif not self:isStarving() then
		return 'waiting'
	end
end

--- Whether the page would compute, if only it were let.
---@return boolean
function Patience:isStarving()
	local status = readFile(('/proc/%d/stat'):format(self.peer:pid()))
	return status ~= nil and status:find '%) [RD] ' ~= nil
end

--- The page has done what it was asked for.
function Patience:stop()
	timers.clearTimeout(self.timer)
end

return Patience
