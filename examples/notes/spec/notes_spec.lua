local notes = require 'notes'

describe('notes', function()
	local path

	before_each(function()
		path = os.tmpname()
		os.remove(path)
		assert.is_true(notes:open(path))
	end)

	after_each(function()
		notes:removeAllListeners()
		os.remove(path)
	end)

	it('are none before there is a file', function()
		assert.are.same({}, notes:list())
	end)

	it('are added at the end and dropped by number', function()
		notes:add 'milk'
		notes:add 'bread'
		notes:add 'tea'
		notes:drop(2)
		assert.are.same({ 'milk', 'tea' }, notes:list())
	end)

	it('tell of each change', function()
		local changes = 0
		notes:on('change', function() changes = changes + 1 end)
		notes:add 'milk'
		notes:drop(1)
		assert.are.equal(2, changes)
	end)

	it('are what they were once they are saved and opened again', function()
		notes:add 'milk, "fresh"'
		notes:save()
		notes:add 'never saved'
		assert.is_true(notes:open(path))
		assert.are.same({ 'milk, "fresh"' }, notes:list())
	end)

	it('are saved into a folder that is not there yet', function()
		assert.is_true(notes:open(path .. '/it\'s new/notes.json'))
		notes:save()
		assert.is_true(notes:open(path .. '/it\'s new/notes.json'))
		os.execute(("rm -r '%s'"):format(path))
	end)

	it('do not open another kind of file, and leave it alone', function()
		for _, text in ipairs { 'shopping list', '[]', '42', '{ "notes": 1 }' } do
			local file = assert(io.open(path, 'w'))
			file:write(text)
			file:close()
			local ok, problem = notes:open(path)
			assert.is_nil(ok)
			assert.are.equal(path .. ': this is no file of notes', problem)
		end
	end)

	it('refuse a note without a text, and a number without a note', function()
		assert.has_error(function() notes:add '' end, 'a note needs a text')
		assert.has_error(function() notes:drop(1) end, 'there is no note 1')
	end)
end)
