local wake = require 'spec.support.wake_model'

local function steps(list)
	return list and table.concat(list, '\n')
end

describe('the way two ends of a ring wake each other', function()
	-- Every order in which things can happen, for a few sizes.
	local sizes = {
		{ 'one end posts, through a ring of one byte', { capacity = 1, posts = { 3, 0 } } },
		{ 'one end posts, through a ring of two', { capacity = 2, posts = { 3, 0 } } },
		{ 'both post', { capacity = 1, posts = { 2, 1 } } },
		{ 'both post and wait', { capacity = 1, posts = { 1, 1 }, waits = true } },
	}

	for _, size in ipairs(sizes) do
		it('leaves nobody asleep with something to do, and lets both rest: ' .. size[1], function()
			local result = wake.search(size[2])
			assert.is_nil(steps(result.stuck))
			assert.is_nil(steps(result.restless))
			assert.is_true(result.states > 10000)
		end)
	end

	for _, part in ipairs(wake.parts) do
		it('needs this part: ' .. part, function()
			local model = { capacity = 1, posts = { 3, 0 }, without = { [part] = true } }
			if part == 'look before waiting' then
				model.posts, model.waits = { 2, 1 }, true
			end
			assert.is_string(steps(wake.search(model).stuck))
		end)
	end

	it('misses a frame where an end that hears a bell too late goes on sleeping', function()
		local stuck = wake.search({
			capacity = 1,
			posts = { 3, 0 },
			without = { ['warm after an empty bell'] = true },
		}).stuck
		local last = {}
		for _, step in ipairs(stuck) do
			last[step:sub(1, 1)] = step
		end
		-- One has published and found that Two is awake; Two has heard, found nothing, and sleeps.
		assert.are.same({ ['1'] = '1 loop', ['2'] = '2 loop' }, last)
	end)
end)
