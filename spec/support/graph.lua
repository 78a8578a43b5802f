--- A random graph over the heaps of main and a page in the lab (cycles.lua), and a model of it:
--- which of its nodes can be reached.

---@class Graph
local Graph = {}
Graph.__index = Graph

local random = math.random

local function newGraph(n)
	local graph = setmetatable({ nodes = {}, edges = {}, weak = {}, roots = {} }, Graph)
	local kinds = { 'object', 'object', 'fn', 'fn', 'table', 'weak', 'weakObject' }
	for i = 1, n do
		graph.nodes[i] = kinds[random(#kinds)]
	end
	graph.nodes[1], graph.nodes[2] = 'object', 'fn'
	return graph
end

local inMain = { object = true, weakObject = true }

-- What a reference from one heap to an object of the other goes through.
local function holder(graph, from, to)
	local here, there = inMain[graph.nodes[from] ], inMain[graph.nodes[to] ]
	if here == there then
		return to
	end
	return here and 'callback' .. to or 'proxy' .. to
end

local function canCross(graph, from, to)
	local here, there = inMain[graph.nodes[from] ], inMain[graph.nodes[to] ]
	return here == there or (here and graph.nodes[to] == 'fn') or (not here)
end

--- Has one node refer to another, where it can.
function Graph:connect(main, page, from, to)
	local kind = self.nodes[from]
	if kind == 'weak' or kind == 'weakObject' or not canCross(self, from, to) then
		return
	end
	table.insert(self.edges, { from, holder(self, from, to) })
	if holder(self, from, to) ~= to then
		table.insert(self.edges, { holder(self, from, to), to })
	end
	if inMain[kind] and inMain[self.nodes[to] ] then
		main:run('local a, b = ... table.insert(nodes[a], nodes[b])', from, to)
	elseif inMain[kind] then
		page:run('local a, b = ... ask(root, "link", a, nodes[b])', from, to)
	elseif inMain[self.nodes[to] ] then
		page:run('local a, b = ... table.insert(refs[a], get(b))', from, to)
	else
		page:run('local a, b = ... table.insert(refs[a], nodes[b])', from, to)
	end
end

--- An entry of a table with weak keys: who has the table and the key gets to the value.
function Graph:hang(main, page, weak, key, value)
	local kind = self.nodes[weak]
	if not canCross(self, weak, key) or not canCross(self, weak, value) or
		inMain[kind] and inMain[self.nodes[value] ] ~= true then
		return
	end
	local entry = { weak, holder(self, weak, key), holder(self, weak, value) }
	for i = 2, 3 do
		local node = i == 2 and key or value
		if entry[i] ~= node then
			table.insert(self.edges, { entry[i], node })
		end
	end
	for i, old in ipairs(self.weak) do
		if old[1] == entry[1] and old[2] == entry[2] then
			table.remove(self.weak, i)
			break
		end
	end
	table.insert(self.weak, entry)
	if inMain[kind] and inMain[self.nodes[key] ] then
		main:run('local w, k, v = ... nodes[w][nodes[k] ] = nodes[v]', weak, key, value)
	elseif inMain[kind] then
		page:run('local w, k, v = ... ask(root, "weak", w, nodes[k], get(v))', weak, key, value)
	else
		local side = function(i)
			return inMain[self.nodes[i] ] and 'get(' .. i .. ')' or 'nodes[' .. i .. ']'
		end
		page:run(('nodes[%d][%s] = %s'):format(weak, side(key), side(value)))
	end
end

--- What the roots lead to.
---@return table<integer|string, true>
function Graph:reachable()
	local reached, changed = {}, true
	for root in pairs(self.roots) do
		reached[root] = true
	end
	while changed do
		changed = false
		for _, edge in ipairs(self.edges) do
			if reached[edge[1] ] and not reached[edge[2] ] then
				reached[edge[2] ], changed = true, true
			end
		end
		for _, entry in ipairs(self.weak) do
			if reached[entry[1] ] and reached[entry[2] ] and not reached[entry[3] ] then
				reached[entry[3] ], changed = true, true
			end
		end
	end
	return reached
end

--- Builds a graph of n nodes. From then on the collectors stand still: a weak key must live until
--- what is to hold it does.
---@return Graph
function Graph.build(main, page, n)
	local graph = newGraph(n)
	main:run 'collectgarbage "stop"'
	page:run 'collectgarbage "stop"'
	for i, kind in ipairs(graph.nodes) do
		if inMain[kind] then
			main:run('make(...)', i, kind == 'weakObject')
		else
			page:run('make(...)', i, kind)
		end
	end
	for _ = 1, random(2 * n) do
		local a, b, c = random(n), random(n), random(n)
		if graph.nodes[a] == 'weak' or graph.nodes[a] == 'weakObject' then
			graph:hang(main, page, a, b, c)
		else
			graph:connect(main, page, a, b)
		end
	end
	for _ = 1, random(0, 3) do
		local i = random(n)
		graph.roots[i] = true
		if inMain[graph.nodes[i] ] then
			main:run('keep(...)', i)
		else
			page:run('keep(...)', i)
		end
	end
	if random(3) == 1 then
		graph.roots.proxy1 = true
		table.insert(graph.edges, { 'proxy1', 1 })
		page:run 'keepProxy(1)'
	end
	return graph
end

--- Has both sides hold no more than the roots, and lets the collectors go on.
function Graph.drop(main, page)
	main:run 'nodes = {} collectgarbage "restart"'
	page:run 'nodes, refs = {}, {} collectgarbage "restart"'
end

--- Where the heaps and the model differ.
---@return string? difference nil where they do not
function Graph:difference(main, page)
	local reached = self:reachable()
	for i, kind in ipairs(self.nodes) do
		local side = inMain[kind] and main or page
		local survived = side:run('return probes[...] ~= nil', i)
		if survived ~= (reached[i] or false) then
			return ('%s %d is %s'):format(kind, i, survived and 'left' or 'lost')
		end
	end
	local proxies, callbacks = 0, 0
	for name in pairs(reached) do
		proxies = proxies + (tostring(name):find 'proxy' and 1 or 0)
		callbacks = callbacks + (tostring(name):find 'callback' and 1 or 0)
	end
	local near, far = page:counts(), page:mainCounts()
	if near.imports ~= proxies or far.exports ~= proxies then
		return ('%d and %d of %d remote objects'):format(near.imports, far.exports, proxies)
	elseif near.exports ~= callbacks or far.imports ~= callbacks then
		return ('%d and %d of %d callbacks'):format(near.exports, far.imports, callbacks)
	end
end

return Graph
