--- Counts primes, first in one page and then in several at once, and says what that gained.
---
---     lepton examples/workers [pages] [limit]

local BrowserWindow = require 'browser-window'
local app = require 'app'
local work = require 'work'

local pages, limit = ...
pages = math.tointeger(tonumber(pages or 2))
limit = math.tointeger(tonumber(limit or 3000000))
if not pages or pages < 1 or not limit or limit < 1 then
	io.stderr:write 'usage: lepton examples/workers [pages] [limit]\n'
	app:exit(2)
end

local rounds = { 1, pages }
local seconds = {}
local started

local function begin(workers)
	work.begin(limit)
	started = process.hrtime()
	for _ = 1, workers do
		BrowserWindow { show = false }:loadUrl 'page.lua'
	end
end

app:on('ready', function()
	begin(rounds[1])
end)

-- Each page closes its window when no work is left: the round is over with the last of them.
app:on('window-all-closed', function()
	table.insert(seconds, (process.hrtime() - started) / 1e9)
	local round = #seconds
	print(('%d page%s: %d primes below %d in %.2f s'):format(rounds[round],
		rounds[round] == 1 and '' or 's', work.result(), limit, seconds[round]))
	if rounds[round + 1] then
		begin(rounds[round + 1])
	else
		print(('%.2f times as fast'):format(seconds[1] / seconds[2]))
		app:quit()
	end
end)
