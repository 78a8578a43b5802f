#include "interrupt.h"

#include <lauxlib.h>
#include <signal.h>
#include <stddef.h>

/* A signal handler is given nothing but the number of the signal. */
static lua_State *volatile interrupted;

static void set_action(void (*action)(int))
{
	struct sigaction change = { .sa_handler = action };

	sigemptyset(&change.sa_mask);
	sigaction(SIGINT, &change, NULL);
}

static int is_action(void (*action)(int))
{
	struct sigaction current;

	return sigaction(SIGINT, NULL, &current) == 0 && current.sa_handler == action;
}

static void stop(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	lua_sethook(L, NULL, 0, 0);
	luaL_error(L, "interrupted!");
}

static void on_signal(int number)
{
	set_action(SIG_DFL);
	if (lua_status(interrupted) == LUA_YIELD)
		raise(number);
	else
		lua_sethook(interrupted, stop,
			    LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

void interrupt_begin(lua_State *L)
{
	if (!is_action(SIG_DFL))
		return;
	interrupted = L;
	set_action(on_signal);
}

void interrupt_end(void)
{
	if (is_action(on_signal))
		set_action(SIG_DFL);
}
