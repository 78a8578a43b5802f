--- The commands of script/, used wrongly: one line that says so, and nothing is begun.

local run = require 'spec.support.run'

describe('script/', function()
	local wrong = {
		{ 'build', { 'moon' }, "there is no preset 'moon'; there are dev debug gcc clang " },
		{ 'coverage', { '--foo' }, "unknown option '--foo'; see --help" },
		{ 'format', { '--foo' }, "unknown option '--foo'; usage: script/format [--check]" },
		{ 'fuzz', { 'x' }, "'x' is no number of seconds; see --help" },
		{ 'model', { 'x' }, "'x' is no number of operations, and no seed; see --help" },
		{ 'model', { '10', 'y' }, "'y' is no number of operations, and no seed; see --help" },
		{ 'setup', { '--foo' }, "unknown option '--foo'; usage: script/setup [--test]" },
		{ 'soak', { 'abc' }, "'abc' is no number of seconds or MiB; see --help" },
		{ 'soak', { '1', '0' }, "'0' is no number of seconds or MiB; see --help" },
		{ 'test', { 'moon' }, "there is no step or suite 'moon'; see --help" },
		{ 'valgrind', { 'moon' }, "there is no spec 'moon'; see --help" },
	}

	for _, case in ipairs(wrong) do
		local name, arguments, problem = table.unpack(case)
		it(('%s refuses %s'):format(name, table.concat(arguments, ' ')), function()
			local result = run.command { 'script/' .. name, table.unpack(arguments) }
			assert.are.same({ 2, '' }, { result.status, result.stdout })
			local line = ('script/%s: %s'):format(name, problem)
			assert.are.equal(line, result.stderr:sub(1, #line))
			assert.matches('^[^\n]+\n$', result.stderr)
		end)
	end

	it('says how each is used', function()
		for _, name in ipairs { 'build', 'coverage', 'format', 'fuzz', 'model', 'setup', 'soak', 'test',
			'valgrind' } do
			local result = run.command { 'script/' .. name, '--help' }
			assert.are.same({ 0, '' }, { result.status, result.stderr }, name)
			assert.matches('^usage: script/' .. name, result.stdout)
		end
	end)
end)
