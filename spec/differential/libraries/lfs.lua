local lfs = require 'lfs'

local folder = 'spec/differential'
print(lfs.attributes(folder, 'mode'), lfs.attributes(folder .. '/zoo.lua').mode,
	lfs.attributes(folder .. '/zoo.lua', 'size') > 100)
print(lfs.attributes 'no such file')
local names = {}
for name in lfs.dir(folder .. '/snippets') do
	names[#names + 1] = name
end
table.sort(names)
print(table.concat(names, ' '))
local iterate, directory = lfs.dir(folder)
print(type(iterate(directory)), directory:next() ~= nil, directory:close())
print(pcall(function() return directory:next() end))
print(pcall(lfs.dir, 'no such folder'))
local function walk(path, depth)
	local entries = {}
	for name in lfs.dir(path) do
		if not name:find '^%.' then
			entries[#entries + 1] = name
		end
	end
	table.sort(entries)
	for _, name in ipairs(entries) do
		print(('  '):rep(depth) .. name)
		local attributes = lfs.attributes(path .. '/' .. name)
		if attributes.mode == 'directory' then
			walk(path .. '/' .. name, depth + 1)
		end
	end
end
walk(folder, 0)
print(lfs.currentdir():match '[^/]*$' ~= nil, lfs.symlinkattributes(folder, 'mode'))
print(pcall(function() return lfs.attributes(folder, 'nonsense') end))
print(pcall(function() lfs.dir() end))
print(pcall(lfs.mkdir, folder))
