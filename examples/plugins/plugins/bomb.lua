-- Wants all the memory there is.

print('a long string: ' .. select(2, pcall(string.rep, 'x', 1 << 30)))
print('many tables: ' .. select(2, pcall(function()
	local hoard = {} -- luacheck: ignore 241
	while true do
		hoard[#hoard + 1] = { #hoard }
	end
end)))
process.exit(0)
