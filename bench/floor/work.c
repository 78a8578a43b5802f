#include "work.h"

#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURST 20000

struct work {
	struct end end;
	unsigned char *bytes;
	size_t count;
};

typedef void serve(struct work *w);

/* Forks a process that serves the other end until it is killed. */
static pid_t open_work(struct work *w, enum lane lane, size_t bytes, serve *other)
{
	struct end ends[2];
	lane_open(lane, bytes, ends);
	lane_place(lane, 0);
	pid_t pid = fork();
	if (pid < 0)
		err(1, "fork");
	*w = (struct work){ .end = ends[pid == 0], .count = bytes, .bytes = calloc(1, bytes) };
	if (w->bytes == NULL)
		err(1, "calloc");
	if (pid == 0) {
		lane_place(lane, 1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0].fd);
		other(w);
		_exit(0);
	}
	close(ends[1].fd);
	return pid;
}

static void close_work(struct work *w, pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	lane_place(SOCKET_BLOCKING, 0);
	lane_close(&w->end);
	free(w->bytes);
}

/* --- there and back ------------------------------------------------------------------------- */

static void serve_echo(struct work *w)
{
	for (;;) {
		end_receive(&w->end, w->bytes, w->count);
		end_send(&w->end, w->bytes, w->count);
	}
}

static void echo(void *data)
{
	struct work *w = data;
	end_send(&w->end, w->bytes, w->count);
	end_receive(&w->end, w->bytes, w->count);
}

static void rest(void *data)
{
	(void)data;
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

void work_echo(const struct plan *plan, enum lane lane, const char *name, size_t bytes)
{
	struct work w;
	pid_t pid = open_work(&w, lane, bytes, serve_echo);
	struct piece piece = { lane_names[lane], name, echo, &w, NULL };
	measure_time(plan, &piece);
	close_work(&w, pid);
}

void work_bulk(const struct plan *plan, enum lane lane, const char *name, size_t bytes)
{
	struct work w;
	pid_t pid = open_work(&w, lane, bytes, serve_echo);
	struct piece piece = { lane_names[lane], name, echo, &w, NULL };
	measure_rate(plan, &piece, "MB/s", 2 * (double)bytes / 1e6);
	close_work(&w, pid);
}

void work_idle(const struct plan *plan, enum lane lane, const char *name)
{
	struct work w;
	struct plan few = *plan;
	few.singly = plan->singly < 100 ? plan->singly : 100;
	pid_t pid = open_work(&w, lane, MESSAGE_BYTES, serve_echo);
	struct piece piece = { lane_names[lane], name, echo, &w, rest };
	measure_time(&few, &piece);
	close_work(&w, pid);
}

/* --- one way -------------------------------------------------------------------------------- */

static void serve_burst(struct work *w)
{
	for (;;) {
		for (int i = 0; i < BURST; i++)
			end_receive(&w->end, w->bytes, w->count);
		end_send(&w->end, w->bytes, 1);
	}
}

static void burst(void *data)
{
	struct work *w = data;
	for (int i = 0; i < BURST; i++)
		end_send(&w->end, w->bytes, w->count);
	end_receive(&w->end, w->bytes, 1);
}

void work_one_way(const struct plan *plan, enum lane lane, const char *name)
{
	struct work w;
	pid_t pid = open_work(&w, lane, MESSAGE_BYTES, serve_burst);
	struct piece piece = { lane_names[lane], name, burst, &w, NULL };
	measure_rate(plan, &piece, "/s", BURST);
	close_work(&w, pid);
}

/* --- processes ------------------------------------------------------------------------------ */

static void spawn(void *data)
{
	(void)data;
	struct end ends[2];
	char byte = 0;
	lane_open(SOCKET_BLOCKING, 1, ends);
	pid_t pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		end_send(&ends[1], &byte, 1);
		_exit(0);
	}
	end_receive(&ends[0], &byte, 1);
	lane_close(&ends[0]);
	lane_close(&ends[1]);
	waitpid(pid, NULL, 0);
}

void work_spawn(const struct plan *plan, const char *name)
{
	struct plan few = *plan;
	few.singly = plan->singly < 200 ? plan->singly : 200;
	struct piece piece = { "fork", name, spawn, NULL, NULL };
	measure_time(&few, &piece);
}
