/*
 * Requests that are lost: what should answer has yielded, and nothing refers to its coroutine any
 * more. Only the collector finds that out, and a process with nothing to do allocates nothing, so it
 * never comes to it. While somebody waits for answers, the collector is therefore run now and then
 * where the loop would sleep: in small steps, and each time after twice as long.
 */
#ifndef LEPTON_LOST_H
#define LEPTON_LOST_H

#include <ev.h>
#include <lua.h>
#include <stdint.h>

struct lost {
	struct ev_loop *loop;
	lua_State *L;
	uint32_t awaited; /* requests being answered whose asker waits for the answer */
	struct ev_timer wait;
	struct ev_idle collect;
	double delay;
	int cycles; /* of the collector that are still to come */
};

void lost_init(struct lost *lost, struct ev_loop *loop);
void lost_clear(struct lost *lost);

/* The loop is about to sleep; L is NULL where there is no state. */
void lost_before_sleep(struct lost *lost, lua_State *L);

#endif
