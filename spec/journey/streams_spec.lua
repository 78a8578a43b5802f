-- Standard streams that are not there, whose reader has gone, or that take nothing.

local accounts = require 'spec.support.accounts'
local run = require 'spec.support.run'

describe('an app', function()
	accounts(before_each, after_each)

	local files = {
		['main.lua'] = [[
			local app, BrowserWindow = require 'app', require 'browser-window'
			local function open(options)
				local window = BrowserWindow(options)
				window:loadUrl 'page.lua'
				return window.webContents:executeLua '6 * 7'
			end
			app:on('ready', function()
				local sum = open() + open { sandbox = true }
				for _ = 1, 20 do print(('x'):rep(10000)) end
				io.stderr:write(('y'):rep(100000))
				app:exit(sum)
			end)]],
		['page.lua'] = "for _ = 1, 20 do print(('z'):rep(10000)) end",
	}

	--- Runs the app, with some redirections or behind a pipe; its exit status.
	local function status(redirections)
		local folder = run.directory(files)
		local line = ('{ timeout -s KILL 300 %s %s %s; echo $? >%s/status; }'):format(
			run.quote(run.executable()), folder,
			redirections:find '|' and redirections:gsub('|.*', '') or redirections, folder)
		line = line .. (redirections:match '|.*' or ' >/dev/null 2>&1')
		os.execute('bash -c ' .. run.quote(line))
		local file = assert(io.open(folder .. '/status'))
		local number = file:read 'n'
		file:close()
		return number
	end

	for what, redirections in pairs {
		['none of which is there'] = '<&- >&- 2>&-',
		['only the second of which is there'] = '<&- 2>&-',
		['without standard output'] = '>&-',
		['without standard error'] = '2>&-',
		['whose output nobody reads'] = '2>/dev/null | true',
		['whose output and errors nobody reads'] = '2>&1 | true',
		['that are full'] = '>/dev/full 2>/dev/full',
	} do
		it('with streams ' .. what .. ' has its pages, and ends as it says', function()
			assert.are.equal(84, status(redirections))
		end)
	end

	it('is no script: that ends with the reader of what it prints, as in lua', function()
		local result = run.command { 'bash', '-c', ([[
			%s -e 'for _ = 1, 100 do print(("x"):rep(10000)) end' | true
			exit ${PIPESTATUS[0]}]]):format(run.quote(run.executable())) }
		assert.are.equal(128 + 13, result.status)
	end)
end)
