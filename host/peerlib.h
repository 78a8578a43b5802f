/*
 * host.peer: the conversation as Lua sees it, in main and in pages.
 *
 * A peer is a userdata with these methods:
 *   ask(method, ...)       root:method(...) of the other side's root object: its results. A page waits,
 *                          or yields in an asynchronous task; main's coroutine yields.
 *   askAsync(method, ...)  the same, but yields wherever Lua can
 *   post(method, ...)      one way; true
 *   counts()               { exports, imports, callbacks, queued, requests }
 *   report()               a list of what is exported and imported
 *   collectCycles(most)    page: see cycles.h
 *   id()                   which page
 *   isOpen()               whether anything can be sent
 * Tables among the arguments cross by copy.
 *
 * The module's functions: byValue, isRemote, isCallback, isDead, callbackContext, callbackOrigin,
 * pairs, type, next, rawget, rawlen, copy, release, async, and
 *   beginCycles, endCycles      main: methods of the root object, see cycles.h
 *   askCallback(callback, ...)  what the callback returns; the calling coroutine yields
 *   remoteTraceback(error)      the traceback of the other side of the error that came from there
 *                               last; nil for any other error
 *   isOwnPlace(place)           whether 'file:12: …' of a message or traceback is a file of Lepton's
 */
#ifndef LEPTON_PEERLIB_H
#define LEPTON_PEERLIB_H

#include <lauxlib.h>

#include "peer.h"

int luaopen_host_peer(lua_State *L);

/* Pushes a userdata with the methods of a peer; `more` has further methods or is NULL. [-0, +1, m] */
void peerlib_push(lua_State *L, struct peer *p, const luaL_Reg *more);

/* The peer of the userdata at `index`, or an argument error. */
struct peer *peerlib_check(lua_State *L, int index);

#endif
