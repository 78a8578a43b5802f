/*
 * Repeats a piece of work and prints what it took, one line for each piece:
 *
 *   lane <tab> name <tab> unit <tab> p99 or - <tab> sample,sample,…
 */
#ifndef FLOOR_MEASURE_H
#define FLOOR_MEASURE_H

#include <stdint.h>

struct plan {
	unsigned repeats;
	double seconds;	 /* that one repeat takes, about */
	unsigned singly; /* how many runs are timed one by one, for the p99 */
};

/* What is measured: `name` on `lane`; run(data) is the work. */
struct piece {
	const char *lane, *name;
	void (*run)(void *data);
	void *data;
	void (*before)(void *data); /* done before each run, and not counted; or NULL */
};

uint64_t now_ns(void);

/* Prints the microseconds that one run takes. */
void measure_time(const struct plan *plan, const struct piece *piece);

/* Prints the microseconds that one of the `parts` that a run has takes. */
void measure_share(const struct plan *plan, const struct piece *piece, unsigned parts);

/* Prints how many `unit` a second go by, where one run is worth `worth` of them. */
void measure_rate(const struct plan *plan, const struct piece *piece, const char *unit,
		  double worth);

#endif
