--- Accounts: what a spec must leave as it found it. In a describe block:
---
---     require 'spec.support.accounts'(before_each, after_each)
---
--- After each spec all windows are destroyed, garbage is collected, and what is left of pages,
--- processes, descriptors, timers and watchers must be what there was before.

local BrowserWindow = require 'browser-window'
local loop = require 'host.loop'
local processes = require 'spec.support.processes'
local renderer = require 'host.renderer'
local run = require 'spec.support.run'
local timers = require 'timers'

--- Seconds that processes get to end.
local PATIENCE = 120

local function take()
	collectgarbage()
	collectgarbage()
	local account = {
		processes = #processes.children(),
		descriptors = processes.descriptors(),
		windows = #BrowserWindow.getAllWindows(),
	}
	for what, number in pairs(loop.counts()) do
		account[what] = number
	end
	for what, number in pairs(renderer.counts()) do
		account[what] = number
	end
	return account
end

---@return string? difference nil where there is none
local function difference(before, after)
	local words = {}
	for what, number in pairs(after) do
		if number ~= before[what] then
			table.insert(words, ('%s: %d, were %d'):format(what, number, before[what]))
		end
	end
	table.sort(words)
	return words[1] and table.concat(words, '; ')
end

---@param beforeEach fun(fn: function)
---@param afterEach fun(fn: function)
return function(beforeEach, afterEach)
	local before

	beforeEach(function()
		before = take()
	end)

	afterEach(function()
		for _, window in ipairs(BrowserWindow.getAllWindows()) do
			window:destroy()
		end
		local deadline = process.uptime() + PATIENCE
		local wrong
		repeat
			timers.sleep(2)
			wrong = difference(before, take())
		until not wrong or process.uptime() > deadline
		run.removeAll()
		if wrong then
			error('left behind: ' .. wrong, 0)
		end
	end)
end
