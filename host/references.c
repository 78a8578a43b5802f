/*
 * How what struct marshal does not copy stands in a frame: references to exports, to imports that go
 * home, and to methods.
 */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charter.h"
#include "clock.h"
#include "limit.h"
#include "marshal.h"

static int put_place(struct marshal *m, uint32_t place)
{
	buffer_put_u8(&m->channel->out, TAG_REFERENCE);
	buffer_put_u32(&m->channel->out, place);
	return 0;
}

static int new_reference(struct marshal *m, const struct reference *entry, const char *extra)
{
	if (m->frame.reference_count >= LIMIT_REFERENCES)
		return marshal_refuse(m, "too many objects in one message");
	buffer_put(&m->frame.references, entry, sizeof *entry);
	if (extra != NULL)
		buffer_put(&m->frame.references, extra, entry->aux);
	return put_place(m, m->frame.reference_count++);
}

int marshal_put_home(struct marshal *m, struct import *import)
{
	if (import->mark == m->frame.mark)
		return put_place(m, import->place);
	import->mark = m->frame.mark;
	import->place = m->frame.reference_count;
	struct reference entry = { .kind = REF_YOURS, .id = import->id };
	return new_reference(m, &entry, NULL);
}

/* Where application code passes a function, or where it was made. */
static char *passing_place(lua_State *L, int function)
{
	char place[MARSHAL_PLACE];
	lua_Debug ar;
	marshal_where(L, place);
	size_t length = strlen(place);
	if (length > 0)
		return strndup(place, length - 2);
	lua_pushvalue(L, function);
	lua_getinfo(L, ">S", &ar);
	snprintf(place, sizeof place, "%s:%d", ar.short_src, ar.linedefined);
	return strdup(place);
}

/* What a first export needs and may fail for want of memory: stack is marshal, value, kind. */
static int l_new_export(lua_State *L)
{
	struct marshal *m = lua_touserdata(L, 1);
	uint8_t kind = (uint8_t)lua_tointeger(L, 3);
	bool plain = false;
	uint32_t class = 0;
	if (kind == REF_OBJECT && m->restricted)
		class = charter_class(&m->classes, L, 2, m->epoch);
	else if (kind == REF_OBJECT)
		class = class_of(&m->classes, L, 2, m->epoch, &plain);
	uint32_t place = refs_export(m->refs, L, 2, kind);
	struct export *e = refs_export_at(m->refs, place);
	e->class = class;
	e->plain = plain;
	lua_pushinteger(L, place);
	return 1;
}

/* The place of the export of the value at `index`, in *place; -1 where there is no memory. */
static int export_place(struct marshal *m, lua_State *L, int index, uint8_t kind, uint32_t *place)
{
	if (refs_exported(m->refs, L, index, place))
		return 0;
	if (m->restricted && m->refs->export_count >= LIMIT_SANDBOX_HANDLES)
		return marshal_refuse(m, "the page holds too many objects");
	lua_pushcfunction(L, l_new_export);
	lua_pushlightuserdata(L, m);
	lua_pushvalue(L, index);
	lua_pushinteger(L, kind);
	if (lua_pcall(L, 3, 1, 0) != LUA_OK) {
		lua_pop(L, 1);
		return marshal_refuse(m, "not enough memory");
	}
	*place = (uint32_t)lua_tointeger(L, -1);
	lua_pop(L, 1);
	struct export *e = refs_export_at(m->refs, *place);
	e->born = clock_monotonic();
	if (kind == REF_FUNCTION && m->copies)
		e->origin = passing_place(L, index);
	return 0;
}

int marshal_put_export(struct marshal *m, lua_State *L, int index, uint8_t kind)
{
	uint32_t place;
	if (export_place(m, L, index, kind, &place) < 0)
		return -1;
	struct export *e = refs_export_at(m->refs, place);
	if (e->mark == m->frame.mark)
		return put_place(m, e->place);
	e->mark = m->frame.mark;
	e->place = m->frame.reference_count;
	refs_begin_export(m->refs, place);
	buffer_put_u32(&m->frame.exported, place);
	if (m->frame.exported.failed) {
		refs_abandon_export(m->refs, L, place);
		return marshal_refuse(m, "not enough memory");
	}
	struct reference entry = { .kind = kind,
				   .type = (uint8_t)lua_type(L, index),
				   .flags = e->plain ? REFERENCE_PLAIN : 0,
				   .aux = e->class,
				   .id = e->id };
	const char *origin = e->sent == 0 ? e->origin : NULL;
	if (kind == REF_FUNCTION)
		entry.aux = origin ? (uint32_t)strlen(origin) : 0;
	return new_reference(m, &entry, origin);
}

struct import *marshal_import_at(struct marshal *m, lua_State *L, int index)
{
	struct handle *h = handle_at(L, index);
	struct import *import = h ? handle_import(h) : NULL;
	if (import == NULL || import->refs != m->refs)
		return NULL;
	refs_revive(L, index, import);
	return import;
}

/* A stub's first upvalue is its name, its second its class id. */
int marshal_put_method(struct marshal *m, lua_State *L, int index)
{
	size_t length;
	lua_getupvalue(L, index, 1);
	const char *name = lua_tolstring(L, -1, &length);
	lua_getupvalue(L, index, 2);
	struct reference entry = { .kind = REF_METHOD,
				   .aux = (uint32_t)length,
				   .id = (uint64_t)lua_tointeger(L, -1) };
	int result = name ? new_reference(m, &entry, name) : marshal_refuse_type(m, "function");
	lua_pop(L, 2);
	return result;
}
