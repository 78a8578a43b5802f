#include "sketch.h"

#include <lauxlib.h>

#define COUNTS 6u

/* --- what is known of an object ------------------------------------------------------------- */

static void check_memory(struct sketch *s, bool failed)
{
	if (failed)
		luaL_error(s->reach->L, "not enough memory");
}

/* The import behind the userdata on top of the stack; NULL where it is none of the peer's. */
static struct import *import_on_top(const struct sketch *s)
{
	lua_State *L = s->reach->L;
	if (lua_type(L, -1) != LUA_TUSERDATA)
		return NULL;
	struct handle *h = handle_at(L, -1);
	struct import *import = h != NULL ? handle_import(h) : NULL;
	return import != NULL && import->refs == s->refs ? import : NULL;
}

static uint32_t number_in(struct sketch *s, struct seen *set, const void *address, bool *known)
{
	uint32_t number = 0;
	int result = seen_number(set, address, &number);
	check_memory(s, result < 0);
	*known = result > 0;
	return number;
}

static void met_import(struct reach *r)
{
	bool known;
	struct sketch *s = r->data;
	struct import *import = import_on_top(s);
	if (import != NULL)
		number_in(s, &s->reached, import, &known);
}

void sketch_open(struct sketch *s, struct reach *r, struct refs *refs)
{
	*s = (struct sketch){ .reach = r, .refs = refs, .base = lua_gettop(r->L) };
	seen_init(&s->reached);
	seen_init(&s->numbers);
	seen_init(&s->region);
	lua_newtable(r->L);
	lua_pushvalue(r->L, -1);
	reach_exclude(r);
	r->met = met_import;
	r->data = s;
}

void sketch_clear(struct sketch *s)
{
	seen_clear(&s->reached);
	seen_clear(&s->numbers);
	seen_clear(&s->region);
	struct buffer *buffers[] = { &s->region_points, &s->proxies, &s->callbacks, &s->lines,
				     &s->holds,		&s->weak,    &s->imports };
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		buffer_clear(buffers[i]);
}

/* --- points --------------------------------------------------------------------------------- */

static uint32_t point_of(const struct sketch *s, uint32_t number)
{
	return sketch_u32(s->region_points.bytes, number);
}

/* Makes the object on top of the stack, whose number is given, a point. [-1, +0, m] */
static void make_point(struct sketch *s, uint32_t number)
{
	lua_State *L = s->reach->L;
	if (point_of(s, number) != 0) {
		lua_pop(L, 1);
		return;
	}
	uint32_t point = ++s->point_count;
	memcpy(s->region_points.bytes + number * sizeof point, &point, sizeof point);
	lua_rawseti(L, s->base + 1, point);
}

/* The number of the object on top of the stack, which is kept to be followed if it is new. */
static uint32_t enter_region(struct sketch *s, bool *known)
{
	struct reach *r = s->reach;
	uint32_t number = number_in(s, &s->region, reach_address(r->L, -1), known);
	if (!*known) {
		buffer_put_u32(&s->region_points, 0);
		check_memory(s, s->region_points.failed);
		lua_pushvalue(r->L, -1);
		reach_keep(r);
	}
	return number;
}

/* First time round: an object to which two references lead becomes a point. */
static void discover(struct reach *r)
{
	bool known;
	struct sketch *s = r->data;
	if (reach_has(r, -1)) {
		lua_pop(r->L, 1);
		return;
	}
	uint32_t number = enter_region(s, &known);
	if (known)
		make_point(s, number);
	else
		lua_pop(r->L, 1);
}

/* Makes the object on top of the stack a point, unless the page reaches it by itself. [-1, +0, m] */
static void force_point(struct sketch *s)
{
	bool known;
	if (reach_has(s->reach, -1))
		lua_pop(s->reach->L, 1);
	else
		make_point(s, enter_region(s, &known));
}

/* Whether the entry on top of the stack hangs on a key that only callbacks reach. */
static bool is_hanging(struct sketch *s)
{
	uint32_t number;
	struct reach *r = s->reach;
	return !reach_has(r, -1) && !reach_has(r, -2) &&
	       seen_find(&s->region, reach_address(r->L, -2), &number);
}

static void force_entry(struct reach *r)
{
	struct sketch *s = r->data;
	if (!is_hanging(s))
		return;
	for (int i = 0; i < 3; i++) {
		lua_pushvalue(r->L, -3);
		force_point(s);
		lua_rotate(r->L, -3, -1);
	}
}

/* A remote object refers to nothing. */
static void follow(struct sketch *s)
{
	struct import *import = import_on_top(s);
	if (import == NULL)
		reach_follow(s->reach);
	lua_pop(s->reach->L, 1);
	reach_check(s->reach);
}

static void find_points(struct sketch *s)
{
	struct reach *r = s->reach;
	r->visit = discover;
	r->met = NULL;
	do {
		while (reach_take(r))
			follow(s);
		reach_each_ephemeron(r, force_entry);
	} while (r->waiting > 0);
}

/* --- lines ---------------------------------------------------------------------------------- */

static uint32_t point_on(struct sketch *s, int index)
{
	uint32_t number;
	const void *address = reach_address(s->reach->L, index);
	return seen_find(&s->region, address, &number) ? point_of(s, number) : 0;
}

/* Second time round: what is no point belongs to the point from which one gets to it. */
static void connect(struct reach *r)
{
	struct sketch *s = r->data;
	if (reach_has(r, -1)) {
		lua_pop(r->L, 1);
		return;
	}
	uint32_t point = point_on(s, -1);
	if (point == 0) {
		reach_keep(r);
		return;
	}
	buffer_put_u32(&s->lines, s->current);
	buffer_put_u32(&s->lines, point);
	lua_pop(r->L, 1);
}

static void draw_from(struct sketch *s)
{
	uint32_t number;
	struct import *import = import_on_top(s);
	if (import != NULL && seen_find(&s->numbers, import, &number)) {
		buffer_put_u32(&s->holds, s->current);
		buffer_put_u32(&s->holds, number);
	}
	follow(s);
}

static void draw_entry(struct reach *r)
{
	struct sketch *s = r->data;
	if (!is_hanging(s))
		return;
	for (int i = -3; i <= -1; i++)
		buffer_put_u32(&s->weak, point_on(s, i));
}

static void draw_lines(struct sketch *s)
{
	struct reach *r = s->reach;
	r->visit = connect;
	r->repeated = true;
	for (s->current = 1; s->current <= s->point_count; s->current++) {
		lua_rawgeti(r->L, s->base + 1, s->current);
		do
			draw_from(s);
		while (reach_take(r));
	}
	reach_each_ephemeron(r, draw_entry);
}

/* --- the sketch ----------------------------------------------------------------------------- */

/* What two records share counts as reached: only one of them is known by its proxy. */
static void list_proxies(struct sketch *s)
{
	bool known;
	uint32_t number;
	lua_State *L = s->reach->L;
	const struct import *end = &s->refs->live;
	for (struct import *i = end->next; i != end; i = i->next) {
		if (i->id == 0)
			continue;
		bool reached = seen_find(&s->reached, i, &number) ||
			       refs_cached_import(s->refs, L, i->id) != i;
		number_in(s, &s->numbers, i, &known);
		buffer_put(&s->imports, &i, sizeof i);
		buffer_put_u64(&s->proxies, i->id);
		buffer_put_u32(&s->proxies, i->received);
		buffer_put_u32(&s->proxies, reached);
	}
}

static void list_callbacks(struct sketch *s, const bool *gone)
{
	struct reach *r = s->reach;
	lua_rawgeti(r->L, LUA_REGISTRYINDEX, s->refs->exported);
	for (uint32_t place = 1; place < s->refs->export_capacity; place++) {
		const struct export *e = refs_export_at(s->refs, place);
		if (!e->used || gone[place])
			continue;
		lua_rawgeti(r->L, -1, place);
		if (reach_has(r, -1)) {
			lua_pop(r->L, 1);
			continue;
		}
		buffer_put_u64(&s->callbacks, e->id);
		force_point(s);
	}
	lua_pop(r->L, 1);
}

static void push_bytes(struct sketch *s)
{
	const struct buffer *parts[] = { &s->proxies, &s->callbacks, &s->lines, &s->holds,
					 &s->weak };
	uint32_t counts[COUNTS] = {
		sketch_proxies(s),
		sketch_callbacks(s),
		s->point_count,
		(uint32_t)(s->lines.tail / SKETCH_LINE),
		(uint32_t)(s->holds.tail / SKETCH_LINE),
		(uint32_t)(s->weak.tail / SKETCH_WEAK),
	};
	struct buffer whole = { 0 };
	buffer_put(&whole, counts, sizeof counts);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		whole.failed |= parts[i]->failed;
		buffer_put(&whole, parts[i]->bytes, parts[i]->tail);
	}
	/* Kept in the sketch, which is cleared where the string finds no memory. */
	buffer_clear(&s->lines);
	s->lines = whole;
	check_memory(s, whole.failed || s->imports.failed);
	lua_pushlstring(s->reach->L, (const char *)whole.bytes, whole.tail);
	buffer_clear(&s->lines);
}

void sketch_draw(struct sketch *s, const bool *gone)
{
	list_proxies(s);
	s->reach->visit = discover;
	list_callbacks(s, gone);
	find_points(s);
	draw_lines(s);
	push_bytes(s);
}

uint32_t sketch_proxies(const struct sketch *s)
{
	return (uint32_t)(s->proxies.tail / SKETCH_PROXY);
}

uint32_t sketch_callbacks(const struct sketch *s)
{
	return (uint32_t)(s->callbacks.tail / SKETCH_CALLBACK);
}

struct import *sketch_proxy(const struct sketch *s, uint32_t number)
{
	struct import *import;
	memcpy(&import, s->imports.bytes + number * sizeof import, sizeof import);
	return import;
}

uint64_t sketch_callback(const struct sketch *s, uint32_t number)
{
	return sketch_u64(s->callbacks.bytes + number * SKETCH_CALLBACK);
}

/* --- reading -------------------------------------------------------------------------------- */

/* Lines and holds stand in the order of the points that they begin at. */
static bool are_pairs(const unsigned char *entries, size_t count, uint32_t points, uint32_t ends)
{
	uint32_t last = 1;
	for (size_t i = 0; i < count; i++) {
		uint32_t from = sketch_u32(entries, 2 * i);
		if (from < last || from > points || sketch_u32(entries, 2 * i + 1) >= ends)
			return false;
		last = from;
	}
	return true;
}

static bool are_points(const unsigned char *entries, size_t count, uint32_t most)
{
	for (size_t i = 0; i < count; i++)
		if (sketch_u32(entries, i) > most)
			return false;
	return true;
}

int sketch_read(struct sketch_view *v, const void *bytes, size_t length)
{
	struct reader in = reader_of(bytes, length);
	uint32_t *counts[COUNTS] = { &v->proxies, &v->callbacks, &v->points,
				     &v->lines,	  &v->holds,	 &v->weak };
	for (size_t i = 0; i < COUNTS; i++)
		*counts[i] = reader_get_u32(&in);
	v->proxy = reader_get(&in, (size_t)v->proxies * SKETCH_PROXY);
	v->callback = reader_get(&in, (size_t)v->callbacks * SKETCH_CALLBACK);
	v->line = reader_get(&in, (size_t)v->lines * SKETCH_LINE);
	v->hold = reader_get(&in, (size_t)v->holds * SKETCH_LINE);
	v->triple = reader_get(&in, (size_t)v->weak * SKETCH_WEAK);
	bool sound = !in.failed && reader_left(&in) == 0 && v->callbacks <= v->points &&
		     v->points <= length &&
		     are_pairs(v->line, v->lines, v->points, v->points + 1) &&
		     are_pairs(v->hold, v->holds, v->points, v->proxies) &&
		     are_points(v->triple, (size_t)v->weak * 3, v->points);
	return sound ? 0 : -1;
}
