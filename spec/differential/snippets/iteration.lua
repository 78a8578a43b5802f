--- ipairs
for i, value in ipairs(zoo.plain) do
	print(i, value)
end
--- ipairs through __index
for i, value in ipairs(zoo.sequence) do
	print(i, value)
end
--- ipairs of an empty table
for i in ipairs(zoo.empty) do
	print(i)
end
print 'end'
--- pairs of a list
for key, value in pairs(zoo.words) do
	print(key, value)
end
--- pairs of all fields
local keys = {}
for key in pairs(zoo.plain) do
	keys[#keys + 1] = tostring(key)
end
table.sort(keys)
print(table.concat(keys, ' '))
--- pairs of an empty table
for key in pairs(zoo.empty) do
	print(key)
end
print 'end'
--- pairs of a long table
local sum, count = 0, 0
for key, value in pairs(zoo.long) do
	sum, count = sum + value, count + 1
end
print(sum, count)
--- pairs keeps the order of main
local order = {}
for key in pairs(zoo.long) do
	order[#order + 1] = key
end
print(#order, order[1], order[256], order[257], order[1000])
--- pairs by __pairs
for key, value in pairs(zoo.pairable) do
	print(key, value)
end
--- what pairs returns can be called
local next, object, first = pairs(zoo.words)
print(type(next), object == zoo.words, first)
print(next(object, first))
--- breaking out of pairs
for key, value in pairs(zoo.long) do
	if key == 300 then
		print(value)
		break
	end
end
--- pairs within pairs
local n = 0
for _, a in pairs(zoo.words) do
	for _, b in pairs(zoo.letters) do
		n = n + #a * #b
	end
end
print(n)
--- writing to fields while iterating
for key in pairs(zoo.long) do
	zoo.long[key] = zoo.long[key] + 1
end
print(zoo.long[1], zoo.long[1000])
for key in pairs(zoo.long) do
	zoo.long[key] = zoo.long[key] - 1
end
--- clearing fields while iterating
for i = 1, 10 do
	zoo.empty['key' .. i] = i
end
for key in pairs(zoo.empty) do
	zoo.empty[key] = nil
end
print((pairs(zoo.empty)) ~= nil)
for key in pairs(zoo.empty) do
	print(key)
end
--- numeric for over a length
for i = 1, #zoo.words do
	print(i, zoo.words[i])
end
--- numeric for backwards
for i = #zoo.words, 1, -1 do
	print(zoo.words[i])
end
--- numeric for with limits of main
for i = zoo.whole, zoo.pi + 1, 0.5 do
	print(i)
end
--- an iterator of main
for i, square in zoo.range(1, 4) do
	print(i, square)
end
--- an iterator that is a coroutine of main
for i, square in zoo.squares(4) do
	print(i, square)
end
--- two such iterators at once
local a, b = zoo.squares(3), zoo.squares(3)
print(a(), b(), a(), b())
--- an iterator that has ended
local next = zoo.squares(1)
print(next())
print(select('#', next()))
print(pcall(next))
--- an iterator with something to close
zoo.takeLog()
for i in zoo.closingRange(3) do
	if i == 2 then
		break
	end
end
print(zoo.takeLog())
--- an iterator with something to close, and an error
zoo.takeLog()
print(pcall(function()
	for i in zoo.closingRange(3) do
		error('stop at ' .. i)
	end
end))
print(zoo.takeLog())
--- a callable object as an iterator
local n = 0
for a, b in zoo.callable do
	print(a, b)
	n = n + 1
	if n == 2 then break end
end
--- what is no iterator
print(pcall(function()
	for _ in zoo.plain do
	end
end))
--- what is no iterator, and nil
print(pcall(function()
	for _ in zoo.missing do
	end
end))
--- ipairs of nothing
print(pcall(ipairs))
print(pcall(ipairs, zoo.missing))
--- ipairs and a break
for i, word in ipairs(zoo.words) do
	print(word)
	if i == 2 then break end
end
--- table.unpack in a call
print(table.unpack(zoo.words))
