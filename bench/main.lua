-- Measures the cases it is told to, in one lane, and writes what it found as JSON. script/bench
-- runs this once for each lane; run.lua is what reads it.
--
--   lepton [--no-ring] bench FILE     the JSON in FILE says what to do; the results replace it

local BrowserWindow = require 'browser-window'
local Meter = require 'meter'
local app = require 'app'
local cjson = require 'cjson'
local ipc = require 'ipc'
local task = require 'host.task'
local timers = require 'timers'
local windows = require 'windows-of-bench'

--- How long the part of a case in one process may take, in milliseconds.
local PATIENCE = 120000

local path = ...
if not path then
	io.stderr:write 'bench: this app is run by script/bench\n'
	process.exit(2)
end

local file = assert(io.open(path))
local order = cjson.decode(file:read 'a')
file:close()
local options = order.options
for name in pairs { repeats = true, singly = true } do
	options[name] = math.tointeger(options[name])
end

local rows, problems = {}, {}

-- What a page sends in the case 'messages' goes nowhere.
ipc:on('bench', function() end)

local current

ipc:on('bench-order', function(event)
	event.returnValue = { case = current.name, options = options }
end)

ipc:on('bench-result', function(_, measured, problem)
	current.done(measured, problem)
end)

local function keep(case, measured, problem)
	for name, row in pairs(measured) do
		rows[name] = row
	end
	if problem then
		table.insert(problems, { case = case, problem = problem })
	end
end

--- Runs the page's part of a case in a page of its own.
local function runInPage(name)
	local me = coroutine.running()
	local window = BrowserWindow { show = false }
	local timer
	local function finish(measured, problem)
		if current.done then
			current.done = nil
			timers.clearTimeout(timer)
			task.resume(me, measured, problem)
		end
	end
	current = { name = name, done = finish }
	timer = timers.setTimeout(function()
		finish({}, 'it took too long')
	end, PATIENCE)
	window.webContents:on('crashed', function(_, reason, status)
		finish({}, ('its page died (%s %s)'):format(reason, status))
	end)
	window:loadUrl 'pages/case.lua'
	local measured, problem = coroutine.yield()
	keep(name, measured, problem)
	windows.destroy { window }
end

local function runInMain(name, run)
	local meter = Meter.new(options)
	local ok, problem = pcall(run, meter, windows)
	keep(name, meter.rows, not ok and tostring(problem) or nil)
end

app:on('window-all-closed', function() end)

app:on('ready', function()
	for _, name in ipairs(order.cases) do
		local case = require('cases.' .. name)
		if case.page then
			runInPage(name)
		end
		if case.main then
			runInMain(name, case.main)
		end
	end
	local out = assert(io.open(path, 'w'))
	out:write(cjson.encode { rows = rows, problems = problems })
	out:close()
	app:exit(0)
end)
