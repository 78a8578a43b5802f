/*
 * The floors below Lua:
 *
 *   lab.buffer()         put(s) u8(n) u32(n) u64(n) consume(n) reset(keep) reserve(n) close()
 *                        content() capacity() failed()
 *   lab.reader(bytes)    get(n) u8() u32() u64() left() failed()
 *   lab.channels()       two channels on a socketpair: begin() put(s) finish(header) abandon(start)
 *                        flush() fill() next() consume() write(s) pending() close()
 *   lab.validate(frame)  the fault in a whole frame
 *
 * A header is a table: message, operation, flags, epoch, values, request, body, references.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab.h"
#include "unmarshal.h"

/* --- buffer --------------------------------------------------------------------------------- */

static struct buffer *check_buffer(lua_State *L)
{
	return luaL_checkudata(L, 1, "lab.buffer");
}

static int l_buffer(lua_State *L)
{
	buffer_init(lua_newuserdatauv(L, sizeof(struct buffer), 0));
	luaL_setmetatable(L, "lab.buffer");
	return 1;
}

static int l_buffer_put(lua_State *L)
{
	size_t length;
	const char *bytes = luaL_checklstring(L, 2, &length);
	buffer_put(check_buffer(L), bytes, length);
	return 0;
}

static int l_buffer_u8(lua_State *L)
{
	buffer_put_u8(check_buffer(L), (uint8_t)luaL_checkinteger(L, 2));
	return 0;
}

static int l_buffer_u32(lua_State *L)
{
	buffer_put_u32(check_buffer(L), (uint32_t)luaL_checkinteger(L, 2));
	return 0;
}

static int l_buffer_u64(lua_State *L)
{
	buffer_put_u64(check_buffer(L), (uint64_t)luaL_checkinteger(L, 2));
	return 0;
}

static int l_buffer_consume(lua_State *L)
{
	buffer_consume(check_buffer(L), (size_t)luaL_checkinteger(L, 2));
	return 0;
}

static int l_buffer_reset(lua_State *L)
{
	buffer_reset(check_buffer(L), (size_t)luaL_checkinteger(L, 2));
	return 0;
}

static int l_buffer_reserve(lua_State *L)
{
	lua_pushinteger(L, buffer_reserve(check_buffer(L), (size_t)luaL_checkinteger(L, 2)));
	return 1;
}

static int l_buffer_content(lua_State *L)
{
	const struct buffer *b = check_buffer(L);
	lua_pushlstring(L, (const char *)b->bytes + b->head, buffer_length(b));
	return 1;
}

static int l_buffer_capacity(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)check_buffer(L)->capacity);
	return 1;
}

static int l_buffer_failed(lua_State *L)
{
	lua_pushboolean(L, check_buffer(L)->failed);
	return 1;
}

static int l_buffer_clear(lua_State *L)
{
	buffer_clear(check_buffer(L));
	return 0;
}

/* --- reader --------------------------------------------------------------------------------- */

static struct reader *check_reader(lua_State *L)
{
	return luaL_checkudata(L, 1, "lab.reader");
}

static int l_reader(lua_State *L)
{
	size_t length;
	const char *bytes = luaL_checklstring(L, 1, &length);
	struct reader *r = lua_newuserdatauv(L, sizeof *r, 1);
	*r = reader_of(bytes, length);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	luaL_setmetatable(L, "lab.reader");
	return 1;
}

static int l_reader_get(lua_State *L)
{
	size_t length = (size_t)luaL_checkinteger(L, 2);
	const unsigned char *bytes = reader_get(check_reader(L), length);
	if (bytes == NULL)
		return 0;
	lua_pushlstring(L, (const char *)bytes, length);
	return 1;
}

static int l_reader_u8(lua_State *L)
{
	lua_pushinteger(L, reader_get_u8(check_reader(L)));
	return 1;
}

static int l_reader_u32(lua_State *L)
{
	lua_pushinteger(L, reader_get_u32(check_reader(L)));
	return 1;
}

static int l_reader_u64(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)reader_get_u64(check_reader(L)));
	return 1;
}

static int l_reader_left(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)reader_left(check_reader(L)));
	return 1;
}

static int l_reader_failed(lua_State *L)
{
	lua_pushboolean(L, check_reader(L)->failed);
	return 1;
}

/* --- channel -------------------------------------------------------------------------------- */

static struct channel *check_channel(lua_State *L)
{
	return luaL_checkudata(L, 1, "lab.channel");
}

static int l_channels(lua_State *L)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return luaL_error(L, "lab: no sockets: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		struct channel *c = lua_newuserdatauv(L, sizeof *c, 0);
		memset(c, 0, sizeof *c);
		channel_init(c, ends[i]);
		luaL_setmetatable(L, "lab.channel");
	}
	return 2;
}

static uint64_t field(lua_State *L, int index, const char *name)
{
	lua_getfield(L, index, name);
	uint64_t value = (uint64_t)luaL_optinteger(L, -1, 0);
	lua_pop(L, 1);
	return value;
}

static int l_channel_begin(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)channel_begin(check_channel(L)));
	return 1;
}

static int l_channel_put(lua_State *L)
{
	size_t length;
	const char *bytes = luaL_checklstring(L, 2, &length);
	buffer_put(&check_channel(L)->out, bytes, length);
	return 0;
}

static int l_channel_finish(lua_State *L)
{
	struct frame_header h = { .message = (uint8_t)field(L, 3, "message"),
				  .operation = (uint8_t)field(L, 3, "operation"),
				  .flags = (uint16_t)field(L, 3, "flags"),
				  .epoch = (uint32_t)field(L, 3, "epoch"),
				  .values = (uint32_t)field(L, 3, "values"),
				  .request = field(L, 3, "request"),
				  .body = (uint32_t)field(L, 3, "body"),
				  .references = (uint32_t)field(L, 3, "references") };
	int result = channel_end(check_channel(L), (size_t)luaL_checkinteger(L, 2), &h);
	lua_pushinteger(L, result);
	lua_pushstring(L, result < 0 ? strerror(errno) : NULL);
	return 2;
}

static int l_channel_abandon(lua_State *L)
{
	channel_abandon(check_channel(L), (size_t)luaL_checkinteger(L, 2));
	return 0;
}

static int l_channel_flush(lua_State *L)
{
	lua_pushinteger(L, channel_flush(check_channel(L)));
	return 1;
}

static int l_channel_fill(lua_State *L)
{
	lua_pushinteger(L, channel_fill(check_channel(L), true));
	return 1;
}

static void set_field(lua_State *L, const char *name, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, name);
}

static int l_channel_next(lua_State *L)
{
	struct frame f;
	int got = channel_next(check_channel(L), &f);
	lua_pushinteger(L, got);
	if (got <= 0)
		return 1;
	lua_newtable(L);
	set_field(L, "message", f.header.message);
	set_field(L, "operation", f.header.operation);
	set_field(L, "flags", f.header.flags);
	set_field(L, "epoch", f.header.epoch);
	set_field(L, "values", f.header.values);
	set_field(L, "request", f.header.request);
	set_field(L, "length", f.header.length);
	lua_pushlstring(L, (const char *)f.body, f.header.body);
	lua_setfield(L, -2, "body");
	lua_pushlstring(L, (const char *)f.references, f.references_length);
	lua_setfield(L, -2, "references");
	return 2;
}

static int l_channel_consume(lua_State *L)
{
	buffer_consume(&check_channel(L)->in, (size_t)luaL_checkinteger(L, 2));
	return 0;
}

static int l_channel_write(lua_State *L)
{
	size_t length;
	const char *bytes = luaL_checklstring(L, 2, &length);
	lua_pushinteger(L, send(check_channel(L)->fd, bytes, length, MSG_NOSIGNAL));
	return 1;
}

static int l_channel_pending(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)buffer_length(&check_channel(L)->out));
	lua_pushinteger(L, (lua_Integer)buffer_length(&check_channel(L)->in));
	return 2;
}

static int l_channel_close(lua_State *L)
{
	channel_clear(check_channel(L));
	return 0;
}

/* --- frames --------------------------------------------------------------------------------- */

static int l_validate(lua_State *L)
{
	size_t length;
	struct frame f;
	const char *bytes = luaL_checklstring(L, 1, &length);
	luaL_argcheck(L, length >= sizeof f.header, 1, "no whole header");
	if (frame_parse((const unsigned char *)bytes, length, &f) < 0)
		lua_pushinteger(L, FAULT_LENGTH);
	else
		lua_pushinteger(L, frame_validate(&f));
	return 1;
}

void lab_register_bytes(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "buffer", l_buffer },	    { "reader", l_reader }, { "channels", l_channels },
		{ "validate", l_validate }, { NULL, NULL },
	};
	static const luaL_Reg buffer[] = {
		{ "put", l_buffer_put },
		{ "u8", l_buffer_u8 },
		{ "u32", l_buffer_u32 },
		{ "u64", l_buffer_u64 },
		{ "consume", l_buffer_consume },
		{ "reset", l_buffer_reset },
		{ "reserve", l_buffer_reserve },
		{ "content", l_buffer_content },
		{ "capacity", l_buffer_capacity },
		{ "failed", l_buffer_failed },
		{ "close", l_buffer_clear },
		{ "__gc", l_buffer_clear },
		{ NULL, NULL },
	};
	static const luaL_Reg reader[] = {
		{ "get", l_reader_get }, { "u8", l_reader_u8 },	    { "u32", l_reader_u32 },
		{ "u64", l_reader_u64 }, { "left", l_reader_left }, { "failed", l_reader_failed },
		{ NULL, NULL },
	};
	static const luaL_Reg channel[] = {
		{ "begin", l_channel_begin },
		{ "put", l_channel_put },
		{ "finish", l_channel_finish },
		{ "abandon", l_channel_abandon },
		{ "flush", l_channel_flush },
		{ "fill", l_channel_fill },
		{ "next", l_channel_next },
		{ "consume", l_channel_consume },
		{ "write", l_channel_write },
		{ "pending", l_channel_pending },
		{ "close", l_channel_close },
		{ "__gc", l_channel_close },
		{ NULL, NULL },
	};
	lab_kind(L, "lab.buffer", buffer);
	lab_kind(L, "lab.reader", reader);
	lab_kind(L, "lab.channel", channel);
	luaL_setfuncs(L, functions, 0);
}
