/*
 * The frames of struct channel on their way out: put together of bytes and pieces, or taken back.
 */
#include <errno.h>

#include "channel.h"

static struct piece *pieces_of(const struct channel *c)
{
	return c->pieces.bytes ? (struct piece *)(void *)(c->pieces.bytes + c->pieces.head) : NULL;
}

static uint32_t count_of(const struct channel *c)
{
	return (uint32_t)(buffer_length(&c->pieces) / sizeof(struct piece));
}

/* The first piece of the frame begun at `start`; *before: the bytes of `out` in front of it. */
static uint32_t first_of(const struct channel *c, size_t start, size_t *before)
{
	const struct piece *pieces = pieces_of(c);
	uint32_t at = count_of(c);
	size_t end = c->before;
	*before = end;
	while (at > c->spent && end > start) {
		*before = end;
		end -= pieces[--at].before;
	}
	return at;
}

/* --- frames --------------------------------------------------------------------------------- */

size_t channel_begin(struct channel *c)
{
	static const struct frame_header empty;
	size_t start = buffer_length(&c->out);
	buffer_put(&c->out, &empty, sizeof empty);
	return start;
}

/* Makes the pieces from `first` on those that are spent last. */
static void spend_from(struct channel *c, uint32_t first)
{
	struct piece *pieces = pieces_of(c);
	for (uint32_t at = first; at < count_of(c); at++) {
		struct piece piece = pieces[at];
		c->before -= piece.before;
		c->apart -= piece.length;
		memmove(pieces + c->spent + 1, pieces + c->spent, (at - c->spent) * sizeof *pieces);
		pieces[c->spent++] = piece;
	}
}

void channel_abandon(struct channel *c, size_t start)
{
	size_t before;
	spend_from(c, first_of(c, start, &before));
	c->out.tail = c->out.head + start;
	c->out.failed = false;
}

int channel_end(struct channel *c, size_t start, const struct frame_header *header)
{
	size_t length = channel_length(c, start);
	if (c->out.failed || length > c->sends_most) {
		int problem = c->out.failed ? ENOMEM : EMSGSIZE;
		channel_abandon(c, start);
		errno = problem;
		return -1;
	}
	struct frame_header h = *header;
	h.length = (uint32_t)length;
	memcpy(c->out.bytes + c->out.head + start, &h, sizeof h);
	return 0;
}

size_t channel_length(const struct channel *c, size_t start)
{
	size_t length = buffer_length(&c->out) - start;
	if (c->apart == 0)
		return length;
	const struct piece *pieces = pieces_of(c);
	size_t before;
	for (uint32_t at = first_of(c, start, &before); at < count_of(c); at++)
		length += pieces[at].length;
	return length;
}

int channel_insert(struct channel *c, size_t start, const void *bytes, size_t n)
{
	size_t before;
	if (buffer_reserve(&c->out, n) < 0)
		return -1;
	unsigned char *at = c->out.bytes + c->out.head + start;
	memmove(at + n, at, buffer_length(&c->out) - start);
	memcpy(at, bytes, n);
	c->out.tail += n;
	uint32_t first = first_of(c, start, &before);
	if (first < count_of(c)) {
		pieces_of(c)[first].before += n;
		c->before += n;
	}
	return 0;
}

/* --- pieces --------------------------------------------------------------------------------- */

static int put_piece(struct channel *c, struct piece piece, size_t before)
{
	piece.before = before - c->before;
	buffer_put(&c->pieces, &piece, sizeof piece);
	if (c->pieces.failed) {
		c->pieces.failed = false;
		c->out.failed = true;
		errno = ENOMEM;
		return -1;
	}
	c->before = before;
	c->apart += piece.length;
	return 0;
}

int channel_put_piece(struct channel *c, const void *bytes, size_t n, int anchor)
{
	struct piece piece = { .bytes = bytes, .length = n, .anchor = anchor };
	/* Where the frame's own bytes found no memory, the piece may lie before its first one. */
	if (c->out.failed) {
		errno = ENOMEM;
		return -1;
	}
	return put_piece(c, piece, buffer_length(&c->out));
}

bool channel_spent(struct channel *c, int *anchor)
{
	if (c->spent == 0)
		return false;
	*anchor = pieces_of(c)->anchor;
	c->spent--;
	buffer_consume(&c->pieces, sizeof(struct piece));
	return true;
}

int channel_cut(struct channel *c, size_t start, struct buffer *bytes, struct buffer *pieces)
{
	size_t before;
	if (c->out.failed)
		return -1;
	uint32_t first = first_of(c, start, &before);
	size_t cut = (count_of(c) - first) * sizeof(struct piece);
	buffer_put(bytes, c->out.bytes + c->out.head + start, buffer_length(&c->out) - start);
	if (cut > 0)
		buffer_put(pieces, pieces_of(c) + first, cut);
	if (bytes->failed || pieces->failed) {
		buffer_clear(bytes);
		buffer_clear(pieces);
		return -1;
	}
	if (cut > 0)
		((struct piece *)(void *)pieces->bytes)->before = before - start;
	for (uint32_t at = first; at < count_of(c); at++) {
		c->before -= pieces_of(c)[at].before;
		c->apart -= pieces_of(c)[at].length;
	}
	c->pieces.tail -= cut;
	c->out.tail = c->out.head + start;
	return 0;
}

int channel_paste(struct channel *c, const struct buffer *bytes, const struct buffer *pieces)
{
	size_t before = buffer_length(&c->out);
	const struct piece *piece = (const struct piece *)(const void *)pieces->bytes;
	size_t count = buffer_length(pieces) / sizeof *piece;
	buffer_put(&c->out, bytes->bytes, bytes->tail);
	if (buffer_reserve(&c->pieces, count * sizeof *piece) < 0) {
		c->pieces.failed = false;
		c->out.failed = true;
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		before += piece[i].before;
		put_piece(c, piece[i], before);
	}
	return 0;
}

/* --- what is left --------------------------------------------------------------------------- */

size_t channel_left(const struct channel *c)
{
	return buffer_length(&c->out) + c->apart;
}

size_t channel_span(const struct channel *c, const unsigned char **bytes)
{
	const struct piece *piece = c->apart > 0 ? pieces_of(c) + c->spent : NULL;
	if (piece != NULL && piece->before == 0) {
		*bytes = piece->bytes;
		return piece->length;
	}
	*bytes = c->out.bytes;
	if (c->out.head > 0)
		*bytes += c->out.head;
	return piece != NULL ? piece->before : buffer_length(&c->out);
}

void channel_written(struct channel *c, size_t n)
{
	if (c->apart == 0) {
		buffer_consume(&c->out, n);
		return;
	}
	struct piece *piece = pieces_of(c) + c->spent;
	if (piece->before > 0) {
		buffer_consume(&c->out, n);
		piece->before -= n;
		c->before -= n;
		return;
	}
	piece->bytes += n;
	piece->length -= n;
	c->apart -= n;
	if (piece->length == 0)
		c->spent++;
}

void channel_drop(struct channel *c)
{
	buffer_clear(&c->out);
	spend_from(c, c->spent);
}

int channel_settle(struct channel *c)
{
	struct buffer all = { 0 };
	const unsigned char *bytes;
	if (c->apart == 0)
		return 0;
	if (buffer_reserve(&all, channel_left(c)) < 0) {
		channel_drop(c);
		return -1;
	}
	for (size_t n; (n = channel_span(c, &bytes)) > 0;) {
		buffer_put(&all, bytes, n);
		channel_written(c, n);
	}
	buffer_clear(&c->out);
	c->out = all;
	return 0;
}
