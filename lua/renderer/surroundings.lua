--- What a trusted page has besides the modules that lead to main: all of Lua, and its process.

local errorText = require 'error-text'
local hostPage = require 'host.page'
local hostProcess = require 'host.process'
local withoutOwnFrames = require 'own-frames'

local surroundings = {}

--- Gives the page its process. Before the modules that a page may use.
function surroundings.prepare()
	_G.process = require 'process'
end

--- Makes the state the page's own. After those modules.
function surroundings.enter()
	-- Lepton's other modules are no longer found under names that the page may want for its own.
	package.loaded.check = nil
	package.loaded.either = nil
	package.loaded['error-text'] = nil
	package.loaded['own-frames'] = nil
	package.loaded.surroundings = nil

	-- A line that a page prints is seen even if the page is killed.
	io.stdout:setvbuf 'line'

	-- Ends the page's process as process.exit does: like closing, and main has everything before it.
	function os.exit(status) -- luacheck: ignore 122
		process.exit((status == nil or status == true) and 0 or status == false and 1 or status)
	end
end

--- Gives the page its paths, environment and folder.
---@param hello table
function surroundings.begin(hello)
	hostProcess.setup { type = 'renderer', argv = hello.argv, exit = hostPage.exit }
	hostPage.setEnvironment(hello.environment)
	hostProcess.chdir(hello.cwd)
	package.path = hello.path
	package.cpath = hello.cpath
end

--- Reports an error that nobody caught.
---@param problem any
---@param traceback string?
function surroundings.printError(problem, traceback)
	local frames = withoutOwnFrames(problem, traceback)
	io.stderr:write(('lepton: page %d: %s\n%s'):format(hostPage.hello.page, errorText(problem),
		frames and frames .. '\n' or ''))
end

return surroundings
