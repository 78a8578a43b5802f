local pair = require 'spec.support.pair'

describe('a buffer', function()
	local lab = pair.accounts(before_each, after_each)
	local buffer

	before_each(function()
		buffer = pair.track(lab.buffer())
	end)

	it('is empty at first, and owns no memory', function()
		assert.are.equal('', buffer:content())
		assert.are.equal(0, buffer:capacity())
		assert.is_false(buffer:failed())
	end)

	it('gives back the bytes that were put, every one of 256', function()
		local all = {}
		for i = 0, 255 do
			all[#all + 1] = string.char(i)
		end
		buffer:put(table.concat(all))
		assert.are.equal(table.concat(all), buffer:content())
	end)

	it('puts numbers in the byte order of the machine', function()
		buffer:u8(0xfe)
		buffer:u32(0x01020304)
		buffer:u64(0x0102030405060708)
		assert.are.equal(string.pack('=I1I4I8', 0xfe, 0x01020304, 0x0102030405060708), buffer:content())
	end)

	it('is consumed at its head while it grows at its tail', function()
		local sent, got = {}, {}
		for i = 1, 2000 do
			local chunk = ('%d,'):format(i):rep(i % 7 + 1)
			buffer:put(chunk)
			sent[i] = chunk
			local take = math.min(#buffer:content(), i % 11 * 3)
			got[i] = buffer:content():sub(1, take)
			buffer:consume(take)
		end
		assert.are.equal(table.concat(sent), table.concat(got) .. buffer:content())
	end)

	it('grows no further while what is consumed makes room', function()
		for _ = 1, 10000 do
			buffer:put(('x'):rep(100))
			buffer:consume(100)
		end
		assert.is_true(buffer:capacity() <= 256)
	end)

	it('keeps its memory on a reset, unless there is more of it than shall be kept', function()
		buffer:put(('x'):rep(1000))
		local capacity = buffer:capacity()
		buffer:reset(4096)
		assert.are.same({ '', capacity }, { buffer:content(), buffer:capacity() })
		buffer:put(('x'):rep(10000))
		buffer:reset(4096)
		assert.are.same({ '', 0 }, { buffer:content(), buffer:capacity() })
	end)

	it('says that it has failed without memory, and is usable again after a reset', function()
		buffer:put 'before'
		lab.failAt(1)
		buffer:put(('x'):rep(1000))
		lab.calm()
		assert.is_true(buffer:failed())
		assert.are.equal('before', buffer:content())
		buffer:reset(4096)
		buffer:put 'after'
		assert.is_false(buffer:failed())
		assert.are.equal('after', buffer:content())
	end)

	it('refuses a size that no memory has', function()
		assert.are.equal(-1, buffer:reserve(math.maxinteger))
		assert.is_true(buffer:failed())
		assert.are.equal(-1, buffer:reserve(-1))
	end)
end)

describe('a reader', function()
	local lab = pair.accounts(before_each, after_each)

	it('reads what was put', function()
		local reader = lab.reader(string.pack('=I1I4I8', 7, 0xdeadbeef, -2) .. 'rest')
		assert.are.equal(7, reader:u8())
		assert.are.equal(0xdeadbeef, reader:u32())
		assert.are.equal(-2, reader:u64())
		assert.are.equal(4, reader:left())
		assert.are.equal('rest', reader:get(4))
		assert.is_false(reader:failed())
	end)

	it('gives nothing at the end, and remembers', function()
		local reader = lab.reader 'abc'
		assert.are.equal(0, reader:u32())
		assert.is_true(reader:failed())
		assert.are.equal(3, reader:left())
		assert.are.equal('abc', reader:get(3))
		assert.is_nil(reader:get(1))
		assert.are.equal('', reader:get(0))
		assert.is_true(reader:failed())
	end)

	it('is not taken in by a length beyond any memory', function()
		local reader = lab.reader 'abc'
		assert.is_nil(reader:get(-1))
		assert.is_nil(reader:get(math.maxinteger))
		assert.are.equal(3, reader:left())
	end)
end)
