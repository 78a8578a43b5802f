local frames = require 'spec.support.frames'
local pair = require 'spec.support.pair'

describe('a frame that came', function()
	local lab = pair.accounts(before_each, after_each)

	local T, R = frames.table, frames.reference

	-- The fault in a frame with this body.
	local function faultOf(body, more)
		local f = { message = 'post', operation = 'call', values = 1, body = body }
		for key, value in pairs(more or {}) do
			f[key] = value
		end
		local number = lab.validate(frames.frame(f))
		for name, n in pairs(lab.faults) do
			if n == number then
				return name
			end
		end
	end

	describe('is valid', function()
		local cases = {
			['nothing'] = { '', { values = 0 } },
			['nil'] = { '\0' },
			['a truth'] = { '\1' },
			['small integers'] = { frames.small(0) .. frames.small(127), { values = 2 } },
			['integers of all sizes'] = { frames.integer8(-1) .. frames.integer32(1 << 20)
				.. frames.integer64(math.mininteger), { values = 3 } },
			['a NaN'] = { frames.float(0 / 0) },
			['strings'] = { frames.string8 '' .. frames.string8(('x'):rep(255)) .. frames.string32 'x',
				{ values = 3 } },
			['an empty table'] = { T {} },
			['a list with holes'] = { T { '\0', '\1', '\0' } },
			['pairs'] = { T({}, { '\1', '\0', frames.float(1), T {} }) },
			['a table again'] = { T { frames.back(0) }, { flags = frames.SHARED } },
			['a table again as a key'] = { T({}, { frames.back(0), '\1' }), { flags = frames.SHARED } },
			['a reference named twice'] = { R(0) .. R(0), { values = 2, references = {
				{ kind = 'yours', id = 0 } } } },
			['a reference nobody names'] = { '\0', { references = { { kind = 'function', id = 1 } } } },
			['a function with its place'] = { R(0), { references = {
				{ kind = 'function', id = 1, text = 'page.lua:12' } } } },
			['a method'] = { R(0), { references = { { kind = 'method', id = 1, text = 'name' } } } },
		}
		for what, case in pairs(cases) do
			it('with ' .. what, function()
				assert.are.equal('NONE', faultOf(case[1], case[2]))
			end)
		end

		it('with a thousand tables in each other', function()
			local body = T {}
			for _ = 2, 1000 do
				body = T { body }
			end
			assert.are.equal('NONE', faultOf(body))
			assert.are.equal('DEPTH', faultOf(T { body }))
			assert.are.equal('NONE', faultOf(T { '\0' } .. body .. body, { values = 3 }))
		end)

		it('with as many values as there may be, and no more', function()
			assert.are.equal('NONE', faultOf(('\0'):rep(200000), { values = 200000 }))
			assert.are.equal('BODY', faultOf(('\0'):rep(200001), { values = 200001 }))
		end)

		it('with as many references as there may be, and no more', function()
			local entry = frames.entry { kind = 'yours', id = 0 }
			assert.are.equal('NONE', faultOf('\0', { tail = entry:rep(200000), referenceCount = 200000 }))
			assert.are.equal('REFERENCES',
				faultOf('\0', { tail = entry:rep(200001), referenceCount = 200001 }))
		end)
	end)

	describe('is refused', function()
		local cases = {
			{ 'BODY', 'no body for a value', '' },
			{ 'BODY', 'a value too many', '\0\0' },
			{ 'BODY', 'a value too few', '\0', { values = 2 } },
			{ 'BODY', 'more values than bytes', '', { values = 0xffffffff } },
			{ 'BODY', 'an integer cut off', frames.integer64(1):sub(1, 8) },
			{ 'BODY', 'a float cut off', frames.float(1):sub(1, 3) },
			{ 'BODY', 'a string cut off', string.pack('=BB', 7, 255) .. 'x' },
			{ 'BODY', 'a string of 4 GiB', string.pack('=BI4', 8, 0xffffffff) .. 'x' },
			{ 'BODY', 'a table of 4 G items', string.pack('=BI4I4', 9, 0xffffffff, 0) },
			{ 'BODY', 'a table of 4 G pairs', string.pack('=BI4I4', 9, 0, 0xffffffff) },
			{ 'BODY', 'a table cut off', T { '\0', '\0' }:sub(1, -2) },
			{ 'BODY', 'a table with counts cut off', '\9\0\0' },
			{ 'BODY', 'nil as a key', T({}, { '\0', '\1' }) },
			{ 'BODY', 'NaN as a key', T({}, { frames.float(0 / 0), '\1' }) },
			{ 'BODY', 'a table again that is not allowed to', T { frames.back(0) } },
			{ 'BODY', 'a table again that has not begun', T { frames.back(1) }, { flags = frames.SHARED } },
			{ 'BODY', 'a table again before any', frames.back(0), { flags = frames.SHARED } },
			{ 'BODY', 'tag 12', '\12' },
			{ 'BODY', 'tag 127', '\127' },
			{ 'DEPTH', 'a bomb of tables', string.pack('=BI4I4', 9, 1, 0):rep(5000) .. '\0' },
			{ 'REFERENCES', 'a place there is not', R(0) },
			{ 'REFERENCES', 'the place behind the last', R(1), { references = { { kind = 'yours' } } } },
			{ 'REFERENCES', 'an entry cut off', '\0', { referenceCount = 1, tail = 'xxx' } },
			{ 'REFERENCES', 'an origin cut off', '\0', { references = { { kind = 'function', id = 1,
				aux = 9, text = 'x' } } } },
			{ 'REFERENCES', 'a name of 4 GiB', '\0', { references = { { kind = 'method', id = 1,
				aux = 0xffffffff } } } },
			{ 'REFERENCES', 'an object of no type', '\0', { references = { { kind = 'object', id = 1,
				type = 9 } } } },
			{ 'REFERENCES', 'an object without an id', '\0', { references = { { kind = 'object' } } } },
			{ 'REFERENCES', 'a kind there is not', '\0', { references = { { kind = 200 } } } },
			{ 'LENGTH', 'a body longer than the frame', '\0', { bodyLength = 2 } },
		}
		for _, case in ipairs(cases) do
			it(case[1] .. ': ' .. case[2], function()
				assert.are.equal(case[1], faultOf(case[3], case[4]))
			end)
		end
	end)

	it('may be packed as densely as can be', function()
		-- The densest bodies: empty tables, pairs, short strings, references.
		for _, body in ipairs { T {}, T({}, { frames.small(1), '\1' }), frames.string8 '', '\0' } do
			assert.are.equal('NONE', faultOf(body:rep(100000), { values = 100000 }))
		end
	end)

	it('is refused cut off at any byte', function()
		local page
		local main = pair.main()
		page = pair.page(main)
		main:run 'function root:echo(...) return ... end'
		page:hold 'toMain'
		page:run [[
			async(ignore, function()
				ask(root, 'echo', { 1, 'two', { 3.5, x = { true } } }, print, root, ('x'):rep(300))
			end)
		]]
		page:step()
		local bytes = page:frames 'toMain'[1]
		assert.are.equal(0, lab.validate(bytes))
		for n = 32, #bytes - 1 do
			assert.are_not.equal(0, lab.validate(bytes:sub(1, n)))
		end
	end)
end)
