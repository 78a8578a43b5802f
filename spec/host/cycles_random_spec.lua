-- Cycles in random graphs over two heaps, against a model.

local Graph = require 'spec.support.graph'
local cycles = require 'spec.support.cycles'
local pair = require 'spec.support.pair'

local SECONDS = tonumber(os.getenv 'LEPTON_FUZZ_SECONDS') or 4
local SEED = tonumber(os.getenv 'LEPTON_SEED')

local random = math.random

describe('cycles through both heaps', function()
	local lab = cycles.accounts(before_each, after_each)

	local function forSeeds(fn)
		local first = SEED or os.time() * 1000
		local deadline = os.clock() + SECONDS
		local count = 0
		local main, page = cycles.open()
		for seed = first, SEED or math.huge do
			math.randomseed(seed)
			local ok, problem = pcall(fn, main, page, seed)
			assert(ok, ('LEPTON_SEED=%d: %s'):format(seed, problem))
			main:settle()
			pair.checkLedger(main, page)
			pair.reload(main, page)
			cycles.begin(main, page)
			count = count + 1
			if os.clock() > deadline and count > 10 then
				break
			end
		end
		return count
	end

	it('in random graphs: nothing reachable is lost, and no garbage is left', function()
		local graphs = forSeeds(function(main, page)
			local graph = Graph.build(main, page, random(3, 24))
			Graph.drop(main, page)
			cycles.collect(page)
			pair.quiesce(main, page)
			local problem = graph:difference(main, page)
			assert(not problem, problem)
			cycles.noErrors(main, page)
			assert.are.equal(0, cycles.collect(page))
		end)
		assert.is_true(SEED ~= nil or graphs > 10)
	end)

	it('in random graphs that main uses meanwhile: no call fails', function()
		forSeeds(function(main, page)
			Graph.build(main, page, random(3, 24))
			main:run [[
				cache = setmetatable({}, { __mode = 'v' })
				for i, node in pairs(nodes) do cache[i] = node end
				-- Calls a random callback with a random object, and may forget something.
				function disturb(seed)
					math.randomseed(seed)
					local keys = {}
					for i in pairs(cache) do keys[#keys + 1] = i end
					table.sort(keys)
					if #keys == 0 then return end
					local from, to = cache[keys[math.random(#keys)] ], cache[keys[math.random(#keys)] ]
					local fn = from and from[1]
					if isRemote(fn) then
						fn(to)
						if math.random(2) == 1 then from[1] = nil end
						if math.random(3) == 1 then table.insert(from, to) end
						return true
					end
				end
			]]
			Graph.drop(main, page)
			local sent = 0
			local function disturb()
				local seed = random(1 << 30)
				for i = 1, random(0, 2) do
					sent = sent + (main:run('return disturb(...)', seed + i) and 1 or 0)
				end
				if random(3) == 1 then
					main:collect()
				end
				if random(2) == 1 then
					main:step()
				end
			end
			for _ = 1, 3 do
				disturb()
				page:onWait(disturb)
				cycles.collect(page)
				page:onWait(nil)
				disturb()
				main:settle()
				cycles.noErrors(main, page)
			end
			assert.are.equal(sent, page:run 'return calls')
		end)
	end)

	it('leave nothing behind where memory runs out', function()
		local n, failures = 0, 0
		local enough
		repeat
			n = n + 1 + n // 30
			math.randomseed(7)
			local main, page = cycles.open()
			local graph = Graph.build(main, page, 12)
			Graph.drop(main, page)
			lab.failAt(n, 2)
			local ok = pcall(cycles.collect, page)
			enough = lab.calm() < n
			failures = failures + (ok and 0 or 1)
			if not page:counts().dead and page:counts().fault == 0 then
				pair.quiesce(main, page)
				cycles.collect(page)
				pair.quiesce(main, page)
				assert.is_nil(graph:difference(main, page))
			end
			main:settle()
			cycles.close()
		until enough
		assert.is_true(failures > 5)
	end)
end)
