-- What becomes of an app where processes, descriptors or shared memory run out.

local accounts = require 'spec.support.accounts'
local deny = require 'spec.support.deny'
local run = require 'spec.support.run'

--- Loads a page in a window and gives what it answers; or nil and why it could not be loaded.
local TRY = [[
	local app, BrowserWindow = require 'app', require 'browser-window'
	local task = require 'host.task'
	app:on('window-all-closed', function() end)
	local function try(options)
		local window = BrowserWindow(options)
		local contents, co, problem = window.webContents, coroutine.running(), nil
		contents:on('did-fail-load', function(_, _, message) problem = message end)
		contents:once('did-stop-loading', function() task.resume(co) end)
		window:loadUrl 'page.lua'
		coroutine.yield()
		if problem then
			window:destroy()
			return nil, problem
		end
		return window, contents:executeLua '6 * 7'
	end
]]

describe('an app that has too little', function()
	accounts(before_each, after_each)

	-- Where there is too little of everything a sanitizer cannot look for leaks.
	local withoutSearch = { ASAN_OPTIONS = 'detect_leaks=0' }

	local function app(main)
		return run.directory { ['main.lua'] = TRY .. main, ['page.lua'] = '' }
	end

	local both = [[
		app:on('ready', function()
			for _, options in ipairs { {}, { sandbox = true } } do
				local window, answer = try(options)
				print(window and 'ok' or 'no', answer)
			end
			print(require 'host.renderer'.counts().children)
			app:exit(0)
		end)]]

	local AGAIN = 'Resource temporarily unavailable'
	local FILES = 'Too many open files'
	local FAILED = 'cannot start a process for the page: '

	-- What a page is not had without.
	for what, case in pairs {
		['processes'] = { 'clone:0&0x8000:0x8000=EAGAIN', AGAIN },
		['memory for processes'] = { 'clone:0&0x8000:0x8000=ENOMEM', 'Cannot allocate memory' },
		['descriptors of processes'] = { 'pidfd_open=EMFILE', FILES },
	} do
		it('of ' .. what .. ' says so for each page, and goes on', function()
			local result = deny({ case[1] }, { app(both) })
			local line = ('no\t%s%s\n'):format(FAILED, case[2])
			assert.are.same({ 0, line .. line .. '0\n', '' },
				{ result.status, result.stdout, result.stderr })
		end)
	end

	-- What the pages can do without: the frames take the socket.
	for what, rule in pairs {
		['memory to share'] = 'memfd_create=EMFILE',
		['room to map it'] = 'mmap:3&3:1=ENOMEM',
	} do
		it('of ' .. what .. ' has its pages all the same', function()
			local result = deny({ rule }, { app [[
				app:on('ready', function()
					local _, answer = try()
					print(answer)
					app:exit(0)
				end)]] })
			assert.are.same({ 0, '42\n', '' }, { result.status, result.stdout, result.stderr })
		end)
	end

	for what, rule in pairs { [AGAIN] = 'clone=EAGAIN', [FILES] = 'socketpair=EMFILE' } do
		it('to begin with ends with one line: ' .. what, function()
			local result = deny({ rule }, { app(both) }, { env = withoutSearch })
			assert.are.same({ 1, '', 'lepton: cannot start: ' .. what .. '\n' },
				{ result.status, result.stdout, result.stderr })
		end)
	end

	local function limited(number, folder)
		local words = { tostring(number), run.executable(), folder }
		-- Whoever started the suites may have left descriptors open, too.
		return run.command({ 'bash', '-c', [[
			for file in /proc/$$/fd/*; do
				fd=${file##*/}
				((fd <= 2)) || eval "exec $fd>&-"
			done
			ulimit -n "$0" && exec "$@"]], table.unpack(words) }, { env = withoutSearch })
	end

	it('of descriptors takes two for each page, says when there are none left, and goes on', function()
		local result = limited(60, app [[
			local lfs = require 'lfs'
			local function count()
				local number = -3
				for _ in lfs.dir '/proc/self/fd' do
					number = number + 1
				end
				return number
			end
			app:on('ready', function()
				local windows, before, window, problem = {}, count(), nil, nil
				repeat
					window, problem = try()
					windows[#windows + 1] = window
				until not window
				print(problem)
				print((count() - before) / #windows, #windows > 10, #windows < 30)
				for _, other in ipairs(windows) do
					assert(other.webContents:executeLua '1' == 1)
				end
				table.remove(windows):destroy()
				while not window do
					require 'timers'.sleep(1)
					window, problem = try()
				end
				print(problem)
				app:exit(0)
			end)]])
		assert.are.same({ 0, FAILED .. FILES .. '\n2.0\ttrue\ttrue\n42\n', '' },
			{ result.status, result.stdout, result.stderr })
	end)

	it('of descriptors, from none to enough, says so or works', function()
		local folder = app(both)
		local seen = {}
		local refused = "no\tcannot start a sandboxed page: this system does not give it the layer "
			.. "'limits' (rlimit: Operation not permitted)"
		for _, number in ipairs { 5, 6, 7, 8, 9, 10, 12, 14, 16, 20 } do
			local result = limited(number, folder)
			if result.status == 1 then
				seen.unstarted = true
				assert.matches('^lepton: [^\n]+\n$', result.stderr)
			else
				assert.are.same({ 0, '' }, { result.status, result.stderr })
				for line in result.stdout:gmatch '[^\n]+' do
					seen[line] = true
				end
			end
		end
		assert.is_true(seen.unstarted and seen['ok\t42'] and seen['no\t' .. FAILED .. FILES])
		for _, expected in ipairs { 'unstarted', 'ok\t42', 'no\t' .. FAILED .. FILES, refused, '0', '1',
				'2' } do
			seen[expected] = nil
		end
		assert.are.same({}, seen)
	end)
end)
