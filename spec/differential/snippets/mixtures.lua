--- a local table that looks into one of main
local t = setmetatable({ own = 1 }, { __index = zoo.plain })
print(t.own, t.name, t[2], t.nested.deep.value, t.missing)
--- a local table that writes into one of main
local t = setmetatable({}, { __newindex = zoo.empty })
t.field = 'there'
print(rawget(t, 'field'), zoo.empty.field)
zoo.empty.field = nil
--- a local table whose fields are a function of main's
local t = setmetatable({}, { __index = zoo.dynamic })
print(t.anything, t.own)
--- a local object that is called by one of main
local t = setmetatable({}, { __call = zoo.count })
print(t(1, 2))
--- metamethods of main on a local object
local t = setmetatable({}, { __add = zoo.count, __len = zoo.nothing, __concat = zoo.count, __unm = zoo.count })
print(t + 1, #t, t .. 'x', -t)
--- a local object beside one of main
local t = setmetatable({}, { __add = function(a, b) return 'sum' end, __lt = function() return true end })
print(t + zoo.plain, t < zoo.plain)
--- a local object closed by main
local closed
do
	local c <close> = setmetatable({}, { __close = function() closed = zoo.identity 'closed' end })
end
print(closed)
--- a handler of main
print(xpcall(error, zoo.identity, 'x'))
print(xpcall(error, zoo.count, 'x'))
--- an error within a handler
print(xpcall(error, function(problem) return zoo.identity(problem) .. '!' end, 'x', 0))
--- an environment of main
local chunk = load('return name, nested.deep.value, missing', 'chunk', 't', zoo.plain)
print(chunk())
--- an environment of main that is written
local chunk = load('field = 5', 'chunk', 't', zoo.empty)
chunk()
print(zoo.empty.field)
zoo.empty.field = nil
--- sorting by a function of main
local list = { 'b', 'c', 'a' }
table.sort(list, zoo.less)
print(table.concat(list))
--- replacing by fields of main
print(('$name is $missing'):gsub('%$(%w+)', function(name) return zoo.plain[name] end))
--- reading chunks from a function of main
local parts = zoo.squares(2)
print(load(function()
	local n = parts()
	return n and ('-- ' .. n .. '\n') or nil
end) ~= nil)
--- a key that is an object of main in a local table
local t = {}
t[zoo.plain], t[zoo.identity] = 'object', 'function'
local found = {}
for key, value in pairs(t) do
	found[#found + 1] = value
end
table.sort(found)
print(table.concat(found, ' '), t[zoo.identity])
--- objects of main in a local list
local list = { zoo.Vector(3, 0), zoo.Vector(1, 0), zoo.Vector(2, 0) }
table.sort(list, function(a, b) return a < b end)
for _, v in ipairs(list) do
	print(tostring(v))
end
--- a chain that is too long
local loop = zoo.loop
print(pcall(function() return loop.anything end))
--- tostring through __name
print((tostring(zoo.named):gsub('0x%x+', '')))
--- equality with something else
print(zoo.Vector(1, 1) == 1, zoo.Vector(1, 1) == 'x', zoo.Vector(1, 1) == print)
--- numbers as strings
print(zoo.identity '10' + 5, zoo.identity(10) .. '', ('0x10' + 0) == zoo.identity(16))
--- integer division and remainder by zero
print(pcall(function() return zoo.answer // 0 end))
print(pcall(function() return zoo.answer % 0 end))
print(zoo.pi // 0, zoo.answer / 0)
--- comparing numbers of main
print(zoo.answer == 42.0, zoo.whole == 3, zoo.answer < zoo.pi, zoo.answer >= 42)
--- a method on a string of main
print(zoo.plain.name:rep(2, '-'), (zoo.words[1]):upper(), #zoo.words[2])
--- a function of main as a method of a local table
local t = { count = zoo.count }
print(t:count(), t.count(), t:count(1, 2))
--- varargs through main and back
local function f(...)
	return select('#', ...), ...
end
print(f(zoo.identity(nil, zoo.plain.name, nil)))
