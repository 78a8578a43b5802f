#include "verdict.h"

#include <lauxlib.h>

static const void *key_of(uint64_t id)
{
	return (const void *)(uintptr_t)id;
}

/* --- what is live --------------------------------------------------------------------------- */

static void hold(struct verdict *v, uint32_t place)
{
	lua_State *L = v->reach.L;
	if (v->held[place])
		return;
	v->held[place] = true;
	lua_rawgeti(L, LUA_REGISTRYINDEX, v->peer->refs.exported);
	lua_rawgeti(L, -1, place);
	reach_add(&v->reach);
	lua_pop(L, 1);
}

static uint64_t proxy_id(const struct verdict *v, uint32_t number)
{
	return sketch_u64(v->view.proxy + (size_t)number * SKETCH_PROXY);
}

static void open_point(struct verdict *v, uint32_t point)
{
	if (v->live[point])
		return;
	v->live[point] = true;
	v->open[v->open_count++] = point;
}

/* Goes on from the points that are live. */
static void spread(struct verdict *v)
{
	while (v->open_count > 0) {
		uint32_t point = v->open[--v->open_count];
		for (size_t i = v->first_line[point]; i < v->first_line[point + 1]; i++)
			open_point(v, sketch_u32(v->view.line, 2 * i + 1));
		for (size_t i = v->first_hold[point]; i < v->first_hold[point + 1]; i++)
			hold(v, (uint32_t)proxy_id(v, sketch_u32(v->view.hold, 2 * i + 1)));
	}
}

static void reach_callback(struct verdict *v, uint64_t id)
{
	uint32_t number;
	if (seen_find(&v->callbacks, key_of(id), &number)) {
		open_point(v, number + 1);
		spread(v);
	}
}

static void met_import(struct reach *r)
{
	struct verdict *v = r->data;
	struct handle *h = handle_at(r->L, -1);
	struct import *import = h != NULL ? handle_import(h) : NULL;
	if (import != NULL && import->refs == &v->peer->refs)
		reach_callback(v, import->id);
}

/* Whether an entry of a table with weak keys, in the page, made another point live. */
static bool spread_weak(struct verdict *v)
{
	bool more = false;
	for (size_t i = 0; i < v->view.weak; i++) {
		uint32_t table = sketch_u32(v->view.triple, 3 * i);
		uint32_t key = sketch_u32(v->view.triple, 3 * i + 1);
		uint32_t value = sketch_u32(v->view.triple, 3 * i + 2);
		if (!v->live[table] || !v->live[key] || v->live[value])
			continue;
		open_point(v, value);
		more = true;
	}
	spread(v);
	return more;
}

/* --- what the sketch says ------------------------------------------------------------------- */

/* Where the entries of each point begin, in a list in the order of its points. */
static uint32_t *new_index(const struct verdict *v, lua_State *L, const unsigned char *entries,
			   uint32_t count)
{
	uint32_t *first = reach_new_array(L, (size_t)v->view.points + 2, sizeof *first);
	uint32_t at = 0;
	for (uint32_t point = 0; point <= v->view.points; point++) {
		first[point] = at;
		while (at < count && sketch_u32(entries, 2 * (size_t)at) == point)
			at++;
	}
	first[v->view.points + 1] = at;
	return first;
}

static void number_callbacks(struct verdict *v, lua_State *L)
{
	uint32_t number;
	for (uint32_t i = 0; i < v->view.callbacks; i++) {
		uint64_t id = sketch_u64(v->view.callback + (size_t)i * SKETCH_CALLBACK);
		if (seen_number(&v->callbacks, key_of(id), &number) != 0)
			luaL_error(L, "sketch: a callback stands in it twice, or no memory");
	}
}

static void open_verdict(struct verdict *v, lua_State *L)
{
	size_t places = (size_t)v->peer->refs.export_capacity + 1;
	seen_init(&v->callbacks);
	number_callbacks(v, L);
	v->first_line = new_index(v, L, v->view.line, v->view.lines);
	v->first_hold = new_index(v, L, v->view.hold, v->view.holds);
	v->live = reach_new_array(L, (size_t)v->view.points + 1, sizeof *v->live);
	v->open = reach_new_array(L, (size_t)v->view.points + 1, sizeof *v->open);
	v->received = reach_new_array(L, places, sizeof *v->received);
	v->held = reach_new_array(L, places, sizeof *v->held);
	/* As the table of an entry, 0 is one that the page reaches. */
	v->live[0] = true;
}

/* Adds up what the page holds. What it reaches by itself is held. */
static void take_proxies(struct verdict *v, lua_State *L)
{
	for (uint32_t i = 0; i < v->view.proxies; i++) {
		const unsigned char *entry = v->view.proxy + (size_t)i * SKETCH_PROXY;
		uint32_t count = sketch_u32(entry + 8, 0);
		const struct export *e = refs_find_export(&v->peer->refs, proxy_id(v, i));
		uint32_t place = (uint32_t)proxy_id(v, i);
		if (e == NULL || count == 0 || count > e->sent - v->received[place])
			luaL_error(L, "sketch: a remote object that the page does not hold");
		v->received[place] += count;
	}
	for (uint32_t i = 0; i < v->view.proxies; i++)
		if (sketch_u32(v->view.proxy + (size_t)i * SKETCH_PROXY + 12, 0) != 0)
			hold(v, (uint32_t)proxy_id(v, i));
}

/* What is on its way to the page is held, too. */
static void take_sent(struct verdict *v)
{
	struct refs *r = &v->peer->refs;
	for (uint32_t place = 1; place < r->export_capacity; place++) {
		const struct export *e = refs_export_at(r, place);
		if (e->used && (e->sent != v->received[place] || e->writing > 0))
			hold(v, place);
	}
}

/*
 * Callbacks that frames named since the mark are reached, and those main has released since: such
 * a frame may be on its way. Those that it is about to release are known.
 */
static void take_named(struct verdict *v, lua_State *L)
{
	struct refs *r = &v->peer->refs;
	bool *known = reach_new_array(L, v->view.callbacks, sizeof *known);
	const struct import *heads[] = { &r->live, &r->queued };
	for (size_t list = 0; list < 2; list++) {
		for (const struct import *i = heads[list]->next; i != heads[list]; i = i->next) {
			uint32_t number;
			if (!seen_find(&v->callbacks, key_of(i->id), &number))
				continue;
			known[number] = true;
			if (i->mark > v->mark)
				open_point(v, number + 1);
		}
	}
	for (uint32_t number = 0; number < v->view.callbacks; number++)
		if (!known[number])
			open_point(v, number + 1);
	spread(v);
}

/* --- the verdict ---------------------------------------------------------------------------- */

static void push_marks(struct verdict *v, lua_State *L)
{
	size_t length = (size_t)v->view.proxies + v->view.callbacks;
	char *marks = reach_new_array(L, length, 1);
	for (uint32_t i = 0; i < v->view.proxies; i++)
		marks[i] = (char)!v->held[(uint32_t)proxy_id(v, i)];
	for (uint32_t i = 0; i < v->view.callbacks; i++)
		marks[v->view.proxies + i] = (char)!v->live[i + 1];
	for (size_t i = 0; i < length; i++)
		v->garbage += marks[i] != 0;
	v->marks = lua_pushlstring(L, marks, length);
}

static void release_garbage(struct verdict *v, lua_State *L)
{
	struct refs *r = &v->peer->refs;
	v->released_mark = r->mark;
	for (uint32_t i = 0; i < v->view.proxies; i++) {
		uint32_t count = sketch_u32(v->view.proxy + (size_t)i * SKETCH_PROXY + 8, 0);
		if (v->marks[i] != 0)
			refs_release(r, L, proxy_id(v, i), count);
	}
}

int verdict_l_reach(lua_State *L)
{
	struct verdict *v = lua_touserdata(L, 1);
	struct refs *r = &v->peer->refs;
	open_verdict(v, L);
	reach_open(&v->reach, L, v->most);
	v->reach.met = met_import;
	v->reach.data = v;
	for (int i = 0; i < 2; i++) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, i == 0 ? r->exported : r->places);
		reach_exclude(&v->reach);
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->exported);
	lua_rawgeti(L, -1, 0);
	reach_add(&v->reach);
	take_proxies(v, L);
	take_sent(v);
	take_named(v, L);
	reach_add_roots(&v->reach);
	do
		reach_run(&v->reach);
	while (spread_weak(v));
	push_marks(v, L);
	release_garbage(v, L);
	return 1;
}

bool verdict_was_revived(struct verdict *v, lua_State *L)
{
	struct request *request = peer_request_of(L);
	uint32_t number;
	if (request == NULL || request->peer == NULL)
		return true;
	struct refs *r = &request->peer->refs;
	const struct import *heads[] = { &r->live, &r->queued };
	for (size_t list = 0; list < 2; list++) {
		for (const struct import *i = heads[list]->next; i != heads[list]; i = i->next) {
			if (!seen_find(&v->callbacks, key_of(i->id), &number) ||
			    v->marks[v->view.proxies + number] == 0)
				continue;
			if (i->state == IMPORT_LIVE || i->mark > v->released_mark)
				return true;
		}
	}
	return false;
}

void verdict_clear(struct verdict *v)
{
	seen_clear(&v->callbacks);
	reach_clear(&v->reach);
}
