/*
 * What the fuzzers share: a frame from the other side, validated, and decoded if it is let through.
 *
 *   frame_fuzz       any bytes as a frame
 *   value_fuzz       any bytes as the values of a frame
 *   reference_fuzz   any bytes as the references of a frame whose values are just these
 *
 * The first byte of each input says who receives: a page (bit 0), main from a sandboxed page (bit
 * 1), or main.
 */
#ifndef LEPTON_FUZZ_DECODE_H
#define LEPTON_FUZZ_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "channel.h"

/* What clang's libFuzzer calls with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Does what the receiver does with a frame of `length` bytes, header and all. It ends the process
 * where that takes more memory than the bytes allow for, or more time.
 */
void decode_bytes(const uint8_t *bytes, size_t length, unsigned how);

/* The same with a frame of which header, body and references lie apart; its length is not looked at. */
void decode_parts(const struct frame *parts, unsigned how);

#endif
