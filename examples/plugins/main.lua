-- A host that runs plugins of strangers. Each gets a page of its own in a sandbox, and of main
-- nothing but the module `board`. What each tried, and what it got, is printed.
--
--     lepton examples/plugins [--patience=MILLISECONDS] [plugin...]
--     lepton examples/plugins --authority

local BrowserWindow = require 'browser-window'
local app = require 'app'
local board = require 'board'

local plugins = {}
for _, word in ipairs { ... } do
	if word:sub(1, 2) ~= '--' then
		table.insert(plugins, word)
	end
end
if #plugins == 0 then
	plugins = { 'good', 'reader', 'caller', 'forger', 'flood', 'bomb', 'loop' }
end

--- How long a plugin may compute without listening, in milliseconds.
local patience = math.tointeger(tonumber(app.commandLine:getSwitchValue 'patience')) or 2000

--- The code of a load that ended with its window.
local GIVEN_UP <const> = -3

local function openWindow()
	return BrowserWindow {
		show = false,
		sandbox = true,
		memoryLimit = 16 * 1024 * 1024,
		unresponsiveAfter = patience,
		remote = { require = { 'board' } },
	}
end

--- Runs one plugin, and the next one when it has ended.
local function run(i)
	local name = plugins[i]
	if not name then
		print 'The host is well.'
		return app:quit()
	end
	board.clear()
	local window = openWindow()
	local contents = window.webContents
	contents:on('console-message', function(event, _, text)
		event:preventDefault()
		print(('%-7s %s'):format(name, (text:gsub('\n$', ''))))
	end)
	contents:on('crashed', function(_, reason, status)
		print(('%-7s was ended: %s (%s)'):format(name, reason, status))
		window:destroy()
	end)
	contents:on('did-fail-load', function(_, code, message)
		if code ~= GIVEN_UP and message ~= 'the page ended itself' then
			print(('%-7s did not run: %s'):format(name, message))
			window:destroy()
		end
	end)
	window:on('closed', function()
		run(i + 1)
	end)
	window:loadUrl('plugins/' .. name .. '.lua')
end

app:on('window-all-closed', function() end)
app:on('ready', function()
	if app.commandLine:hasSwitch 'authority' then
		io.write(app:authority(openWindow()))
		return app:quit()
	end
	run(1)
end)
