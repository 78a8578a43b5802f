#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MASK (RING_CAPACITY - 1)
#define AT_ONCE (32u << 10) /* bytes that are copied before the other end is told of them */

/* The first line is main's input, the second its output. */
struct ring_memory {
	struct ring_line lines[2];
};

static int map(struct ring *r, int fd, int in)
{
	struct ring_memory *m = mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (m == MAP_FAILED)
		return -1;
	*r = (struct ring){ .memory = m, .in = &m->lines[in], .out = &m->lines[1 - in] };
	return 0;
}

int ring_create(struct ring *r)
{
	int fd = memfd_create("lepton-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, sizeof(struct ring_memory)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0 ||
	    map(r, fd, 0) < 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	atomic_store(&r->in->asleep, 1);
	atomic_store(&r->out->asleep, 1);
	return fd;
}

int ring_attach(struct ring *r, int fd)
{
	int result = map(r, fd, 1);
	close(fd);
	return result;
}

void ring_clear(struct ring *r)
{
	if (r->memory != NULL)
		munmap(r->memory, sizeof(struct ring_memory));
	*r = (struct ring){ .memory = NULL };
}

static void copy_out(const struct ring_line *line, uint32_t at, unsigned char *to, uint32_t n)
{
	uint32_t first = RING_CAPACITY - (at & MASK);
	if (first > n)
		first = n;
	memcpy(to, line->bytes + (at & MASK), first);
	memcpy(to + first, line->bytes, n - first);
}

static void copy_in(struct ring_line *line, uint32_t at, const unsigned char *from, uint32_t n)
{
	uint32_t first = RING_CAPACITY - (at & MASK);
	if (first > n)
		first = n;
	memcpy(line->bytes + (at & MASK), from, first);
	memcpy(line->bytes, from + first, n - first);
}

uint32_t ring_held(struct ring *r)
{
	if (r->seen_tail == r->head)
		r->seen_tail = atomic_load_explicit(&r->in->tail, memory_order_acquire);
	return r->seen_tail - r->head;
}

int ring_read(struct ring *r, void *to, uint32_t n)
{
	uint32_t held = r->seen_tail - r->head;
	if (held < n)
		held = (r->seen_tail = atomic_load_explicit(&r->in->tail, memory_order_acquire)) -
		       r->head;
	if (held > RING_CAPACITY)
		return -1;
	if (n > held)
		n = held;
	if (n == 0)
		return 0;
	unsigned char *at = to;
	for (uint32_t left = n; left > 0;) {
		uint32_t some = left < AT_ONCE ? left : AT_ONCE;
		copy_out(r->in, r->head, at, some);
		at += some;
		left -= some;
		r->head += some;
		atomic_store_explicit(&r->in->head, r->head, memory_order_release);
	}
	return (int)n;
}

int ring_write(struct ring *r, const void *from, uint32_t n)
{
	uint32_t held = r->tail - r->seen_head;
	if (RING_CAPACITY - held < n) {
		r->seen_head = atomic_load_explicit(&r->out->head, memory_order_acquire);
		held = r->tail - r->seen_head;
	}
	if (held > RING_CAPACITY)
		return -1;
	if (n > RING_CAPACITY - held)
		n = RING_CAPACITY - held;
	if (n == 0)
		return 0;
	const unsigned char *at = from;
	for (uint32_t left = n; left > 0;) {
		uint32_t some = left < AT_ONCE ? left : AT_ONCE;
		copy_in(r->out, r->tail, at, some);
		at += some;
		left -= some;
		r->tail += some;
		atomic_store_explicit(&r->out->tail, r->tail, memory_order_release);
	}
	return (int)n;
}

bool ring_must_wake_consumer(struct ring *r)
{
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load_explicit(&r->out->asleep, memory_order_relaxed) != 0 &&
	       atomic_exchange(&r->out->asleep, 0) != 0;
}

bool ring_must_wake_producer(struct ring *r)
{
	atomic_thread_fence(memory_order_seq_cst);
	return atomic_load_explicit(&r->in->wants_room, memory_order_relaxed) != 0 &&
	       atomic_exchange(&r->in->wants_room, 0) != 0;
}

bool ring_sleep(struct ring *r)
{
	atomic_store(&r->in->asleep, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (!ring_readable(r))
		return true;
	atomic_store(&r->in->asleep, 0);
	return false;
}

bool ring_wait_for_room(struct ring *r)
{
	atomic_store(&r->out->wants_room, 1);
	atomic_thread_fence(memory_order_seq_cst);
	uint32_t held = r->tail - atomic_load_explicit(&r->out->head, memory_order_acquire);
	if (held == RING_CAPACITY)
		return true;
	atomic_store(&r->out->wants_room, 0);
	return false;
}
