local app = require 'app'

describe('app', function()
	it('is ready, and knows its folder', function()
		assert.is_true(app:isReady())
		assert.matches('^/', app:getAppPath())
	end)

	it('knows the places of the system', function()
		assert.are.equal(os.getenv 'HOME' or '/', app:getPath 'home')
		assert.are.equal(app:getPath 'appData' .. '/' .. app:getName(), app:getPath 'userData')
		assert.are.equal(process.execPath, app:getPath 'exe')
	end)

	it('lets a place be put elsewhere', function()
		local before = app:getPath 'cache'
		app:setPath('cache', '/elsewhere')
		assert.are.equal('/elsewhere', app:getPath 'cache')
		assert.are.equal('/elsewhere/' .. app:getName(), app:getPath 'userCache')
		app:setPath('cache', before)
	end)

	it('names the place it does not know', function()
		assert.has_error(function() app:getPath 'nowhere' end,
			"getPath: unknown path 'nowhere' (known are home, appData, userData, cache, userCache, "
				.. 'temp, userDesktop, exe and module)')
		assert.has_error(function() app:setPath('nowhere', '/') end)
	end)

	it('blames the caller for a wrong argument', function()
		local _, message = pcall(function() app:getPath() end)
		assert.matches("^[^:]*app_spec%.lua:%d+: bad argument #1 to 'getPath' "
			.. '%(string expected, got no value%)$', message)
		_, message = pcall(function() app:exit 'x' end)
		assert.matches("app_spec%.lua:%d+: bad argument #1 to 'exit' %(integer expected, got string%)$",
			message)
	end)

	it('knows the switches of its command line', function()
		local commandLine = app.commandLine
		assert.is_false(commandLine:hasSwitch 'spec-switch')
		commandLine:appendSwitch 'spec-switch'
		assert.is_true(commandLine:hasSwitch 'spec-switch')
		assert.are.equal('', commandLine:getSwitchValue 'spec-switch')
		commandLine:appendSwitch('spec-switch', 'a=b')
		assert.are.equal('a=b', commandLine:getSwitchValue 'spec-switch')
		assert.are.equal('', commandLine:getSwitchValue 'spec-other')
	end)
end)
