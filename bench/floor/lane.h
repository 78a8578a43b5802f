/*
 * Bytes between two processes, by the ways there are. Whatever goes wrong ends the program.
 */
#ifndef FLOOR_LANE_H
#define FLOOR_LANE_H

#include <stddef.h>
#include <stdint.h>

enum lane {
	SOCKET_BLOCKING, /* a socketpair; whoever waits sleeps */
	SOCKET_POLLING,	 /* the same; whoever waits polls for a while first, as long as that pays */
	SHARED_SPINNING, /* a ring in a sealed memfd; whoever waits spins for a while first, then
			    sleeps on a futex */
	SHARED_SLEEPING, /* the same without spinning */
	SHARED_ARENA	 /* as SHARED_SPINNING, with room for the largest message at once */
};

extern const char *const lane_names[];

struct line;

/* One end of a lane. */
struct end {
	enum lane lane;
	int fd;
	struct line *in, *out;
	uint32_t capacity; /* of a line, in bytes; a power of two */
	unsigned patience; /* how often it looks before it sleeps */
	unsigned vain;	   /* how often it had looked in vain */
};

/* `bytes`: the size of the largest message. */
void lane_open(enum lane lane, size_t bytes, struct end ends[2]);

/*
 * Puts the process of the first or second end on a core of its own, where there are two. Only lanes
 * whose ends do not always sleep: the others are where the kernel puts them.
 */
void lane_place(enum lane lane, int which);

void lane_close(struct end *end);

void end_send(struct end *end, const void *bytes, size_t count);
void end_receive(struct end *end, void *bytes, size_t count);

#endif
