#include "childlib.h"

#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "peerlib.h"
#include "task.h"

struct renderer {
	struct peer peer;
	struct host *host;
	lua_State *L;
	struct child child;
	struct ev_io ended;
	struct guard guard;
	int on_event; /* registry references */
	int box;      /* the peer's userdata, held while the process lives */
	int context;  /* what tells the last context from others, once the channel is lost */
	bool boxed;   /* the userdata is there, and frees this */
	bool lost;
	bool reaped;
	struct child_end end;
};

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
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->peer.token);
	r->context = luaL_ref(L, LUA_REGISTRYINDEX);
	r->lost = true;
	peer_stop(&r->peer);
	peer_end_context(&r->peer, false);
	channel_clear(&r->peer.channel);
	r->peer.state = PEER_CLOSED;
	if (r->peer.fault != FAULT_NONE && !r->reaped)
		child_kill(&r->child, SIGKILL);
	if (r->reaped)
		finish(r);
}

/* The page has hung up: it is ending, or will be made to. */
static int l_lose(lua_State *L)
{
	struct renderer *r = lua_touserdata(L, 1);
	if (!r->reaped)
		child_kill(&r->child, SIGKILL);
	lose(r);
	return 0;
}

static int l_finish(lua_State *L)
{
	finish(lua_touserdata(L, 1));
	return 0;
}

/* For what libev calls: a want of memory is reported, and the process goes on. */
static void guarded(struct renderer *r, lua_CFunction function)
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
		p->end_refused = true;
		lua_pushvalue(r->L, -1);
		tell(r, "context-end", 1);
		break;
	case PEER_CROWDED:
		tell(r, "crowded", 0);
		break;
	case PEER_LOST:
		guarded(r, l_lose);
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
	guard_stop(&r->guard);
	child_reap(&r->child, &r->end);
	close(r->child.pidfd);
	r->reaped = true;
	if (r->lost)
		guarded(r, l_finish);
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

static int l_kill(lua_State *L)
{
	struct renderer *r = check_renderer(L);
	lua_pushboolean(L, !r->reaped && child_kill(&r->child, SIGKILL) == 0);
	return 1;
}

static int l_cpu_time(lua_State *L)
{
	struct renderer *r = check_renderer(L);
	struct timespec t = { 0 };
	clockid_t clock;
	if (!r->reaped && clock_getcpuclockid(r->child.pid, &clock) == 0)
		clock_gettime(clock, &t);
	lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
	return 1;
}

static int l_tell_computed(lua_State *L)
{
	tell(lua_touserdata(L, 1), "computed", 0);
	return 0;
}

static void on_computed(struct guard *g)
{
	guarded((struct renderer *)((char *)g - offsetof(struct renderer, guard)), l_tell_computed);
}

static int l_guard(lua_State *L)
{
	struct renderer *r = check_renderer(L);
	lua_Integer milliseconds = luaL_checkinteger(L, 2);
	luaL_argcheck(L, milliseconds > 0 && milliseconds <= INT_MAX, 2, "milliseconds expected");
	guard_stop(&r->guard);
	lua_pushboolean(L, !r->reaped && guard_start(&r->guard, &r->host->guards, r->child.pid,
						     (unsigned)milliseconds, on_computed) == 0);
	return 1;
}

static int l_is_stopped(lua_State *L)
{
	struct renderer *r = check_renderer(L);
	siginfo_t info = { 0 };
	int result = r->reaped ? -1
			       : waitid(P_PIDFD, (id_t)r->child.pidfd, &info,
					WSTOPPED | WNOHANG | WNOWAIT);
	lua_pushboolean(L, result == 0 && info.si_pid != 0);
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

/* The page is about to be asked to end its context. */
static int l_expect_end(lua_State *L)
{
	check_renderer(L)->peer.end_refused = false;
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
		guard_stop(&r->guard);
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

/* --- adopting ------------------------------------------------------------------------------- */

/* Gives the forked process its channel. Raises nothing. */
static void connect_to(struct renderer *r, lua_State *L, struct host *host, const struct ring *ring)
{
	static const struct peer_owner owner = { .event = on_event, .released = on_released };
	r->host = host;
	r->L = task_main_thread(L);
	r->box = r->on_event = r->context = LUA_NOREF;
	peer_init(&r->peer, &host->peers, r->child.socket, true, &owner, r);
	r->peer.channel.ring = *ring;
	r->peer.number = ++host->last_page;
	r->peer.trace = host->trace;
	r->peer.end_refused = true;
	ev_io_init(&r->ended, on_ended, r->child.pidfd, EV_READ);
	r->ended.data = r;
}

struct renderer *childlib_fork(lua_State *L, struct host *host, struct zygote *z, size_t most)
{
	struct renderer *r = calloc(1, sizeof *r);
	if (r == NULL)
		return NULL;
	struct ring ring = { .memory = NULL };
	int memory = host->no_ring ? -1 : ring_create(&ring);
	int forked = zygote_fork(z, memory, most, &r->child);
	int error = errno;
	if (memory >= 0)
		close(memory);
	if (forked == 0) {
		connect_to(r, L, host, &ring);
		return r;
	}
	free(r);
	ring_clear(&ring);
	errno = error;
	return NULL;
}

static void apply_options(struct renderer *r, lua_State *L, int options)
{
	lua_getfield(L, options, "sandbox");
	if (lua_toboolean(L, -1))
		peer_restrict(&r->peer);
	lua_getfield(L, options, "callbacks");
	r->peer.callbacks_most = (uint32_t)lua_tointeger(L, -1);
	lua_getfield(L, options, "objects");
	r->peer.objects_most = (uint32_t)lua_tointeger(L, -1);
	lua_pop(L, 3);
}

/* Begins the conversation. Stack: the options, the renderer. Returns its peer. */
static int l_adopt(lua_State *L)
{
	static const luaL_Reg methods[] = {
		{ "pid", l_pid },
		{ "kill", l_kill },
		{ "destroy", l_destroy },
		{ "close", l_close },
		{ "expectEnd", l_expect_end },
		{ "__gc", l_gc },
		{ "cpuTime", l_cpu_time },
		{ "isStopped", l_is_stopped },
		{ "guard", l_guard },
		{ NULL, NULL },
	};
	struct renderer *r = lua_touserdata(L, 2);
	apply_options(r, L, 1);
	peerlib_push(L, &r->peer, methods);
	r->boxed = true;
	lua_pushvalue(L, -1);
	r->box = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_getfield(L, 1, "onEvent");
	r->on_event = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_getfield(L, 1, "root");
	peer_begin_context(&r->peer, L);
	ev_io_start(r->host->loop, &r->ended);
	peer_start(&r->peer);
	lua_getfield(L, 1, "hello");
	lua_pushinteger(L, r->peer.number);
	lua_setfield(L, -2, "page");
	if (peer_send_hello(&r->peer, L) < 0)
		luaL_error(L, "%s",
			   *r->peer.out.error != '\0' ? r->peer.out.error : "not enough memory");
	r->host->children++;
	peer_flush(&r->peer);
	return 1;
}

/* Ends a process that could not be adopted, and leaves nothing of it. */
static void abandon(struct renderer *r)
{
	ev_io_stop(r->host->loop, &r->ended);
	child_kill(&r->child, SIGKILL);
	child_reap(&r->child, &r->end);
	close(r->child.pidfd);
	r->reaped = true;
	peer_stop(&r->peer);
	peer_end_context(&r->peer, false);
	peer_clear(&r->peer);
	luaL_unref(r->L, LUA_REGISTRYINDEX, r->on_event);
	luaL_unref(r->L, LUA_REGISTRYINDEX, r->box);
	r->box = LUA_NOREF;
	if (!r->boxed)
		free(r);
}

bool childlib_adopt(lua_State *L, struct renderer *r, int options)
{
	options = lua_absindex(L, options);
	lua_pushcfunction(L, l_adopt);
	lua_pushvalue(L, options);
	lua_pushlightuserdata(L, r);
	if (lua_pcall(L, 2, 1, 0) == LUA_OK)
		return true;
	abandon(r);
	return false;
}
