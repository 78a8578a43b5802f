--- Timers: functions that run later, each in a coroutine of its own.
---
---     local timers = require 'timers'
---     timers.setTimeout(print, 1000, 'a second later')
---     timers.sleep(250)
---
--- Times are milliseconds, with fractions if need be; a timer never fires early. What follows the
--- time goes to the function. A timer that is set keeps the process running, until it has fired, is
--- cleared, or was told otherwise with `timer:unref()`.

local loop = require 'host.loop'

---@class Timer
---@field stop fun(self: Timer) the same as clearing it
---@field refresh fun(self: Timer): Timer starts it anew, also when it has fired or was stopped
---@field ref fun(self: Timer): Timer lets it keep the process running
---@field unref fun(self: Timer): Timer lets the process end without it
---@field hasRef fun(self: Timer): boolean
---@field isActive fun(self: Timer): boolean whether it will fire

---@class Immediate what setImmediate returns: a Timer without `refresh`

local timers = {}

--- Calls a function once, after a time; without one, as soon as possible.
---@type fun(fn: function, ms: number?, ...: any): Timer
timers.setTimeout = loop.setTimeout

--- Calls a function again and again. Times that were missed are left out. The next call does not
--- wait for one that still sleeps.
---@type fun(fn: function, ms: number?, ...: any): Timer
timers.setInterval = loop.setInterval

--- Calls a function once, after the events that are due have been handled.
---@type fun(fn: function, ...: any): Immediate
timers.setImmediate = loop.setImmediate

--- Stops a timer. One that is not active, and nil, are left alone.
---@type fun(timer: Timer?)
timers.clearTimeout = loop.clearTimeout

---@type fun(timer: Timer?)
timers.clearInterval = loop.clearInterval

---@type fun(immediate: Immediate?)
timers.clearImmediate = loop.clearImmediate

--- Suspends the running coroutine for a time; everything else goes on.
---@type fun(ms: number?)
timers.sleep = loop.sleep

return timers
