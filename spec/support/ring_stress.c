/*
 * Two processes at the two ends of a ring, for specs:
 *
 *   ring_stress duplex SEED FRAMES   both send frames of random lengths with random pauses, sleep
 *                                    whenever they may, and check what they get
 *   ring_stress hostile SEED ROUNDS  one end writes at random into all of the shared memory, while
 *                                    the other reads and writes
 *
 * Prints what was done; status 1 and a line where something was wrong, SIGALRM where it hung.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "limit.h"
#include "spin.h"

#define PATIENCE 60u /* seconds */
#define QUEUED_MOST (1u << 20)
#define LONGEST (3 * RING_CAPACITY)
#define ROUND 2000000u /* nanoseconds of a hostile round */

struct end {
	struct channel channel;
	struct spin spin;
	const char *name;
	uint64_t random; /* what this end does, */
	uint64_t writes; /* what it writes, */
	uint64_t reads;	 /* and what it must read */
	bool first;
	unsigned sent, received, total;
	unsigned long sleeps, bytes;
};

static uint64_t next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint32_t below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(next(state) % n);
}

static _Noreturn void fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Makes both ends of a channel, as main does for a page. */
static void connect_ends(struct channel *main, struct channel *page)
{
	int pair[2];
	struct ring ring;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		fail("socketpair: %s", strerror(errno));
	int fd = ring_create(&ring);
	if (fd < 0 || channel_init(main, pair[0]) < 0 || channel_init(page, pair[1]) < 0)
		fail("cannot make a channel: %s", strerror(errno));
	main->ring = ring;
	if (ring_attach(&page->ring, fd) < 0)
		fail("cannot map the ring: %s", strerror(errno));
}

/* --- duplex --------------------------------------------------------------------------------- */

/* Mostly short, now and then longer than the ring, now and then as long as what is left of it. */
static uint32_t random_length(uint64_t *state)
{
	switch (below(state, 64)) {
	case 0:
		return below(state, LONGEST);
	case 1:
		return RING_CAPACITY - 64 + below(state, 128);
	case 2:
	case 3:
	case 4:
		return below(state, RING_CAPACITY / 8);
	default:
		return below(state, 100);
	}
}

static void put_frame(struct end *e)
{
	struct frame_header h = { .message = MSG_POST, .request = e->sent };
	uint32_t length = random_length(&e->writes);
	uint64_t word = next(&e->writes);
	size_t start = channel_begin(&e->channel);
	h.body = length;
	if (buffer_reserve(&e->channel.out, length) < 0)
		fail("%s: out of memory", e->name);
	for (uint32_t i = 0; i < length; i++)
		e->channel.out.bytes[e->channel.out.tail++] =
			(unsigned char)((word >> (i % 8 * 8)) + i / 8);
	if (channel_end(&e->channel, start, &h) < 0)
		fail("%s: channel_end: %s", e->name, strerror(errno));
	e->sent++;
}

static void check_frame(struct end *e, const struct frame *f)
{
	uint32_t length = random_length(&e->reads);
	uint64_t word = next(&e->reads);
	if (f->header.request != e->received || f->header.body != length)
		fail("%s: frame %u of %u bytes expected, got %u of %u", e->name, e->received,
		     length, (unsigned)f->header.request, f->header.body);
	for (uint32_t i = 0; i < length; i++)
		if (f->body[i] != (unsigned char)((word >> (i % 8 * 8)) + i / 8))
			fail("%s: byte %u of frame %u is wrong", e->name, i, e->received);
	e->received++;
	e->bytes += length;
}

static void take_frames(struct end *e)
{
	struct frame f;
	int got;
	while ((got = channel_next(&e->channel, &f)) > 0) {
		check_frame(e, &f);
		buffer_consume(&e->channel.in, f.header.length);
	}
	if (got < 0)
		fail("%s: no frame", e->name);
}

static void pause_at_random(struct end *e)
{
	switch (below(&e->random, 200)) {
	case 0:
		usleep(below(&e->random, 300));
		break;
	case 1:
	case 2:
	case 3:
		sched_yield();
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		for (volatile unsigned i = below(&e->random, 3000); i > 0; i--)
			;
		break;
	default:
		break;
	}
}

/*
 * Whether this end may sleep until the other one does something: because its output is stuck, or
 * because it is the other's turn. It never is for both, so that nobody has a reason to stay asleep.
 */
static bool may_sleep(const struct end *e)
{
	if (buffer_length(&e->channel.out) > 0)
		return true;
	if (e->received == e->total)
		return false;
	return e->sent == e->total || (e->first ? e->received < e->sent : e->received <= e->sent);
}

static int look_around(struct end *e)
{
	int got = channel_fill(&e->channel, false);
	if (got != 0 || !may_sleep(e))
		return got;
	if (spin_begin(&e->spin)) {
		do
			got = channel_fill(&e->channel, false);
		while (got == 0 && spin_again(&e->spin));
		spin_end(&e->spin, got != 0);
		if (got != 0)
			return got;
	}
	bool bell;
	if (channel_wait(&e->channel, &bell) < 0)
		fail("%s: channel_wait: %s", e->name, strerror(errno));
	e->sleeps++;
	return channel_fill(&e->channel, bell);
}

static void run_end(struct end *e)
{
	spin_init(&e->spin);
	while (e->sent < e->total || e->received < e->total || buffer_length(&e->channel.out) > 0) {
		for (unsigned n = below(&e->random, 4); n > 0 && e->sent < e->total; n--)
			if (buffer_length(&e->channel.out) < QUEUED_MOST)
				put_frame(e);
		/* A budget that is tiny, and one that does not run out, take turns. */
		if (below(&e->random, 16) == 0)
			e->spin.budget = below(&e->random, 2) ? 0 : below(&e->random, 20000);
		if (channel_flush(&e->channel) < 0)
			fail("%s: channel_flush: %s", e->name, strerror(errno));
		pause_at_random(e);
		if (look_around(e) < 0)
			fail("%s: the other end is gone after %u frames", e->name, e->received);
		take_frames(e);
	}
}

static int duplex(uint64_t seed, unsigned frames)
{
	struct end main = { .name = "main", .first = true, .total = frames };
	struct end page = { .name = "page", .total = frames };
	main.random = next(&seed);
	page.random = next(&seed);
	main.writes = page.reads = next(&seed);
	page.writes = main.reads = next(&seed);
	connect_ends(&main.channel, &page.channel);
	pid_t child = fork();
	if (child < 0)
		fail("fork: %s", strerror(errno));
	alarm(PATIENCE);
	struct end *own = child == 0 ? &page : &main;
	struct end *others = child == 0 ? &main : &page;
	close(others->channel.fd);
	others->channel.fd = -1;
	run_end(own);
	if (child == 0) {
		/* Main's last frame may still have a bell of its own; hang up only when it has. */
		shutdown(own->channel.fd, SHUT_WR);
		_exit(0);
	}
	int status;
	waitpid(child, &status, 0);
	if (status != 0)
		fail("the page's end failed");
	printf("%u frames each way, %lu bytes, %s\n", frames, main.bytes,
	       main.sleeps > 0 ? "slept" : "never slept");
	channel_clear(&main.channel);
	channel_clear(&page.channel);
	return 0;
}

/* --- hostile -------------------------------------------------------------------------------- */

/* Positions that are near to what they should be, and others. */
static uint32_t odd_position(uint64_t *random, uint32_t now_there)
{
	static const uint32_t extreme[] = {
		0,	     1,		  RING_CAPACITY - 1, RING_CAPACITY, RING_CAPACITY + 1,
		0x7fffffffu, 0x80000000u, 0xffffffffu
	};
	switch (below(random, 8)) {
	case 0:
		return (uint32_t)next(random);
	case 1:
		return extreme[below(random, 8)];
	case 2:
		return now_there + RING_CAPACITY;
	case 3:
		return now_there - below(random, 100);
	default:
		return now_there + below(random, 100);
	}
}

static _Noreturn void write_at_random(struct channel *c, uint64_t random)
{
	struct ring_line *lines[2] = { c->ring.in, c->ring.out };
	/* Some do so at once, some let the conversation begin. */
	unsigned kinds = 1 + below(&random, 6);
	for (;;) {
		struct ring_line *line = lines[below(&random, 2)];
		static const char bell[300];
		switch (below(&random, kinds)) {
		case 0:
			line->bytes[below(&random, RING_CAPACITY)] = (unsigned char)next(&random);
			break;
		case 1:
			atomic_store(&line->asleep, (uint32_t)next(&random));
			break;
		case 2:
			atomic_store(&line->wants_room, (uint32_t)next(&random));
			break;
		case 3:
			send(c->fd, bell, below(&random, sizeof bell), MSG_DONTWAIT | MSG_NOSIGNAL);
			break;
		case 4:
			atomic_store(&line->head, odd_position(&random, line->head));
			break;
		default:
			atomic_store(&line->tail, odd_position(&random, line->tail));
			break;
		}
	}
}

/* What main does with a page: it goes on until the page has given itself away, or the time is up. */
static bool deal_with(struct channel *c, uint64_t *random, uint64_t until)
{
	while (now() < until) {
		struct frame f;
		struct frame_header h = { .message = MSG_POST, .body = 0 };
		if (buffer_length(&c->out) < QUEUED_MOST) {
			size_t start = channel_begin(c);
			h.body = below(random, 20000);
			buffer_reserve(&c->out, h.body);
			memset(c->out.bytes + c->out.tail, 'x', h.body);
			c->out.tail += h.body;
			channel_end(c, start, &h);
		}
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		bool bell = poll(&p, 1, 0) > 0;
		size_t before = buffer_length(&c->in);
		if (channel_flush(c) < 0 || channel_fill(c, bell) < 0)
			return true;
		if (buffer_length(&c->in) > before + c->reads_most)
			fail("%zu bytes were read at once", buffer_length(&c->in) - before);
		if (ring_sleep(&c->ring))
			ring_awake(&c->ring);
		int got;
		while ((got = channel_next(c, &f)) > 0) {
			if (f.body + f.header.body + f.references_length > c->in.bytes + c->in.tail)
				fail("a frame is longer than what there is");
			buffer_consume(&c->in, f.header.length);
		}
		if (got < 0)
			return true;
	}
	return false;
}

static int hostile(uint64_t seed, unsigned rounds)
{
	unsigned caught = 0;
	alarm(PATIENCE);
	for (unsigned i = 0; i < rounds; i++) {
		struct channel main, page;
		connect_ends(&main, &page);
		uint64_t random = next(&seed);
		pid_t child = fork();
		if (child < 0)
			fail("fork: %s", strerror(errno));
		if (child == 0) {
			alarm(PATIENCE);
			close(main.fd);
			write_at_random(&page, random);
		}
		if (deal_with(&main, &random, now() + ROUND))
			caught++;
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		channel_clear(&main);
		channel_clear(&page);
	}
	printf("%u rounds, %s given away\n", rounds,
	       caught == 0	  ? "none"
	       : caught == rounds ? "all"
				  : "some");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 4 || (strcmp(argv[1], "duplex") != 0 && strcmp(argv[1], "hostile") != 0)) {
		fputs("usage: ring_stress duplex|hostile SEED COUNT\n", stderr);
		return 2;
	}
	uint64_t seed = strtoull(argv[2], NULL, 10);
	unsigned count = (unsigned)strtoul(argv[3], NULL, 10);
	return argv[1][0] == 'd' ? duplex(seed, count) : hostile(seed, count);
}
