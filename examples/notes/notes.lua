--- The notes, as main keeps them and as pages use them through remote.require 'notes'.
--- An emitter of 'change'.

local EventEmitter = require 'events'
local json = require 'cjson'

---@class Notes: EventEmitter
---@field path string?
---@field texts string[]
local Notes = setmetatable({}, { __index = EventEmitter })
Notes.__index = Notes
Notes.__name = 'Notes'

local notes = setmetatable({ texts = {} }, Notes)

--- Starts with the notes in a file. If there is none, save will make it.
---@param path string
---@return boolean? ok
---@return string? problem
function Notes:open(path)
	self.path, self.texts = path, {}
	local file = io.open(path, 'rb')
	if not file then
		return true
	end
	local ok, content = pcall(json.decode, (file:read 'a'))
	file:close()
	if not ok or type(content) ~= 'table' or type(content.notes) ~= 'table' then
		return nil, ('%s: this is no file of notes'):format(path)
	end
	self.texts = content.notes
	return true
end

--- Writes the file: the old one is there, whole, until the new one is.
function Notes:save()
	local temporary = self.path .. '.new'
	local file = io.open(temporary, 'wb')
	if not file then
		local folder = self.path:match '^(.*)/' or '.'
		os.execute(("mkdir -p '%s'"):format(folder:gsub("'", [['\'']])))
		file = assert(io.open(temporary, 'wb'))
	end
	assert(file:write(json.encode { notes = self.texts }, '\n'))
	assert(file:close())
	assert(os.rename(temporary, self.path))
end

---@param text string
function Notes:add(text)
	if type(text) ~= 'string' or text == '' then
		error('a note needs a text', 0)
	end
	table.insert(self.texts, text)
	self:emit 'change'
end

---@param number integer its place in the list
function Notes:drop(number)
	if not self.texts[number] then
		error(('there is no note %s'):format(number), 0)
	end
	table.remove(self.texts, number)
	self:emit 'change'
end

---@return string[]
function Notes:list()
	return self.texts
end

return notes
