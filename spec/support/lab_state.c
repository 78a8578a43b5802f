/*
 * The Lua states of the lab: the standard libraries, tasks and remote objects, and these globals:
 *
 *   release(object)  byValue(value)  async(done, fn, …)  isRemote(value)
 *   ask(root, name, …)  post(root, name, …)    root:name(…) in one trip
 *
 * and host.task ready to be required.
 */
#include <lualib.h>
#include <poll.h>

#include "async.h"
#include "lab.h"
#include "operate.h"
#include "proxy.h"
#include "source.h"
#include "task.h"

/* What a piece of code came to. */
struct outcome {
	lua_State *host;
	int base;
	int count; /* values pushed onto the host's stack */
	bool ended;
};

struct run {
	struct lab_state *state;
	struct outcome outcome;
	int index; /* of the code on the host's stack, with its arguments above */
	int top;
};

/* --- globals -------------------------------------------------------------------------------- */

static int l_release(lua_State *L)
{
	struct handle *h = handle_at(L, 1);
	if (h != NULL)
		refs_let_go(L, h);
	return 0;
}

static int l_by_value(lua_State *L)
{
	lua_settop(L, 1);
	marshal_push_by_value(L);
	return 1;
}

static int l_is_remote(lua_State *L)
{
	lua_pushboolean(L, handle_at(L, 1) != NULL);
	return 1;
}

static struct peer *check_peer(lua_State *L)
{
	struct handle *h = handle_at(L, 1);
	luaL_argexpected(L, h != NULL && lua_isstring(L, 2), 1, "remote object");
	return proxy_usable(L, 1, h)->refs->owner;
}

static int l_ask(lua_State *L)
{
	struct peer *p = check_peer(L);
	return peer_ask(p, L, OP_INVOKE, 1, async_mode(L, p), NULL);
}

static int l_post(lua_State *L)
{
	peer_post(check_peer(L), L, OP_INVOKE, 1, false);
	return 0;
}

/* --- life ----------------------------------------------------------------------------------- */

/* Stack: the state, whether it is main's. */
static int l_furnish(lua_State *L)
{
	static const luaL_Reg globals[] = {
		{ "release", l_release }, { "byValue", l_by_value }, { "isRemote", l_is_remote },
		{ "async", l_async },	  { "ask", l_ask },	     { "post", l_post },
		{ NULL, NULL },
	};
	struct lab_state *s = lua_touserdata(L, 1);
	luaL_openlibs(L);
	task_open(L);
	task_attach(L, s->loop);
	source_open(L, s->data_dir);
	operate_open(L, s->data_dir);
	s->peers.imports = proxy_open(L, lua_toboolean(L, 2));
	lua_pushglobaltable(L);
	luaL_setfuncs(L, globals, 0);
	lab_furnish_cycles(L);
	luaL_requiref(L, "host.task", luaopen_host_task, 0);
	return 0;
}

/* No time is spent on looking for frames: nothing comes by itself. */
void lab_state_init(struct lab_state *s, const char *data_dir)
{
	s->data_dir = data_dir;
	s->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	peers_init(&s->peers, s->loop, &peer_habits);
	s->peers.spin.useless = true;
}

void lab_state_clear(struct lab_state *s)
{
	lab_state_close(s);
	peers_clear(&s->peers);
	ev_loop_destroy(s->loop);
}

int lab_state_open(struct lab_state *s, bool is_main)
{
	lua_State *L = lab_newstate();
	if (L == NULL)
		return -1;
	s->L = L;
	lua_pushcfunction(L, l_furnish);
	lua_pushlightuserdata(L, s);
	lua_pushboolean(L, is_main);
	if (lua_pcall(L, 2, 0, 0) == LUA_OK)
		return 0;
	lab_state_close(s);
	return -1;
}

void lab_state_close(struct lab_state *s)
{
	if (s->L != NULL)
		lua_close(s->L);
	if (s->peers.imports != NULL)
		imports_free(s->peers.imports);
	s->L = NULL;
	s->peers.imports = NULL;
}

/* --- running -------------------------------------------------------------------------------- */

/* Copies a plain value; of others the type's name in angle brackets. */
static void copy(lua_State *to, lua_State *from, int index)
{
	size_t length;
	const char *s;
	switch (lua_type(from, index)) {
	case LUA_TNIL:
		lua_pushnil(to);
		break;
	case LUA_TBOOLEAN:
		lua_pushboolean(to, lua_toboolean(from, index));
		break;
	case LUA_TNUMBER:
		if (lua_isinteger(from, index))
			lua_pushinteger(to, lua_tointeger(from, index));
		else
			lua_pushnumber(to, lua_tonumber(from, index));
		break;
	case LUA_TSTRING:
		s = lua_tolstring(from, index, &length);
		lua_pushlstring(to, s, length);
		break;
	default:
		lua_pushfstring(to, "<%s>", luaL_typename(from, index));
	}
}

static void on_done(lua_State *co, int status, int count, void *data)
{
	struct outcome *o = data;
	o->ended = true;
	if (!lua_checkstack(o->host, count + 8))
		return;
	lua_pushboolean(o->host, status == LUA_OK);
	for (int i = lua_gettop(co) - count + 1; i <= lua_gettop(co); i++)
		copy(o->host, co, i);
	o->count = count + 1;
}

static void on_done_later(lua_State *co, int status, int count, void *data)
{
	(void)count;
	(void)data;
	if (status != LUA_OK) {
		lua_pushvalue(co, -1);
		task_uncaught(co, task_traceback(co), NULL);
	}
}

/* Ends a task whose outcome may come after lab_state_run has returned. */
static void on_end(lua_State *co, int status, int count, void *data)
{
	struct run **slot = data;
	if (*slot != NULL)
		on_done(co, status, count, &(*slot)->outcome);
	else
		on_done_later(co, status, count, NULL);
}

/* Stack: the run. */
static int l_run(lua_State *L)
{
	struct run *r = lua_touserdata(L, 1);
	size_t length;
	const char *code = lua_tolstring(r->outcome.host, r->index, &length);
	if (luaL_loadbuffer(L, code, length, "=lab") != LUA_OK)
		return lua_error(L);
	/* Dies with the coroutine: the task may end long after this call. */
	struct run **slot = lua_newuserdatauv(L, sizeof *slot, 0);
	*slot = r;
	lua_pushvalue(L, -1);
	int anchor = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_insert(L, -2);
	lua_State *co = task_take(L);
	lua_insert(L, -2);
	lua_xmove(L, co, 1);
	for (int i = r->index + 1; i <= r->top; i++)
		copy(co, r->outcome.host, i);
	task_run(L, co, r->top - r->index, on_end, NULL, slot);
	*slot = NULL;
	if (r->outcome.ended)
		luaL_unref(L, LUA_REGISTRYINDEX, anchor);
	return 0;
}

int lab_state_run(struct lab_state *s, lua_State *host, int index)
{
	struct run r = { .state = s, .index = index, .top = lua_gettop(host) };
	lua_State *L = s->L;
	r.outcome = (struct outcome){ .host = host };
	lua_pushcfunction(L, l_run);
	lua_pushlightuserdata(L, &r);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
		lua_settop(host, r.top);
		lua_pushboolean(host, 0);
		copy(host, L, -1);
		lua_pop(L, 1);
		return 2;
	}
	return r.outcome.count;
}

void lab_state_step(struct lab_state *s)
{
	ev_run(s->loop, EVRUN_NOWAIT);
	struct refs *r;
	while (s->peers.imports != NULL && (r = refs_take_dirty(s->peers.imports)) != NULL)
		peer_flush(r->owner);
}

bool lab_state_busy(const struct lab_state *s, const struct peer *p)
{
	struct pollfd wanted = { .fd = -1, .events = POLLIN };
	if (p != NULL && p->state != PEER_CLOSED)
		wanted.fd = p->channel.fd;
	if (p != NULL && p->writable.active)
		wanted.events |= POLLOUT;
	if ((s->peers.imports != NULL && s->peers.imports->dirty != NULL) || s->peers.hot != NULL)
		return true;
	return lab_poll(&wanted) || ev_pending_count(s->loop) > 0;
}
