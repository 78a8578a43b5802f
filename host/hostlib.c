#include "hostlib.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peerlib.h"
#include "task.h"

static const char host_key;

/* A page's process as main holds it. */
struct renderer {
	struct peer peer;
	struct host *host;
	lua_State *L;
	struct child child;
	struct ev_io ended;
	int on_event; /* registry references */
	int box;      /* the peer's userdata, held while the process lives */
	int context;  /* what tells the last context from others, once the channel is lost */
	bool lost;
	bool reaped;
	struct child_end end;
};

static struct host *host_of(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &host_key);
	struct host *host = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return host;
}

void hostlib_open(lua_State *L, struct host *host)
{
	lua_pushlightuserdata(L, host);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &host_key);
}

/* --- events --------------------------------------------------------------------------------- */

/* Calls onEvent with the kind and the `count` values on top of the stack. */
static void tell(struct renderer *r, const char *kind, int count)
{
	lua_State *L = r->L;
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->on_event);
	lua_pushstring(L, kind);
	lua_rotate(L, -count - 2, 2);
	task_start(L, count + 1);
}

static void push_signal_name(lua_State *L, int signal)
{
	const char *name = sigabbrev_np(signal);
	if (name != NULL)
		lua_pushfstring(L, "SIG%s", name);
	else
		lua_pushfstring(L, "signal %d", signal);
}

static void push_reason(struct renderer *r)
{
	lua_State *L = r->L;
	if (r->peer.fault != FAULT_NONE) {
		lua_pushliteral(L, "protocol");
		lua_pushfstring(L, "%s (reason %d)", protocol_fault_text(r->peer.fault),
				(int)r->peer.fault);
	} else if (r->end.signaled) {
		lua_pushliteral(L, "killed");
		push_signal_name(L, r->end.status);
	} else {
		lua_pushstring(L, r->end.status == 0 ? "clean" : "exited");
		lua_pushinteger(L, r->end.status);
	}
}

/* The process is gone, and so is the channel: nothing more comes. */
static void finish(struct renderer *r)
{
	lua_State *L = r->L;
	r->host->children--;
	peer_clear(&r->peer);
	push_reason(r);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->context);
	tell(r, "exit", 3);
	luaL_unref(L, LUA_REGISTRYINDEX, r->on_event);
	luaL_unref(L, LUA_REGISTRYINDEX, r->context);
	int box = r->box;
	r->box = LUA_NOREF;
	luaL_unref(L, LUA_REGISTRYINDEX, box);
}

/* Ends the context for good: nothing is received any more. */
static void lose(struct renderer *r)
{
	lua_State *L = r->L;
	if (r->lost)
		return;
	r->lost = true;
	peer_stop(&r->peer);
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->peer.token);
	r->context = luaL_ref(L, LUA_REGISTRYINDEX);
	peer_end_context(&r->peer, false);
	channel_clear(&r->peer.channel);
	r->peer.state = PEER_CLOSED;
	if (r->peer.fault != FAULT_NONE && !r->reaped)
		child_kill(&r->child, SIGKILL);
	if (r->reaped)
		finish(r);
}

static int l_lose(lua_State *L)
{
	lose(lua_touserdata(L, 1));
	return 0;
}

static int l_finish(lua_State *L)
{
	finish(lua_touserdata(L, 1));
	return 0;
}

/* For what libev calls: a want of memory is reported, and the process goes on. */
static void protected(struct renderer *r, lua_CFunction function)
{
	lua_State *L = r->L;
	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, r);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		task_uncaught(L, NULL, NULL);
}

static void on_event(struct peer *p, enum peer_event event)
{
	struct renderer *r = p->data;
	switch (event) {
	case PEER_HELLO:
		tell(r, "ready", 0);
		break;
	case PEER_CONTEXT_END:
		lua_pushvalue(r->L, -1);
		tell(r, "context-end", 1);
		break;
	case PEER_LOST:
		protected(r, l_lose);
		break;
	default:
		break;
	}
}

static void on_ended(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct renderer *r = w->data;
	(void)events;
	ev_io_stop(loop, w);
	child_reap(&r->child, &r->end);
	close(r->child.pidfd);
	r->reaped = true;
	if (r->lost)
		protected(r, l_finish);
}

static void on_released(struct peer *p)
{
	free(p->data);
}

/* --- the peer's further methods ------------------------------------------------------------- */

static struct renderer *check_renderer(lua_State *L)
{
	return peerlib_check(L, 1)->data;
}

static int l_pid(lua_State *L)
{
	lua_pushinteger(L, check_renderer(L)->child.pid);
	return 1;
}

static int check_signal(lua_State *L, int index)
{
	if (lua_isnoneornil(L, index))
		return SIGKILL;
	if (lua_isinteger(L, index))
		return (int)lua_tointeger(L, index);
	const char *name = luaL_checkstring(L, index);
	for (int signal = 1; signal < NSIG; signal++) {
		const char *known = sigabbrev_np(signal);
		if (known != NULL && strncmp(name, "SIG", 3) == 0 && strcmp(name + 3, known) == 0)
			return signal;
	}
	return luaL_argerror(L, index, "unknown signal");
}

static int l_kill(lua_State *L)
{
	struct renderer *r = check_renderer(L);
	int signal = check_signal(L, 2);
	lua_pushboolean(L, !r->reaped && child_kill(&r->child, signal) == 0);
	return 1;
}

static int l_destroy(lua_State *L)
{
	struct renderer *r = check_renderer(L);
	if (!r->reaped)
		child_kill(&r->child, SIGKILL);
	if (r->box != LUA_NOREF)
		lose(r);
	return 0;
}

static int l_close(lua_State *L)
{
	struct renderer *r = check_renderer(L);
	if (!r->lost) {
		peer_flush(&r->peer);
		shutdown(r->peer.channel.fd, SHUT_WR);
	}
	return 0;
}

/* The state is being closed while the process lives, or the process is gone. */
static int l_gc(lua_State *L)
{
	struct renderer *r = check_renderer(L);
	if (r->box != LUA_NOREF) {
		ev_io_stop(r->peer.loop, &r->ended);
		if (!r->reaped) {
			child_kill(&r->child, SIGKILL);
			close(r->child.pidfd);
		}
		peer_end_context(&r->peer, true);
		peer_clear(&r->peer);
	}
	peer_let_go(&r->peer);
	return 0;
}

/* --- host.renderer -------------------------------------------------------------------------- */

/* Watches the forked process; the options are at index 1. Pushes its peer. */
static void adopt(lua_State *L, struct host *host, const struct child *child, const struct ring *ring)
{
	static const struct peer_owner owner = { .event = on_event, .released = on_released };
	static const luaL_Reg methods[] = {
		{ "pid", l_pid },     { "kill", l_kill }, { "destroy", l_destroy },
		{ "close", l_close }, { "__gc", l_gc },	  { NULL, NULL },
	};
	struct renderer *r = calloc(1, sizeof *r);
	if (r == NULL)
		luaL_error(L, "not enough memory");
	*r = (struct renderer){ .host = host, .L = task_main_thread(L), .child = *child };
	r->box = r->on_event = r->context = LUA_NOREF;
	peer_init(&r->peer, &host->peers, child->socket, true, &owner, r);
	r->peer.channel.ring = *ring;
	r->peer.number = ++host->last_page;
	r->peer.trace = host->trace;
	peerlib_push(L, &r->peer, methods);
	lua_pushvalue(L, -1);
	r->box = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_getfield(L, 1, "onEvent");
	r->on_event = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_getfield(L, 1, "root");
	peer_begin_context(&r->peer, L);
	ev_io_init(&r->ended, on_ended, child->pidfd, EV_READ);
	r->ended.data = r;
	ev_io_start(host->loop, &r->ended);
	peer_start(&r->peer);
	host->children++;
	lua_getfield(L, 1, "hello");
	if (peer_send_hello(&r->peer, L) < 0)
		luaL_error(L, "spawn: hello cannot be sent: %s", r->peer.out.error);
	peer_flush(&r->peer);
}

static int l_spawn(lua_State *L)
{
	struct host *host = host_of(L);
	struct child child;
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	luaL_argcheck(L, lua_getfield(L, 1, "root") == LUA_TTABLE, 1, "root: table expected");
	luaL_argcheck(L, lua_getfield(L, 1, "onEvent") == LUA_TFUNCTION, 1,
		      "onEvent: function expected");
	luaL_argcheck(L, lua_getfield(L, 1, "hello") == LUA_TTABLE, 1, "hello: table expected");
	struct ring ring = { .memory = NULL };
	int memory = host->no_ring ? -1 : ring_create(&ring);
	int forked = zygote_fork(&host->zygote, memory, &child);
	int error = errno;
	if (memory >= 0)
		close(memory);
	if (forked < 0) {
		ring_clear(&ring);
		lua_pushnil(L);
		lua_pushfstring(L, "cannot start a process for the page: %s", strerror(error));
		return 2;
	}
	adopt(L, host, &child, &ring);
	return 1;
}

static int l_exit(lua_State *L)
{
	int status = (int)luaL_optinteger(L, 1, 0);
	zygote_stop(&host_of(L)->zygote);
	exit(status);
}

static int l_counts(lua_State *L)
{
	lua_createtable(L, 0, 1);
	lua_pushinteger(L, host_of(L)->children);
	lua_setfield(L, -2, "children");
	return 1;
}

int luaopen_host_renderer(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "spawn", l_spawn },
		{ "exit", l_exit },
		{ "counts", l_counts },
		{ NULL, NULL },
	};
	luaL_newlib(L, functions);
	lua_pushboolean(L, host_of(L)->trace);
	lua_setfield(L, -2, "trace");
	return 1;
}
