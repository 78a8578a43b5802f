--- Primes, counted the slow way. Any process can require this; here pages do.

local primes = {}

---@param number integer
---@return boolean
function primes.isPrime(number)
	if number < 4 then
		return number > 1
	elseif number % 2 == 0 then
		return false
	end
	local divisor = 3
	while divisor * divisor <= number do
		if number % divisor == 0 then
			return false
		end
		divisor = divisor + 2
	end
	return true
end

--- How many primes there are from one number to another, both included.
---@param first integer
---@param last integer
---@return integer
function primes.count(first, last)
	local count = 0
	for number = first, last do
		if primes.isPrime(number) then
			count = count + 1
		end
	end
	return count
end

return primes
