--- Runs lepton on a system that refuses it some system calls: see deny.c for the rules.

local run = require 'spec.support.run'

---@param rules string[]
---@param arguments string[] of lepton
---@param options RunOptions?
---@return RunResult
return function(rules, arguments, options)
	local words = { (run.executable():gsub('[^/]*$', 'deny')), table.unpack(rules) }
	table.insert(words, '--')
	table.insert(words, run.executable())
	table.move(arguments, 1, #arguments, #words + 1, words)
	return run.command(words, options)
end
