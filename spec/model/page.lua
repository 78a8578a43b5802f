-- A page of the model: does what it is told with remote objects in numbered slots.

local remote = require 'remote'
local timers = require 'timers'

local model = remote.getGlobal 'theModel'
local me, context
local slots, functions = {}, {}
local mails = {} -- luacheck: ignore 241

for i = 1, 4 do
	functions[i] = function(mail, value)
		mails[mail] = value
	end
end

-- Lets a finalizer put the slot's value back, after the value's own finalizer or before it.
local function resurrect(slot)
	setmetatable({ value = slots[slot] }, {
		__gc = function(self)
			slots[slot] = self.value
		end,
	})
	slots[slot] = nil
	collectgarbage()
end

local acts = {}

function acts.get(slot, object)
	slots[slot] = model:object(object)
end

function acts.getTwice(a, b, object)
	slots[a], slots[b] = model:twice(object)
	assert(rawequal(slots[a], slots[b]))
end

function acts.getMany(slot, object, count)
	for _ = 1, count do
		slots[slot] = model:object(object)
	end
end

function acts.link(a, b)
	slots[b] = slots[a].link
end

function acts.handle(slot, page, place, token)
	slots[slot] = model:handle(page, place, token)
end

function acts.home(slot, expected)
	model:home(me, expected, slots[slot])
end

function acts.nested(a, b, expectedA, expectedB)
	model:nested(me, expectedA, expectedB, { a = slots[a], list = { b = slots[b] }, again = slots[a] })
end

function acts.refused(slot)
	local ok = pcall(model.touch, model, slots[slot], { function() end, coroutine.create(print) })
	assert(not ok)
end

function acts.copy(a, b)
	slots[b] = slots[a]
end

function acts.drop(slot)
	slots[slot] = nil
end

function acts.collect()
	collectgarbage()
end

function acts.step()
	collectgarbage 'step'
end

function acts.resurrect(slot, expected)
	resurrect(slot)
	model:home(me, expected, slots[slot])
end

function acts.lose(slot)
	resurrect(slot)
	timers.sleep(0)
	pcall(model.touch, model, slots[slot])
	slots[slot] = nil
end

function acts.register(place, number)
	model:register(me, context, place, number, functions[number])
end

function acts.callback(page, place, mail, object)
	model:callback(page, place, mail, object)
end

function acts.yield()
	timers.sleep(0)
end

--- Begins the page's life.
function begin(number, count) -- luacheck: ignore 111
	me, context = number, count
end

function run(list) -- luacheck: ignore 111
	for _, act in ipairs(list) do
		acts[act[1]](table.unpack(act, 2))
	end
end
