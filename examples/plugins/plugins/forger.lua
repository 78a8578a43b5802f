-- Wants what it was not given, of the one object that it was given.

local board = require 'remote'.require 'board'

local function try(what, fn, ...)
	local ok, problem = pcall(fn, ...)
	print(('%s: %s'):format(what, ok and 'got it!' or problem))
end

try('board.clear', function() return board.clear() end)
try('board.mine = 1', function() board.mine = 1 end)
try('pairs(board)', function() return require 'remote'.pairs(board)() end)
try('a note of the wrong type', board.pin, { 1 })
try('a table as if it were the board', function() return board.pin({}, 'x') end)
try('the window', require 'remote'.getCurrentWindow)
process.exit(0)
