--- Dies twice, by a signal and by a failing exit status, and then works.

local ipc = require 'ipc'
local page = require 'page'

local attempt = page.location.search

if attempt == '?attempt=1' then
	process.kill(process.pid, 'SIGKILL')
elseif attempt == '?attempt=2' then
	os.exit(3)
end

ipc:send('done', 'done')
