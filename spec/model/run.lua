-- A long run of the model: lepton spec/model/run.lua OPERATIONS [SEED]

local Model = require 'spec.model.model'
local app = require 'app'
local task = require 'host.task'

local PER_MODEL = 20000 -- operations, before another model begins with the next seed

local operations = math.tointeger(tonumber(arg[1]))
local seed = math.tointeger(tonumber(arg[2] or os.time()))
if not operations or not seed then
	io.stderr:write 'usage: lepton spec/model/run.lua OPERATIONS [SEED]\n'
	os.exit(2)
end

app:on('window-all-closed', function() end)

local started = process.uptime()

local function play()
	local done = 0
	while done < operations do
		print(('seed %d, after %d operations, %.0f s'):format(seed, done, process.uptime() - started))
		io.stdout:flush()
		local model = Model.new(seed)
		repeat
			model:round(60)
		until model.operations >= math.min(PER_MODEL, operations - done)
		model:close()
		done, seed = done + model.operations, seed + 1
	end
	collectgarbage()
	local memory = collectgarbage 'count'
	print(('%d operations, no count was wrong; main uses %.0f KiB'):format(done, memory))
end

task.start(function()
	local ok, problem = xpcall(play, debug.traceback)
	if not ok then
		io.stderr:write(problem, '\n')
	end
	process.exit(ok and 0 or 1)
end)
