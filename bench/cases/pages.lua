--- Processes: how soon a page is there, what it takes, and how many there can be.

local function memory(pid)
	local file = io.open(('/proc/%d/smaps_rollup'):format(pid))
	if not file then
		return nil
	end
	local text = file:read 'a'
	file:close()
	local clean = tonumber(text:match 'Private_Clean:%s*(%d+)')
	return clean + tonumber(text:match 'Private_Dirty:%s*(%d+)')
end

return {
	lanes = { ring = true },
	rows = {
		{ name = 'spawn', title = 'new window to first reply', floor = 'spawn' },
		{ name = 'page-memory', title = 'private memory of an idle page', lowerIsBetter = true },
		{ name = 'pages-1000', title = '1 000 pages' },
		{ name = 'pages-4000', title = '4 000 pages', slow = true },
	},
	main = function(meter, windows)
		local hrtime = process.hrtime
		local statistics = require 'statistics'
		local quick = meter.options.quick
		if meter:wants 'spawn' then
			local samples = {}
			for i = 1, quick and 10 or 100 do
				local start = hrtime()
				local pages = windows.open(1, 'pages/arrive.lua')
				samples[i] = (hrtime() - start) / 1e3
				windows.destroy(pages)
			end
			meter:record('spawn', 'µs', samples, #samples >= 100 and statistics.p99(samples) or nil)
		end
		if meter:wants 'page-memory' then
			local pages = windows.open(20, 'pages/arrive.lua')
			local samples = {}
			for _, pid in ipairs(windows.pids(pages)) do
				samples[#samples + 1] = memory(pid) or error('smaps_rollup cannot be read', 0)
			end
			meter:record('page-memory', 'kB', samples)
			windows.destroy(pages)
		end
		for _, count in ipairs { 1000, 4000 } do
			local name = 'pages-' .. count
			if meter:wants(name) and not (quick and count > 1000) then
				local samples = {}
				for i = 1, quick and 1 or meter.options.repeats do
					local start = hrtime()
					local pages = windows.open(count, 'pages/arrive.lua')
					samples[i] = (hrtime() - start) / 1e9
					windows.destroy(pages)
				end
				meter:record(name, 's', samples)
			end
		end
	end,
}
