#include "script.h"

#include <ev.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "repl.h"
#include "task.h"

#define PROGRAM "lepton"
#define INIT_VARIABLE "LUA_INIT"
#define INIT_VARIABLE_OF_VERSION INIT_VARIABLE "_" LUA_VERSION_MAJOR "_" LUA_VERSION_MINOR

enum { HANDLER = 1, GLOBALS };

enum stage { STAGE_INIT, STAGE_OPTIONS, STAGE_SCRIPT, STAGE_INPUT, STAGE_END };

static void say(const char *message)
{
	fprintf(stderr, PROGRAM ": %s\n", message ? message : "(error message not a string)");
	fflush(stderr);
}

static int usage(const char *bad)
{
	fprintf(stderr,
		bad[1] == 'e' || bad[1] == 'l' ? PROGRAM ": '%s' needs argument\n"
					       : PROGRAM ": unrecognized option '%s'\n",
		bad);
	fputs("usage: " PROGRAM " [options] [script [args]]\n"
	      "Available options are:\n"
	      "  -e stat   execute string 'stat'\n"
	      "  -i        enter interactive mode after executing 'script'\n"
	      "  -l mod    require library 'mod' into global 'mod'\n"
	      "  -l g=mod  require library 'mod' into global 'g'\n"
	      "  -v        show version information\n"
	      "  -E        ignore environment variables\n"
	      "  -W        turn warnings on\n"
	      "  --        stop handling options\n"
	      "  -         stop handling options and execute stdin\n",
	      stderr);
	return 1;
}

static int unknown_long_option(const char *option)
{
	fprintf(stderr, PROGRAM ": unknown option '%s' (see " PROGRAM " --help)\n", option);
	return 2;
}

int script_parse(struct script *s, int argc, char **argv)
{
	int i;

	memset(s, 0, sizeof(*s));
	s->argc = argc;
	s->argv = argv;
	s->argument = 1;
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		const char *option = argv[i];

		switch (option[1]) {
		case '-':
			if (option[2] != '\0')
				return unknown_long_option(option);
			s->first = i + 1 < argc ? i + 1 : 0;
			return 0;
		case 'e':
		case 'l':
			if (option[2] == '\0' && (++i == argc || argv[i][0] == '-'))
				return usage(option);
			s->has_statement |= option[1] == 'e';
			continue;
		case 'E':
			s->no_environment = true;
			break;
		case 'W':
			break;
		case 'i':
		case 'v':
			s->show_version = true;
			s->interactive |= option[1] == 'i';
			break;
		default:
			return usage(option);
		}
		if (option[2] != '\0')
			return usage(option);
	}
	s->first = i < argc ? i : 0;
	return 0;
}

static void create_arg_table(lua_State *L, const struct script *s)
{
	int i;

	lua_createtable(L, s->argc - s->first - 1, s->first + 1);
	for (i = 0; i < s->argc; i++) {
		lua_pushstring(L, s->argv[i]);
		lua_rawseti(L, -2, i - s->first);
	}
	lua_setglobal(L, "arg");
}

static void print_version(void)
{
	puts(LUA_COPYRIGHT);
	fflush(stdout);
}

/* As `lua`: a message with a traceback, or what __tostring makes of an error that is no string. */
static int handle_message(lua_State *L)
{
	const char *message = lua_tostring(L, 1);

	if (!message) {
		if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
			return 1;
		message = lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
	}
	luaL_traceback(L, L, message, 1);
	return 1;
}

/*
 * The parts of a session. Each pushes what is to run in the protected call, if anything, and tells
 * through *nargs how many arguments stand on it, -1 for nothing; returns the status of loading it.
 */

static int load_init(lua_State *L, const struct script *s, int *nargs)
{
	const char *name = "=" INIT_VARIABLE_OF_VERSION;
	const char *init;

	*nargs = -1;
	if (s->no_environment)
		return LUA_OK;
	init = getenv(name + 1);
	if (!init) {
		name = "=" INIT_VARIABLE;
		init = getenv(name + 1);
	}
	if (!init)
		return LUA_OK;
	*nargs = 0;
	if (init[0] == '@')
		return luaL_loadfile(L, init + 1);
	return luaL_loadbuffer(L, init, strlen(init), name);
}

/*
 * `-l name` or `-l global=name`. The table of globals and the name of the global wait below the
 * call for its result.
 */
static void load_library(lua_State *L, struct script *s, const char *text)
{
	const char *name = strchr(text, '=');
	size_t length = name ? (size_t)(name - text) : strlen(text);

	lua_pushglobaltable(L);
	lua_pushlstring(L, text, length);
	lua_getglobal(L, "require");
	lua_pushstring(L, name ? name + 1 : text);
	s->requires = true;
}

static int load_option(lua_State *L, struct script *s, int *nargs)
{
	const char *option = s->argv[s->argument++];
	const char *value = option + 2;

	*nargs = -1;
	if (option[1] == 'W')
		lua_warning(L, "@on", 0);
	if (option[1] != 'e' && option[1] != 'l')
		return LUA_OK;
	if (*value == '\0')
		value = s->argv[s->argument++];
	if (option[1] == 'l') {
		*nargs = 1;
		load_library(L, s, value);
		return LUA_OK;
	}
	*nargs = 0;
	return luaL_loadbuffer(L, value, strlen(value), "=(command line)");
}

/* Pushes arg[1], arg[2], ... as the options have left them; or a message, and sets *nargs to -1. */
static int push_arguments(lua_State *L, int *nargs)
{
	*nargs = -1;
	if (lua_getglobal(L, "arg") != LUA_TTABLE) {
		lua_pushliteral(L, "'arg' is not a table");
		return LUA_ERRRUN;
	}
	lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
	if (count > LUAI_MAXSTACK || !lua_checkstack(L, (int)count + 3)) {
		lua_pushliteral(L, "stack overflow (too many arguments to script)");
		return LUA_ERRRUN;
	}
	int table = lua_gettop(L);
	for (lua_Integer i = 1; i <= count; i++)
		lua_rawgeti(L, table, i);
	lua_remove(L, table);
	*nargs = (int)count;
	return LUA_OK;
}

static int load_script(lua_State *L, const struct script *s, int *nargs)
{
	const char *name = s->argv[s->first];
	bool is_input = strcmp(name, "-") == 0 && strcmp(s->argv[s->first - 1], "--") != 0;
	int status = luaL_loadfile(L, is_input ? NULL : name);
	return status == LUA_OK ? push_arguments(L, nargs) : status;
}

static int load_part(lua_State *L, struct script *s, int *nargs)
{
	int limit = s->first > 0 ? s->first : s->argc;

	*nargs = -1;
	switch (s->stage) {
	case STAGE_INIT:
		s->stage = STAGE_OPTIONS;
		return load_init(L, s, nargs);
	case STAGE_OPTIONS:
		if (s->argument < limit)
			return load_option(L, s, nargs);
		s->stage = s->first > 0 ? STAGE_SCRIPT : STAGE_INPUT;
		return LUA_OK;
	case STAGE_SCRIPT:
		s->stage = STAGE_END;
		return load_script(L, s, nargs);
	case STAGE_INPUT:
		s->stage = STAGE_END;
		if (s->interactive || s->has_statement || s->show_version)
			return LUA_OK;
		if (isatty(STDIN_FILENO)) {
			print_version();
			s->interactive = true;
			return LUA_OK;
		}
		*nargs = 0;
		return luaL_loadfile(L, NULL);
	}
	return LUA_OK;
}

/* Also ends the loop: what the script has set up so far does not outlive its failure. */
static int fail(lua_State *L, struct script *s)
{
	say(lua_tostring(L, -1));
	s->failed = true;
	ev_break(task_loop(L), EVBREAK_ALL);
	return 0;
}

/* After every part of the session, also when it has yielded meanwhile: looks at how it went. */
static int proceed(lua_State *L, int status, lua_KContext context)
{
	struct script *s = (struct script *)context;
	for (;;) {
		interrupt_end();
		if (status != LUA_OK && status != LUA_YIELD)
			return fail(L, s);
		if (s->requires)
			lua_settable(L, GLOBALS);
		s->requires = false;
		lua_settop(L, HANDLER);
		if (s->stage == STAGE_END)
			return s->interactive ? repl_run(L) : 0;
		int nargs;
		status = load_part(L, s, &nargs);
		if (status != LUA_OK || nargs < 0)
			continue;
		interrupt_begin(L);
		status = lua_pcallk(L, nargs, s->requires ? 1 : 0, HANDLER, context, proceed);
	}
}

static int run(lua_State *L)
{
	struct script *s = lua_touserdata(L, 1);
	lua_settop(L, 0);
	lua_pushcfunction(L, handle_message);
	return proceed(L, LUA_OK, (lua_KContext)s);
}

/*
 * The coroutine is none of task_take's, because those have a frame of their own at the bottom, which
 * tracebacks would show.
 */
void script_start(lua_State *L, struct script *s)
{
	if (s->show_version)
		print_version();
	create_arg_table(L, s);
	lua_gc(L, LUA_GCGEN, 0, 0);
	lua_State *co = lua_newthread(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, s);
	lua_pushcfunction(co, run);
	lua_pushlightuserdata(co, s);
	int results;
	int status = lua_resume(co, L, 1, &results);
	if (status != LUA_OK && status != LUA_YIELD)
		fail(co, s);
}

int script_finish(lua_State *L, struct script *s)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, s);
	lua_State *co = lua_tothread(L, -1);
	if (!s->failed && lua_status(co) == LUA_YIELD) {
		luaL_traceback(L, co, "the script waits for what can no longer happen", 0);
		say(lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	s->failed |= lua_status(co) != LUA_OK;
	lua_pop(L, 1);
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, s);
	return s->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
