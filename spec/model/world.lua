--- What the pages of the model reach in main: its objects, the callbacks it holds, and what it
--- knows of who got what. Values are told apart by keys: 'o3' is an object, 'f2:1:4' the fourth
--- function of the first context of page 2.

local OBJECTS = 12

---@class World
---@field held table<integer, function[]> page → its callbacks that main holds
---@field mails table<integer, table<string, string>> page → what callbacks brought it last
---@field tokens table<integer, string> the key of what was handed out for a request
---@field contexts integer[] page → number of its context
---@field problem string? what went wrong first
local World = {}
World.__index = World
World.__name = 'World'

local Thing = { __name = 'Thing', __index = {} }

function Thing.__index.describe(thing)
	return 'thing ' .. thing.number
end

local function newObject(number)
	if number % 4 == 0 then
		return function()
			return number
		end
	elseif number % 4 == 1 then
		return { number = number }
	elseif number % 4 == 2 then
		return setmetatable({ number = number }, Thing)
	end
	return coroutine.create(print)
end

---@return World
function World.new()
	local objects, keyOf = {}, setmetatable({}, { __mode = 'k' })
	for i = 1, OBJECTS do
		objects[i] = newObject(i)
		keyOf[objects[i]] = 'o' .. i
	end
	for i = 1, OBJECTS do
		if type(objects[i]) == 'table' then
			objects[i].link = objects[i % OBJECTS + 1]
		end
	end
	return setmetatable({ objects = objects, keyOf = keyOf, held = {}, mails = {}, tokens = {},
		contexts = {} }, World)
end

--- The number of the object that an object links to; nil where it cannot.
---@param number integer
---@return integer?
function World.linkOf(number)
	if number % 4 == 1 or number % 4 == 2 then
		return number % OBJECTS + 1
	end
end

function World:expect(page, expected, value)
	local key = value ~= nil and self.keyOf[value] or nil
	if type(expected) == 'number' then
		expected = self.tokens[expected]
	end
	-- Main may have let go of a page's own function: then it is a new callback.
	if value ~= nil and not key and expected and expected:find(('^f%d:'):format(page)) then
		self.keyOf[value], key = expected, expected
	end
	if key ~= expected and not self.problem then
		self.problem = ('%s came home as %s'):format(expected, key)
	end
end

function World:object(number)
	return self.objects[number]
end

function World:twice(number)
	return self.objects[number], self.objects[number]
end

function World:home(page, expected, value)
	self:expect(page, expected, value)
end

function World:touch() -- luacheck: ignore 212
end

function World:nested(page, expectedA, expectedB, t)
	self:expect(page, expectedA, t.a)
	self:expect(page, expectedA, t.again)
	self:expect(page, expectedB, t.list.b)
end

function World:handle(page, place, token)
	local callback = self.held[page][place]
	self.tokens[token] = callback and self.keyOf[callback] or nil
	return callback
end

function World:register(page, context, place, number, callback)
	local key = ('f%d:%d:%d'):format(page, context, number)
	local known = self.keyOf[callback]
	if known and known ~= key and not self.problem then
		self.problem = ('%s is the same function as %s'):format(known, key)
	end
	self.keyOf[callback] = key
	self.held[page][place] = callback
end

--- Calls a callback that main holds of a page, with an object.
function World:callback(page, place, mail, number)
	local callback = self.held[page][place]
	if callback and pcall(callback, mail, self.objects[number]) then
		self.mails[page][mail] = 'o' .. number
	end
end

return World
