#include "lane.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_BYTES (128u << 10)
#define POLLS_MOST 256u
#define SPINS_MOST 8192u
#define TRY_AGAIN 1024u

const char *const lane_names[] = {
	[SOCKET_BLOCKING] = "socket, blocking", [SOCKET_POLLING] = "socket, polling",
	[SHARED_SPINNING] = "shared, spinning", [SHARED_SLEEPING] = "shared, sleeping",
	[SHARED_ARENA] = "shared, arena",
};

/* One direction, in shared memory. Positions count bytes and wrap. */
struct line {
	_Alignas(64) _Atomic uint32_t tail; /* written by the producer */
	_Atomic uint32_t producer_sleeps;
	_Alignas(64) _Atomic uint32_t head; /* written by the consumer */
	_Atomic uint32_t consumer_sleeps;
	_Alignas(64) unsigned char bytes[];
};

/* --- opening -------------------------------------------------------------------------------- */

static void share(struct end ends[2], uint32_t capacity)
{
	size_t each = sizeof(struct line) + capacity;
	int fd = memfd_create("floor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)(2 * each)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		err(1, "memfd");
	unsigned char *memory =
		mmap(NULL, 2 * each, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	close(fd);
	ends[0].in = ends[1].out = (struct line *)memory;
	ends[0].out = ends[1].in = (struct line *)(memory + each);
	ends[0].capacity = ends[1].capacity = capacity;
}

void lane_open(enum lane lane, size_t bytes, struct end ends[2])
{
	int fds[2];
	uint32_t capacity = RING_BYTES;
	while (lane == SHARED_ARENA && capacity < bytes)
		capacity *= 2;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		err(1, "socketpair");
	for (int i = 0; i < 2; i++)
		ends[i] = (struct end){ .lane = lane, .fd = fds[i], .patience = POLLS_MOST };
	if (lane >= SHARED_SPINNING)
		share(ends, capacity);
}

void lane_place(enum lane lane, int which)
{
	static cpu_set_t allowed;
	if (CPU_COUNT(&allowed) == 0)
		sched_getaffinity(0, sizeof allowed, &allowed);
	cpu_set_t chosen = allowed;
	bool sleeps = lane == SOCKET_BLOCKING || lane == SHARED_SLEEPING;
	if (!sleeps && CPU_COUNT(&allowed) > 1) {
		size_t cpu = 0;
		while (!CPU_ISSET(cpu, &allowed) || which-- > 0)
			cpu++;
		CPU_ZERO(&chosen);
		CPU_SET(cpu, &chosen);
	}
	sched_setaffinity(0, sizeof chosen, &chosen);
}

void lane_close(struct end *end)
{
	close(end->fd);
	if (end->in == NULL)
		return;
	struct line *first = end->in < end->out ? end->in : end->out;
	munmap(first, 2 * (sizeof(struct line) + end->capacity));
}

/* --- waiting -------------------------------------------------------------------------------- */

/*
 * Learns whether looking before sleeping pays: it looks half as long where it did not, and as long
 * as it may once it did. Now and then it tries, lest it never learn otherwise.
 */
static void learn(struct end *end, bool paid, unsigned most)
{
	if (paid || ++end->vain % TRY_AGAIN == 0)
		end->patience = most;
	else
		end->patience /= 2;
}

static void futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
	if (syscall(SYS_futex, word, operation, value, NULL, NULL, 0) < 0 && errno != EAGAIN &&
	    errno != EINTR)
		err(1, "futex");
}

/* Waits until *word is no longer `old`; says in *sleeps that it must be woken. */
static uint32_t wait_for_change(struct end *end, _Atomic uint32_t *word, uint32_t old,
				_Atomic uint32_t *sleeps)
{
	uint32_t seen = atomic_load_explicit(word, memory_order_acquire);
	for (unsigned i = 0; seen == old && i < end->patience; i++) {
		__builtin_ia32_pause();
		seen = atomic_load_explicit(word, memory_order_acquire);
	}
	if (end->lane != SHARED_SLEEPING)
		learn(end, seen != old, SPINS_MOST);
	while (seen == old) {
		atomic_store(sleeps, 1);
		if (atomic_load(word) == old)
			futex(word, FUTEX_WAIT, old);
		atomic_store(sleeps, 0);
		seen = atomic_load(word);
	}
	return seen;
}

static void publish(_Atomic uint32_t *word, uint32_t value, _Atomic uint32_t *sleeps)
{
	atomic_store(word, value);
	if (atomic_load(sleeps))
		futex(word, FUTEX_WAKE, 1);
}

/* --- sending and receiving ------------------------------------------------------------------ */

static void ring_send(struct end *end, const unsigned char *bytes, size_t count)
{
	struct line *l = end->out;
	uint32_t tail = atomic_load_explicit(&l->tail, memory_order_relaxed);
	while (count > 0) {
		uint32_t head = atomic_load_explicit(&l->head, memory_order_acquire);
		if (tail - head == end->capacity)
			head = wait_for_change(end, &l->head, head, &l->producer_sleeps);
		uint32_t at = tail & (end->capacity - 1);
		size_t n = end->capacity - (tail - head);
		n = n > count ? count : n;
		n = n > end->capacity - at ? end->capacity - at : n;
		memcpy(l->bytes + at, bytes, n);
		tail += (uint32_t)n;
		bytes += n;
		count -= n;
		publish(&l->tail, tail, &l->consumer_sleeps);
	}
}

static void ring_receive(struct end *end, unsigned char *bytes, size_t count)
{
	struct line *l = end->in;
	uint32_t head = atomic_load_explicit(&l->head, memory_order_relaxed);
	while (count > 0) {
		uint32_t tail = atomic_load_explicit(&l->tail, memory_order_acquire);
		if (tail == head)
			tail = wait_for_change(end, &l->tail, head, &l->consumer_sleeps);
		uint32_t at = head & (end->capacity - 1);
		size_t n = tail - head;
		n = n > count ? count : n;
		n = n > end->capacity - at ? end->capacity - at : n;
		memcpy(bytes, l->bytes + at, n);
		head += (uint32_t)n;
		bytes += n;
		count -= n;
		publish(&l->head, head, &l->producer_sleeps);
	}
}

/* Looks for bytes without sleeping, as often as it has proved to pay. */
static ssize_t poll_socket(struct end *end, void *bytes, size_t count)
{
	ssize_t n = -1;
	for (unsigned i = 0; n < 0 && i <= end->patience; i++)
		n = recv(end->fd, bytes, count, MSG_DONTWAIT);
	learn(end, n >= 0, POLLS_MOST);
	if (n < 0 && errno == EAGAIN) {
		struct pollfd p = { .fd = end->fd, .events = POLLIN };
		poll(&p, 1, -1);
		n = recv(end->fd, bytes, count, 0);
	}
	return n;
}

void end_send(struct end *end, const void *bytes, size_t count)
{
	if (end->in != NULL) {
		ring_send(end, bytes, count);
		return;
	}
	for (size_t done = 0; done < count;) {
		ssize_t n = send(end->fd, (const char *)bytes + done, count - done, MSG_NOSIGNAL);
		if (n < 0)
			err(1, "send");
		done += (size_t)n;
	}
}

void end_receive(struct end *end, void *bytes, size_t count)
{
	if (end->in != NULL) {
		ring_receive(end, bytes, count);
		return;
	}
	for (size_t done = 0; done < count;) {
		ssize_t n = end->lane == SOCKET_POLLING
				    ? poll_socket(end, (char *)bytes + done, count - done)
				    : recv(end->fd, (char *)bytes + done, count - done, 0);
		if (n < 0)
			err(1, "recv");
		if (n == 0)
			_exit(0);
		done += (size_t)n;
	}
}
