--- What becomes of an error in main that nobody caught.

local errorText = require 'error-text'
local withoutOwnFrames = require 'own-frames'

--- Ends the process, unless somebody listens for such errors, or it happened in serving a page: a
--- page must not be able to end main.
---@param problem any
---@param traceback string?
---@param origin string? 'page': main was serving one
return function(problem, traceback, origin)
	if process:listenerCount 'uncaughtException' > 0 then
		process:emit('uncaughtException', problem, traceback)
		return
	end
	local frames = withoutOwnFrames(problem, traceback)
	io.stderr:write('lepton: ', errorText(problem), frames and '\n' .. frames or '', '\n')
	if origin ~= 'page' then
		process.exit(1)
	end
end
