local accounts = require 'spec.support.accounts'
local run = require 'spec.support.run'

describe('--trace-ipc', function()
	accounts(before_each, after_each)

	--- Runs an app and gives what was traced, a line each.
	local function trace(arguments, files)
		local result = run.lepton { '--trace-ipc', run.directory(files), table.unpack(arguments) }
		assert.are.equal(0, result.status, result.stderr)
		local lines = {}
		for line in result.stderr:gmatch '[^\n]+' do
			table.insert(lines, line)
		end
		return lines
	end

	--- The place of a line that matches in full.
	local function find(lines, pattern)
		for place, line in ipairs(lines) do
			if line:find('^' .. pattern .. '$') then
				return place
			end
		end
		error(('no line %s in:\n%s'):format(pattern, table.concat(lines, '\n')), 2)
	end

	local main = [[
		local app, BrowserWindow = require 'app', require 'browser-window'
		local ipc = require 'ipc'
		app.greeting = {}
		function app.greeting.to(name, done)
			done('said', 2.5)
			return 'Hello, ' .. name, nil, 7
		end
		ipc:on('note', function(event, text) event:reply('noted', #text) end)
		app:on('ready', function() BrowserWindow():loadUrl 'page.lua' end)]]

	local page = [[
		local remote, ipc, page = require 'remote', require 'ipc', require 'page'
		local greeting = remote.require 'app'.greeting
		greeting.to('Ada', function() end)
		ipc:on('noted', function() page:close() end)
		ipc:send('note', 'two\nlines')]]

	it('prints a call, its answer, a callback and a message, each as one readable line', function()
		local lines = trace({}, { ['main.lua'] = main, ['page.lua'] = page })
		local require_ = find(lines, 'page 1 → main  ask #%d+ root:require%("app"%)')
		local index = find(lines, 'page 1 → main  ask #%d+ index%({your %x+}, "to"%)')
		local call = find(lines,
			'page 1 → main  ask #%d+ {your %x+}%("Ada", {function %x+ of page%.lua:3}%)')
		local callback = find(lines, 'page 1 ← main  post {your %x+}%("said", 2%.5%)')
		local answer = find(lines, 'page 1 ← main  return #%d+ "Hello, Ada", nil, 7')
		local note = find(lines, 'page 1 → main  post root:ipcSend%("note", "two\\10lines"%)')
		local reply = find(lines, 'page 1 ← main  post root:ipc%("noted", 9%)')
		local order = { require_, index, call, callback, answer, note, reply }
		local sorted = table.move(order, 1, #order, 1, {})
		table.sort(sorted)
		assert.are.same(sorted, order)
	end)

	it('prints every kind of value', function()
		local lines = trace({}, {
			['main.lua'] = [[
				local ipc = require 'ipc'
				ipc:on('values', function() end)
				require 'app':on('ready', function()
					require 'browser-window'():loadUrl 'page.lua'
				end)]],
			['page.lua'] = [[
				local shared = {}
				require 'ipc'.send('values', 100, -70000, 1 << 40, true, false, nil, { 1, 'two' },
					{ name = 5 }, { shared, shared }, ('x'):rep(300))
				require 'page':close()]],
		})
		find(lines, 'page 1 → main  post root:ipcSend%("values", 100, %-70000, 1099511627776, true, '
			.. 'false, nil, {1, "two"}, {%["name"%]=5}, {{}, {table %d again}}, "x+" … 300 bytes%)')
	end)

	it('prints what a page gives back', function()
		local lines = trace({}, {
			['main.lua'] = [[
				package.loaded.things = { new = function() return {} end }
				require 'app':on('ready', function()
					require 'browser-window'():loadUrl 'page.lua'
				end)]],
			['page.lua'] = [[
				local things = require 'remote'.require 'things'
				local kept = {}
				for i = 1, 10 do kept[i] = things.new() end
				kept = nil
				collectgarbage()
				collectgarbage()
				require 'timers'.setTimeout(function() require 'page':close() end, 1)]],
		})
		find(lines, 'page 1 → main  release' .. (' %x+×1'):rep(8) .. ' … %d+ in all')
	end)

	it('prints a function without a place as it is', function()
		local lines = trace({}, { ['main.lua'] = main, ['page.lua'] = page })
		find(lines, 'page 1 ← main  return #%d+ {function %x+}')
	end)

	it('prints nothing without the flag', function()
		local result = run.lepton { run.directory { ['main.lua'] = main, ['page.lua'] = page } }
		assert.are.same({ 0, '', '' }, { result.status, result.stdout, result.stderr })
	end)
end)
