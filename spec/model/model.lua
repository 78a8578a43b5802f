--- The model: random work on the references between main and a few pages, and an exact account of
--- who holds what once the work is done. A run is repeated by its seed.

local BrowserWindow = require 'browser-window'
local World = require 'spec.model.world'
local newRandom = require 'spec.support.random'
local renderer = require 'host.renderer'
local task = require 'host.task'
local timers = require 'timers'
local wait = require 'spec.support.wait'

local SLOTS, PLACES, MAILS, OBJECTS, FUNCTIONS = 8, 4, 3, 12, 4

--- Milliseconds for counts to become what they must be.
local PATIENCE = 120000

local pagePath = debug.getinfo(1, 'S').source:match '^@(.*)/' .. '/page.lua'
if pagePath:sub(1, 1) ~= '/' then
	pagePath = process.cwd() .. '/' .. pagePath
end

---@class ModelPage
---@field window BrowserWindow
---@field peer userdata
---@field slots table<integer, string|integer> what it holds where: a key, or the token of one
---@field base integer exports that every page has
---@field doomed string? 'reload' or 'kill': it will not see the end of this round

---@class Model
local Model = {}
Model.__index = Model

-- The peer of the process that a window is about to start.
local function watchSpawns(model)
	local spawn = renderer.spawn
	renderer.spawn = function(...)
		local peer, message = spawn(...)
		model.spawned = peer
		return peer, message
	end
	return function()
		renderer.spawn = spawn
	end
end

function Model:load(number, how)
	local page = self.pages[number]
	local world = self.world
	page.slots = {}
	local contents = page.window.webContents
	how(contents, page.peer)
	wait.event(contents, 'did-finish-load')
	page.peer = self.spawned or page.peer
	self.spawned = nil
	-- What the old context still did is of no account.
	world.held[number], world.mails[number] = {}, {}
	world.contexts[number] = (world.contexts[number] or 0) + 1
	contents:executeLua(('begin(%d, %d)'):format(number, world.contexts[number]))
end

---@param seed integer
---@return Model
function Model.new(seed)
	local model = setmetatable({ seed = seed, random = newRandom(seed), world = World.new(),
		pages = {}, rounds = 0, operations = 0, token = 0 }, Model)
	_G.theModel = model.world
	model.restore = watchSpawns(model)
	for number = 1, 1 + model.random(3) do
		model.pages[number] = { window = BrowserWindow { show = false } }
		model.world.held[number], model.world.mails[number] = {}, {}
		model:load(number, function(contents)
			contents:loadUrl(pagePath)
		end)
	end
	return model
end

function Model:close()
	self.restore()
	_G.theModel = nil
	for _, page in ipairs(self.pages) do
		page.window:destroy()
	end
end

function Model:fail(...)
	error(('model: seed %d, round %d, %d pages: %s'):format(self.seed, self.rounds, #self.pages,
		string.format(...)), 0)
end

-- The choices of what a page does next: each changes its slots as the page will, and gives the act.
local choices = {}

function choices.get(random, page)
	local slot, object = random(SLOTS), random(OBJECTS)
	page.slots[slot] = 'o' .. object
	return 'get', slot, object
end

function choices.getTwice(random, page)
	local a, b, object = random(SLOTS), random(SLOTS), random(OBJECTS)
	page.slots[a], page.slots[b] = 'o' .. object, 'o' .. object
	return 'getTwice', a, b, object
end

function choices.getMany(random, page)
	local slot, object = random(SLOTS), random(OBJECTS)
	page.slots[slot] = 'o' .. object
	return 'getMany', slot, object, 1 + random(10)
end

function choices.link(random, page)
	local a, b = random(SLOTS), random(SLOTS)
	local key = page.slots[a]
	local object = type(key) == 'string' and tonumber(key:match '^o(%d+)$')
	local linked = object and World.linkOf(object)
	if linked then
		page.slots[b] = 'o' .. linked
		return 'link', a, b
	end
end

function choices.handle(random, page, model)
	local slot, from, place = random(SLOTS), random(#model.pages), random(PLACES)
	model.token = model.token + 1
	page.slots[slot] = model.token
	return 'handle', slot, from, place, model.token
end

function choices.home(random, page)
	local slot = random(SLOTS)
	return 'home', slot, page.slots[slot]
end

function choices.nested(random, page)
	local a, b = random(SLOTS), random(SLOTS)
	return 'nested', a, b, page.slots[a], page.slots[b]
end

function choices.refused(random)
	return 'refused', random(SLOTS)
end

function choices.copy(random, page)
	local a, b = random(SLOTS), random(SLOTS)
	page.slots[b] = page.slots[a]
	return 'copy', a, b
end

function choices.drop(random, page)
	local slot = random(SLOTS)
	page.slots[slot] = nil
	return 'drop', slot
end

function choices.collect()
	return 'collect'
end

function choices.step()
	return 'step'
end

function choices.resurrect(random, page)
	local slot = random(SLOTS)
	return 'resurrect', slot, page.slots[slot]
end

function choices.lose(random, page)
	local slot = random(SLOTS)
	page.slots[slot] = nil
	return 'lose', slot
end

function choices.register(random)
	return 'register', random(PLACES), random(FUNCTIONS)
end

function choices.callback(random, _, model, number)
	local to = random(#model.pages)
	return 'callback', to, random(PLACES), ('%d:%d'):format(number, random(MAILS)), random(OBJECTS)
end

function choices.yield()
	return 'yield'
end

local NAMES = {}
for name in pairs(choices) do
	NAMES[#NAMES + 1] = name
end
table.sort(NAMES)
-- What costs most comes least; what makes references comes most.
for _, name in ipairs { 'get', 'get', 'home', 'drop', 'copy', 'handle', 'callback', 'register' } do
	NAMES[#NAMES + 1] = name
end

-- Work for one page, as Lua code.
function Model:plan(number, count)
	local page = self.pages[number]
	local acts = {}
	while #acts < count do
		local act = table.pack(choices[NAMES[self.random(#NAMES)]](self.random, page, self, number))
		if act.n > 0 then
			for i = 1, act.n do
				act[i] = ('%q'):format(act[i])
			end
			acts[#acts + 1] = '{ ' .. table.concat(act, ', ') .. ' }'
		end
	end
	return 'run { ' .. table.concat(acts, ', ') .. ' }'
end

-- How a page ends in the middle of its work, and begins again.
local ENDINGS = {
	reload = function(contents)
		contents:reload()
	end,
	kill = function(contents, peer)
		peer:kill()
		wait.untilTrue('a killed page has died', function()
			return contents:isCrashed()
		end)
		contents:reload()
	end,
}

-- Does the work of all pages at once, and ends some pages in the middle of it.
function Model:work(count)
	local running = #self.pages
	local waiting
	for number, page in ipairs(self.pages) do
		local code = self:plan(number, count)
		page.doomed = self.random(10) == 1 and (self.random(2) == 1 and 'reload' or 'kill') or nil
		task.start(function()
			local contents = page.window.webContents
			local ok, problem = pcall(contents.executeLua, contents, code)
			if not ok and not page.doomed then
				self.world.problem = self.world.problem or ('page %d: %s'):format(number, problem)
			end
			running = running - 1
			if running == 0 and waiting then
				task.resume(waiting)
			end
		end)
	end
	for number, page in ipairs(self.pages) do
		if page.doomed then
			timers.sleep(self.random(3) - 1)
			self:load(number, ENDINGS[page.doomed])
		end
	end
	if running > 0 then
		waiting = coroutine.running()
		coroutine.yield()
	end
	self.operations = self.operations + count * #self.pages
end

-- What main does between two rounds, when nothing is under way.
function Model:forget()
	for number in ipairs(self.pages) do
		if self.random(3) == 1 then
			self.world.held[number][self.random(PLACES)] = nil
		end
	end
end

-- What a page must hold of main: key → true, without its own functions, which came home.
function Model:holdings(number)
	local own = ('^f%d:%d:'):format(number, self.world.contexts[number])
	local keys = {}
	for _, key in pairs(self.pages[number].slots) do
		key = type(key) == 'number' and self.world.tokens[key] or key
		if type(key) == 'string' and not key:find(own) then
			keys[key] = true
		end
	end
	for _, key in pairs(self.world.mails[number]) do
		keys[key] = true
	end
	return keys
end

-- The functions of a page that main must hold, for itself or for other pages.
function Model:callbacks(number)
	local own = ('^f%d:%d:'):format(number, self.world.contexts[number])
	local keys, count = {}, 0
	local function add(key)
		if key:find(own) and not keys[key] then
			keys[key] = true
			count = count + 1
		end
	end
	for _, callback in pairs(self.world.held[number]) do
		add(self.world.keyOf[callback])
	end
	for other in ipairs(self.pages) do
		for key in pairs(self:holdings(other)) do
			add(key)
		end
	end
	return count
end

local function listed(keys)
	local list = {}
	for key in pairs(keys) do
		list[#list + 1] = key
	end
	table.sort(list)
	return table.concat(list, ' ')
end

-- nil, or in which way the counts of a page are not what they must be.
function Model:difference(number)
	local page = self.pages[number]
	local held, base = {}, 0
	for _, entry in ipairs(page.peer:report()) do
		if entry.direction == 'export' then
			local key = self.world.keyOf[entry.value]
			if key then
				held[key] = true
			else
				base = base + 1
			end
		end
	end
	local expected, actual = listed(self:holdings(number)), listed(held)
	if expected ~= actual then
		return ('page %d holds {%s}, not {%s}'):format(number, actual, expected)
	end
	page.base = page.base or base
	if base ~= page.base then
		return ('page %d holds %d things beside, not %d'):format(number, base, page.base)
	end
	local counts = page.peer:counts()
	if counts.callbacks ~= self:callbacks(number) then
		return ('main holds %d functions of page %d, not %d'):format(counts.callbacks, number,
			self:callbacks(number))
	end
	local imports, exports, queued = page.window.webContents:executeLua [[(function()
		local counts = require 'host.page'.main:counts()
		return counts.imports, counts.exports, counts.queued
	end)()]]
	if imports ~= counts.exports or exports ~= counts.callbacks or queued ~= 0 then
		return ('page %d counts %d imports, %d exports, %d queued; main %d and %d'):format(number,
			imports, exports, queued, counts.exports, counts.callbacks)
	end
end

-- Waits until all garbage is gone, and compares.
function Model:check()
	local deadline = process.uptime() + PATIENCE / 1000
	local difference
	repeat
		collectgarbage()
		for _, page in ipairs(self.pages) do
			page.window.webContents:executeLua 'collectgarbage() collectgarbage()'
		end
		timers.sleep(0)
		collectgarbage()
		timers.sleep(1)
		difference = nil
		for number in ipairs(self.pages) do
			difference = difference or self:difference(number)
		end
	until self.world.problem or not difference or process.uptime() > deadline
	if self.world.problem or difference then
		self:fail('%s', self.world.problem or difference)
	end
	self.world.tokens = self:usedTokens()
end

-- Tokens of slots that were written over are of no use any more.
function Model:usedTokens()
	local used = {}
	for _, page in ipairs(self.pages) do
		for _, key in pairs(page.slots) do
			if type(key) == 'number' then
				used[key] = self.world.tokens[key]
			end
		end
	end
	return used
end

--- Does one round of `count` acts in each page, and checks all accounts.
---@async
---@param count integer
function Model:round(count)
	self.rounds = self.rounds + 1
	self:work(count)
	self:forget()
	self:check()
end

return Model
