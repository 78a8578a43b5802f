-- Systems on which a layer of the sandbox is missing. What cannot be had here, though a kernel
-- might refuse it: a user namespace whose uid_map cannot be written, because only the kernel's own
-- rules for users decide that.

local accounts = require 'spec.support.accounts'
local deny = require 'spec.support.deny'
local run = require 'spec.support.run'
local sandbox = require 'spec.support.sandbox'

local LAYERS = { 'namespaces', 'root', 'capabilities', 'privileges', 'landlock', 'limits',
	'filter' }

describe('where a system refuses', function()
	accounts(before_each, after_each)

	local poverty = sandbox.poverty()
	local function where(name, fn)
		it(name, function()
			if poverty then
				return pending(poverty)
			end
			return fn()
		end)
	end

	local files = {
		['main.lua'] = [[
			local app, BrowserWindow = require 'app', require 'browser-window'
			app:on('ready', function()
				local window = BrowserWindow { sandbox = true }
				local problem
				window.webContents:on('did-fail-load', function(_, _, message) problem = message end)
				window.webContents:on('did-stop-loading', function()
					print(problem or window.webContents:executeLua '6 * 7')
					for _, layer in ipairs(window:sandboxStatus()) do
						print(layer.name, layer.holds, layer.detail)
					end
					local trusted = BrowserWindow()
					trusted:loadUrl 'page.lua'
					print('trusted', trusted.webContents:executeLua '6 * 7')
					app:quit()
				end)
				window:loadUrl 'page.lua'
			end)]],
		['page.lua'] = '',
	}

	--- What the app says: its page's answer or why there is none, and of each layer that does not
	--- hold why not.
	local function say(result)
		assert.are.same({ 0, '' }, { result.status, result.stderr })
		local first, rest = result.stdout:match '^(.-)\n(.*)$'
		local missing, seen = {}, {}
		for name, holds, detail in rest:gmatch '(%a+)\t(%a+)\t([^\n]*)' do
			table.insert(seen, name)
			if holds == 'false' then
				missing[name] = detail
			end
		end
		assert.are.same(LAYERS, seen)
		assert.matches('trusted\t42\n$', rest)
		return first, missing
	end

	local function refusal(layer, detail)
		return ("cannot start a sandboxed page: this system does not give it the layer '%s' (%s)")
			:format(layer, detail)
	end

	local EPERM = 'Operation not permitted'

	-- What runs nevertheless: the other layers stand.
	local spared = {
		['user namespaces'] = { { 'unshare=EPERM' },
			{ namespaces = 'unshare (user): ' .. EPERM, root = 'needs namespaces' } },
		['the other namespaces'] = { { 'unshare:0&0x20000:0x20000=EPERM' },
			{ namespaces = 'unshare: ' .. EPERM, root = 'needs namespaces' } },
		['mounts'] = { { 'mount=EPERM' }, { root = 'mount: ' .. EPERM } },
		['another root folder'] = { { 'pivot_root=EPERM' }, { root = 'pivot_root: ' .. EPERM } },
		['a root folder that is read only'] = { { 'mount:3&32:32=EPERM' },
			{ root = 'remount: ' .. EPERM } },
		['Landlock, which it does not know,'] = { { 'landlock_create_ruleset=ENOSYS' },
			{ landlock = 'landlock: Function not implemented' } },
		['Landlock, which is turned off,'] = { { 'landlock_create_ruleset=EOPNOTSUPP' },
			{ landlock = 'landlock: Operation not supported' } },
		['to enter Landlock'] = { { 'landlock_restrict_self=EPERM' },
			{ landlock = 'landlock: ' .. EPERM } },
	}
	for what, case in pairs(spared) do
		where(what .. ' a sandboxed page runs, and its window says what is missing', function()
			local first, missing = say(deny(case[1], { run.directory(files) }))
			assert.are.equal('42', first)
			assert.are.same(case[2], missing)
		end)
	end

	-- What fails closed.
	local needed = {
		['to drop capabilities'] = { { 'capset=EPERM' }, 'capabilities', 'capset: ' .. EPERM },
		['no_new_privs'] = { { 'prctl:0:38=EINVAL' }, 'privileges', 'no_new_privs: Invalid argument' },
		['limits'] = { { 'prlimit64:1:1=EPERM' }, 'limits', 'rlimit: ' .. EPERM },
		['filters of system calls'] = { { 'prctl:0:22=EINVAL' }, 'filter', 'trial: Invalid argument' },
		['mounts and Landlock'] = { { 'mount=EPERM', 'landlock_create_ruleset=ENOSYS' }, 'landlock',
			'landlock: Function not implemented' },
	}
	for what, case in pairs(needed) do
		local rules, layer, detail = table.unpack(case)

		where(what .. ' no sandboxed page is started, and one line names the layer', function()
			if layer == 'filter' and not sandbox.isFiltered() then
				return pending 'a sanitizer build leaves the filter out'
			end
			local first, missing = say(deny(rules, { run.directory(files) }))
			assert.are.equal(refusal(layer, detail), first)
			assert.are.equal(detail, missing[layer])
		end)

		where(what .. ' --sandbox-selftest says so', function()
			if layer == 'filter' and not sandbox.isFiltered() then
				return pending 'a sanitizer build leaves the filter out'
			end
			local result = deny(rules, { '--sandbox-selftest' })
			assert.are.same({ 1, '' }, { result.status, result.stderr })
			assert.is_truthy(result.stdout:find('MISSING  ' .. layer, 1, true))
			assert.is_truthy(result.stdout:find('(' .. detail .. ')', 1, true))
			assert.matches("\nsandboxed pages are refused here: the layer '" .. layer .. "' is missing\n$",
				result.stdout)
		end)
	end

	where('nothing to a user who is nobody, every layer holds', function()
		local folder = run.directory(files)
		local words = { run.executable(), folder }
		if run.command { 'id', '-u' }.stdout == '0\n' then
			run.command { 'chmod', '-R', 'a+rX', folder }
			local become = { 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups' }
			local test = { 'test', '-x', words[1] }
			if run.command(table.move(test, 1, 3, 5, { table.unpack(become) })).status ~= 0 then
				return pending 'this build lies where no other user can run it, or there is no setpriv'
			end
			words = table.move(words, 1, 2, 5, become)
		end
		local first, missing = say(run.command(words))
		assert.are.equal('42', first)
		assert.are.same({}, missing)
	end)
end)
