#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"
#include "work.h"

static const char usage[] =
	"usage: floor [--quick] [--repeats N] [name...]\n"
	"Measures, between two processes: call echo-1k echo-1m echo-64m one-way idle-call spawn;\n"
	"and between two Lua states of one process: copy pairs.\n"
	"Prints a line for each name and lane: lane, name, unit, p99, samples.\n";

static void call(const struct plan *plan, const char *name)
{
	for (enum lane lane = SOCKET_BLOCKING; lane <= SHARED_SLEEPING; lane++)
		work_echo(plan, lane, name, MESSAGE_BYTES);
}

static void echo_1k(const struct plan *plan, const char *name)
{
	for (enum lane lane = SOCKET_BLOCKING; lane <= SHARED_SPINNING; lane++)
		work_echo(plan, lane, name, 1024);
}

static void bulk(const struct plan *plan, const char *name, size_t bytes)
{
	work_bulk(plan, SOCKET_BLOCKING, name, bytes);
	work_bulk(plan, SHARED_SPINNING, name, bytes);
	work_bulk(plan, SHARED_ARENA, name, bytes);
}

static void echo_1m(const struct plan *plan, const char *name)
{
	bulk(plan, name, 1u << 20);
}

static void echo_64m(const struct plan *plan, const char *name)
{
	bulk(plan, name, 64u << 20);
}

static void one_way(const struct plan *plan, const char *name)
{
	work_one_way(plan, SOCKET_BLOCKING, name);
	work_one_way(plan, SHARED_SPINNING, name);
}

static void idle_call(const struct plan *plan, const char *name)
{
	work_idle(plan, SOCKET_BLOCKING, name);
	work_idle(plan, SHARED_SLEEPING, name);
}

static const struct {
	const char *name;
	void (*run)(const struct plan *plan, const char *name);
} all[] = {
	{ "call", call },	  { "echo-1k", echo_1k },  { "echo-1m", echo_1m },
	{ "echo-64m", echo_64m }, { "one-way", one_way },  { "idle-call", idle_call },
	{ "spawn", work_spawn },  { "copy", tables_copy }, { "pairs", tables_pairs },
};

#define COUNT (sizeof all / sizeof *all)

static void run(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(name, all[i].name) == 0) {
			all[i].run(plan, name);
			return;
		}
	}
	errx(2, "there is no '%s'; see floor --help", name);
}

int main(int argc, char **argv)
{
	struct plan plan = { .repeats = 7, .seconds = 0.1, .singly = 10000 };
	int first = 1;
	for (; first < argc && argv[first][0] == '-'; first++) {
		if (strcmp(argv[first], "--quick") == 0) {
			plan.seconds = 0.02;
			plan.singly = 2000;
		} else if (strcmp(argv[first], "--repeats") == 0 && first + 1 < argc) {
			plan.repeats = (unsigned)atoi(argv[++first]);
		} else {
			fputs(usage, stdout);
			return strcmp(argv[first], "--help") == 0 ? 0 : 2;
		}
	}
	for (int i = first; i < argc; i++)
		run(&plan, argv[i]);
	for (size_t i = 0; first == argc && i < COUNT; i++)
		run(&plan, all[i].name);
	return 0;
}
