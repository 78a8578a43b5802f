-- Wants all the memory there is.

print('a long string: ' .. select(2, pcall(string.rep, 'x', 1 << 40)))
local hoard = {}
print('many tables: ' .. select(2, pcall(function()
	while true do
		hoard[#hoard + 1] = { #hoard }
	end
end)))
process.exit(0)
