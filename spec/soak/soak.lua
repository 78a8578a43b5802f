--- The soak: an app that does for a long time all that apps do, in rounds. After each round it lets
--- go of what it can, and takes the figures of all its processes.

local EventEmitter = require 'events'
local Figures = require 'spec.soak.figures'
local Service = require 'spec.soak.service'
local ipc = require 'ipc'
local loop = require 'host.loop'
local meter = require 'spec.soak.meter'
local pages = require 'spec.soak.pages'
local processes = require 'spec.support.processes'
local renderer = require 'host.renderer'
local task = require 'host.task'
local timers = require 'timers'

local KIB <const>, MIB <const> = 1024, 1024 * 1024

--- Lua's memory may grow by so much less than what malloc keeps, which large messages move about.
local LUA_SHARE <const> = 1 / 64

--- Seconds that all may take to come to rest.
local PATIENCE = 120

---@class SoakPage
---@field name string
---@field window BrowserWindow
---@field sandboxed boolean
---@field fate 'stays'|'reloads'|'crashes'

---@class Soak
---@field memory integer bytes that the memory of a process may have grown by
---@field round number seconds
local Soak = {}
Soak.__index = Soak

---@async
---@param round number seconds of work before all is looked at
---@param memory integer bytes that the memory of a process may grow by
---@return Soak
function Soak.new(round, memory)
	local self = setmetatable({ round = round, memory = memory, figures = Figures.new(),
		pages = {}, counts = {}, service = Service.new(),
		done = { acts = 0, reloads = 0, crashes = 0, windows = 0 } }, Soak)
	_G.soakService = self.service
	EventEmitter.warn = function() end -- pages leave listeners behind on purpose
	ipc:on('note', function() end)
	ipc:on('count', function(event, x) event.returnValue = x + 1 end)
	ipc:handle('fetch', function(_, name)
		timers.sleep(1)
		return name .. ' fetched'
	end)
	for _, sandboxed in ipairs { false, true } do
		for _, fate in ipairs { 'stays', 'reloads', 'crashes' } do
			table.insert(self.pages, {
				name = ('%s page that %s'):format(sandboxed and 'sandboxed' or 'trusted', fate),
				window = pages.open(sandboxed),
				sandboxed = sandboxed,
				fate = fate,
			})
		end
	end
	return self
end

-- Starts a function in a task, and counts those that run.
local function begin(running, fn, ...)
	running.count = running.count + 1
	task.start(function(...)
		local ok, problem = pcall(fn, ...)
		running.problem = running.problem or not ok and problem or nil
		running.count = running.count - 1
	end, ...)
end

-- Has a page work; one that is ended meanwhile does not answer.
local function work(self, page, seconds)
	local ok, result = pcall(page.window.webContents.executeLua, page.window.webContents,
		('work(%g)'):format(seconds))
	if ok then
		self.done.acts = self.done.acts + result
	elseif page.fate == 'stays' then
		error(('%s: %s'):format(page.name, result), 0)
	end
end

-- Has a page work in pieces, and ends it between them and within.
local function workAndEnd(self, page, stop)
	while process.uptime() < stop do
		local seconds = math.min(0.5, math.max(0, stop - process.uptime()))
		task.start(work, self, page, seconds)
		timers.sleep(math.random(50, 300))
		if page.fate == 'reloads' then
			pages.reload(page.window)
			self.done.reloads = self.done.reloads + 1
		else
			pages.crash(page.window, page.sandboxed)
			self.done.crashes = self.done.crashes + 1
		end
	end
end

-- Opens and closes windows.
local function workWithWindows(self, stop)
	while process.uptime() < stop do
		local window = pages.open(math.random(2) == 1)
		work(self, { window = window, fate = 'ends' }, 0.05)
		pages.close(window)
		self.done.windows = self.done.windows + 1
	end
end

-- What main does by itself meanwhile.
local function workInMain(self, stop)
	while process.uptime() < stop do
		for _, page in ipairs(self.pages) do
			local contents = page.window.webContents
			pcall(contents.send, contents, 'news', { page.name, { 1, 2, 3 } }, ('x'):rep(1000))
			pcall(contents.executeLua, contents, 'collectgarbage "count"')
		end
		self.service:publish('from main', 1)
		timers.sleep(20)
	end
end

---@async
function Soak:work()
	local stop = process.uptime() + self.round
	local running = { count = 0 }
	for _, page in ipairs(self.pages) do
		if page.fate == 'stays' then
			begin(running, work, self, page, self.round)
		else
			begin(running, workAndEnd, self, page, stop)
		end
	end
	begin(running, workWithWindows, self, stop)
	begin(running, workInMain, self, stop)
	local busiest = 0
	repeat
		timers.sleep(50)
		busiest = math.max(busiest, meter.memory(process.pid))
	until running.count == 0
	self.busiest = busiest
	if running.problem then
		error(running.problem, 0)
	end
end

-- What main has open, by count.
local function countMain()
	local watchers = 0
	for _, number in pairs(loop.counts()) do
		watchers = watchers + number
	end
	return { descriptors = meter.descriptors(process.pid), children = #processes.children(),
		['timers and watchers'] = watchers }
end

-- Whether a page has heard of all that main let go of: what it is asked overtakes that.
local function hasHeard(page, counts)
	return not counts.exports or counts.exports <= (page.callbacksCounted or counts.exports)
end

-- Whether nothing is under way any more; what each page says of itself goes into `said`.
local function isAtRest(self, said)
	local rests = renderer.counts().children == #self.pages
	for _, page in ipairs(self.pages) do
		local quiet, heap, counts = page.window.webContents:executeLua 'rest()'
		said[page] = { heap = heap, counts = counts }
		local counted = pages.peer(page.window):counts()
		rests = rests and quiet and counted.requests == 0 and counted.queued == 0
			and counted.exports <= (page.exports or counted.exports)
			and counted.callbacks <= (page.callbacks or counted.callbacks)
			and hasHeard(page, counts)
	end
	timers.sleep(10) -- what the pages were asked for just now is watched for a moment
	for what, number in pairs(countMain()) do
		rests = rests and number <= (self.counts[what] or number)
	end
	return rests
end

--- Lets go of all that can go, and waits until it has gone.
---@async
---@return table<SoakPage, { heap: integer, counts: table }>
function Soak:rest()
	local said = {}
	local deadline = process.uptime() + PATIENCE
	self.service:forget()
	repeat
		timers.sleep(10)
		collectgarbage()
		collectgarbage()
	until isAtRest(self, said) or process.uptime() > deadline
	collectgarbage()
	return said
end

function Soak:takeMain()
	local figures = self.figures
	figures:add('main: memory', meter.memory(process.pid), 'MiB', self.memory, 0.03)
	figures:add('main: memory at work', self.busiest, 'MiB', self.memory, 0.25)
	figures:add('main: addresses', meter.addresses(process.pid), 'MiB', self.memory, 0.03)
	figures:add("main: Lua's memory", collectgarbage 'count' * KIB, 'KiB',
		self.memory * LUA_SHARE, 0.02)
	self.counts = countMain()
	for _, what in ipairs { 'descriptors', 'children', 'timers and watchers' } do
		figures:add('main: ' .. what, self.counts[what], '', 0, 0)
	end
end

-- Those children of main that are no pages.
function Soak:takeZygotes()
	local isPage = {}
	for _, page in ipairs(self.pages) do
		isPage[pages.peer(page.window):pid()] = true
	end
	local number = 0
	for _, pid in ipairs(processes.children()) do
		if not isPage[pid] then
			number = number + 1
			local name = ('zygote %d: '):format(number)
			self.figures:add(name .. 'memory', meter.memory(pid), 'MiB', self.memory, 0)
			self.figures:add(name .. 'descriptors', meter.descriptors(pid), '', 0, 0)
		end
	end
end

---@param page SoakPage
---@param said { heap: integer, counts: table }
function Soak:takePage(page, said)
	local figures = self.figures
	local peer = pages.peer(page.window)
	local counts = peer:counts()
	local function add(what, ...)
		figures:add(page.name .. ': ' .. what, ...)
	end
	add('memory', meter.memory(peer:pid()), 'MiB', self.memory, 0.03)
	add("Lua's memory", said.heap, 'KiB', self.memory * LUA_SHARE, 0.02)
	add('descriptors', meter.descriptors(peer:pid()), '', 0, 0)
	add('objects it holds', counts.exports, '', 0, 0)
	add('callbacks main holds', counts.callbacks, '', 0, 0)
	add('objects it counts', said.counts.imports, '', 0, 0)
	add('callbacks it counts', said.counts.exports, '', 0, 0)
	page.exports, page.callbacks = counts.exports, counts.callbacks
	page.callbacksCounted = said.counts.exports
end

--- Plays one round and takes its figures.
---@async
function Soak:play()
	self:work()
	local said = self:rest()
	self:takeMain()
	self:takeZygotes()
	for _, page in ipairs(self.pages) do
		self:takePage(page, said[page])
	end
end

--- What has been done so far.
---@return string
function Soak:progress()
	local done = self.done
	return ('%d acts, %d reloads, %d crashes, %d windows; main has %.1f MiB'):format(done.acts,
		done.reloads, done.crashes, done.windows, meter.memory(process.pid) / MIB)
end

---@async
function Soak:close()
	for _, page in ipairs(self.pages) do
		page.window:destroy()
	end
end

return Soak
