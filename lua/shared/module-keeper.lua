--- Keeps modules that must exist once in a process.
---
--- busted runs each spec file in an environment of its own: what it required is forgotten after it,
--- and the next file loads it again. A second opening of a C module brings its state down, and a
--- second `app` or `timers` would not be the one that the host talks to. So once they are loaded,
--- `require` gives the very same modules again. Everybody else's Lua modules are loaded anew.

local keeper = {}

---@param loader any
---@param path any where a searcher found it
---@param ownDirectory string
local function mustExistOnce(loader, path, ownDirectory)
	if type(loader) ~= 'function' then
		return false
	end
	return debug.getinfo(loader, 'S').what == 'C'
		or type(path) == 'string' and path:sub(1, #ownDirectory + 1) == ownDirectory .. '/'
end

--- From now on keeps every C module and every module found below a directory.
---@param ownDirectory string
function keeper.install(ownDirectory)
	local kept = {}

	local function keeping(searcher)
		return function(name)
			if kept[name] ~= nil then
				return function() return kept[name] end, ':kept:'
			end
			local loader, path = searcher(name)
			if not mustExistOnce(loader, path, ownDirectory) then
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
