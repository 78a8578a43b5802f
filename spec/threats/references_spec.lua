local threats = require 'spec.support.threats'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a page that forges references', function()
	local rig = threats(before_each, after_each)
	local noReference, notHeld = rig.ended(11), rig.ended(12)

	rig:rows(it, {
		{ 'calls an id that was never given', "attack('use', 4711)", noReference },
		{ 'calls the next id', "attack('use', id + 1)", noReference },
		{ 'calls the next generation of an id', "attack('use', id + (1 << 32))", noReference },
		{ 'calls the generation before', "attack('use', id - (1 << 32))", noReference },
		{ 'calls an id that no table has room for', "attack('use', -1)", noReference },
		{ 'passes an id that was never given', "attack('pass', sink, 2, 4711)", noReference },
		{ 'tries one id after the other', [[
			(function() for n = 1, 1 << 20 do attack('pass', sink, 2, n) end end)()]], noReference },
		{ 'uses an object after it gave it back', "attack('release and use', id)", noReference },
		{ 'gives an object back twice', "attack('release twice', id)", notHeld },
		{ 'gives back more than it got', "attack('release', id, 2)", notHeld },
		{ 'gives back so many that a count overflows', "attack('release', id, -1)", notHeld },
		{ 'gives back none', "attack('release', id, 0)", notHeld },
		{ 'gives back what it never had', "attack('release', 4711, 1)", notHeld },
		{ 'gives back the root', "attack('release', 0, 1)", notHeld },
		{ 'gives back half an id', "attack('release in half', id)", rig.ended(7) },
		{ 'begins a context that main did not ask for', "attack('use of old', id)", rig.ended(16) },
		{ 'speaks in an epoch that is over', "attack('old epoch', id)", rig.ended(4) },
		{ 'hands over an object', "attack('pass', sink, 0, 7)", rig.ended(10) },
		{ 'hands over a reference of no kind', "attack('pass', sink, 9, 7)", rig.ended(10) },
		{ 'hands over a callback without an id', "attack('pass', sink, 1, 0, 'x')", rig.ended(10) },
		{ 'says too much of where a callback was made', "attack('pass', sink, 1, 7, ('x'):rep(129))",
			rig.ended(10) },
		{ 'uses what main has revoked', "attack('use', rogue.id(revoked))", 'raised: it was revoked' },
		{ 'answers what main never asked', "attack('answer', 4711)", rig.ended(13) },
		{ 'answers with half an error', "attack('raise one', 4711)", rig.ended(7) },
	})

	it('uses an id of the context before', function()
		local window = rig:open()
		windows.eval(window, [[
			(function() notes = {} for i = 1, 5 do notes[i] = sink:make 'old' end end)()]])
		local id = windows.eval(window, 'rogue.id(notes[5])')
		window:reload()
		wait.event(window.webContents, 'did-finish-load')
		assert.are.equal(rig.ended(11), rig.outcome(window, ("attack('use', %d)"):format(id)))
	end)

	it('does not reach what another page was given', function()
		local other = rig:open()
		windows.eval(other, [[
			(function() notes = {} for i = 1, 5 do notes[i] = sink:make 'private' end end)()]])
		local id = windows.eval(other, 'rogue.id(notes[5])')
		assert.are.equal(rig.ended(11), rig.outcome(rig:open(), ("attack('use', %d)"):format(id)))
		assert.are.equal('private', windows.eval(other, 'notes[5]:take()'))
		other:destroy()
	end)

	it('has its own object behind an id that another page has, too', function()
		local one, other = rig:open(), rig:open()
		windows.eval(one, "(function() note = sink:make 'one' end)()")
		windows.eval(other, "(function() note = sink:make 'other' end)()")
		local id = windows.eval(one, 'rogue.id(note)')
		assert.are.equal(id, windows.eval(other, 'rogue.id(note)'))
		assert.are.equal('returned: one', rig.outcome(one, ("attack('use', %d)"):format(id)))
		assert.are.equal('returned: other', rig.outcome(other, ("attack('use', %d)"):format(id)))
	end)

	it('is called back by its own name for a callback, whoever else has that name', function()
		local one, other = rig:open(), rig:open()
		local heard = {}
		for name, window in pairs { one = one, other = other } do
			window.webContents:executeLua("attack('callback', sink, 7)", function(text)
				heard[name] = text
			end)
		end
		wait.untilTrue('both are kept', function() return #rig.kept == 2 end)
		rig.kept[1][1] 'first'
		rig.kept[2][1] 'second'
		wait.untilTrue('both are called', function() return heard.one and heard.other end)
		local texts = { heard.one, heard.other }
		table.sort(texts)
		assert.are.same({ 'first', 'second' }, texts)
	end)
end)
