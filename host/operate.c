#include "operate.h"

#include <lauxlib.h>

#include "marshal.h"
#include "protocol.h"

#define CHAIN_MOST 2000 /* as MAXTAGLOOP of Lua's lvm.c */

static int give_all(lua_State *L, int status, lua_KContext first)
{
	(void)status;
	return lua_gettop(L) - (int)first;
}

static int give_one(lua_State *L, int status, lua_KContext context)
{
	(void)L;
	(void)status;
	(void)context;
	return 1;
}

static int give_truth(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	(void)context;
	lua_pushboolean(L, lua_toboolean(L, -1));
	return 1;
}

/* Calls what stands below `nargs` arguments; its results are the operation's. */
static int finish_with_call(lua_State *L, int nargs, int nresults, lua_KFunction give)
{
	int first = lua_gettop(L) - nargs - 1;
	lua_callk(L, nargs, nresults, first, give);
	return give(L, LUA_OK, first);
}

/*
 * Follows the chain of tables named by `event` from the object on top of the stack, for the key at
 * index 2. Returns LUA_TFUNCTION with the function that ends the chain and the object it is for on
 * top, LUA_TTABLE with the table on top that has the key (or ends the chain), and LUA_TNIL with an
 * object that is neither and has no such metamethod.
 */
static int walk(lua_State *L, const char *event)
{
	for (int i = 0; i < CHAIN_MOST; i++) {
		if (lua_istable(L, -1)) {
			lua_pushvalue(L, 2);
			int present = lua_rawget(L, -2) != LUA_TNIL;
			lua_pop(L, 1);
			if (present)
				return LUA_TTABLE;
		}
		int type = luaL_getmetafield(L, -1, event);
		if (type == LUA_TNIL)
			return lua_istable(L, -1) ? LUA_TTABLE : LUA_TNIL;
		if (type == LUA_TFUNCTION) {
			lua_insert(L, -2);
			return LUA_TFUNCTION;
		}
		lua_remove(L, -2);
	}
	return luaL_error(L, "'%s' chain too long; possibly a loop", event);
}

/* Pushes object[key], or what must be called with 2 arguments (and returns 1) to get it. */
static int begin_index(lua_State *L)
{
	luaL_checkstack(L, 8, NULL);
	lua_pushvalue(L, 1);
	switch (walk(L, "__index")) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 2);
		return 1;
	case LUA_TTABLE:
		lua_pushvalue(L, 2);
		lua_rawget(L, -2);
		break;
	default:
		lua_pushvalue(L, 2);
		lua_gettable(L, -2);
	}
	lua_remove(L, -2);
	return 0;
}

static int op_index(lua_State *L)
{
	return begin_index(L) ? finish_with_call(L, 2, 1, give_one) : 1;
}

/* Stack: object, name, arguments, method. */
static int call_method(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	(void)context;
	if (lua_isnil(L, -1))
		return luaL_error(L, "attempt to call a nil value (method '%s')", lua_tostring(L, 2));
	lua_replace(L, 2);
	lua_pushvalue(L, 1);
	lua_pushvalue(L, 2);
	lua_replace(L, 1);
	lua_replace(L, 2);
	return finish_with_call(L, lua_gettop(L) - 1, LUA_MULTRET, give_all);
}

static int op_invoke(lua_State *L)
{
	if (begin_index(L))
		lua_callk(L, 2, 1, 0, call_method);
	return call_method(L, LUA_OK, 0);
}

static int op_newindex(lua_State *L)
{
	lua_pushvalue(L, 1);
	switch (walk(L, "__newindex")) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 2);
		lua_pushvalue(L, 3);
		return finish_with_call(L, 3, 0, give_all);
	case LUA_TTABLE:
		lua_pushvalue(L, 2);
		lua_pushvalue(L, 3);
		lua_rawset(L, -3);
		return 0;
	default:
		lua_pushvalue(L, 2);
		lua_pushvalue(L, 3);
		lua_settable(L, -3);
		return 0;
	}
}

/* Pushes the metamethod that either operand has for the event; 0 where neither has one. */
static int push_handler(lua_State *L, const char *event)
{
	return luaL_getmetafield(L, 1, event) != LUA_TNIL ||
	       luaL_getmetafield(L, 2, event) != LUA_TNIL;
}

static int call_handler(lua_State *L, lua_KFunction give)
{
	lua_pushvalue(L, 1);
	lua_pushvalue(L, 2);
	return finish_with_call(L, 2, 1, give);
}

static int arith(lua_State *L, int op, const char *event)
{
	if (lua_gettop(L) == 1)
		lua_pushvalue(L, 1);
	if (push_handler(L, event))
		return call_handler(L, give_one);
	if (op == LUA_OPUNM || op == LUA_OPBNOT)
		lua_pop(L, 1);
	lua_arith(L, op);
	return 1;
}

#define ARITHMETIC(X)           \
	X(add, LUA_OPADD)       \
	X(sub, LUA_OPSUB)       \
	X(mul, LUA_OPMUL)       \
	X(mod, LUA_OPMOD)       \
	X(pow, LUA_OPPOW)       \
	X(div, LUA_OPDIV)       \
	X(idiv, LUA_OPIDIV)     \
	X(band, LUA_OPBAND)     \
	X(bor, LUA_OPBOR)       \
	X(bxor, LUA_OPBXOR)     \
	X(shl, LUA_OPSHL)       \
	X(shr, LUA_OPSHR)       \
	X(unm, LUA_OPUNM)       \
	X(bnot, LUA_OPBNOT)

#define X(name, op)                              \
	static int op_##name(lua_State *L)       \
	{                                        \
		return arith(L, op, "__" #name); \
	}
ARITHMETIC(X)
#undef X

static int op_concat(lua_State *L)
{
	bool plain = lua_isstring(L, 1) && lua_isstring(L, 2);
	if (!plain && push_handler(L, "__concat"))
		return call_handler(L, give_one);
	lua_concat(L, 2);
	return 1;
}

static int op_len(lua_State *L)
{
	if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL) {
		lua_pushvalue(L, 1);
		return finish_with_call(L, 1, 1, give_one);
	}
	lua_len(L, 1);
	return 1;
}

static int op_eq(lua_State *L)
{
	int type = lua_type(L, 1);
	bool same = lua_rawequal(L, 1, 2);
	bool may_differ = type == lua_type(L, 2) && (type == LUA_TTABLE || type == LUA_TUSERDATA);
	if (!same && may_differ && push_handler(L, "__eq"))
		return call_handler(L, give_truth);
	lua_pushboolean(L, same);
	return 1;
}

static int compare(lua_State *L, int op, const char *event)
{
	bool plain = lua_type(L, 1) == lua_type(L, 2) &&
		     (lua_type(L, 1) == LUA_TNUMBER || lua_type(L, 1) == LUA_TSTRING);
	if (!plain && push_handler(L, event))
		return call_handler(L, give_truth);
	lua_pushboolean(L, lua_compare(L, 1, 2, op));
	return 1;
}

static int op_lt(lua_State *L)
{
	return compare(L, LUA_OPLT, "__lt");
}

static int op_le(lua_State *L)
{
	return compare(L, LUA_OPLE, "__le");
}

static int op_tostring(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	return 1;
}

static int op_close(lua_State *L)
{
	if (luaL_getmetafield(L, 1, "__close") == LUA_TNIL)
		return luaL_error(L, "this object has no __close metamethod");
	lua_pushvalue(L, 1);
	lua_pushvalue(L, 2);
	return finish_with_call(L, 2, 0, give_all);
}

static int op_pairs(lua_State *L)
{
	if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
		lua_pushvalue(L, 1);
		return finish_with_call(L, 1, 3, give_all);
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	return 0;
}

static int op_next(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checkstack(L, 2 * NEXT_CHUNK + 4, NULL);
	int count = 0;
	while (count < NEXT_CHUNK && lua_next(L, 1)) {
		count++;
		lua_pushvalue(L, -2);
	}
	if (count == NEXT_CHUNK)
		lua_pop(L, 1);
	return 2 * count;
}

static int op_copy(lua_State *L)
{
	if (!lua_istable(L, 1))
		return luaL_error(L, "copy: a table expected, got a %s", luaL_typename(L, 1));
	marshal_push_by_value(L);
	return 1;
}

static int op_rawget(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_rawget(L, 1);
	return 1;
}

static int op_rawlen(lua_State *L)
{
	if (!lua_istable(L, 1))
		return luaL_error(L, "table or string expected");
	lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
	return 1;
}

lua_CFunction operate_function(unsigned operation)
{
	static const lua_CFunction functions[OP_COUNT] = {
		[OP_CALL] = NULL,
		[OP_INVOKE] = op_invoke,
		[OP_INDEX] = op_index,
		[OP_NEWINDEX] = op_newindex,
		[OP_LEN] = op_len,
		[OP_EQ] = op_eq,
		[OP_LT] = op_lt,
		[OP_LE] = op_le,
		[OP_CONCAT] = op_concat,
		[OP_ADD] = op_add,
		[OP_SUB] = op_sub,
		[OP_MUL] = op_mul,
		[OP_MOD] = op_mod,
		[OP_POW] = op_pow,
		[OP_DIV] = op_div,
		[OP_IDIV] = op_idiv,
		[OP_BAND] = op_band,
		[OP_BOR] = op_bor,
		[OP_BXOR] = op_bxor,
		[OP_SHL] = op_shl,
		[OP_SHR] = op_shr,
		[OP_UNM] = op_unm,
		[OP_BNOT] = op_bnot,
		[OP_TOSTRING] = op_tostring,
		[OP_CLOSE] = op_close,
		[OP_PAIRS] = op_pairs,
		[OP_NEXT] = op_next,
		[OP_COPY] = op_copy,
		[OP_RAWGET] = op_rawget,
		[OP_RAWLEN] = op_rawlen,
	};
	return functions[operation];
}
