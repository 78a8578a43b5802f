--- Pages that attack main in C from inside the sandbox (spec/support/rogue/rogue.h), beside an
--- honest one. In a describe block:
---
---     local threats = require 'spec.support.threats'(before_each, after_each)
---
---     threats.rows(it, {
---         { 'calls an id that was never given', "attack('use', 4711)", threats.ended(11) },
---     })
---
--- A row is what the attacker does, the code of its page, and what comes of it, in words. After
--- each the honest page must answer, main's heap be what it was, and no object be held for the page
--- that has gone.

local accounts = require 'spec.support.accounts'
local assert = require 'luassert'
local renderer = require 'host.renderer'
local sandbox = require 'spec.support.sandbox'
local task = require 'host.task'
local timers = require 'timers'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

local found, rogue = pcall(require, 'rogue')
if not found then
	error('the specs of threats run in an executable of their own: script/test threats, or '
		.. 'build/rogue --test FILE', 0)
end

--- Bytes by which main's heap may have grown after an attack.
local HEAP_MOST = 64 * 1024

local PRELUDE = [[
	attack, rogue = require 'rogue'.attack, require 'rogue'
	sink = require 'remote'.require 'sink'
	id, revoked = rogue.id(sink), sink:make(nil)
]]

local TEXTS = {
	'a frame of impossible length', 'an unknown message', 'another protocol version',
	'a frame of another epoch', 'an unknown operation', 'operands that do not fit the operation',
	'a malformed body', 'a value nested too deep', 'a frame that costs too much to decode',
	'a malformed reference section', 'a reference it was never given',
	'a release of what it does not hold', 'an answer to nothing that was asked',
	'too many requests at once', 'a malformed class', 'a message that has no place here',
	'it does not read what it is sent', 'no memory left to serve it', 'too many callbacks at once',
	'a frame that never came whole', 'impossible positions in shared memory',
}

local threats = {}

--- What the end of a page for a numbered reason is in words.
---@param reason integer
---@return string
function threats.ended(reason)
	return ('protocol: %s (reason %d)'):format(TEXTS[reason], reason)
end

--- What the refusal of an operation is in words.
---@param operation string
---@return string
function threats.refused(operation)
	return ('raised: blocked: a sandboxed page can call what its window grants, and no more (%s)')
		:format(operation)
end

--- As `it`, for what only holds under the system call filter, or where a page has its memory for
--- itself. A sanitizer build has neither.
---@param it fun(name: string, fn: function)
---@param pending fun(name: string)
---@return fun(name: string, fn: function)
function threats.itUnderFilter(it, pending)
	if sandbox.isFiltered() then
		return it
	end
	return function(name)
		pending(name .. ' (this build has no system call filter: a sanitizer could not run under it)')
	end
end

local Note = { __name = 'Note', __remote = { 'take' } }
Note.__index = Note

function Note:take()
	if not self.text then
		error 'it was revoked'
	end
	return self.text
end

--- What main grants each page: an object `sink`.
local function newSink(rig)
	local Sink = { __name = 'Sink', __remote = { 'take', 'keep', 'wait', 'make', 'large', 'fail' } }
	Sink.__index = Sink

	function Sink:take(value)
		rig.taken, rig.last = rig.taken + 1, value
		return type(value)
	end

	function Sink:keep(...)
		table.insert(rig.kept, { ... })
		return true
	end

	function Sink:wait()
		table.insert(rig.waiting, (coroutine.running()))
		return coroutine.yield()
	end

	function Sink:make(text)
		local note = setmetatable({ text = text }, Note)
		rig.notes[note] = true
		return note
	end

	function Sink:large()
		rig.larges = rig.larges + 1
		return rig.megabyte
	end

	function Sink:fail(text)
		error(text)
	end

	function Sink:secret()
		return 'secret'
	end

	return setmetatable({}, Sink)
end

--- Opens a sandboxed page that has the module, and knows the attacks.
---@async
---@param options table? of the window
---@return BrowserWindow
function threats:open(options)
	local all = { remote = { require = { 'sink' } } }
	for name, value in pairs(options or {}) do
		all[name] = value
	end
	return (sandbox.open(PRELUDE, all))
end

--- Has a page attack; what comes of it.
---@async
---@param window BrowserWindow
---@param code string an expression, or statements
---@return string
function threats.outcome(window, code)
	local result
	local function onCrash(_, reason, status)
		result = ('%s: %s'):format(reason, status)
	end
	window.webContents:on('crashed', onCrash)
	task.start(function()
		local answer = table.pack(pcall(windows.eval, window, code))
		timers.sleep(0)
		if answer[1] and not result then
			for i = 2, answer.n do
				answer[i] = tostring(answer[i])
			end
			result = answer.n > 1 and table.concat(answer, ': ', 2, answer.n) or 'nothing'
		elseif not result and not window:isDestroyed() and window.webContents:isLoading() then
			result = answer[2]
		end
	end)
	wait.untilTrue('something comes of ' .. code, function() return result end)
	if not window:isDestroyed() then
		window.webContents:removeListener('crashed', onCrash)
	end
	return result
end

--- Main's heap, with nothing in it that is not needed.
---@return integer bytes
function threats.heap()
	collectgarbage()
	collectgarbage()
	return rogue.heap()
end

--- Forgets what main holds for pages.
function threats:forget()
	self.taken, self.larges, self.kept, self.waiting, self.last = 0, 0, {}, {}, nil
end

--- How many objects main holds for pages.
---@return integer
function threats:held()
	local count = 0
	for _ in pairs(self.notes) do
		count = count + 1
	end
	return count
end

-- Has a page attack until its process is gone: what came of it. With this call ends what it knows
-- of the page, such as all that it printed.
local function play(self, code, options)
	local pages = renderer.counts().children
	local window = self:open(options)
	local outcome = threats.outcome(window, code)
	if not window:isDestroyed() then
		window:destroy()
	end
	wait.untilTrue('its process is gone', function() return renderer.counts().children == pages end)
	return outcome
end

-- Runs an attack to its end: what came of it, and by how much main's heap has grown.
local function runOnce(self, code, options)
	local before, held = threats.heap(), self:held()
	local outcome = play(self, code, options)
	self:forget()
	local grown = threats.heap() - before
	assert.are.equal(held, self:held())
	return outcome, grown
end

--- One attack from a fresh page beside an honest one. Main may keep memory for the next page, but
--- the same attack then takes no more.
---@async
---@param code string
---@param options table? of the attacker's window
---@return string outcome
function threats:try(code, options)
	local honest = self:open()
	local outcome, grown = runOnce(self, code, options)
	if grown > HEAP_MOST then
		outcome, grown = runOnce(self, code, options)
	end
	assert.is_true(grown <= HEAP_MOST, ('main\'s heap has grown by %d bytes'):format(grown))
	assert.are.equal('number', windows.eval(honest, 'sink:take(1)'))
	return outcome
end

--- A spec for each row.
---@param it fun(name: string, fn: function)
---@param rows any[][] what the attacker does, its code, what comes of it, options of its window
function threats:rows(it, rows)
	for _, row in ipairs(rows) do
		it(row[1], function()
			assert.are.equal(row[3], self:try(row[2], row[4]))
		end)
	end
end

---@param beforeEach fun(fn: function)
---@param afterEach fun(fn: function)
return function(beforeEach, afterEach)
	local self = setmetatable({ notes = setmetatable({}, { __mode = 'k' }) }, { __index = threats })
	self.megabyte = ('x'):rep(1 << 20)
	accounts(beforeEach, afterEach)
	local forgetModule
	beforeEach(function()
		self:forget()
		forgetModule = sandbox.provide { sink = newSink(self) }
	end)
	afterEach(function()
		forgetModule()
		self:forget()
	end)
	return self
end
