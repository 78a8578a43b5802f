--- Keeps modules that must exist once in a process.
---
--- busted runs each spec file in an environment of its own: what it required is forgotten after it,
--- and the next file loads it again. A second opening of a C module brings its state down, and a
--- second `app` or `timers` would not be the one that the host talks to. So once they are loaded,
--- `require` gives the very same modules again. Everybody else's Lua modules are loaded anew.

local keeper = {}

--- From now on keeps every C module and every module found in some directories.
---@param directories string[]
function keeper.install(directories)
	local kept = {}

	local function mustExistOnce(loader, path)
		if type(loader) ~= 'function' then
			return false
		elseif debug.getinfo(loader, 'S').what == 'C' then
			return true
		end
		for _, directory in ipairs(directories) do
			if type(path) == 'string' and path:sub(1, #directory + 1) == directory .. '/' then
				return true
			end
		end
		return false
	end

	local function keeping(searcher)
		return function(name)
			if kept[name] ~= nil then
				return function() return kept[name] end, ':kept:'
			end
			local loader, path = searcher(name)
			if not mustExistOnce(loader, path) then
				return loader, path
			end
			return function(...)
				local module = loader(...)
				if module == nil then
					module = package.loaded[name]
				end
				kept[name] = module == nil or module
				return module
			end, path
		end
	end

	for i, searcher in ipairs(package.searchers) do
		package.searchers[i] = keeping(searcher)
	end
end

return keeper
