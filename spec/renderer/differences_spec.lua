-- Each difference that docs/differences.md names: what happens, and the way round.

local raised = require 'spec.support.raised'
local remote = require 'remote'
local zoo = remote.require 'spec.differential.zoo'
local values = remote.require 'spec.support.fixtures.remote-values'

describe('unlike a local one, a remote object', function()
	it('is a userdata; remote.type knows better', function()
		assert.are.equal('userdata', type(zoo.plain))
		assert.are.equal('table', remote.type(zoo.plain))
		assert.are.equal('function', type(zoo.identity))
	end)

	it('is refused by raw functions; remote has its own', function()
		for _, fn in ipairs { next, rawlen } do
			assert.matches('bad argument #1', raised(fn, zoo.plain))
		end
		assert.matches('bad argument #1', raised(rawget, zoo.plain, 1))
		assert.matches('bad argument #1', raised(rawset, zoo.plain, 1, 1))
		assert.matches('bad argument #1', raised(setmetatable, zoo.plain, {}))
		assert.is_not_nil(remote.next(zoo.plain))
		assert.are.equal(10, remote.rawget(zoo.plain, 1))
		assert.are.equal(3, remote.rawlen(zoo.plain))
	end)

	it('has a metatable of Lepton\'s', function()
		assert.are.equal('remote', getmetatable(zoo.plain))
	end)

	it('is no thread, though a coroutine of main; it has methods', function()
		local co = zoo.coroutine()
		assert.matches('bad argument #1', raised(coroutine.resume, co))
		assert.are.same({ true, 2 }, { co:resume(1) })
		assert.are.equal('suspended', co:status())
		assert.is_true(co:close())
		assert.are.equal('dead', remote.getGlobal 'coroutine'.status(co))
	end)

	it('is a C function to the debug library', function()
		assert.are.equal('C', debug.getinfo(zoo.identity, 'S').what)
		assert.matches('unable to dump', raised(string.dump, zoo.identity))
	end)
end)

describe('unlike with a local library', function()
	it('a function that is passed returns true, unless it is main\'s own', function()
		assert.are.same({ true, true }, { zoo.protectedCall(function() return 'mine' end) })
		assert.are.same({ true, 'mine' }, { zoo.protectedCall(zoo.identity, 'mine') })
	end)

	it('a table that is passed is a copy', function()
		local list = { 3, 1, 2 }
		zoo.tables.sort(list)
		assert.are.same({ 3, 1, 2 }, list)
		assert.is_true(remote.isRemote(zoo.identity(list)))
		local shared = zoo.tables.pack(3, 1, 2)
		zoo.tables.sort(shared)
		assert.are.equal(1, shared[1])
	end)

	it('userdata and coroutines cannot be passed', function()
		assert.matches("argument 1, field 'x': a userdata cannot be sent to the main process$",
			raised(zoo.identity, { x = io.stdout }))
		assert.matches('argument 1: a coroutine cannot be sent to the main process$',
			raised(zoo.identity, coroutine.create(print)))
	end)

	it('replacements of gsub are not found in a remote object', function()
		assert.matches('%(string/function/table expected, got remote object%)$',
			raised(string.gsub, 'x', 'x', zoo.plain))
	end)

	it('an object that inherits from main loses its class in main', function()
		local cat = setmetatable({ name = 'Tom', sound = 'meow' }, { __index = zoo.Animal })
		assert.are.equal('Tom says meow', cat:speak())
		cat.sound = nil
		assert.matches("attempt to concatenate a nil value %(field 'sound'%)$",
			raised(function() return cat:speak() end))
	end)

	it('operators ask the remote operand first', function()
		local mine = setmetatable({}, { __add = function() return 'mine' end, __eq = error })
		assert.are.equal('mine', mine + zoo.plain)
		assert.matches('attempt to perform arithmetic on a table value$',
			raised(function() return zoo.plain + mine end))
		assert.is_false(zoo.plain == mine)
	end)

	it('a field that hides a method later is seen in calls only', function()
		local dog = zoo.Dog:new 'Rex'
		assert.are.equal('Rex fetches it', dog:fetch 'it')
		local hide = remote.getGlobal 'load' "local dog = ... dog.fetch = function() return 'hidden' end"
		hide(dog)
		assert.are.equal('hidden', dog:fetch 'it')
		remote.getGlobal 'load' "local dog = ... dog.fetch = 'no function'"(dog)
		assert.are.equal('function', type(dog.fetch))
	end)

	it('an error that is a table of the page comes back as main\'s copy', function()
		local problem = { code = 1 }
		local back = raised(zoo.raise, problem)
		assert.is_true(remote.isRemote(back))
		assert.are.equal(1, back.code)
	end)

	it('yielding in main does not yield here', function()
		local problem = raised(coroutine.wrap(function()
			zoo.coroutines.yield(1)
		end))
		assert.matches('the function called has stopped for good', problem)
	end)

	it('an object that was collected comes as a new one', function()
		local notes = setmetatable({ [zoo.plain] = 'a note' }, { __mode = 'k' })
		assert.are.equal('a note', notes[zoo.plain])
		collectgarbage()
		collectgarbage()
		assert.is_nil(notes[zoo.plain])
	end)

	it('changes during pairs come late', function()
		local late
		zoo.long[200] = 200
		for key, value in pairs(zoo.long) do
			if key == 1 then
				zoo.long[200], zoo.long[500] = 'changed', 'changed'
			elseif key == 200 then
				late = value
			elseif key == 500 then
				assert.are.equal('changed', value)
			end
		end
		assert.are.equal(200, late)
		zoo.long[200], zoo.long[500] = 200, 500
	end)

	it('a method is known by its name', function()
		local dog = zoo.Dog:new 'Rex'
		assert.are_not.equal(zoo.Dog.fetch, dog.fetch)
		assert.is_true(zoo.same(zoo.Dog.fetch, dog.fetch))
		local fetch = zoo.Dog.fetch
		zoo.Dog.fetch = nil
		assert.are.equal('function', type(dog.fetch))
		assert.matches("attempt to call a nil value %(method 'fetch'%)$",
			raised(function() dog:fetch() end))
		zoo.Dog.fetch = fetch
	end)

	it('messages do not name operands', function()
		assert.matches('^[^:]*:%d+: attempt to perform arithmetic on a table value$',
			raised(function() return zoo.plain + 1 end))
		assert.matches('^[^:]*:%d+: attempt to concatenate a table value$',
			raised(function() return zoo.plain .. 'x' end))
		assert.matches("^[^:]*:%d+: attempt to call a table value %(field 'plain'%)$",
			raised(function() zoo.plain() end))
		assert.matches("^[^:]*:%d+: bad argument #1 to 'rep' %(string expected, got no value%)$",
			raised(function() zoo.strings.rep() end))
	end)

	it('standard functions of this side call it a remote object, or by its class', function()
		assert.matches("bad argument #1 to 'rep' %(string expected, got remote object%)$",
			raised(function() string.rep(zoo.plain) end))
		assert.matches("bad argument #1 to 'rep' %(string expected, got Vector%)$",
			raised(function() string.rep(zoo.Vector(1, 2)) end))
	end)

	it('a remote function still works where the standard library wants one', function()
		assert.are.equal('table', values and 'table')
		assert.are.equal('XY', (('xy'):gsub('%a', zoo.strings.upper)))
	end)
end)
