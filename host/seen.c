#include "seen.h"

#include <stdlib.h>

void seen_init(struct seen *s)
{
	*s = (struct seen){ .mark = 1 };
}

void seen_clear(struct seen *s)
{
	free(s->entries);
	seen_init(s);
}

void seen_reset(struct seen *s)
{
	if (s->count == 0)
		return;
	s->count = 0;
	if (s->capacity > 4096 || s->mark == UINT32_MAX)
		seen_clear(s);
	else
		s->mark++;
}

static struct seen_entry *slot_of(const struct seen *s, const void *address)
{
	uint64_t hash = (uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15);
	uint32_t mask = s->capacity - 1;
	uint32_t i = (uint32_t)(hash >> 32) & mask;
	while (s->entries[i].mark == s->mark && s->entries[i].address != address)
		i = (i + 1) & mask;
	return &s->entries[i];
}

static int grow(struct seen *s)
{
	struct seen bigger = { .capacity = s->capacity ? s->capacity * 2 : 64,
			       .count = s->count,
			       .mark = s->mark };
	bigger.entries = calloc(bigger.capacity, sizeof *bigger.entries);
	if (bigger.entries == NULL)
		return -1;
	for (uint32_t i = 0; i < s->capacity; i++)
		if (s->entries[i].mark == s->mark)
			*slot_of(&bigger, s->entries[i].address) = s->entries[i];
	free(s->entries);
	*s = bigger;
	return 0;
}

int seen_number(struct seen *s, const void *address, uint32_t *number)
{
	if (s->count >= s->capacity / 2 && grow(s) < 0)
		return -1;
	struct seen_entry *entry = slot_of(s, address);
	if (entry->mark == s->mark) {
		*number = entry->number;
		return 1;
	}
	*number = s->count++;
	*entry = (struct seen_entry){ .address = address, .number = *number, .mark = s->mark };
	return 0;
}

bool seen_find(const struct seen *s, const void *address, uint32_t *number)
{
	if (s->count == 0)
		return false;
	const struct seen_entry *entry = slot_of(s, address);
	*number = entry->number;
	return entry->mark == s->mark;
}
