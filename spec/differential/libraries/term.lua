local colors = require 'term.colors'

print(('%q'):format(tostring(colors.red)), ('%q'):format(colors.red 'text'))
print(('%q'):format(colors.bright .. 'x' .. colors.reset),
	('%q'):format(colors.onblue(colors.white 'y')))
print(pcall(function() return colors.red + 1 end) == false, colors.nothing)
print(pcall(function() return colors.red() end))
