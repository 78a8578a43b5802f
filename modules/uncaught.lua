--- What becomes of an error in main that nobody caught.

local errorText = require 'error-text'

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
	io.stderr:write(('lepton: %s\n%s\n'):format(errorText(problem), traceback or ''))
	if origin ~= 'page' then
		process.exit(1)
	end
end
