--- Warns, once for each context of a page, when main and the page hold so much of each other that
--- it is probably a leak.

local EventEmitter = require 'events'
local Report = require 'remote-report'
local commandLine = require 'command-line'
local environment = require 'environment'

--- How many callbacks of one page main may hold before it warns; of main's objects a page may hold
--- OBJECTS times as many.
local CALLBACKS <const> = 1000
local OBJECTS <const> = 10

local SWITCH <const> = 'remote-leak-warning'

local leakWarning = {}

--- What is wrong with the switch, in one line; nil if nothing is.
---@return string?
function leakWarning.problem()
	local value = commandLine:getSwitchValue(SWITCH)
	if commandLine:hasSwitch(SWITCH) and not value:find '^%d+$' then
		return ("--%s=N takes an integer, 0 or more, got '%s'"):format(SWITCH, value)
	end
end

--- The number of callbacks past which there is a warning: what `--remote-leak-warning=N` says, or
--- "remoteLeakWarning" in package.json. 0 is never.
---@return integer callbacks
---@return integer objects
function leakWarning.threshold()
	local number = tonumber(commandLine:getSwitchValue(SWITCH))
		or environment.package.remoteLeakWarning
	local callbacks = math.tointeger(number) or CALLBACKS
	return callbacks, callbacks * OBJECTS
end

--- Where most of the references come from that a side holds: words for a warning.
local function mostOf(report, holder)
	local counts, best = {}, nil
	for _, reference in ipairs(report) do
		local place = reference.origin or reference.name
		if reference.holder == holder and place then
			counts[place] = (counts[place] or 0) + 1
			if not best or counts[place] > counts[best] then
				best = place
			end
		end
	end
	return best and (', %d of them from %s'):format(counts[best], best) or ''
end

---@param process PageProcess
function leakWarning.warn(process)
	local report = Report.of(process.peer, true, process.page)
	local callbacks = leakWarning.threshold()
	local holder = report:count 'main' > callbacks and 'main' or 'page'
	local what = holder == 'main' and 'main holds %d callbacks of page %d%s'
		or '%d objects of main are held by page %d%s'
	EventEmitter.warn(('possible leak: ' .. what .. '; app:remoteReport() lists them'):format(
		report:count(holder), process.page, mostOf(report, holder)))
end

return leakWarning
