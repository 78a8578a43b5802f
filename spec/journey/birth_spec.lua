-- Pages are forked from one zygote that has loaded Lepton's modules already: what each has for
-- itself all the same.

local accounts = require 'spec.support.accounts'
local sandbox = require 'spec.support.sandbox'
local wait = require 'spec.support.wait'
local windows = require 'spec.support.windows'

describe('a page that is born', function()
	accounts(before_each, after_each)

	local function reload(window)
		window:reload()
		wait.event(window.webContents, 'did-finish-load')
	end

	for kind, open in pairs { trusted = windows.open, sandboxed = sandbox.open } do
		it(('has modules of its own, in every context (%s)'):format(kind), function()
			local one, other = open(), open()
			local marks = "require 'events'.mark, require 'timers'.mark, process.mark, string.mark"
			windows.eval(one, marks .. ' = 1, 2, 3, 4')
			assert.are.same({ 1, 2, 3, 4 }, { windows.eval(one, marks) })
			assert.are.same({}, { windows.eval(other, marks) })
			reload(one)
			assert.are.same({}, { windows.eval(one, marks) })
		end)

		it(('draws random numbers of its own, in every context (%s)'):format(kind), function()
			local seen = {}
			local function draw(window)
				local number = windows.eval(window, 'math.random(0)')
				assert.is_nil(seen[number])
				seen[number] = true
			end
			local one, other = open(), open()
			draw(one)
			draw(other)
			reload(one)
			draw(one)
		end)

		it(('counts its age from its own beginning (%s)'):format(kind), function()
			local before = process.uptime()
			local window = open()
			local age = windows.eval(window, 'process.uptime()')
			assert.is_true(age >= 0)
			assert.is_true(age <= process.uptime() - before + 0.1)
		end)
	end

	it('has a process of its own', function()
		local one, other = windows.open(), windows.open()
		local pid, parent = windows.eval(one, 'process.pid, process.ppid')
		assert.are.equal(process.pid, parent)
		assert.are_not.equal(pid, windows.eval(other, 'process.pid'))
		local status = assert(io.open(('/proc/%d/comm'):format(pid)))
		assert.are.equal('lepton-page\n', status:read 'a')
		status:close()
	end)

	it("has main's environment as it is then, and again after a reload", function()
		process.env.LEPTON_BIRTH, process.env.LEPTON_EMPTY = 'first', ''
		local one = windows.open()
		process.env.LEPTON_BIRTH = 'second\nline'
		local other = windows.open()
		process.env.LEPTON_BIRTH, process.env.LEPTON_EMPTY = nil, nil
		assert.are.same({ 'first', '' },
			{ windows.eval(one, 'process.env.LEPTON_BIRTH, process.env.LEPTON_EMPTY') })
		assert.are.equal('second\nline', windows.eval(other, 'os.getenv "LEPTON_BIRTH"'))
		windows.eval(one, 'process.env.LEPTON_BIRTH, process.env.LEPTON_MORE = nil, "more"')
		assert.are.same({ n = 2, nil, 'more' }, table.pack(windows.eval(one,
			'process.env.LEPTON_BIRTH, io.popen "echo $LEPTON_MORE":read()')))
		reload(one)
		assert.are.same({ n = 2, 'first' }, table.pack(windows.eval(one,
			'process.env.LEPTON_BIRTH, process.env.LEPTON_MORE')))
		assert.are.equal(process.env.PATH, windows.eval(one, 'process.env.PATH'))
		assert.is_nil(windows.eval(one, 'process.env.LD_BIND_NOW'))
	end)
end)
