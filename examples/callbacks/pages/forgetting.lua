--- Subscribes, and forgets that this page is going to end before main does.

local remote = require 'remote'

remote.require('bulletin').subscribe(function(news)
	print('   A forgetful page reads: ' .. news)
end)
