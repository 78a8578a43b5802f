--- adding
local Vector = zoo.Vector
print(tostring(Vector(1, 2) + Vector(3, 4)), tostring(Vector(1, 2) + 10), tostring(10 + Vector(1, 2)))
--- subtracting
local Vector = zoo.Vector
print(tostring(Vector(1, 2) - Vector(3, 5)), tostring(Vector(1, 2) - 1), tostring(1 - Vector(1, 2)))
--- multiplying
local Vector = zoo.Vector
print(tostring(Vector(1, 2) * Vector(3, 5)), tostring(Vector(1, 2) * 2), tostring(2 * Vector(1, 2)))
--- dividing
local Vector = zoo.Vector
print(tostring(Vector(1, 2) / 2), tostring(2 / Vector(1, 2)))
--- dividing to integers
local Vector = zoo.Vector
print(tostring(Vector(7, 8) // 2), tostring(9 // Vector(2, 4)))
--- remainders
local Vector = zoo.Vector
print(tostring(Vector(7, 8) % 3), tostring(9 % Vector(2, 4)))
--- powers
local Vector = zoo.Vector
print(tostring(Vector(2, 3) ^ 2), tostring(2 ^ Vector(2, 3)))
--- bitwise and
local Vector = zoo.Vector
print(tostring(Vector(12, 10) & 6), tostring(6 & Vector(12, 10)))
--- bitwise or
local Vector = zoo.Vector
print(tostring(Vector(12, 10) | 1), tostring(1 | Vector(12, 10)))
--- bitwise exclusive or
local Vector = zoo.Vector
print(tostring(Vector(12, 10) ~ 1), tostring(1 ~ Vector(12, 10)))
--- shifting
local Vector = zoo.Vector
print(tostring(Vector(1, 2) << 3), tostring(Vector(8, 4) >> 2), tostring(1 << Vector(1, 2)), tostring(8 >> Vector(1, 2)))
--- negating
print(tostring(-zoo.Vector(1, -2)), tostring(- -zoo.Vector(1, -2)))
--- bitwise negating
print(tostring(~zoo.Vector(0, 1)))
--- concatenating
local v = zoo.Vector(1, 2)
print(v .. v, v .. 'x', 'x' .. v, v .. 1, 1 .. v, 'a' .. 'b' .. v .. 'c')
--- the length
print(#zoo.Vector(1, 2), #zoo.plain, #zoo.empty, #zoo.sequence, #zoo.words)
--- a length that is no number
print(#zoo.lengthText)
--- calling with a metamethod
print(zoo.Vector(5, 6)(1, nil, 'x'))
--- floats in arithmetic
print(tostring(zoo.Vector(1, 2) / 4 + 0.5))
--- what results is an object of the class
local v = zoo.Vector(1, 2) + 1
print(v:length2(), v.x, tostring(v:scale(2)))
--- the operand that has the metamethod is the second one
local object = setmetatable({}, { __add = function(a, b) return 'local' end })
print(object + 1, 1 + object)
--- arithmetic on a missing field
print(pcall(function() return zoo.missing + 1 end))
--- arithmetic on a string that is no number
print(pcall(function() return zoo.plain.name + 1 end))
--- bitwise operations on floats
print(pcall(function() return zoo.pi | 1 end))
print(zoo.whole | 1)
--- an error within a metamethod
print(pcall(function() return zoo.Vector(1, 2) & 1.5 end))
--- comparing different kinds
print(pcall(function() return zoo.plain < 1 end))
print(pcall(function() return zoo.Vector(1, 2) < 'x' end))
--- comparing without metamethods
print(pcall(function() return zoo.plain < zoo.empty end))
print(pcall(function() return zoo.plain <= zoo.empty end))
--- precedence
local v = zoo.Vector(1, 2)
print(tostring(v + v * 2 - -v), tostring((v + v) * 2))
--- chains of operators
local sum = zoo.Vector(0, 0)
for i = 1, 10 do
	sum = sum + zoo.Vector(i, -i)
end
print(tostring(sum))
--- equality by a metamethod
local Vector = zoo.Vector
print(Vector(1, 2) == Vector(1, 2), Vector(1, 2) == Vector(1, 3), Vector(1, 2) ~= Vector(1, 2))
--- equality of all kinds
local v = zoo.Vector(1, 2)
print(v == v, v == 1, v == 'x', v == nil, v == zoo.plain, zoo.plain == v)
--- equality without a class
print(zoo.equalA == zoo.equalB, zoo.equalA ~= zoo.equalB, zoo.equalA == zoo.unequal)
--- equality with itself needs no metamethod
print(zoo.unequal == zoo.unequal)
--- less than
local Vector = zoo.Vector
print(Vector(1, 2) < Vector(2, 1), Vector(2, 1) < Vector(1, 2), Vector(1, 2) > Vector(0, 0))
--- less than or equal
local Vector = zoo.Vector
print(Vector(1, 2) <= Vector(1, 1), Vector(2, 1) <= Vector(1, 2), Vector(1, 2) >= Vector(0, 0))
--- comparing with numbers
local v = zoo.Vector(5, 5)
print(v < 6, v < 5, v <= 5, 4 < v, 5 <= v, 6 > v, v > 6)
--- math on results of comparisons
print(math.max(zoo.answer, zoo.pi), math.min(zoo.answer, zoo.pi))
--- conditions on objects
local v = zoo.Vector(1, 1)
print(v and 'yes' or 'no', v < 2 and 'less' or 'more')
