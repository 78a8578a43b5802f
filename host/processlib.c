#include "processlib.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "watchlib.h"

#define PATH_ROOM 4096

/* Pushes nil, "could not <what>: <reason>" and errno. */
static int refuse(lua_State *L, const char *what)
{
	int error = errno;
	luaL_pushfail(L);
	lua_pushfstring(L, "could not %s: %s", what, strerror(error));
	lua_pushinteger(L, error);
	return 3;
}

static int succeed(lua_State *L)
{
	lua_pushboolean(L, true);
	return 1;
}

/* Reads the start of a file of /proc into text; false where it cannot be read. */
static bool read_proc(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	ssize_t length = read(fd, text, room - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	return true;
}

/* Time */

/* Nanoseconds since the system started, its sleep included. */
static lua_Integer since_boot(void)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

/* When this process started, as since_boot counts; now, where nothing tells. */
static lua_Integer start_time(void)
{
	char text[1024];
	const char *field =
		read_proc("/proc/self/stat", text, sizeof text) ? strrchr(text, ')') : NULL;
	for (int i = 2; i < 22 && field != NULL; i++)
		field = strchr(field + 1, ' ');
	if (field == NULL)
		return since_boot();
	return strtoll(field, NULL, 10) * (CLOCK_SECOND / (lua_Integer)sysconf(_SC_CLK_TCK));
}

/* Asked for when it is first wanted: the module may have been made in a zygote. */
static int l_uptime(lua_State *L)
{
	if (lua_isnil(L, lua_upvalueindex(1))) {
		lua_pushinteger(L, start_time());
		lua_replace(L, lua_upvalueindex(1));
	}
	lua_Integer up = since_boot() - lua_tointeger(L, lua_upvalueindex(1));
	lua_pushnumber(L, up > 0 ? (lua_Number)up / (lua_Number)CLOCK_SECOND : 0.0);
	return 1;
}

static int l_hrtime(lua_State *L)
{
	lua_pushinteger(L, clock_monotonic());
	return 1;
}

/* Memory */

static int l_memory_usage(lua_State *L)
{
	char text[128];
	unsigned long pages;
	struct rusage usage;
	lua_createtable(L, 0, 3);
	if (read_proc("/proc/self/statm", text, sizeof text) &&
	    sscanf(text, "%*u %lu", &pages) == 1) {
		lua_pushinteger(L, (lua_Integer)pages * sysconf(_SC_PAGESIZE));
		lua_setfield(L, -2, "rss");
	}
	getrusage(RUSAGE_SELF, &usage);
	lua_pushinteger(L, (lua_Integer)usage.ru_maxrss * 1024);
	lua_setfield(L, -2, "maxRss");
	lua_pushinteger(L, (lua_Integer)lua_gc(L, LUA_GCCOUNT) * 1024 + lua_gc(L, LUA_GCCOUNTB));
	lua_setfield(L, -2, "heapUsed");
	return 1;
}

/* The process and its place */

static int l_pid(lua_State *L)
{
	lua_pushinteger(L, getpid());
	return 1;
}

static int l_ppid(lua_State *L)
{
	lua_pushinteger(L, getppid());
	return 1;
}

static int l_cwd(lua_State *L)
{
	char path[PATH_ROOM];
	if (getcwd(path, sizeof path) == NULL)
		return refuse(L, "find the working directory");
	lua_pushstring(L, path);
	return 1;
}

static int l_chdir(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	if (chdir(path) == -1)
		return refuse(L, lua_pushfstring(L, "change to '%s'", path));
	return succeed(L);
}

static int l_kill(lua_State *L)
{
	lua_Integer pid = luaL_checkinteger(L, 1);
	int number = SIGTERM;
	luaL_argcheck(L, pid >= -INT_MAX && pid <= INT_MAX, 1, "process id expected");
	if (lua_isinteger(L, 2) && lua_tointeger(L, 2) == 0)
		number = 0;
	else if (!lua_isnoneornil(L, 2))
		number = watchlib_check_signal(L, 2);
	if (kill((pid_t)pid, number) == -1)
		return refuse(L, lua_pushfstring(L, "signal process %I", pid));
	return succeed(L);
}

/* Environment */

static const char *check_name(lua_State *L, int arg)
{
	size_t length;
	const char *name = luaL_checklstring(L, arg, &length);
	luaL_argcheck(L, length > 0 && strlen(name) == length && strchr(name, '=') == NULL, arg,
		      "name of a variable expected");
	return name;
}

static int l_getenv(lua_State *L)
{
	lua_pushstring(L, getenv(check_name(L, 1)));
	return 1;
}

static int l_setenv(lua_State *L)
{
	const char *name = check_name(L, 1);
	size_t length;
	if (lua_isnoneornil(L, 2)) {
		unsetenv(name);
		return succeed(L);
	}
	const char *value = luaL_checklstring(L, 2, &length);
	luaL_argcheck(L, strlen(value) == length, 2, "a variable cannot hold a zero byte");
	if (setenv(name, value, true) == -1)
		return refuse(L, lua_pushfstring(L, "set the variable '%s'", name));
	return succeed(L);
}

static int l_environ(lua_State *L)
{
	lua_newtable(L);
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
		const char *equals = strchr(*entry, '=');
		if (equals == NULL || equals == *entry)
			continue;
		lua_pushlstring(L, *entry, (size_t)(equals - *entry));
		lua_pushstring(L, equals + 1);
		lua_rawset(L, -3);
	}
	return 1;
}

static int l_environment(lua_State *L)
{
	luaL_Buffer b;
	luaL_buffinit(L, &b);
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
		luaL_addlstring(&b, *entry, strlen(*entry) + 1);
	luaL_pushresult(&b);
	return 1;
}

/* Output */

static int check_fd(lua_State *L, int arg)
{
	lua_Integer fd = luaL_checkinteger(L, arg);
	luaL_argcheck(L, fd >= 0 && fd <= INT_MAX, arg, "descriptor expected");
	return (int)fd;
}

/* Also where the descriptor does not block, since a terminal may be shared with who set it so. */
static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, text, length);
		if (written >= 0) {
			text += written;
			length -= (size_t)written;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

static int l_write(lua_State *L)
{
	size_t length;
	int fd = check_fd(L, 1);
	const char *text = luaL_checklstring(L, 2, &length);
	if (fd == STDOUT_FILENO)
		fflush(stdout);
	if (write_all(fd, text, length) == -1)
		return refuse(L, lua_pushfstring(L, "write to descriptor %d", fd));
	return succeed(L);
}

static int l_isatty(lua_State *L)
{
	lua_pushboolean(L, isatty(check_fd(L, 1)));
	return 1;
}

/* The module */

static void push_signals(lua_State *L)
{
	lua_newtable(L);
	for (int number = 1; number < SIGRTMIN; number++) {
		watchlib_push_signal(L, number);
		if (lua_type(L, -1) == LUA_TSTRING) {
			lua_pushinteger(L, number);
			lua_rawset(L, -3);
		} else {
			lua_pop(L, 1);
		}
	}
}

static void push_versions(lua_State *L)
{
	lua_createtable(L, 0, 3);
	lua_pushfstring(L, "%s.%s.%s", LUA_VERSION_MAJOR, LUA_VERSION_MINOR, LUA_VERSION_RELEASE);
	lua_setfield(L, -2, "lua");
	lua_pushfstring(L, "%d.%d", ev_version_major(), ev_version_minor());
	lua_setfield(L, -2, "libev");
}

static const luaL_Reg functions[] = {
	{ "hrtime", l_hrtime }, { "memoryUsage", l_memory_usage },
	{ "pid", l_pid },	{ "ppid", l_ppid },
	{ "cwd", l_cwd },	{ "chdir", l_chdir },
	{ "kill", l_kill },	{ "getenv", l_getenv },
	{ "setenv", l_setenv }, { "environ", l_environ },
	{ "write", l_write },	{ "environment", l_environment },
	{ "isatty", l_isatty }, { NULL, NULL },
};

int luaopen_host_process(lua_State *L)
{
	char path[PATH_ROOM];
	luaL_newlib(L, functions);
	lua_pushnil(L);
	lua_pushcclosure(L, l_uptime, 1);
	lua_setfield(L, -2, "uptime");
	lua_pushliteral(L, "linux");
	lua_setfield(L, -2, "platform");
	ssize_t length = readlink("/proc/self/exe", path, sizeof path);
	if (length > 0) {
		lua_pushlstring(L, path, (size_t)length);
		lua_setfield(L, -2, "execPath");
	}
	push_signals(L);
	lua_setfield(L, -2, "signals");
	push_versions(L);
	lua_setfield(L, -2, "versions");
	return 1;
}
