local lab = require 'lab'

describe('the protocol', function()
	it('has the messages of the design, in an order that stays', function()
		local names = {}
		for i = 1, 9 do
			names[i] = lab.messageName(i)
		end
		assert.are.same({ 'hello', 'ask', 'post', 'return', 'raise', 'class', 'release', 'end',
			'end-ack' }, names)
		assert.are.equal('unknown', lab.messageName(10))
		assert.are.equal('unknown', lab.messageName(-1))
	end)

	it('numbers the faults, because they stand in logs', function()
		assert.are.same({ NONE = 0, LENGTH = 1, MESSAGE = 2, VERSION = 3, EPOCH = 4, OPERATION = 5,
			OPERANDS = 6, BODY = 7, DEPTH = 8, COST = 9, REFERENCES = 10, FOREIGN = 11, RELEASE = 12,
			REQUEST = 13, REQUESTS = 14, CLASS = 15, UNEXPECTED = 16, QUEUE = 17, MEMORY = 18,
			HANDLES = 19, PARTIAL = 20, RING = 21 },
			lab.faults)
	end)

	it('has a text for every fault', function()
		local seen = {}
		for _, number in pairs(lab.faults) do
			local text = lab.faultText(number)
			assert.is_true(#text > 0 and not seen[text])
			seen[text] = true
		end
		assert.are.equal('an unknown fault', lab.faultText(1000))
	end)

	it('knows how many operands each operation takes', function()
		local binary = { 'add', 'sub', 'mul', 'mod', 'pow', 'div', 'idiv', 'band', 'bor', 'bxor', 'shl',
			'shr', 'concat', 'eq', 'lt', 'le', 'index', 'close', 'rawget' }
		local unary = { 'len', 'unm', 'bnot', 'tostring', 'pairs', 'copy', 'rawlen' }
		for _, name in ipairs(binary) do
			local op = lab.operations[name]
			assert.are.same({ name, false, true, false },
				{ name, lab.takes(op, 1), lab.takes(op, 2), lab.takes(op, 3) })
		end
		for _, name in ipairs(unary) do
			local op = lab.operations[name]
			assert.are.same({ name, false, true, false },
				{ name, lab.takes(op, 0), lab.takes(op, 1), lab.takes(op, 2) })
		end
		assert.is_false(lab.takes(lab.operations.next, 2))
		assert.is_true(lab.takes(lab.operations.next, 3))
		assert.is_false(lab.takes(lab.operations.call, 0))
		assert.is_true(lab.takes(lab.operations.call, 200000))
		assert.is_false(lab.takes(lab.operations.invoke, 1))
		assert.is_false(lab.takes(lab.operations.newindex, 2))
		assert.is_true(lab.takes(lab.operations.newindex, 3))
	end)

	it('knows no further operation', function()
		local count = 0
		for _ in pairs(lab.operations) do
			count = count + 1
		end
		assert.is_false(lab.takes(count, 1))
		assert.is_false(lab.takes(-1, 1))
		assert.are.equal('unknown', lab.operationName(count))
	end)
end)
