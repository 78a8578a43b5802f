/*
 * Attacks by sheer number. Each goes on until main has had enough, or for as many rounds as it is
 * told.
 */
#include <string.h>
#include <sys/socket.h>

#include "limit.h"
#include "rogue.h"

/* Sends what is ready, and drops what came. */
static void exchange(struct peer *p)
{
	struct frame f;
	forge_flush(p);
	while (channel_fill(&p->channel, false) > 0)
		while (channel_next(&p->channel, &f) > 0)
			buffer_consume(&p->channel.in, f.header.length);
}

/* Calls to 'take' of the object at 1, as many as 2 says, whose answers nobody awaits. */
static int l_asks(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	uint64_t id = rogue_id(L, 1);
	for (lua_Integer i = luaL_checkinteger(L, 2); i > 0; i--) {
		struct forgery f = forge_invoke(p, id, "take");
		forge_put(p, &f);
		exchange(p);
	}
	struct forgery last = forge_invoke(p, id, "take");
	return forge_ask(p, &last, L);
}

/* Calls to the method at 2 of the object at 1 whose answers are never read. */
static int l_deaf(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	uint64_t id = rogue_id(L, 1);
	for (;;) {
		struct forgery f = forge_invoke(p, id, luaL_checkstring(L, 2));
		forge_send(p, &f);
	}
	return 0;
}

/* The same, all of them at once. */
static int l_deaf_at_once(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	uint64_t id = rogue_id(L, 1);
	for (int i = 0; i < 1000; i++) {
		struct forgery f = forge_invoke(p, id, luaL_checkstring(L, 2));
		forge_put(p, &f);
	}
	forge_flush(p);
	rogue_sleep(p);
}

/* Calls that wait in main, each with a string of as many bytes as 2 says. */
static int l_waiting(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	uint64_t id = rogue_id(L, 1);
	size_t length = (size_t)luaL_checkinteger(L, 2);
	for (;;) {
		struct forgery f = forge_invoke(p, id, "wait");
		buffer_put_u8(&f.body, TAG_STRING32);
		buffer_put_u32(&f.body, (uint32_t)length);
		if (buffer_reserve(&f.body, length) == 0)
			memset(f.body.bytes + f.body.tail, 'x', length);
		f.body.tail += length;
		f.header.values++;
		forge_put(p, &f);
		exchange(p);
	}
	return 0;
}

/* Callbacks that main keeps, a hundred with each call. */
static int l_callbacks(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	uint64_t object = rogue_id(L, 1);
	for (uint64_t id = 1;;) {
		struct forgery f = forge_invoke(p, object, "keep");
		for (int i = 0; i < 100; i++)
			forge_reference(&f, REF_FUNCTION, id++, "rogue.lua:1");
		forge_put(p, &f);
		exchange(p);
	}
	return 0;
}

/* What the method of the root object at 1 does with the string at 2, as often as 3 says. */
static int l_posts(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	for (lua_Integer i = luaL_checkinteger(L, 3); i > 0; i--) {
		struct forgery f = forge_invoke(p, 0, luaL_checkstring(L, 1));
		f.header.message = MSG_POST;
		if (strcmp(luaL_checkstring(L, 1), "print") == 0)
			forge_string(&f, "stderr");
		forge_string(&f, luaL_checkstring(L, 2));
		forge_put(p, &f);
		exchange(p);
	}
	return 0;
}

/* Ends its context again and again. */
static int l_ends(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	for (;;) {
		struct forgery f = forge(p, MSG_END, 0);
		p->epoch++;
		forge_put(p, &f);
		exchange(p);
	}
	return 0;
}

/* Rings main's bell, for nothing, as often as 1 says. */
static int l_bells(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	for (lua_Integer i = luaL_checkinteger(L, 1); i > 0; i--)
		send(p->channel.fd, "", 1, MSG_NOSIGNAL);
	return 0;
}

/* Takes what main sends, and never answers. */
static int l_mute(lua_State *L)
{
	rogue_stay(rogue_peer(L));
}

/* Computes without end. */
static int l_spin(lua_State *L)
{
	volatile unsigned n = 0;
	(void)L;
	for (;;)
		n++;
	return 0;
}

const luaL_Reg rogue_floods[] = {
	{ "asks", l_asks },
	{ "deaf", l_deaf },
	{ "deaf at once", l_deaf_at_once },
	{ "waiting", l_waiting },
	{ "callbacks", l_callbacks },
	{ "posts", l_posts },
	{ "ends", l_ends },
	{ "bells", l_bells },
	{ "mute", l_mute },
	{ "spin", l_spin },
	{ NULL, NULL },
};
