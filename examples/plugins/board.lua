-- What the host offers its plugins: a board that each of them may pin a few notes to. Only what
-- __remote lists can be called by a sandboxed page.

local board = { __remote = { 'pin', 'count', 'watch' } }

local MOST = 3

local notes = {}
local watchers = {}

--- Pins a note.
---@param text string
---@return integer count how many there are
function board.pin(text)
	if type(text) ~= 'string' or #text > 80 then
		error('a note is a string of at most 80 bytes', 0)
	elseif #notes >= MOST then
		error('the board is full', 0)
	end
	table.insert(notes, text)
	for _, watcher in ipairs(watchers) do
		pcall(watcher, text)
	end
	return #notes
end

--- How many notes there are.
---@return integer
function board.count()
	return #notes
end

--- Calls a function of the plugin for each note.
---@param fn fun(text: string)
function board.watch(fn)
	if #watchers >= MOST then
		error('too many watchers', 0)
	end
	table.insert(watchers, fn)
end

--- For the host only: it is not on the list.
function board.clear()
	notes, watchers = {}, {}
end

return board
