-- A page of the soak: does at random what pages do, as long as it is told to. Also sandboxed.

local ipc = require 'ipc'
local remote = require 'remote'
local timers = require 'timers'

local service = remote.getGlobal 'soakService'
local isSandboxed = process.sandboxed

local KEPT = 20 -- remote objects held over several acts
local TURN = 25 -- acts between two looks at what has come

local kept = {} -- luacheck: ignore 241
local calls, heard, tasks = 0, 0, 0
local isSubscribed = false

local function listener()
	heard = heard + 1
end

ipc:on('news', listener)

local acts = {}
local trustedActs = {} -- what a sandboxed page cannot do

function acts.calls()
	for i = 1, 50 do
		service:noop()
		assert(service:sum(i, 1) == i + 1)
	end
end

function acts.objects()
	for i = 1, 20 do
		local note = service:note('note ' .. i)
		note:setText 'other'
		assert(note:text() == 'other' and service:same(note) == note)
	end
end

function acts.keep()
	kept[math.random(KEPT)] = service:note 'kept':twin()
end

function acts.drop()
	kept[math.random(KEPT)] = nil
end

function acts.releaseNow()
	local note = service:note 'short'
	remote.release(note)
	assert(not pcall(function() return note:text() end))
end

function acts.resurrect()
	setmetatable({ service:note 'back' }, {
		__gc = function(self)
			kept[KEPT] = self[1]
		end,
	})
end

function acts.callbacks()
	local function own()
		heard = heard + 1
	end
	service:subscribe(own)
	service:publish('news', { 1, 2 })
	service:unsubscribe(own)
	service:subscribe(listener)
	isSubscribed = true
end

function acts.pin()
	local note = service:note 'pinned'
	service:pin(math.random(KEPT), { fn = function() return note end, note = note })
end

function acts.tables()
	local list = service:list(30)
	local count = 0
	for _ in pairs(list) do
		count = count + 1
	end
	assert(count == 31 and #list == 30)
	assert(list[3]:text() == 'note 3')
end

function acts.large()
	local text = ('x'):rep(math.random(isSandboxed and 200000 or 2000000))
	assert(service:echo(text) == text)
end

function acts.errors()
	local ok, problem = pcall(service.fail, service, { code = 7 })
	assert(not ok and problem.code == 7)
	assert(not pcall(service.publish, 'no service'))
	assert(not pcall(service.echo, service, coroutine.create(print)))
end

function trustedActs.iterate()
	for i, entry in service:words(5) do
		assert(entry.word == 'word ' .. i)
	end
end

function acts.messages()
	for i = 1, 20 do
		ipc:send('note', i, { 'text' })
	end
	assert(ipc:sendSync('count', 1) == 2)
	assert(ipc:invoke('fetch', 'x') == 'x fetched')
end

-- Tasks that wait in main, some of them given up.
function acts.tasks()
	local list = {}
	for i = 1, 20 do
		tasks = tasks + 1
		list[i] = remote.async(function()
			service:wait(1)
			return service:note 'task':twin():text()
		end)
		list[i]:next(function() tasks = tasks - 1 end, function() tasks = tasks - 1 end)
	end
	for i = 1, 20, 5 do
		list[i]:cancel()
	end
	remote.all { list[2], list[3] }:await()
end

function acts.ask()
	tasks = tasks + 1
	remote.async(function()
		assert(service:ask(function(x) return x + 1 end, 1) == 2)
		tasks = tasks - 1
	end)
end

function acts.timers()
	timers.clearTimeout(timers.setTimeout(listener, 1000))
	timers.setTimeout(listener, 1)
	timers.sleep(1)
end

function acts.collect()
	collectgarbage()
end

function acts.print()
	process.stdout:write ''
end

function trustedActs.fields()
	local note = service:note 'x'
	note.extra = { 1, { 2 } }
	assert(note.extra[2][1] == 2 and note.content == 'x')
end

function trustedActs.copies()
	assert(remote.copy(service:list(30))[2] == 'item 2')
	assert(remote.type(service:thread()) == 'thread')
end

function trustedActs.emitters()
	local function own()
		heard = heard + 1
	end
	service.news:on('news', own)
	service:publish 'news'
	service.news:off('news', own)
	service.news:once('news', remote.weak(function() end))
end

-- A circle through both processes, which counting never finds.
function trustedActs.cycles()
	local note = service:note 'circle'
	note.onChange = function()
		return note
	end
end

function trustedActs.modules()
	assert(remote.require 'events' == remote.require 'events')
	assert(remote.getCurrentWindow().webContents == remote.getCurrentWebContents())
	remote.getCurrentWindow():setSize(math.random(100, 200), 100)
	assert(tostring(remote.report()))
end

if not isSandboxed then
	for name, act in pairs(trustedActs) do
		acts[name] = act
	end
end

local names = {}
for name in pairs(acts) do
	names[#names + 1] = name
end

--- Works for some seconds, or until this page ends; gives how many acts that were.
function work(seconds) -- luacheck: ignore 111
	local stop = process.uptime() + seconds
	local done = 0
	repeat
		acts[names[math.random(#names)]]()
		done = done + 1
		if done % TURN == 0 then
			timers.sleep(0)
		end
	until process.uptime() > stop
	calls = calls + done
	return done
end

--- Lets go of what it can; gives whether nothing is under way any more, the memory its Lua uses
--- in bytes, and what it counts of main, where it may know that.
function rest() -- luacheck: ignore 111
	for i = 1, KEPT do
		kept[i] = nil
	end
	if isSubscribed then -- not each time: what is passed must come back first
		service:unsubscribe(listener)
		isSubscribed = false
	end
	collectgarbage()
	collectgarbage()
	kept[KEPT] = nil
	if not isSandboxed then
		remote.collectCycles()
	end
	collectgarbage()
	collectgarbage()
	local counts = not isSandboxed and require 'host.page'.main:counts() or {}
	return tasks == 0, math.floor(collectgarbage 'count' * 1024), counts
end
