--- a method
local dog = zoo.Dog:new 'Rex'
print(dog:speak(), dog.name)
--- a method called with a dot
local dog = zoo.Dog:new 'Rex'
print(dog.speak(dog), zoo.Dog.speak(dog), zoo.Animal.speak(dog))
--- a method of an ancestor
local puppy = zoo.Puppy:new 'Bit'
print(puppy:speak(), puppy:fetch 'the stick', puppy.legs, puppy.sound)
--- a method of a descendant on an ancestor's object
local animal = zoo.Animal:new 'It'
print(animal:speak(), animal.fetch)
print(pcall(function() return animal:fetch 'x' end))
--- a method taken from an object
local speak = zoo.Dog:new 'Rex'.speak
print(speak(zoo.Puppy:new 'Bit'), speak { name = 'Nobody', sound = 'hm' })
--- a method taken from an object without its object
local speak = zoo.Dog:new 'Rex'.speak
print(pcall(function() return (speak()) end) == false)
--- chained methods
print(zoo.Dog:new('Rex'):rename('Max'):speak())
--- a method that is replaced in the class
local dog = zoo.Dog:new 'Rex'
local original = zoo.Dog.fetch
print(dog:fetch 'x')
zoo.Dog.fetch = zoo.identity
print(select('#', dog:fetch 'x'))
zoo.Dog.fetch = original
print(dog:fetch 'y')
--- a method that is added to the class
local dog = zoo.Dog:new 'Rex'
print(dog.roll)
zoo.Dog.roll = zoo.count
print(dog:roll())
zoo.Dog.roll = nil
print(dog.roll)
--- a field that hides a method
local dog = zoo.Dog:new 'Rex'
dog.fetch = 'hidden'
print(dog.fetch, zoo.Dog:new 'Max'.fetch ~= nil)
print(pcall(function() return dog:fetch 'x' end))
--- a field that no longer hides a method
local dog = zoo.Dog:new 'Rex'
dog.fetch = zoo.count
print(dog:fetch(1, 2))
dog.fetch = nil
print(dog:fetch 'x')
--- methods through a function
zoo.counter.count = 0
print(zoo.counter:up(), zoo.counter:up(5), zoo.counter:get(), zoo.counter.nothing)
--- a missing method through a function
print(pcall(function() return zoo.counter:nothing() end))
--- static functions
print(tostring(zoo.Vector.unit()))
--- class fields
print(zoo.Dog.sound, zoo.Dog.legs, zoo.Dog.missing)
--- writing class fields
local dog = zoo.Dog:new 'Rex'
zoo.Dog.sound = 'wuff'
print(dog:speak())
zoo.Dog.sound = 'woof'
print(dog:speak())
--- two objects of one class
local a, b = zoo.Dog:new 'A', zoo.Dog:new 'B'
print(a == b, a.name, b.name, a.speak == b.speak)
--- a method as a value
local dog = zoo.Dog:new 'Rex'
local methods = { dog.speak, dog.fetch }
print(methods[1](dog), methods[2](dog, 'x'))
--- a method is a function
print(type(zoo.Dog:new 'Rex'.speak))
--- pcall of a method
local dog = zoo.Dog:new 'Rex'
print(pcall(dog.fetch, dog, 'it'))
--- a method with a wrong argument
local dog = zoo.Dog:new 'Rex'
print(pcall(dog.fetch, dog, true) == false)
--- a method that changes its object
local v = zoo.Vector(1, 2)
v:scale(3):scale(2)
print(v.x, v.y, v:length2())
--- objects in lists
local dogs = {}
for i = 1, 5 do
	dogs[i] = zoo.Dog:new('dog ' .. i)
end
for _, dog in ipairs(dogs) do
	print(dog:speak())
end
--- objects given to objects
local a, b = zoo.Dog:new 'A', zoo.Dog:new 'B'
a.friend, b.friend = b, a
print(a.friend.name, a.friend.friend.name, a.friend.friend == a)
--- a metatable that is protected
print(pcall(setmetatable, zoo.protected, {}) == false)
