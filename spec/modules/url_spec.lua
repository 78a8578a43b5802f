local url = require 'url'

describe('url', function()
	local function path(text)
		return assert(url.resolve(text, '/app')).path
	end

	local function failure(text)
		local location, code, message = url.resolve(text, '/app')
		assert.is_nil(location)
		return code, message
	end

	it('takes paths relative to the app, and absolute ones', function()
		assert.are.equal('/app/page.lua', path 'page.lua')
		assert.are.equal('/app/page.lua', path './pages/../page.lua')
		assert.are.equal('/etc/page.lua', path '/etc//page.lua')
	end)

	it('takes file URLs and decodes them', function()
		assert.are.equal('/a b/ü.lua', path 'file:///a%20b/%C3%BC.lua')
		assert.are.equal('/page.lua', path 'file://localhost/page.lua')
		assert.are.equal('/what?.lua', path 'file:///what%3F.lua')
	end)

	it('keeps query and fragment out of the path and in the URL', function()
		local location = url.resolve('page.lua?user=7&x#top', '/app')
		assert.are.same({
			href = 'file:///app/page.lua?user=7&x#top',
			protocol = 'file:',
			pathname = '/app/page.lua',
			search = '?user=7&x',
			hash = '#top',
			path = '/app/page.lua',
		}, location)
	end)

	it('encodes what has no place in a URL, so that it can be loaded again', function()
		local location = url.resolve('a b%20.lua', '/app')
		assert.are.equal('file:///app/a%20b%2520.lua', location.href)
		assert.are.equal(location.path, path(location.href))
	end)

	it('refuses what is no file', function()
		local code, message = failure 'http://example.org/'
		assert.are.equal(url.errors.disallowedScheme, code)
		assert.are.equal(
			"cannot load 'http://example.org/': a page is loaded from a file, not from 'http:'", message)
		assert.are.equal(url.errors.disallowedScheme, (failure 'about:blank'))
		assert.are.equal(url.errors.disallowedScheme, (failure 'data:text/plain,x'))
	end)

	it('refuses what is no URL', function()
		for _, text in ipairs { '', '?x', 'file:page.lua', 'file://elsewhere/page.lua', 'a\0b' } do
			assert.are.equal(url.errors.invalidUrl, (failure(text)))
		end
	end)

	it('says why a file cannot be read', function()
		local function read(name)
			local source, code, message = url.read(name)
			assert.is_nil(source)
			return { code, message }
		end
		assert.are.same({ -6, 'cannot load /nowhere.lua: No such file or directory' },
			read '/nowhere.lua')
		assert.are.same({ -2, 'cannot load /tmp: Is a directory' }, read '/tmp')
	end)
end)
