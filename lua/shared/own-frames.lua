--- Tracebacks as they are printed: without Lepton's own frames, about which an app can do nothing.

local isOwn = require 'host.peer'.isOwnPlace

--- The lines of a traceback that are left, in order.
---@class FrameFilter
---@field kept string[]
---@field heading string? what stands above the next frame that is kept
---@field called string[] frames of C that wait for the one that called them
---@field isBelowOwn boolean the last frame was Lepton's
local FrameFilter = {}
FrameFilter.__index = FrameFilter

--- One part of the traceback is over.
function FrameFilter:finish()
	if not self.heading then
		table.move(self.called, 1, #self.called, #self.kept + 1, self.kept)
	end
	self.called = {}
	self.isBelowOwn = false
end

---@param line string
function FrameFilter:heed(line)
	local frame = line:match '^\t(.*)$'
	if not frame or frame == 'in the main process:' then
		self:finish()
		self.heading = line
	elseif isOwn(frame) then
		self.called, self.isBelowOwn = {}, true
	elseif frame:find '^%[C%]' then
		table.insert(self.called, line)
	elseif not (self.isBelowOwn and frame == '(...tail calls...)') then
		table.insert(self.kept, self.heading)
		self.heading = nil
		table.insert(self.called, line)
		self:finish()
	end
end

--- Takes out of a traceback the frames of Lepton's, and those of C that they call. Where Lepton
--- itself has failed all of them stay: they are what to report.
---@param problem any the error value
---@param traceback string?
---@return string? traceback nil where there is none, or nobody's frame is left
return function(problem, traceback)
	if not traceback or traceback == '' then
		return nil
	elseif type(problem) == 'string' and isOwn(problem) then
		return traceback
	end
	local filter = setmetatable({ kept = {}, called = {}, isBelowOwn = false }, FrameFilter)
	for line in traceback:gmatch '[^\n]+' do
		filter:heed(line)
	end
	filter:finish()
	return #filter.kept > 0 and table.concat(filter.kept, '\n') or nil
end
