--- app: the life of the application, from 'ready' to 'quit'.

local Event = require 'event'
local EventEmitter = require 'events'
local check = require 'check'
local commandLine = require 'command-line'
local environment = require 'environment'
local paths = require 'paths'
local task = require 'host.task'
local windows = require 'windows'

---@class App: EventEmitter
---@field commandLine CommandLine
local App = setmetatable({}, { __index = EventEmitter })
App.__index = App
App.__name = 'App'

local app = setmetatable({}, App)
app.commandLine = commandLine

-- Whether a quit is under way: since app:quit() was called, until it is refused.
local quitting = false

--- Emits an event that may be prevented, and says whether it was.
local function isRefused(name, ...)
	local event = Event.new(app)
	app:emit(name, event, ...)
	return event.defaultPrevented
end

--- The end of every quit, when no window is open.
local function finish()
	if isRefused 'will-quit' then
		quitting = false
		return
	end
	-- What follows app:quit(), or the end of the last window, still runs, as it does with windows.
	process.nextTick(app.exit, app, 0)
end

--- Quits: emits 'before-quit', asks all windows to close, then emits 'will-quit' and 'quit'. It may
--- be prevented in 'before-quit', in any window's 'close' and in 'will-quit'.
function App:quit()
	if quitting then
		return
	end
	quitting = true
	if isRefused 'before-quit' then
		quitting = false
	elseif #windows.list == 0 then
		finish()
	else
		for _, window in ipairs(windows.all()) do
			if not window:isDestroyed() then
				task.start(window.close, window)
			end
		end
	end
end

--- Ends the process at once: nobody is asked, only 'quit' is emitted, pages are killed.
---@param code integer? exit status; 0 without it
function App:exit(code)
	code = code == nil and 0 or check.argument('exit', 1, code, 'integer')
	local exiting = environment.exiting
	environment.exiting = true
	if not exiting then
		task.start(app.emit, app, 'quit', Event.new(app), code)
	end
	process.exit(code)
end

windows.onCloseRefused = function()
	quitting = false
end

windows.onLastClosed = function()
	if quitting then
		task.start(finish)
	elseif app:listenerCount 'window-all-closed' > 0 then
		task.start(app.emit, app, 'window-all-closed', Event.new(app))
	elseif not environment.isScript then
		task.start(app.quit, app)
	end
end

--- Whether 'ready' has been emitted.
---@return boolean
function App:isReady()
	return environment.ready == true
end

--- What the app is called: package.json's productName or name, else its folder's name.
---@return string
function App:getName()
	return environment.package.productName or environment.package.name
		or environment.appPath:match '([^/]+)/*$' or 'lepton'
end

--- package.json's version; Lepton's own where there is none.
---@return string
function App:getVersion()
	return environment.package.version or process.versions.lepton
end

--- The folder of the app.
---@return string
function App:getAppPath()
	return environment.appPath
end

--- What the page of a window can reach of main, one line for each function and value: compare it
--- with a copy in a spec, and it cannot grow unseen.
---@param window BrowserWindow
---@return string
function App:authority(window) -- luacheck: no self
	local method = type(window) == 'table' and window.authority
	if not method then
		error(("bad argument #1 to 'authority' (BrowserWindow expected, got %s)"):format(
			window == nil and 'no value' or check.typeName(window)), 2)
	end
	return method(window)
end

--- What the pages hold of main, and main of them: require 'remote'.report().
---@return RemoteReport[]
function App:remoteReport()
	return require 'remote'.report()
end

--- One of the places that the system or the user keeps things in.
---@param name string home, appData, userData, cache, userCache, temp, userDesktop, exe or module
---@return string
function App:getPath(name)
	check.argument('getPath', 1, name, 'string')
	return paths.get(name, self:getName())
		or error(("getPath: unknown path '%s' (known are %s)"):format(name, paths.names), 2)
end

--- Puts another path in the place of one of those that getPath knows.
---@param name string
---@param path string
function App:setPath(name, path)
	check.argument('setPath', 1, name, 'string')
	check.argument('setPath', 2, path, 'string')
	if not paths.get(name, self:getName()) then
		error(("setPath: unknown path '%s' (known are %s)"):format(name, paths.names), 2)
	end
	paths.set(name, path)
end

return app
