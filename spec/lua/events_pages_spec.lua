-- What becomes of listeners whose page has gone.

local emitters = require 'spec.support.emitters'

local recorder = emitters.recorder

describe('a listener that is a function of a page', function()
	local EventEmitter, warnings, pages, emitter, log

	-- A function as host.peer makes them: it raises once its page has gone.
	local function callback(page, place, name)
		local function fn(...)
			if page.ended then
				error(page.ended .. place)
			end
			recorder(log, name)(...)
			return true
		end
		pages[fn] = { page = page, place = place }
		return fn
	end

	before_each(function()
		pages, log = {}, {}
		EventEmitter, warnings = emitters.load {
			isCallback = function(fn)
				return pages[fn] ~= nil
			end,
			callbackContext = function(fn)
				return pages[fn] and pages[fn].page
			end,
			isDead = function(fn)
				local known = pages[fn]
				return known and known.page.ended and 'attempt to call a callback of a page that was '
					.. 'reloaded or closed (registered at ' .. known.place .. ')' or nil
			end,
		}
		emitter = EventEmitter()
	end)

	it('is called like any other while its page lives', function()
		local page = {}
		emitter:on('close', callback(page, 'page.lua:1', 'page'))
		assert.is_true(emitter:emit('close', 1))
		assert.are.same({ 'page:1' }, log)
		assert.are.same({}, warnings)
	end)

	it('is dropped when its page ends, with one warning that names event and place', function()
		local page, other = {}, {}
		emitter:on('close', recorder(log, 'main'))
		emitter:on('close', callback(page, 'page.lua:12', 'page'))
		emitter:on('close', callback(other, 'other.lua:3', 'other'))
		page.ended = 'gone'
		EventEmitter.contextEnded(page)
		assert.are.same({ "EventEmitter dropped a listener that a page left behind when it was reloaded "
			.. "or closed: 'close' (registered at page.lua:12)" }, warnings)
		assert.is_true(emitter:emit 'close')
		assert.are.same({ 'main', 'other' }, log)
		EventEmitter.contextEnded(page)
		EventEmitter.contextEnded {}
		assert.are.equal(1, #warnings)
	end)

	it('shares that warning with the others of its page on one emitter', function()
		local page = {}
		emitter:on('focus', callback(page, 'page.lua:1', 'a'))
		emitter:on('close', callback(page, 'page.lua:2', 'b'))
		emitter:once('close', callback(page, 'page.lua:3', 'c'))
		page.ended = 'gone'
		EventEmitter.contextEnded(page)
		assert.are.equal(1, #warnings)
		assert.matches("dropped 3 listeners .*: 'focus' %(registered at page.lua:1%), 'close' ",
			warnings[1])
		assert.matches('page.lua:2', warnings[1])
		assert.matches('page.lua:3', warnings[1])
		assert.are.same({}, emitter:eventNames())
	end)

	it('gives no warning if it was removed before', function()
		local page = {}
		local listener = callback(page, 'page.lua:1', 'a')
		emitter:on('close', listener):off('close', listener)
		page.ended = 'gone'
		EventEmitter.contextEnded(page)
		assert.are.same({}, warnings)
	end)

	it('is dropped by an emit that finds it dead, and the others are called', function()
		local page = {}
		emitter:on('close', recorder(log, 'first'))
		emitter:on('close', callback(page, 'page.lua:12', 'page'))
		emitter:on('close', recorder(log, 'last'))
		page.ended = 'gone'
		assert.is_true(emitter:emit 'close')
		assert.is_true(emitter:emit 'close')
		assert.are.same({ 'first', 'last', 'first', 'last' }, log)
		assert.are.equal(1, #warnings)
		assert.matches("'close' %(registered at page.lua:12%)", warnings[1])
	end)

	it('does not count as having heard an event when it is dead', function()
		local page = {}
		emitter:on('close', callback(page, 'page.lua:12', 'page'))
		page.ended = 'gone'
		assert.is_false(emitter:emit 'close')
	end)

	it('is dropped when its page ends while an earlier listener runs', function()
		local page = {}
		emitter:on('close', function()
			page.ended = 'gone'
			EventEmitter.contextEnded(page)
		end)
		emitter:on('close', callback(page, 'page.lua:12', 'page'))
		emitter:on('close', recorder(log, 'last'))
		assert.is_true(emitter:emit 'close')
		assert.are.same({ 'last' }, log)
		assert.are.equal(1, #warnings)
	end)

	it("is told of by 'removeListener'", function()
		local page = {}
		local listener = callback(page, 'page.lua:12', 'page')
		emitter:on('close', listener)
		emitter:on('removeListener', function(event, removed)
			table.insert(log, event .. tostring(removed == listener))
		end)
		page.ended = 'gone'
		EventEmitter.contextEnded(page)
		assert.are.same({ 'closetrue' }, log)
	end)

	it('lets page and emitter be collected', function()
		local weak = setmetatable({}, { __mode = 'k' })
		do
			local page, object = {}, EventEmitter()
			weak[page], weak[object] = true, true
			object:on('close', callback(page, 'page.lua:1', 'a'))
		end
		pages = {}
		collectgarbage()
		collectgarbage()
		assert.is_nil(next(weak))
	end)
end)
