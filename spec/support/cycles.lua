--- Two heaps with cycles through both, for specs in the lab. In a describe block:
---
---     local lab = cycles.accounts(before_each, after_each)
---     ...
---     local main, page = cycles.open()

local assert = require 'luassert'
local pair = require 'spec.support.pair'

local cycles = {}

local MAIN = [[
	root.beginCycles, root.endCycles = beginCycles, endCycles
	nodes, probes = {}, setmetatable({}, { __mode = 'v' })
	function root:get(i) return nodes[i] end
	function root:link(i, fn) table.insert(nodes[i], fn) end
	function root:weak(w, key, value) nodes[w][key] = value end
	function root:weakNodes(w, i, value) nodes[w][nodes[i] ] = value end
	function root:send(fn, i) fn(nodes[i]) end
	function root:count() return #self end
	function make(i, weak)
		nodes[i] = weak and setmetatable({}, { __mode = 'k' }) or { use = function() return 'used' end }
		probes[i] = nodes[i]
	end
	function keep(i) kept[i] = nodes[i] end
	kept = {}
]]

local PAGE = [[
	nodes, refs, probes = {}, {}, setmetatable({}, { __mode = 'v' })
	kept, calls = {}, 0

	-- What a callback does when it is called: it uses all that it refers to.
	local function touch(values)
		for _, value in ipairs(values) do
			if isRemote(value) then
				local use = value.use
				assert(use == nil or use() == 'used')
			end
		end
	end

	function make(i, kind)
		local values = {}
		if kind == 'fn' then
			nodes[i] = function(object)
				calls = calls + 1
				touch(values)
				touch { object }
			end
			refs[i] = values
		else
			nodes[i] = kind == 'weak' and setmetatable({}, { __mode = 'k' }) or values
			refs[i] = nodes[i]
		end
		probes[i] = nodes[i]
	end

	function get(i) return ask(root, 'get', i) end
	function keep(i) kept[i] = nodes[i] end
	function keepProxy(i) kept[-i] = get(i) end
]]

local opened = {}

--- As pair.accounts. Whatever is still on its way arrives before the ledger is checked.
---@param beforeEach fun(fn: function)
---@param afterEach fun(fn: function)
---@return table lab
function cycles.accounts(beforeEach, afterEach)
	afterEach(function()
		for _, main in ipairs(opened) do
			main:settle()
		end
		opened = {}
	end)

	return pair.accounts(beforeEach, afterEach)
end

--- Gives fresh contexts what the specs use.
function cycles.begin(main, page)
	main:run(MAIN)
	page:run(PAGE)
end

--- A main and a page of it.
function cycles.open()
	local main, page = pair.open()
	opened[#opened + 1] = main
	cycles.begin(main, page)
	return main, page
end

--- Closes all that is open.
function cycles.close()
	pair.close()
	opened = {}
end

--- Has the page collect cycles; how many references went.
---@return integer
function cycles.collect(page)
	return page:run 'return collectCycles(root)'
end

--- Fails where something was raised that nobody caught.
function cycles.noErrors(...)
	for _, side in ipairs { ... } do
		assert.is_nil((side:run 'return uncaught[1]'))
	end
end

return cycles
