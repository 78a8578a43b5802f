--- More than one page, and more than a few objects.

local HELD, OPEN = 100000, 1000

return {
	lanes = { ring = true },
	rows = {
		{ name = 'one-page', title = 'one page calling' },
		{ name = 'two-pages', title = 'two pages calling at once, together' },
		{ name = 'fairness', title = 'the slower one of two pages, of the faster' },
		{ name = 'none-held', title = 'null call with nothing held' },
		{ name = 'held-100000', title = 'null call with 100 000 objects held' },
		{ name = 'one-open', title = 'null call with 1 page open' },
		{ name = 'open-1000', title = 'null call with 1 000 pages open', slow = true },
	},
	page = function(meter)
		if not (meter:wants 'none-held' or meter:wants 'held-100000') then
			return
		end
		local service = require 'remote'.require 'service'
		local noop = service.noop
		local function work(count)
			for _ = 1, count do
				noop()
			end
		end
		meter:time('none-held', work)
		if meter:wants 'held-100000' then
			local held = {}
			for i = 1, HELD do
				held[i] = service.new()
			end
			meter:time('held-100000', work)
			assert(#held == HELD)
		end
	end,
	main = function(meter, windows)
		local seconds = meter.options.seconds * 2
		local repeats = meter.options.repeats
		local function calls(count, pages)
			local code = ('return callFor(%g)'):format(seconds)
			local results = windows.execute(pages, count, code)
			local sum, least, most = 0, math.huge, 0
			for _, rate in ipairs(results) do
				sum, least, most = sum + rate, math.min(least, rate), math.max(most, rate)
			end
			return sum, least / most
		end
		local function microseconds(pages)
			local samples = {}
			calls(1, pages)
			for i = 1, repeats do
				samples[i] = 1e6 / calls(1, pages)
			end
			return samples
		end
		if meter:wants 'one-page' or meter:wants 'two-pages' or meter:wants 'fairness' then
			local pages = windows.open(2, 'pages/caller.lua')
			local one, two, fair = {}, {}, {}
			for i = 1, repeats do
				one[i] = calls(1, pages)
				two[i], fair[i] = calls(2, pages)
			end
			meter:record('one-page', '/s', one)
			meter:record('two-pages', '/s', two)
			meter:record('fairness', '', fair)
			windows.destroy(pages)
		end
		if meter:wants 'open-1000' and not meter.options.quick then
			local pages = windows.open(1, 'pages/caller.lua')
			meter:record('one-open', 'µs', microseconds(pages))
			local others = windows.open(OPEN - 1, 'pages/arrive.lua')
			meter:record('open-1000', 'µs', microseconds(pages))
			windows.destroy(others)
			windows.destroy(pages)
		end
	end,
}
