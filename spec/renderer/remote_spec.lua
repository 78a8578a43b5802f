-- What a page sees of main.

local raised = require 'spec.support.raised'
local remote = require 'remote'
local values = remote.require 'spec.support.fixtures.remote-values'

--- How many tables of main this page holds.
local function heldTables()
	collectgarbage()
	collectgarbage()
	return remote.report():count('page', 'table')
end

describe('remote.require', function()
	it('gives what require gives in main', function()
		assert.is_true(remote.isRemote(values))
		assert.are.equal('table', remote.type(values))
		assert.are.equal('main', remote.require 'process'.type == 'browser' and 'main'
			or remote.require 'process'.type)
	end)

	it('gives the same module each time, the same that getGlobal has', function()
		assert.are.equal(values, remote.require 'spec.support.fixtures.remote-values')
		local loaded = remote.getGlobal 'package'.loaded
		assert.are.equal(values, loaded['spec.support.fixtures.remote-values'])
	end)

	it('raises main\'s own error for a module that is not there, in the line that asks', function()
		local problem = raised(function() remote.require 'no.such.module' end)
		assert.matches("^[^:]*remote_spec%.lua:%d+: module 'no%.such%.module' not found:", problem)
		assert.matches("no field package%.preload%['no%.such%.module'%]", problem)
	end)

	it('wants the name of a module', function()
		assert.matches("^[^:]*remote_spec%.lua:%d+: bad argument #1 to 'require' %(string expected, "
			.. 'got no value%)$', raised(function() remote.require() end))
	end)
end)

describe('remote.getGlobal', function()
	it('gives a global variable of main', function()
		assert.are.equal(_VERSION, remote.getGlobal '_VERSION')
		assert.are.equal(remote.getGlobal '_G', remote.getGlobal '_G'._G)
	end)

	it('gives nil where there is none', function()
		assert.is_nil(remote.getGlobal 'noSuchGlobal')
	end)

	it('sees the variable as it is now', function()
		local globals = remote.getGlobal '_G'
		globals.counted = 1
		assert.are.equal(1, remote.getGlobal 'counted')
		globals.counted = nil
		assert.is_nil(remote.getGlobal 'counted')
	end)
end)

describe('remote.getCurrentWindow and remote.getCurrentWebContents', function()
	it('give this page\'s own, the same each time', function()
		local window = remote.getCurrentWindow()
		assert.are.equal(window, remote.getCurrentWindow())
		assert.are.equal(remote.getCurrentWebContents(), remote.getCurrentWebContents())
		assert.are.equal(window.webContents, remote.getCurrentWebContents())
		assert.are.equal(window, remote.getCurrentWebContents():getOwnerWindow())
		assert.are.equal(window, remote.require 'browser-window'.fromId(window.id))
		assert.are.equal('lepton --test', window:getTitle())
	end)
end)

describe('remote.process', function()
	it('is main\'s process, cached', function()
		assert.are.equal(remote.getGlobal 'process', remote.process)
		assert.are.equal(remote.process, rawget(remote, 'process'))
		assert.are_not.equal(process.pid, remote.process.pid)
		assert.are.equal(process.ppid, remote.process.pid)
	end)
end)

describe('a remote object', function()
	it('is a userdata, a remote function a function', function()
		assert.are.equal('userdata', type(values))
		assert.are.equal('function', type(values.echo))
		assert.are.equal('remote', getmetatable(values))
		assert.is_false(pcall(setmetatable, values, {}))
	end)

	it('is one proxy as long as it lives', function()
		assert.are.equal(values.object, values.object)
		assert.is_true(rawequal(values.object, values.object))
		local set = { [values.object] = 'found', [values.echo] = 'function' }
		assert.are.equal('found', set[values.object])
		assert.are.equal('function', set[values.echo])
		assert.are_not.equal(values.object, values.object.nested)
	end)

	it('is the very original when it is sent home', function()
		assert.are.same({ true, true }, { values.isObject(values.object) })
		assert.is_true(values.isEcho(values.echo))
		assert.is_true(values.isEchoIn { values.echo, deep = { object = values.object } })
		assert.are.equal(values.object, values.echo(values.object))
	end)

	it('stands for userdata and coroutines, too', function()
		assert.are.equal('userdata', remote.type(values.userdata))
		assert.are.equal('thread', remote.type(values.thread))
		assert.matches('^file %(0x', tostring(values.userdata))
		assert.are.equal('suspended', values.thread.status(values.thread))
		assert.is_true(values.thread:resume())
		assert.are.equal('dead', values.thread:status())
	end)

	it('says what it is', function()
		assert.are.equal('table', remote.type(values.object))
		assert.are.equal('function', remote.type(values.echo))
		assert.are.equal('string', remote.type 'local')
		assert.is_true(remote.isRemote(values.object))
		assert.is_true(remote.isRemote(values.echo))
		assert.is_false(remote.isRemote {})
		assert.is_false(remote.isRemote(print))
	end)

	it('is copied by remote.copy, deep, with cycles', function()
		local copy = remote.copy(values.object)
		assert.are.same({ name = 'object', nested = { 1, 2, 3 } }, copy)
		values.object.self = values.object
		copy = remote.copy(values.object)
		assert.are.equal(copy, copy.self)
		values.object.self = nil
	end)

	it('comes by copy where main marks it', function()
		local list = values.byValue { 1, { 2 } }
		assert.are.same({ 1, { 2 } }, list)
	end)

	it('is iterated and read raw by functions of remote', function()
		local keys = {}
		for key in remote.pairs(values.object) do
			keys[#keys + 1] = key
		end
		table.sort(keys)
		assert.are.same({ 'name', 'nested' }, keys)
		assert.is_not_nil(remote.next(values.object))
		assert.are.equal('object', remote.rawget(values.object, 'name'))
		assert.are.equal(3, remote.rawlen(values.object.nested))
		assert.are.same({ 1, 'x' }, { remote.next { 'x' } })
		assert.are.equal(2, remote.rawlen { 1, 2 })
	end)

	it('can be given back; then it cannot be used', function()
		local object = values.echo(values.byValue)
		local nested = values.object.nested
		remote.release(nested)
		assert.matches('attempt to use a remote object that was released', raised(function()
			return nested[1]
		end))
		assert.are_not.equal(nested, values.object.nested)
		assert.are.equal(1, values.object.nested[1])
		assert.are.equal('function', type(object))
	end)
end)

describe('pairs', function()
	-- It brings so many fields in one trip.
	local CHUNK = 256

	local function walk(object)
		local fields, count = {}, 0
		for key, value in pairs(object) do
			fields[key], count = value, count + 1
		end
		return fields, count
	end

	it('gives each field once, however many trips they take', function()
		for _, count in ipairs { 0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1 } do
			for _, make in ipairs { values.named, values.numbered } do
				local object = make(count)
				local fields, walked = walk(object)
				assert.are.equal(count, walked)
				assert.are.same(remote.copy(object), fields)
			end
		end
	end)

	it('goes on after a key that is an object', function()
		local object = values.keyed(2 * CHUNK + 1)
		local fields, walked = walk(object)
		assert.are.equal(2 * CHUNK + 1, walked)
		for key, value in pairs(fields) do
			assert.are.equal(value, key[1])
		end
	end)

	it('allows that fields are cleared, though main collects their keys', function()
		local object = values.named(3 * CHUNK)
		local count = 0
		for key in pairs(object) do
			object[key] = nil
			count = count + 1
			if count % CHUNK == 0 then
				values.collect()
			end
		end
		assert.are.equal(3 * CHUNK, count)
		assert.is_nil(remote.next(object))
	end)

	it('has no further field after the last one', function()
		local following, object = pairs(values.numbered(CHUNK))
		for _ = 1, CHUNK do
			assert.is_not_nil(following(object))
		end
		assert.is_nil(following(object))
		assert.is_nil(following(object))
	end)

	it('that is left before its end holds nothing of what it brought', function()
		local object = values.keyed(2 * CHUNK)
		local before = heldTables()
		for _ in pairs(object) do -- luacheck: ignore 512
			break
		end
		assert.are.equal(before, heldTables())
	end)

	it('can go on within remote.async, once it began outside', function()
		local following, object = pairs(values.named(CHUNK + 1))
		assert.is_not_nil(following(object))
		local rest = remote.async(function()
			local count = 0
			while following(object) do
				count = count + 1
			end
			return count
		end):await()
		assert.are.equal(CHUNK, rest)
	end)
end)

describe('remote.next', function()
	it('brings one field and no more', function()
		local object = values.keyed(100)
		local before = heldTables()
		local key = remote.next(object)
		assert.are.equal('table', remote.type(key))
		local reached = remote.report():count('page', 'table')
		assert.are.equal(before + 1, reached)
	end)
end)

describe('a call', function()
	it('keeps arguments and results, however many, with their holes', function()
		assert.are.equal(0, values.count())
		assert.are.equal(3, values.count(nil, nil, nil))
		assert.are.same({ n = 4, nil, 1, nil, nil }, table.pack(values.echo(nil, 1, nil, nil)))
		local many = {}
		for i = 1, 10000 do
			many[i] = i
		end
		assert.are.same(many, { values.echo(table.unpack(many)) })
	end)

	it('keeps numbers as they are', function()
		assert.are.same({ 'number', 'integer' }, { values.kind(3) })
		assert.are.same({ 'number', 'float' }, { values.kind(3.0) })
		assert.are.equal('-inf', tostring(1 / values.echo(-0.0)))
		assert.are.equal(math.mininteger, values.echo(math.mininteger))
	end)

	it('copies tables to main, with cycles and shared tables, without metatables', function()
		local shared = {}
		local list = setmetatable({ a = shared, b = shared }, { __index = error, __pairs = error })
		list.self = list
		assert.are.same({ true, true, true }, { values.shape(list) })
	end)

	it('refuses what cannot be sent, and names the path to it', function()
		assert.matches("^[^:]*remote_spec%.lua:%d+: argument 2, field 'opts%.file': a userdata cannot "
			.. 'be sent to the main process$', raised(function()
			values.echo(1, { opts = { file = io.stdout } })
		end))
		assert.matches('argument 1: a coroutine cannot be sent to the main process$', raised(function()
			values.echo(coroutine.create(print))
		end))
		assert.matches("argument 1, field '%[3%]': a userdata", raised(function()
			values.echo { 1, 2, io.stdout }
		end))
		assert.matches('value: a userdata cannot be sent', raised(function()
			values.object.file = io.stdout
		end))
	end)

	it('changes no account when it is refused', function()
		local before = #remote.report()
		pcall(values.echo, function() end, function() end, io.stdout)
		assert.are.equal(before, #remote.report())
	end)

	it('says which result main cannot send', function()
		assert.matches("^result 2, field 'deep%.deep%.[^']*': a table nested too deep cannot be sent$",
			raised(values.notSendable))
	end)

	it('holds an object once, however often it was sent', function()
		local function held()
			collectgarbage()
			collectgarbage()
			return remote.report():count 'page'
		end
		local before = held()
		do
			local objects = {}
			for i = 1, 5 do
				objects[i] = values.object.nested
			end
			assert.are.equal(objects[1], objects[5])
			assert.are.equal(before + 1, held())
		end
		assert.are.equal(before, held())
	end)
end)

describe('an error', function()
	it('in main arrives as the same value', function()
		assert.matches('^[^:]*remote%-values%.lua:%d+: text$', raised(values.raise, 'text'))
		assert.are.equal(42, raised(values.raise, 42))
		assert.is_nil(raised(values.raise, nil))
		assert.are.equal(values.object, raised(values.raiseObject))
		assert.are.equal(7, raised(values.raiseList).code)
		assert.is_true(remote.isRemote(raised(values.raiseList)))
	end)

	it('shows both sides in a traceback', function()
		local _, traceback = xpcall(function()
			values.raise 'text'
		end, debug.traceback)
		assert.matches("remote_spec%.lua:%d+: in function <", traceback)
		assert.matches("in the main process:\n\t%[C%]: in function 'error'\n"
			.. '\t[^\n]*remote%-values%.lua:%d+: in ', traceback)
		assert.is_nil(traceback:find('operations.lua', 1, true))
	end)

	it('of this page shows this page only', function()
		pcall(values.raise, 'text')
		local _, traceback = xpcall(function()
			error 'local'
		end, debug.traceback)
		assert.is_nil(traceback:find('in the main process', 1, true))
	end)

	it('keeps no object alive', function()
		local before = heldTables()
		pcall(values.raiseList)
		assert.are.equal(before, heldTables())
	end)

	it('leaves debug.traceback as Lua has it otherwise', function()
		assert.matches('^stack traceback:\n\t[^\n]*remote_spec%.lua:%d+: in ', debug.traceback())
		assert.matches('^message\nstack traceback:\n\t[^\n]*remote_spec%.lua', debug.traceback 'message')
		assert.are.equal(values.object, debug.traceback(values.object))
		local co = coroutine.create(function() coroutine.yield() end)
		coroutine.resume(co)
		assert.matches("^stack traceback:\n\t%[C%]: in function 'coroutine.yield'", debug.traceback(co))
	end)
end)
