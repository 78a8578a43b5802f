/*
 * How values without references look in a frame's body: the writers, one per kind of value.
 */
#ifndef LEPTON_VALUE_H
#define LEPTON_VALUE_H

#include "buffer.h"
#include "protocol.h"

static inline void value_put_nil(struct buffer *b)
{
	buffer_put_u8(b, TAG_NIL);
}

static inline void value_put_boolean(struct buffer *b, bool v)
{
	buffer_put_u8(b, v ? TAG_TRUE : TAG_FALSE);
}

static inline void value_put_integer(struct buffer *b, int64_t v)
{
	if (v >= 0 && v <= SMALL_MOST) {
		buffer_put_u8(b, (uint8_t)(TAG_SMALL + v));
	} else if (v >= INT8_MIN && v <= INT8_MAX) {
		int8_t narrow = (int8_t)v;
		buffer_put_tagged(b, TAG_INT8, &narrow, sizeof narrow);
	} else if (v >= INT32_MIN && v <= INT32_MAX) {
		int32_t narrow = (int32_t)v;
		buffer_put_tagged(b, TAG_INT32, &narrow, sizeof narrow);
	} else {
		buffer_put_tagged(b, TAG_INT64, &v, sizeof v);
	}
}

static inline void value_put_float(struct buffer *b, double v)
{
	buffer_put_tagged(b, TAG_FLOAT, &v, sizeof v);
}

/* What stands in front of the bytes of a long string. */
static inline void value_put_long(struct buffer *b, uint32_t length)
{
	buffer_put_tagged(b, TAG_STRING32, &length, sizeof length);
}

/* A string longer than a frame may be makes the frame too long: channel_end says so. */
static inline void value_put_string(struct buffer *b, const char *s, size_t length)
{
	if (length <= UINT8_MAX) {
		uint8_t narrow = (uint8_t)length;
		buffer_put_tagged(b, TAG_STRING8, &narrow, sizeof narrow);
	} else {
		value_put_long(b, (uint32_t)length);
	}
	buffer_put(b, s, length);
}

#endif
