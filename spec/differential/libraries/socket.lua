local socket = require 'socket'
local url = require 'socket.url'
local mime = require 'mime'
local ltn12 = require 'ltn12'

local server = assert(socket.bind('127.0.0.1', 0))
local ip, port, family = server:getsockname()
print(ip, tonumber(port) > 0, family)
server:settimeout(5)
local client = assert(socket.connect('127.0.0.1', port))
local peer = assert(server:accept())
client:settimeout(5)
peer:settimeout(5)
print(client:send 'hello\nworld\n', peer:receive(), peer:receive '*l')
print(peer:send('a\0b' .. ('x'):rep(10)), client:receive(13) == 'a\0b' .. ('x'):rep(10))
print(client:getpeername() == '127.0.0.1', (client:getstats()))
print(peer:setoption('tcp-nodelay', true), client:send('abc', 2), peer:receive(2))
print(peer:close(), client:receive())
print(client:close(), pcall(function() return client:send 'x' end))
print(tostring(client):match '^tcp{client}' ~= nil, server:close())
local udp, other = assert(socket.udp()), assert(socket.udp())
udp:setsockname('127.0.0.1', 0)
udp:settimeout(5)
local _, udpPort = udp:getsockname()
print(other:sendto('datagram', '127.0.0.1', udpPort), (udp:receivefrom()))
print(udp:close(), other:close())
print(socket.connect('127.0.0.1', 1))
print(pcall(function() return socket.connect() end))
print(pcall(function() return server.nothing() end))
print(url.parse('http://user@host:80/path?q#f').host,
	url.build { scheme = 'http', host = 'h', path = '/p' })
print(url.escape 'a b', url.absolute('http://h/a/b', '../c'), url.unescape 'a%20b')
print(mime.b64 'hello', mime.unb64 'aGVsbG8=', (mime.qp 'a=b'))
local source = ltn12.source.string 'some text'
print(source(), source())
local chunks, parts = ltn12.sink.table()
print(ltn12.pump.all(ltn12.source.string('xyz'), chunks), parts[1])
print(socket.gettime() > 0, socket._VERSION ~= nil, socket.dns.toip 'localhost')
