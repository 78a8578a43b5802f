/*
 * Attacks with references: ids, releases, answers, and what may be called.
 */
#include <string.h>

#include "protocol.h"
#include "rogue.h"

/* --- ids --- */

/* Calls 'take' of the object with the id at 1. */
static int l_use(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, (uint64_t)luaL_checkinteger(L, 1), "take");
	return forge_ask(p, &f, L);
}

/* Uses the id at 1, which was good in the context before, in the next one. */
static int l_use_of_old(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery end = forge(p, MSG_END, 0);
	forge_put(p, &end);
	p->epoch++;
	return l_use(L);
}

static int l_old_epoch(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, (uint64_t)luaL_checkinteger(L, 1), "take");
	f.header.epoch--;
	return forge_ask(p, &f, L);
}

/* --- releases --- */

static void put_release(struct peer *p, uint64_t id, uint32_t count)
{
	struct forgery f = forge(p, MSG_RELEASE, 0);
	buffer_put_u64(&f.body, id);
	buffer_put_u32(&f.body, count);
	f.header.values = 1;
	forge_put(p, &f);
}

/* Gives back the id at 1 as often as 2 says. */
static int l_release(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	put_release(p, (uint64_t)luaL_checkinteger(L, 1), (uint32_t)luaL_checkinteger(L, 2));
	forge_flush(p);
	rogue_stay(p);
}

static int l_release_twice(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	put_release(p, (uint64_t)luaL_checkinteger(L, 1), 1);
	put_release(p, (uint64_t)luaL_checkinteger(L, 1), 1);
	forge_flush(p);
	rogue_stay(p);
}

static int l_release_and_use(lua_State *L)
{
	put_release(rogue_peer(L), (uint64_t)luaL_checkinteger(L, 1), 1);
	return l_use(L);
}

static int l_release_in_half(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge(p, MSG_RELEASE, 0);
	buffer_put_u64(&f.body, (uint64_t)luaL_checkinteger(L, 1));
	f.header.values = 1;
	forge_send(p, &f);
	rogue_stay(p);
}

/* --- references that nobody can have --- */

/* Passes a reference of the kind, id and text at 2 to 4 to 'take' of the object at 1. */
static int l_pass(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, rogue_id(L, 1), "take");
	size_t length;
	const char *text = luaL_optlstring(L, 4, NULL, &length);
	forge_reference(&f, (enum reference_kind)luaL_checkinteger(L, 2),
			(uint64_t)luaL_checkinteger(L, 3), text);
	return forge_ask(p, &f, L);
}

/* Calls the method of the class at 1 whose name is at 2, with a table as its object. */
static int l_method(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge(p, MSG_ASK, OP_CALL);
	forge_reference(&f, REF_METHOD, (uint64_t)luaL_checkinteger(L, 1), luaL_checkstring(L, 2));
	forge_table(&f, 0, 0);
	f.header.values++;
	return forge_ask(p, &f, L);
}

/* Hands over a callback with the id at 2, and listens: what it is called with the first time. */
static int l_callback(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, rogue_id(L, 1), "keep");
	uint64_t id = (uint64_t)luaL_checkinteger(L, 2);
	forge_reference(&f, REF_FUNCTION, id, "rogue.lua:1");
	forge_ask(p, &f, L);
	for (;;) {
		struct frame frame;
		forge_next(p, &frame);
		bool called = frame.header.message == MSG_POST &&
			      frame.header.operation == OP_CALL && frame.header.body > 7;
		if (called)
			lua_pushlstring(L, (const char *)frame.body + 7, frame.body[6]);
		buffer_consume(&p->channel.in, frame.header.length);
		if (called)
			return 1;
	}
}

/* --- answers --- */

/* Answers the request with the id at 1, which main never made. */
static int l_answer(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge(p, MSG_RETURN, 0);
	f.header.request = (uint64_t)luaL_checkinteger(L, 1);
	forge_send(p, &f);
	rogue_stay(p);
}

static int l_raise_one(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge(p, MSG_RAISE, 0);
	f.header.request = (uint64_t)luaL_checkinteger(L, 1);
	forge_string(&f, "only one value");
	forge_send(p, &f);
	rogue_stay(p);
}

/* --- what may be called --- */

/* Puts the value at `index`, plain or an object of main's, into the frame. */
static void put_any(struct forgery *f, lua_State *L, int index)
{
	size_t length;
	switch (lua_type(L, index)) {
	case LUA_TUSERDATA:
		forge_reference(f, REF_YOURS, rogue_id(L, index), NULL);
		return;
	case LUA_TFUNCTION:
		forge_reference(f, REF_FUNCTION, 4711, "rogue.lua:1");
		return;
	case LUA_TTABLE:
		forge_table(f, 0, 0);
		break;
	case LUA_TSTRING: {
		const char *text = lua_tolstring(L, index, &length);
		value_put_string(&f->body, text, length);
		break;
	}
	case LUA_TNUMBER:
		if (lua_isinteger(L, index))
			value_put_integer(&f->body, lua_tointeger(L, index));
		else
			value_put_float(&f->body, lua_tonumber(L, index));
		break;
	case LUA_TBOOLEAN:
		value_put_boolean(&f->body, lua_toboolean(L, index));
		break;
	default:
		value_put_nil(&f->body);
	}
	f->header.values++;
}

/* Asks for the operation of the name at 1, with the operands that follow: any values. */
static int l_operate(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	const char *name = luaL_checkstring(L, 1);
	unsigned operation = 0;
	while (operation < OP_COUNT && strcmp(protocol_operation_name(operation), name) != 0)
		operation++;
	struct forgery f = forge(p, MSG_ASK, (enum operation)operation);
	for (int i = 2; i <= lua_gettop(L); i++)
		put_any(&f, L, i);
	return forge_ask(p, &f, L);
}

/* Calls the method at 1 of main's root object with the values that follow. */
static int l_root(lua_State *L)
{
	struct peer *p = rogue_peer(L);
	struct forgery f = forge_invoke(p, 0, luaL_checkstring(L, 1));
	for (int i = 2; i <= lua_gettop(L); i++)
		put_any(&f, L, i);
	return forge_ask(p, &f, L);
}

const luaL_Reg rogue_references[] = {
	{ "use", l_use },
	{ "use of old", l_use_of_old },
	{ "old epoch", l_old_epoch },
	{ "release", l_release },
	{ "release twice", l_release_twice },
	{ "release and use", l_release_and_use },
	{ "release in half", l_release_in_half },
	{ "pass", l_pass },
	{ "method", l_method },
	{ "callback", l_callback },
	{ "answer", l_answer },
	{ "raise one", l_raise_one },
	{ "operate", l_operate },
	{ "root", l_root },
	{ NULL, NULL },
};
