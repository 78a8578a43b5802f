/* The second byte of an input is how many values there are. */
#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct frame f = {
		.header = { .message = MSG_RETURN, .values = data[1], .flags = FRAME_SHARED },
		.body = data + 2,
	};
	f.header.body = (uint32_t)(size - 2);
	decode_parts(&f, data[0]);
	return 0;
}
