#include "marshal.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

#include "charter.h"
#include "limit.h"
#include "source.h"
#include "value.h"

static const char by_value_tag;
static const char by_value_key;

void marshal_push_by_value(lua_State *L)
{
	const void **tag = lua_newuserdatauv(L, sizeof *tag, 1);
	*tag = &by_value_tag;
	lua_insert(L, -2);
	lua_setiuservalue(L, -2, 1);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &by_value_key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_createtable(L, 0, 1);
		lua_pushliteral(L, "by value");
		lua_setfield(L, -2, "__name");
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &by_value_key);
	}
	lua_setmetatable(L, -2);
}

static bool is_by_value(lua_State *L, int index)
{
	const void **tag = lua_touserdata(L, index);
	return lua_rawlen(L, index) == sizeof *tag && *tag == &by_value_tag;
}

/* --- errors --------------------------------------------------------------------------------- */

int marshal_refuse(struct marshal *m, const char *what)
{
	m->path[0] = '\0';
	snprintf(m->error, sizeof m->error, "%s", what);
	return -1;
}

int marshal_refuse_type(struct marshal *m, const char *type)
{
	char what[sizeof m->error];
	snprintf(what, sizeof what, "a %s cannot be sent to %s", type, m->receiver);
	return marshal_refuse(m, what);
}

/* Puts the key at `index` in front of the path, on the way out of a table. */
static void prefix_path(struct marshal *m, lua_State *L, int index)
{
	char rest[sizeof m->path];
	memcpy(rest, m->path, sizeof rest);
	int n = 0;
	switch (lua_type(L, index)) {
	case LUA_TSTRING:
		n = snprintf(m->path, sizeof m->path, ".%s", lua_tostring(L, index));
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(L, index))
			n = snprintf(m->path, sizeof m->path, "[%lld]",
				     (long long)lua_tointeger(L, index));
		else
			n = snprintf(m->path, sizeof m->path, "[%g]", lua_tonumber(L, index));
		break;
	default:
		n = snprintf(m->path, sizeof m->path, "[%s]", luaL_typename(L, index));
	}
	if (n >= 0 && (size_t)n < sizeof m->path)
		snprintf(m->path + n, sizeof m->path - (size_t)n, "%.*s",
			 (int)(sizeof m->path - (size_t)n - 1), rest);
}

void marshal_where(lua_State *L, char *place)
{
	lua_Debug ar;
	place[0] = '\0';
	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline > 0 && !source_is_own(L, ar.source)) {
			snprintf(place, MARSHAL_PLACE, "%s:%d: ", ar.short_src, ar.currentline);
			return;
		}
	}
}

/* --- values --------------------------------------------------------------------------------- */

static int put_value(struct marshal *m, lua_State *L, int index);
static int put_copy(struct marshal *m, lua_State *L, int index);

static int put_function(struct marshal *m, lua_State *L, int index)
{
	if (m->copies && lua_tocfunction(L, index) == m->refs->imports->method)
		return marshal_put_method(m, L, index);
	struct import *import = marshal_import_at(m, L, index);
	if (import != NULL)
		return marshal_put_home(m, import);
	if (m->copies && handle_at(L, index) != NULL)
		return marshal_refuse(m, "this remote function was released");
	if (m->restricted)
		return marshal_refuse(m,
				      "a function cannot be sent to a sandboxed page: its module "
				      "or class has to list it in __remote");
	return marshal_put_export(m, L, index, REF_FUNCTION);
}

static int put_boxed(struct marshal *m, lua_State *L, int index)
{
	bool outer = m->frame.by_value;
	m->frame.by_value = true;
	lua_getiuservalue(L, index, 1);
	int result = put_value(m, L, lua_gettop(L));
	lua_pop(L, 1);
	m->frame.by_value = outer;
	return result;
}

/* Refuses an object that a sandboxed page cannot have, by the name of its class, or its own. */
static int refuse_object(struct marshal *m, lua_State *L, int index)
{
	char what[sizeof m->error];
	lua_pushliteral(L, "__name");
	bool named = lua_istable(L, index) && lua_rawget(L, index) == LUA_TSTRING;
	if (!named && luaL_getmetafield(L, index, "__name") != LUA_TSTRING)
		lua_pushstring(L, luaL_typename(L, index));
	snprintf(what, sizeof what, "a %s%.60s cannot be sent to %s: it lists nothing in __remote",
		 named ? "class " : "", lua_tostring(L, -1), m->receiver);
	return marshal_refuse(m, what);
}

static bool is_class(lua_State *L, int index)
{
	lua_pushliteral(L, "__index");
	bool has = lua_istable(L, index) && lua_rawget(L, index) != LUA_TNIL;
	lua_pop(L, 1);
	return has;
}

/* To a sandboxed page: objects with a charter are references, plain tables are copied. */
static int put_restricted(struct marshal *m, lua_State *L, int index)
{
	if (charter_is_at(L, index))
		return marshal_put_export(m, L, index, REF_OBJECT);
	if (!lua_istable(L, index) || is_class(L, index) ||
	    luaL_getmetafield(L, index, "__index") != LUA_TNIL ||
	    luaL_getmetafield(L, index, "__name") != LUA_TNIL)
		return refuse_object(m, L, index);
	return put_copy(m, L, index);
}

static int put_userdata(struct marshal *m, lua_State *L, int index)
{
	struct import *import = marshal_import_at(m, L, index);
	if (import != NULL)
		return marshal_put_home(m, import);
	if (handle_at(L, index) != NULL && m->copies)
		return marshal_refuse(m, "this remote object was released");
	if (is_by_value(L, index))
		return put_boxed(m, L, index);
	if (m->copies)
		return marshal_refuse_type(m, "userdata");
	return m->restricted ? put_restricted(m, L, index)
			     : marshal_put_export(m, L, index, REF_OBJECT);
}

/*
 * The keys 1, 2, 3 … that lua_next gives first are written as a list, the others as pairs: one walk
 * through the table. Both counts are filled in afterwards.
 */
static int put_entries(struct marshal *m, lua_State *L, int index)
{
	struct buffer *out = &m->channel->out;
	uint32_t listed = 0, paired = 0;
	buffer_put_u8(out, TAG_TABLE);
	size_t counts = buffer_length(out) - m->frame.start;
	buffer_put_u32(out, 0);
	buffer_put_u32(out, 0);
	lua_pushnil(L);
	int key = lua_gettop(L);
	while (lua_next(L, index)) {
		bool list = paired == 0 && lua_isinteger(L, key) &&
			    lua_tointeger(L, key) == (lua_Integer)listed + 1;
		if (!list && put_value(m, L, key) < 0)
			return -1;
		if (put_value(m, L, key + 1) < 0) {
			prefix_path(m, L, key);
			return -1;
		}
		list ? listed++ : paired++;
		lua_pop(L, 1);
	}
	if (!out->failed) {
		unsigned char *at = out->bytes + out->head + m->frame.start + counts;
		memcpy(at, &listed, sizeof listed);
		memcpy(at + sizeof listed, &paired, sizeof paired);
	}
	return 0;
}

/* Stack: the marshaller, the table. */
static int l_put_entries(lua_State *L)
{
	lua_pushinteger(L, put_entries(lua_touserdata(L, 1), L, 2));
	return 1;
}

/* Writes a table and all in it. A finalizer may change one of them so that lua_next raises. */
static int put_outermost(struct marshal *m, lua_State *L, int index)
{
	lua_pushcfunction(L, l_put_entries);
	lua_pushlightuserdata(L, m);
	lua_pushvalue(L, index);
	int status = lua_pcall(L, 2, 1, 0);
	int result = status == LUA_OK ? (int)lua_tointeger(L, -1) : 0;
	lua_pop(L, 1);
	if (status == LUA_ERRMEM)
		return marshal_refuse(m, "not enough memory");
	if (status != LUA_OK)
		return marshal_refuse(m, "a table that changes while it is sent cannot be sent");
	return result;
}

static int put_copy(struct marshal *m, lua_State *L, int index)
{
	uint32_t number;
	int known = seen_number(&m->frame.tables, lua_topointer(L, index), &number);
	if (known < 0)
		return marshal_refuse(m, "not enough memory");
	if (known) {
		m->frame.shared = true;
		buffer_put_u8(&m->channel->out, TAG_BACK);
		buffer_put_u32(&m->channel->out, number);
		return 0;
	}
	if (m->frame.depth >= m->depth_most)
		return marshal_refuse(m, "a table nested too deep cannot be sent");
	if (!lua_checkstack(L, 8))
		return marshal_refuse(m, "not enough memory");
	unsigned depth = m->frame.depth++;
	int result = depth == 0 ? put_outermost(m, L, index) : put_entries(m, L, index);
	m->frame.depth = depth;
	return result;
}

/* Stack: the string. */
static int l_anchor(lua_State *L)
{
	lua_pushinteger(L, luaL_ref(L, LUA_REGISTRYINDEX));
	return 1;
}

/* Leaves the string where it is until it is written. */
static int put_apart(struct marshal *m, lua_State *L, int index, const char *s, size_t length)
{
	lua_pushcfunction(L, l_anchor);
	lua_pushvalue(L, index);
	int status = lua_pcall(L, 1, 1, 0);
	int anchor = (int)lua_tointeger(L, -1);
	lua_pop(L, 1);
	if (status != LUA_OK)
		return marshal_refuse(m, "not enough memory");
	value_put_long(&m->channel->out, (uint32_t)length);
	if (channel_put_piece(m->channel, s, length, anchor) < 0)
		luaL_unref(L, LUA_REGISTRYINDEX, anchor);
	return 0;
}

static int put_string(struct marshal *m, lua_State *L, int index)
{
	size_t length;
	const char *s = lua_tolstring(L, index, &length);
	if (length > LIMIT_FRAME)
		return marshal_refuse(m, "a string that long cannot be sent");
	if (m->scatters && length >= LIMIT_APART)
		return put_apart(m, L, index, s, length);
	value_put_string(&m->channel->out, s, length);
	return 0;
}

/* Writes a value that is no object and no string; false where it is one. Changes no stack. */
static bool put_scalar(struct buffer *out, lua_State *L, int index)
{
	switch (lua_type(L, index)) {
	case LUA_TNONE:
	case LUA_TNIL:
		value_put_nil(out);
		return true;
	case LUA_TBOOLEAN:
		value_put_boolean(out, lua_toboolean(L, index));
		return true;
	case LUA_TNUMBER:
		if (lua_isinteger(L, index))
			value_put_integer(out, lua_tointeger(L, index));
		else
			value_put_float(out, lua_tonumber(L, index));
		return true;
	default:
		return false;
	}
}

/* `index` is absolute. */
static int put_value(struct marshal *m, lua_State *L, int index)
{
	if (put_scalar(&m->channel->out, L, index))
		return 0;
	switch (lua_type(L, index)) {
	case LUA_TSTRING:
		return put_string(m, L, index);
	case LUA_TTABLE:
		if (m->restricted)
			return put_restricted(m, L, index);
		if (m->copies || m->frame.by_value)
			return put_copy(m, L, index);
		return marshal_put_export(m, L, index, REF_OBJECT);
	case LUA_TFUNCTION:
		return put_function(m, L, index);
	case LUA_TUSERDATA:
		return put_userdata(m, L, index);
	case LUA_TTHREAD:
	case LUA_TLIGHTUSERDATA:
		if (!m->copies && !m->restricted)
			return marshal_put_export(m, L, index, REF_OBJECT);
		return marshal_refuse_type(m, lua_isthread(L, index) ? "coroutine" : "userdata");
	default:
		return marshal_refuse_type(m, luaL_typename(L, index));
	}
}

int marshal_put(struct marshal *m, lua_State *L, int index)
{
	if (put_scalar(&m->channel->out, L, index))
		return 0;
	int top = lua_gettop(L);
	if (!lua_checkstack(L, 12))
		return marshal_refuse(m, "not enough memory");
	int result = put_value(m, L, lua_absindex(L, index));
	lua_settop(L, top);
	return result;
}

int marshal_put_copy(struct marshal *m, lua_State *L, int index)
{
	m->frame.by_value = true;
	int result = marshal_put(m, L, index);
	m->frame.by_value = false;
	return result;
}
