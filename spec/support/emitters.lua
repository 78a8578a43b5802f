--- Emitters without pages, for specs.

local emitters = {}

--- A fresh `events`, with `peer` in the place of host.peer, and the list of its warnings.
---@param peer table
---@return EventEmitter
---@return string[] warnings
function emitters.load(peer)
	local saved = package.loaded['host.peer']
	package.loaded['host.peer'] = peer
	local path = assert(package.searchpath('events', package.path))
	local events = assert(loadfile(path))()
	package.loaded['host.peer'] = saved
	local warnings = {}
	events.warn = function(message)
		table.insert(warnings, message)
	end
	return events, warnings
end

--- A listener that records its calls in `log` as "name:arguments".
---@param log string[]
---@param name string
function emitters.recorder(log, name)
	return function(...)
		table.insert(log, table.concat({ name, ... }, ':'))
	end
end

return emitters
