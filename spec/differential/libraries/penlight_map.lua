local Map = require 'pl.Map'
local OrderedMap = require 'pl.OrderedMap'
local Set = require 'pl.Set'
local MultiMap = require 'pl.MultiMap'

local m = Map { a = 1, b = 2 }
print(m:get 'a', m:set('c', 3), m:len(), m.b)
print(m:keys():sort(), m:values():sort(), m:items():len())
print(m == Map { a = 1, b = 2, c = 3 }, m == Map {}, m.nothing)
print(m:getvalues { 'a', 'c' }, m:setdefault('d', 9), m:get 'd')
m:update { e = 5 }
print(m:get 'e')

local o = OrderedMap()
o:set('z', 1)
o:set('a', 2)
o:insert(1, 'first', 0)
print(o, o:keys(), o:values(), o:get 'a')
for key, value in o:iter() do
	print(key, value)
end
for key, value in pairs(o) do
	print(key, value)
end
o:sort()
print(o)
o:set('a', nil)
print(o, #o:keys())

local s, t = Set { 1, 2, 3 }, Set { 3, 4 }
print(Set.values(s * t), #(s + t), s - t, #(s ^ t), Set.isdisjoint(s, Set { 9 }))
print(s == Set { 3, 2, 1 }, s < t, Set { 3 } < s, s[1], s[9])
print(Set.issubset(Set { 1 }, s), #s)

local mm = MultiMap()
mm:set('fruit', 'apple')
mm:set('fruit', 'pear')
print(mm.fruit, #mm.fruit, mm.fruit[2])
print(pcall(function() return s + 1 end) == false)
