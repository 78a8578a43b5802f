--- Notes in a JSON file, and two windows that show them and may change them.
---
---     lepton examples/notes [file]
---
--- What is typed goes to one of the windows: `add TEXT`, `drop NUMBER`, `list`. `other` turns to
--- the other window; `quit` or the end of the input saves the notes, and so do Ctrl-C and SIGTERM.

local BrowserWindow = require 'browser-window'
local app = require 'app'
local loop = require 'loop'
local notes = require 'notes'

local path = ... or app:getPath 'userData' .. '/notes.json'

local ok, problem = notes:open(path)
if not ok then
	io.stderr:write('notes: ', problem, '\n')
	app:exit(1)
end

--- Calls a function with each line that is typed, until there is nothing more to come. The next
--- line waits until it has returned.
local function onLine(handle)
	local watcher
	watcher = loop.fd(0, 'r', function()
		watcher:stop()
		local line = io.read 'l'
		if line and line ~= 'quit' then
			handle(line)
			onLine(handle)
		else
			app:quit()
		end
	end)
end

--- Waits until a window shows the notes as they are.
---@async
local function settle(window)
	window.webContents:executeLua 'true'
end

---@async
local function open(name)
	local window = BrowserWindow { title = name, width = 300, height = 400 }
	window:loadUrl('page.lua?name=' .. name)
	settle(window)
	return window
end

app:on('ready', function()
	local window, other = open 'left', open 'right'

	-- A line at a time, whatever the C library would like to read ahead.
	io.stdin:setvbuf 'no'
	onLine(function(line)
		if line == 'other' then
			window, other = other, window
			window:focus()
		else
			window.webContents:executeLua(('enter(%q)'):format(line))
			settle(other)
		end
	end)
end)

-- All windows are closed, so nothing changes any more.
app:on('will-quit', function()
	notes:save()
	print(('notes saved in %s: %d'):format(path, #notes:list()))
end)
