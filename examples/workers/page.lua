--- A worker: takes chunks of the work from main until there are none.

local page = require 'page'
local primes = require 'primes'
local remote = require 'remote'

local work = remote.require 'work'

for first, last in work.take do
	work.give(primes.count(first, last))
end

page:close()
