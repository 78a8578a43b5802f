-- The page in which `lepton --test --renderer` runs the specs.

local ipc = require 'ipc'

local status = require 'busted-session'.run(ipc.sendSync 'lepton-test-start')
io.stdout:flush()
ipc.send('lepton-test-end', status)
