#include "class.h"

#include <lauxlib.h>
#include <string.h>

#include "limit.h"
#include "protocol.h"
#include "value.h"

#define ANCESTORS_MOST 32

/* Refused classes between two looks whether others are gone, where the last one found few. */
#define REFUSED_MOST 256

static int new_weak_table(lua_State *L, const char *mode)
{
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushstring(L, mode);
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

void classes_init(struct classes *c, lua_State *L)
{
	*c = (struct classes){ .tables = LUA_NOREF, .by_id = LUA_NOREF };
	c->tables = new_weak_table(L, "k");
	c->by_id = new_weak_table(L, "v");
	buffer_init(&c->given);
	buffer_init(&c->fresh);
}

void classes_clear(struct classes *c, lua_State *L, bool closing)
{
	if (!closing) {
		luaL_unref(L, LUA_REGISTRYINDEX, c->tables);
		luaL_unref(L, LUA_REGISTRYINDEX, c->by_id);
	}
	c->tables = c->by_id = LUA_NOREF;
	buffer_clear(&c->given);
	buffer_clear(&c->fresh);
	c->id = 0;
}

/* --- class tables --------------------------------------------------------------------------- */

bool class_push_table(const struct classes *c, lua_State *L, int holder)
{
	holder = lua_absindex(L, holder);
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->tables);
	lua_pushvalue(L, holder);
	bool found = lua_rawget(L, -2) == LUA_TTABLE;
	lua_remove(L, -2);
	return found;
}

bool class_push_by_id(const struct classes *c, lua_State *L, uint64_t id)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->by_id);
	bool found = lua_rawgeti(L, -1, (lua_Integer)id) == LUA_TTABLE;
	lua_remove(L, -2);
	return found;
}

void class_keep(const struct classes *c, lua_State *L, int holder, uint32_t id)
{
	holder = lua_absindex(L, holder);
	lua_pushvalue(L, holder);
	lua_rawseti(L, -2, CLASS_HOLDER);
	lua_pushinteger(L, id);
	lua_rawseti(L, -2, CLASS_ID);
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->by_id);
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, id);
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->tables);
	lua_pushvalue(L, holder);
	lua_pushvalue(L, -4);
	lua_rawset(L, -3);
	lua_pop(L, 3);
}

static uint32_t given_count(const struct classes *c)
{
	return (uint32_t)(buffer_length(&c->given) / sizeof c->id);
}

/* Tells the other side to forget the classes whose metatable is gone. */
static void forget_dead(struct classes *c, lua_State *L, uint32_t epoch)
{
	unsigned char *ids = c->given.bytes + c->given.head;
	uint32_t count = given_count(c), kept = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct frame_header h = { .message = MSG_CLASS,
					  .length = sizeof h,
					  .epoch = epoch };
		uint32_t id;
		memcpy(&id, ids + i * sizeof id, sizeof id);
		h.request = id;
		bool lives = class_push_by_id(c, L, id);
		lua_pop(L, 1);
		if (!lives)
			buffer_put(&c->fresh, &h, sizeof h);
		if (lives || c->fresh.failed)
			memcpy(ids + kept++ * sizeof id, &id, sizeof id);
		c->fresh.failed = false;
	}
	c->given.tail -= (count - kept) * sizeof c->id;
	if (kept <= LIMIT_CLASSES / 2)
		c->refused = 0;
}

uint32_t class_new_id(struct classes *c, lua_State *L, uint32_t epoch)
{
	if (given_count(c) >= LIMIT_CLASSES && c->refused++ % REFUSED_MOST == 0)
		forget_dead(c, L, epoch);
	if (given_count(c) >= LIMIT_CLASSES)
		return 0;
	buffer_put_u32(&c->given, c->id + 1);
	if (c->given.failed) {
		c->given.failed = false;
		luaL_error(L, "not enough memory");
	}
	return ++c->id;
}

/* --- describing ----------------------------------------------------------------------------- */

/* Pushes the raw field of the table at `index`, as a literal key. */
static int raw_field(lua_State *L, int index, const char *key)
{
	index = lua_absindex(L, index);
	lua_pushstring(L, key);
	return lua_rawget(L, index);
}

/* Replaces the table of methods on top of the stack by the one it inherits from; 0 if none. */
static int to_parent(lua_State *L)
{
	if (!lua_getmetatable(L, -1)) {
		lua_pop(L, 1);
		return 0;
	}
	lua_remove(L, -2);
	if (raw_field(L, -1, "__index") != LUA_TTABLE) {
		lua_pop(L, 2);
		return 0;
	}
	lua_remove(L, -2);
	return 1;
}

/* Adds the names of the functions in the table on top of the stack to the set at `names`. */
static uint32_t add_names(lua_State *L, int names, uint32_t count)
{
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		if (lua_type(L, -2) == LUA_TSTRING && lua_isfunction(L, -1) &&
		    count < LIMIT_METHODS) {
			lua_pushvalue(L, -2);
			if (lua_rawget(L, names) == LUA_TNIL) {
				count++;
				lua_pushvalue(L, -3);
				lua_pushboolean(L, 1);
				lua_rawset(L, names);
			}
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	}
	return count;
}

/* Pushes the set of method names of the metatable at `mt`. */
static void push_names(lua_State *L, int mt)
{
	uint32_t count = 0;
	lua_newtable(L);
	int names = lua_gettop(L);
	if (raw_field(L, mt, "__index") != LUA_TTABLE) {
		lua_pop(L, 1);
		return;
	}
	for (int i = 0; i < ANCESTORS_MOST; i++) {
		count = add_names(L, names, count);
		if (!to_parent(L))
			return;
	}
	lua_pop(L, 1);
}

static unsigned bits_of(lua_State *L, int mt)
{
	unsigned bits = 0;
	bits |= raw_field(L, mt, "__eq") != LUA_TNIL ? CLASS_EQ : 0;
	bits |= raw_field(L, mt, "__close") != LUA_TNIL ? CLASS_CLOSE : 0;
	lua_pop(L, 2);
	return bits;
}

/*
 * Writes the CLASS frame for the metatable at `mt` and the set of names on top of the stack. What
 * may raise or run a finalizer comes before the first byte.
 */
static void describe(struct classes *c, lua_State *L, int mt, uint32_t id, uint32_t epoch)
{
	struct buffer *b = &c->fresh;
	struct frame_header h = { .message = MSG_CLASS, .epoch = epoch, .request = id };
	int names = lua_gettop(L);
	unsigned bits = bits_of(L, mt);
	bool named = raw_field(L, mt, "__name") == LUA_TSTRING;
	size_t start = buffer_length(b);
	buffer_put(b, &h, sizeof h);
	size_t length;
	if (named) {
		const char *name = lua_tolstring(L, -1, &length);
		value_put_string(b, name, length);
	} else {
		value_put_nil(b);
	}
	value_put_integer(b, bits);
	h.values = 2;
	lua_pushnil(L);
	while (lua_next(L, names)) {
		const char *name = lua_tolstring(L, -2, &length);
		value_put_string(b, name, length);
		h.values++;
		lua_pop(L, 1);
	}
	lua_settop(L, names);
	if (b->failed) {
		b->tail = b->head + start;
		b->failed = false;
		luaL_error(L, "not enough memory");
	}
	h.length = (uint32_t)(buffer_length(b) - start);
	h.body = h.length - (uint32_t)sizeof h;
	memcpy(b->bytes + b->head + start, &h, sizeof h);
}

static bool is_class(lua_State *L, int mt)
{
	bool named = raw_field(L, mt, "__name") == LUA_TSTRING;
	bool has_methods = raw_field(L, mt, "__index") == LUA_TTABLE;
	lua_pop(L, 2);
	return named || has_methods || bits_of(L, mt) != 0;
}

/* Gives the metatable at `mt` an id and describes it; pushes its table. 0 where it has no class. */
static uint32_t add_class(struct classes *c, lua_State *L, int mt, uint32_t epoch)
{
	uint32_t id = is_class(L, mt) ? class_new_id(c, L, epoch) : 0;
	if (id == 0)
		return 0;
	push_names(L, mt);
	describe(c, L, mt, id, epoch);
	lua_pushvalue(L, -1);
	class_keep(c, L, mt, id);
	return id;
}

/* Whether the table at `index` has a raw field named like a method of the class on top. */
static bool hides_method(lua_State *L, int index)
{
	bool hides = false;
	lua_pushnil(L);
	while (!hides && lua_next(L, -2)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING)
			continue;
		lua_pushvalue(L, -1);
		hides = lua_rawget(L, index) != LUA_TNIL;
		lua_pop(L, 1);
	}
	lua_pop(L, hides);
	return hides;
}

static uint32_t id_of(lua_State *L)
{
	lua_rawgeti(L, -1, CLASS_ID);
	uint32_t id = (uint32_t)lua_tointeger(L, -1);
	lua_pop(L, 1);
	return id;
}

uint32_t class_of(struct classes *c, lua_State *L, int index, uint32_t epoch, bool *plain)
{
	*plain = false;
	index = lua_absindex(L, index);
	if (!lua_getmetatable(L, index))
		return 0;
	luaL_checkstack(L, 12, NULL);
	int mt = lua_gettop(L);
	uint32_t id = class_push_table(c, L, mt) ? id_of(L) : add_class(c, L, mt, epoch);
	if (id != 0 && lua_istable(L, index))
		*plain = hides_method(L, index);
	lua_settop(L, mt - 1);
	return id;
}

void class_push_method(struct classes *c, lua_State *L, uint64_t id, const char *name,
		       size_t length)
{
	int top = lua_gettop(L);
	if (class_push_by_id(c, L, id)) {
		lua_rawgeti(L, -1, CLASS_HOLDER);
		bool found = raw_field(L, -1, "__index") == LUA_TTABLE;
		for (int i = 0; found && i < ANCESTORS_MOST; i++) {
			lua_pushlstring(L, name, length);
			if (lua_rawget(L, -2) == LUA_TFUNCTION) {
				lua_replace(L, top + 1);
				lua_settop(L, top + 1);
				return;
			}
			lua_pop(L, 1);
			found = to_parent(L);
		}
	}
	lua_settop(L, top);
	lua_pushnil(L);
}
