#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limit.h"

#define PATIENCE (1u << 20) /* bytes after which a flush waits for room no more */

int channel_init(struct channel *c, int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -1;
	*c = (struct channel){ .fd = fd,
			       .takes_most = LIMIT_FRAME,
			       .sends_most = LIMIT_FRAME,
			       .reads_most = LIMIT_READ };
	spin_init(&c->spin);
	return 0;
}

void channel_clear(struct channel *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	ring_clear(&c->ring);
	buffer_clear(&c->in);
	buffer_clear(&c->out);
	buffer_clear(&c->pieces);
	c->spent = 0;
	c->before = c->apart = 0;
}

/* A bell that cannot ring because the socket is full has rung before. */
static void ring_bell(struct channel *c)
{
	static const char byte;
	while (send(c->fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
		;
}

/* The consumer may be reading just now: looks for a while whether it has made room. */
static bool room_comes(struct channel *c)
{
	if (!spin_begin(&c->spin))
		return false;
	bool found;
	do
		found = ring_has_room(&c->ring);
	while (!found && spin_again(&c->spin));
	spin_end(&c->spin, found);
	return found;
}

static int flush_ring(struct channel *c)
{
	const unsigned char *bytes;
	size_t written = 0;
	for (size_t length; (length = channel_span(c, &bytes)) > 0;) {
		uint32_t most = length < RING_CAPACITY ? (uint32_t)length : RING_CAPACITY;
		int n = ring_write(&c->ring, bytes, most);
		if (n < 0) {
			errno = EPROTO;
			return -1;
		}
		if (n == 0) {
			bool patient = written > 0 && written < PATIENCE;
			if (!(patient && room_comes(c)) && ring_wait_for_room(&c->ring))
				return 1;
			continue;
		}
		written += (size_t)n;
		channel_written(c, (size_t)n);
		if (ring_must_wake_consumer(&c->ring))
			ring_bell(c);
	}
	return 0;
}

static int flush_socket(struct channel *c)
{
	const unsigned char *bytes;
	for (size_t length; (length = channel_span(c, &bytes)) > 0;) {
		ssize_t n = send(c->fd, bytes, length, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 1 : -1;
		channel_written(c, (size_t)n);
	}
	return 0;
}

int channel_flush(struct channel *c)
{
	return c->ring.memory != NULL ? flush_ring(c) : flush_socket(c);
}

static void shrink(struct buffer *b)
{
	if (buffer_length(b) == 0 && b->capacity > LIMIT_BUFFER_KEPT)
		buffer_clear(b);
}

void channel_shrink(struct channel *c)
{
	shrink(&c->in);
	shrink(&c->out);
}

/* How much to read: a turn's worth, or what the frame under way still needs. */
static size_t wanted(const struct channel *c)
{
	uint32_t length;
	if (buffer_length(&c->in) < sizeof length)
		return c->reads_most;
	memcpy(&length, c->in.bytes + c->in.head, sizeof length);
	size_t missing = length <= c->takes_most && length > buffer_length(&c->in)
				 ? length - buffer_length(&c->in)
				 : 0;
	size_t most = c->reads_most + 16 * buffer_length(&c->in);
	return missing <= c->reads_most ? c->reads_most : missing < most ? missing : most;
}

/* Room for `room` bytes; much more at once where the frame under way is far from whole. */
static size_t wanted_room(const struct channel *c, size_t room)
{
	size_t more = wanted(c);
	return more > LIMIT_READ ? more : room;
}

static ssize_t receive(int fd, void *bytes, size_t n)
{
	ssize_t got;
	do
		got = recv(fd, bytes, n, 0);
	while (got < 0 && errno == EINTR);
	return got;
}

static int fill_from_socket(struct channel *c)
{
	size_t room = wanted(c);
	if (buffer_reserve(&c->in, room) < 0)
		return -1;
	ssize_t n = receive(c->fd, c->in.bytes + c->in.tail, room);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	if (n == 0) {
		errno = 0;
		return -1;
	}
	c->in.tail += (size_t)n;
	return 1;
}

void channel_hear(struct channel *c)
{
	char bytes[256];
	if (c->ring.memory == NULL)
		return;
	ssize_t n = receive(c->fd, bytes, sizeof bytes);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
		c->ended = true;
}

static int fill_from_ring(struct channel *c, bool bell)
{
	if (bell)
		channel_hear(c);
	size_t room = ring_held(&c->ring);
	if (room > c->reads_most)
		room = c->reads_most;
	if (room == 0) {
		errno = 0;
		return c->ended ? -1 : 0;
	}
	if (buffer_reserve(&c->in, wanted_room(c, room)) < 0)
		return -1;
	int n = ring_read(&c->ring, c->in.bytes + c->in.tail, (uint32_t)room);
	if (n < 0) {
		errno = EPROTO;
		return -1;
	}
	c->in.tail += (size_t)n;
	if (ring_must_wake_producer(&c->ring))
		ring_bell(c);
	return 1;
}

int channel_fill(struct channel *c, bool bell)
{
	return c->ring.memory != NULL ? fill_from_ring(c, bell) : fill_from_socket(c);
}

int channel_wait(struct channel *c, bool *bell)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	bool ring = c->ring.memory != NULL;
	*bell = false;
	if (ring && !ring_sleep(&c->ring))
		return 0;
	if (!ring && channel_left(c) > 0)
		p.events |= POLLOUT;
	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return -1;
	if (ring)
		ring_awake(&c->ring);
	*bell = p.revents != 0;
	return 0;
}

int frame_parse(const unsigned char *bytes, size_t length, struct frame *f)
{
	memcpy(&f->header, bytes, sizeof f->header);
	size_t rest = length - sizeof f->header;
	if (f->header.body > rest)
		return -1;
	f->body = bytes + sizeof f->header;
	f->references = f->body + f->header.body;
	f->references_length = rest - f->header.body;
	return 0;
}

int channel_next(struct channel *c, struct frame *f)
{
	size_t held = buffer_length(&c->in);
	uint32_t length;
	if (held < sizeof length)
		return 0;
	const unsigned char *bytes = c->in.bytes + c->in.head;
	memcpy(&length, bytes, sizeof length);
	if (length < sizeof f->header || length > c->takes_most)
		return -1;
	if (held < length)
		return 0;
	return frame_parse(bytes, length, f) < 0 ? -1 : 1;
}
