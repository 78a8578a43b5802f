--- Searches through all states of a model, breadth first, so that the ways it gives are short ones.

-- The steps that lead to a state.
local function way(origins, at)
	local list = {}
	while origins[at] do
		table.insert(list, 1, origins[at].what)
		at = origins[at].from
	end
	return list
end

-- A state from which no quiet one can be reached, or nil.
local function restlessOne(origins, predecessors, quiet)
	local reached, list = {}, {}
	for _, k in ipairs(quiet) do
		reached[k] = true
		list[#list + 1] = k
	end
	while #list > 0 do
		for _, before in ipairs(predecessors[table.remove(list)] or {}) do
			if not reached[before] then
				reached[before] = true
				list[#list + 1] = before
			end
		end
	end
	for k in pairs(origins) do
		if not reached[k] then
			return k
		end
	end
end

--- `successors(state, visit)` calls visit(what, state) for each state that may follow, and returns
--- how many of them are bound to come if nothing else does. Where there are none the model is
--- quiet or, if `isUnfinished(state)`, stuck: the search ends there.
---@generic State
---@param first State
---@param key fun(state: State): string
---@param successors fun(state: State, visit: fun(what: string, state: State)): integer
---@param isUnfinished fun(state: State): boolean
---@return { stuck: string[]?, restless: string[]?, states: integer }
return function(first, key, successors, isUnfinished)
	local origins, predecessors, quiet, count = { [key(first)] = false }, {}, {}, 1
	local front, following, from = { first }, nil, nil
	local function visit(what, state)
		local k = key(state)
		if origins[k] == nil then
			origins[k] = { what = what, from = from }
			predecessors[k] = {}
			count = count + 1
			following[#following + 1] = state
		end
		local list = predecessors[k]
		if list then
			list[#list + 1] = from
		end
	end
	while #front > 0 do
		following = {}
		for _, state in ipairs(front) do
			from = key(state)
			if successors(state, visit) == 0 then
				if isUnfinished(state) then
					return { stuck = way(origins, from), states = count }
				end
				quiet[#quiet + 1] = from
			end
		end
		front = following
	end
	local restless = restlessOne(origins, predecessors, quiet)
	return { restless = restless and way(origins, restless), states = count }
end
