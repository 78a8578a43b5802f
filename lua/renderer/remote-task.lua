--- Tasks: functions that run in a coroutine in which remote operations yield to the page's loop.
---
---     local task = remote.async(function()
---         return remote.require 'slow'.answer()
---     end)
---     print(task:await())

local peer = require 'host.peer'
local task = require 'host.task'
local timers = require 'timers'

---@class Task
---@field private state 'running'|'done'|'failed'|'cancelled'
---@field private results table of the function, or { its error }
---@field private observers fun()[] told once it has ended
---@field private coroutine thread
local Task = {}
Task.__index = Task
Task.__name = 'Task'

function Task:__tostring()
	return ('Task (%s)'):format(self.state)
end

local function check(self, method)
	if getmetatable(self) ~= Task then
		error(("'%s' is a method: call it as task:%s(...)"):format(method, method), 3)
	end
end

local function checkFunction(method, position, fn, isOptional)
	if type(fn) ~= 'function' and not (isOptional and fn == nil) then
		error(("bad argument #%d to '%s' (function expected, got %s)"):format(position, method,
			fn == nil and 'no value' or type(fn)), 3)
	end
end

local function new()
	return setmetatable({ state = 'running', observers = {} }, Task)
end

--- An error that nobody asks about is the page's uncaught error.
local function reportUnlessHandled(self)
	timers.setImmediate(function()
		if not self.handled then
			error(self.results[1], 0)
		end
	end)
end

local function settle(self, state, ...)
	if self.state ~= 'running' then
		return
	end
	self.state = state
	self.results = table.pack(...)
	if state == 'failed' and not self.handled then
		reportUnlessHandled(self)
	end
	local observers = self.observers
	self.observers = {}
	for _, observer in ipairs(observers) do
		task.start(observer)
	end
end

--- Calls a function once the task has ended; at once if it has.
local function observe(self, observer)
	self.handled = true
	if self.state == 'running' then
		table.insert(self.observers, observer)
	else
		observer()
	end
end

local function finish(self, ok, ...)
	settle(self, ok and 'done' or 'failed', ...)
end

--- Runs a function in a new task, until its first remote operation at once.
---@param fn function
---@param ... any its arguments
---@return Task
function Task.start(fn, ...)
	local self = new()
	self.coroutine = peer.async(function(ok, ...)
		finish(self, ok, ...)
	end, fn, ...)
	return self
end

--- Whether the task has ended, in whatever way.
---@return boolean
function Task:isDone()
	check(self, 'isDone')
	return self.state ~= 'running'
end

local function outcome(self)
	if self.state == 'done' then
		return table.unpack(self.results, 1, self.results.n)
	end
	error(self.results[1], 0)
end

--- Waits until the task has ended: returns what its function returned, or raises its error.
---@async
---@return any ...
function Task:await()
	check(self, 'await')
	self.handled = true
	if self.state == 'running' then
		local co, isMain = coroutine.running()
		if isMain or not coroutine.isyieldable() then
			error('await cannot wait here: Lua cannot yield', 2)
		elseif co == self.coroutine then
			error('a task cannot wait for itself', 2)
		end
		observe(self, function()
			if coroutine.status(co) == 'suspended' then
				task.resume(co)
			end
		end)
		coroutine.yield()
	end
	return outcome(self)
end

--- A task that goes on with the outcome of this one: with what onDone makes of its results, or
--- onFailed of its error.
---@param onDone function? given the results
---@param onFailed function? given the error
---@return Task
function Task:next(onDone, onFailed)
	check(self, 'next')
	checkFunction('next', 1, onDone, true)
	checkFunction('next', 2, onFailed, true)
	local following = new()
	observe(self, function()
		local handler = onDone
		if self.state ~= 'done' then
			handler = onFailed
		end
		if following.state ~= 'running' then
			return
		elseif not handler then
			settle(following, self.state, table.unpack(self.results, 1, self.results.n))
			return
		end
		following.coroutine = peer.async(function(ok, ...)
			finish(following, ok, ...)
		end, handler, table.unpack(self.results, 1, self.results.n))
	end)
	return following
end

--- A task that goes on with what a function makes of this one's error.
---@param onFailed function
---@return Task
function Task:catch(onFailed)
	check(self, 'catch')
	checkFunction('catch', 1, onFailed)
	return self:next(nil, onFailed)
end

--- Stops the task where it waits; its `<close>` variables are closed. What main does for it is done
--- all the same, but nobody gets the answer. Whoever waits for the task gets the error
--- `the task was cancelled`.
---@return boolean whether it was still running
function Task:cancel()
	check(self, 'cancel')
	if self.state ~= 'running' then
		return false
	end
	self.handled = true
	settle(self, 'cancelled', 'the task was cancelled')
	local co = self.coroutine
	if co and coroutine.status(co) == 'suspended' then
		coroutine.close(co)
	elseif co == coroutine.running() then
		error('the task was cancelled', 0)
	end
	return true
end

local function checkTasks(method, tasks)
	if type(tasks) ~= 'table' then
		error(("bad argument #1 to '%s' (list of tasks expected, got %s)"):format(method,
			type(tasks)), 3)
	end
	for i, other in ipairs(tasks) do
		if getmetatable(other) ~= Task then
			error(("bad argument #1 to '%s' (item %d is no task)"):format(method, i), 3)
		end
	end
end

--- A task that ends when all of a list have: with a list of their first results. It fails as soon
--- as one of them does.
---@param tasks Task[]
---@return Task
function Task.all(tasks)
	checkTasks('all', tasks)
	local self = new()
	local results, left = {}, #tasks
	for i, other in ipairs(tasks) do
		observe(other, function()
			if other.state ~= 'done' then
				settle(self, 'failed', other.results[1])
				return
			end
			results[i] = other.results[1]
			left = left - 1
			if left == 0 then
				settle(self, 'done', results)
			end
		end)
	end
	if left == 0 then
		settle(self, 'done', results)
	end
	return self
end

--- A task that ends as the first of a list does that ends.
---@param tasks Task[]
---@return Task
function Task.race(tasks)
	checkTasks('race', tasks)
	local self = new()
	for _, other in ipairs(tasks) do
		observe(other, function()
			settle(self, other.state == 'done' and 'done' or 'failed',
				table.unpack(other.results, 1, other.results.n))
		end)
	end
	return self
end

--- A task that ends with the results of the first of a list that succeeds. It fails when all have,
--- with a list of their errors.
---@param tasks Task[]
---@return Task
function Task.any(tasks)
	checkTasks('any', tasks)
	local self = new()
	local problems, left = {}, #tasks
	for i, other in ipairs(tasks) do
		observe(other, function()
			if other.state == 'done' then
				settle(self, 'done', table.unpack(other.results, 1, other.results.n))
				return
			end
			problems[i] = other.results[1]
			left = left - 1
			if left == 0 then
				settle(self, 'failed', problems)
			end
		end)
	end
	if left == 0 then
		settle(self, 'failed', problems)
	end
	return self
end

return Task
