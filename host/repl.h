/*
 * The read-eval-print loop, with the behaviours of `lua`: results are shown with `print`, a line
 * that begins with `=` is an expression, an incomplete statement asks for more, _PROMPT and
 * _PROMPT2 are the prompts. While it waits for a line the event loop runs, so timers and windows
 * live on beside it; a line of input that waits itself holds up only the next prompt.
 */
#ifndef LEPTON_REPL_H
#define LEPTON_REPL_H

#include <lua.h>

/*
 * Reads and runs lines until the end of input, and then breaks the event loop. For the C function at the bottom of a coroutine, with its message
 * handler at index 1, and as the last thing it does: `return repl_run(L);`.
 */
int repl_run(lua_State *L);

#endif
