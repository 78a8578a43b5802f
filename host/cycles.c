#include "cycles.h"

#include <lauxlib.h>

#include "limit.h"
#include "sketch.h"
#include "verdict.h"

#define SKETCH_SPARE 1024u /* bytes of its frame besides the sketch */

/* --- the page ------------------------------------------------------------------------------- */

struct collection {
	struct peer *peer;
	uint64_t most;
	struct reach reach;
	struct sketch sketch;
	bool judging; /* main may have collected, and its answer is not yet here */
	bool main_exhausted;
	lua_Integer count;
};

/* Stands in the place of a callback that was collected, until main has released it. */
static int l_collected(lua_State *L)
{
	return luaL_error(L, "this callback was part of a cycle that has been collected");
}

/* Adds the export to what is reached; 0 is the root. */
static void add_export(struct collection *c, uint32_t place)
{
	lua_State *L = c->reach.L;
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->peer->refs.exported);
	lua_rawgeti(L, -1, place);
	reach_add(&c->reach);
	lua_pop(L, 1);
}

/* Adds the callbacks that the frame names. */
static void add_named(struct collection *c, const struct frame *f)
{
	struct reader in = reader_of(f->references, f->references_length);
	for (uint32_t i = 0; i < f->header.references; i++) {
		struct reference entry;
		const unsigned char *at = reader_get(&in, sizeof entry);
		if (at == NULL)
			return;
		memcpy(&entry, at, sizeof entry);
		if (entry.kind == REF_FUNCTION || entry.kind == REF_METHOD)
			reader_get(&in, entry.aux);
		if (entry.kind == REF_YOURS && refs_find_export(&c->peer->refs, entry.id) != NULL)
			add_export(c, (uint32_t)entry.id);
	}
}

/* Counts what the frame releases, by place. */
static void count_released(struct collection *c, const struct frame *f, uint32_t *released)
{
	struct reader in = reader_of(f->body, f->header.body);
	while (reader_left(&in) >= 12) {
		uint64_t id = reader_get_u64(&in);
		uint32_t count = reader_get_u32(&in);
		if (refs_find_export(&c->peer->refs, id) != NULL)
			released[(uint32_t)id] += count;
	}
}

/* Looks through the frames that have come and wait for the loop. */
static void look_through(struct collection *c, const struct buffer *b, uint32_t *released)
{
	struct frame f;
	for (size_t at = b->head; b->tail - at >= sizeof f.header; at += f.header.length) {
		memcpy(&f.header, b->bytes + at, sizeof f.header);
		if (f.header.length > b->tail - at ||
		    frame_parse(b->bytes + at, f.header.length, &f) < 0)
			return;
		if (f.header.message == MSG_RELEASE)
			count_released(c, &f, released);
		else
			add_named(c, &f);
	}
}

/* Pushes the exports by place: whether main has let go of them, and only says so later. */
static bool *push_gone(struct collection *c)
{
	struct refs *r = &c->peer->refs;
	lua_State *L = c->reach.L;
	bool *gone = reach_new_array(L, r->export_capacity, sizeof *gone);
	uint32_t *released = reach_new_array(L, r->export_capacity, sizeof *released);
	look_through(c, &c->peer->deferred, released);
	look_through(c, &c->peer->channel.in, released);
	for (uint32_t place = 1; place < r->export_capacity; place++)
		gone[place] =
			released[place] > 0 && released[place] == refs_export_at(r, place)->sent;
	lua_pop(L, 1);
	return gone;
}

static int ask(struct collection *c, lua_State *L, const char *method, int arguments)
{
	int first = lua_gettop(L) - arguments + 1;
	lua_rawgeti(L, LUA_REGISTRYINDEX, c->peer->root);
	lua_insert(L, first);
	lua_pushstring(L, method);
	lua_insert(L, first + 1);
	return peer_ask(c->peer, L, OP_INVOKE, first, ASK_WAIT | ASK_COPIES, NULL);
}

/* Drops what main found to be garbage: a byte for each proxy and each callback of the sketch. */
static void drop_garbage(struct collection *c, const char *marks, bool revived)
{
	struct refs *r = &c->peer->refs;
	lua_State *L = c->reach.L;
	uint32_t proxies = sketch_proxies(&c->sketch);
	for (uint32_t i = 0; i < proxies; i++) {
		if (marks[i] == 0)
			continue;
		refs_forget(r, L, sketch_proxy(&c->sketch, i));
		c->count++;
	}
	for (uint32_t i = 0; i < sketch_callbacks(&c->sketch) && !revived; i++) {
		if (marks[proxies + i] == 0)
			continue;
		lua_pushcfunction(L, l_collected);
		refs_replace_export(r, L, (uint32_t)sketch_callback(&c->sketch, i));
		c->count++;
	}
}

/* Stack: the collection. */
static int l_collect(lua_State *L)
{
	struct collection *c = lua_touserdata(L, 1);
	struct refs *r = &c->peer->refs;
	ask(c, L, "beginCycles", 0);
	reach_open(&c->reach, L, c->most);
	sketch_open(&c->sketch, &c->reach, r);
	for (int i = 0; i < 2; i++) {
		lua_rawgeti(L, LUA_REGISTRYINDEX, i == 0 ? r->exported : r->places);
		reach_exclude(&c->reach);
	}
	const bool *gone = push_gone(c);
	add_export(c, 0);
	reach_add_roots(&c->reach);
	reach_run(&c->reach);
	lua_pushvalue(L, 2);
	sketch_draw(&c->sketch, gone);
	if (lua_rawlen(L, -1) > LIMIT_FRAME - SKETCH_SPARE) {
		c->reach.exhausted = true;
		return luaL_error(L, "a sketch too large to be sent");
	}
	lua_pushinteger(L, (lua_Integer)c->most);
	c->judging = true;
	ask(c, L, "endCycles", 3);
	c->judging = false;
	size_t length = 0;
	const char *marks = lua_tolstring(L, -2, &length);
	c->main_exhausted = marks == NULL;
	if (marks == NULL)
		return 0;
	if (length != (size_t)sketch_proxies(&c->sketch) + sketch_callbacks(&c->sketch))
		return luaL_error(L, "main gave an answer that fits no sketch");
	drop_garbage(c, marks, lua_toboolean(L, -1));
	return 0;
}

static int l_clear(lua_State *L)
{
	struct collection *c = lua_touserdata(L, 1);
	sketch_clear(&c->sketch);
	reach_clear(&c->reach);
	return 0;
}

/* Pushes a collection, whose memory is freed even if the page ends while it waits for main. */
static struct collection *new_collection(lua_State *L, struct peer *p, uint64_t most)
{
	struct collection *c = lua_newuserdatauv(L, sizeof *c, 0);
	*c = (struct collection){ .peer = p, .most = most < LIMIT_CYCLES ? most : LIMIT_CYCLES };
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, l_clear);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	return c;
}

/* With the collector standing still. Pushes the error, if there is one. */
static int run_collection(struct collection *c, lua_State *L)
{
	bool was_running = lua_gc(L, LUA_GCISRUNNING) == 1;
	lua_gc(L, LUA_GCSTOP);
	peer_flush(c->peer);
	lua_pushcfunction(L, l_collect);
	lua_pushlightuserdata(L, c);
	int status = lua_pcall(L, 1, 0, 0);
	sketch_clear(&c->sketch);
	reach_clear(&c->reach);
	if (was_running)
		lua_gc(L, LUA_GCRESTART);
	return status;
}

int cycles_collect(struct peer *p, lua_State *L, uint64_t most)
{
	struct collection *c = new_collection(L, p, most);
	if (lua_gc(L, LUA_GCCOLLECT) < 0)
		return luaL_error(L, "collectCycles: cannot collect inside a finalizer");
	int status = run_collection(c, L);
	if (status != LUA_OK && !c->reach.exhausted) {
		if (c->judging)
			peer_fail(p, FAULT_MEMORY);
		return lua_error(L);
	}
	if (status != LUA_OK || c->main_exhausted) {
		lua_pushnil(L);
		lua_pushfstring(L, "%s has more than %I references to follow",
				c->main_exhausted ? "the main process" : "the page",
				(lua_Integer)c->most);
		return 2;
	}
	if (c->count > 0)
		lua_gc(L, LUA_GCCOLLECT);
	lua_pushinteger(L, c->count);
	return 1;
}

/* --- main ----------------------------------------------------------------------------------- */

/* The peer whose page asks in the coroutine L. */
static struct peer *asker(lua_State *L)
{
	struct request *r = peer_request_of(L);
	struct peer *p = r != NULL ? r->peer : NULL;
	if (p == NULL)
		luaL_error(L, "only a page can ask for this");
	return p;
}

int cycles_l_begin(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)asker(L)->refs.mark);
	return 1;
}

/* Stack: the root, the mark, the sketch, how much may be done. Results: the marks, or false. */
int cycles_l_end(lua_State *L)
{
	struct verdict v = { .mark = (uint64_t)luaL_checkinteger(L, 2) };
	size_t length;
	const char *bytes = luaL_checklstring(L, 3, &length);
	lua_Integer most = luaL_checkinteger(L, 4);
	if (sketch_read(&v.view, bytes, length) < 0)
		return luaL_argerror(L, 3, "malformed sketch");
	if (lua_gc(L, LUA_GCCOLLECT) < 0)
		return luaL_error(L, "main cannot collect now");
	v.most = most < 0 || most > LIMIT_CYCLES ? LIMIT_CYCLES : (uint64_t)most;
	v.peer = asker(L);
	bool was_running = lua_gc(L, LUA_GCISRUNNING) == 1;
	lua_gc(L, LUA_GCSTOP);
	lua_pushcfunction(L, verdict_l_reach);
	lua_pushlightuserdata(L, &v);
	int status = lua_pcall(L, 1, 1, 0);
	if (was_running)
		lua_gc(L, LUA_GCRESTART);
	if (status == LUA_OK && v.garbage > 0)
		lua_gc(L, LUA_GCCOLLECT);
	if (status == LUA_OK)
		lua_pushboolean(L, verdict_was_revived(&v, L));
	verdict_clear(&v);
	if (status == LUA_OK)
		return 2;
	if (!v.reach.exhausted)
		return lua_error(L);
	lua_pushboolean(L, 0);
	lua_pushboolean(L, 0);
	return 2;
}
