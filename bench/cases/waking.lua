--- What happens after nothing has happened, and what happens meanwhile.

local PAGES, SANDBOXED = 5, 2
local PAUSE = 5

return {
	lanes = { ring = true, socket = true },
	rows = {
		{ name = 'idle-call', title = 'null call after 5 ms of rest', floor = 'idle-call' },
		{ name = 'wakeups', title = 'wake-ups a second, idle: main and 5+2 pages',
			lowerIsBetter = true },
	},
	page = function(meter)
		if not meter:wants 'idle-call' then
			return
		end
		local noop = require 'remote'.require 'service'.noop
		local statistics = require 'statistics'
		local timers = require 'timers'
		local hrtime = require 'process'.hrtime
		local each = meter.options.quick and 10 or 40
		local samples, single = {}, {}
		for i = 1, meter.options.repeats do
			local sum = 0
			for _ = 1, each do
				timers.sleep(PAUSE)
				local start = hrtime()
				noop()
				local took = (hrtime() - start) / 1e3
				sum = sum + took
				table.insert(single, took)
			end
			samples[i] = sum / each
		end
		meter:record('idle-call', 'µs', samples, #single >= 100 and statistics.p99(single) or nil)
	end,
	main = function(meter, windows)
		if not meter:wants 'wakeups' then
			return
		end
		local timers = require 'timers'
		local seconds = meter.options.quick and 1 or 2
		local pages = windows.open(PAGES, 'pages/arrive.lua')
		local sandboxed = windows.open(SANDBOXED, 'pages/arrive.lua',
			{ show = false, sandbox = true, remote = { require = { 'windows-of-bench' } } })
		local files = { ('/proc/%d/status'):format(process.pid) }
		for pid in io.lines(('/proc/self/task/%d/children'):format(process.pid))():gmatch '%d+' do
			table.insert(files, ('/proc/%s/status'):format(pid))
		end
		-- Somebody else looks, since looking is no idling.
		local look = ("grep -h '^voluntary' %s >>%s"):format(table.concat(files, ' '), '%s')
		local samples = {}
		local report = os.tmpname()
		for i = 1, meter.options.quick and 1 or meter.options.repeats do
			io.open(report, 'w'):close()
			os.execute(('(sleep 0.5; %s; sleep %d; %s) &'):format(look:format(report), seconds,
				look:format(report)))
			timers.sleep(1000 * seconds + 1200)
			local counts = {}
			for line in io.lines(report) do
				table.insert(counts, tonumber(line:match '%d+'))
			end
			assert(#counts == 2 * #files, 'the counts of some process are missing')
			local sum = 0
			for j = 1, #files do
				sum = sum + counts[#files + j] - counts[j]
			end
			samples[i] = sum / seconds
		end
		os.remove(report)
		meter:record('wakeups', '/s', samples)
		windows.destroy(pages)
		windows.destroy(sandboxed)
	end,
}
