--- Runs commands for specs and says what came of them.
---
---     local run = require 'spec.support.run'
---
---     local result = run.lepton({ '-e', 'print(1)' })
---     assert.are.same({ 0, '1\n', '' }, { result.status, result.stdout, result.stderr })
---
---     local app = run.directory{ ['main.lua'] = 'print(...)', ['lib/notes.lua'] = 'return {}' }
---     run.lepton({ app .. '/main.lua', 'two words' }, { stdin = 'text', timeout = 5 })
---
--- The command runs while the spec waits; neither a coroutine nor a host is needed, so plain Lua
--- can use this too. Arguments reach the command as they are: nothing in them is special.

local run = {}

---@class RunOptions
---@field stdin? string what the command reads; nothing without it
---@field env? table<string, string|false> variables to set, or with false to take away
---@field cwd? string directory to run in
---@field timeout? number seconds after which the command is killed (300)

---@class RunResult
---@field status integer exit status; 128 + signal for a command that a signal ended
---@field signal? integer the signal that ended the command
---@field timedOut boolean whether it was killed because its time was up
---@field stdout string
---@field stderr string

local directories = {}

local function readFile(path)
	local file = assert(io.open(path, 'rb'))
	local text = file:read 'a'
	file:close()
	return text
end

local function writeFile(path, text)
	local file = assert(io.open(path, 'wb'))
	assert(file:write(text))
	assert(file:close())
end

local function shell(line)
	local pipe = assert(io.popen(line))
	local text = pipe:read 'a'
	return pipe:close() and (text:gsub('\n$', '')) or nil
end

--- A word as the shell takes it unchanged.
---@param word string
---@return string
function run.quote(word)
	return "'" .. tostring(word):gsub("'", [['\'']]) .. "'"
end

--- The lepton executable under test: $LEPTON, else the program this spec runs in, else
--- build/lepton.
---@return string path absolute
function run.executable()
	local path = os.getenv 'LEPTON'
	if not path then
		path = shell 'readlink /proc/$PPID/exe'
		if not path or path:match '[^/]*$' ~= 'lepton' then
			path = 'build/lepton'
		end
	end
	local absolute = shell('realpath -e ' .. run.quote(path) .. ' 2>/dev/null')
	if not absolute then
		error("no lepton executable at '" .. path .. "'; build it, or name it in LEPTON", 2)
	end
	return absolute
end

local function checkOptions(options)
	local known = { stdin = 'string', env = 'table', cwd = 'string', timeout = 'number' }
	for name, value in pairs(options) do
		if not known[name] then
			error(("unknown option '%s'"):format(name), 3)
		elseif type(value) ~= known[name] then
			error(("option '%s': %s expected, got %s"):format(name, known[name], type(value)), 3)
		end
	end
end

local function environment(variables)
	local words = {}
	for name, value in pairs(variables or {}) do
		if value == false then
			table.insert(words, 1, '-u ' .. name)
		else
			table.insert(words, run.quote(name .. '=' .. value))
		end
	end
	return table.concat(words, ' ')
end

--- Runs a command to its end.
---@param words string[] the program and its arguments
---@param options? RunOptions
---@return RunResult
function run.command(words, options)
	options = options or {}
	checkOptions(options)
	local quoted = {}
	for i, word in ipairs(words) do
		quoted[i] = run.quote(word)
	end
	local place = run.directory{ stdin = options.stdin or '' }
	local timeout = options.timeout or 300
	local line = ('cd %s && exec env %s timeout -k 2 %g %s <%s/stdin >%s/stdout 2>%s/stderr'):format(
		run.quote(options.cwd or '.'), environment(options.env), timeout,
		table.concat(quoted, ' '), place, place, place)
	local started = os.time()
	local _, kind, code = os.execute(line)
	local late = os.time() - started >= timeout
	local result = {
		status = kind == 'signal' and 128 + code or code,
		signal = kind == 'signal' and code or nil,
		timedOut = kind == 'exit' and (code == 124 or code == 137 and late),
		stdout = readFile(place .. '/stdout'),
		stderr = readFile(place .. '/stderr'),
	}
	run.remove(place)
	return result
end

--- Runs lepton.
---@param arguments string[]
---@param options? RunOptions
---@return RunResult
function run.lepton(arguments, options)
	return run.command({ run.executable(), table.unpack(arguments) }, options)
end

--- Makes a new temporary directory with the given files. Remove it with `run.remove`, or all that
--- are left with `run.removeAll`.
---@param files? table<string, string> path below the directory → contents
---@return string path absolute
function run.directory(files)
	local place = assert(shell 'mktemp -d /tmp/lepton-spec-XXXXXX')
	directories[place] = true
	for name, text in pairs(files or {}) do
		local parent = name:match '^(.*)/'
		if parent then
			shell('mkdir -p ' .. run.quote(place .. '/' .. parent))
		end
		writeFile(place .. '/' .. name, text)
	end
	return place
end

--- The lepton executable by another path: one without spaces, which not every program can bear.
---@return string path absolute
function run.link()
	local path = run.directory() .. '/lepton'
	shell(('ln -s %s %s'):format(run.quote(run.executable()), path))
	return path
end

--- Removes a directory made by `run.directory`.
---@param place string
function run.remove(place)
	if not directories[place] then
		error("run.remove: '" .. tostring(place) .. "' was not made by run.directory", 2)
	end
	directories[place] = nil
	os.execute('rm -rf ' .. run.quote(place))
end

--- Removes every directory made by `run.directory`; for an `after_each` or `teardown`.
function run.removeAll()
	for place in pairs(directories) do
		run.remove(place)
	end
end

return run
