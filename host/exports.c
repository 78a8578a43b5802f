/*
 * The exports of struct refs: what was handed out, and how often.
 */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "refs.h"

#define EXPORTS_KEPT 1024u /* entries kept for the next exports when there are none */

struct export *refs_export_at(struct refs *r, uint32_t place)
{
	return &r->exports[place];
}

/* Place 0 is the root's, and ends the list of free places. */
static int grow_exports(struct refs *r)
{
	uint32_t capacity = r->export_capacity ? r->export_capacity * 2 : 64;
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
	r->export_count++;
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

/* Gives back the memory that many exports took, once there are none. */
static void shrink_exports(struct refs *r, lua_State *L)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->exported);
	lua_rawgeti(L, -1, 0);
	lua_createtable(L, 1, 0);
	lua_insert(L, -2);
	lua_rawseti(L, -2, 0);
	lua_rawseti(L, LUA_REGISTRYINDEX, r->exported);
	lua_pop(L, 1);
	lua_newtable(L);
	lua_rawseti(L, LUA_REGISTRYINDEX, r->places);
	free(r->exports);
	r->exports = NULL;
	r->export_capacity = r->export_free = 0;
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
	if (r->export_count == 0 && r->export_capacity > EXPORTS_KEPT)
		shrink_exports(r, L);
	return 0;
}
