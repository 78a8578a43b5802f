--- A main and its pages in the lab, for specs. In a describe block:
---
---     local lab = pair.accounts(before_each, after_each)
---     ...
---     local main, page = pair.open()
---
--- After each spec the ledger of every page is checked, all is closed, and what is left of memory
--- and descriptors must be what there was before.

local assert = require 'luassert'
local frames = require 'spec.support.frames'
local dataDir = require 'host.process'.dataDir
local lab = require 'lab'

local pair = {}

local open, tracked = {}, {}

--- What every state of the lab begins with.
local PRELUDE = [[
	uncaught = {}
	function ignore() end
	require 'host.task'.onUncaught(function(problem)
		uncaught[#uncaught + 1] = tostring(problem)
	end)
]]

--- Has objects of the lab closed after the spec.
function pair.track(...)
	for _, object in ipairs { ... } do
		tracked[#tracked + 1] = object
	end
	return ...
end

--- A main without pages.
function pair.main()
	local main = lab.main(dataDir)
	main:run(PRELUDE)
	open[#open + 1] = { main = main, pages = {} }
	return main
end

--- Another page of a main.
function pair.page(main, options)
	local page = main:page(options)
	page:run(PRELUDE)
	for _, entry in ipairs(open) do
		if entry.main == main then
			table.insert(entry.pages, page)
		end
	end
	return page
end

--- A main and a page of it.
function pair.open(options)
	local main = pair.main()
	return main, pair.page(main, options)
end

--- Ends a page's context, and begins the next.
function pair.reload(main, page)
	page:unload()
	main:settle()
	page:load()
	page:run(PRELUDE)
end

-- Counts what the frames held on one way carry for the receiver: credits and releases.
local function inFlight(list, epoch)
	local credits, releases = {}, {}
	for _, bytes in ipairs(list) do
		local f = frames.parse(bytes)
		if f.epoch == epoch then
			for _, r in ipairs(f.references) do
				if r.kind == 'object' or r.kind == 'function' then
					credits[r.id] = (credits[r.id] or 0) + 1
				end
			end
			for _, release in ipairs(f.releases or {}) do
				releases[release[1]] = (releases[release[1]] or 0) + release[2]
			end
		end
	end
	return credits, releases
end

local function add(sums, id, n)
	sums[id] = (sums[id] or 0) + n
end

-- SENT = what imports have received + credits on their way + releases on their way back.
local function checkWay(exporter, importer, forth, back)
	local sums = {}
	for _, import in ipairs(importer.imports) do
		add(sums, import.id, import.received)
	end
	for id, n in pairs(forth) do
		add(sums, id, n)
	end
	for id, n in pairs(back) do
		add(sums, id, n)
	end
	for id, sent in pairs(exporter.exports) do
		if sums[id] ~= sent then
			error(('export %x was sent %d times, but %s are accounted for'):format(id, sent,
				sums[id] or 'none'), 0)
		end
		sums[id] = nil
	end
	for id, n in pairs(sums) do
		error(('%d of %x are held that no export knows'):format(n, id), 0)
	end
end

--- Raises unless every count of both sides, and of what lies between them, agrees.
function pair.checkLedger(main, page)
	local near, far = page:counts(), page:mainCounts()
	if near.dead or near.lost or far.lost or near.epoch ~= far.epoch then
		return
	end
	main:step()
	if page:mainCounts().lost then
		return
	end
	local toMain, mainReleases = inFlight(page:frames 'toMain', near.epoch)
	local toPage, pageReleases = inFlight(page:frames 'toPage', near.epoch)
	checkWay(page:mainReferences(), page:references(), toPage, mainReleases)
	checkWay(page:references(), page:mainReferences(), toMain, pageReleases)
end

--- Raises if one side blames the other for something else than a want of memory.
function pair.checkFaults(page)
	for _, fault in ipairs { page:counts().fault, page:mainCounts().fault } do
		if fault ~= 0 and fault ~= lab.faults.MEMORY then
			error('the fault is ' .. lab.faultText(fault), 0)
		end
	end
end

--- Raises unless nothing is left, on both sides, of what has crossed.
function pair.checkEmpty(page)
	local near, far = page:counts(), page:mainCounts()
	assert.are.same({ 0, 0, 0, 0, 0, 0 }, { near.exports, near.imports, near.requests,
		far.exports, far.imports, far.requests })
end

--- Collects and settles until nothing changes: what is left is really held.
function pair.quiesce(main, ...)
	for _ = 1, 3 do
		main:settle()
		main:collect()
		for _, page in ipairs { ... } do
			if not page:counts().dead then
				page:collect()
			end
		end
		main:settle()
	end
end

--- Closes all that is open, after a look at the ledgers.
function pair.close()
	local problem
	for _, entry in ipairs(open) do
		for _, page in ipairs(entry.pages) do
			local ok, message = pcall(pair.checkLedger, entry.main, page)
			problem = problem or not ok and message or nil
		end
		entry.main:close()
	end
	for _, object in ipairs(tracked) do
		object:close()
	end
	open, tracked = {}, {}
	if problem then
		error(problem, 0)
	end
end

--- Forgets what is open: the spec has closed it.
function pair.forget()
	open = {}
end

---@param beforeEach fun(fn: function)
---@param afterEach fun(fn: function)
---@return table lab
function pair.accounts(beforeEach, afterEach)
	local blocks, bytes, fds

	beforeEach(function()
		collectgarbage()
		fds = lab.descriptors()
		blocks, bytes = lab.blocks()
	end)

	afterEach(function()
		lab.calm()
		pair.close()
		collectgarbage()
		collectgarbage()
		local blocksLeft, bytesLeft = lab.blocks()
		assert.are.same({ blocks = blocks, bytes = bytes, descriptors = fds },
			{ blocks = blocksLeft, bytes = bytesLeft, descriptors = lab.descriptors() })
	end)

	return lab
end

return pair
