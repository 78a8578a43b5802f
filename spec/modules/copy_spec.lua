local copy = require 'copy'

describe('copy', function()
	it('copies tables and keeps everything else', function()
		local original = { 1, { print }, key = { x = 1.5 } }
		local result = copy(original)
		assert.are.same(original, result)
		assert.are_not.equal(original.key, result.key)
		assert.are.equal(7, copy(7))
	end)

	it('keeps cycles and shared tables', function()
		local shared = {}
		local original = { a = shared, b = shared }
		original.self = original
		local result = copy(original)
		assert.are.equal(result.a, result.b)
		assert.are.equal(result, result.self)
		assert.are_not.equal(shared, result.a)
	end)

	it('drops metatables and does not run them', function()
		local original = setmetatable({ 1 }, { __index = error, __pairs = error })
		assert.is_nil(getmetatable(copy(original)))
	end)
end)
