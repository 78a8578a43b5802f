--- Runs pages that do not all behave. Main notices those that crash, hang or cannot start, starts
--- them again a few times, and sums up what became of them.
---
---     lepton examples/supervisor [--patience=MILLISECONDS] [page...]

local app = require 'app'
local supervisor = require 'supervisor'

io.stdout:setvbuf 'line'

local names = {}
for _, word in ipairs { ... } do
	if word:sub(1, 2) ~= '--' then
		table.insert(names, word)
	end
end
if #names == 0 then
	names = { 'steady', 'crashing', 'hanging', 'hopeless' }
end

local patience = app.commandLine:getSwitchValue 'patience'
supervisor.patience = math.tointeger(tonumber(patience)) or supervisor.patience

app:on('ready', function()
	for _, name in ipairs(names) do
		supervisor.run(name)
	end
end)

app:on('window-all-closed', function()
	print 'Summary:'
	for _, name in ipairs(names) do
		local job = supervisor.jobs[name]
		print(('  %s: %s at attempt %d'):format(name, job.result, job.attempts))
	end
	app:quit()
end)
