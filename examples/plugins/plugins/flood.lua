-- Wants to drown the host in callbacks.

local board = require 'remote'.require 'board'

local refused = 0
for _ = 1, 1000 do
	local ok = pcall(board.watch, function() end)
	refused = refused + (ok and 0 or 1)
end
print(('%d of 1000 callbacks were refused'):format(refused))
print('one table of many: ' .. select(2, pcall(function()
	local many = {}
	for i = 1, 20000 do
		many[i] = function() end
	end
	board.pin(many)
end)))
