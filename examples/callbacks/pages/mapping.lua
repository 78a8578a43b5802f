--- Passes main a function, and then has main use one of its own.

local remote = require 'remote'

local mapNumbers = remote.require 'mapNumbers'

local function show(what, results)
	local words = {}
	for i, result in ipairs(results) do
		words[i] = tostring(result)
	end
	print(('   %s gives {%s}.'):format(what, table.concat(words, ', ')))
end

show("The page's callback", mapNumbers.withRendererCallback(function(number)
	return number + 1
end))
show("Main's own function", mapNumbers.withLocalCallback())
