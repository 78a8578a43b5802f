--- table.concat
print(table.concat(zoo.words, ','), table.concat(zoo.words, '-', 2, 4), table.concat(zoo.plain, ' '))
--- table.concat of an empty table
print(table.concat(zoo.empty) == '')
--- table.concat of what cannot be concatenated
print(pcall(table.concat, zoo.long, ',', 999, 1001))
--- table.unpack
print(table.unpack(zoo.words, 2, 3))
print(select('#', table.unpack(zoo.empty, 1, 3)))
--- table.insert at the end
table.insert(zoo.letters, 'e')
print(#zoo.letters, table.concat(zoo.letters))
table.remove(zoo.letters)
--- table.insert at the front
table.insert(zoo.letters, 1, 'z')
print(table.concat(zoo.letters))
print(table.remove(zoo.letters, 1), table.concat(zoo.letters))
--- table.remove in the middle
print(table.remove(zoo.letters, 2))
print(table.concat(zoo.letters))
table.insert(zoo.letters, 2, 'a')
print(table.concat(zoo.letters))
--- table.remove of nothing
print(table.remove(zoo.empty))
--- table.insert at a wrong place
print(pcall(table.insert, zoo.letters, 99, 'x'))
--- table.sort
table.sort(zoo.letters)
print(table.concat(zoo.letters))
--- table.sort with a function
table.sort(zoo.letters, function(a, b) return a > b end)
print(table.concat(zoo.letters))
--- table.move within main
table.move(zoo.letters, 1, 2, 3)
print(table.concat(zoo.letters))
--- table.move to a local table
print(table.concat(table.move(zoo.words, 1, 3, 1, {}), ' '))
--- table.move from a local table
table.move({ 'x', 'y' }, 1, 2, 1, zoo.empty)
print(zoo.empty[1], zoo.empty[2])
zoo.empty[1], zoo.empty[2] = nil, nil
--- table.pack of objects
local packed = table.pack(zoo.plain, nil, zoo.empty)
print(packed.n, packed[1] == zoo.plain, packed[3] == zoo.empty)
--- appending by length
zoo.empty[#zoo.empty + 1] = 'first'
zoo.empty[#zoo.empty + 1] = 'second'
print(#zoo.empty, zoo.empty[1], zoo.empty[2])
zoo.empty[2] = nil
zoo.empty[1] = nil
--- main's own table library
print(zoo.tables.concat(zoo.words, '+'), zoo.tables.unpack(zoo.words, 1, 2))
zoo.tables.insert(zoo.empty, 'inserted')
print(zoo.empty[1], zoo.tables.remove(zoo.empty))
--- main's own table library sorts
local list = zoo.tables.pack('c', 'a', 'b')
zoo.tables.sort(list)
print(list[1], list[2], list[3], list.n)
--- a list that is built of main's values
local list = {}
for i, word in ipairs(zoo.words) do
	list[i] = word:upper()
end
print(table.concat(list, ' '))
--- a matrix
local sum = 0
for _, row in ipairs { zoo.plain, zoo.plain } do
	for _, value in ipairs(row) do
		sum = sum + value
	end
end
print(sum)
--- sorting local values by fields of main
local names = { 'plain', 'words', 'letters', 'empty' }
table.sort(names, function(a, b)
	if #zoo[a] ~= #zoo[b] then return #zoo[a] < #zoo[b] end
	return a < b
end)
print(table.concat(names, ' '))
--- table.concat with numbers
print(table.concat(zoo.long, ' ', 1, 20))
--- the length counts up
local before = #zoo.letters
zoo.letters[before + 1] = 'new'
print(#zoo.letters - before)
zoo.letters[before + 1] = nil
--- next on what is no table
print(pcall(next, zoo.missing))
--- select with objects
print(select('#', zoo.plain, zoo.empty), select(2, zoo.plain, 'x'))
