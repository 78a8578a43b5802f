/*
 * Control-C for scripts, as `lua` has it: the first one raises "interrupted!" in the Lua code that
 * runs, a second one ends the process. A script that waits for the loop is ended by the first.
 */
#ifndef LEPTON_INTERRUPT_H
#define LEPTON_INTERRUPT_H

#include <lua.h>

/*
 * Between these two SIGINT interrupts what runs in L, a coroutine that may yield meanwhile. Where
 * SIGINT is ignored or somebody else watches it, they do nothing.
 */
void interrupt_begin(lua_State *L);
void interrupt_end(void);

#endif
