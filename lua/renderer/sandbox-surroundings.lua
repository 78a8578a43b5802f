--- What a sandboxed page has besides the modules that lead to main: Lua without what reaches the
--- system. The process has no way to the system either (host/sandbox.h); this is so that pages get
--- a clear error, or nil, instead of a signal.

local errorText = require 'error-text'
local hostPage = require 'host.page'
local withoutOwnFrames = require 'own-frames'

local main = hostPage.main
local load, tostring = load, tostring

--- Bytes that one message to main may print.
local PRINT_MOST = 64 * 1024

local surroundings = {}

--- Has main print.
---@param stream 'stdout'|'stderr'
---@param text string
local function write(stream, text)
	for from = 1, #text, PRINT_MOST do
		main:post('print', stream, text:sub(from, from + PRINT_MOST - 1))
	end
end

surroundings.write = write

local function printLine(...)
	local words = { ... }
	for i = 1, select('#', ...) do
		words[i] = tostring(words[i])
	end
	write('stdout', table.concat(words, '\t') .. '\n')
end

--- Text only: bytecode could break the virtual machine.
local function loadText(chunk, chunkname, mode, ...)
	if mode ~= nil and type(mode) == 'string' and not mode:find 't' then
		return nil, 'attempt to load a binary chunk (a sandboxed page loads text only)'
	end
	return load(chunk, chunkname, 't', ...)
end

local function forbidden(name)
	return function()
		error(name .. ' is not available in a sandboxed page', 2)
	end
end

--- A module that main reads for the page, from the app's folder only.
local function searchServed(name)
	local text, place = main:ask('moduleText', name)
	if not text then
		return place
	end
	local chunk, problem = load(text, '@' .. place, 't')
	if not chunk then
		error(("error loading module '%s' from file '%s':\n\t%s"):format(name, place, problem), 0)
	end
	return chunk, place
end

--- Gives the page its process. Before the modules that a page may use.
function surroundings.prepare()
	package.loaded['sandbox-surroundings'] = surroundings
	_G.process = require 'sandbox-process'
	package.loaded.process = process
end

local own = { 'sandbox-surroundings', 'sandbox-process', 'check', 'either', 'error-text', 'loop',
	'operations', 'own-frames' }

--- Takes away what a sandboxed page is not to have. After those modules.
function surroundings.enter()
	for _, name in ipairs(own) do
		package.loaded[name] = nil
	end
	for _, modules in ipairs { package.loaded, package.preload } do
		for name in pairs(modules) do
			if name:find '^host%.' then
				modules[name] = nil
			end
		end
	end
	local preloaded, library = package.searchers[1], package.searchers[2]
	for name in pairs(package) do
		if name ~= 'loaded' and name ~= 'preload' and name ~= 'searchers' and name ~= 'config' then
			package[name] = nil
		end
	end
	table.move({ preloaded, searchServed, library }, 1, 3, 1, package.searchers)
	for name in pairs(os) do
		if name ~= 'clock' and name ~= 'date' and name ~= 'difftime' and name ~= 'time' then
			os[name] = nil -- luacheck: ignore 122
		end
	end
	for name in pairs(debug) do
		if name ~= 'traceback' then
			debug[name] = nil -- luacheck: ignore 122
		end
	end
	string.dump = nil -- luacheck: ignore 122
	_G.io, package.loaded.io = nil, nil
	_G.load, _G.print = loadText, printLine
	_G.loadfile, _G.dofile = forbidden 'loadfile', forbidden 'dofile'
end

--- What main tells a sandboxed page is only its number.
function surroundings.begin() end

--- Reports an error that nobody caught.
---@param problem any
---@param traceback string?
function surroundings.printError(problem, traceback)
	local frames = withoutOwnFrames(problem, traceback)
	write('stderr', ('lepton: page %d: %s\n%s'):format(hostPage.hello.page, errorText(problem),
		frames and frames .. '\n' or ''))
end

return surroundings
