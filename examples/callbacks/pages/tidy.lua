--- Subscribes, and takes its function back when this page ends.

local page = require 'page'
local remote = require 'remote'

local bulletin = remote.require 'bulletin'

local function read(news)
	print('   A tidy page reads: ' .. news)
end

bulletin.subscribe(read)
page:on('unload', function()
	bulletin.unsubscribe(read)
end)
