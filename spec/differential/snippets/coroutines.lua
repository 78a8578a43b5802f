--- a call within a coroutine
local co = coroutine.wrap(function()
	coroutine.yield(zoo.identity(1))
	coroutine.yield(zoo.identity(2))
	return zoo.identity(3)
end)
print(co(), co(), co())
--- a method within a coroutine
local co = coroutine.wrap(function(name)
	local dog = zoo.Dog:new(name)
	coroutine.yield(dog:speak())
	return dog:fetch 'it'
end)
print(co 'Rex', co())
--- operators within a coroutine
local co = coroutine.wrap(function()
	local v = zoo.Vector(1, 2)
	coroutine.yield(tostring(v + 1))
	coroutine.yield(tostring(-v))
	coroutine.yield(#v, v == v, v < 3)
end)
print(co(), co(), co())
--- iteration within a coroutine
local co = coroutine.wrap(function()
	for _, word in ipairs(zoo.words) do
		coroutine.yield(word)
	end
end)
print(co(), co(), co())
--- pairs within a coroutine
local co = coroutine.wrap(function()
	for _, word in pairs(zoo.words) do
		coroutine.yield(word)
	end
end)
print(co(), co(), co())
--- a function of main as a coroutine
local co = coroutine.wrap(zoo.identity)
print(co(1, 2, 3))
--- coroutine.create with a function of main
local co = coroutine.create(zoo.raise)
local ok, problem = coroutine.resume(co, 'oops')
print(ok, problem, coroutine.status(co))
--- an error within a coroutine
local co = coroutine.create(function() zoo.raise 'oops' end)
print(coroutine.resume(co))
print(coroutine.status(co))
--- a coroutine of main
local co = zoo.coroutine()
print(zoo.coroutines.status(co))
print(zoo.coroutines.resume(co, 1))
print(zoo.coroutines.resume(co, 10))
print(zoo.coroutines.resume(co, 'x'))
print(zoo.coroutines.status(co))
print(zoo.coroutines.resume(co))
--- a coroutine of main is one object
local co = zoo.coroutine()
print(co == co, co == zoo.coroutine(), zoo.identity(co) == co)
--- a coroutine of main that is closed
local co = zoo.coroutine()
zoo.coroutines.resume(co, 1)
print(zoo.coroutines.close(co), zoo.coroutines.status(co))
--- wrap of main
local next = zoo.coroutines.wrap(zoo.squares(2))
print(next())
--- generators that filter generators
local function even(source)
	return coroutine.wrap(function()
		for i, square in source do
			if i % 2 == 0 then
				coroutine.yield(i, square)
			end
		end
	end)
end
for i, square in even(zoo.squares(6)) do
	print(i, square)
end
--- many coroutines at once
local results = {}
local all = {}
for i = 1, 20 do
	all[i] = coroutine.wrap(function()
		local v = zoo.Vector(i, i)
		coroutine.yield()
		results[#results + 1] = (v * 2).x
	end)
	all[i]()
end
for i = 20, 1, -1 do
	all[i]()
end
print(table.concat(results, ' '))
--- isyieldable
print(coroutine.wrap(function() return coroutine.isyieldable() end)())
