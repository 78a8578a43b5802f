/*
 * The tables that the frame being written has already named, by address: what keeps cycles and
 * shared tables as they are. Emptied in no time between frames.
 */
#ifndef LEPTON_SEEN_H
#define LEPTON_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct seen_entry {
	const void *address;
	uint32_t number;
	uint32_t mark;
};

struct seen {
	struct seen_entry *entries;
	uint32_t capacity; /* a power of two, or 0 */
	uint32_t count;
	uint32_t mark; /* entries with another mark are empty */
};

void seen_init(struct seen *s);
void seen_clear(struct seen *s);

/* Forgets all addresses. */
void seen_reset(struct seen *s);

/*
 * The number of `address`: 1 with *number as it was given, 0 where it is new and has now got the
 * next one, -1 without memory.
 */
int seen_number(struct seen *s, const void *address, uint32_t *number);

/* Whether `address` has a number, and which. */
bool seen_find(const struct seen *s, const void *address, uint32_t *number);

#endif
