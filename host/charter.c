#include "charter.h"

#include <lauxlib.h>
#include <string.h>

#include "limit.h"
#include "protocol.h"
#include "value.h"

#define ANCESTORS_MOST 32

/* In the table of a class: whether its holder is a module. */
enum { CHARTER_IS_MODULE = CLASS_OWN };

static int raw_field(lua_State *L, int index, const char *key)
{
	index = lua_absindex(L, index);
	lua_pushstring(L, key);
	return lua_rawget(L, index);
}

static bool has_field(lua_State *L, int index, const char *key)
{
	bool has = raw_field(L, index, key) != LUA_TNIL;
	lua_pop(L, 1);
	return has;
}

/* Pushes what holds the charter of the object at `index`; false, with nothing pushed, if none. */
static bool push_holder(lua_State *L, int index, bool *is_module)
{
	index = lua_absindex(L, index);
	*is_module = false;
	if (!lua_checkstack(L, 12))
		return false;
	if (lua_getmetatable(L, index)) {
		if (raw_field(L, -1, "__remote") == LUA_TTABLE) {
			lua_pop(L, 1);
			return true;
		}
		lua_pop(L, 2);
	}
	if (!lua_istable(L, index) || has_field(L, index, "__index"))
		return false;
	*is_module = raw_field(L, index, "__remote") == LUA_TTABLE;
	lua_pop(L, 1);
	if (*is_module)
		lua_pushvalue(L, index);
	return *is_module;
}

bool charter_is_at(lua_State *L, int index)
{
	bool is_module;
	bool found = push_holder(L, index, &is_module);
	lua_pop(L, found);
	return found;
}

/* Replaces the table of methods on top of the stack by the one it inherits from; false if none. */
static bool to_parent(lua_State *L)
{
	if (!lua_getmetatable(L, -1))
		return false;
	raw_field(L, -1, "__index");
	lua_replace(L, -3);
	lua_pop(L, 1);
	return lua_istable(L, -1);
}

/* Pushes the raw field that the name on top of the stack has in the holder, or inherits. */
static void push_function(lua_State *L, int holder, bool is_module)
{
	int name = lua_gettop(L);
	if (is_module)
		lua_pushvalue(L, holder);
	else
		raw_field(L, holder, "__index");
	for (int i = 0; lua_istable(L, -1) && i < ANCESTORS_MOST; i++) {
		lua_pushvalue(L, name);
		if (lua_rawget(L, -2) != LUA_TNIL || is_module) {
			lua_replace(L, name + 1);
			lua_settop(L, name + 1);
			return;
		}
		lua_pop(L, 1);
		if (!to_parent(L))
			break;
	}
	lua_settop(L, name);
	lua_pushnil(L);
}

/* Fills the table on top of the stack with the functions that the holder lists. */
static void add_functions(lua_State *L, int holder, bool is_module)
{
	int functions = lua_gettop(L);
	raw_field(L, holder, "__remote");
	for (lua_Integer i = 1; i <= (lua_Integer)LIMIT_METHODS; i++) {
		if (lua_rawgeti(L, functions + 1, i) != LUA_TSTRING)
			break;
		push_function(L, holder, is_module);
		if (lua_isfunction(L, -1))
			lua_rawset(L, functions);
		lua_settop(L, functions + 1);
	}
	lua_settop(L, functions);
}

/* Writes the CLASS frame for the holder and the functions on top of the stack. */
static void describe(struct classes *c, lua_State *L, int holder, uint32_t id, uint32_t epoch)
{
	struct buffer *b = &c->fresh;
	struct frame_header h = {
		.message = MSG_CLASS, .epoch = epoch, .request = id, .values = 2
	};
	size_t start = buffer_length(b), length;
	buffer_put(b, &h, sizeof h);
	if (raw_field(L, holder, "__name") == LUA_TSTRING) {
		const char *name = lua_tolstring(L, -1, &length);
		value_put_string(b, name, length);
	} else {
		value_put_nil(b);
	}
	lua_pop(L, 1);
	value_put_integer(b, 0);
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		if (lua_type(L, -2) == LUA_TSTRING) {
			const char *name = lua_tolstring(L, -2, &length);
			value_put_string(b, name, length);
			h.values++;
		}
		lua_pop(L, 1);
	}
	h.length = (uint32_t)(buffer_length(b) - start);
	h.body = h.length - (uint32_t)sizeof h;
	if (!b->failed)
		memcpy(b->bytes + b->head + start, &h, sizeof h);
}

/* Gives the holder on top of the stack an id; 0 where there are too many. */
static uint32_t add_class(struct classes *c, lua_State *L, bool is_module, uint32_t epoch)
{
	int holder = lua_gettop(L);
	uint32_t id = class_new_id(c, L, epoch);
	if (id == 0)
		return 0;
	lua_newtable(L);
	add_functions(L, holder, is_module);
	describe(c, L, holder, id, epoch);
	lua_pushboolean(L, is_module);
	lua_rawseti(L, -2, CHARTER_IS_MODULE);
	class_keep(c, L, holder, id);
	return id;
}

uint32_t charter_class(struct classes *c, lua_State *L, int index, uint32_t epoch)
{
	bool is_module;
	uint32_t id;
	int top = lua_gettop(L);
	if (!push_holder(L, index, &is_module))
		return 0;
	if (class_push_table(c, L, top + 1)) {
		lua_rawgeti(L, -1, CLASS_ID);
		id = (uint32_t)lua_tointeger(L, -1);
	} else {
		lua_settop(L, top + 1);
		id = add_class(c, L, is_module, epoch);
	}
	lua_settop(L, top);
	return id;
}

/* Whether the object's metatable has the charter that the class table on top of the stack is of. */
static bool is_of_class(lua_State *L, int object)
{
	int class = lua_gettop(L);
	lua_rawgeti(L, class, CLASS_HOLDER);
	bool is = lua_getmetatable(L, object) && lua_rawequal(L, -1, class + 1) &&
		  raw_field(L, class + 1, "__remote") == LUA_TTABLE;
	lua_settop(L, class);
	return is;
}

/* Pushes the class table of the object, which had the class `known` once; false if it has none. */
static bool push_class(struct classes *c, lua_State *L, uint32_t known, int object, uint32_t epoch)
{
	int top = lua_gettop(L);
	if (known != 0 && class_push_by_id(c, L, known) && is_of_class(L, object))
		return true;
	lua_settop(L, top);
	uint32_t id = charter_class(c, L, object, epoch);
	return id != 0 && class_push_by_id(c, L, id);
}

void charter_push(struct classes *c, lua_State *L, uint32_t class, int object, int name,
		  uint32_t epoch)
{
	object = lua_absindex(L, object);
	name = lua_absindex(L, name);
	int top = lua_gettop(L);
	if (lua_type(L, name) == LUA_TSTRING && push_class(c, L, class, object, epoch)) {
		lua_pushvalue(L, name);
		lua_rawget(L, -2);
		lua_replace(L, top + 1);
	} else {
		lua_pushnil(L);
	}
	lua_settop(L, top + 1);
}

void charter_push_function(struct classes *c, lua_State *L, uint64_t id, const char *name,
			   size_t length)
{
	int top = lua_gettop(L);
	if (class_push_by_id(c, L, id)) {
		lua_rawgeti(L, -1, CHARTER_IS_MODULE);
		lua_pushlstring(L, name, length);
		lua_rawget(L, -3);
		if (lua_toboolean(L, -2) && lua_isfunction(L, -1)) {
			lua_replace(L, top + 1);
			lua_settop(L, top + 1);
			return;
		}
	}
	lua_settop(L, top);
	lua_pushnil(L);
}
