#include "spin.h"

#include <sched.h>

#include "clock.h"

#define BUDGET_MOST 60000u /* about what it costs to sleep and be woken across processors */
#define BUDGET_LEAST 4000u /* below, looking cannot pay */
#define SKIPS_MOST 64u	   /* waits without a look before it is tried again */
#define ROUNDS_ALONE 64u   /* looks before the processor is offered to others, */
#define ROUNDS_A_YIELD 16u /* and between two such offers */

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

void spin_init(struct spin *s)
{
	cpu_set_t allowed;
	CPU_ZERO(&allowed);
	bool known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
	*s = (struct spin){ .budget = BUDGET_MOST, .useless = known && CPU_COUNT(&allowed) < 2 };
}

bool spin_begin(struct spin *s)
{
	if (s->useless)
		return false;
	if (s->budget == 0) {
		if (++s->skipped < SKIPS_MOST)
			return false;
		s->skipped = 0;
		s->budget = BUDGET_MOST;
	}
	s->round = 0;
	s->until = 0;
	return true;
}

/*
 * The other end may have been put on this very processor, where it cannot run before this one lets
 * it: so the wait gives way now and then. Two that give way to each other are soon moved apart.
 */
bool spin_again(struct spin *s)
{
	relax();
	if (++s->round < ROUNDS_ALONE || s->round % ROUNDS_A_YIELD != 0)
		return true;
	sched_yield();
	uint64_t t = (uint64_t)clock_monotonic();
	if (s->until == 0)
		s->until = t + s->budget;
	return t < s->until;
}

void spin_end(struct spin *s, bool found)
{
	if (found) {
		s->budget = s->budget > BUDGET_MOST / 2 ? BUDGET_MOST : s->budget * 2;
	} else {
		s->budget /= 2;
		if (s->budget < BUDGET_LEAST)
			s->budget = 0;
	}
}
