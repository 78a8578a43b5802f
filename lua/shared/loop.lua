--- The event loop, for libraries that have something of their own to wait for.
---
---     local loop = require 'loop'
---     local watcher = loop.fd(socket:getfd(), 'r', function() read(socket) end)
---     watcher:stop()
---
--- Each call of a function runs in a coroutine of its own. A watcher keeps the process running
--- until it is stopped, or was told otherwise with `watcher:unref()`.

local host = require 'host.loop'

---@class Watcher
---@field stop fun(self: Watcher)
---@field ref fun(self: Watcher): Watcher lets it keep the process running
---@field unref fun(self: Watcher): Watcher lets the process end without it
---@field hasRef fun(self: Watcher): boolean
---@field isActive fun(self: Watcher): boolean

---@alias ReadyCallback fun(ready: 'r'|'w'|'rw'|nil, message: string?)
---@alias EndedCallback fun(code: integer?, signal: string?, message: string?)

local loop = {}

--- Calls a function whenever a descriptor can be read ('r') or written ('w') without waiting, as
--- long as that is so; with the mode that it is ready for. Stop the watcher before the descriptor
--- is closed. If it was closed all the same, fn(nil, message) may be called, for the last time.
---@type fun(descriptor: integer|file*, mode: 'r'|'w'|'rw', fn: ReadyCallback): Watcher
loop.fd = host.fd

--- Calls a function whenever a signal comes, with its name and number. While a signal is watched it
--- does nothing else.
---@type fun(signal: string|integer, fn: fun(name: string, number: integer)): Watcher
loop.signal = host.signal

--- Calls a function once, when a child process has ended: with its exit code, or with nil and the
--- name of the signal that ended it. Nothing else may wait for that child.
---@type fun(pid: integer, fn: EndedCallback): Watcher
loop.child = host.child

return loop
