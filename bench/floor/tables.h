/*
 * What Lua itself takes for a table that crosses from one state to another, within one process.
 */
#ifndef FLOOR_TABLES_H
#define FLOOR_TABLES_H

#include "measure.h"

/* A table of 10 000 named fields: walked in one state, built in the other. The time of a field. */
void tables_copy(const struct plan *plan, const char *name);

/* A table of 10 000 integers: each element walked in one state and given to the other. */
void tables_pairs(const struct plan *plan, const char *name);

#endif
