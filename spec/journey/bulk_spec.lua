local run = require 'spec.support.run'
local sandbox = require 'spec.support.sandbox'

describe('an app whose page sends large messages', function()
	after_each(run.removeAll)

	-- Kept while they come, so that the next one need not be made room for.
	it('gives the memory back once none has come for a while', function()
		if not sandbox.isFiltered() then
			return pending 'a sanitizer keeps what is freed'
		end
		local folder = run.directory {
			['main.lua'] = [[
				local app, BrowserWindow = require 'app', require 'browser-window'
				local ipc, process, timers = require 'ipc', require 'process', require 'timers'
				local ALLOWED <const> = 24 << 20
				local before
				function app.size(text)
					before = before or process.memoryUsage().rss - #text
					return #text
				end
				ipc:on('done', function()
					for _ = 1, 600 do
						collectgarbage()
						if process.memoryUsage().rss < before + ALLOWED then
							print 'given back'
							break
						end
						timers.sleep(100)
					end
					app:exit(0)
				end)
				app:on('ready', function() BrowserWindow():loadUrl 'page.lua' end)]],
			['page.lua'] = [[
				local app = require 'remote'.require 'app'
				local text = ('x'):rep(32 << 20)
				for _ = 1, 4 do assert(app.size(text) == #text) end
				require 'ipc'.send 'done']],
		}
		local result = run.lepton({ folder }, { timeout = 100 })
		assert.are.same({ 0, '', 'given back\n' }, { result.status, result.stderr, result.stdout })
	end)
end)
