/*
 * The fast lane: a sealed memfd with one ring of bytes each way, a single producer and a single
 * consumer each. The socket beside it wakes who sleeps, and tells of a death.
 *
 * Nobody sleeps on data: a consumer that goes to sleep says so and looks once more; a producer that
 * has published says nothing unless the consumer said it sleeps, and then rings the bell (a byte on
 * the socket) once. The same holds the other way for room. Both steps are sequentially consistent.
 *
 * The other side may write anything at any time. What is in shared memory is read once, checked,
 * and never read again; bytes are copied out before they are looked at; own positions are private.
 */
#ifndef LEPTON_RING_H
#define LEPTON_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one ring; a power of two. A frame that is longer streams through it. */
#define RING_CAPACITY (128u << 10)

/*
 * One direction, in shared memory. Positions count bytes and wrap at 2^32. What one side writes with
 * every message and the other looks at with every message would go from core to core in between:
 * only `tail` must.
 */
struct ring_line {
	_Alignas(64) _Atomic uint32_t tail;   /* written by the producer */
	_Atomic uint32_t wants_room;	      /* the producer sleeps until there is room */
	_Alignas(64) _Atomic uint32_t head;   /* written by the consumer */
	_Alignas(64) _Atomic uint32_t asleep; /* the consumer sleeps until there are bytes */
	_Alignas(64) unsigned char bytes[RING_CAPACITY];
};

/* One end. */
struct ring {
	void *memory; /* NULL: there is no ring */
	struct ring_line *in, *out;
	uint32_t head, tail; /* own positions: of `in`, of `out` */
	uint32_t seen_tail;  /* how far `in` is known to be filled */
	uint32_t seen_head;  /* how far `out` is known to be consumed */
};

/* Makes the memory and this end, main's. Returns the descriptor to hand on, or -1 with errno. */
int ring_create(struct ring *r);

/* Maps the memory as the other end, and closes the descriptor. 0, or -1 with errno. */
int ring_attach(struct ring *r, int fd);

void ring_clear(struct ring *r);

/*
 * Copies out up to n bytes; many of them piece by piece, so that both ends copy at the same time.
 * How many; 0 if there are none; -1 if the positions are impossible.
 */
int ring_read(struct ring *r, void *to, uint32_t n);

/* Copies in up to n bytes, likewise. How many; 0 if it is full; -1 if the positions are impossible. */
int ring_write(struct ring *r, const void *from, uint32_t n);

/* Whether there are bytes to read, or positions that are impossible. */
static inline bool ring_readable(struct ring *r)
{
	return atomic_load_explicit(&r->in->tail, memory_order_acquire) != r->head;
}

/* Whether there is room to write. */
static inline bool ring_has_room(struct ring *r)
{
	return r->tail - atomic_load_explicit(&r->out->head, memory_order_acquire) != RING_CAPACITY;
}

/* How many bytes there are to read; more than RING_CAPACITY where the positions are impossible. */
uint32_t ring_held(struct ring *r);

/* After a write: whether the consumer sleeps and must be woken; it then no longer counts as asleep. */
bool ring_must_wake_consumer(struct ring *r);

/* After a read: whether the producer sleeps for want of room and must be woken. */
bool ring_must_wake_producer(struct ring *r);

/* Says that this end sleeps from now on. False, and it does not, if there is something to read. */
bool ring_sleep(struct ring *r);

/* Says that this end is awake: nobody need ring. */
static inline void ring_awake(struct ring *r)
{
	atomic_store_explicit(&r->in->asleep, 0, memory_order_relaxed);
}

/* Says that this end waits for room to write. False if there is some. */
bool ring_wait_for_room(struct ring *r);

#endif
