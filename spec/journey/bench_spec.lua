--- script/bench as a whole. A spec cares for no figure, only that it is there.

local cjson = require 'cjson'
local run = require 'spec.support.run'

-- The build directory of the lepton under test.
local build = run.executable():match '^(.*)/'

---@param arguments string[]
local function bench(arguments)
	return run.command({ 'script/bench', table.unpack(arguments) },
		{ env = { LEPTON_BUILD = build } })
end

describe('script/bench', function()
	it('prints the rows it was asked for beside the floor, and writes them as JSON', function()
		local path = os.tmpname()
		local result = bench { '--quick', '--no-peers', '--lane', 'ring', '--json', path, 'null-call',
			'local-method' }
		assert.are.equal(0, result.status, result.stderr)
		assert.matches('null call +[%d.]+ µs', result.stdout)
		assert.matches('local obj:noop%(%) +[%d.]+ µs', result.stdout)
		assert.does_not.match('not measured', result.stdout)

		local file = assert(io.open(path))
		local json = cjson.decode(file:read 'a')
		file:close()
		os.remove(path)
		local rows = json.lanes.ring.rows
		assert.is_true(#rows['null-call'].samples >= 5)
		assert.is_true(rows['null-call'].median > 0)
		assert.is_true(rows['null-call'].floor.median > 0)
		assert.is_true(rows['local-method'].median > 0)
		assert.is_nil(rows['echo-1k'])
		assert.is_nil(json.lanes.socket)
	end)

	it('prints no figure that it did not measure', function()
		local result = bench { '--quick', '--no-peers', '--lane', 'ring', 'property-write' }
		assert.are.equal(0, result.status, result.stderr)
		assert.matches('property write +[%d.]+ µs', result.stdout)
		assert.does_not.match('null call +[%d.]', result.stdout)
	end)

	it('refuses what it does not know', function()
		local result = bench { 'the-moon' }
		assert.are.equal(2, result.status)
		assert.matches("nothing named 'the%-moon' to measure", result.stderr)
		assert.are.equal(2, bench { '--slow' }.status)
	end)
end)
