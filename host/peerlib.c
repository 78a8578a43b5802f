#include "peerlib.h"

#include <stdlib.h>

#include "async.h"
#include "blame.h"
#include "clock.h"
#include "cycles.h"
#include "limit.h"
#include "proxy.h"
#include "source.h"

static const char peer_tag;

/* The payload of a peer's userdata. */
struct peer_box {
	const void *tag;
	struct peer *peer;
};

struct peer *peerlib_check(lua_State *L, int index)
{
	struct peer_box *box = lua_touserdata(L, index);
	if (box == NULL || lua_rawlen(L, index) != sizeof *box || box->tag != &peer_tag)
		luaL_typeerror(L, index, "peer");
	return box->peer;
}

/* --- methods -------------------------------------------------------------------------------- */

/* Puts the other side's root object in the place of the peer at index 1. */
static struct peer *address_root(lua_State *L)
{
	struct peer *p = peerlib_check(L, 1);
	luaL_checktype(L, 2, LUA_TSTRING);
	if (p->L == NULL || p->state != PEER_OPEN) {
		char place[MARSHAL_PLACE];
		marshal_where(L, place);
		lua_pushfstring(L, "%s%s", place,
				p->is_main ? "the page was reloaded or closed"
					   : "this page's context is ending");
		lua_error(L);
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->root);
	lua_replace(L, 1);
	return p;
}

static int l_ask(lua_State *L)
{
	struct peer *p = address_root(L);
	return peer_ask(p, L, OP_INVOKE, 1, async_mode(L, p) | ASK_COPIES, NULL);
}

static int l_ask_async(lua_State *L)
{
	struct peer *p = address_root(L);
	unsigned mode = p->is_main || lua_isyieldable(L) ? ASK_YIELD : ASK_WAIT;
	return peer_ask(p, L, OP_INVOKE, 1, mode | ASK_COPIES, NULL);
}

static int l_post(lua_State *L)
{
	struct peer *p = address_root(L);
	peer_post(p, L, OP_INVOKE, 1, true);
	lua_pushboolean(L, 1);
	return 1;
}

static int l_is_open(lua_State *L)
{
	const struct peer *p = peerlib_check(L, 1);
	lua_pushboolean(L, p->L != NULL && p->state == PEER_OPEN && p->fault == FAULT_NONE);
	return 1;
}

static int l_id(lua_State *L)
{
	lua_pushinteger(L, peerlib_check(L, 1)->number);
	return 1;
}

static int l_collect_cycles(lua_State *L)
{
	struct peer *p = peerlib_check(L, 1);
	lua_Integer most = luaL_optinteger(L, 2, LIMIT_CYCLES);
	luaL_argcheck(L, most > 0, 2, "the number of references to follow must be positive");
	if (p->is_main || p->L == NULL || p->state != PEER_OPEN)
		return luaL_error(L, "collectCycles: only a page collects cycles, while it lives");
	return cycles_collect(p, L, (uint64_t)most);
}

static void set_count(lua_State *L, const char *name, uint32_t count)
{
	lua_pushinteger(L, count);
	lua_setfield(L, -2, name);
}

static int l_counts(lua_State *L)
{
	struct peer *p = peerlib_check(L, 1);
	lua_createtable(L, 0, 6);
	set_count(L, "exports", p->refs.export_count);
	set_count(L, "imports", p->refs.import_count);
	set_count(L, "callbacks", p->refs.callback_count);
	set_count(L, "queued", p->refs.queued_count);
	set_count(L, "requests", p->request_count);
	return 1;
}

/* --- report --------------------------------------------------------------------------------- */

static void set_common(lua_State *L, int64_t born, uint64_t calls, const char *origin)
{
	lua_pushnumber(L, (lua_Number)(clock_monotonic() - born) / (lua_Number)CLOCK_SECOND);
	lua_setfield(L, -2, "age");
	lua_pushinteger(L, (lua_Integer)calls);
	lua_setfield(L, -2, "calls");
	lua_pushstring(L, origin);
	lua_setfield(L, -2, "origin");
}

static void report_exports(lua_State *L, struct peer *p)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->refs.exported);
	for (uint32_t place = 1; place < p->refs.export_capacity; place++) {
		const struct export *e = refs_export_at(&p->refs, place);
		if (!e->used)
			continue;
		lua_createtable(L, 0, 7);
		lua_pushliteral(L, "export");
		lua_setfield(L, -2, "direction");
		lua_rawgeti(L, -2, place);
		lua_pushstring(L, luaL_typename(L, -1));
		lua_setfield(L, -3, "type");
		lua_setfield(L, -2, "value");
		lua_pushinteger(L, e->sent);
		lua_setfield(L, -2, "count");
		set_common(L, e->born, e->calls, e->origin);
		lua_rawseti(L, -3, (lua_Integer)lua_rawlen(L, -3) + 1);
	}
	lua_pop(L, 1);
}

static void report_imports(lua_State *L, struct peer *p)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->refs.cache);
	for (const struct import *i = p->refs.live.next; i != &p->refs.live; i = i->next) {
		if (i->id == 0)
			continue;
		lua_createtable(L, 0, 7);
		lua_pushliteral(L, "import");
		lua_setfield(L, -2, "direction");
		lua_rawgeti(L, -2, (lua_Integer)i->id);
		lua_setfield(L, -2, "value");
		lua_pushstring(L, i->kind == REF_FUNCTION ? "function" : lua_typename(L, i->type));
		lua_setfield(L, -2, "type");
		lua_pushinteger(L, i->received);
		lua_setfield(L, -2, "count");
		set_common(L, i->born, i->calls, i->origin);
		lua_rawseti(L, -3, (lua_Integer)lua_rawlen(L, -3) + 1);
	}
	lua_pop(L, 1);
}

/* Stack: the peer. */
static int l_report_all(lua_State *L)
{
	struct peer *p = lua_touserdata(L, 1);
	lua_newtable(L);
	if (p->L != NULL) {
		report_exports(L, p);
		report_imports(L, p);
	}
	return 1;
}

/* The collector would take imports off the list that is being walked. */
static int l_report(lua_State *L)
{
	struct peer *p = peerlib_check(L, 1);
	bool collecting = lua_gc(L, LUA_GCISRUNNING);
	lua_gc(L, LUA_GCSTOP);
	lua_pushcfunction(L, l_report_all);
	lua_pushlightuserdata(L, p);
	int status = lua_pcall(L, 1, 1, 0);
	if (collecting)
		lua_gc(L, LUA_GCRESTART);
	return status == LUA_OK ? 1 : lua_error(L);
}

void peerlib_push(lua_State *L, struct peer *p, const luaL_Reg *more)
{
	static const luaL_Reg methods[] = {
		{ "ask", l_ask },	{ "askAsync", l_ask_async },
		{ "post", l_post },	{ "isOpen", l_is_open },
		{ "id", l_id },		{ "counts", l_counts },
		{ "report", l_report }, { "collectCycles", l_collect_cycles },
		{ NULL, NULL },
	};
	struct peer_box *box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = (struct peer_box){ .tag = &peer_tag, .peer = p };
	lua_createtable(L, 0, 3);
	luaL_newlib(L, methods);
	if (more != NULL)
		luaL_setfuncs(L, more, 0);
	lua_getfield(L, -1, "__gc");
	lua_setfield(L, -3, "__gc");
	lua_setfield(L, -2, "__index");
	lua_pushliteral(L, "peer");
	lua_setfield(L, -2, "__name");
	lua_setmetatable(L, -2);
}

/* --- functions ------------------------------------------------------------------------------ */

static struct import *import_at(lua_State *L, int index)
{
	struct handle *h = handle_at(L, index);
	return h != NULL ? handle_import(h) : NULL;
}

/* The handle and live import of a remote object that is argument 1. */
static struct peer *check_remote(lua_State *L)
{
	struct handle *h = handle_at(L, 1);
	if (h == NULL)
		luaL_typeerror(L, 1, "remote object");
	return proxy_usable(L, 1, h)->refs->owner;
}

static int l_is_remote(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, handle_at(L, 1) != NULL);
	return 1;
}

static int l_is_callback(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, lua_isfunction(L, 1) && handle_at(L, 1) != NULL);
	return 1;
}

static int l_is_dead(lua_State *L)
{
	struct import *import = import_at(L, 1);
	if (import == NULL || import->state != IMPORT_DEAD)
		lua_pushnil(L);
	else
		proxy_push_dead_reason(L, import);
	return 1;
}

/* Where a callback was passed to main: "page.lua:12"; nil if it is no callback. */
static int l_callback_origin(lua_State *L)
{
	struct import *import = import_at(L, 1);
	lua_pushstring(L, import != NULL ? import->origin : NULL);
	return 1;
}

static int l_callback_context(lua_State *L)
{
	struct import *import = import_at(L, 1);
	if (import == NULL || import->refs == NULL)
		return lua_pushnil(L), 1;
	const struct peer *p = import->refs->owner;
	lua_rawgeti(L, LUA_REGISTRYINDEX, p->token);
	return 1;
}

/* (callback, …): what the callback returns, for which the calling coroutine waits. */
static int l_ask_callback(lua_State *L)
{
	struct handle *h = handle_at(L, 1);
	if (h == NULL || !lua_isfunction(L, 1))
		return luaL_typeerror(L, 1, "callback");
	struct import *import = proxy_usable(L, 1, h);
	import->calls++;
	return peer_ask(import->refs->owner, L, OP_CALL, 1, ASK_YIELD, NULL);
}

/* The traceback on the other side of the error that came from there last; nil for another one. */
static int l_remote_traceback(lua_State *L)
{
	luaL_checkany(L, 1);
	blame_push_traceback(L, 1);
	return 1;
}

static int l_by_value(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_settop(L, 1);
	if (lua_istable(L, 1))
		marshal_push_by_value(L);
	return 1;
}

/* The value itself where it is no remote object: so these serve local values, too. */
static int l_type(lua_State *L)
{
	luaL_checkany(L, 1);
	struct import *import = import_at(L, 1);
	bool object = import != NULL && import->kind == REF_OBJECT;
	lua_pushstring(L, object ? lua_typename(L, import->type) : luaL_typename(L, 1));
	return 1;
}

static int pair_or_nil(lua_State *L, int first)
{
	if (lua_gettop(L) < first)
		return lua_pushnil(L), 1;
	return 2;
}

static int l_next(lua_State *L)
{
	lua_settop(L, 2);
	if (handle_at(L, 1) == NULL) {
		luaL_checktype(L, 1, LUA_TTABLE);
		return lua_next(L, 1) ? 2 : (lua_pushnil(L), 1);
	}
	struct peer *p = check_remote(L);
	lua_pushinteger(L, 1);
	return peer_ask(p, L, OP_NEXT, 1, async_mode(L, p), pair_or_nil);
}

static int l_pairs(lua_State *L)
{
	if (handle_at(L, 1) != NULL)
		return proxy_l_pairs(L);
	luaL_checkany(L, 1);
	lua_getglobal(L, "pairs");
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 3);
	return 3;
}

static int l_rawget(lua_State *L)
{
	lua_settop(L, 2);
	if (handle_at(L, 1) == NULL) {
		luaL_checktype(L, 1, LUA_TTABLE);
		lua_rawget(L, 1);
		return 1;
	}
	struct peer *p = check_remote(L);
	return peer_ask(p, L, OP_RAWGET, 1, async_mode(L, p), NULL);
}

static int l_rawlen(lua_State *L)
{
	lua_settop(L, 1);
	if (handle_at(L, 1) == NULL) {
		bool sized = lua_istable(L, 1) || lua_type(L, 1) == LUA_TSTRING;
		luaL_argexpected(L, sized, 1, "table or string");
		lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
		return 1;
	}
	struct peer *p = check_remote(L);
	return peer_ask(p, L, OP_RAWLEN, 1, async_mode(L, p), NULL);
}

static int l_copy(lua_State *L)
{
	lua_settop(L, 1);
	struct peer *p = check_remote(L);
	return peer_ask(p, L, OP_COPY, 1, async_mode(L, p), NULL);
}

static int l_release(lua_State *L)
{
	struct handle *h = handle_at(L, 1);
	if (h == NULL)
		return luaL_typeerror(L, 1, "remote object");
	refs_let_go(L, h);
	return 0;
}

static int l_is_own_place(lua_State *L)
{
	lua_pushboolean(L, source_names_own(L, luaL_checkstring(L, 1)));
	return 1;
}

int luaopen_host_peer(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "isRemote", l_is_remote },
		{ "isCallback", l_is_callback },
		{ "isDead", l_is_dead },
		{ "callbackContext", l_callback_context },
		{ "callbackOrigin", l_callback_origin },
		{ "askCallback", l_ask_callback },
		{ "remoteTraceback", l_remote_traceback },
		{ "isOwnPlace", l_is_own_place },
		{ "byValue", l_by_value },
		{ "type", l_type },
		{ "next", l_next },
		{ "pairs", l_pairs },
		{ "rawget", l_rawget },
		{ "rawlen", l_rawlen },
		{ "copy", l_copy },
		{ "release", l_release },
		{ "async", l_async },
		{ "beginCycles", cycles_l_begin },
		{ "endCycles", cycles_l_end },
		{ NULL, NULL },
	};
	luaL_newlib(L, functions);
	return 1;
}
