local lpeg = require 'lpeg'
local P, R, S, C, Ct, Cc, Cg, Cf, V = lpeg.P, lpeg.R, lpeg.S, lpeg.C, lpeg.Ct, lpeg.Cc,
	lpeg.Cg, lpeg.Cf, lpeg.V

print(lpeg.type(P 'a'), lpeg.type 'a', lpeg.version())
print(P 'a':match 'abc', P 'b':match 'abc', lpeg.match(P(2), 'abc'), P(true):match 'x',
	P(-1):match '')
local digit, space = R '09', S ' \t' ^ 0
print((digit ^ 1):match '123x', (digit ^ -2):match '123', (C(digit ^ 1)):match '42!')
local number = C(digit ^ 1) / 1 * space
print(number:match '12 ')
local list = Ct(C(digit ^ 1) * (P ',' * C(digit ^ 1)) ^ 0)
local found = list:match '1,22,333'
print(#found, found[1], found[3])
print((P 'a' + 'b' + P 'c'):match 'c', (P 'a' * 'b'):match 'ab', (1 - P 'x'):match 'a',
	(-P 'x'):match 'a', (#P 'a'):match 'a')
print((P(1) - S 'aeiou'):match 'a', ('a' * P 'b'):match 'ab', (P 'a' ^ 0):match 'aaa')
local named = Ct(Cg(C(R 'az' ^ 1), 'key') * '=' * Cg(C(digit ^ 1), 'value')):match 'abc=12'
print(named.key, named.value)
print((Cc('x', 2) * P 'a'):match 'a', lpeg.Cp():match 'abc', (P 'a' * lpeg.Cp()):match 'abc')
local grammar = P {
	'expression',
	expression = Ct(V 'term' * (C(S '+-') * V 'term') ^ 0),
	term = C(digit ^ 1) + '(' * V 'expression' * ')',
}
local tree = grammar:match '1+(2-3)'
print(#tree, tree[1], tree[2], tree[3][1], tree[3][2], tree[3][3])
print(lpeg.Cs((P 'a' / 'b' + 1) ^ 0):match 'banana', (C(P 'a') / '%1%1'):match 'a',
	(C(1) / { a = 'letter' }):match 'a')
print(Cf(C(digit) * C(digit), lpeg.version) ~= nil)
local any = P { P 'needle' * lpeg.Cp() + 1 * V(1) }
print(any:match 'in the hay a needle lies')
local locale = lpeg.locale()
print((locale.alpha ^ 1):match 'abc1', locale.digit:match '1')
print(pcall(function() return P 'a' + {} end) == false)
print(pcall(function() return P {} end))
print(pcall(function() return P 'a' * nil end))
print(pcall(function() return P(function() end) ~= nil end))
print(pcall(function() return lpeg.match('a') end))
print(pcall(lpeg.match, 'a'))
print(pcall(function() return (P '' ^ 1):match 'a' end))
print(pcall(function() return R 'abc' end))
