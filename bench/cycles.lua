-- What collecting cycles costs: lepton bench/cycles.lua [objects in each heap] [cycles]
--
-- Half of the cycles are garbage, half are alive. Times are milliseconds of processor time.

local BrowserWindow = require 'browser-window'
local app = require 'app'

local objects, cycles = tonumber(arg[1]) or 100000, tonumber(arg[2]) or 2000
local RUNS = 5

local PAGE = [[
	local remote = require 'remote'
	local objects, cycles = %d, %d
	heap = {}
	for i = 1, objects do
		heap[i] = { i, heap[i // 2], name = 'object', next = heap[i - 1] }
	end
	local nodes = remote.getGlobal 'nodes'
	local function cycle(i)
		local node = nodes[i]
		node.callback = function() return node end
	end

	local function clock(fn)
		local start = os.clock()
		local result = fn()
		return (os.clock() - start) * 1000, result
	end

	function measure()
		for i = 1, cycles do cycle(i) end
		remote.getGlobal 'forget' ()
		collectgarbage()
		local full = clock(collectgarbage)
		return full
	end

	function collect(expected)
		local all, count = clock(remote.collectCycles)
		assert(count >= expected, count)
		return all
	end
]]

function _G.forget()
	for i = 1, cycles, 2 do
		_G.nodes[i] = {}
	end
end

_G.nodes = {}
for i = 1, cycles do
	_G.nodes[i] = {}
end
_G.heap = {}
for i = 1, objects do
	_G.heap[i] = { i, _G.heap[i // 2], name = 'object', next = _G.heap[i - 1] }
end

local FORMAT = 'page: full collection %.1f, all %.1f, with nothing to find %.1f; '
	.. 'main: full collection %.1f, all %.1f, with nothing to find %.1f; peak of main +%d MiB'

-- What the function returns, and milliseconds of processor time.
local function clock(fn, ...)
	local start = os.clock()
	local result = fn(...)
	return result, (os.clock() - start) * 1000
end

-- Most resident memory that a process has had, in MiB.
local function peak(pid)
	for line in io.lines(('/proc/%d/status'):format(pid)) do
		local kib = line:match '^VmHWM:%s+(%d+)'
		if kib then
			return kib // 1024
		end
	end
end

app:on('ready', function()
	local window = BrowserWindow()
	local path = os.tmpname()
	local file = assert(io.open(path, 'w'))
	file:write(PAGE:format(objects, cycles))
	file:close()
	window:loadUrl(path)
	window.webContents:once('did-finish-load', function()
		os.remove(path)
		collectgarbage()
		local _, own = clock(collectgarbage)
		for _ = 1, RUNS do
			local page = window.webContents
			local before = peak(process.pid)
			local full = page:executeLua 'measure()'
			local all, main = clock(page.executeLua, page, 'collect(' .. cycles .. ')')
			local again, idle = clock(page.executeLua, page, 'collect(0)')
			print(FORMAT:format(full, all, again, own, main, idle, peak(process.pid) - before))
		end
		app:quit()
	end)
end)
