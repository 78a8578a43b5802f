--- Runs Lua code twice, with Lua's `require` and with `remote.require`, and gives what each
--- printed. Code that knows no difference prints the same.

local remote = require 'remote'

-- What each snippet begins with.
local PRELUDE = "local zoo = require 'spec.differential.zoo'\n"

local run = {}

--- What an address is in one process is another in the other.
local function withoutAddresses(text)
	return (text:gsub('0x%x+', '0x…'))
end

---@param source string
---@param name string
---@param requireFunction fun(name: string): any
---@return string output
function run.once(source, name, requireFunction)
	local lines = {}
	local environment = setmetatable({
		require = requireFunction,
		print = function(...)
			local words = table.pack(...)
			for i = 1, words.n do
				words[i] = tostring(words[i])
			end
			lines[#lines + 1] = table.concat(words, '\t')
		end,
	}, { __index = _G })
	local chunk = assert(load(source, '=' .. name, 't', environment))
	local ok, problem = pcall(chunk)
	if not ok then
		lines[#lines + 1] = 'raised: ' .. tostring(problem)
	end
	return withoutAddresses(table.concat(lines, '\n'))
end

---@param source string
---@param name string what messages call it
---@return string here
---@return string remote
function run.twice(source, name)
	return run.once(source, name, require), run.once(source, name, remote.require)
end

local function read(path)
	local file = assert(io.open(path))
	local text = file:read 'a'
	file:close()
	return text
end

run.read = read

--- The snippets in a file: each begins with a line `--- what it shows`.
---@param path string
---@return { name: string, source: string }[]
function run.snippets(path)
	local snippets = {}
	for line in read(path):gmatch '([^\n]*)\n' do
		local name = line:match '^%-%-%- (.*)$'
		if name then
			snippets[#snippets + 1] = { name = name, source = PRELUDE }
		elseif snippets[1] then
			local snippet = snippets[#snippets]
			snippet.source = snippet.source .. line .. '\n'
		end
	end
	return snippets
end

--- The Lua files in a folder.
---@param folder string
---@return string[] paths in order
function run.files(folder)
	local pipe = assert(io.popen('ls ' .. folder .. '/*.lua'))
	local paths = {}
	for path in pipe:lines() do
		paths[#paths + 1] = path
	end
	pipe:close()
	return paths
end

return run
