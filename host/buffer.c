#include "buffer.h"

#include <errno.h>
#include <stdlib.h>

void buffer_init(struct buffer *b)
{
	*b = (struct buffer){ 0 };
}

void buffer_clear(struct buffer *b)
{
	free(b->bytes);
	buffer_init(b);
}

void buffer_reset(struct buffer *b, size_t keep)
{
	if (b->capacity > keep) {
		buffer_clear(b);
		return;
	}
	b->head = b->tail = 0;
	b->failed = false;
}

static void move_to_front(struct buffer *b)
{
	if (b->head > 0) {
		memmove(b->bytes, b->bytes + b->head, buffer_length(b));
		b->tail -= b->head;
		b->head = 0;
	}
}

int buffer_reserve(struct buffer *b, size_t n)
{
	if (b->capacity - b->tail >= n)
		return 0;
	size_t length = buffer_length(b);
	if (n > SIZE_MAX / 4 - length)
		goto no_memory;
	if (b->head >= length && b->capacity - length >= n) {
		move_to_front(b);
		return 0;
	}
	size_t capacity = b->capacity > 128 ? b->capacity * 2 : 256;
	if (capacity < b->tail + n)
		capacity = b->tail + n;
	unsigned char *bytes = realloc(b->bytes, capacity);
	if (bytes == NULL)
		goto no_memory;
	b->bytes = bytes;
	b->capacity = capacity;
	return 0;
no_memory:
	b->failed = true;
	errno = ENOMEM;
	return -1;
}

void buffer_consume(struct buffer *b, size_t n)
{
	b->head += n;
	if (b->head == b->tail)
		b->head = b->tail = 0;
}
