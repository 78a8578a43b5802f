#include "repl.h"

#include <ev.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "interrupt.h"
#include "task.h"

enum { HANDLER = 1, REPL, TEXT };

struct repl {
	struct console *console;
	lua_State *co;
};

static int on_line(lua_State *L, int status, lua_KContext context);

static void say(const char *message)
{
	fprintf(stderr, "%s\n", message ? message : "(error message not a string)");
	fflush(stderr);
}

static void resume_with_line(char *line, void *data)
{
	struct repl *r = data;
	lua_State *L = task_main_thread(r->co);

	lua_pushstring(L, line);
	free(line);
	task_resume(L, r->co, 1);
}

/* Stack: handler, repl, the lines of an incomplete statement if there are any. */
static int ask(lua_State *L, struct repl *r)
{
	bool first = lua_gettop(L) < TEXT;

	if (lua_getglobal(L, first ? "_PROMPT" : "_PROMPT2") == LUA_TNIL) {
		lua_pop(L, 1);
		lua_pushstring(L, first ? "> " : ">> ");
	}
	console_read(r->console, luaL_tolstring(L, -1, NULL), resume_with_line, r);
	lua_pop(L, 2);
	return lua_yieldk(L, 0, (lua_KContext)r, on_line);
}

static void print_results(lua_State *L)
{
	int count = lua_gettop(L) - REPL;

	if (count == 0)
		return;
	luaL_checkstack(L, LUA_MINSTACK, "too many results to print");
	lua_getglobal(L, "print");
	lua_insert(L, REPL + 1);
	if (lua_pcall(L, count, 0, 0) != LUA_OK) {
		const char *message = lua_tostring(L, -1);

		say(lua_pushfstring(L, "error calling 'print' (%s)", message));
	}
}

/* Stack: handler, repl, results or an error message. */
static int on_result(lua_State *L, int status, lua_KContext context)
{
	interrupt_end();
	if (status == LUA_OK || status == LUA_YIELD)
		print_results(L);
	else
		say(lua_tostring(L, -1));
	lua_settop(L, REPL);
	return ask(L, (struct repl *)context);
}

static bool is_incomplete(lua_State *L, int status)
{
	static const char mark[] = "<eof>";
	const size_t mark_length = sizeof(mark) - 1;
	size_t length;
	const char *message;

	if (status != LUA_ERRSYNTAX)
		return false;
	message = lua_tolstring(L, -1, &length);
	return length >= mark_length && strcmp(message + length - mark_length, mark) == 0;
}

static int load(lua_State *L, int index)
{
	size_t length;
	const char *text = lua_tolstring(L, index, &length);

	return luaL_loadbuffer(L, text, length, "=stdin");
}

/* Runs or reports what stands above the text. */
static int take(lua_State *L, struct repl *r, int status)
{
	const char *text = lua_tostring(L, TEXT);

	if (*text)
		console_remember(r->console, text);
	lua_remove(L, TEXT);
	if (status != LUA_OK)
		return on_result(L, status, (lua_KContext)r);
	interrupt_begin(L);
	status = lua_pcallk(L, 0, LUA_MULTRET, HANDLER, (lua_KContext)r, on_result);
	return on_result(L, status, (lua_KContext)r);
}

static int end(lua_State *L)
{
	putchar('\n');
	fflush(stdout);
	ev_break(task_loop(L), EVBREAK_ALL);
	return 0;
}

/* The text as an expression: leaves the loaded chunk, or nothing. */
static bool load_expression(lua_State *L)
{
	lua_pushfstring(L, "return %s;", lua_tostring(L, TEXT));
	if (load(L, TEXT + 1) == LUA_OK) {
		lua_remove(L, TEXT + 1);
		return true;
	}
	lua_pop(L, 2);
	return false;
}

/* Stack: handler, repl, incomplete lines if any, the line or nil. */
static int on_line(lua_State *L, int status, lua_KContext context)
{
	struct repl *r = (struct repl *)context;
	bool first = lua_gettop(L) == TEXT;

	if (first && lua_isnil(L, TEXT))
		return end(L);
	if (first) {
		const char *line = lua_tostring(L, TEXT);

		if (*line == '=') {
			lua_pushfstring(L, "return %s", line + 1);
			lua_replace(L, TEXT);
		}
		if (load_expression(L))
			return take(L, r, LUA_OK);
	} else if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		return take(L, r, load(L, TEXT));
	} else {
		lua_pushliteral(L, "\n");
		lua_insert(L, -2);
		lua_concat(L, 3);
	}
	status = load(L, TEXT);
	if (is_incomplete(L, status)) {
		lua_settop(L, TEXT);
		return ask(L, r);
	}
	return take(L, r, status);
}

int repl_run(lua_State *L)
{
	struct repl *r;

	lua_settop(L, HANDLER);
	r = lua_newuserdatauv(L, sizeof(*r), 0);
	r->co = L;
	r->console = console_new(task_loop(L));
	if (!r->console)
		return luaL_error(L, "not enough memory");
	return ask(L, r);
}
