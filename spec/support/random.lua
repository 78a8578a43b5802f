--- Numbers that depend on a seed only, whatever else of a spec draws numbers.

---@param seed integer
---@return fun(n: integer): integer random a number from 1 to n
return function(seed)
	local state = seed * 2862933555777941757 + 3037000493
	return function(n)
		state = state * 6364136223846793005 + 1442695040888963407
		return (state >> 33) % n + 1
	end
end
