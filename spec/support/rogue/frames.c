/*
 * Attacks with frames: lengths that lie, values that are none or cost too much, messages out of
 * place.
 */
#include <math.h>
#include <poll.h>

#include "limit.h"
#include "rogue.h"

/* --- the header --- */

/* A frame that says it has as many bytes as 1 says; what follows are zeros, for as long as main
   takes them. */
static int l_length(lua_State *L)
{
	static const unsigned char zeros[4096];
	struct peer *p = rogue_peer(L);
	struct frame_header header = forge(p, MSG_POST, OP_CALL).header;
	header.length = (uint32_t)luaL_checkinteger(L, 1);
	forge_write(p, &header, sizeof header);
	for (int i = 0; i < 256; i++)
		forge_write(p, zeros, sizeof zeros);
	rogue_stay(p);
}

/* A frame with the message, operation and request at 1 to 3, and no values. */
static int l_header(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge(p, (enum message)luaL_checkinteger(L, 1),
				 (enum operation)luaL_optinteger(L, 2, 0));
	f.header.request = (uint64_t)luaL_optinteger(L, 3, 0);
	forge_send(p, &f);
	rogue_stay(p);
}

/* A body that is said to be longer than its frame. */
static int l_body_length(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge(p, MSG_POST, OP_CALL);
	f.header.body = 1000;
	forge_send(p, &f);
	rogue_stay(p);
}

/* --- values --- */

/* Calls a method of the object at 1 with one value whose bytes are at 2; flags, values and
   references of the frame are at 3 to 5. */
static int l_value(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	size_t length;
	const char *bytes = luaL_checklstring(L, 2, &length);
	struct forgery f = forge_invoke(p, rogue_id(L, 1), "take");
	buffer_put(&f.body, bytes, length);
	f.header.flags = (uint16_t)luaL_optinteger(L, 3, 0);
	f.header.values += (uint32_t)luaL_optinteger(L, 4, 1);
	f.header.references += (uint32_t)luaL_optinteger(L, 5, 0);
	return forge_ask(p, &f, L);
}

/* Tables within tables, as many as 2 says. */
static int l_nest(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, rogue_id(L, 1), "take");
	for (lua_Integer i = luaL_checkinteger(L, 2); i > 1; i--)
		forge_table(&f, 1, 0);
	forge_table(&f, 0, 0);
	f.header.values++;
	return forge_ask(p, &f, L);
}

/* A list of empty tables, as many as a frame has room for. */
static int l_many_tables(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, rogue_id(L, 1), "take");
	uint32_t count = (LIMIT_SANDBOX_FRAME - 100) / 9;
	forge_table(&f, count, 0);
	for (uint32_t i = 0; i < count; i++)
		forge_table(&f, 0, 0);
	f.header.values++;
	return forge_ask(p, &f, L);
}

/* A string that fills the frame to its last byte, and as many beyond as 2 says. */
static int l_fill(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, rogue_id(L, 1), "take");
	size_t used = sizeof f.header + buffer_length(&f.body) + buffer_length(&f.references) + 5;
	uint32_t length = LIMIT_SANDBOX_FRAME - (uint32_t)used + (uint32_t)luaL_checkinteger(L, 2);
	buffer_put_u8(&f.body, TAG_STRING32);
	buffer_put_u32(&f.body, length);
	if (buffer_reserve(&f.body, length) == 0)
		f.body.tail += length;
	f.header.values++;
	return forge_ask(p, &f, L);
}

/*
 * A number whose place in a table of Lua's with so many places is that of all others. Fractions
 * have theirs by their highest 31 bits, whatever the size.
 */
static void put_collision(struct buffer *b, int64_t places, int64_t n, bool fraction)
{
	if (fraction)
		value_put_float(b, ldexp((double)(((int64_t)1 << 49) + n), -50));
	else
		value_put_integer(b, (places - 1) * (n + (1 << 20)));
}

/*
 * Tables of numbers that all have the same place in a table of Lua's of that size, so that main
 * would walk past all before for each that it adds. 2: how many; 3: they are fractions; 4: of how
 * many times that size; 5: how many tables.
 */
static int l_collide(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, rogue_id(L, 1), "take");
	uint32_t count = (uint32_t)luaL_checkinteger(L, 2);
	uint32_t tables = (uint32_t)luaL_optinteger(L, 5, 1);
	int64_t places = luaL_optinteger(L, 4, 1);
	while (places < count * luaL_optinteger(L, 4, 1))
		places *= 2;
	forge_table(&f, tables, 0);
	f.header.values++;
	for (uint32_t i = 0; i < tables; i++) {
		forge_table(&f, 0, count);
		for (uint32_t n = 0; n < count; n++) {
			put_collision(&f.body, places, n, lua_toboolean(L, 3));
			buffer_put_u8(&f.body, TAG_TRUE);
		}
	}
	return forge_ask(p, &f, L);
}

/* --- slowness --- */

/* An honest call, byte by byte. */
static int l_byte_by_byte(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct buffer bytes = { 0 };
	struct forgery f = forge_invoke(p, rogue_id(L, 1), "take");
	forge_integer(&f, 7);
	forge_put(p, &f);
	buffer_put(&bytes, p->channel.out.bytes + p->channel.out.head,
		   buffer_length(&p->channel.out));
	buffer_reset(&p->channel.out, SIZE_MAX);
	while (buffer_length(&bytes) > 0) {
		forge_write(p, bytes.bytes + bytes.head, 1);
		buffer_consume(&bytes, 1);
	}
	buffer_clear(&bytes);
	return forge_answer(p, L);
}

/* A frame of a million bytes, one every 50 ms: that is longer than main waits for it. */
static int l_slow(lua_State *L)
{
	static const unsigned char zero;
	struct peer *p = rogue_peer(L);
	struct forgery f = forge(p, MSG_POST, OP_CALL);
	f.header.length = 1000000;
	forge_send(p, &f);
	for (;;) {
		forge_write(p, &zero, 1);
		poll(NULL, 0, 50);
	}
	return 0;
}

const luaL_Reg rogue_frames[] = {
	{ "length", l_length }, { "header", l_header },	  { "body length", l_body_length },
	{ "value", l_value },	{ "nest", l_nest },	  { "many tables", l_many_tables },
	{ "fill", l_fill },	{ "collide", l_collide }, { "byte by byte", l_byte_by_byte },
	{ "slow", l_slow },	{ NULL, NULL },
};
