--- a variable that is closed
zoo.takeLog()
do
	local c <close> = zoo.closer 'a'
	print(c.name)
end
print(zoo.takeLog())
--- variables are closed in reverse
zoo.takeLog()
do
	local a <close> = zoo.closer 'a'
	local b <close> = zoo.closer 'b'
end
print(zoo.takeLog())
--- a variable is closed by an error
zoo.takeLog()
print(pcall(function()
	local c <close> = zoo.closer 'c'
	error('oops', 0)
end))
print(zoo.takeLog())
--- a variable is closed by a return
zoo.takeLog()
local function f()
	local c <close> = zoo.closer 'r'
	return c.name, 2
end
print(f())
print(zoo.takeLog())
--- a variable is closed by a break
zoo.takeLog()
for i = 1, 3 do
	local c <close> = zoo.closer('loop ' .. i)
	if i == 2 then break end
end
print(zoo.takeLog())
--- a variable is closed with its coroutine
zoo.takeLog()
local co = coroutine.create(function()
	local c <close> = zoo.closer 'coroutine'
	coroutine.yield()
end)
coroutine.resume(co)
coroutine.close(co)
print(zoo.takeLog())
--- what cannot be closed
print(pcall(function()
	local c <close> = zoo.plain
end))
--- nil and false are not closed
do
	local c <close> = zoo.missing
	local d <close> = zoo.no
end
print 'fine'
--- constants
local v <const> = zoo.Vector(1, 2)
print(tostring(v))
--- closures over objects
local functions = {}
for i, word in ipairs(zoo.words) do
	functions[i] = function()
		return word, zoo.words[i]
	end
end
for _, fn in ipairs(functions) do
	print(fn())
end
--- varargs
local function f(...)
	local a, b = ...
	return select('#', ...), a == b
end
print(f(zoo.plain, zoo.plain))
print(f(zoo.holes()))
--- goto
local i = 0
::again::
i = i + 1
if zoo.words[i] then goto again end
print(i)
--- while and repeat
local i = 0
while i < #zoo.words do i = i + 1 end
repeat i = i - 1 until zoo.words[i] == 'two'
print(i)
--- string.format
print(('%s %d %5.2f %q'):format(zoo.plain.name, zoo.answer, zoo.pi, zoo.bytes))
print(('%s'):format(zoo.Vector(1, 2)))
--- tostring
print(tostring(zoo.Vector(1, 2)), tostring(zoo.answer), tostring(zoo.whole), tostring(zoo.missing))
print(tostring(zoo.plain), tostring(zoo.named))
--- tonumber
print(tonumber(zoo.answer), tonumber(zoo.plain.name), pcall(tonumber))
--- load with a function of main
local lines = zoo.makeCounter()
local chunk = load(function()
	local n = lines()
	return n <= 3 and ('sum = (sum or 0) + ' .. n .. ' ') or nil
end, 'lines', 't', _ENV)
chunk()
print(sum)
--- gsub with a function of main
print(('a b c'):gsub('%a', zoo.strings.upper))
print(('hello'):gsub('l', zoo.identity))
--- gsub with a field of main
print((zoo.plain.name):gsub('%a', '%0%0'))
--- wrong arguments for standard functions
print(pcall(string.rep, zoo.Vector(1, 2)))
print(pcall(function() return ('x'):rep(zoo.Vector(1, 2)) end))
print(pcall(math.floor, zoo.Vector(1, 2)))
print(pcall(string.rep, zoo.missing))
--- main's string library
print(zoo.strings.upper 'x', zoo.strings.format('%5d|', 42), zoo.strings.find('hello', 'l+'))
for word in zoo.strings.gmatch('one two', '%a+') do print(word) end
print(zoo.strings.gsub('hello', 'l', 'L'))
--- main's math library
print(zoo.maths.pi == math.pi, zoo.maths.huge, zoo.maths.maxinteger, zoo.maths.floor(3.7), zoo.maths.type(1), zoo.maths.type(1.0))
--- getmetatable of values
print(getmetatable(zoo.plain.name).__index == string)
--- rawequal
print(rawequal(zoo.answer, 42), rawequal(zoo.whole, 3), rawequal(zoo.words, zoo.letters))
