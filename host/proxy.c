#include "proxy.h"

#include <lauxlib.h>

#include "async.h"

/* --- what a proxy stands for ---------------------------------------------------------------- */

void proxy_push_dead_reason(lua_State *L, const struct import *import)
{
	lua_pushfstring(L,
			"attempt to call a callback of a page that was reloaded or closed "
			"(registered at %s)",
			import->origin ? import->origin : "an unknown place");
}

static void refuse_dead(lua_State *L, const struct import *import)
{
	if (!imports_of(L)->is_main)
		luaL_error(L, "attempt to use a remote object while this page's context is ending");
	luaL_where(L, 1);
	proxy_push_dead_reason(L, import);
	lua_concat(L, 2);
	lua_error(L);
}

struct import *proxy_usable(lua_State *L, int index, struct handle *h)
{
	struct import *import = handle_import(h);
	if (import == NULL)
		luaL_error(L, "attempt to use a remote object that was released");
	else if (import->state == IMPORT_DEAD)
		refuse_dead(L, import);
	else if (import->state == IMPORT_QUEUED)
		refs_revive(L, index, import);
	return import;
}

static struct peer *peer_of(const struct import *import)
{
	return import->refs->owner;
}

static int ask(lua_State *L, struct peer *p, enum operation operation, int first)
{
	return peer_ask(p, L, operation, first, async_mode(L, p), NULL);
}

/* Pushes the C function that is running. */
static void push_running(lua_State *L)
{
	lua_Debug ar;
	lua_getstack(L, 0, &ar);
	lua_getinfo(L, "f", &ar);
}

/* --- functions ------------------------------------------------------------------------------ */

static int l_remote_call(lua_State *L)
{
	struct handle *h = handle_at(L, lua_upvalueindex(1));
	if (h == NULL)
		return luaL_error(L, "this remote function was tampered with");
	struct import *import = handle_import(h);
	if (import == NULL || import->state != IMPORT_LIVE) {
		push_running(L);
		import = proxy_usable(L, -1, h);
		lua_pop(L, 1);
	}
	struct peer *p = peer_of(import);
	import->calls++;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	if (!p->is_main)
		return ask(L, p, OP_CALL, 1);
	peer_post(p, L, OP_CALL, 1, false);
	lua_pushboolean(L, 1);
	return 1;
}

/* The upvalues of a method stub. */
enum { METHOD_NAME = 1, METHOD_CLASS, METHOD_PEER, METHOD_OBJECT, METHOD_SELF };

/*
 * A method of a class. Called as object:name(…) it is one trip, and the owner looks the name up in
 * the object; called with anything else it is the class's own function.
 */
static int l_method_call(lua_State *L)
{
	struct peer *p = lua_touserdata(L, lua_upvalueindex(METHOD_PEER));
	struct handle *h = handle_at(L, 1);
	struct import *import = h ? handle_import(h) : NULL;
	if (import == NULL ||
	    import->class != (uint32_t)lua_tointeger(L, lua_upvalueindex(METHOD_CLASS))) {
		lua_pushvalue(L, lua_upvalueindex(METHOD_SELF));
		lua_insert(L, 1);
		return ask(L, p, OP_CALL, 1);
	}
	proxy_usable(L, 1, h);
	lua_pushvalue(L, lua_upvalueindex(METHOD_NAME));
	lua_insert(L, 2);
	return ask(L, p, OP_INVOKE, 1);
}

/* --- objects -------------------------------------------------------------------------------- */

/*
 * The upvalues of __index and __newindex: the set of method names, and those stubs that somebody
 * has.
 */
enum { INDEX_NAMES = 1, INDEX_STUBS, INDEX_CLASS, INDEX_PEER };

static struct import *object_at(lua_State *L, int index)
{
	struct handle *h = handle_at(L, index);
	if (h == NULL)
		luaL_typeerror(L, index, "remote object");
	return proxy_usable(L, index, h);
}

/*
 * Pushes a new stub of the method that the key names. The object stays with it, since it may be all
 * that keeps the class.
 */
static void push_stub(lua_State *L, int object, int key)
{
	lua_pushvalue(L, key);
	lua_pushvalue(L, lua_upvalueindex(INDEX_CLASS));
	lua_pushvalue(L, lua_upvalueindex(INDEX_PEER));
	lua_pushvalue(L, object);
	lua_pushnil(L);
	lua_pushcclosure(L, l_method_call, METHOD_SELF);
	lua_pushvalue(L, -1);
	lua_setupvalue(L, -2, METHOD_SELF);
	lua_pushvalue(L, key);
	lua_pushvalue(L, -2);
	lua_rawset(L, lua_upvalueindex(INDEX_STUBS));
}

static int l_index(lua_State *L)
{
	struct import *import = object_at(L, 1);
	if (!import->plain) {
		lua_pushvalue(L, 2);
		if (lua_rawget(L, lua_upvalueindex(INDEX_STUBS)) == LUA_TFUNCTION)
			return 1;
		lua_pushvalue(L, 2);
		if (lua_rawget(L, lua_upvalueindex(INDEX_NAMES)) == LUA_TBOOLEAN) {
			push_stub(L, 1, 2);
			return 1;
		}
		lua_settop(L, 2);
	}
	return ask(L, peer_of(import), OP_INDEX, 1);
}

/* The object at first - 1 was given a field that hides a method of its class. */
static int hide_method(lua_State *L, int first)
{
	struct import *import = handle_import(handle_at(L, first - 1));
	if (import != NULL)
		import->plain = true;
	return 0;
}

static int l_newindex(lua_State *L)
{
	struct import *import = object_at(L, 1);
	struct peer *p = peer_of(import);
	lua_pushvalue(L, 2);
	bool is_method = lua_rawget(L, lua_upvalueindex(INDEX_NAMES)) != LUA_TNIL;
	lua_pop(L, 1);
	if (!is_method || import->plain)
		return ask(L, p, OP_NEWINDEX, 1);
	lua_pushvalue(L, 1);
	lua_insert(L, 1);
	return peer_ask(p, L, OP_NEWINDEX, 2, async_mode(L, p), hide_method);
}

static int l_call(lua_State *L)
{
	return ask(L, peer_of(object_at(L, 1)), OP_CALL, 1);
}

/* Lua gives the operand of a unary operator twice. */
static int unary(lua_State *L, enum operation operation)
{
	struct import *import = object_at(L, 1);
	lua_settop(L, 1);
	return ask(L, peer_of(import), operation, 1);
}

static int binary(lua_State *L, enum operation operation)
{
	struct import *import = object_at(L, handle_at(L, 1) != NULL ? 1 : 2);
	lua_settop(L, 2);
	return ask(L, peer_of(import), operation, 1);
}

#define UNARY(X)      \
	X(len, LEN)   \
	X(unm, UNM)   \
	X(bnot, BNOT) \
	X(tostring, TOSTRING)

#define BINARY(X)         \
	X(eq, EQ)         \
	X(lt, LT)         \
	X(le, LE)         \
	X(concat, CONCAT) \
	X(add, ADD)       \
	X(sub, SUB)       \
	X(mul, MUL)       \
	X(mod, MOD)       \
	X(pow, POW)       \
	X(div, DIV)       \
	X(idiv, IDIV)     \
	X(band, BAND)     \
	X(bor, BOR)       \
	X(bxor, BXOR)     \
	X(shl, SHL)       \
	X(shr, SHR)       \
	X(close, CLOSE)

#define X(name, operation)                       \
	static int l_##name(lua_State *L)        \
	{                                        \
		return unary(L, OP_##operation); \
	}
UNARY(X)
#undef X

#define X(name, operation)                        \
	static int l_##name(lua_State *L)         \
	{                                         \
		return binary(L, OP_##operation); \
	}
BINARY(X)
#undef X

/* --- iteration ------------------------------------------------------------------------------ */

/* The upvalues of an iterator: the object, and a thread with the pairs fetched on its stack. */
enum { PAIRS_OBJECT = 1, PAIRS_CHUNK };

static int next_of_chunk(lua_State *L, lua_State *chunk)
{
	lua_xmove(chunk, L, 2);
	return 2;
}

/*
 * Puts the pairs that came, from `first` to the top, on the stack of the chunk, the first of them
 * on top. Below them is the key after which there may be more, or nil.
 */
static int take_chunk(lua_State *L, int first)
{
	lua_State *chunk = lua_tothread(L, lua_upvalueindex(PAIRS_CHUNK));
	int count = lua_gettop(L) - first + 1;
	luaL_checkstack(L, 2, NULL);
	if (!lua_checkstack(chunk, count + 1))
		luaL_error(L, "not enough memory");
	if (count == 2 * NEXT_CHUNK)
		lua_pushvalue(L, -2);
	else if (count % 2 == 0)
		lua_pushnil(L);
	lua_settop(chunk, 0);
	lua_xmove(L, chunk, 1);
	for (int i = 1; i < count; i += 2)
		lua_xmove(L, chunk, 2);
	if (count > 0)
		return next_of_chunk(L, chunk);
	lua_pushnil(L);
	return 1;
}

static int l_pairs_next(lua_State *L)
{
	lua_State *chunk = lua_tothread(L, lua_upvalueindex(PAIRS_CHUNK));
	int held = lua_gettop(chunk);
	if (held > 1)
		return next_of_chunk(L, chunk);
	if (held == 1 && lua_isnil(chunk, 1))
		return lua_pushnil(L), 1;
	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(PAIRS_OBJECT));
	if (held == 0)
		lua_pushnil(chunk);
	else
		lua_pushvalue(chunk, 1);
	lua_xmove(chunk, L, 1);
	lua_pushinteger(L, NEXT_CHUNK);
	struct peer *p = peer_of(object_at(L, 1));
	return peer_ask(p, L, OP_NEXT, 1, async_mode(L, p), take_chunk);
}

/* What the object's __pairs returned; else an iterator over its raw fields. Object at first - 1. */
static int begin_pairs(lua_State *L, int first)
{
	if (lua_gettop(L) >= first)
		return lua_gettop(L) - first + 1;
	lua_pushvalue(L, first - 1);
	lua_newthread(L);
	lua_pushcclosure(L, l_pairs_next, PAIRS_CHUNK);
	lua_pushvalue(L, first - 1);
	lua_pushnil(L);
	return 3;
}

int proxy_l_pairs(lua_State *L)
{
	struct import *import = object_at(L, 1);
	struct peer *p = peer_of(import);
	lua_settop(L, 1);
	lua_pushvalue(L, 1);
	return peer_ask(p, L, OP_PAIRS, 2, async_mode(L, p), begin_pairs);
}

/* --- metatables ----------------------------------------------------------------------------- */

static void push_weak_table(lua_State *L)
{
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
}

static void push_kind(lua_State *L, void *peer, uint32_t class, const char *name, unsigned bits)
{
	static const luaL_Reg always[] = {
		{ "__gc", l_handle_gc },
		{ "__call", l_call },
		{ "__pairs", proxy_l_pairs },
		{ "__len", l_len },
		{ "__unm", l_unm },
		{ "__bnot", l_bnot },
		{ "__lt", l_lt },
		{ "__le", l_le },
		{ "__concat", l_concat },
		{ "__add", l_add },
		{ "__sub", l_sub },
		{ "__mul", l_mul },
		{ "__mod", l_mod },
		{ "__pow", l_pow },
		{ "__div", l_div },
		{ "__idiv", l_idiv },
		{ "__band", l_band },
		{ "__bor", l_bor },
		{ "__bxor", l_bxor },
		{ "__shl", l_shl },
		{ "__shr", l_shr },
		{ "__tostring", l_tostring },
		{ NULL, NULL },
	};
	static const luaL_Reg indexing[] = { { "__index", l_index },
					     { "__newindex", l_newindex },
					     { NULL, NULL } };
	lua_newtable(L);
	luaL_setfuncs(L, always, 0);
	lua_pushvalue(L, -2);
	push_weak_table(L);
	lua_pushinteger(L, class);
	lua_pushlightuserdata(L, peer);
	luaL_setfuncs(L, indexing, INDEX_PEER);
	if (bits & CLASS_EQ) {
		lua_pushcfunction(L, l_eq);
		lua_setfield(L, -2, "__eq");
	}
	if (bits & CLASS_CLOSE) {
		lua_pushcfunction(L, l_close);
		lua_setfield(L, -2, "__close");
	}
	lua_pushstring(L, name ? name : "remote object");
	lua_setfield(L, -2, "__name");
	lua_pushliteral(L, "remote");
	lua_setfield(L, -2, "__metatable");
	lua_remove(L, -2);
}

struct imports *proxy_open(lua_State *L, bool is_main)
{
	struct imports *all = imports_open(L);
	all->is_main = is_main;
	all->call = l_remote_call;
	all->method = l_method_call;
	all->push_kind = push_kind;
	return all;
}
