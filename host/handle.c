#include "handle.h"

#include <lauxlib.h>
#include <string.h>

#include "task.h"

#define USER_VALUES_MOST 65535

static const char loop_key, anchors_key, ticks_key;

void handle_uncount(struct loop *loop)
{
	ev_unref(loop->ev);
}

void handle_count(struct loop *loop)
{
	ev_ref(loop->ev);
}

/* Handles */

struct handle *handle_check(lua_State *L, int arg)
{
	return luaL_checkudata(L, arg, HANDLE_METATABLE);
}

void handle_check_function(lua_State *L, int arg)
{
	if (lua_isfunction(L, arg))
		return;
	if (luaL_getmetafield(L, arg, "__call") == LUA_TNIL)
		luaL_typeerror(L, arg, "function");
	lua_pop(L, 1);
}

void *handle_new(lua_State *L, const struct handle_kind *kind, size_t size, int function, int first)
{
	struct loop *loop = handle_loop(L);
	int top = lua_gettop(L);
	int arguments = top >= first ? top - first + 1 : 0;
	if (loop->closed)
		luaL_error(L, "cannot start a %s: the event loop has ended", kind->name);
	if (arguments >= USER_VALUES_MOST)
		luaL_error(L, "too many arguments");
	struct handle *handle = lua_newuserdatauv(L, size, 1 + arguments);
	memset(handle, 0, size);
	handle->kind = kind;
	handle->loop = loop;
	handle->referenced = true;
	lua_pushvalue(L, function);
	lua_setiuservalue(L, -2, 1);
	for (int i = 0; i < arguments; i++) {
		lua_pushvalue(L, first + i);
		lua_setiuservalue(L, -2, 2 + i);
	}
	luaL_setmetatable(L, HANDLE_METATABLE);
	return handle;
}

void handle_push(lua_State *L, struct handle *handle)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &anchors_key);
	lua_rawgetp(L, -1, handle);
	lua_remove(L, -2);
}

void handle_start(lua_State *L, int index)
{
	struct handle *handle = lua_touserdata(L, index);
	struct loop *loop = handle->loop;
	index = lua_absindex(L, index);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &anchors_key);
	lua_pushvalue(L, index);
	lua_rawsetp(L, -2, handle);
	lua_pop(L, 1);
	handle->next = loop->active;
	handle->link = &loop->active;
	if (handle->next != NULL)
		handle->next->link = &handle->next;
	loop->active = handle;
	handle->active = true;
	if (handle->referenced)
		handle_count(loop);
}

void handle_stop(lua_State *L, struct handle *handle)
{
	if (!handle->active)
		return;
	handle->kind->stop(handle);
	handle->active = false;
	*handle->link = handle->next;
	if (handle->next != NULL)
		handle->next->link = handle->link;
	if (handle->referenced)
		handle_uncount(handle->loop);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &anchors_key);
	lua_pushnil(L);
	lua_rawsetp(L, -2, handle);
	lua_pop(L, 1);
}

void handle_call(lua_State *L, int index, int extra)
{
	int first = lua_gettop(L) - extra + 1;
	int pushed = 0;
	index = lua_absindex(L, index);
	if (lua_getiuservalue(L, index, 1) == LUA_TTHREAD) {
		lua_State *co = lua_tothread(L, -1);
		lua_insert(L, first);
		if (lua_status(co) == LUA_YIELD)
			task_resume(L, co, extra);
		lua_settop(L, first - 1);
		return;
	}
	do {
		luaL_checkstack(L, 1, "too many arguments");
		pushed++;
	} while (lua_getiuservalue(L, index, 1 + pushed) != LUA_TNONE);
	lua_pop(L, 1);
	lua_rotate(L, first, pushed);
	task_start(L, pushed - 1 + extra);
}

/* Entering Lua, and ticks */

static void enter(struct loop *loop, lua_CFunction function, void *data)
{
	lua_State *L = loop->L;
	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, data);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		task_uncaught(L, NULL, NULL);
}

void handle_enter(struct loop *loop, lua_CFunction function, void *data)
{
	enter(loop, function, data);
	handle_drain(loop);
}

void handle_tick(lua_State *L, int nargs)
{
	struct loop *loop = handle_loop(L);
	int first = lua_gettop(L) - nargs;
	lua_Integer slot = loop->tick_tail;
	if (loop->closed)
		luaL_error(L, "cannot add a tick: the event loop has ended");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &ticks_key);
	lua_pushinteger(L, nargs);
	lua_rawseti(L, -2, slot++);
	for (int i = first; i <= first + nargs; i++) {
		lua_pushvalue(L, i);
		lua_rawseti(L, -2, slot++);
	}
	lua_settop(L, first - 1);
	loop->tick_tail = slot;
	if (!loop->ticks_counted)
		handle_count(loop);
	loop->ticks_counted = true;
}

/* Moves the value of the first slot of the queue to the top of the stack; the queue is at index. */
static void shift(lua_State *L, struct loop *loop, int index)
{
	lua_rawgeti(L, index, loop->tick_head);
	lua_pushnil(L);
	lua_rawseti(L, index, loop->tick_head++);
}

static int run_tick(lua_State *L)
{
	struct loop *loop = lua_touserdata(L, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &ticks_key);
	shift(L, loop, 2);
	int nargs = (int)lua_tointeger(L, 3);
	if (!lua_checkstack(L, nargs + 2)) {
		loop->tick_head += nargs + 1;
		return luaL_error(L, "too many arguments for a tick");
	}
	for (int i = 0; i <= nargs; i++)
		shift(L, loop, 2);
	if (loop->tick_head == loop->tick_tail)
		loop->tick_head = loop->tick_tail = 1;
	task_start(L, nargs);
	return 0;
}

static void uncount_ticks(struct loop *loop)
{
	if (loop->ticks_counted)
		handle_uncount(loop);
	loop->ticks_counted = false;
}

void handle_drain(struct loop *loop)
{
	while (loop->tick_head != loop->tick_tail)
		enter(loop, run_tick, loop);
	uncount_ticks(loop);
}

void handle_close(lua_State *L, struct loop *loop)
{
	if (loop->closed || loop->ev == NULL)
		return;
	loop->closed = true;
	while (loop->active != NULL)
		handle_stop(L, loop->active);
	loop->tick_head = loop->tick_tail;
	uncount_ticks(loop);
	handle_count(loop);
	ev_prepare_stop(loop->ev, &loop->before_sleep);
}

/* Methods */

static int l_stop(lua_State *L)
{
	handle_stop(L, handle_check(L, 1));
	return 0;
}

static int set_referenced(lua_State *L, bool referenced)
{
	struct handle *handle = handle_check(L, 1);
	if (handle->active && handle->referenced != referenced) {
		if (referenced)
			handle_count(handle->loop);
		else
			handle_uncount(handle->loop);
	}
	handle->referenced = referenced;
	lua_settop(L, 1);
	return 1;
}

static int l_ref(lua_State *L)
{
	return set_referenced(L, true);
}

static int l_unref(lua_State *L)
{
	return set_referenced(L, false);
}

static int l_has_ref(lua_State *L)
{
	lua_pushboolean(L, handle_check(L, 1)->referenced);
	return 1;
}

static int l_is_active(lua_State *L)
{
	lua_pushboolean(L, handle_check(L, 1)->active);
	return 1;
}

static int l_tostring(lua_State *L)
{
	struct handle *handle = handle_check(L, 1);
	lua_pushfstring(L, "%s%s: %p", handle->active ? "" : "stopped ", handle->kind->name,
			(void *)handle);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "stop", l_stop },	     { "ref", l_ref },
	{ "unref", l_unref },	     { "hasRef", l_has_ref },
	{ "isActive", l_is_active }, { NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__close", l_stop },
	{ "__tostring", l_tostring },
	{ NULL, NULL },
};

/* The loop of a state */

static int l_loop_gc(lua_State *L)
{
	handle_close(L, lua_touserdata(L, 1));
	return 0;
}

static void drain_before_sleep(struct ev_loop *ev, ev_prepare *watcher, int events)
{
	struct loop *loop = watcher->data;
	(void)ev;
	(void)events;
	handle_drain(loop);
	if (loop->changed != 0)
		loop->inspect(loop);
}

static void push_metatable(lua_State *L)
{
	luaL_newmetatable(L, HANDLE_METATABLE);
	luaL_setfuncs(L, metamethods, 0);
	luaL_newlib(L, methods);
	lua_setfield(L, -2, "__index");
}

struct loop *handle_loop(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &loop_key);
	struct loop *loop = lua_touserdata(L, -1);
	lua_pop(L, 1);
	if (loop != NULL)
		return loop;
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &anchors_key);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &ticks_key);
	push_metatable(L);
	lua_pop(L, 1);
	loop = lua_newuserdatauv(L, sizeof *loop, 1);
	memset(loop, 0, sizeof *loop);
	loop->L = task_main_thread(L);
	loop->tick_head = loop->tick_tail = 1;
	sigemptyset(&loop->ignored);
	ev_prepare_init(&loop->before_sleep, drain_before_sleep);
	loop->before_sleep.data = loop;
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, l_loop_gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &loop_key);
	return loop;
}

void handle_attach(struct loop *loop, struct ev_loop *ev)
{
	loop->ev = ev;
	ev_prepare_start(ev, &loop->before_sleep);
	handle_uncount(loop);
}
