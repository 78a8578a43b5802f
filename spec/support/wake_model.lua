--- A model of how the two ends of a ring sleep and wake each other, for a search through all
--- that can happen. It follows host/ring.c, channel.c, peers.c, peer.c and ask.c step by step: a
--- step here is one access to shared memory or one system call there. Stores wait in a store
--- buffer until they are drained, as on x86; a fence waits until all are.
---
---     local wake = require 'spec.support.wake_model'
---     local result = wake.search{ capacity = 1, posts = { 2, 1 } }
---     result.stuck    nil, or the steps that lead to where nobody goes on with what there is to do
---     result.restless nil, or the steps that lead to where both ends can never sleep again
---     result.states   how many states there are
---
--- Units of one byte stand for frames. Either end may post whenever it is not in the middle of
--- something else, and may wait for an answer instead of going back to its loop, as a page does.

local exhaust = require 'spec.support.exhaust'

local wake = {}

---@class WakeModel
---@field capacity integer bytes of each ring
---@field posts integer[] how much each end posts
---@field waits? boolean whether the ends also wait as a page does for an answer
---@field without? table<string, boolean> parts of the protocol to leave out; see wake.parts

--- What can be left out.
wake.parts = {
	'warm after an empty bell', -- whoever hears a bell looks from then on, though nothing has come
	'look before sleep', -- in the loop, after saying that one sleeps
	'look before waiting', -- the same where one waits for an answer
	'look before want of room', -- after saying that one waits for room
	'bell for bytes',
	'bell for room',
	'fence after publishing',
	'fence before sleep',
	'fence before want of room',
	'flush after a bell',
}

-- Where things are in a state, a list of small integers: of each end, of each ring, of each buffer.
local PC, RETURN, VIA, HOT, DIRTY, GOT, OUT, LEFT, BELL = 1, 2, 3, 4, 5, 6, 7, 8, 9
local END_SIZE = 9
local TAIL, HEAD, ASLEEP, WANTS = 1, 2, 3, 4
local RINGS, RING_SIZE = 2 * END_SIZE, 4
local BUFFERS, SLOTS = RINGS + 2 * RING_SIZE, 4
local SIZE = BUFFERS + 2 * 2 * SLOTS

local NAMES = {
	'prepare', 'loop', 'poll', 'look', 'hear', 'fill', 'warm', 'takeFence', 'takeLoad',
	'takeExchange', 'takeBell', 'taken', 'cool', 'coolFence', 'coolCheck', 'flush', 'wakeFence',
	'wakeLoad', 'wakeExchange', 'wakeBell', 'want', 'wantFence', 'wantCheck', 'waitWarm', 'waitSpin',
	'waitSleep', 'waitFence', 'waitCheck', 'waitPoll', 'waitHear', 'waitFill',
}
local AT = {}
for i, name in ipairs(NAMES) do
	AT[name] = i
end

local function copy(s)
	return table.move(s, 1, SIZE, 1, {})
end

-- One end as it acts on a state, which it may change: a fresh copy for each way to go on.
local End = {}
End.__index = End

function End:get(field)
	return self.s[self.base + field]
end

function End:set(field, value)
	self.s[self.base + field] = value
end

function End:go(name)
	self.s[self.base + PC] = AT[name]
end

function End:load(ring, field)
	local s, at = self.s, RINGS + (ring - 1) * RING_SIZE + field
	for slot = SLOTS - 1, 0, -1 do
		if s[self.buffer + 2 * slot + 1] == at then
			return s[self.buffer + 2 * slot + 2]
		end
	end
	return s[at]
end

function End:store(ring, field, value)
	local s = self.s
	for slot = 0, SLOTS - 1 do
		if s[self.buffer + 2 * slot + 1] == 0 then
			s[self.buffer + 2 * slot + 1] = RINGS + (ring - 1) * RING_SIZE + field
			s[self.buffer + 2 * slot + 2] = value
			return
		end
	end
	error 'more stores wait than the model has room for'
end

function End:isDrained()
	return self.s[self.buffer + 1] == 0
end

-- A step makes one store at most.
function End:isFull()
	return self.s[self.buffer + 2 * SLOTS - 1] ~= 0
end

function End:drain()
	local s, first = self.s, self.buffer + 1
	s[s[first]] = s[first + 1]
	table.move(s, first + 2, first + 2 * SLOTS - 1, first)
	s[first + 2 * SLOTS - 2], s[first + 2 * SLOTS - 1] = 0, 0
end

function End:exchange(ring, field)
	local at = RINGS + (ring - 1) * RING_SIZE + field
	local before = self.s[at]
	self.s[at] = 0
	return before ~= 0
end

function End:ring()
	self.s[(2 - self.number) * END_SIZE + BELL] = 1
end

function End:held()
	return self:load(self.incoming, TAIL) - self:load(self.incoming, HEAD)
end

function End:room()
	return self.model.capacity - self:load(self.number, TAIL) + self:load(self.number, HEAD)
end

function End:flushThen(name)
	self:set(RETURN, AT[name])
	self:go 'flush'
end

function End:awake()
	if self:get(HOT) == 0 then
		self:set(HOT, 1)
		self:store(self.incoming, ASLEEP, 0)
	end
end

-- Takes one byte, or all.
function End:take(via, all)
	local n = all and self:held() or 1
	self:set(VIA, AT[via])
	self:set(GOT, 1)
	self:store(self.incoming, HEAD, self:load(self.incoming, HEAD) + n)
	self:go 'takeFence'
end

-- For each place: the ways to go on from there, as functions that change the state. Those that need
-- not happen are under `may`.
local steps, may = {}, {}

local function fence(part, onward)
	return function(e)
		if e.model.without[part] or e:isDrained() then
			return { function(x) x:go(onward) end }
		end
		return {}
	end
end

local function exchange(field, ringOf, yes, no)
	return function(e)
		if not e:isDrained() then
			return {}
		end
		return { function(x)
			x:go(x:exchange(x[ringOf], field) and yes or no)
		end }
	end
end

local function one(step)
	local list = { step }
	return function()
		return list
	end
end

-- Looks: with bytes there, takes them on the way `via`; without, goes on to `empty`.
local function looking(via, empty)
	return function(e)
		if e:held() == 0 then
			return { function(x)
				x:set(GOT, 0)
				x:go(empty)
			end }
		end
		return {
			function(x) x:take(via, true) end,
			e:held() > 1 and function(x) x:take(via, false) end or nil,
		}
	end
end

steps.prepare = one(function(e)
	if e:get(DIRTY) == 1 then
		e:set(DIRTY, 0)
		e:flushThen 'loop'
	else
		e:go 'loop'
	end
end)

function steps.loop(e)
	if e:get(HOT) == 0 then
		return { function(x) x:go 'poll' end }
	end
	return {
		function(x) x:go 'look' end,
		function(x) x:go 'cool' end,
		e:get(BELL) == 1 and function(x) x:go 'hear' end or nil,
	}
end

function steps.poll(e)
	return e:get(BELL) == 1 and { function(x) x:go 'hear' end } or {}
end

steps.look = looking('look', 'loop')

steps.hear = one(function(e)
	e:set(BELL, 0)
	e:go 'fill'
end)

steps.fill = looking('hear', 'warm')

steps.warm = one(function(e)
	if e:get(GOT) == 1 or not e.model.without['warm after an empty bell'] then
		e:awake()
	end
	if e.model.without['flush after a bell'] then
		e:go 'prepare'
	else
		e:flushThen 'prepare'
	end
end)

steps.takeFence = fence('', 'takeLoad')
steps.takeLoad = one(function(e)
	local wanted = e:load(e.incoming, WANTS) == 1 and not e.model.without['bell for room']
	e:go(wanted and 'takeExchange' or 'taken')
end)
steps.takeExchange = exchange(WANTS, 'incoming', 'takeBell', 'taken')
steps.takeBell = one(function(e)
	e:ring()
	e:go 'taken'
end)

function steps.taken(e)
	local via = NAMES[e:get(VIA)]
	if via == 'look' then
		return { function(x) x:flushThen 'prepare' end }
	elseif via == 'hear' then
		return { function(x) x:go 'warm' end }
	end
	return { function(x) x:go 'prepare' end, function(x) x:go 'waitWarm' end }
end

steps.cool = one(function(e)
	e:store(e.incoming, ASLEEP, 1)
	e:go 'coolFence'
end)
steps.coolFence = fence('fence before sleep', 'coolCheck')
steps.coolCheck = one(function(e)
	if e:held() > 0 and not e.model.without['look before sleep'] then
		e:store(e.incoming, ASLEEP, 0)
		e:go 'look'
	else
		e:set(HOT, 0)
		e:go 'loop'
	end
end)

steps.flush = one(function(e)
	local room = e:room()
	if e:get(OUT) == 0 then
		e:go(NAMES[e:get(RETURN)])
	elseif room == 0 then
		e:go 'want'
	else
		local n = math.min(room, e:get(OUT))
		e:set(OUT, e:get(OUT) - n)
		e:store(e.number, TAIL, e:load(e.number, TAIL) + n)
		e:go 'wakeFence'
	end
end)

steps.wakeFence = fence('fence after publishing', 'wakeLoad')
steps.wakeLoad = one(function(e)
	local asleep = e:load(e.number, ASLEEP) == 1 and not e.model.without['bell for bytes']
	e:go(asleep and 'wakeExchange' or 'flush')
end)
steps.wakeExchange = exchange(ASLEEP, 'number', 'wakeBell', 'flush')
steps.wakeBell = one(function(e)
	e:ring()
	e:go 'flush'
end)

steps.want = one(function(e)
	e:store(e.number, WANTS, 1)
	e:go 'wantFence'
end)
steps.wantFence = fence('fence before want of room', 'wantCheck')
steps.wantCheck = one(function(e)
	if e:room() > 0 and not e.model.without['look before want of room'] then
		e:store(e.number, WANTS, 0)
		e:go 'flush'
	else
		e:go(NAMES[e:get(RETURN)])
	end
end)

-- As a page waits for an answer.

steps.waitWarm = one(function(e)
	e:awake()
	e:flushThen 'waitSpin'
end)

function steps.waitSpin(e)
	return {
		function(x) x:go 'waitSleep' end,
		e:held() > 0 and function(x) x:go 'waitFill' end or nil,
	}
end

steps.waitSleep = one(function(e)
	e:store(e.incoming, ASLEEP, 1)
	e:go 'waitFence'
end)
steps.waitFence = fence('fence before sleep', 'waitCheck')
steps.waitCheck = one(function(e)
	if e:held() > 0 and not e.model.without['look before waiting'] then
		e:store(e.incoming, ASLEEP, 0)
		e:go 'waitFill'
	else
		e:go 'waitPoll'
	end
end)

function steps.waitPoll(e)
	return e:get(BELL) == 1 and { function(x)
		x:store(x.incoming, ASLEEP, 0)
		x:go 'waitHear'
	end } or {}
end

steps.waitHear = one(function(e)
	e:set(BELL, 0)
	e:go 'waitFill'
end)
steps.waitFill = looking('waitFill', 'waitWarm')

-- What may happen: a timer runs Lua that posts, or that asks.

local function post(e)
	e:set(LEFT, e:get(LEFT) - 1)
	e:set(OUT, e:get(OUT) + 1)
	e:set(DIRTY, 1)
	e:go 'prepare'
end

local function ask(e)
	post(e)
	e:go 'waitWarm'
end

function may.poll(e)
	if e:get(LEFT) == 0 then
		return {}
	end
	return { post, e.model.waits and ask or nil }
end
may.loop = may.poll

--- The states that follow a state, with what happened; `must` counts those that are bound to come.
local function successors(model, s, visit)
	local must = 0
	for number = 1, 2 do
		local e = setmetatable({
			model = model,
			s = s,
			number = number,
			incoming = 3 - number,
			base = (number - 1) * END_SIZE,
			buffer = BUFFERS + (number - 1) * 2 * SLOTS,
		}, End)
		local function try(what, step)
			e.s = copy(s)
			step(e)
			visit(number .. ' ' .. what, e.s)
			e.s = s
		end
		local place = NAMES[e:get(PC)]
		if not e:isDrained() then
			must = must + 1
			try('drains', End.drain)
		end
		for _, step in ipairs(e:isFull() and {} or steps[place](e)) do
			must = must + 1
			try(place, step)
		end
		for _, step in ipairs(may[place] and may[place](e) or {}) do
			try(step == post and 'posts' or 'asks', step)
		end
	end
	return must
end

local function initial(model)
	local s = {}
	for i = 1, SIZE do
		s[i] = 0
	end
	for number = 1, 2 do
		s[(number - 1) * END_SIZE + PC] = AT.prepare
		s[(number - 1) * END_SIZE + RETURN] = AT.loop
		s[(number - 1) * END_SIZE + LEFT] = model.posts[number]
		s[RINGS + (number - 1) * RING_SIZE + ASLEEP] = 1
	end
	return s
end

-- Whether something is left to be done: bytes to be read, or to be written.
local function isUnfinished(s)
	for number = 1, 2 do
		local ring = RINGS + (number - 1) * RING_SIZE
		if s[ring + TAIL] ~= s[ring + HEAD] or s[(number - 1) * END_SIZE + OUT] > 0 then
			return true
		end
	end
	return false
end

local function key(s)
	return string.char(table.unpack(s, 1, SIZE))
end

--- Goes through all states.
---@param model WakeModel
---@return { stuck: string[]?, restless: string[]?, states: integer }
function wake.search(model)
	model = {
		capacity = model.capacity,
		posts = model.posts,
		waits = model.waits,
		without = model.without or {},
	}
	return exhaust(initial(model), key, function(s, visit)
		return successors(model, s, visit)
	end, isUnfinished)
end

return wake
