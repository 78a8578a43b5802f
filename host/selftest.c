#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "sandbox.h"

#define MEMORY ((size_t)64 << 20)
#define CALLS_MOST 470 /* system calls, counted from 0, that are tried */
#define REACHED 100    /* exit status of a try that got what it wanted */

/* --- what a hostile page would try ---------------------------------------------------------- */

/* Each returns a negative number where it was refused, or does not return. */

static int read_a_file(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int make_a_file(void)
{
	return open("/tmp/lepton-selftest", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int list_a_folder(void)
{
	return (int)syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY);
}

static int open_a_connection(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int send_a_datagram(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static int run_a_program(void)
{
	return execl("/bin/true", "true", NULL);
}

static int make_a_process(void)
{
	return fork();
}

static int kill_the_parent(void)
{
	return kill(getppid(), 0);
}

static int trace_a_process(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int write_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	return at == MAP_FAILED ? -1 : 0;
}

static int take_all_memory(void)
{
	void *at = mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return at == MAP_FAILED ? -1 : 0;
}

static int read_the_environment(void)
{
	return environ != NULL && environ[0] != NULL ? 0 : -1;
}

static const struct {
	const char *text;
	int (*attempt)(void);
} attempts[] = {
	{ "read a file", read_a_file },
	{ "make a file", make_a_file },
	{ "list the root folder", list_a_folder },
	{ "open a connection", open_a_connection },
	{ "send a datagram", send_a_datagram },
	{ "run a program", run_a_program },
	{ "make a process", make_a_process },
	{ "signal another process", kill_the_parent },
	{ "trace a process", trace_a_process },
	{ "make memory executable", write_code },
	{ "take a gigabyte of memory", take_all_memory },
	{ "read the environment", read_the_environment },
};

/* --- trying --------------------------------------------------------------------------------- */

/* Runs `attempt`, or the system call `number` where it is NULL, in a locked process of its own. */
static int try_locked(const struct sandbox *s, int (*attempt)(void), long number)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		if (sandbox_lock(s, MEMORY) != LAYER_COUNT)
			_exit(REACHED);
		if (attempt != NULL)
			_exit(attempt() < 0 ? 1 : REACHED);
		syscall(number, 0, 0, 0, 0, 0, 0);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* By the filter; or, where the kernel lets a call of its own pass every filter, by that call. */
static bool was_killed(int status)
{
	return WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGILL);
}

static bool report_layers(const struct sandbox *s, FILE *out)
{
	bool all = true;
	for (enum sandbox_layer layer = 0; layer < LAYER_COUNT; layer++) {
		bool holds = s->report.layers[layer].holds;
		fprintf(out, "%s  %-13s %s (%s)\n", holds ? "ok     " : "MISSING",
			sandbox_layer_name(layer), sandbox_layer_purpose(layer),
			s->report.layers[layer].detail);
		all = all && holds;
	}
	return all;
}

static bool report_attempts(const struct sandbox *s, FILE *out)
{
	bool all = true;
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		int status = try_locked(s, attempts[i].attempt, 0);
		bool held = was_killed(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 1);
		fprintf(out, "%s  cannot %s%s\n", held ? "ok     " : "FAILED ", attempts[i].text,
			was_killed(status) ? " (killed)" : "");
		all = all && held;
	}
	return all;
}

static void report_calls(const struct sandbox *s, FILE *out)
{
	int killed = 0;
	fprintf(out, "system calls that do not kill:");
	for (long number = 0; number < CALLS_MOST; number++) {
		if (was_killed(try_locked(s, NULL, number))) {
			killed++;
			continue;
		}
		char name[40];
		filter_call_name((int)number, name, sizeof name);
		fprintf(out, " %s", name);
	}
	fprintf(out, "\nsystem calls that kill: %d of %d\n", killed, CALLS_MOST);
}

static int report(FILE *out)
{
	struct sandbox s;
	char *no_variables[] = { NULL };
	environ = no_variables;
	sandbox_harden(&s);
	bool layers = report_layers(&s, out);
	if (sandbox_missing(&s.report) != LAYER_COUNT) {
		fprintf(out, "sandboxed pages are refused here: the layer '%s' is missing\n",
			sandbox_layer_name(sandbox_missing(&s.report)));
		return 1;
	}
	fflush(out);
	bool held = report_attempts(&s, out);
	if (s.filter != NULL)
		report_calls(&s, out);
	return layers && held ? 0 : 1;
}

int selftest_run(void)
{
	int status = 0;
	fflush(stdout);
	int copy = dup(STDOUT_FILENO);
	pid_t pid = fork();
	if (pid == 0) {
		FILE *out = fdopen(copy, "w");
		setvbuf(out, NULL, _IOLBF, 0);
		int result = report(out);
		fclose(out);
		_exit(result);
	}
	close(copy);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
