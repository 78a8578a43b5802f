local accounts = require 'spec.support.accounts'
local run = require 'spec.support.run'
local sandbox = require 'spec.support.sandbox'

describe('the example plugins', function()
	accounts(before_each, after_each)

	it('gets what it was granted, or is refused or ended, and the host is well', function()
		-- The one that computes without end runs alone: a slow machine must not end the others, too.
		local result = run.lepton { 'examples/plugins', '--patience=600000', 'good', 'reader', 'caller',
			'forger', 'flood', 'bomb' }
		assert.are.equal(0, result.status, result.stderr)
		local last = run.lepton { 'examples/plugins', '--patience=500', 'loop' }
		assert.are.equal(0, last.status, last.stderr)
		local output = result.stdout .. last.stdout
		local refused = 'blocked: a sandboxed page can call what its window grants, and no more'
		for _, line in ipairs {
			'good    has pinned note 1',
			'good    saw "hello from a plugin" on the board',
			"reader  remote.require 'io': blocked remote.require('io')",
			"reader  remote.process: blocked remote.getGlobal('process')",
			"caller  remote.require 'socket': blocked remote.require('socket')",
			'forger  board.clear: ' .. refused .. ' (index)',
			'forger  board.mine = 1: ' .. refused .. ' (newindex)',
			'forger  pairs(board): ' .. refused .. ' (pairs)',
			'forger  the window: blocked remote.getCurrentWindow()',
			'flood   997 of 1000 callbacks were refused',
			'flood   was ended: protocol (too many callbacks at once (reason 19))',
			'bomb    a long string: not enough memory',
			'bomb    many tables: not enough memory',
			'loop    was ended: killed (SIGKILL)',
			'The host is well.',
		} do
			assert.is_truthy(output:find(line .. '\n', 1, true),
				('no line "%s" in:\n%s'):format(line, output))
		end
		assert.is_nil(output:find 'got it!')
	end)

	it('reach what the list in spec/journey/sandbox_plugins.txt says, and no more', function()
		local file = assert(io.open 'spec/journey/sandbox_plugins.txt')
		local golden = file:read 'a'
		file:close()
		assert.are.equal(golden, run.lepton({ 'examples/plugins', '--authority' }).stdout)
	end)
end)

describe('lepton --sandbox-selftest', function()
	it('tries the sandbox on this machine', function()
		local result = run.lepton { '--sandbox-selftest' }
		local filtered = result.stdout:find 'filter[^\n]*%(seccomp%)'
		if not filtered then
			return pending 'the system call filter is left out of a sanitizer build'
		end
		local poverty = sandbox.poverty()
		if poverty then
			return pending(poverty)
		end
		assert.are.equal(0, result.status, result.stdout)
		assert.is_nil(result.stdout:find 'FAILED')
		-- uretprobe and uprobe (335, 336) are the kernel's own: it lets no filter stop them.
		local calls = result.stdout:match 'do not kill:([^\n]*)':gsub(' 33[56]', '')
		assert.are.equal(' read write close poll lseek mmap mprotect munmap brk rt_sigprocmask '
			.. 'rt_sigreturn ioctl writev sched_yield mremap getpid sendto recvfrom exit readlink '
			.. 'gettimeofday gettid futex restart_syscall clock_gettime exit_group epoll_wait epoll_ctl '
			.. 'openat newfstatat epoll_pwait timerfd_settime getrandom', calls)
	end)
end)
