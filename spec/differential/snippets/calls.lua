--- a function
print(zoo.identity(1))
--- arguments and results are counted
print(zoo.count(), zoo.count(nil), zoo.count(nil, nil), zoo.count(1, nil, 3, nil))
--- results are counted
print(select('#', zoo.identity()), select('#', zoo.identity(nil)), select('#', zoo.identity(nil, nil)))
--- holes
print(select('#', zoo.holes()), zoo.holes())
--- no result
print(select('#', zoo.nothing()), (zoo.nothing()))
--- a result in the middle of a list
print(zoo.identity(1, 2), zoo.identity(3, 4))
--- integers and floats
print(zoo.types(1, 1.0, -1, 2^53, 3 // 1, 1e15, 1 << 62))
--- numbers come back as they were
for _, n in ipairs { 0, -0.0, 127, 128, -128, -129, 2^31, -2^31, 2147483648, math.maxinteger, math.mininteger, 0.1, 1/0, -1/0, 5e-324 } do
	local back = zoo.identity(n)
	print(('%q'):format(back), math.type(back) == math.type(n), back == n, 1/back == 1/n)
end
--- NaN
local nan = zoo.identity(0/0)
print(nan ~= nan)
--- strings of every byte
local bytes = {}
for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
bytes = table.concat(bytes)
print(zoo.identity(bytes) == bytes, #zoo.identity(bytes), zoo.bytes:byte(1, -1))
--- a long string
local text = ('x'):rep(1000000)
print(#zoo.identity(text), zoo.identity(text) == text)
--- an empty string
print(zoo.identity '' == '', #zoo.identity '')
--- ten thousand arguments
local values = {}
for i = 1, 10000 do values[i] = i end
print(zoo.count(table.unpack(values)), (select(10000, zoo.identity(table.unpack(values)))))
--- ten thousand results
print(select('#', zoo.many(10000)), (select(10000, zoo.many(10000))))
--- two hundred results in a table
local list = { zoo.many(200) }
print(#list, list[200])
--- a string called as an argument
print(zoo.identity 'text', zoo.count { })
--- a table as an argument
print(zoo.sum { 1, 2, 3, 4.5 })
--- a nested table as an argument
print(zoo.describe { 1, 'two', three = { 3, { 4 } }, [5.5] = true })
--- a table with holes as an argument
print(zoo.describe { nil, 2, nil, 4 })
--- a table that contains itself
local loop = { name = 'loop' }
loop.self = loop
print(zoo.describe(loop))
--- a table that is shared
local shared = { 'shared' }
print(zoo.describe { a = shared, b = shared })
--- an object within a table as an argument
print(zoo.describe { zoo.plain.nested })
--- the original comes home
print(zoo.same(zoo.plain, zoo.plain), zoo.same(zoo.identity, zoo.identity), zoo.same(zoo.plain, zoo.empty))
--- an object comes home through a table
print(zoo.identity(zoo.plain) == zoo.plain, zoo.identity(zoo.identity) == zoo.identity)
--- functions that make functions
print(zoo.curry(1)(2)(3))
--- functions with state
local count = zoo.makeCounter()
print(count(), count(), count())
local other = zoo.makeCounter()
print(other(), count())
--- calling an object
print(zoo.callable(1, nil, 3))
--- calling an object that is called by an object
print(pcall(zoo.twiceCallable, 'x'))
--- calling what cannot be called
print(pcall(function() zoo.plain() end))
print(pcall(function() local p = zoo.plain p() end))
print(pcall(function() zoo.answer() end))
--- pcall of what cannot be called
print(pcall(zoo.plain))
--- pcall of a function
print(pcall(zoo.identity, 1, nil, 2))
--- select of results
print(select(2, zoo.identity('a', 'b', 'c')))
print(select(-1, zoo.identity('a', 'b', 'c')))
--- tail calls
local function tail(n)
	if n == 0 then return zoo.identity 'end' end
	return tail(n - 1)
end
print(tail(100))
--- a recursive use
local function fib(n)
	if n < 2 then return n end
	return zoo.identity(fib(n - 1)) + zoo.identity(fib(n - 2))
end
print(fib(10))
--- a function as a method
print(zoo.plain.name, zoo.counter:get() == zoo.counter.count)
--- a function of main given to main
print(zoo.protectedCall(zoo.identity, 1, 2))
print(zoo.protectedCall(zoo.raise, 'oops'))
--- the type of a function
print(type(zoo.identity), type(zoo.answer), type(zoo.bytes), type(zoo.yes), type(zoo.missing))
--- constructors
local v = zoo.Vector(1, 2)
print(v.x, v.y, tostring(v))
--- table.pack and table.unpack around a call
local packed = table.pack(zoo.holes())
print(packed.n, packed[2], packed[5], packed[6])
--- string methods on results
print(zoo.plain.name:upper(), #zoo.plain.name, zoo.plain.name .. '!')
--- arithmetic on results
print(zoo.answer + 1, zoo.pi * 2, zoo.whole // 1, -zoo.answer, zoo.answer << 1)
