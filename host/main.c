#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "hostlib.h"
#include "library.h"
#include "log.h"
#include "looplib.h"
#include "peerlib.h"
#include "processlib.h"
#include "renderer.h"
#include "sandbox.h"
#include "script.h"
#include "selftest.h"
#include "spawn.h"
#include "state.h"
#include "task.h"

#define EXIT_USAGE 2

static const char usage[] =
	"usage: lepton [options] app [arguments]       run the app in a folder\n"
	"       lepton [options] script [arguments]    run one Lua script, as lua does\n"
	"       lepton --test [--renderer] [busted's options and arguments]\n"
	"\n"
	"  --trace-ipc         print every message between main and its pages on standard error\n"
	"  --no-ring           exchange messages over sockets only, not over shared memory\n"
	"  --sandbox           trust no page: as if each window said sandbox = true\n"
	"  --sandbox-selftest  try what of the sandbox holds here, print it, and end\n"
	"  --test              run busted inside the host\n"
	"  --renderer          with --test: run it inside a page\n"
	"  --help              print this\n"
	"  --version           print the versions of Lepton and Lua\n"
	"  -e -i -l -v -E -W - --   as for lua\n";

/* What the command line asks for. */
struct command {
	bool test;
	bool in_renderer;
	int first; /* of the arguments that are not the host's own */
	struct script script;
	struct host host;
	struct state state;
	char data_dir[PATH_MAX];
	int argc;
	char **argv;
};

static int read_own_options(struct command *c)
{
	int i = 1;
	for (; i < c->argc && strncmp(c->argv[i], "--", 2) == 0 && c->argv[i][2] != '\0'; i++) {
		const char *option = c->argv[i];
		if (!c->test && strcmp(option, "--help") == 0) {
			fputs(usage, stdout);
			exit(0);
		} else if (!c->test && strcmp(option, "--version") == 0) {
			printf("lepton %s (%s)\n", LEPTON_VERSION, LUA_RELEASE);
			exit(0);
		} else if (strcmp(option, "--trace-ipc") == 0) {
			c->host.trace = true;
		} else if (!c->test && strcmp(option, "--sandbox-selftest") == 0) {
			exit(selftest_run());
		} else if (strcmp(option, "--sandbox") == 0) {
			c->host.sandbox_all = true;
		} else if (strcmp(option, "--no-ring") == 0) {
			c->host.no_ring = true;
		} else if (strcmp(option, "--test") == 0) {
			c->test = true;
		} else if (strcmp(option, "--renderer") == 0) {
			c->in_renderer = true;
		} else if (c->test) {
			break;
		} else {
			fprintf(stderr, "lepton: unknown option '%s' (see lepton --help)\n",
				option);
			exit(EXIT_USAGE);
		}
	}
	const char *misfit = c->in_renderer && !c->test ? "--renderer goes with --test"
			     : c->in_renderer && c->host.sandbox_all
				     ? "--renderer goes without --sandbox: busted needs all of Lua"
				     : NULL;
	if (misfit != NULL) {
		fprintf(stderr, "lepton: %s (see lepton --help)\n", misfit);
		exit(EXIT_USAGE);
	}
	return i;
}

static bool is_folder(const char *path)
{
	struct stat s;
	return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

/* A name that is no file, and does not look like one of a script: an app that is missing. */
static bool is_missing_app(const char *path)
{
	struct stat s;
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	return path[0] != '-' && path[0] != '\0' && stat(path, &s) < 0 && strchr(name, '.') == NULL;
}

/* What is opened first must not be taken for standard input, output or error. */
static void fill_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void push_arguments(lua_State *L, const struct command *c, int first)
{
	lua_newtable(L);
	for (int i = first; i < c->argc; i++) {
		lua_pushstring(L, c->argv[i]);
		lua_rawseti(L, -2, i - first + 1);
	}
}

/* Gives process what only the host knows. Stack: the command. */
static int l_prepare(lua_State *L)
{
	struct command *c = lua_touserdata(L, 1);
	luaL_requiref(L, "host.process", luaopen_host_process, 0);
	lua_pushstring(L, c->data_dir);
	lua_setfield(L, -2, "dataDir");
	state_push_function(L, "process", "exit");
	state_push_function(L, "host.process", "setup");
	lua_newtable(L);
	lua_pushliteral(L, "main");
	lua_setfield(L, -2, "type");
	push_arguments(L, c, c->first);
	lua_setfield(L, -2, "argv");
	state_push_function(L, "host.renderer", "exit");
	lua_setfield(L, -2, "exit");
	lua_newtable(L);
	lua_pushliteral(L, LEPTON_VERSION);
	lua_setfield(L, -2, "lepton");
	lua_setfield(L, -2, "versions");
	lua_call(L, 1, 0);
	return 0;
}

/* Runs the app in the folder that the first argument names. */
static int l_start_app(lua_State *L)
{
	struct command *c = lua_touserdata(L, 1);
	zygote_expect(&c->host.zygote);
	/* An app outlives the reader of what it prints; a script ends with it, as in lua. */
	survive_signal(SIGPIPE);
	state_push_function(L, "boot", "app");
	lua_pushstring(L, c->argv[c->first]);
	push_arguments(L, c, c->first + 1);
	lua_call(L, 2, 2);
	if (!lua_toboolean(L, -2)) {
		fprintf(stderr, "lepton: %s\n", lua_tostring(L, -1));
		exit(EXIT_USAGE);
	}
	return 0;
}

static int finish_test(lua_State *L, int status, lua_KContext context)
{
	(void)status;
	(void)context;
	lua_Integer code = lua_tointeger(L, -1);
	state_push_function(L, "process", "exit");
	lua_pushinteger(L, code);
	lua_call(L, 1, 0);
	return 0;
}

static int l_test(lua_State *L)
{
	struct command *c = lua_touserdata(L, 1);
	state_push_function(L, "test-runner", "run");
	push_arguments(L, c, c->first);
	lua_newtable(L);
	lua_pushboolean(L, c->in_renderer);
	lua_setfield(L, -2, "renderer");
	lua_callk(L, 2, 1, 0, finish_test);
	return finish_test(L, LUA_OK, 0);
}

static int l_start_test(lua_State *L)
{
	state_push_function(L, "boot", "script");
	lua_pushnil(L);
	lua_call(L, 1, 0);
	lua_pushcfunction(L, l_test);
	lua_pushvalue(L, 1);
	task_start(L, 1);
	return 0;
}

static int l_start_script(lua_State *L)
{
	struct command *c = lua_touserdata(L, 1);
	state_push_function(L, "boot", "script");
	if (c->script.first > 0)
		lua_pushstring(L, c->script.argv[c->script.first]);
	else
		lua_pushnil(L);
	lua_call(L, 1, 0);
	script_start(L, &c->script);
	return 0;
}

/* The exit status of a process that ends by itself; 'exit' has been emitted. */
static int l_end(lua_State *L)
{
	struct command *c = lua_touserdata(L, 1);
	int status = c->script.argc > 0 ? script_finish(L, &c->script) : 0;
	state_push_function(L, "host.process", "finish");
	if (status != 0)
		lua_pushinteger(L, status);
	else
		lua_pushnil(L);
	lua_call(L, 1, 1);
	return 1;
}

/* Calls a function with the command as argument; what it raises ends the process. */
static int call(lua_State *L, lua_CFunction function, struct command *c)
{
	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, c);
	if (lua_pcall(L, 1, 1, 0) != LUA_OK)
		log_die(1, "%s", lua_tostring(L, -1));
	int result = (int)lua_tointeger(L, -1);
	lua_pop(L, 1);
	return result;
}

static int run(struct command *c, lua_CFunction start)
{
	static const luaL_Reg libraries[] = {
		{ "host.task", luaopen_host_task },	    { "host.loop", luaopen_host_loop },
		{ "host.process", luaopen_host_process },   { "host.peer", luaopen_host_peer },
		{ "host.renderer", luaopen_host_renderer }, { NULL, NULL },
	};
	struct state_options options = { .is_main = true,
					 .no_environment = c->script.no_environment,
					 .data_dir = c->data_dir,
					 .libraries = libraries };
	c->host.loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (c->host.loop == NULL || zygote_start(&c->host.zygote) < 0)
		log_die(1, "cannot start: %s", strerror(errno));
	peers_init(&c->host.peers, c->host.loop, &peer_habits);
	guards_init(&c->host.guards, c->host.loop);
	if (state_open(&c->state, &options) < 0 || state_attach(&c->state, &c->host.peers, 0) < 0)
		log_die(1, "not enough memory for a Lua state");
	lua_State *L = c->state.L;
	hostlib_open(L, &c->host);
	call(L, l_prepare, c);
	call(L, start, c);
	if (!c->script.failed)
		ev_run(c->host.loop, 0);
	int status = call(L, l_end, c);
	state_close(&c->state);
	peers_clear(&c->host.peers);
	zygote_stop(&c->host.zygote);
	zygote_stop(&c->host.sandbox_zygote);
	ev_loop_destroy(c->host.loop);
	return status;
}

/* The life of a zygote, and of each page it forks. */
static int run_zygote(const struct sandbox_report *report, const struct confinement *c)
{
	struct page_descriptors descriptors;
	zygote_enter(report);
	zygote_await();
	struct page *page = renderer_prepare(c);
	zygote_serve(&descriptors);
	return renderer_run(page, &descriptors);
}

static int run_sandbox_zygote(void)
{
	static struct sandbox sandbox;
	char data_dir[PATH_MAX];
	state_data_dir(data_dir, sizeof data_dir);
	struct confinement confinement = { .sandbox = &sandbox, .library = library_read(data_dir) };
	if (confinement.library == NULL)
		log_die(1, "cannot read Lepton's own files in %s", data_dir);
	sandbox_harden(&sandbox);
	return run_zygote(&sandbox.report, &confinement);
}

int main(int argc, char **argv)
{
	fill_streams();
	if (argc == 2 && strcmp(argv[1], ZYGOTE_ARGUMENT) == 0)
		return run_zygote(NULL, NULL);
	if (argc == 2 && strcmp(argv[1], SANDBOX_ZYGOTE_ARGUMENT) == 0)
		return run_sandbox_zygote();
	static struct command c;
	c = (struct command){ .argc = argc,
			      .argv = argv,
			      .host = { .zygote = { .fd = -1 },
					.sandbox_zygote = { .fd = -1, .sandboxed = true } } };
	state_data_dir(c.data_dir, sizeof c.data_dir);
	c.first = read_own_options(&c);
	if (c.test)
		return run(&c, l_start_test);
	if (c.first < argc && (is_folder(argv[c.first]) || is_missing_app(argv[c.first])))
		return run(&c, l_start_app);
	argv[c.first - 1] = argv[0];
	int status = script_parse(&c.script, argc - (c.first - 1), argv + (c.first - 1));
	if (status != 0)
		return status;
	return run(&c, l_start_script);
}
