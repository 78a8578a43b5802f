/* The second byte of an input is how many references there are. */
#include <string.h>

#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t body[UINT8_MAX * 5];
	if (size < 2)
		return 0;
	struct frame f = {
		.header = { .message = MSG_RETURN, .values = data[1], .references = data[1] },
		.body = body,
		.references = data + 2,
		.references_length = size - 2,
	};
	for (uint32_t i = 0; i < data[1]; i++) {
		body[f.header.body] = TAG_REFERENCE;
		memcpy(body + f.header.body + 1, &i, sizeof i);
		f.header.body += 5;
	}
	decode_parts(&f, data[0]);
	return 0;
}
