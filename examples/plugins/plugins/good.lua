-- A plugin as it should be.

local board = require 'remote'.require 'board'

board.watch(function(text)
	print(('saw "%s" on the board'):format(text))
	process.exit(0)
end)
print('has pinned note ' .. board.pin 'hello from a plugin')
