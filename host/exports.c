/*
 * The exports of struct refs: what was handed out, and how often.
 */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "refs.h"

/* Memory is given back once as many exports as this have become an eighth of that, or fewer. */
#define PEAK_LEAST 1024u

struct export *refs_export_at(struct refs *r, uint32_t place)
{
	return &r->exports[place];
}

/* Place 0 is the root's, and ends the list of free places. */
static int grow_exports(struct refs *r)
{
	uint32_t capacity = r->export_capacity < 32 ? 64 : r->export_capacity * 2;
	struct export *exports = realloc(r->exports, capacity * sizeof *exports);
	if (exports == NULL)
		return -1;
	uint32_t first = r->export_capacity ? r->export_capacity : 1;
	memset(exports + r->export_capacity, 0, (capacity - r->export_capacity) * sizeof *exports);
	for (uint32_t place = capacity - 1; place >= first; place--) {
		exports[place].next_free = r->export_free;
		r->export_free = place;
	}
	r->exports = exports;
	r->export_capacity = capacity;
	return 0;
}

bool refs_exported(struct refs *r, lua_State *L, int index, uint32_t *place)
{
	index = lua_absindex(L, index);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->places);
	lua_pushvalue(L, index);
	bool known = lua_rawget(L, -2) == LUA_TNUMBER;
	*place = (uint32_t)lua_tointeger(L, -1);
	lua_pop(L, 2);
	return known;
}

uint32_t refs_export(struct refs *r, lua_State *L, int index, uint8_t kind)
{
	uint32_t known;
	if (refs_exported(r, L, index, &known))
		return known;
	index = lua_absindex(L, index);
	if (r->export_free == 0 && grow_exports(r) < 0)
		luaL_error(L, "not enough memory");
	uint32_t place = r->export_free;
	/* There is room in the first table before the second one knows the value. */
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->exported);
	lua_pushboolean(L, 0);
	lua_rawseti(L, -2, place);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->places);
	lua_pushvalue(L, index);
	lua_pushinteger(L, place);
	lua_rawset(L, -3);
	lua_pushvalue(L, index);
	lua_rawseti(L, -3, place);
	lua_pop(L, 2);
	struct export *e = &r->exports[place];
	r->export_free = e->next_free;
	*e = (struct export){ .id = (uint64_t)++r->generation << 32 | place,
			      .used = true,
			      .kind = kind };
	if (++r->export_count > r->export_peak)
		r->export_peak = r->export_count;
	return place;
}

static void drop_export(struct refs *r, lua_State *L, uint32_t place)
{
	struct export *e = &r->exports[place];
	free(e->origin);
	*e = (struct export){ .next_free = r->export_free };
	r->export_free = place;
	r->export_count--;
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->exported);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->places);
	lua_rawgeti(L, -2, place);
	lua_pushnil(L);
	lua_rawset(L, -3);
	lua_pop(L, 1);
	lua_pushnil(L);
	lua_rawseti(L, -2, place);
	lua_pop(L, 1);
}

void refs_begin_export(struct refs *r, uint32_t place)
{
	r->exports[place].writing++;
}

void refs_commit_export(struct refs *r, uint32_t place)
{
	r->exports[place].writing--;
	r->exports[place].sent++;
}

void refs_abandon_export(struct refs *r, lua_State *L, uint32_t place)
{
	struct export *e = &r->exports[place];
	e->writing--;
	if (e->sent == 0 && e->writing == 0)
		drop_export(r, L, place);
}

/* Stack: the references. Puts new tables, with what is in use, in the place of the two. */
static int l_shrink_tables(lua_State *L)
{
	enum { REFS = 1, NEW_EXPORTED, NEW_PLACES, EXPORTED, PLACES };
	struct refs *r = lua_touserdata(L, REFS);
	lua_newtable(L);
	lua_newtable(L);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->exported);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->places);
	for (uint32_t place = 0; place < r->export_capacity; place++) {
		if (place > 0 && !r->exports[place].used)
			continue;
		lua_rawgeti(L, EXPORTED, place);
		lua_rawseti(L, NEW_EXPORTED, place);
	}
	lua_pushnil(L);
	while (lua_next(L, PLACES)) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, NEW_PLACES);
	}
	lua_settop(L, NEW_PLACES);
	lua_rawseti(L, LUA_REGISTRYINDEX, r->places);
	lua_rawseti(L, LUA_REGISTRYINDEX, r->exported);
	return 0;
}

/* Cuts off the free entries behind the last one in use. */
static void shrink_array(struct refs *r)
{
	uint32_t capacity = r->export_capacity;
	while (capacity > 1 && !r->exports[capacity - 1].used)
		capacity--;
	struct export *exports = realloc(r->exports, capacity * sizeof *exports);
	if (exports == NULL)
		return;
	r->exports = exports;
	r->export_capacity = capacity;
	r->export_free = 0;
	for (uint32_t place = capacity - 1; place > 0; place--) {
		if (exports[place].used)
			continue;
		exports[place].next_free = r->export_free;
		r->export_free = place;
	}
}

/* Gives back the memory that many exports took, now that few are left. */
static void shrink_exports(struct refs *r, lua_State *L)
{
	r->export_peak = r->export_count;
	lua_pushcfunction(L, l_shrink_tables);
	lua_pushlightuserdata(L, r);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		lua_pop(L, 1);
	else
		shrink_array(r);
}

struct export *refs_find_export(struct refs *r, uint64_t id)
{
	uint32_t place = (uint32_t)id;
	if (place == 0 || place >= r->export_capacity)
		return NULL;
	struct export *e = &r->exports[place];
	return e->used && e->sent > 0 && e->id == id ? e : NULL;
}

void refs_replace_export(struct refs *r, lua_State *L, uint32_t place)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->places);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->exported);
	lua_rawgeti(L, -1, place);
	lua_pushnil(L);
	lua_rawset(L, -4);
	lua_pushvalue(L, -3);
	lua_rawseti(L, -2, place);
	lua_pop(L, 3);
}

int refs_resolve(struct refs *r, lua_State *L, uint64_t id)
{
	if (id != 0) {
		struct export *e = refs_find_export(r, id);
		if (e == NULL)
			return -1;
		e->calls++;
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->exported);
	lua_rawgeti(L, -1, (lua_Integer)(uint32_t)id);
	lua_remove(L, -2);
	return 0;
}

int refs_release(struct refs *r, lua_State *L, uint64_t id, uint32_t count)
{
	struct export *e = refs_find_export(r, id);
	if (e == NULL || count == 0 || count > e->sent)
		return -1;
	e->sent -= count;
	if (e->sent == 0 && e->writing == 0)
		drop_export(r, L, (uint32_t)id);
	if (r->export_peak >= PEAK_LEAST && r->export_count <= r->export_peak / 8)
		shrink_exports(r, L);
	return 0;
}
