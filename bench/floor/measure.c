#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SINGLY_MOST 20000u

uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Seconds that `count` runs take. */
static double timed(const struct piece *piece, unsigned long count)
{
	uint64_t spent = 0;
	if (piece->before == NULL) {
		uint64_t start = now_ns();
		for (unsigned long i = 0; i < count; i++)
			piece->run(piece->data);
		return (double)(now_ns() - start) / 1e9;
	}
	for (unsigned long i = 0; i < count; i++) {
		piece->before(piece->data);
		uint64_t start = now_ns();
		piece->run(piece->data);
		spent += now_ns() - start;
	}
	return (double)spent / 1e9;
}

/* How many runs take about as long as one repeat shall; it warms up, too. */
static unsigned long calibrate(const struct plan *plan, const struct piece *piece)
{
	unsigned long count = 1;
	for (;;) {
		uint64_t start = now_ns();
		timed(piece, count);
		double took = (double)(now_ns() - start) / 1e9;
		if (took >= plan->seconds / 4) {
			double fitting = (double)count * plan->seconds / took;
			return fitting < 1 ? 1 : (unsigned long)fitting;
		}
		count *= 2;
	}
}

static int by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static double p99(const struct plan *plan, const struct piece *piece)
{
	static double each[SINGLY_MOST];
	unsigned count = plan->singly < SINGLY_MOST ? plan->singly : SINGLY_MOST;
	for (unsigned i = 0; i < count; i++)
		each[i] = timed(piece, 1);
	qsort(each, count, sizeof *each, by_size);
	return each[(count - 1) * 99 / 100];
}

void measure_share(const struct plan *plan, const struct piece *piece, unsigned parts)
{
	unsigned long count = calibrate(plan, piece);
	double factor = 1e6 / parts;
	printf("%s\t%s\tµs\t%.4f\t", piece->lane, piece->name, p99(plan, piece) * factor);
	for (unsigned i = 0; i < plan->repeats; i++)
		printf("%s%.4f", i ? "," : "", timed(piece, count) * factor / (double)count);
	puts("");
	fflush(stdout);
}

void measure_time(const struct plan *plan, const struct piece *piece)
{
	measure_share(plan, piece, 1);
}

void measure_rate(const struct plan *plan, const struct piece *piece, const char *unit,
		  double worth)
{
	unsigned long count = calibrate(plan, piece);
	printf("%s\t%s\t%s\t-\t", piece->lane, piece->name, unit);
	for (unsigned i = 0; i < plan->repeats; i++)
		printf("%s%.1f", i ? "," : "", (double)count * worth / timed(piece, count));
	puts("");
	fflush(stdout);
}
