#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= 1 + sizeof(struct frame_header))
		decode_bytes(data + 1, size - 1, data[0]);
	return 0;
}
