--- Tracebacks that go on in main: where an error came from there, debug.traceback and the report of
--- an uncaught error show both sides.

local peer = require 'host.peer'

local remoteTraceback = {}

-- Below this, main's traceback only shows how Lepton called.
local OPERATIONS = '\n[^\n]*/lua/shared/operations%.lua:%d+: in [^\n]*.*$'

--- Adds main's part to the traceback of an error, where the error came from main.
---@param problem any the error value
---@param traceback string?
---@return string?
function remoteTraceback.join(problem, traceback)
	local text = problem ~= nil and peer.remoteTraceback(problem)
	if not text or not traceback then
		return traceback
	end
	local frames = text:gsub('^stack traceback:', ''):gsub(OPERATIONS, '')
		:gsub('\n\t%(%.%.%.tail calls%.%.%.%)$', '')
	return frames == '' and traceback or traceback .. '\n\tin the main process:' .. frames
end

local localTraceback = debug.traceback

--- Lua's debug.traceback; a message that is an error from main gets main's traceback, too.
function debug.traceback(...) -- luacheck: ignore 122
	if type((...)) == 'thread' then
		return (localTraceback(...))
	end
	local message, level = ...
	local text = localTraceback(message, (level or 1) + 1)
	return type(message) == 'string' and remoteTraceback.join(message, text) or text
end

return remoteTraceback
