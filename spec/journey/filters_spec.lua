local apps = require 'spec.support.apps'
local run = require 'spec.support.run'

describe('pages that are filtered', function()
	teardown(run.removeAll)

	local function ask(listeners, expression)
		local result = apps.run {
			['page.lua'] = '',
			['thing.lua'] = "return 'thing'",
			['main.lua'] = ([[
				local app, BrowserWindow = require 'app', require 'browser-window'
				answer = 'global'
				local window = BrowserWindow()
				local contents = window.webContents
				local function block(event) event:preventDefault() end
				%s
				window:loadUrl 'page.lua'
				print(select(2, pcall(contents.executeLua, contents, %q)))
				window:close()]]):format(listeners, "local remote = require 'remote' return " .. expression),
		}
		assert.are.same({ 0, '' }, { result[1], result[3] })
		return (result[2]:gsub('\n$', ''))
	end

	local calls = {
		['remote-require'] = { "require 'thing'", "require('thing')", "'thing'" },
		['remote-get-global'] = { "getGlobal 'answer'", "getGlobal('answer')", "'answer'" },
		['remote-get-current-window'] = { 'getCurrentWindow()', 'getCurrentWindow()' },
		['remote-get-current-web-contents'] = { 'getCurrentWebContents()', 'getCurrentWebContents()' },
	}

	it('get what they ask for if nobody objects', function()
		assert.are.equal('thing', ask('', "remote.require 'thing'"))
		assert.are.equal('global', ask('', "remote.getGlobal 'answer'"))
		assert.are.equal('thing', ask("app:on('remote-require', print)"
			.. "app:removeAllListeners 'remote-require'", "remote.require 'thing'"))
	end)

	it('get an error for what is blocked, by app or by the WebContents', function()
		for event, call in pairs(calls) do
			for _, emitter in ipairs { 'app', 'contents' } do
				assert.are.equal('blocked remote.' .. call[2], ask(("%s:on('%s', block)")
					:format(emitter, event), 'remote.' .. call[1]))
			end
		end
	end)

	it('get what a listener gives instead, and that wins', function()
		for event in pairs(calls) do
			local call = calls[event]
			assert.are.equal('instead', ask(([[
				app:on('%s', function(event, webContents, name)
					assert(webContents == contents and name == %s)
					event:preventDefault()
				end)
				contents:on('%s', function(event, name)
					assert(event.sender == contents and name == %s)
					event.returnValue = 'instead'
				end)]]):format(event, call[3] or 'nil', event, call[3] or 'nil'), 'remote.' .. call[1]))
		end
	end)

	it('get main\'s process as the global it is', function()
		assert.are.equal("blocked remote.getGlobal('process')",
			ask("app:on('remote-get-global', block)", 'remote.process.pid'))
	end)
end)
