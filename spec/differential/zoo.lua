-- One of each kind of thing that Lua code may hand out; what the snippets work with.

local zoo = {}

zoo.plain = { 10, 20, 30, name = 'plain', nested = { deep = { value = 'found' } } }
zoo.empty = {}
zoo.letters = { 'd', 'a', 'c', 'b' }
zoo.words = { 'one', 'two', 'three', 'four', 'five' }
zoo.long = {}
for i = 1, 1000 do
	zoo.long[i] = i
end
zoo.answer = 42
zoo.pi = 3.25
zoo.whole = 3.0
zoo.yes, zoo.no = true, false
zoo.bytes = '\0\1\255 \n"\\'
zoo[1.5] = 'a float key'
zoo[true] = 'a boolean key'
zoo[''] = 'an empty key'
local key = {}
zoo.key = key
zoo.keyed = { [key] = 'by identity' }

--- Vector: metamethods that are functions.
local Vector = {}
Vector.__index = Vector
Vector.__name = 'Vector'
zoo.Vector = setmetatable(Vector, {
	__call = function(class, x, y)
		return setmetatable({ x = x, y = y }, class)
	end,
})

local function coordinates(v)
	if getmetatable(v) == Vector then
		return v.x, v.y
	end
	return v, v
end

for name, compute in pairs {
	add = function(a, b) return a + b end,
	sub = function(a, b) return a - b end,
	mul = function(a, b) return a * b end,
	div = function(a, b) return a / b end,
	mod = function(a, b) return a % b end,
	pow = function(a, b) return a ^ b end,
	idiv = function(a, b) return a // b end,
	band = function(a, b) return a & b end,
	bor = function(a, b) return a | b end,
	bxor = function(a, b) return a ~ b end,
	shl = function(a, b) return a << b end,
	shr = function(a, b) return a >> b end,
} do
	Vector['__' .. name] = function(a, b)
		local ax, ay = coordinates(a)
		local bx, by = coordinates(b)
		return Vector(compute(ax, bx), compute(ay, by))
	end
end

function Vector.__unm(v)
	return Vector(-v.x, -v.y)
end

function Vector.__bnot(v)
	return Vector(~v.x, ~v.y)
end

function Vector.__eq(a, b)
	return a.x == b.x and a.y == b.y
end

function Vector.__lt(a, b)
	local ax = coordinates(a)
	local bx = coordinates(b)
	return ax < bx
end

function Vector.__le(a, b)
	local ax = coordinates(a)
	local bx = coordinates(b)
	return ax <= bx
end

function Vector.__len()
	return 2
end

function Vector.__concat(a, b)
	return tostring(a) .. '|' .. tostring(b)
end

function Vector.__tostring(v)
	return ('(%s, %s)'):format(v.x, v.y)
end

function Vector.__call(v, ...)
	return v.x, select('#', ...), ...
end

function Vector:length2()
	return self.x * self.x + self.y * self.y
end

function Vector:scale(factor)
	self.x, self.y = self.x * factor, self.y * factor
	return self
end

function Vector.unit()
	return Vector(1, 1)
end

--- Animal ← Dog ← Puppy: inheritance by tables.
local Animal = { sound = '...', legs = 4 }
Animal.__index = Animal

function Animal.new(class, name)
	return setmetatable({ name = name }, class)
end

function Animal:speak()
	return self.name .. ' says ' .. self.sound
end

function Animal:rename(name)
	self.name = name
	return self
end

local Dog = setmetatable({ sound = 'woof' }, Animal)
Dog.__index = Dog

function Dog:fetch(what)
	return self.name .. ' fetches ' .. what
end

local Puppy = setmetatable({ sound = 'yip' }, Dog)
Puppy.__index = Puppy

function Puppy:speak()
	return Dog.speak(self) .. '!'
end

zoo.Animal, zoo.Dog, zoo.Puppy = Animal, Dog, Puppy

--- Fields by functions.
zoo.dynamic = setmetatable({ own = 'own' }, {
	__index = function(_, name)
		if name == 'broken' then
			error 'this field is broken'
		end
		return 'dynamic ' .. tostring(name)
	end,
})

local written = {}
zoo.written = written
zoo.recorder = setmetatable({}, {
	__newindex = function(_, name, value)
		if name == 'forbidden' then
			error('no such field: ' .. name, 2)
		end
		written[#written + 1] = tostring(name) .. '=' .. tostring(value)
	end,
})

zoo.redirected = setmetatable({}, { __index = zoo.plain, __newindex = zoo.plain })

--- A chain: function behind table behind table.
zoo.chain = setmetatable({ a = 1 }, {
	__index = setmetatable({ b = 2 }, {
		__index = setmetatable({ c = 3 }, {
			__index = function(_, name)
				return name == 'd' and 4 or nil
			end,
		}),
	}),
})

--- A counter that has methods only through a function.
zoo.counter = setmetatable({ count = 0 }, {
	__index = function(_, name)
		return ({
			up = function(self, by)
				self.count = self.count + (by or 1)
				return self.count
			end,
			get = function(self)
				return self.count
			end,
		})[name]
	end,
})

zoo.callable = setmetatable({}, {
	__call = function(_, ...)
		return 'called with', select('#', ...), ...
	end,
})
zoo.twiceCallable = setmetatable({}, { __call = zoo.callable })

zoo.pairable = setmetatable({}, {
	__pairs = function(object)
		local n = 0
		return function(_, previous)
			n = n + 1
			if n <= 3 then
				return (previous or 0) + 10, 'step ' .. n
			end
		end, object, nil
	end,
})

zoo.sequence = setmetatable({}, {
	__index = function(_, i)
		return i <= 5 and i * i or nil
	end,
	__len = function()
		return 5
	end,
})

zoo.equalA = setmetatable({}, { __eq = function() return true end })
zoo.equalB = setmetatable({}, getmetatable(zoo.equalA))
zoo.unequal = setmetatable({}, { __eq = function() return false end })
zoo.lengthText = setmetatable({}, { __len = function() return 'long' end })
zoo.badToString = setmetatable({}, { __tostring = function() return 1 end })
zoo.named = setmetatable({}, { __name = 'Named' })
zoo.protected = setmetatable({}, { __metatable = 'keep out' })
zoo.readonly = setmetatable({}, {
	__index = { version = '1.0' },
	__newindex = function(_, name)
		error(("field '%s' is read-only"):format(name), 2)
	end,
})

local loop = {}
zoo.loop = setmetatable(loop, { __index = loop })

function zoo.less(a, b)
	return a < b
end

--- Things that close.
zoo.log = {}
function zoo.closer(name)
	return setmetatable({ name = name }, {
		__name = 'Closer',
		__close = function(self, problem)
			zoo.log[#zoo.log + 1] = self.name .. ' closed: ' .. tostring(problem)
		end,
	})
end

function zoo.takeLog()
	local lines = table.concat(zoo.log, '; ')
	zoo.log = {}
	return lines
end

--- Functions.
function zoo.identity(...)
	return ...
end

function zoo.count(...)
	return select('#', ...)
end

function zoo.types(...)
	local names = table.pack(...)
	for i = 1, names.n do
		names[i] = math.type(names[i]) or type(names[i])
	end
	return table.concat(names, ' ')
end

function zoo.many(n)
	local values = {}
	for i = 1, n do
		values[i] = i
	end
	return table.unpack(values, 1, n)
end

function zoo.holes()
	return nil, 1, nil, nil, 'x', nil
end

function zoo.nothing()
end

function zoo.sum(list)
	local total = 0
	for _, number in ipairs(list) do
		total = total + number
	end
	return total
end

function zoo.describe(value, seen)
	if type(value) ~= 'table' then
		return tostring(value)
	end
	seen = seen or {}
	if seen[value] then
		return '<again>'
	end
	seen[value] = true
	local keys = {}
	for name in pairs(value) do
		keys[#keys + 1] = tostring(name)
	end
	table.sort(keys)
	local words = {}
	for _, name in ipairs(keys) do
		local item = value[name]
		if item == nil then
			item = value[tonumber(name)]
		end
		words[#words + 1] = name .. '=' .. zoo.describe(item, seen)
	end
	return '{' .. table.concat(words, ', ') .. '}'
end

function zoo.same(a, b)
	return a == b, rawequal(a, b)
end

function zoo.curry(a)
	return function(b)
		return function(c)
			return a, b, c
		end
	end
end

function zoo.makeCounter()
	local n = 0
	return function()
		n = n + 1
		return n
	end
end

function zoo.range(first, last)
	return function(limit, i)
		if i < limit then
			return i + 1, (i + 1) * (i + 1)
		end
	end, last, first - 1
end

function zoo.squares(n)
	return coroutine.wrap(function()
		for i = 1, n do
			coroutine.yield(i, i * i)
		end
	end)
end

function zoo.closingRange(n)
	return function(_, i)
		if i < n then
			return i + 1
		end
	end, nil, 0, zoo.closer 'iterator'
end

function zoo.coroutine()
	return coroutine.create(function(a)
		local b = coroutine.yield(a + 1)
		local c = coroutine.yield(b * 2)
		error('ended with ' .. tostring(c))
	end)
end

zoo.coroutines = coroutine
zoo.strings = string
zoo.tables = table
zoo.maths = math

--- Errors.
function zoo.raise(value)
	error(value)
end

function zoo.raise0(value)
	error(value, 0)
end

function zoo.raise2(value)
	error(value, 2)
end

function zoo.raiseTable()
	error { code = 7 }
end

function zoo.raiseObject()
	error(setmetatable({ code = 8 }, {
		__tostring = function(self)
			return 'problem ' .. self.code
		end,
	}))
end

zoo.problem = {}
function zoo.raiseProblem()
	error(zoo.problem)
end

function zoo.raiseNothing()
	error()
end

function zoo.assertion(value, message)
	return assert(value, message)
end

function zoo.arithmetic(value)
	return value + 1
end

function zoo.recurse(n)
	if n == 0 then
		error 'the bottom'
	end
	zoo.recurse(n - 1)
	return n
end

function zoo.checked(text)
	if type(text) ~= 'string' then
		error(("bad argument #1 to 'checked' (string expected, got %s)"):format(type(text)), 2)
	end
	return #text
end

function zoo.protectedCall(fn, ...)
	return pcall(fn, ...)
end

return zoo
