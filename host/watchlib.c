#include "watchlib.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handle.h"

struct descriptor {
	struct handle handle;
	struct descriptor *next, **link; /* in its bucket */
	ev_io io;
	int events;
};

struct signals {
	struct handle handle;
	ev_signal watcher;
};

struct child {
	struct handle handle;
	ev_io io; /* on a pidfd */
};

/* Descriptors */

/* The buckets, and which of them changed, are for inspect_descriptors. */
static unsigned bucket_of(int fd)
{
	return (unsigned)fd % HANDLE_BUCKETS;
}

static void note_change(struct loop *loop, int fd)
{
	loop->changed |= UINT64_C(1) << bucket_of(fd);
}

static void start_descriptor(struct descriptor *d)
{
	struct loop *loop = d->handle.loop;
	struct descriptor **bucket = &loop->descriptors[bucket_of(d->io.fd)];
	ev_io_start(loop->ev, &d->io);
	handle_uncount(loop);
	d->next = *bucket;
	d->link = bucket;
	if (d->next != NULL)
		d->next->link = &d->next;
	*bucket = d;
	note_change(loop, d->io.fd);
}

static void stop_descriptor(struct handle *handle)
{
	struct descriptor *d = (struct descriptor *)handle;
	handle_count(handle->loop);
	ev_io_stop(handle->loop->ev, &d->io);
	*d->link = d->next;
	if (d->next != NULL)
		d->next->link = d->link;
	note_change(handle->loop, d->io.fd);
}

static const struct handle_kind descriptor_kind = { "fd", stop_descriptor };

static int run_descriptor(lua_State *L)
{
	struct descriptor *d = lua_touserdata(L, 1);
	handle_push(L, &d->handle);
	if (d->events & EV_ERROR) {
		handle_stop(L, &d->handle);
		lua_pushnil(L);
		lua_pushfstring(L, "descriptor %d was closed while it was watched", d->io.fd);
		handle_call(L, 2, 2);
		return 0;
	}
	lua_pushstring(L, d->events == EV_READ ? "r" : d->events == EV_WRITE ? "w" : "rw");
	handle_call(L, 2, 1);
	return 0;
}

static void descriptor_ready(struct ev_loop *ev, ev_io *io, int events)
{
	struct descriptor *d = io->data;
	(void)ev;
	d->events = events;
	handle_enter(d->handle.loop, run_descriptor, d);
}

static struct descriptor *find_closed(struct descriptor *d)
{
	while (d != NULL && fcntl(d->io.fd, F_GETFD) != -1)
		d = d->next;
	return d;
}

/* libev aborts the process when it finds a closed descriptor among those it must tell epoll of. */
static void inspect_descriptors(struct loop *loop)
{
	while (loop->changed != 0) {
		unsigned bucket = (unsigned)__builtin_ctzll(loop->changed);
		struct descriptor *closed;
		loop->changed &= loop->changed - 1;
		while ((closed = find_closed(loop->descriptors[bucket])) != NULL)
			descriptor_ready(loop->ev, &closed->io, EV_ERROR);
	}
}

static int check_descriptor(lua_State *L, int arg)
{
	luaL_Stream *stream = luaL_testudata(L, arg, LUA_FILEHANDLE);
	if (stream != NULL) {
		luaL_argcheck(L, stream->closef != NULL, arg, "the file is closed");
		return fileno(stream->f);
	}
	lua_Integer fd = luaL_checkinteger(L, arg);
	luaL_argcheck(L, fd >= 0 && fd <= INT_MAX && fcntl((int)fd, F_GETFD) != -1, arg,
		      "this descriptor is not open");
	return (int)fd;
}

static int l_fd(lua_State *L)
{
	static const char *const modes[] = { "r", "w", "rw", NULL };
	static const int events[] = { EV_READ, EV_WRITE, EV_READ | EV_WRITE };
	int fd = check_descriptor(L, 1);
	int wanted = events[luaL_checkoption(L, 2, NULL, modes)];
	handle_check_function(L, 3);
	struct descriptor *d = handle_new(L, &descriptor_kind, sizeof *d, 3, 4);
	ev_io_init(&d->io, descriptor_ready, fd, wanted);
	d->io.data = d;
	handle_start(L, -1);
	start_descriptor(d);
	return 1;
}

/* Signals */

void watchlib_push_signal(lua_State *L, int number)
{
	const char *name = sigabbrev_np(number);
	if (name != NULL)
		lua_pushfstring(L, "SIG%s", name);
	else
		lua_pushinteger(L, number);
}

int watchlib_check_signal(lua_State *L, int arg)
{
	if (lua_type(L, arg) == LUA_TNUMBER) {
		lua_Integer number = luaL_checkinteger(L, arg);
		luaL_argcheck(L, number > 0 && number <= SIGRTMAX, arg, "no such signal");
		return (int)number;
	}
	const char *name = luaL_checkstring(L, arg);
	for (int number = 1; number < SIGRTMIN && strncmp(name, "SIG", 3) == 0; number++) {
		const char *known = sigabbrev_np(number);
		if (known != NULL && strcmp(name + 3, known) == 0)
			return number;
	}
	return luaL_argerror(
		L, arg, lua_pushfstring(L, "signal such as 'SIGTERM' expected, got '%s'", name));
}

static bool is_action(int number, void (*action)(int))
{
	struct sigaction current;
	return sigaction(number, NULL, &current) == 0 && !(current.sa_flags & SA_SIGINFO) &&
	       current.sa_handler == action;
}

/* libev leaves a signal that is watched no more with its default action, not the one it found. */
static void stop_signal(struct handle *handle)
{
	struct signals *s = (struct signals *)handle;
	handle_count(handle->loop);
	ev_signal_stop(handle->loop->ev, &s->watcher);
	int number = s->watcher.signum;
	if (sigismember(&handle->loop->ignored, number) && is_action(number, SIG_DFL))
		signal(number, SIG_IGN);
}

static const struct handle_kind signal_kind = { "signal", stop_signal };

static int run_signal(lua_State *L)
{
	struct signals *s = lua_touserdata(L, 1);
	handle_push(L, &s->handle);
	watchlib_push_signal(L, s->watcher.signum);
	lua_pushinteger(L, s->watcher.signum);
	handle_call(L, 2, 2);
	return 0;
}

static void signal_came(struct ev_loop *ev, ev_signal *watcher, int events)
{
	struct signals *s = watcher->data;
	(void)ev;
	(void)events;
	handle_enter(s->handle.loop, run_signal, s);
}

static bool can_be_watched(int number)
{
	switch (number) {
	case SIGKILL:
	case SIGSTOP:
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
		return false;
	}
	return number <= SIGSYS || (number >= SIGRTMIN && number < NSIG);
}

static int l_signal(lua_State *L)
{
	int number = watchlib_check_signal(L, 1);
	luaL_argcheck(L, can_be_watched(number), 1, "this signal cannot be watched");
	handle_check_function(L, 2);
	struct signals *s = handle_new(L, &signal_kind, sizeof *s, 2, 3);
	struct loop *loop = s->handle.loop;
	ev_signal_init(&s->watcher, signal_came, number);
	s->watcher.data = s;
	handle_start(L, -1);
	if (is_action(number, SIG_IGN))
		sigaddset(&loop->ignored, number);
	else if (is_action(number, SIG_DFL))
		sigdelset(&loop->ignored, number);
	ev_signal_start(loop->ev, &s->watcher);
	handle_uncount(loop);
	return 1;
}

/* Children */

static void stop_child(struct handle *handle)
{
	struct child *c = (struct child *)handle;
	if (c->io.fd == -1)
		return;
	handle_count(handle->loop);
	ev_io_stop(handle->loop->ev, &c->io);
	close(c->io.fd);
}

static const struct handle_kind child_kind = { "child", stop_child };

static int run_child(lua_State *L)
{
	struct child *c = lua_touserdata(L, 1);
	siginfo_t info = { 0 };
	int result = waitid(P_PIDFD, (id_t)c->io.fd, &info, WEXITED | WNOHANG);
	if (result == 0 && info.si_pid == 0)
		return 0;
	handle_push(L, &c->handle);
	handle_stop(L, &c->handle);
	if (result == 0 && info.si_code == CLD_EXITED)
		lua_pushinteger(L, info.si_status);
	else
		lua_pushnil(L);
	if (result == 0 && info.si_code != CLD_EXITED)
		watchlib_push_signal(L, info.si_status);
	else
		lua_pushnil(L);
	if (result == 0)
		lua_pushnil(L);
	else
		lua_pushliteral(L, "somebody else has taken the exit status of this child");
	handle_call(L, 2, 3);
	return 0;
}

static void child_ended(struct ev_loop *ev, ev_io *io, int events)
{
	struct child *c = io->data;
	(void)ev;
	(void)events;
	handle_enter(c->handle.loop, run_child, c);
}

/* A descriptor of a child process, close-on-exec; -1 with errno if pid is none of ours. */
static int open_child(pid_t pid)
{
	siginfo_t info;
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd == -1)
		return -1;
	if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG | WNOWAIT) == -1) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static int l_child(lua_State *L)
{
	lua_Integer pid = luaL_checkinteger(L, 1);
	handle_check_function(L, 2);
	luaL_argcheck(L, pid > 0 && pid <= INT_MAX, 1, "process id expected");
	struct child *c = handle_new(L, &child_kind, sizeof *c, 2, 3);
	ev_io_init(&c->io, child_ended, -1, EV_READ);
	c->io.data = c;
	handle_start(L, -1);
	int fd = open_child((pid_t)pid);
	if (fd == -1) {
		int error = errno;
		handle_stop(L, &c->handle);
		if (error == ESRCH || error == ECHILD)
			return luaL_argerror(L, 1, "this process has no such child");
		return luaL_error(L, "child: cannot watch process %I: %s", pid, strerror(error));
	}
	ev_io_set(&c->io, fd, EV_READ);
	ev_io_start(c->handle.loop->ev, &c->io);
	handle_uncount(c->handle.loop);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "fd", l_fd },
	{ "signal", l_signal },
	{ "child", l_child },
	{ NULL, NULL },
};

void watchlib_register(lua_State *L)
{
	handle_loop(L)->inspect = inspect_descriptors;
	luaL_setfuncs(L, functions, 0);
}
