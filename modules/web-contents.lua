--- WebContents: the page of a window, whichever page that is and whatever its process does.

local EventEmitter = require 'events'
local check = require 'check'
local copy = require 'copy'
local task = require 'host.task'

---@class WebContents: EventEmitter
---@field id integer
local WebContents = setmetatable({}, { __index = EventEmitter })
WebContents.__index = WebContents
WebContents.__name = 'WebContents'

-- What a sandboxed page may do with its WebContents, where it was granted its window.
WebContents.__remote = {
	'reload', 'stop', 'getTitle', 'isLoading', 'isResponsive', 'isDestroyed',
}

---@class WebContentsState
---@field loader PageLoader
---@field window BrowserWindow
---@field title string

---@type table<WebContents, WebContentsState>
local states = setmetatable({}, { __mode = 'k' })

---@param self WebContents
---@return WebContentsState
local function alive(self)
	local state = states[self]
	if not state then
		error('not a WebContents: methods are called with a colon', 3)
	elseif state.destroyed then
		error('WebContents has been destroyed', 3)
	end
	return state
end

--- Makes the WebContents of a new window. Only a BrowserWindow has use for it.
---@param id integer
---@param state WebContentsState
---@return WebContents
function WebContents.new(id, state)
	local self = setmetatable({}, WebContents)
	self.id = id
	states[self] = state
	return self
end

--- Loads a page, in place of the one that is loaded or on its way.
---@param url string a path, relative to the app's folder or absolute, or a file: URL
function WebContents:loadUrl(url)
	local state = alive(self)
	check.argument('loadUrl', 1, url, 'string')
	state.loader:load(url)
end

--- Loads the page again, in a fresh context; the one that failed to load last, if one did.
function WebContents:reload()
	local state = alive(self)
	if not state.loader.last then
		error('there is no page to reload: none was ever loaded', 2)
	end
	state.loader:load(state.loader.last.href)
end

--- Gives up the load under way. A script that runs already goes on.
function WebContents:stop()
	alive(self).loader:abort 'the load was stopped'
end

--- The URL of the page that is on its way or loaded; '' where there is none.
---@return string
function WebContents:getUrl()
	local loader = alive(self).loader
	local navigation = loader.navigation or loader.page
	return navigation and navigation.href or ''
end

--- What the page called itself.
---@return string
function WebContents:getTitle()
	return alive(self).title
end

--- Whether a page is on its way whose script has not yet run to its end or first wait.
---@return boolean
function WebContents:isLoading()
	return alive(self).loader.navigation ~= nil
end

--- Whether the page's process has died, and no other has taken its place.
---@return boolean
function WebContents:isCrashed()
	return alive(self).loader.crash ~= nil
end

--- Kills the page's process, whatever it does; 'crashed' follows, and the window stays.
---@return boolean killed false where there is no process
function WebContents:kill()
	return alive(self).loader:kill()
end

--- Whether the page answers; false between the events 'unresponsive' and 'responsive'.
---@return boolean
function WebContents:isResponsive()
	return alive(self).loader.watchdog.responsive
end

--- Whether the window has been closed or destroyed.
---@return boolean
function WebContents:isDestroyed()
	local state = states[self] or error('not a WebContents: methods are called with a colon', 2)
	return state.destroyed == true
end

---@return BrowserWindow
function WebContents:getOwnerWindow()
	return alive(self).window
end

--- Sends the page a message, which its `ipc` emits; tables are copied. While the page is on its way
--- the message waits for it.
---@param channel string
---@param ... any
function WebContents:send(channel, ...)
	local loader = alive(self).loader
	check.argument('send', 1, channel, 'string')
	if loader:isPending() then
		local arguments = copy(table.pack(...))
		loader:whenSettled(function(problem)
			if not problem then
				loader:post('ipc', channel, table.unpack(arguments, 1, arguments.n))
			end
		end)
		return
	end
	local problem = loader:absence()
	if problem then
		error(("cannot send '%s': %s"):format(channel, problem), 2)
	end
	loader:post('ipc', channel, ...)
end

---@param loader PageLoader
---@param problem string?
---@param code string
---@return any ...
local function execute(loader, problem, code)
	if problem then
		error('cannot execute Lua: ' .. problem, 0)
	end
	return loader:ask('execute', code)
end

--- Runs code in the page: an expression, or statements that may `return` something. While the page
--- is on its way the code waits for it. Without a callback the calling coroutine waits for the
--- results.
---@param code string
---@param callback? fun(...) given the results, or nil and the error
---@return any ... the results, without a callback
function WebContents:executeLua(code, callback)
	local loader = alive(self).loader
	check.argument('executeLua', 1, code, 'string')
	check.optional('executeLua', 2, callback, 'function')
	if callback then
		local function call(problem)
			local results = table.pack(pcall(execute, loader, problem, code))
			if results[1] then
				callback(table.unpack(results, 2, results.n))
			else
				callback(nil, results[2])
			end
		end
		if loader:isPending() then
			loader:whenSettled(call)
		else
			task.start(call, loader:absence())
		end
		return
	end
	if not coroutine.isyieldable() then
		error('executeLua cannot wait here: give it a callback', 2)
	end
	if not loader:isPending() then
		return execute(loader, loader:absence(), code)
	end
	local co = coroutine.running()
	loader:whenSettled(function(problem)
		task.resume(co, problem)
	end)
	return execute(loader, coroutine.yield(), code)
end

return WebContents
