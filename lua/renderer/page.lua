--- page: what a page knows of itself. An emitter of 'unload'.
---
---     local page = require 'page'
---     page:setTitle 'Notes'
---     page:on('unload', function() print 'bye' end)

local check = require 'check'
local either = require 'either'
local main = require 'host.page'.main

---@class Page: EventEmitter
---@field location Location where the page was loaded from
local page = {}

local functions = {}

local title = ''

--- Names the page; the window takes the name for its title.
---@param text string
function functions.setTitle(text)
	title = check.argument('setTitle', 1, text, 'string')
	main:post('setTitle', text)
end

--- What the page called itself last.
---@return string
function functions.getTitle()
	return title
end

--- Asks for the page's window to be closed, as a user would: main may prevent it.
function functions.close()
	main:post 'close'
end

return either(page, 'Page', functions)
