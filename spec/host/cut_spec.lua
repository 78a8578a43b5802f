-- A process that dies in the middle of a frame, at each byte of it, on both lanes.

local pair = require 'spec.support.pair'

for _, lane in ipairs { 'socket', 'ring' } do
	describe('a frame that is cut off, over the ' .. lane .. ',', function()
		pair.accounts(before_each, after_each)

		local options = { ring = lane == 'ring' }

		local MAIN = [[
			noted = 0
			function root:note() noted = noted + 1 end
			function root:echo(...) return ... end
			local Object = { __name = 'Object', __index = { f = print } }
			function root:object() return setmetatable({}, Object) end
		]]

		--- The frames that go one way while `act` does something with a main and a page.
		local function record(way, act)
			local main, page = pair.open()
			main:run(MAIN)
			page:hold(way)
			act(main, page)
			local list = page:frames(way)
			pair.close()
			return table.concat(list), list
		end

		--- How many whole frames there are in the first bytes of a list of them.
		local function whole(list, bytes)
			local count = 0
			for _, frame in ipairs(list) do
				bytes = bytes - #frame
				count = count + (bytes >= 0 and 1 or 0)
			end
			return count
		end

		local function left(counts)
			return { counts.lost, counts.fault, counts.exports, counts.imports, counts.callbacks,
				counts.requests }
		end

		local NOTHING = { true, 0, 0, 0, 0, 0 }

		it('leaves nothing of a page in main, which has all that was whole', function()
			local stream, list = record('toMain', function(_, page)
				page:run [[
					post(root, 'note', function() end, { 1, { 'two' } })
					async(ignore, function() ask(root, 'note', 1.5, 'text') end)]]
				page:step()
			end)
			assert.are.equal(2, #list)
			local main, other = pair.open()
			main:run(MAIN)
			for cut = 0, #stream do
				local page = pair.page(main, options)
				main:run 'noted = 0'
				page:inject('toMain', stream:sub(1, cut))
				for _ = 1, 3 do
					main:step()
				end
				page:kill()
				main:step()
				main:collect()
				main:step()
				assert.are.same({ cut, NOTHING }, { cut, left(page:mainCounts()) })
				assert.are.same({ cut, whole(list, cut) }, { cut, main:run 'return noted' })
				assert.are.equal(cut, other:run('return ask(root, "echo", ...)', cut))
				page:close()
			end
			other:close()
			main:close()
			pair.forget()
		end)

		it('of main ends its page, which makes nothing of it', function()
			local stream = record('toPage', function(main)
				main:run [[
					post(pages[1], 'hear', {}, 'text')
					require 'host.task'.start(function() ask(pages[1], 'hear', print) end)]]
				main:step()
			end)
			assert.is_true(#stream > 128)
			local main = pair.main()
			for cut = 0, #stream do
				local page = pair.page(main, options)
				page:run 'function pageRoot:hear() end'
				page:inject('toPage', stream:sub(1, cut))
				page:hangUp 'toPage'
				for _ = 1, 3 do
					pcall(page.step, page)
				end
				local counts = page:counts()
				assert.are.same({ cut, true, true, 0 }, { cut, counts.dead, counts.lost, counts.fault })
				main:step()
				page:close()
			end
			main:close()
			pair.forget()
		end)

		it('that answers a page which waits ends it, unless it was whole', function()
			local stream = record('toPage', function(main, page)
				page:run 'async(ignore, function() ask(root, "object") end)'
				page:step()
				main:step()
			end)
			assert.is_true(#stream > 64)
			for cut = 0, #stream do
				local main = pair.main()
				local page = pair.page(main, options)
				main:run [[function root:object() coroutine.yield() end]]
				page:onWait(function()
					page:onWait(nil)
					main:step()
					page:inject('toPage', stream:sub(1, cut))
					page:hangUp 'toPage'
				end)
				local ok, problem = pcall(page.run, page, 'ask(root, "object")')
				local counts = page:counts()
				if cut < #stream then
					assert.are.same({ cut, true, true, 0 },
						{ cut, counts.dead, counts.lost, counts.fault })
				else
					assert.are.same({ true, nil, false }, { ok, problem, counts.dead })
				end
				main:close()
				pair.forget()
			end
		end)
	end)
end
