-- Runs the soak: lepton spec/soak/run.lua SECONDS [ALLOWANCE [FILE]]

local Soak = require 'spec.soak.soak'
local app = require 'app'
local pages = require 'spec.soak.pages'
local task = require 'host.task'

local MIB <const> = 1024 * 1024
local ROUNDS_LEAST, ROUND_MOST = 8, 10 -- rounds, and seconds of one
local TALK = 60 -- seconds between two lines that say how far it is

local seconds, allowance = tonumber(arg[1]), tonumber(arg[2] or 8)
if not seconds or seconds <= 0 or not allowance then
	io.stderr:write [=[
usage: lepton spec/soak/run.lua SECONDS [ALLOWANCE [FILE]]

ALLOWANCE is how many MiB a process may have grown by (8). FILE gets all figures of all rounds.
]=]
	os.exit(2)
end

app:on('window-all-closed', function() end)

local function play()
	local started = process.uptime()
	local soak = Soak.new(math.min(ROUND_MOST, seconds / ROUNDS_LEAST), allowance * MIB // 1)
	local talked = started
	local rounds = 0
	repeat
		soak:play()
		rounds = rounds + 1
		if process.uptime() - talked > TALK then
			talked = process.uptime()
			print(('%.0f s: %s'):format(talked - started, soak:progress()))
			io.stdout:flush()
		end
	until process.uptime() - started > seconds and rounds >= ROUNDS_LEAST
	soak:close()
	local table, flat = soak.figures:verdict()
	print(('%d rounds, %.0f s: %s\n\n%s'):format(rounds, process.uptime() - started, soak:progress(),
		table))
	for i, problem in ipairs(pages.failures) do
		print(('load %d that failed: %s'):format(i, problem))
	end
	if arg[3] then
		local file = assert(io.open(arg[3], 'w'))
		soak.figures:write(file)
		file:close()
	end
	print(flat and 'All of it was flat.' or 'Not all of it was flat.')
	return flat
end

task.start(function()
	local ok, result = xpcall(play, debug.traceback)
	if not ok then
		io.stderr:write(result, '\n')
	end
	process.exit(ok and result and 0 or 1)
end)
