--- What this process was started for: filled in by boot.lua, read by everybody else.

---@class Environment
---@field appPath string the folder of the app or script
---@field package table what package.json says
---@field arguments string[] what followed the app on the command line
---@field isScript boolean? a script runs, not an app
---@field ready boolean? 'ready' was emitted
---@field pagePath string package.path of a page
---@field pageCpath string package.cpath of a page
local environment = {
	appPath = '.',
	package = {},
	arguments = {},
	pagePath = package.path,
	pageCpath = package.cpath,
}

return environment
