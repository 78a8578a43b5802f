#include "unmarshal.h"

#include <ctype.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>

#include "charter.h"
#include "clock.h"
#include "limit.h"
#include "scatter.h"

/* About what Lua spends on these, in bytes. */
#define COST_TABLE 56u
#define COST_ITEM 16u
#define COST_PAIR 80u
#define COST_STRING 32u
#define COST_REFERENCE 256u

#define SCALARS_MOST (2u * NEXT_CHUNK) /* values that unmarshal_scalars takes */

/* --- validate ------------------------------------------------------------------------------- */

struct open_table {
	uint32_t items; /* list items that are still to come */
	uint64_t rest;	/* keys and values that are still to come after them */
};

struct check {
	struct reader in;
	uint32_t references;
	uint32_t tables;
	bool shared;
	uint64_t cost;
	unsigned depth, depth_most;
	struct open_table open[LIMIT_DEPTH + 1];
};

static void skip_string(struct check *c, uint32_t length)
{
	reader_get(&c->in, length);
	c->cost += COST_STRING + length;
}

static enum fault open_table(struct check *c)
{
	uint32_t items = reader_get_u32(&c->in);
	uint32_t pairs = reader_get_u32(&c->in);
	uint64_t rest = (uint64_t)pairs * 2;
	if (items + rest > reader_left(&c->in))
		return FAULT_BODY;
	if (c->depth >= c->depth_most)
		return FAULT_DEPTH;
	c->tables++;
	c->cost += COST_TABLE + (uint64_t)items * COST_ITEM + (uint64_t)pairs * COST_PAIR;
	if (items + rest > 0)
		c->open[++c->depth] = (struct open_table){ .items = items, .rest = rest };
	return FAULT_NONE;
}

static enum fault check_value(struct check *c, bool key)
{
	uint8_t tag = reader_get_u8(&c->in);
	if (tag >= TAG_SMALL)
		return FAULT_NONE;
	switch (tag) {
	case TAG_NIL:
		return key ? FAULT_BODY : FAULT_NONE;
	case TAG_FALSE:
	case TAG_TRUE:
		return FAULT_NONE;
	case TAG_INT8:
		reader_get(&c->in, 1);
		return FAULT_NONE;
	case TAG_INT32:
		reader_get(&c->in, 4);
		return FAULT_NONE;
	case TAG_INT64:
		reader_get(&c->in, 8);
		return FAULT_NONE;
	case TAG_FLOAT: {
		uint64_t bits = reader_get_u64(&c->in);
		double v;
		memcpy(&v, &bits, sizeof v);
		return key && isnan(v) ? FAULT_BODY : FAULT_NONE;
	}
	case TAG_STRING8:
		skip_string(c, reader_get_u8(&c->in));
		return FAULT_NONE;
	case TAG_STRING32:
		skip_string(c, reader_get_u32(&c->in));
		return FAULT_NONE;
	case TAG_TABLE:
		return open_table(c);
	case TAG_BACK:
		return c->shared && reader_get_u32(&c->in) < c->tables ? FAULT_NONE : FAULT_BODY;
	case TAG_REFERENCE:
		return reader_get_u32(&c->in) < c->references ? FAULT_NONE : FAULT_REFERENCES;
	default:
		return FAULT_BODY;
	}
}

/* One value of the innermost open table, and the closing of those that are complete. */
static enum fault check_entry(struct check *c)
{
	struct open_table *t = &c->open[c->depth];
	bool key = false;
	if (t->items > 0)
		t->items--;
	else
		key = t->rest-- % 2 == 0;
	enum fault fault = check_value(c, key);
	while (c->depth > 0 && c->open[c->depth].items == 0 && c->open[c->depth].rest == 0)
		c->depth--;
	return fault;
}

static enum fault check_body(struct check *c, const struct frame *f)
{
	enum fault fault = FAULT_NONE;
	for (uint32_t i = 0; i < f->header.values && fault == FAULT_NONE; i++) {
		fault = check_value(c, false);
		while (c->depth > 0 && fault == FAULT_NONE && !c->in.failed)
			fault = check_entry(c);
		if (c->in.failed)
			return FAULT_BODY;
	}
	if (fault == FAULT_NONE && reader_left(&c->in) > 0)
		return FAULT_BODY;
	return fault;
}

static bool is_sound(const struct reference *entry)
{
	switch (entry->kind) {
	case REF_OBJECT:
		return entry->id != 0 && entry->type <= LUA_TTHREAD;
	case REF_FUNCTION:
		return entry->id != 0 && entry->aux <= LIMIT_ORIGIN;
	default:
		return entry->kind <= REF_METHOD;
	}
}

static enum fault check_references(const struct frame *f)
{
	struct reader in = reader_of(f->references, f->references_length);
	for (uint32_t i = 0; i < f->header.references; i++) {
		struct reference entry;
		const unsigned char *at = reader_get(&in, sizeof entry);
		if (at == NULL)
			return FAULT_REFERENCES;
		memcpy(&entry, at, sizeof entry);
		if (!is_sound(&entry))
			return FAULT_REFERENCES;
		if (entry.kind == REF_FUNCTION || entry.kind == REF_METHOD)
			reader_get(&in, entry.aux);
	}
	return in.failed || reader_left(&in) > 0 ? FAULT_REFERENCES : FAULT_NONE;
}

enum fault frame_validate(const struct frame *f)
{
	uint64_t cost;
	return frame_validate_within(f, LIMIT_DEPTH, &cost);
}

enum fault frame_validate_within(const struct frame *f, unsigned depth, uint64_t *cost)
{
	struct check c;
	c.in = reader_of(f->body, f->header.body);
	c.references = f->header.references;
	c.tables = 0;
	c.shared = f->header.flags & FRAME_SHARED;
	c.cost = (uint64_t)f->header.references * COST_REFERENCE;
	c.depth = 0;
	c.depth_most = depth;
	*cost = 0;
	if (f->header.values > LIMIT_VALUES)
		return FAULT_BODY;
	if (f->header.references > LIMIT_REFERENCES)
		return FAULT_REFERENCES;
	enum fault fault = check_body(&c, f);
	if (fault == FAULT_NONE)
		fault = check_references(f);
	if (fault == FAULT_NONE &&
	    c.cost > LIMIT_COST_BASE + (uint64_t)f->header.length * LIMIT_COST_FACTOR)
		fault = FAULT_COST;
	*cost = c.cost;
	return fault;
}

/* --- resolve -------------------------------------------------------------------------------- */

/* What a page says of itself, with nothing in it that a terminal would obey. */
static char *copy_text(const unsigned char *bytes, uint32_t length)
{
	char *text = length > 0 ? strndup((const char *)bytes, length) : NULL;
	for (char *at = text; at != NULL && *at != '\0'; at++)
		if (iscntrl((unsigned char)*at))
			*at = '?';
	return text;
}

static void take_import(struct unmarshal *u, const struct reference *entry,
			const unsigned char *text)
{
	bool fresh;
	uint32_t class = entry->kind == REF_OBJECT ? entry->aux : 0;
	struct import *import =
		refs_import(u->refs, u->L, entry->id, entry->kind, entry->type, class, &fresh);
	if (!fresh)
		return;
	import->plain = entry->flags & REFERENCE_PLAIN;
	import->born = clock_monotonic();
	if (text != NULL)
		import->origin = copy_text(text, entry->aux);
}

static enum fault resolve(struct unmarshal *u, const struct reference *entry,
			  const unsigned char *text)
{
	switch (entry->kind) {
	case REF_OBJECT:
		if (!u->objects)
			return FAULT_REFERENCES;
		take_import(u, entry, NULL);
		return FAULT_NONE;
	case REF_FUNCTION:
		if (u->restricted && u->refs->callback_count >= LIMIT_SANDBOX_HANDLES)
			return FAULT_HANDLES;
		take_import(u, entry, text);
		return FAULT_NONE;
	case REF_YOURS:
		return refs_resolve(u->refs, u->L, entry->id) < 0 ? FAULT_FOREIGN : FAULT_NONE;
	default:
		if (u->restricted)
			charter_push_function(u->classes, u->L, entry->id, (const char *)text,
					      entry->aux);
		else
			class_push_method(u->classes, u->L, entry->id, (const char *)text,
					  entry->aux);
		return FAULT_NONE;
	}
}

enum fault unmarshal_references(struct unmarshal *u)
{
	const struct frame *f = u->frame;
	struct reader in = reader_of(f->references, f->references_length);
	u->base = lua_gettop(u->L);
	luaL_checkstack(u->L, (int)f->header.references + 16, "too many references");
	for (uint32_t i = 0; i < f->header.references; i++) {
		struct reference entry;
		memcpy(&entry, reader_get(&in, sizeof entry), sizeof entry);
		const unsigned char *text = NULL;
		if (entry.kind == REF_FUNCTION || entry.kind == REF_METHOD)
			text = reader_get(&in, entry.aux);
		enum fault fault = resolve(u, &entry, text);
		if (fault != FAULT_NONE)
			return fault;
	}
	return FAULT_NONE;
}

/* --- build ---------------------------------------------------------------------------------- */

static void build(struct unmarshal *u);

/* A key of a table, on top of the stack: raises if too many lie where it does. */
static void add_number(struct unmarshal *u, struct scatter *scatter)
{
	u->numbers++;
	u->steps += scatter_add(scatter, u->L, -1);
	if (u->steps <= LIMIT_SANDBOX_STEPS_BASE + u->numbers * LIMIT_SANDBOX_STEPS)
		return;
	u->fault = FAULT_COST;
	luaL_error(u->L, "numbers that lie in one place");
}

static void build_table(struct unmarshal *u)
{
	lua_State *L = u->L;
	uint32_t items = reader_get_u32(&u->body);
	uint32_t pairs = reader_get_u32(&u->body);
	luaL_checkstack(L, 8, "nested too deep");
	struct scatter *scatter = u->restricted ? scatter_push(L, pairs) : NULL;
	lua_createtable(L, (int)items, (int)pairs);
	if (u->tables != 0) {
		lua_pushvalue(L, -1);
		lua_rawseti(L, u->tables, (lua_Integer)++u->table_count);
	}
	for (uint32_t i = 1; i <= items; i++) {
		build(u);
		lua_rawseti(L, -2, i);
	}
	for (uint32_t i = 0; i < pairs; i++) {
		build(u);
		if (scatter != NULL && lua_type(L, -1) == LUA_TNUMBER)
			add_number(u, scatter);
		build(u);
		if (lua_isnil(L, -2))
			lua_pop(L, 2);
		else
			lua_rawset(L, -3);
	}
	if (scatter != NULL)
		lua_remove(L, -2);
}

static void build_string(struct unmarshal *u, uint32_t length)
{
	lua_pushlstring(u->L, (const char *)reader_get(&u->body, length), length);
}

static void build_float(struct reader *body, lua_State *L)
{
	uint64_t bits = reader_get_u64(body);
	double v;
	memcpy(&v, &bits, sizeof v);
	lua_pushnumber(L, v);
}

/* Pushes a value that needs no memory; false, with nothing pushed, where the tag is another's. */
static bool build_scalar(struct reader *body, uint8_t tag, lua_State *L)
{
	if (tag >= TAG_SMALL) {
		lua_pushinteger(L, tag - TAG_SMALL);
		return true;
	}
	switch (tag) {
	case TAG_NIL:
		lua_pushnil(L);
		return true;
	case TAG_FALSE:
	case TAG_TRUE:
		lua_pushboolean(L, tag == TAG_TRUE);
		return true;
	case TAG_INT8:
		lua_pushinteger(L, (int8_t)reader_get_u8(body));
		return true;
	case TAG_INT32:
		lua_pushinteger(L, (int32_t)reader_get_u32(body));
		return true;
	case TAG_INT64:
		lua_pushinteger(L, (lua_Integer)reader_get_u64(body));
		return true;
	case TAG_FLOAT:
		build_float(body, L);
		return true;
	default:
		return false;
	}
}

static void build(struct unmarshal *u)
{
	lua_State *L = u->L;
	uint8_t tag = reader_get_u8(&u->body);
	if (build_scalar(&u->body, tag, L))
		return;
	switch (tag) {
	case TAG_STRING8:
		build_string(u, reader_get_u8(&u->body));
		break;
	case TAG_STRING32:
		build_string(u, reader_get_u32(&u->body));
		break;
	case TAG_TABLE:
		build_table(u);
		break;
	case TAG_BACK:
		lua_rawgeti(L, u->tables, (lua_Integer)reader_get_u32(&u->body) + 1);
		break;
	default:
		lua_pushvalue(L, u->base + 1 + (int)reader_get_u32(&u->body));
	}
}

bool unmarshal_scalars(const struct frame *f, lua_State *to)
{
	struct reader body = reader_of(f->body, f->header.body);
	if (f->header.references > 0 || f->header.values > SCALARS_MOST ||
	    !lua_checkstack(to, (int)f->header.values + LUA_MINSTACK))
		return false;
	for (uint32_t i = 0; i < f->header.values; i++) {
		if (!build_scalar(&body, reader_get_u8(&body), to)) {
			lua_pop(to, (int)i);
			return false;
		}
	}
	return true;
}

void unmarshal_values(struct unmarshal *u)
{
	const struct frame_header *h = &u->frame->header;
	luaL_checkstack(u->L, (int)h->values + 8, "too many values");
	u->body = reader_of(u->frame->body, h->body);
	u->table_count = 0;
	u->tables = 0;
	if (h->flags & FRAME_SHARED) {
		lua_newtable(u->L);
		u->tables = lua_gettop(u->L);
	}
	for (uint32_t i = 0; i < h->values; i++)
		build(u);
}
