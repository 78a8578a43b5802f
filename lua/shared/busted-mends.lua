--- Repairs to busted 2.1, made in the running process and before it starts. Each is harmless in a
--- version that does not need it.

local mends = {}

--- `--help` is no error: it goes to standard output, and the status is 0.
---@param exit fun(status: integer)
local function mendHelp(exit)
	local create = require 'busted.modules.cli'
	package.loaded['busted.modules.cli'] = function(options)
		local cli = create(options)
		local parse = cli.parse
		function cli:parse(arguments)
			local parsed, message = parse(self, arguments)
			local help = not parsed and message and message:match '(Usage: .*)\n; re%-run with'
			if help then
				print(help)
				exit(0)
			end
			return parsed, message
		end
		return cli
	end
end

--- The json handler printed nothing as soon as there was a function in what a failed spec left.
local function mendJson()
	local dkjson = require 'dkjson'
	package.loaded['dkjson'] = {
		encode = function(value)
			return dkjson.encode(value, { exception = dkjson.encodeexception })
		end,
	}
	require 'busted.outputHandlers.json'
	package.loaded['dkjson'] = dkjson
end

local function withPlace(handler)
	local format = handler.format
	function handler.format(...)
		local formatted = format(...)
		local trace = formatted.element.trace or {}
		formatted.element.trace = {
			short_src = trace.short_src or 'busted',
			currentline = trace.currentline or 0,
		}
		return formatted
	end
	return handler
end

--- These handlers crashed on an error that belongs to no place in a file, as "no spec files".
---@param name string
local function mendPlaces(name)
	local base = require 'busted.outputHandlers.base'
	local create = require(name)
	package.loaded[name] = function(options)
		package.loaded['busted.outputHandlers.base'] = function()
			return withPlace(base())
		end
		local ok, handler = pcall(create, options)
		package.loaded['busted.outputHandlers.base'] = base
		return ok and handler or error(handler, 0)
	end
end

--- The core of busted is handed to nobody but its own modules; this one gets it before any spec.
---@param onCore fun(core: table)
local function tapCore(onCore)
	local create = require 'busted.modules.output_handler_loader'
	package.loaded['busted.modules.output_handler_loader'] = function()
		local load = create()
		return function(core, ...)
			onCore(core)
			return load(core, ...)
		end
	end
end

--- Makes all repairs.
---@param exit fun(status: integer) ends the run; does not return
---@param onCore fun(core: table) told the core of busted before any spec is loaded
function mends.apply(exit, onCore)
	require 'busted.compatibility'.exit = function(code)
		exit(code == 0 and 0 or 1)
	end
	mendHelp(exit)
	mendPlaces 'busted.outputHandlers.TAP'
	mendPlaces 'busted.outputHandlers.gtest'
	mendJson()
	tapCore(onCore)
end

return mends
