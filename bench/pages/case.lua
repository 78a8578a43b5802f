-- Runs the page's part of one case, and hands main what it measured.

local ipc = require 'ipc'

local Meter = require 'meter'
local order = ipc.sendSync 'bench-order'

local meter = Meter.new(order.options)
local ok, problem = pcall(require('cases.' .. order.case).page, meter)
ipc.send('bench-result', meter.rows, not ok and tostring(problem) or nil)
