--- The places that the system and the user keep things in.

local hostProcess = require 'host.process'

local paths = {}

local overridden = {}

local function variable(name, default)
	local value = os.getenv(name)
	return value ~= nil and value ~= '' and value or default
end

local function home()
	return variable('HOME', '/')
end

local function appData()
	return variable('XDG_CONFIG_HOME', home() .. '/.config')
end

local function cache()
	return variable('XDG_CACHE_HOME', home() .. '/.cache')
end

local function executable()
	return hostProcess.execPath
end

local known = {
	home = home,
	appData = appData,
	userData = function(name)
		return paths.get('appData', name) .. '/' .. name
	end,
	cache = cache,
	userCache = function(name)
		return paths.get('cache', name) .. '/' .. name
	end,
	temp = function()
		return variable('TMPDIR', '/tmp')
	end,
	userDesktop = function()
		return home() .. '/Desktop'
	end,
	exe = executable,
	module = executable,
}

paths.names = 'home, appData, userData, cache, userCache, temp, userDesktop, exe and module'

---@param name string
---@param appName string
---@return string?
function paths.get(name, appName)
	return overridden[name] or known[name] and known[name](appName)
end

---@param name string
---@param path string
function paths.set(name, path)
	overridden[name] = path
end

return paths
