--- The smallest application: one window that loads a page.

local BrowserWindow = require 'browser-window'
local app = require 'app'

app:on('ready', function()
	local window = BrowserWindow { width = 400, height = 300, title = 'Hello' }
	window:loadUrl 'page.lua'
end)
