/*
 * Main's verdict on a sketch: which of the objects that a page holds, and which of its callbacks,
 * nobody reaches.
 */
#ifndef LEPTON_VERDICT_H
#define LEPTON_VERDICT_H

#include <lua.h>

#include "peer.h"
#include "sketch.h"

struct verdict {
	struct peer *peer;
	uint64_t mark; /* what was sent in later frames is reached */
	uint64_t most;
	struct sketch_view view;
	struct reach reach;
	struct seen callbacks;	/* id → number of a callback */
	uint32_t *first_line;	/* by point: where its lines begin, */
	uint32_t *first_hold;	/* and what it holds */
	bool *live;		/* by point */
	uint32_t *open;		/* live points from which nobody has gone on, */
	uint32_t open_count;	/* and how many they are */
	uint32_t *received;	/* by place of an export: how often the page says it received it, */
	bool *held;		/* and whether it stays */
	uint32_t garbage;	/* what goes, remote objects and callbacks */
	uint64_t released_mark; /* number of the last frame begun when the garbage was released */
	const char *marks;
};

/*
 * Lua function (light userdata struct verdict, filled in up to its view): finds what is garbage and
 * releases the objects among it. Returns a string, a byte for each proxy and each callback of the
 * sketch, 1 where it is garbage. The collector must stand still. [-1, +1, e]
 */
int verdict_l_reach(lua_State *L);

/* Whether, after a collection, a finalizer has brought one of the callbacks back, or called it. */
bool verdict_was_revived(struct verdict *v, lua_State *L);

void verdict_clear(struct verdict *v);

#endif
