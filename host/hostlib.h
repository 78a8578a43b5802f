/*
 * host.renderer: what main's modules may ask of the host about page processes.
 *
 *   spawn{ root = table, onEvent = fn, hello = table, sandbox = boolean, memory = integer,
 *          callbacks = integer, objects = integer }
 *                 a peer; or nil, message
 *
 * `root` is the one object that the page is born holding; `hello` is copied to its process,
 * with the number of the process as `page`. Its Lua
 * may use `memory` bytes, or any number without it. A sandboxed page is held to what
 * host/restrict.c says.
 * onEvent(kind, …) is called in a task of its own:
 *   'crowded'                        main holds more than `callbacks` of the page, or the page more
 *                                    than `objects` of main; once in a context
 *   'ready'                          the process runs and has an empty context
 *   'computed'                       it has computed for as long as guard() was told
 *   'context-end', context           the page's context has ended, an empty one is there
 *   'exit', reason, status, context  the process is gone, and all that it had sent is dealt with:
 *                                    'clean', 0; 'exited', code; 'killed', 'SIGKILL'; 'protocol', text
 * `context` is the table that host.peer's callbackContext gives for the callbacks of that context.
 *
 * What such a peer can do besides, host/childlib.h says.
 *
 *   exit(code)    ends the process at once, as C's exit does
 *   layers()      what holds of the sandbox: a list of { name, holds, detail, purpose }; or nil,
 *                 message. Starts the zygote of sandboxed pages
 *   readBeneath(folder, path)    a regular file below the folder, wherever its links point to; or
 *                 nil, message, errno
 *   counts()      { children } that are alive or not yet collected
 *   trace         boolean field: --trace-ipc
 *   sandboxAll    boolean field: --sandbox
 */
#ifndef LEPTON_HOSTLIB_H
#define LEPTON_HOSTLIB_H

#include <lua.h>

struct host;

/* Gives the state its host; before host.renderer is required. [-0, +0, m] */
void hostlib_open(lua_State *L, struct host *host);

int luaopen_host_renderer(lua_State *L);

#endif
