/*
 * The work that is done over a lane. Each function forks the other end, measures, and ends it.
 */
#ifndef FLOOR_WORK_H
#define FLOOR_WORK_H

#include <stddef.h>

#include "lane.h"
#include "measure.h"

/* Bytes of a message that stands for a call without arguments, and of its answer. */
#define MESSAGE_BYTES 48

/* There and back: `bytes` each way. The time of a round trip. */
void work_echo(const struct plan *plan, enum lane lane, const char *name, size_t bytes);

/* The same, as MB a second, both ways counted. */
void work_bulk(const struct plan *plan, enum lane lane, const char *name, size_t bytes);

/* There and back while both ends are asleep, because nothing happened for 5 ms. */
void work_idle(const struct plan *plan, enum lane lane, const char *name);

/* Messages one way a second. */
void work_one_way(const struct plan *plan, enum lane lane, const char *name);

/* From fork to the first byte of the child. */
void work_spawn(const struct plan *plan, const char *name);

#endif
