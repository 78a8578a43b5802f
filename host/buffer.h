/*
 * Bytes in and out. A buffer grows at its tail and is consumed at its head; a reader walks bytes
 * somebody else owns. Both are checked: a write that finds no memory and a read past the end set a
 * flag that stays, so a caller may chain calls and look once.
 *
 * Both ends of a lane run on one machine: numbers travel in its byte order.
 */
#ifndef LEPTON_BUFFER_H
#define LEPTON_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
	unsigned char *bytes;
	size_t head;	 /* first byte not yet consumed */
	size_t tail;	 /* one past the last byte written */
	size_t capacity; /* bytes allocated */
	bool failed;	 /* a write found no memory; the content is not to be used */
};

void buffer_init(struct buffer *b);

/* Gives the memory back; the buffer is empty and usable again. */
void buffer_clear(struct buffer *b);

/* Empties the buffer and keeps its memory, unless it holds more than `keep` bytes of it. */
void buffer_reset(struct buffer *b, size_t keep);

/* Makes room for `n` bytes at the tail. Returns 0, or -1 with errno ENOMEM and the flag set. */
int buffer_reserve(struct buffer *b, size_t n);

/* Drops `n` bytes at the head. */
void buffer_consume(struct buffer *b, size_t n);

static inline size_t buffer_length(const struct buffer *b)
{
	return b->tail - b->head;
}

static inline void buffer_put(struct buffer *b, const void *bytes, size_t n)
{
	if (b->capacity - b->tail < n && buffer_reserve(b, n) < 0)
		return;
	if (n > 0)
		memcpy(b->bytes + b->tail, bytes, n);
	b->tail += n;
}

static inline void buffer_put_u8(struct buffer *b, uint8_t v)
{
	buffer_put(b, &v, sizeof v);
}

/* A byte and the few that belong to it: they go straight to where they stay. */
static inline void buffer_put_tagged(struct buffer *b, uint8_t tag, const void *bytes, size_t n)
{
	if (b->capacity - b->tail <= n && buffer_reserve(b, n + 1) < 0)
		return;
	b->bytes[b->tail] = tag;
	memcpy(b->bytes + b->tail + 1, bytes, n);
	b->tail += n + 1;
}

static inline void buffer_put_u32(struct buffer *b, uint32_t v)
{
	buffer_put(b, &v, sizeof v);
}

static inline void buffer_put_u64(struct buffer *b, uint64_t v)
{
	buffer_put(b, &v, sizeof v);
}

struct reader {
	const unsigned char *at;
	const unsigned char *end;
	bool failed; /* a read went past the end */
};

static inline struct reader reader_of(const void *bytes, size_t n)
{
	const unsigned char *start = bytes;
	return (struct reader){ .at = start, .end = start + n, .failed = false };
}

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

/* The next n bytes, or NULL with the flag set where fewer are left. */
static inline const unsigned char *reader_get(struct reader *r, size_t n)
{
	const unsigned char *at = r->at;
	if (reader_left(r) < n) {
		r->failed = true;
		return NULL;
	}
	r->at += n;
	return at;
}

static inline uint8_t reader_get_u8(struct reader *r)
{
	const unsigned char *at = reader_get(r, 1);
	return at ? *at : 0;
}

static inline uint32_t reader_get_u32(struct reader *r)
{
	const unsigned char *at = reader_get(r, 4);
	uint32_t v = 0;
	if (at)
		memcpy(&v, at, sizeof v);
	return v;
}

static inline uint64_t reader_get_u64(struct reader *r)
{
	const unsigned char *at = reader_get(r, 8);
	uint64_t v = 0;
	if (at)
		memcpy(&v, at, sizeof v);
	return v;
}

#endif
