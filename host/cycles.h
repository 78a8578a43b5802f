/*
 * Collecting cycles that go through both heaps: an object of main holds a callback, whose function
 * in the page holds a remote object, which is that object.
 *
 * A page asks for it and stands still meanwhile. In four steps:
 *
 *   1. The page asks main to begin. With the answer, all that main sent before has arrived.
 *   2. The page walks its heap from its roots and from what the frames that wait name, and draws a
 *      sketch of the rest: which callbacks lead to which remote objects.
 *   3. Main walks its own heap from its roots, in one request that nothing interrupts. Whatever of
 *      the page's callbacks it reaches, it goes on from the objects that these lead to, as the
 *      sketch says. References in frames sent since the first step count as reached. What neither
 *      side reaches is garbage: main takes it out of its exports and collects.
 *   4. The page drops the remote objects and callbacks that are gone, and collects.
 *
 * No finalizer of what is alive runs, and no Lua code but finalizers. docs/cycles.md has the
 * reasons, the costs, and what remains.
 */
#ifndef LEPTON_CYCLES_H
#define LEPTON_CYCLES_H

#include <lua.h>

#include "peer.h"

/*
 * Page: collects, following at most `most` references in either heap. Pushes how many remote
 * objects and callbacks are gone; or nil and a message, where that was not enough. Raises where
 * main cannot be asked. Returns how many values it pushed. [-0, +(1|2), e]
 */
int cycles_collect(struct peer *p, lua_State *L, uint64_t most);

/* Main: methods of its root object. beginCycles() and endCycles(mark, sketch, most). */
int cycles_l_begin(lua_State *L);
int cycles_l_end(lua_State *L);

#endif
