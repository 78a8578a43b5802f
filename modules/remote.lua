--- remote: what main can do about the pages that use its objects.
---
---     local remote = require 'remote'
---     local name = remote.ask(callback, 'what is your name?')

local PageProcess = require 'page-process'
local Report = require 'remote-report'
local check = require 'check'
local peer = require 'host.peer'

local remote = {}

--- Calls a callback of a page and gives what it returns. The calling coroutine waits; the page
--- runs the callback when its loop gets to it. A page that itself waits for this very coroutine can
--- never answer: then `would deadlock` is raised.
---@async
---@param callback function
---@param ... any
---@return any ...
function remote.ask(callback, ...)
	if not peer.isCallback(callback) then
		error(("bad argument #1 to 'ask' (callback of a page expected, got %s)"):format(
			callback == nil and 'no value' or check.typeName(callback)), 2)
	end
	return peer.askCallback(callback, ...)
end

--- Marks a table to be sent to a page by value: as the result of a function, or as an argument of a
--- callback, it arrives as a deep copy instead of as a remote object. Other values are returned as
--- they are.
---@param value any
---@return any
function remote.byValue(value)
	return peer.byValue(value)
end

--- Whether a value is a function of a page.
---@param value any
---@return boolean
function remote.isCallback(value)
	return peer.isCallback(value)
end

--- Where a page passed the callback, as file:line; nil for what is no callback.
---@param callback any
---@return string?
function remote.origin(callback)
	return peer.callbackOrigin(callback)
end

--- What the pages hold of main, and main of them, one report for each page. tostring of a report is
--- a table to read.
---@return RemoteReport[]
function remote.report()
	local reports = {}
	for _, process in ipairs(PageProcess.alive()) do
		reports[#reports + 1] = Report.of(process.peer, true, process.page)
	end
	return setmetatable(reports, {
		__tostring = function()
			local texts = {}
			for i, report in ipairs(reports) do
				texts[i] = tostring(report)
			end
			return table.concat(texts, '\n')
		end,
	})
end

return remote
