local processes = require 'spec.support.processes'
local threats = require 'spec.support.threats'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a page whose native code', function()
	local rig = threats(before_each, after_each)
	local killed, main = 'killed: SIGSYS', tostring(process.pid)
	local itUnderFilter = rig.itUnderFilter(it, pending)

	rig:rows(it, {
		{ 'crashes', "attack('crash')", 'killed: SIGILL' },
		{ 'ends its process with a status', "attack('quit', 3)", 'exited: 3' },
	})

	rig:rows(itUnderFilter, {
		{ 'reads a file', "attack('open', '/etc/passwd')", 'EACCES' },
		{ 'lists processes', "attack('open', '/proc')", 'EACCES' },
		{ 'opens a connection', "attack('connect')", killed },
		{ 'makes a process', "attack('fork')", killed },
		{ 'runs a program', "attack('execute')", killed },
		{ 'signals main', ("attack('signal', %s)"):format(main), killed },
		{ 'stops itself', "attack('stop itself')", killed },
		{ 'traces main', ("attack('trace', %s)"):format(main), killed },
		{ 'reads the memory of main', ("attack('read memory', %s)"):format(main), killed },
		{ 'makes memory that it can write and run', "attack('write code')", killed },
		{ 'makes memory executable that it has written', "attack('make executable')", killed },
		{ 'adds a filter of its own', "attack('leave filter')", killed },
		{ 'enters a namespace of its own', "attack('new namespace')", killed },
	})

	it('ends its process as if all were well: its window goes, too', function()
		local window = rig:open()
		window.webContents:executeLua("attack('quit', 0)", function() end)
		wait.event(window, 'closed')
	end)

	itUnderFilter('passes 250 descriptors to main: it is killed at the first', function()
		assert.are.equal(killed, rig.outcome(rig:open(), "attack('pass descriptors', 250)"))
	end)

	it('passes 250 descriptors to main from outside the sandbox: main takes none', function()
		local window = windows.open "attack = require 'rogue'.attack"
		local before = processes.descriptors()
		assert.are.equal('1', rig.outcome(window, "attack('pass descriptors', 250)"))
		assert.are.equal(1, windows.eval(window, '1'))
		assert.are.equal(before, processes.descriptors())
	end)

	itUnderFilter('looks for descriptors: it has a channel, a loop, and streams to nowhere', function()
		assert.are.equal(' 0 1 2 3 5', rig.outcome(rig:open(), "attack('descriptors')"))
	end)

	itUnderFilter('takes memory until there is none: it gets as much as it may, and lives', function()
		local window = rig:open()
		local taken = tonumber(rig.outcome(window, "attack('take memory')"))
		assert.is_true(taken > 100 and taken < 64 + 256, tostring(taken))
		assert.are.equal(2, windows.eval(window, '1 + 1'))
	end)
end)
