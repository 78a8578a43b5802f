local frames = require 'spec.support.frames'
local pair = require 'spec.support.pair'

describe('a channel', function()
	local lab = pair.accounts(before_each, after_each)
	local a, b

	before_each(function()
		a, b = pair.track(lab.channels())
	end)

	local function send(channel, body, header)
		local start = channel:begin()
		channel:put(body)
		header = header or {}
		header.body = header.body or #body
		return channel:finish(start, header)
	end

	it('carries a frame with its header', function()
		local header = { message = 2, operation = 3, flags = 1, epoch = 9, values = 4, request = 1 << 40 }
		assert.are.equal(0, send(a, 'the body', header))
		assert.are.equal(0, a:flush())
		assert.are.equal(1, b:fill())
		local got, f = b:next()
		assert.are.equal(1, got)
		assert.are.same({ message = 2, operation = 3, flags = 1, epoch = 9, values = 4,
			request = 1 << 40, length = 40, body = 'the body', references = '' }, f)
	end)

	it('lays a frame out as the protocol says', function()
		send(a, 'bodyrefs', { message = 4, epoch = 2, values = 1, request = 5, body = 4, references = 1 })
		a:flush()
		b:fill()
		local _, f = b:next()
		assert.are.same({ 'body', 'refs' }, { f.body, f.references })
		assert.are.equal(32, string.packsize(frames.HEADER))
	end)

	it('gives nothing before a frame is whole, byte by byte', function()
		local bytes = frames.frame { message = 'post', body = 'abc' }
		for i = 1, #bytes - 1 do
			a:write(bytes:sub(i, i))
			assert.are.equal(1, b:fill())
			assert.are.equal(0, (b:next()))
		end
		a:write(bytes:sub(-1))
		b:fill()
		local got, f = b:next()
		assert.are.same({ 1, 'abc' }, { got, f.body })
	end)

	it('keeps frames apart and in order', function()
		for i = 1, 100 do
			send(a, ('%d'):format(i))
		end
		a:flush()
		b:fill()
		for i = 1, 100 do
			local _, f = b:next()
			assert.are.equal(('%d'):format(i), f.body)
			b:consume(f.length)
		end
		assert.are.equal(0, (b:next()))
	end)

	it('carries a frame that is larger than the socket', function()
		local body = ('0123456789abcdef'):rep(500000)
		send(a, body)
		local turns = 0
		repeat
			local left = a:flush()
			assert.are_not.equal(-1, left)
			assert.are_not.equal(-1, b:fill())
			turns = turns + 1
			local got, f = b:next()
			if got == 1 then
				assert.is_true(f.body == body)
			end
		until got == 1
		assert.is_true(turns > 1)
		assert.are.same({ 0 }, { (a:pending()) })
	end)

	it('takes a frame back that was begun', function()
		send(a, 'first')
		local start = a:begin()
		a:put 'second'
		a:abandon(start)
		send(a, 'third')
		a:flush()
		b:fill()
		local _, f = b:next()
		assert.are.equal('first', f.body)
		b:consume(f.length)
		_, f = b:next()
		assert.are.equal('third', f.body)
	end)

	it('refuses a frame without memory for it, and sends the next one', function()
		local start = a:begin()
		lab.failAt(1)
		a:put(('x'):rep(100000))
		lab.calm()
		local result, message = a:finish(start, { body = 100000 })
		assert.are.same({ -1, 'Cannot allocate memory' }, { result, message })
		assert.are.equal(0, send(a, 'next'))
		a:flush()
		b:fill()
		local _, f = b:next()
		assert.are.equal('next', f.body)
	end)

	it('refuses a frame that is longer than frames may be', function()
		local start = a:begin()
		local chunk = ('x'):rep(1 << 20)
		for _ = 1, 256 do
			a:put(chunk)
		end
		local result, message = a:finish(start, {})
		assert.are.same({ -1, 'Message too long' }, { result, message })
		assert.are.same({ 0, 0 }, { a:pending() })
	end)

	it('finds the end of the stream, after what was sent', function()
		send(a, 'last words')
		a:flush()
		a:close()
		assert.are.equal(1, b:fill())
		assert.are.equal(1, (b:next()))
		assert.are.equal(-1, b:fill())
	end)

	it('says that it cannot write where nobody reads', function()
		b:close()
		send(a, 'x')
		assert.are.equal(-1, a:flush())
	end)

	for what, bytes in pairs {
		['shorter than its header'] = string.pack('=I4', 31),
		['of no length'] = string.pack('=I4', 0),
		['longer than frames may be'] = string.pack('=I4', (256 << 20) + 1),
		['whose body is longer than itself'] =
			frames.frame { message = 'post', body = 'abc', bodyLength = 4 },
		['whose body has the longest length'] =
			frames.frame { message = 'post', body = 'abc', bodyLength = 0xffffffff },
	} do
		it('refuses a frame ' .. what, function()
			a:write(bytes)
			b:fill()
			assert.are.equal(-1, (b:next()))
		end)
	end

	it('keeps little memory once a large frame has gone', function()
		local before = select(2, lab.blocks())
		send(a, ('x'):rep(1 << 20))
		repeat
			a:flush()
			b:fill()
			local got, f = b:next()
			if got == 1 then
				b:consume(f.length)
			end
		until got == 1
		a:flush()
		assert.are.same({ 0 }, { (a:pending()) })
		assert.are.equal(before, select(2, lab.blocks()))
	end)
end)
