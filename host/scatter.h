/*
 * Where the numbers among the keys of a table lie. Lua gives each number a place that everybody can
 * work out, and walks past all others that have it for each that it adds: for n numbers picked by
 * somebody who means harm that is n²/2 steps. These are counted before they are taken, in a table as
 * large as it is made, and in the one that Lua makes of it when one more is added. (The places of
 * strings depend on a number that each state of Lua draws for itself.)
 */
#ifndef LEPTON_SCATTER_H
#define LEPTON_SCATTER_H

#include <lua.h>
#include <stdint.h>

struct scatter;

/*
 * Pushes the counts for a table with so many pairs, nothing yet in it. NULL, and nothing is pushed,
 * for a table so small that no numbers do harm. [-0, +(0|1), m]
 */
struct scatter *scatter_push(lua_State *L, uint32_t pairs);

/* Adds the number at `index`; about how many there are at its places already. [-0, +0, -] */
unsigned scatter_add(struct scatter *s, lua_State *L, int index);

#endif
