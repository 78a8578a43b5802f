local primes = require 'primes'
local work = require 'work'

describe('primes', function()
	it('are counted from a number to a number', function()
		assert.are.equal(0, primes.count(0, 1))
		assert.are.equal(4, primes.count(0, 10))
		assert.are.equal(2, primes.count(5, 7))
		assert.are.equal(168, primes.count(0, 1000))
	end)
end)

describe('work', function()
	it('is taken in chunks that leave nothing out and overlap nowhere', function()
		work.begin(50001)
		local expected = 0
		for first, last in work.take do
			assert.are.equal(expected, first)
			assert.is_true(last >= first)
			expected = last + 1
		end
		assert.are.equal(50001, expected)
	end)

	it('adds up what is brought back', function()
		work.begin(50000)
		for first, last in work.take do
			work.give(primes.count(first, last))
		end
		assert.are.equal(5133, work.result())
	end)

	it('starts anew', function()
		work.begin(10)
		assert.are.same({ 0, 9 }, { work.take() })
		assert.is_nil(work.take())
		work.begin(5)
		assert.are.same({ 0, 4 }, { work.take() })
		assert.are.equal(0, work.result())
	end)
end)
