local packageJson = require 'package-json'
local run = require 'spec.support.run'

describe('package.json', function()
	teardown(run.removeAll)

	local function problem(text)
		local result, message = packageJson.parse(text, 'app/package.json')
		assert.is_nil(result)
		return message
	end

	it('gives the fields of the file', function()
		local package = packageJson.parse('{ "name": "n", "main": "m.lua", "other": [1, 2] }', 'p')
		assert.are.equal('n', package.name)
		assert.are.equal('m.lua', package.main)
		assert.are.same({ 1, 2 }, package.other)
	end)

	it('says in which line and column the text is wrong', function()
		assert.are.equal("app/package.json:3:1: expected object key string but found '}'",
			problem '{\n"name": "x",\n}')
		assert.are.equal('app/package.json:1:1: expected value but found the end of the file',
			problem '')
	end)

	it('counts columns in characters, not in bytes', function()
		assert.are.equal('app/package.json:1:6: expected value but found invalid token',
			problem '{"é":x}')
		assert.are.equal('app/package.json:1:6: expected value but found invalid token',
			problem '{"e":x}')
	end)

	it('takes no numbers that JSON does not have', function()
		for _, number in ipairs { 'NaN', 'Infinity', '0x10' } do
			assert.matches('^app/package%.json:1:%d+: ', problem(('{"a":%s}'):format(number)))
		end
	end)

	it('wants an object', function()
		assert.are.equal('app/package.json: expected an object, got an array', problem '[1]')
		assert.are.equal('app/package.json: expected an object, got a number', problem '3')
		assert.are.equal('app/package.json: expected an object, got null', problem 'null')
	end)

	it('wants strings where they are expected', function()
		assert.are.equal('app/package.json: "main" must be a string, got a number',
			problem '{"main":3}')
		assert.are.equal('app/package.json: "name" must be a string, got null',
			problem '{"name":null}')
		assert.are.equal('app/package.json: "version" must be a string, got an object or array',
			problem '{"version":{}}')
		assert.are.equal('app/package.json: "main" must not be empty', problem '{"main":""}')
		assert.are.equal('app/package.json: "name" must not be empty', problem '{"name":""}')
		assert.are.equal('app/package.json: "productName" must not be empty',
			problem '{"productName":""}')
	end)

	it('wants a threshold that is one', function()
		for _, value in ipairs { '"many"', '-1', '1.5', 'null' } do
			assert.are.equal('app/package.json: "remoteLeakWarning" must be an integer, 0 or more',
				problem(('{"remoteLeakWarning":%s}'):format(value)))
		end
		assert.are.equal(0, packageJson.parse('{"remoteLeakWarning":0}', 'p').remoteLeakWarning)
	end)

	it('leaves the settings of the cjson that an app requires alone', function()
		assert.is_true(require 'cjson'.decode '[NaN]'[1] ~= require 'cjson'.decode '[NaN]'[1])
	end)

	it('is an empty table where there is no file', function()
		assert.are.same({}, packageJson.read(run.directory()))
	end)

	it('says which file cannot be read', function()
		local dir = run.directory { ['package.json/x'] = '' }
		local result, message = packageJson.read(dir .. '/')
		assert.is_nil(result)
		assert.are.equal(('cannot read %s/package.json: Is a directory'):format(dir), message)
	end)
end)
