--- One window on the notes. It shows them whenever they change, whoever changed them.

local page = require 'page'
local remote = require 'remote'

local notes = remote.require 'notes'
local name = page.location.search:match 'name=(%w+)'

local function say(text)
	print(('[%s] %s'):format(name, text))
end

local function show()
	local words = {}
	-- A copy is one trip to main, however many notes there are.
	for number, text in ipairs(remote.copy(notes:list())) do
		words[number] = ('%d %s'):format(number, text)
	end
	say(words[1] and table.concat(words, ', ') or 'no notes')
end

local commands = { list = show }

function commands.add(text)
	notes:add(text)
end

function commands.drop(number)
	notes:drop(tonumber(number) or number)
end

--- What main has typed for this window.
---@param line string
function _G.enter(line)
	local command, rest = line:match '^%s*(%a+)%s*(.-)%s*$'
	if not commands[command] then
		return say 'add TEXT, drop NUMBER or list'
	end
	local ok, problem = pcall(commands[command], rest)
	if not ok then
		say(problem)
	end
end

notes:on('change', show)
page:on('unload', function()
	notes:off('change', show)
end)

page:setTitle('Notes, ' .. name)
show()
