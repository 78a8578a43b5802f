--- Runs lepton on a terminal, for specs: types when what is there to be seen has been seen.

local files = require 'spec.support.files'
local run = require 'spec.support.run'
local wait = require 'spec.support.wait'

--- Runs lepton, without arguments, to its end.
---@async
---@param steps string[][] what is awaited, after what was awaited before, and what is typed then
---@return integer status
---@return string[] lines that were shown, without what was typed
return function(steps)
	local shown = run.directory() .. '/shown'
	-- Who types stays until lepton has ended.
	local typist = assert(io.popen(('script -qefc %s /dev/null >%s 2>&1; echo "ended $?" >>%s'):format(
		run.quote(run.quote(run.executable())), shown, shown), 'w'))
	local from = 1
	for _, step in ipairs(steps) do
		wait.untilTrue(('the terminal shows %q'):format(step[1]), function()
			local _, last = files.read(shown):find(step[1], from, true)
			from = last and last + 1 or from
			return last
		end)
		typist:write(step[2])
		typist:flush()
	end
	local status = wait.untilTrue('lepton has ended', function()
		return files.read(shown):match 'ended (%d+)\n$'
	end)
	typist:close()
	local lines = {}
	for line in files.read(shown):gmatch '[^\r\n]+' do
		table.insert(lines, line:match '^>? ?(%-?%w+)$')
	end
	return math.tointeger(status), lines
end
