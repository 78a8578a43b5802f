-- Code written against a local library works unchanged against `remote.require` of it.

local run = require 'spec.differential.run'

describe('with require and with remote.require the same happens', function()
	for _, path in ipairs(run.files 'spec/differential/snippets') do
		describe('in ' .. path:match '([^/]*)%.lua$' .. ':', function()
			for _, snippet in ipairs(run.snippets(path)) do
				it(snippet.name, function()
					local here, there = run.twice(snippet.source, snippet.name)
					assert.are.equal(here, there)
				end)
			end
		end)
	end
end)

describe('with a library from main the same happens as with one from here:', function()
	for _, path in ipairs(run.files 'spec/differential/libraries') do
		local name = path:match '([^/]*)%.lua$'
		it(name, function()
			local here, there = run.twice(run.read(path), name)
			assert.is_nil(here:match 'raised: .*')
			assert.are.equal(here, there)
		end)
	end
end)
