/*
 * All peers of one process, as its event loop sees them: what they have written goes out before the
 * loop sleeps; and where frames came lately, the loop looks for more for a while before it sleeps.
 */
#ifndef LEPTON_PEERS_H
#define LEPTON_PEERS_H

#include <ev.h>

#include "hoard.h"
#include "lost.h"
#include "refs.h"
#include "spin.h"

/* What of a peer its process's loop deals with; embedded in the peer. */
struct peers_member {
	struct peers_member *next_hot;
	bool is_hot;	/* the loop looks at it before it sleeps */
	uint32_t quiet; /* how often it did so in vain */
};

/* How peers do what the loop asks of them. */
struct peers_habits {
	void (*flush)(struct refs *r);	       /* writes what there is to write */
	bool (*look)(struct peers_member *m);  /* deals with what has come; whether there was any */
	bool (*sleep)(struct peers_member *m); /* says that only the socket wakes it from now on;
						   false if something has come just now */
	void (*awake)(struct peers_member *m); /* says that it is looked at */
};

struct peers {
	struct ev_loop *loop;
	const struct peers_habits *habits;
	struct imports *imports; /* those of the Lua state there is; NULL between two contexts */
	struct lost lost;
	struct ev_prepare before_sleep;
	struct ev_idle hurry; /* active: the loop must not sleep */
	struct spin spin;
	struct hoard hoard;
	struct peers_member *hot;    /* those that are looked at without being asked to */
	struct peers_member *cursor; /* of them: which is looked at next, NULL at the end */
};

/* `imports` is to be filled in whenever a Lua state is opened. */
void peers_init(struct peers *all, struct ev_loop *loop, const struct peers_habits *habits);
void peers_clear(struct peers *all);

/*
 * Frames came from the peer, or are waited for: more may come soon. Only a peer that is not warm is
 * woken by its socket.
 */
void peers_warm(struct peers *all, struct peers_member *m);

/* Whether the loop has more to do than to look at one peer. */
static inline bool peers_others_wait(const struct peers *all)
{
	return (all->hot != NULL && all->hot->next_hot != NULL) || ev_pending_count(all->loop) > 0;
}

/* The peer is not to be looked at any more. */
void peers_forget(struct peers *all, struct peers_member *m);

#endif
