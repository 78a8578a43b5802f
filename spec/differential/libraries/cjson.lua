local cjson = require 'cjson'

print(cjson.encode { 1, 2, 3 }, cjson.encode { key = 'value' }, cjson.encode 'text',
	cjson.encode(1.5), cjson.encode(true))
print(cjson.encode { nested = { list = { 1, { 2 } } } }, cjson.encode {})
local value = cjson.decode '{"a": [1, 2, {"b": null}], "c": "\\u00e9", "d": 1e3, "e": false}'
print(value.a[1], value.a[2], value.a[3].b == cjson.null, value.c, value.d, value.e, #value.a)
for i, item in ipairs(cjson.decode '["x", "y"]') do
	print(i, item)
end
for key, item in pairs(cjson.decode '{"only": 7}') do
	print(key, item)
end
print(cjson.encode(value.a), cjson.encode(cjson.decode '[[1],[2]]'))
print(pcall(cjson.decode, '{"a": }'))
print(pcall(function() return cjson.decode '[1,' end))
print(pcall(cjson.encode, { [1] = 1, [20] = 2 }))
print(pcall(cjson.encode, 0 / 0))
print(pcall(function() return cjson.decode() end))
print(pcall(cjson.decode))
local other = cjson.new()
print(other ~= cjson, other.encode_max_depth(3), pcall(other.encode, { { { { {} } } } }))
print(cjson._NAME, cjson.encode_sparse_array and 'yes', cjson.null == cjson.null)
local safe = require 'cjson.safe'
print(safe.decode '{')
print(safe.encode(0 / 0))
