/*
 * What remote objects and remote functions do when Lua code uses them: each metamethod is one call
 * into the peer they came from.
 */
#ifndef LEPTON_PROXY_H
#define LEPTON_PROXY_H

#include <lua.h>

#include "peer.h"

/*
 * Gives the state its import records, with proxies as their behaviour. Once in every state, before
 * the first peer begins a context in it. [-0, +0, m]
 */
struct imports *proxy_open(lua_State *L, bool is_main);

/*
 * The import behind a handle, ready to be used; the proxy that holds it is at `index`. Raises where
 * it was released, or its context has ended.
 */
struct import *proxy_usable(lua_State *L, int index, struct handle *h);

/* Pushes what calling the dead callback raises. [-0, +1, m] */
void proxy_push_dead_reason(lua_State *L, const struct import *import);

/* pairs(object) for remote objects; also their __pairs. */
int proxy_l_pairs(lua_State *L);

#endif
