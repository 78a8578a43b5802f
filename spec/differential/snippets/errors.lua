--- a string
print(pcall(zoo.raise, 'oops'))
--- a string without a place
print(pcall(zoo.raise0, 'oops'))
--- a string that blames the caller
print(pcall(function() zoo.raise2 'oops' end))
print(pcall(zoo.raise2, 'oops'))
--- a caller in a deeper function
local function deeper()
	zoo.raise2 'from below'
end
print(pcall(deeper))
--- a number
print(pcall(zoo.raise, 42))
print(pcall(zoo.raise, 1.5))
--- nil
print(pcall(zoo.raise, nil))
print(pcall(zoo.raiseNothing))
--- a boolean
print(pcall(zoo.raise, true))
print(pcall(zoo.raise, false))
--- a table
local ok, problem = pcall(zoo.raiseTable)
print(ok, problem.code)
--- an object with __tostring
local ok, problem = pcall(zoo.raiseObject)
print(ok, problem.code, tostring(problem))
--- an object keeps its identity
local ok, problem = pcall(zoo.raiseProblem)
print(ok, problem == zoo.problem, rawequal(problem, zoo.problem))
--- an object raised by the caller
local ok, problem = pcall(zoo.raise, zoo.plain)
print(ok, problem == zoo.plain)
--- a function
local ok, problem = pcall(zoo.raise, zoo.identity)
print(ok, problem == zoo.identity)
--- an error through several functions
print(pcall(zoo.recurse, 5))
--- an error in a chunk of arithmetic
print(pcall(zoo.arithmetic, {}) == false, pcall(zoo.arithmetic, nil))
--- assert
print(pcall(zoo.assertion, false))
print(pcall(zoo.assertion, nil, 'message'))
print(zoo.assertion(1, 2))
--- assert of results here
print(pcall(function() assert(zoo.no, 'it is not so') end))
print(pcall(function() assert(zoo.missing) end))
print(select('#', assert(zoo.identity(1, 2, 3))))
--- a check in main that blames the caller
print(pcall(function() zoo.checked(5) end))
print(zoo.checked 'five')
--- a standard function of main with a wrong argument
print(pcall(function() zoo.strings.rep() end))
print(pcall(function() zoo.strings.rep('x', {}) end))
print(pcall(zoo.strings.rep))
--- a standard function called as a method
print(pcall(function() return zoo.strings:rep(1) end))
--- a standard function under another name
local repeated = zoo.strings.rep
print(pcall(function() repeated() end))
local list = { zoo.strings.rep }
print(pcall(function() list[1]() end))
--- numbers out of range
print(pcall(zoo.maths.random, 2, 1))
print(pcall(function() zoo.maths.tointeger() end))
--- xpcall with a handler
print(xpcall(zoo.raise, function(problem) return 'handled: ' .. tostring(problem) end, 'oops'))
--- xpcall with arguments and results
print(xpcall(zoo.identity, print, 1, nil, 3))
--- pcall within pcall
print(pcall(pcall, zoo.raise, 'oops'))
--- an error rethrown
local ok, problem = pcall(zoo.raise, 'oops')
print(pcall(error, problem, 0))
--- an error in a metamethod
print(pcall(function() return zoo.dynamic.broken end))
--- a protected call in main
print(zoo.protectedCall(zoo.raise, 'oops'))
print(zoo.protectedCall(zoo.raise2, 'oops'))
--- tostring that gives no string
print(pcall(tostring, zoo.badToString))
print(pcall(function() return tostring(zoo.badToString) end))
--- concatenating what cannot be concatenated
print(pcall(function() return 'x' .. zoo.missing end))
--- a message with all kinds of bytes
local ok, problem = pcall(zoo.raise0, '\0\255\n%s')
print(ok, problem == '\0\255\n%s')
--- an error value that is a list
local ok, problem = pcall(zoo.raise, { 1, 2, 3 })
print(ok, #problem, problem[3])
--- error levels count the caller's frames
print(pcall(function()
	local function inner()
		zoo.raise2 'x'
	end
	inner()
end))
--- calling a number
print(pcall(function() zoo.answer() end))
print(pcall(function() zoo.plain.name.x.y() end))
--- an uncaught error ends the chunk
zoo.raise 'the end'
