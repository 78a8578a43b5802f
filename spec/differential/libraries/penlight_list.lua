local List = require 'pl.List'

local l = List { 10, 20, 30 }
print(l, #l, l[1], l[-1], l:len())
l:append(40):append(50)
print(l)
l:insert(1, 5)
print(l, l:contains(20), l:contains(99), l:index(30), l:count(5))
print(l:pop(), l:pop(1), l)
print(l:slice(2, 3), l:slice(-2))
l:extend { 1, 2, 3 }
print(l, l:reverse(), l:clone():sort(), l:clone():sort '>')
print(l:minmax())
print(l:map '_+1', l:filter '_>10')
print(l:join ',', l:concat ';', List.range(1, 5), List.range(0, 1, 0.25))
print(List 'abc', List.split('a b c'), List.split('a,b,c', ','))
print(l .. List { 'x' }, l == l:clone(), l ~= List {}, List { 1 } == List { 1 })
print(l:reduce '+', l:put(99), l:remove(1), l:remove_value(20), l:clear(), #l)
for i, value in ipairs(List { 'a', 'b' }) do
	print(i, value)
end
for value in List { 'x', 'y' }:iter() do
	print(value)
end
print(List { 1, 2, 3, 4 }:chop(2, 3), List { 1, 2 }:splice(2, { 7, 8 }))
print(List:class_of(l), List.is_a(l, List), tostring(List { List { 1 }, 2 }))
print(pcall(function() return List { 1 }:index() end))
print(pcall(function() return List(5) end))
print(pcall(function() List { 1 }:nothing() end))
