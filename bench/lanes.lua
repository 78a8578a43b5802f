--- The lanes that Lepton's frames can take, and what C does over the same.

---@class Lane
---@field name string
---@field title string
---@field command string what stands before the name of an app on the command line
---@field wrap string what stands before the whole command
---@field floors table<string, string> kind of work → which of the floor's lanes is the floor

---@type Lane[]
return {
	{
		name = 'ring',
		title = 'shared memory',
		command = '',
		wrap = '',
		floors = {
			call = 'shared, spinning',
			['echo-1k'] = 'shared, spinning',
			['echo-1m'] = 'shared, arena',
			['echo-64m'] = 'shared, arena',
			['one-way'] = 'shared, spinning',
			['idle-call'] = 'socket, blocking',
			spawn = 'fork',
			copy = 'lua',
			pairs = 'lua',
		},
	},
	{
		name = 'socket',
		title = 'sockets only (--no-ring)',
		command = ' --no-ring',
		wrap = '',
		floors = {
			call = 'socket, polling',
			['echo-1k'] = 'socket, polling',
			['echo-1m'] = 'socket, blocking',
			['echo-64m'] = 'socket, blocking',
			['one-way'] = 'socket, blocking',
			['idle-call'] = 'socket, blocking',
			copy = 'lua',
			pairs = 'lua',
		},
	},
	{
		name = 'one core',
		title = 'everything on one core',
		command = '',
		wrap = 'taskset -c 0 ',
		floors = {
			call = 'socket, blocking',
			['echo-1k'] = 'socket, blocking',
			['echo-1m'] = 'socket, blocking',
			['echo-64m'] = 'socket, blocking',
		},
	},
}
