--- a field of a table
print(zoo.plain.name, zoo.answer)
--- a list item
print(zoo.plain[1], zoo.plain[3], zoo.plain[4])
--- a missing field
print(zoo.plain.missing, zoo.missing)
--- nested tables
print(zoo.plain.nested.deep.value)
--- indexing a missing field
print(pcall(function() return zoo.plain.missing.field end))
--- calling a missing field
print(pcall(function() return zoo.plain.missing() end))
--- calling a missing method
print(pcall(function() return zoo.plain:missing() end))
--- assigning a field of a missing field
print(pcall(function() zoo.plain.missing.field = 1 end))
--- a float key that is an integer
print(zoo.plain[1.0], zoo.plain[2.0])
--- a float key
print(zoo[1.5])
--- a boolean key
print(zoo[true], zoo[false])
--- an empty key
print(zoo[''])
--- a key by identity
print(zoo.keyed[zoo.key], zoo.keyed[zoo.plain])
--- nil as a key that is read
print(zoo.plain[nil])
--- nil as a key that is written
print(pcall(function() zoo.plain[nil] = 1 end))
--- NaN as a key that is written
print(pcall(function() zoo.plain[0/0] = 1 end))
--- writing a field
zoo.empty.field = 'written'
print(zoo.empty.field)
--- writing a field away
zoo.empty.field = 'written'
zoo.empty.field = nil
print(zoo.empty.field)
--- writing all kinds of plain values
for _, value in ipairs { true, 0, -1, 1.5, 'text', '', '\0', math.maxinteger, math.mininteger, 1e300 } do
	zoo.empty.value = value
	print(zoo.empty.value, math.type(zoo.empty.value), zoo.empty.value == value)
end
zoo.empty.value = nil
--- writing an object
zoo.empty.object = zoo.plain
print(zoo.empty.object == zoo.plain, zoo.empty.object.name)
zoo.empty.object = nil
--- fields by a function
print(zoo.dynamic.own, zoo.dynamic.other, zoo.dynamic[7], zoo.dynamic[1.5])
--- an error in a function for fields
print(pcall(function() return zoo.dynamic.broken end))
--- fields written by a function
zoo.recorder.a = 1
zoo.recorder[2] = 'two'
print(zoo.written[#zoo.written - 1], zoo.written[#zoo.written], zoo.recorder.a)
--- an error in a function for written fields
print(pcall(function() zoo.recorder.forbidden = 1 end))
--- fields of another table
print(zoo.redirected.name, zoo.redirected[2])
--- fields written to another table
zoo.redirected.extra = 'extra'
print(zoo.plain.extra, rawequal(zoo.plain.extra, zoo.redirected.extra))
zoo.plain.extra = nil
--- a chain of tables that ends in a function
print(zoo.chain.a, zoo.chain.b, zoo.chain.c, zoo.chain.d, zoo.chain.e)
--- a field that becomes a method's replacement
local dog = zoo.Dog:new 'Rex'
print(dog:speak())
dog.speak = zoo.identity
print(select('#', dog:speak()))
--- a read-only object
print(zoo.readonly.version)
print(pcall(function() zoo.readonly.version = 2 end))
--- multiple assignment
zoo.empty.a, zoo.empty.b = 1, 2
zoo.empty.a, zoo.empty.b = zoo.empty.b, zoo.empty.a
print(zoo.empty.a, zoo.empty.b)
zoo.empty.a, zoo.empty.b = nil, nil
--- a field counted up
zoo.empty.n = 0
for _ = 1, 5 do
	zoo.empty.n = zoo.empty.n + 1
end
print(zoo.empty.n)
zoo.empty.n = nil
--- objects as keys of local tables
local set = { [zoo.plain] = 'plain', [zoo.identity] = 'function' }
print(set[zoo.plain], set[zoo.identity], set[zoo.empty])
--- identity
print(zoo.plain == zoo.plain, zoo.plain == zoo.empty, zoo.identity == zoo.identity, zoo.plain ~= zoo.empty)
--- identity is raw
print(rawequal(zoo.plain, zoo.plain), rawequal(zoo.plain.nested, zoo.plain.nested), rawequal(zoo.plain, zoo.empty))
--- an object is true
print(not zoo.plain, zoo.plain and 1, zoo.missing or 2)
--- a module is found twice
print(require 'spec.differential.zoo' == zoo)
