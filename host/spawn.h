/*
 * The zygote and the processes it forks.
 *
 * The host re-executes itself as a small zygote before it has any Lua state or secret. The zygote
 * forks page processes on request, as children of main (CLONE_PARENT): they share no memory with
 * main, hold none of its descriptors but standard input, output and error, and die with it.
 *
 * Sandboxed pages have a zygote of their own, which is hardened before it forks the first of them
 * (sandbox.h) and shares not even those descriptors.
 */
#ifndef LEPTON_SPAWN_H
#define LEPTON_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox.h"

struct zygote {
	int fd; /* control socket; -1 while there is none */
	pid_t pid;
	bool sandboxed;
	uint64_t last_request;
	struct sandbox_report report; /* of a sandboxed one, once it was started */
};

/* A page's process, as main sees it. */
struct child {
	pid_t pid;
	int pidfd;  /* readable once the process has ended */
	int socket; /* main's end of the channel */
};

/* How a process ended. */
struct child_end {
	int status; /* exit code, or signal number */
	int signaled;
};

/* The first argument that makes an execution of the host a zygote. */
#define ZYGOTE_ARGUMENT "--zygote"
#define SANDBOX_ZYGOTE_ARGUMENT "--sandbox-zygote"

/*
 * Starts the zygote by executing the host again; a sandboxed one has told what holds when this
 * returns. 0, or -1 with errno.
 */
int zygote_start(struct zygote *z);

/* Has the zygote get ready for its first page: one is likely to be wanted. */
void zygote_expect(const struct zygote *z);

/* Ends the zygote and waits for it. Pages live on. */
void zygote_stop(struct zygote *z);

/*
 * Has a page's process forked, which is handed the memory of a ring (or -1) and told how many bytes
 * of memory its Lua may use (or 0); starts a zygote first if there is none, or the old one is gone.
 * 0 with *c filled in, or -1 with errno; EPERM where a layer of the sandbox is missing, EPIPE where
 * the zygote died twice, ETIMEDOUT where it did not answer: the next call starts another.
 */
int zygote_fork(struct zygote *z, int ring, size_t memory, struct child *c);

/* What a page's process is born with. */
struct page_descriptors {
	int channel;
	int ring;      /* -1 without one */
	size_t memory; /* bytes that its Lua may use; 0: as many as there are */
};

/*
 * Begins the zygote's life, in the process that zygote_start executed: it has nothing but its
 * control socket, and dies with main. `report` is told to main; NULL in the zygote of trusted pages.
 */
void zygote_enter(const struct sandbox_report *report);

/* Returns when main first wants something of it. */
void zygote_await(void);

/* Serves requests until main is gone. Returns only in a forked page process, with its descriptors. */
void zygote_serve(struct page_descriptors *d);

/* Has this process, and what it forks, go on past a signal. Unlike SIG_IGN, no program that it
   executes inherits that. */
void survive_signal(int signal);

/* Collects the status of an ended child. 0, or -1 with errno. */
int child_reap(const struct child *c, struct child_end *end);

/* Sends a signal through the pidfd: never to another process that got the same number. */
int child_kill(const struct child *c, int signal);

#endif
