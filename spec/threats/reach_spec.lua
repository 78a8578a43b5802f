local renderer = require 'host.renderer'
local rogue = require 'rogue'
local run = require 'spec.support.run'
local threats = require 'spec.support.threats'
local windows = require 'spec.support.windows'

local EXDEV = 18

--- Operations of the protocol that look into an object or change it, and their operands behind it.
local LOOKS = {
	index = "'text'", newindex = "'text', 1", len = '', eq = 'sink', lt = 'sink', le = 'sink',
	concat = 'sink', add = '1', sub = '1', mul = '1', mod = '1', pow = '1', div = '1', idiv = '1',
	band = '1', bor = '1', bxor = '1', shl = '1', shr = '1', unm = '', bnot = '', tostring = '',
	close = 'nil', pairs = '', next = 'nil, 256', copy = '', rawget = "'text'", rawlen = '',
}

--- Names that lead on from an object in one language or another.
local NAMES = {
	'secret', 'rig', '__index', '__newindex', '__gc', '__name', '__remote', '__metatable', '__call',
	'__tostring', 'constructor', 'new', 'rawget', 'getmetatable', 'class', '', '\0', 'take\0', 'Take',
}

--- What the root object can do for Lepton, but for no sandboxed page.
local ROOT_NAMES = { 'callbackEnded', 'beginCycles', 'endCycles', 'new', 'window', 'contents',
	'grants', '__index', '__remote', 'demand', 'load', 'execute' }

describe('a page that reaches further than it was given', function()
	local rig = threats(before_each, after_each)

	local function outcomes(list)
		local honest = rig:open()
		local window = rig:open()
		local got = {}
		for name, code in pairs(list) do
			got[name] = rig.outcome(window, code)
		end
		assert.are.equal('number', windows.eval(honest, 'sink:take(1)'))
		return got
	end

	it('is refused each operation that looks into an object', function()
		local list, wanted = {}, {}
		for name, operands in pairs(LOOKS) do
			list[name] = ("attack('operate', '%s', sink%s%s)"):format(name,
				operands ~= '' and ', ' or '', operands)
			wanted[name] = rig.refused(name)
		end
		assert.are.same(wanted, outcomes(list))
	end)

	it('is refused each name that is on no list', function()
		local list, wanted = {}, {}
		for _, name in ipairs(NAMES) do
			list[name] = ("attack('operate', 'invoke', sink, %q)"):format(name)
			wanted[name] = name:find '\0' and rig.refused 'invoke'
				or ("raised: blocked: '%s' is not granted to this page"):format(name)
		end
		assert.are.same(wanted, outcomes(list))
	end)

	it('is refused what the root object does for Lepton', function()
		local list, wanted = {}, {}
		for _, name in ipairs(ROOT_NAMES) do
			list[name] = ("attack('root', '%s', sink)"):format(name)
			wanted[name] = ("raised: blocked: '%s' is not granted to this page"):format(name)
		end
		assert.are.same(wanted, outcomes(list))
	end)

	it('gets nowhere with a method on what is not its object', function()
		local list, wanted = {}, {}
		local kinds = { ['nil'] = 'nil', boolean = 'true', integer = '7', float = '0.5',
			string = "'take'", table = '{}', callback = 'print' }
		for kind, value in pairs(kinds) do
			list[kind] = ("attack('operate', 'invoke', %s, 'take')"):format(value)
			wanted[kind] = "raised: blocked: 'take' is not granted to this page"
			list['call of ' .. kind] = ("attack('operate', 'call', %s)"):format(value)
			wanted['call of ' .. kind] = rig.refused 'call'
			list['named by ' .. kind] = kind ~= 'string' and
				("attack('operate', 'invoke', sink, %s)"):format(value) or nil
			wanted['named by ' .. kind] = kind ~= 'string' and rig.refused 'invoke' or nil
		end
		list['a method alone'], wanted['a method alone'] = "attack('method', 1, 'take')",
			rig.refused 'call'
		list['of no class'], wanted['of no class'] = "attack('method', 4711, 'take')", rig.refused 'call'
		assert.are.same(wanted, outcomes(list))
	end)

	it('changes no class, whatever its table is called', function()
		local window = rig:open()
		assert.are.equal('returned: table', rig.outcome(window,
			"attack('value', sink, '\\9\\0\\0\\0\\0\\1\\0\\0\\0\\7\\7__index\\7\\1x')"))
		assert.are.same({ __index = 'x' }, rig.last)
		assert.is_nil(getmetatable(rig.last))
		assert.is_nil(rig.last.x)
	end)

	it('cannot poison what all strings of main have', function()
		local window = rig:open()
		assert.are.equal('nothing', rig.outcome(window, [[(function()
			local strings = getmetatable ''
			strings.__index = function() error 'poisoned' end
			strings.__add = strings.__index
			setmetatable({}, { __gc = function() error 'poisoned' end })
			collectgarbage()
		end)()]]))
		assert.are.equal('x', ('X'):lower())
		assert.is_nil(getmetatable ''.__concat)
	end)

	it('is given no value of the standard libraries, wherever it lies', function()
		local all = {}
		for _, library in ipairs { 'package', 'os', 'io', 'debug', 'coroutine', 'string' } do
			for name, value in pairs(_G[library]) do
				if type(value) == 'function' or type(value) == 'userdata' then
					all[library .. '.' .. name] = value
				end
			end
		end
		all['_G'], all['the process'] = _G, process
		all['a coroutine'] = coroutine.create(print)
		local number = 0
		local window = rig:open()
		for name, value in pairs(all) do
			for _, hidden in ipairs { value, { value }, { [value] = true } } do
				number = number + 1
				rig.megabyte = hidden
				local outcome = rig.outcome(window, "attack('operate', 'invoke', sink, 'large')")
				assert.matches('^raised: result 1', outcome, nil, name)
			end
		end
		assert.is_true(number > 100)
		rig.megabyte = ('x'):rep(1 << 20)
	end)

	it('learns nothing of main from an error', function()
		local window = rig:open()
		local function fail(text)
			return rig.outcome(window, ("attack('operate', 'invoke', sink, 'fail', %q)"):format(text))
		end
		assert.are.equal('raised: oops', fail 'oops')
		assert.are.equal('raised: cannot open ...', fail('cannot open ' .. process.cwd() .. '/secret'))
		assert.are.equal('raised: one', fail 'one\nstack traceback:\n\t/etc/passwd:12')
		assert.are.equal("raised: blocked remote.require('x')", rig.outcome(window,
			"attack('root', 'require', 'x')"))
	end)

	it('is served no file but modules of the app', function()
		local window = rig:open()
		for _, name in ipairs { '../secret', '/etc/passwd', '..', 'a..b', 'a/b', './a', '', '\0', 'a\0b',
			'%2e%2e', ('a'):rep(201), 'a\\b', '~', '-/..' } do
			assert.are.equal('returned: nil', rig.outcome(window, ("attack('root', 'moduleText', %q)")
				:format(name)), name)
		end
		for _, value in ipairs { 'nil', '7', 'true', '{}', 'sink', 'print' } do
			assert.are.equal('returned: nil', rig.outcome(window, ("attack('root', 'moduleText', %s)")
				:format(value)), value)
		end
	end)

	it('is served nothing from outside while a folder and a link take turns', function()
		local place = run.directory {
			['app/in/mod.lua'] = 'inside',
			['out/mod.lua'] = 'OUTSIDE',
			['swap.lua'] = [[
				os.execute 'ln -s ../out app/link'
				while not io.open 'stop' do
					os.rename('app/in', 'app/was')
					os.rename('app/link', 'app/in')
					os.rename('app/in', 'app/link')
					os.rename('app/was', 'app/in')
				end]],
		}
		local swaps = assert(io.popen(('cd %s && exec %s swap.lua'):format(place, run.executable())))
		local deadline = process.uptime() + 60
		local seen = {}
		repeat
			local text, _, code = renderer.readBeneath(place .. '/app', 'in/mod.lua')
			seen[text or code] = true
		until seen.OUTSIDE or seen.inside and seen[EXDEV] or process.uptime() > deadline
		assert(io.open(place .. '/stop', 'w')):close()
		swaps:close()
		assert.is_nil(seen.OUTSIDE)
		assert.is_true(seen.inside and seen[EXDEV])
	end)

	rig.itUnderFilter(it, pending)('has nothing of main\'s memory', function()
		local secret = ('canary %d'):format(os.time() * 7919)
		local canaries = {}
		for i = 1, 7000 do
			canaries[i] = secret .. ' ' .. i
		end
		local hidden = secret:gsub('.', function(letter) return string.char(letter:byte() - 1) end)
		local outcome = rig.outcome(rig:open(), ("attack('scan', %q)"):format(hidden))
		local found, pages = outcome:match '^(%d+): (%d+)$'
		assert.are.equal('0', found, outcome)
		-- It does see what it has.
		assert.is_true(tonumber(pages) > 100)
		local own = rig.outcome(rig:open(), ([[(function()
			local hidden = %q
			local own = hidden:gsub('.', function(letter) return string.char(letter:byte() + 1) end)
			return attack('scan', hidden), own
		end)()]]):format(hidden))
		assert.is_true(tonumber(own:match '^%d+') > 0)
		assert.are.equal(7000, #canaries)
	end)

	rig.itUnderFilter(it, pending)('has no variable of main\'s environment', function()
		local hidden = ('PATH=' .. process.env.PATH):gsub('.', function(letter)
			return string.char(letter:byte() - 1)
		end)
		assert.matches('^0: ', rig.outcome(rig:open(), ("attack('scan', %q)"):format(hidden)))
	end)

	it('has an end of the ring that nobody can make shorter or longer', function()
		assert.are.same({ true, true, true }, { rogue.seals() })
	end)
end)
