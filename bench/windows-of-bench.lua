--- Opens many windows and waits until all of their pages have said that they are there.

local BrowserWindow = require 'browser-window'
local renderer = require 'host.renderer'
local task = require 'host.task'
local timers = require 'timers'

--- How long pages may take to come, in milliseconds.
local PATIENCE = 60000

--- A sandboxed page may say that it is there, no more.
local windows = { __remote = { 'arrived' } }

local missing, waiting = 0, nil

--- A page calls this.
function windows.arrived()
	missing = missing - 1
	if missing == 0 and waiting then
		task.resume(waiting)
	end
end

---@param count integer
---@param url string
---@param options table? of the windows
---@return BrowserWindow[]
function windows.open(count, url, options)
	local opened = {}
	missing = missing + count
	for i = 1, count do
		opened[i] = BrowserWindow(options or { show = false })
		opened[i]:loadUrl(url)
	end
	local me = coroutine.running()
	local timer = timers.setTimeout(task.resume, PATIENCE, me, true)
	waiting = me
	local late = coroutine.yield()
	waiting = nil
	timers.clearTimeout(timer)
	if late then
		missing = 0
		error(('%d pages did not come within a minute'):format(count), 0)
	end
	return opened
end

--- Destroys windows, and waits until their processes are gone.
---@param opened BrowserWindow[]
function windows.destroy(opened)
	local left = renderer.counts().children - #opened
	for _, window in ipairs(opened) do
		window:destroy()
	end
	while renderer.counts().children > left do
		timers.sleep(1)
	end
end

--- The processes of the pages in some windows, found among the children of this process.
---@param opened BrowserWindow[]
---@return integer[]
function windows.pids(opened)
	local pids = {}
	for _, window in ipairs(opened) do
		table.insert(pids, window.webContents:executeLua 'process.pid')
	end
	return pids
end

--- Has the first `count` windows run code at once; returns what each gave.
---@param opened BrowserWindow[]
---@param count integer
---@param code string
---@return any[]
function windows.execute(opened, count, code)
	local me, left, results = coroutine.running(), count, {}
	for i = 1, count do
		opened[i].webContents:executeLua(code, function(result, problem)
			results[i] = result or error(problem, 0)
			left = left - 1
			if left == 0 then
				task.resume(me)
			end
		end)
	end
	coroutine.yield()
	return results
end

return windows
