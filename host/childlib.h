/*
 * A page's process as main holds it: its channel, its end, and the peer that Lua has of it.
 *
 * Besides the methods of host.peer that peer has pid(), kill() (by SIGKILL; whether there was
 * something to kill), destroy() (kills it and ends its context at once), close() (hangs up: the
 * process ends by itself), expectEnd() (the page is about to be asked to end its context: another
 * end is a fault), cpuTime() (seconds that the process has computed), isStopped() (by a signal),
 * and guard(milliseconds): from now on 'computed' comes whenever the process has computed for so
 * long; false where the kernel has no timer for that.
 */
#ifndef LEPTON_CHILDLIB_H
#define LEPTON_CHILDLIB_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct host;
struct renderer;
struct zygote;

/*
 * Has a process forked, whose Lua may use `most` bytes (0: as many as there are). It must be
 * adopted. NULL with errno, as of zygote_fork; ENOMEM where main has no memory for it.
 */
struct renderer *childlib_fork(lua_State *L, struct host *host, struct zygote *z, size_t most);

/*
 * Watches the process and begins the conversation, by the options of host.renderer's spawn at that
 * index. True with its peer on the stack, or false with a message: then nothing of it is left.
 * [-0, +1, -]
 */
bool childlib_adopt(lua_State *L, struct renderer *r, int options);

#endif
