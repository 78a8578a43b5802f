--- The systems that are measured beside Lepton, where they are installed. Each script prints lines
--- as the C floors do: -, name of the row, unit, p99 or -, samples. In a command, PEERS stands for
--- bench/peers and OPTIONS for the seconds that one repeat takes.

---@class Other
---@field name string
---@field title string
---@field needs string a command that succeeds where it is installed
---@field package string what to install on Debian
---@field command string

--- The rows that each of them measures.
local rows = {}
for name in ([[null-call two-integers method property-read property-write echo-1k object pairs
	callbacks]]):gmatch '%S+' do
	rows[name] = true
end

---@type Other[]
local others = {
	{
		name = 'rpyc',
		title = 'RPyC',
		needs = "/usr/bin/python3 -c 'import rpyc'",
		package = 'python3-rpyc',
		command = '/usr/bin/python3 PEERS/rpyc_peer.py OPTIONS',
	},
	{
		name = 'drb',
		title = 'Ruby DRb',
		needs = "ruby -e 'require %(drb/unix)'",
		package = 'ruby',
		command = 'ruby PEERS/drb_peer.rb OPTIONS',
	},
	{
		name = 'rmi',
		title = 'Java RMI',
		needs = 'javac -version',
		package = 'default-jdk-headless',
		command = 'sh PEERS/rmi_peer.sh OPTIONS',
	},
}

return { list = others, rows = rows }
