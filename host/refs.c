#include "refs.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "protocol.h"

#define CHUNK 32

struct import_chunk {
	struct import_chunk *next;
	unsigned
		begun; /* the records before it were used; the memory of others is not yet touched */
	struct import records[CHUNK];
};

static const char imports_key;
static const char handle_tag;

/* --- import records ------------------------------------------------------------------------- */

struct imports *imports_open(lua_State *L)
{
	struct imports *all = calloc(1, sizeof *all);
	if (all == NULL) {
		luaL_error(L, "not enough memory");
		return NULL;
	}
	all->L = L;
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, l_handle_gc);
	lua_setfield(L, -2, "__gc");
	all->handle_kind = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_pushlightuserdata(L, all);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &imports_key);
	return all;
}

struct imports *imports_of(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &imports_key);
	struct imports *all = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return all;
}

void imports_free(struct imports *all)
{
	while (all->chunks != NULL) {
		struct import_chunk *chunk = all->chunks;
		all->chunks = chunk->next;
		for (unsigned i = 0; i < chunk->begun; i++)
			free(chunk->records[i].origin);
		free(chunk);
	}
	free(all);
}

static struct import *new_record(struct imports *all)
{
	struct import *import = all->free;
	if (import != NULL) {
		all->free = import->next;
		return import;
	}
	if (all->chunks == NULL || all->chunks->begun == CHUNK) {
		struct import_chunk *chunk = malloc(sizeof *chunk);
		if (chunk == NULL)
			return NULL;
		chunk->next = all->chunks;
		chunk->begun = 0;
		all->chunks = chunk;
	}
	import = &all->chunks->records[all->chunks->begun++];
	*import = (struct import){ .refs = NULL };
	return import;
}

/* From here on every handle of the record is stale. */
static void free_record(struct imports *all, struct import *import)
{
	free(import->origin);
	import->origin = NULL;
	import->state = IMPORT_FREE;
	import->refs = NULL;
	import->generation++;
	import->next = all->free;
	all->free = import;
}

static void list_init(struct import *head)
{
	head->previous = head->next = head;
}

static void list_add(struct import *head, struct import *import)
{
	import->previous = head->previous;
	import->next = head;
	head->previous->next = import;
	head->previous = import;
}

static void list_remove(struct import *import)
{
	import->previous->next = import->next;
	import->next->previous = import->previous;
}

/* --- handles -------------------------------------------------------------------------------- */

/* The payload of the userdata at `index` if it is a handle's. */
static struct handle *handle_in(lua_State *L, int index)
{
	struct handle *h = lua_touserdata(L, index);
	return h != NULL && lua_rawlen(L, index) == sizeof *h && h->tag == &handle_tag ? h : NULL;
}

struct handle *handle_at(lua_State *L, int index)
{
	switch (lua_type(L, index)) {
	case LUA_TUSERDATA:
		return handle_in(L, index);
	case LUA_TFUNCTION:
		break;
	default:
		return NULL;
	}
	if (lua_tocfunction(L, index) != imports_of(L)->call || !lua_getupvalue(L, index, 1))
		return NULL;
	struct handle *h = lua_isuserdata(L, -1) ? handle_in(L, -1) : NULL;
	lua_pop(L, 1);
	return h;
}

static void count_out(struct refs *r, const struct import *import)
{
	r->import_count--;
	if (import->kind == REF_FUNCTION)
		r->callback_count--;
}

static void queue_release(struct import *import)
{
	struct refs *r = import->refs;
	import->state = IMPORT_QUEUED;
	list_remove(import);
	list_add(&r->queued, import);
	r->queued_count++;
	refs_mark_dirty(r);
}

int l_handle_gc(lua_State *L)
{
	struct handle *h = handle_at(L, 1);
	struct import *import = h ? handle_import(h) : NULL;
	if (import == NULL)
		return 0;
	if (import->state == IMPORT_DEAD) {
		free_record(imports_of(L), import);
	} else if (import->state == IMPORT_LIVE) {
		queue_release(import);
	}
	return 0;
}

void refs_revive(lua_State *L, int index, struct import *import)
{
	if (import->state != IMPORT_QUEUED)
		return;
	struct refs *r = import->refs;
	index = lua_absindex(L, index);
	list_remove(import);
	list_add(&r->live, import);
	r->queued_count--;
	import->state = IMPORT_LIVE;

	/* Setting the metatable again makes Lua call __gc once more. */
	if (lua_isfunction(L, index))
		lua_getupvalue(L, index, 1);
	else
		lua_pushvalue(L, index);
	lua_getmetatable(L, -1);
	lua_setmetatable(L, -2);

	lua_rawgeti(L, LUA_REGISTRYINDEX, r->cache);
	if (lua_rawgeti(L, -1, (lua_Integer)import->id) == LUA_TNIL) {
		lua_pushvalue(L, index);
		lua_rawseti(L, -3, (lua_Integer)import->id);
	}
	lua_pop(L, 3);
}

/* --- the two tables ------------------------------------------------------------------------- */

static int new_table(lua_State *L, const char *mode)
{
	lua_newtable(L);
	if (mode != NULL) {
		lua_createtable(L, 0, 1);
		lua_pushstring(L, mode);
		lua_setfield(L, -2, "__mode");
		lua_setmetatable(L, -2);
	}
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

void refs_mark_dirty(struct refs *r)
{
	if (r->next_dirty != NULL || r->imports == NULL)
		return;
	r->next_dirty = r->imports->dirty ? r->imports->dirty : r;
	r->imports->dirty = r;
}

struct refs *refs_take_dirty(struct imports *all)
{
	struct refs *r = all->dirty;
	if (r != NULL) {
		all->dirty = r->next_dirty == r ? NULL : r->next_dirty;
		r->next_dirty = NULL;
	}
	return r;
}

static void forget_dirty(struct refs *r)
{
	struct refs *first = NULL;
	for (struct refs *other; (other = refs_take_dirty(r->imports)) != NULL;) {
		if (other == r)
			continue;
		other->next_dirty = first ? first : other;
		first = other;
	}
	r->imports->dirty = first;
}

void refs_init(struct refs *r, lua_State *L, void *owner)
{
	uint32_t generation = r->generation;
	uint64_t mark = r->mark;
	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
	lua_State *main_thread = lua_tothread(L, -1);
	lua_pop(L, 1);
	*r = (struct refs){ .L = main_thread,
			    .owner = owner,
			    .imports = imports_of(L),
			    .exported = LUA_NOREF,
			    .places = LUA_NOREF,
			    .cache = LUA_NOREF,
			    .kinds = LUA_NOREF,
			    .generation = generation,
			    .mark = mark };
	list_init(&r->live);
	list_init(&r->queued);
	r->exported = new_table(L, NULL);
	r->places = new_table(L, NULL);
	r->cache = new_table(L, "v");
	r->kinds = new_table(L, NULL);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->exported);
	lua_insert(L, -2);
	lua_rawseti(L, -2, 0);
	lua_pop(L, 1);
	lua_newtable(L);
	r->imports->push_kind(L, owner, 0, NULL, 0);
	refs_add_kind(r, L, 0);
}

void refs_add_kind(struct refs *r, lua_State *L, uint32_t class)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->kinds);
	lua_insert(L, -2);
	lua_rawseti(L, -2, class);
	lua_pop(L, 1);
}

static void end_imports(struct refs *r, struct import *head, bool queued)
{
	while (head->next != head) {
		struct import *import = head->next;
		list_remove(import);
		import->refs = NULL;
		import->state = IMPORT_DEAD;
		if (queued)
			free_record(r->imports, import);
	}
}

void refs_clear(struct refs *r, bool closing)
{
	if (r->L == NULL)
		return;
	end_imports(r, &r->live, false);
	end_imports(r, &r->queued, true);
	for (uint32_t i = 0; i < r->export_capacity; i++)
		free(r->exports[i].origin);
	free(r->exports);
	if (!closing) {
		int tables[] = { r->kinds, r->exported, r->places, r->cache };
		for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
			luaL_unref(r->L, LUA_REGISTRYINDEX, tables[i]);
	}
	if (r->next_dirty != NULL)
		forget_dirty(r);
	*r = (struct refs){ .generation = r->generation, .mark = r->mark };
	list_init(&r->live);
	list_init(&r->queued);
}

/* --- imports -------------------------------------------------------------------------------- */

/* Pushes the metatable of proxies of the class, the plain one where the class is not known. */
static void push_kind(struct refs *r, lua_State *L, uint32_t class)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->kinds);
	if (lua_rawgeti(L, -1, class) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_rawgeti(L, -1, 0);
	}
	lua_remove(L, -2);
}

/* Pushes a new proxy for the record: a userdata, or a C closure that holds one. */
static void push_proxy(struct refs *r, lua_State *L, struct import *import)
{
	struct handle *h = lua_newuserdatauv(L, sizeof *h, 0);
	*h = (struct handle){ .tag = &handle_tag,
			      .import = import,
			      .generation = import->generation };
	if (import->kind == REF_FUNCTION) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, r->imports->handle_kind);
		lua_setmetatable(L, -2);
		lua_pushcclosure(L, r->imports->call, 1);
	} else {
		push_kind(r, L, import->class);
		lua_setmetatable(L, -2);
	}
}

/* Pushes the proxy of an id if there is one; the debug library may have made it another's. */
static struct import *known_import(struct refs *r, lua_State *L, uint64_t id)
{
	struct handle *h = NULL;
	if (lua_rawgeti(L, -1, (lua_Integer)id) != LUA_TNIL)
		h = handle_at(L, -1);
	struct import *import = h != NULL ? handle_import(h) : NULL;
	if (import == NULL || import->refs != r || import->id != id) {
		lua_pop(L, 1);
		return NULL;
	}
	refs_revive(L, -1, import);
	return import;
}

struct import *refs_import(struct refs *r, lua_State *L, uint64_t id, uint8_t kind, uint8_t type,
			   uint32_t class, bool *fresh)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->cache);
	struct import *import = known_import(r, L, id);
	*fresh = import == NULL;
	if (import == NULL) {
		import = new_record(r->imports);
		if (import == NULL)
			luaL_error(L, "not enough memory");
		uint32_t generation = import->generation;
		*import = (struct import){ .refs = r,
					   .id = id,
					   .generation = generation,
					   .class = class,
					   .state = IMPORT_LIVE,
					   .kind = kind,
					   .type = type };
		list_add(&r->live, import);
		r->import_count++;
		if (kind == REF_FUNCTION)
			r->callback_count++;
		push_proxy(r, L, import);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, (lua_Integer)id);
	}
	import->received++;
	lua_remove(L, -2);
	return import;
}

void refs_push_root(struct refs *r, lua_State *L)
{
	bool fresh;
	refs_import(r, L, 0, REF_OBJECT, LUA_TTABLE, 0, &fresh);
	r->import_count--;
}

uint32_t refs_take_releases(struct refs *r, struct buffer *out, uint32_t most)
{
	uint32_t count = 0;
	while (count < most && r->queued.next != &r->queued) {
		struct import *import = r->queued.next;
		buffer_put_u64(out, import->id);
		buffer_put_u32(out, import->received);
		if (out->failed)
			break;
		list_remove(import);
		r->queued_count--;
		count_out(r, import);
		free_record(r->imports, import);
		count++;
	}
	return count;
}

struct import *refs_cached_import(struct refs *r, lua_State *L, uint64_t id)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->cache);
	lua_rawgeti(L, -1, (lua_Integer)id);
	struct handle *h = handle_at(L, -1);
	struct import *import = h != NULL ? handle_import(h) : NULL;
	lua_pop(L, 2);
	return import != NULL && import->state == IMPORT_LIVE ? import : NULL;
}

static void forget_proxy(lua_State *L, const struct import *import)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, import->refs->cache);
	lua_pushnil(L);
	lua_rawseti(L, -2, (lua_Integer)import->id);
	lua_pop(L, 1);
}

void refs_forget(struct refs *r, lua_State *L, struct import *import)
{
	forget_proxy(L, import);
	list_remove(import);
	count_out(r, import);
	free_record(r->imports, import);
}

void refs_let_go(lua_State *L, struct handle *h)
{
	struct import *import = handle_import(h);
	if (import == NULL || import->state != IMPORT_LIVE)
		return;
	h->generation--;
	forget_proxy(L, import);
	queue_release(import);
}
