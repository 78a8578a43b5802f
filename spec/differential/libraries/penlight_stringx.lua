local stringx = require 'pl.stringx'

print(stringx.startswith('hello', 'he'), stringx.endswith('hello', { 'lo', 'x' }))
print(stringx.split('a b  c'), stringx.split('a,b,c', ',', 2), #stringx.splitlines 'a\nb\nc')
print(stringx.join('-', { 'a', 'b' }), stringx.expandtabs('a\tb', 4))
print(stringx.lfind('hello', 'l'), stringx.rfind('hello', 'l'), stringx.replace('aaa', 'a', 'b', 2))
print(stringx.count('banana', 'an'), stringx.ljust('x', 3, '.'), stringx.rjust('x', 3),
	stringx.center('x', 5, '*'))
print(stringx.strip '  x ', stringx.lstrip '  x', stringx.rstrip('xx--', '-'))
print(stringx.partition('a=b', '='))
print(stringx.rpartition('a.b.c', '.'))
print(stringx.at('abc', -1), stringx.title 'the quick fox', stringx.isalpha 'abc',
	stringx.isdigit '1x')
print(stringx.isupper 'ABC', stringx.islower 'ABC', stringx.isspace ' \t', stringx.isalnum 'a1')
print(stringx.shorten('a long line of text', 10), stringx.quote_string 'say "it"')
for line in stringx.lines 'one\ntwo' do
	print(line)
end
print(stringx.dedent '  a\n    b', stringx.indent('a\nb', 2), stringx.wrap('a b c d', 3))
print(stringx.format_operator and 'yes',
	stringx.Template('$name is ${age}'):substitute { name = 'Al', age = 3 })
print(pcall(stringx.split))
print(pcall(function() stringx.ljust('x') end))
