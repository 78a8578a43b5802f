-- EventEmitter with Node's meaning. events_pages_spec.lua has the listeners of pages.

local emitters = require 'spec.support.emitters'

local recorder = emitters.recorder

-- Expects an error that names the line here that called wrongly.
local function blamed(fn, message)
	assert.matches('events_spec%.lua:%d+: ' .. message, select(2, pcall(fn)))
end

describe('EventEmitter', function()
	local EventEmitter, warnings, emitter, log

	before_each(function()
		EventEmitter, warnings = emitters.load { isCallback = function() end }
		emitter = EventEmitter()
		log = {}
	end)

	describe('emitting', function()
		it('calls the listeners in order, with the values', function()
			emitter:on('event', recorder(log, 'a'))
			emitter:addListener('event', recorder(log, 'b'))
			emitter:on('other', recorder(log, 'c'))
			emitter:emit('event', 1, 'two')
			assert.are.same({ 'a:1:two', 'b:1:two' }, log)
		end)

		it('hands on nils and their number', function()
			local got
			emitter:on('event', function(...)
				got = table.pack(...)
			end)
			emitter:emit('event', nil, 2, nil)
			assert.are.same({ n = 3, [2] = 2 }, got)
		end)

		it('tells whether anybody listens, whatever the listeners return', function()
			assert.is_false(emitter:emit 'event')
			emitter:on('event', function()
				return false
			end)
			assert.is_true(emitter:emit 'event')
		end)

		it('leaves an error to the caller and the remaining listeners uncalled', function()
			local raised = {}
			emitter:on('event', function()
				error(raised)
			end)
			emitter:on('event', recorder(log, 'b'))
			local ok, value = pcall(emitter.emit, emitter, 'event')
			assert.is_false(ok)
			assert.are.equal(raised, value)
			assert.are.same({}, log)
		end)

		it("raises the value of an 'error' event that nobody listens to", function()
			local value = { code = 1 }
			local _, raised = pcall(emitter.emit, emitter, 'error', value)
			assert.are.equal(value, raised)
			assert.has_error(function()
				emitter:emit('error', 'plain words')
			end, 'plain words')
			assert.has_error(function()
				emitter:emit 'error'
			end, "an 'error' event that nobody listens to")
			emitter:on('error', recorder(log, 'error'))
			assert.is_true(emitter:emit('error', 'heard'))
			assert.are.same({ 'error:heard' }, log)
		end)

		it('calls those who listened when it began, whatever happens meanwhile', function()
			local b = recorder(log, 'b')
			emitter:on('event', function()
				table.insert(log, 'a')
				emitter:removeListener('event', b)
				emitter:on('event', recorder(log, 'late'))
				emitter:prependListener('event', recorder(log, 'early'))
			end)
			emitter:on('event', b)
			emitter:emit 'event'
			assert.are.same({ 'a', 'b' }, log)
			emitter:removeAllListeners 'event'
			assert.is_false(emitter:emit 'event')
		end)

		it('may wait in a listener', function()
			emitter:on('event', function()
				coroutine.yield 'waiting'
				table.insert(log, 'done')
			end)
			local emit = coroutine.wrap(function()
				return emitter:emit 'event'
			end)
			assert.are.equal('waiting', emit())
			assert.is_true(emit())
			assert.are.same({ 'done' }, log)
		end)
	end)

	describe('once', function()
		it('calls a listener a single time', function()
			emitter:once('event', recorder(log, 'once'))
			assert.is_true(emitter:emit('event', 1))
			assert.is_false(emitter:emit('event', 2))
			assert.are.same({ 'once:1' }, log)
		end)

		it('has taken the listener away before it is called', function()
			emitter:once('event', function()
				table.insert(log, emitter:listenerCount 'event')
				emitter:emit 'event'
			end)
			emitter:emit 'event'
			assert.are.same({ 0 }, log)
		end)

		it('does not call a listener again that an inner emit has called', function()
			local depth = 0
			emitter:on('event', function()
				depth = depth + 1
				if depth == 1 then
					emitter:emit 'event'
				end
			end)
			emitter:once('event', recorder(log, 'once'))
			emitter:emit 'event'
			assert.are.same({ 'once' }, log)
		end)

		it('is taken back with the function that was given', function()
			local listener = recorder(log, 'once')
			emitter:once('event', listener)
			assert.are.same({ listener }, emitter:listeners 'event')
			emitter:off('event', listener)
			assert.is_false(emitter:emit 'event')
		end)
	end)

	describe('listeners', function()
		it('are added as often as they are given, and the newest is removed first', function()
			local listener = recorder(log, 'twice')
			emitter:on('event', listener):on('event', print):on('event', listener)
			assert.are.same({ listener, print, listener }, emitter:listeners 'event')
			emitter:removeListener('event', listener)
			assert.are.same({ listener, print }, emitter:listeners 'event')
			emitter:off('event', listener)
			assert.are.equal(1, emitter:listenerCount 'event')
			emitter:off('event', listener)
			emitter:off('nothing', listener)
			assert.are.same({ print }, emitter:listeners 'event')
		end)

		it('can be put before the others', function()
			emitter:on('event', recorder(log, 'b'))
			emitter:prependListener('event', recorder(log, 'a'))
			emitter:prependOnceListener('event', recorder(log, 'first'))
			emitter:emit 'event'
			emitter:emit 'event'
			assert.are.same({ 'first', 'a', 'b', 'a', 'b' }, log)
		end)

		it('are all removed, of one event or of every', function()
			for _, event in ipairs { 'a', 'b', 'c' } do
				emitter:on(event, print)
			end
			emitter:removeAllListeners 'a'
			assert.are.same({ 'b', 'c' }, emitter:eventNames())
			emitter:removeAllListeners()
			assert.are.same({}, emitter:eventNames())
		end)

		it('are listed in a table that is the caller’s own', function()
			emitter:on('event', print)
			emitter:listeners('event')[1] = nil
			assert.are.equal(1, emitter:listenerCount 'event')
		end)

		it('may be anything that can be called', function()
			local listener = spy.new(function() end)
			emitter:on('event', listener)
			emitter:emit('event', 5)
			assert.spy(listener).was.called_with(5)
		end)

		it('name their events in the order these were first listened to', function()
			for _, event in ipairs { 'z', 'a', 'm', 'a', 'z' } do
				emitter:on(event, print)
			end
			assert.are.same({ 'z', 'a', 'm' }, emitter:eventNames())
		end)

		it('do not appear in the object', function()
			emitter:on('event', print)
			assert.is_nil(next(emitter))
		end)

		it('do not keep their emitter alive', function()
			local weak = setmetatable({}, { __mode = 'k' })
			do
				local object = EventEmitter()
				weak[object] = true
				object:on('event', function()
					return object
				end)
			end
			collectgarbage()
			collectgarbage()
			assert.is_nil(next(weak))
		end)
	end)

	describe('newListener and removeListener', function()
		it('tell of a listener before it is added', function()
			emitter:on('newListener', function(event, listener)
				table.insert(log, { event, listener, emitter:listenerCount(event) })
			end)
			emitter:on('event', print)
			emitter:once('event', assert)
			assert.are.same({ { 'event', print, 0 }, { 'event', assert, 1 } }, log)
		end)

		it('tell of a listener after it was removed, in any way', function()
			emitter:on('removeListener', function(event, listener)
				table.insert(log, { event, listener, emitter:listenerCount(event) })
			end)
			emitter:on('event', print):off('event', print)
			emitter:off('event', print)
			emitter:once('event', tostring)
			emitter:emit('event', 1)
			emitter:on('event', print):on('event', assert):removeAllListeners 'event'
			emitter:on('event', error):removeAllListeners()
			assert.are.same({
				{ 'event', print, 0 },
				{ 'event', tostring, 0 },
				{ 'event', assert, 0 },
				{ 'event', print, 0 },
				{ 'event', error, 0 },
			}, log)
		end)
	end)

	describe('the limit of listeners', function()
		local function listen(count)
			for _ = 1, count do
				emitter:on('event', print)
			end
		end

		it('is ten, and passing it warns once', function()
			listen(10)
			assert.are.same({}, warnings)
			listen(5)
			assert.are.same({ "possible leak: 11 listeners of 'event' on one EventEmitter; "
				.. 'emitter:setMaxListeners(n) allows more' }, warnings)
		end)

		it('can be set for one emitter, and lifted with 0', function()
			assert.are.equal(10, emitter:getMaxListeners())
			assert.are.equal(emitter, emitter:setMaxListeners(2))
			listen(3)
			assert.are.equal(1, #warnings)
			emitter = EventEmitter():setMaxListeners(0)
			listen(50)
			assert.are.equal(1, #warnings)
			assert.are.equal(0, emitter:getMaxListeners())
		end)

		it('can be set for all', function()
			EventEmitter.defaultMaxListeners = 1
			listen(2)
			assert.are.equal(1, #warnings)
		end)
	end)

	describe('as a class', function()
		it('is made by a call or by new', function()
			for _, made in ipairs { EventEmitter(), EventEmitter.new() } do
				made:on('event', recorder(log, 'x'))
				made:emit 'event'
			end
			assert.are.same({ 'x', 'x' }, log)
			assert.are.equal(EventEmitter, EventEmitter.EventEmitter)
		end)

		it('makes an emitter of a table without metatable', function()
			local object = { name = 'mine' }
			assert.are.equal(object, EventEmitter.new(object))
			object:on('event', recorder(log, object.name))
			object:emit 'event'
			assert.are.same({ 'mine' }, log)
			assert.error_matches(function()
				EventEmitter.new(setmetatable({}, {}))
			end, "bad argument #1 to 'new' %(this table has a metatable")
			assert.error_matches(function()
				EventEmitter.new(5)
			end, "bad argument #1 to 'new' %(table expected, got number%)")
		end)

		it('can be inherited from, without anything being set up', function()
			local Door = setmetatable({}, { __index = EventEmitter })
			Door.__index = Door
			Door.__name = 'Door'
			function Door:open()
				return self:emit('open', self)
			end
			local door, other = setmetatable({}, Door), setmetatable({}, Door)
			door:on('open', function(which)
				table.insert(log, which)
			end)
			assert.is_true(door:open())
			assert.is_false(other:open())
			assert.are.equal(door, log[1])
			for _ = 1, 11 do
				other:on('open', print)
			end
			assert.matches('on one Door', warnings[1])
		end)
	end)

	it('blames the caller for a wrong argument', function()
		for _, case in ipairs {
			{ 'on', {}, print, "bad argument #1 to 'on' %(name of an event expected, got table%)" },
			{ 'on', 'event', nil, "bad argument #2 to 'on' %(function expected, got no value%)" },
			{ 'once', 'event', {}, "bad argument #2 to 'once' %(function expected, got table%)" },
			{ 'off', 'event', 1, "bad argument #2 to 'off' %(function expected, got number%)" },
			{ 'emit', nil, nil, "bad argument #1 to 'emit' %(name of an event expected, got no value%)" },
			{ 'listeners', 1, nil, "bad argument #1 to 'listeners'" },
			{ 'setMaxListeners', -1, nil, '.*number of listeners expected, got %-1' },
			{ 'setMaxListeners', 'x', nil, '.*number of listeners expected, got string' },
		} do
			local method, first, second, message = table.unpack(case, 1, 4)
			blamed(function()
				emitter[method](emitter, first, second)
			end, message)
		end
		blamed(function()
			emitter.on('event', print)
		end, "'on' is a method: call it as emitter:on%(...%)")
	end)
end)

describe('the warnings of emitters', function()
	it('go to standard error, one line each', function()
		local result = require 'spec.support.run'.lepton { '-e', [[
			local emitter = require('events')()
			for _ = 1, 12 do emitter:on('event', print) end
		]] }
		assert.matches("^lepton: possible leak: 11 listeners of 'event'[^\n]*\n$", result.stderr)
	end)
end)
