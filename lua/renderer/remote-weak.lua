--- Callbacks that do not keep their function alive: the usual way out of a leak in which main holds
--- a callback, the callback an object of the page, and that object a remote object of main.

local main = require 'host.page'.main

-- function → its callback
local callbacks = setmetatable({}, { __mode = 'k' })

-- function → what is finalized when it is collected
local sentinels = setmetatable({}, { __mode = 'k' })

--- A callback for main that calls `fn` as long as something in this page keeps `fn` alive, and does
--- nothing afterwards. Main is told when that begins: Lepton's emitters drop the callback. The same
--- function gives the same callback.
---@param fn function
---@return function
return function(fn)
	local known = callbacks[fn]
	if known then
		return known
	end
	local holder = setmetatable({ fn = fn }, { __mode = 'v' })
	local function callback(...)
		local target = holder.fn
		if target then
			return target(...)
		end
	end
	callbacks[fn] = callback
	sentinels[fn] = setmetatable({}, {
		__gc = function()
			-- A context that is ending takes its callbacks with it.
			pcall(main.post, main, 'callbackEnded', callback)
		end,
	})
	return callback
end
