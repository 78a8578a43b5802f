/*
 * Adaptive waiting: an end that waits looks again and again for a few microseconds before it
 * sleeps, as long as that pays. Where it does not (one processor, a busy machine, a slow handler),
 * it learns to sleep at once, and tries again now and then.
 */
#ifndef LEPTON_SPIN_H
#define LEPTON_SPIN_H

#include <stdbool.h>
#include <stdint.h>

struct spin {
	uint32_t budget;  /* how long to look, in nanoseconds; 0: not at all */
	uint32_t skipped; /* waits without a look since the last one with one */
	bool useless;	  /* one processor only */
	uint64_t until;	  /* when the look under way ends */
	unsigned round;
};

void spin_init(struct spin *s);

/* Begins a wait. False if it is not worth looking: sleep at once. */
bool spin_begin(struct spin *s);

/* Whether to look once more; a pause for the processor goes with it. */
bool spin_again(struct spin *s);

/* The wait has ended, by what was waited for or in vain. */
void spin_end(struct spin *s, bool found);

#endif
