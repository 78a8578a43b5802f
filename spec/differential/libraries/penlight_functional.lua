local seq = require 'pl.seq'
local tablex = require 'pl.tablex'
local pretty = require 'pl.pretty'
local operator = require 'pl.operator'
local List = require 'pl.List'

print(seq.sum { 1, 2, 3 }, seq.minmax { 3, 1, 2 })
print(seq.copy { 5, 6 }, seq.copy(seq.range(1, 5)), seq.reduce('+', { 1, 2, 3 }))
for value in seq.list { 'a', 'b' } do
	print(value)
end
print(seq.copy(seq.map('_+1', { 1, 2 })),
	seq.copy(seq.filter(seq.list { 1, 2, 3, 4 }, operator.gt, 2)))
print(seq.copy(seq.zip(seq.list { 1, 2 }, seq.list { 'a', 'b' })),
	#seq.copy(seq.splice({ 1 }, { 2 })))
print(tablex.deepcompare({ 1, { 2 } }, { 1, { 2 } }), tablex.size { a = 1, b = 2 },
	tablex.find({ 5, 6 }, 6))
print(tablex.map('_*2', { 1, 2, 3 })[3], tablex.reduce('+', { 1, 2, 3 }), tablex.keys({ x = 1 })[1])
print(tablex.deepcopy({ a = { b = 1 } }).a.b, tablex.merge({ a = 1, b = 2 }, { b = 3, c = 4 }).b)
print(tablex.rearrange and 'yes', #tablex.range(1, 10), tablex.makeset({ 'x' }).x,
	tablex.zip({ 1 }, { 2 })[1][2])
print(pretty.write({ 1, 2, { 3 } }, ''), pretty.read('{1, 2}')[2])
print(pretty.number(12345678, 'N', 2), pretty.write 'text')
print(operator.add(1, 2), operator.concat('a', 'b'), operator.call(operator.unm, 3),
	operator.table(1, 2)[2])
print(pcall(function() return tablex.map('_+', {}) end) == false)
print(List(seq.copy(seq.last { 'a', 'b', 'c' })):len())
