#include "task.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define IDLE_MOST 64
#define BODY_SLOTS 2 /* what task_take leaves on a coroutine: the body and its message handler */

/* What one Lua state knows of its tasks. */
struct tasks {
	struct ev_loop *loop;
	lua_State *main;
	lua_State *idle; /* a thread with the coroutines that wait for work on its stack */
	int records;	 /* registry reference: weak keys, coroutine → its struct task */
	int uncaught;	 /* registry reference: the handler, or LUA_NOREF */
};

/* A coroutine's record; a userdata that dies with it. Its address is in the extra space. */
struct task {
	task_done *done;
	task_dropped *dropped;
	void *data;
	char *traceback;
};

static const char tasks_key;
static const char record_name[] = "lepton.task";

static struct tasks *tasks_of(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &tasks_key);
	struct tasks *t = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return t;
}

static struct task **record_slot(lua_State *co)
{
	return lua_getextraspace(co);
}

/* The task can never end. */
static void drop(struct task *task)
{
	bool awaited = task->done != NULL && task->dropped != NULL;
	task->done = NULL;
	if (awaited)
		task->dropped(task->data);
}

static int l_record_gc(lua_State *L)
{
	struct task *task = lua_touserdata(L, 1);
	drop(task);
	free(task->traceback);
	task->traceback = NULL;
	return 0;
}

void task_open(lua_State *L)
{
	struct tasks *t = lua_newuserdatauv(L, sizeof *t, 0);
	*t = (struct tasks){ .uncaught = LUA_NOREF };
	lua_rawsetp(L, LUA_REGISTRYINDEX, &tasks_key);
	lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
	t->main = lua_tothread(L, -1);
	lua_pop(L, 1);
	*record_slot(t->main) = NULL;
	t->idle = lua_newthread(L);
	luaL_ref(L, LUA_REGISTRYINDEX);
	luaL_checkstack(t->idle, IDLE_MOST + LUA_MINSTACK, NULL);
	lua_newtable(L);
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "k");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	t->records = luaL_ref(L, LUA_REGISTRYINDEX);
	luaL_newmetatable(L, record_name);
	lua_pushcfunction(L, l_record_gc);
	lua_setfield(L, -2, "__gc");
	lua_pop(L, 1);
}

void task_attach(lua_State *L, struct ev_loop *loop)
{
	tasks_of(L)->loop = loop;
}

struct ev_loop *task_loop(lua_State *L)
{
	return tasks_of(L)->loop;
}

lua_State *task_main_thread(lua_State *L)
{
	return tasks_of(L)->main;
}

static int keep_traceback(lua_State *L)
{
	struct task *task = *record_slot(L);
	luaL_traceback(L, L, NULL, 1);
	free(task->traceback);
	task->traceback = strdup(lua_tostring(L, -1));
	lua_settop(L, 1);
	return 1;
}

static int body_finish(lua_State *L, int status, lua_KContext context)
{
	struct task *task = (struct task *)context;
	task_done *done = task->done;
	bool ok = status == LUA_OK || status == LUA_YIELD;
	task->done = NULL;
	done(L, ok ? LUA_OK : status, ok ? lua_gettop(L) - 1 : 1, task->data);
	return 0;
}

static int body(lua_State *L)
{
	lua_KContext context = (lua_KContext)*record_slot(L);
	int nargs = lua_gettop(L) - BODY_SLOTS;
	return body_finish(L, lua_pcallk(L, nargs, LUA_MULTRET, 1, context, body_finish), context);
}

/* Pushes a coroutine with its record. [-0, +1, m] */
static lua_State *new_coroutine(lua_State *L, struct tasks *t)
{
	lua_State *co = lua_newthread(L);
	lua_rawgeti(L, LUA_REGISTRYINDEX, t->records);
	lua_pushvalue(L, -2);
	struct task *task = lua_newuserdatauv(L, sizeof *task, 0);
	*task = (struct task){ 0 };
	luaL_setmetatable(L, record_name);
	lua_rawset(L, -3);
	*record_slot(co) = task;
	lua_pop(L, 1);
	return co;
}

lua_State *task_take(lua_State *L)
{
	struct tasks *t = tasks_of(L);
	lua_State *co;
	luaL_checkstack(L, 6, "too many nested tasks");
	if (lua_gettop(t->idle) > 0) {
		lua_xmove(t->idle, L, 1);
		co = lua_tothread(L, -1);
	} else {
		co = new_coroutine(L, t);
	}
	lua_pushcfunction(co, body);
	lua_pushcfunction(co, keep_traceback);
	return co;
}

void task_give_back(lua_State *L, lua_State *co)
{
	struct tasks *t = tasks_of(L);
	lua_settop(co, 0);
	if (lua_gettop(t->idle) < IDLE_MOST)
		lua_xmove(L, t->idle, 1);
	else
		lua_pop(L, 1);
}

/* Deals with the outcome of resuming the coroutine on top of L's stack, which has a record. [-1] */
static void after_resume(lua_State *L, lua_State *co, int status, int results)
{
	struct task *task = *record_slot(co);
	switch (status) {
	case LUA_YIELD:
		lua_pop(co, results);
		lua_pop(L, 1);
		break;
	case LUA_OK:
		free(task->traceback);
		task->traceback = NULL;
		task_give_back(L, co);
		break;
	default:
		lua_xmove(co, L, 1);
		task_uncaught(L, NULL, NULL);
		lua_pop(L, 1);
		drop(task);
	}
}

void task_run(lua_State *L, lua_State *co, int nargs, task_done *done, task_dropped *dropped,
	      void *data)
{
	struct task *task = *record_slot(co);
	int results;
	task->done = done;
	task->dropped = dropped;
	task->data = data;
	int status = lua_resume(co, L, nargs + BODY_SLOTS, &results);
	after_resume(L, co, status, results);
}

static void report(lua_State *co, int status, int count, void *data)
{
	(void)count;
	(void)data;
	if (status != LUA_OK)
		task_uncaught(co, task_traceback(co), NULL);
}

void task_start(lua_State *L, int nargs)
{
	lua_State *co = task_take(L);
	luaL_checkstack(co, nargs + 1, "too many arguments");
	lua_insert(L, -nargs - 2);
	lua_xmove(L, co, nargs + 1);
	task_run(L, co, nargs, report, NULL, NULL);
}

const char *task_traceback(lua_State *co)
{
	struct task *task = *record_slot(co);
	return task != NULL && task->traceback != NULL ? task->traceback : "";
}

void *task_data(lua_State *co, task_done *done)
{
	struct task *task = *record_slot(co);
	return task != NULL && task->done == done ? task->data : NULL;
}

void task_continue(lua_State *L, lua_State *co, int nargs)
{
	int results;
	luaL_checkstack(L, 6, "too many nested tasks");
	luaL_checkstack(co, 1, "too many values");
	lua_pushthread(co);
	lua_xmove(co, L, 1);
	int status = lua_resume(co, L, nargs, &results);
	if (*record_slot(co) != NULL) {
		after_resume(L, co, status, results);
		return;
	}
	if (status == LUA_YIELD || status == LUA_OK) {
		lua_pop(co, results);
	} else {
		luaL_traceback(L, co, NULL, 0);
		lua_xmove(co, L, 1);
		task_uncaught(L, lua_tostring(L, -2), NULL);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

void task_resume(lua_State *L, lua_State *co, int nargs)
{
	luaL_checkstack(co, nargs, "too many values");
	lua_xmove(L, co, nargs);
	task_continue(L, co, nargs);
}

static void print_uncaught(lua_State *L, const char *traceback)
{
	const char *text = luaL_tolstring(L, -1, NULL);
	log_warn("%s%s%s", text, traceback ? "\n" : "", traceback ? traceback : "");
	lua_pop(L, 1);
}

void task_uncaught(lua_State *L, const char *traceback, const char *origin)
{
	struct tasks *t = tasks_of(L);
	if (!lua_checkstack(L, 6))
		return;
	if (t->uncaught == LUA_NOREF) {
		print_uncaught(L, traceback);
		lua_pop(L, 1);
		return;
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, t->uncaught);
	lua_pushvalue(L, -2);
	lua_pushstring(L, traceback);
	lua_pushstring(L, origin);
	if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
		print_uncaught(L, NULL);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static int l_start(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	int count = lua_gettop(L);
	lua_State *co = task_take(L);
	luaL_checkstack(co, count, "too many arguments");
	lua_pushvalue(L, -1);
	lua_rotate(L, 1, 2);
	lua_xmove(L, co, count);
	task_run(L, co, count - 1, report, NULL, NULL);
	return 1;
}

static int l_resume(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTHREAD);
	lua_State *co = lua_tothread(L, 1);
	if (lua_status(co) != LUA_YIELD)
		return luaL_error(L, "resume: this coroutine is not waiting");
	task_resume(L, co, lua_gettop(L) - 1);
	return 0;
}

static int l_on_uncaught(lua_State *L)
{
	struct tasks *t = tasks_of(L);
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_settop(L, 1);
	luaL_unref(L, LUA_REGISTRYINDEX, t->uncaught);
	t->uncaught = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

int luaopen_host_task(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "start", l_start },
		{ "resume", l_resume },
		{ "onUncaught", l_on_uncaught },
		{ NULL, NULL },
	};
	luaL_newlib(L, functions);
	return 1;
}
