--- Frames as bytes, for specs that look at them or forge them. host/protocol.h describes them.
---
---     local frame = frames.frame { message = 'ask', operation = 'call', values = 2,
---         body = frames.reference(0) .. frames.integer(7),
---         references = { { kind = 'yours', id = 0 } } }

local lab = require 'lab'

local frames = {}

frames.HEADER = '=I4BBI2I4I4I8I4I4'
frames.REFERENCE = '=BBI2I4I8'

local KINDS = { object = 0, ['function'] = 1, yours = 2, method = 3 }
local KIND_NAMES = { [0] = 'object', 'function', 'yours', 'method' }

frames.WAITING, frames.SHARED = 1, 2
frames.NIL, frames.FALSE, frames.TRUE = '\0', '\1', '\2'

function frames.integer8(n)
	return string.pack('=Bi1', 3, n)
end

function frames.integer32(n)
	return string.pack('=Bi4', 4, n)
end

function frames.integer64(n)
	return string.pack('=Bi8', 5, n)
end

function frames.float(x)
	return string.pack('=Bd', 6, x)
end

function frames.string8(s)
	return string.pack('=Bs1', 7, s)
end

function frames.string32(s)
	return string.pack('=Bs4', 8, s)
end

function frames.small(n)
	return string.char(128 + n)
end

--- A table: values of the keys 1 to n, then keys and values.
function frames.table(items, pairs)
	return string.pack('=BI4I4', 9, #items, pairs and #pairs // 2 or 0)
		.. table.concat(items) .. table.concat(pairs or {})
end

function frames.back(n)
	return string.pack('=BI4', 10, n)
end

function frames.reference(place)
	return string.pack('=BI4', 11, place)
end

--- An entry of the reference section: { kind, id, aux, type, flags, text }.
function frames.entry(r)
	return string.pack(frames.REFERENCE, KINDS[r.kind] or r.kind, r.type or 5, r.flags or 0,
		r.aux or r.text and #r.text or 0, r.id or 0) .. (r.text or '')
end

--- A whole frame. Lengths and counts are right unless they are given.
function frames.frame(f)
	local body = f.body or ''
	local entries = {}
	for i, r in ipairs(f.references or {}) do
		entries[i] = frames.entry(r)
	end
	local references = table.concat(entries) .. (f.tail or '')
	local length = f.length or 32 + #body + #references
	return string.pack(frames.HEADER, length, lab.messages[f.message] or f.message,
		lab.operations[f.operation] or f.operation or 0, f.flags or 0, f.epoch or 1, f.values or 0,
		f.request or 0, f.bodyLength or #body, f.referenceCount or #entries) .. body .. references
end

--- What a frame says, read with other eyes than the host's.
function frames.parse(bytes)
	local f = {}
	local message, operation, body, count
	f.length, message, operation, f.flags, f.epoch, f.values, f.request, body, count =
		string.unpack(frames.HEADER, bytes)
	f.message = lab.messageName(message)
	f.operation = (f.message == 'ask' or f.message == 'post') and lab.operationName(operation) or nil
	f.body = bytes:sub(33, 32 + body)
	f.references = {}
	local at = 33 + body
	for i = 1, count do
		local r = {}
		local kind
		kind, r.type, r.flags, r.aux, r.id, at = string.unpack(frames.REFERENCE, bytes, at)
		r.kind = KIND_NAMES[kind]
		if r.kind == 'function' or r.kind == 'method' then
			r.text = bytes:sub(at, at + r.aux - 1)
			at = at + r.aux
		end
		f.references[i] = r
	end
	if f.message == 'release' then
		f.releases = {}
		for i = 1, f.values do
			f.releases[i] = { string.unpack('=I8I4', f.body, i * 12 - 11) }
		end
	end
	return f
end

--- The messages of a list of frames.
function frames.messages(list)
	local names = {}
	for i, bytes in ipairs(list) do
		names[i] = frames.parse(bytes).message
	end
	return names
end

return frames
