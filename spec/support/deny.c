/*
 * deny: runs a program on a system that refuses it some system calls.
 *
 *   deny RULE... -- PROGRAM ARGUMENTS...
 *
 * A rule is CALL=ERROR, as in unshare=EPERM; or CALL:ARGUMENT:VALUE=ERROR for the calls only whose
 * argument (counted from 0) is that value; or, with &MASK behind the argument, has those bits.
 * Nothing but a new execution of the program knows of it: there is no other way to have a kernel
 * without Landlock, or without processes left, in the middle of a spec.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ERRORS_MOST 200
#define STEPS_MOST 256

#define CALL(name)                \
	{                         \
#name, SYS_##name \
	}

static const struct {
	const char *name;
	unsigned number;
} calls[] = {
	CALL(capset),
	CALL(clone),
	CALL(landlock_create_ruleset),
	CALL(landlock_restrict_self),
	CALL(memfd_create),
	CALL(mmap),
	CALL(mount),
	CALL(pidfd_open),
	CALL(pivot_root),
	CALL(prctl),
	CALL(prlimit64),
	CALL(socketpair),
	CALL(unshare),
};

struct program {
	struct sock_filter steps[STEPS_MOST];
	unsigned short length;
};

static _Noreturn void refuse(const char *rule)
{
	fprintf(stderr, "deny: no rule: %s\n", rule);
	exit(2);
}

static unsigned call_number(const char *rule)
{
	size_t length = strcspn(rule, ":=");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strlen(calls[i].name) == length && strncmp(calls[i].name, rule, length) == 0)
			return calls[i].number;
	refuse(rule);
}

static unsigned error_number(const char *rule)
{
	const char *name = strchr(rule, '=');
	for (unsigned error = 1; name != NULL && error < ERRORS_MOST; error++) {
		const char *known = strerrorname_np((int)error);
		if (known != NULL && strcmp(known, name + 1) == 0)
			return error;
	}
	refuse(rule);
}

static void add(struct program *p, struct sock_filter step)
{
	if (p->length == STEPS_MOST)
		exit(2);
	p->steps[p->length++] = step;
}

static void load(struct program *p, size_t offset)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void add_rule(struct program *p, const char *rule)
{
	unsigned argument = 0, mask = ~0U, value = 0;
	const char *condition = strchr(rule, ':');
	unsigned char rest = 1;
	if (condition != NULL) {
		char *end;
		argument = (unsigned)strtoul(condition + 1, &end, 0);
		if (*end == '&')
			mask = (unsigned)strtoul(end + 1, &end, 0);
		if (*end != ':' || argument > 5)
			refuse(rule);
		value = (unsigned)strtoul(end + 1, NULL, 0);
		rest = 4;
	}
	load(p, offsetof(struct seccomp_data, nr));
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call_number(rule), 0, rest));
	if (condition != NULL) {
		load(p, offsetof(struct seccomp_data, args) + 8 * argument);
		add(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
		add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	}
	add(p,
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error_number(rule)));
}

int main(int argc, char **argv)
{
	static struct program p;
	int i = 1;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		add_rule(&p, argv[i]);
	if (i + 1 >= argc)
		refuse("nothing to run");
	add(&p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	struct sock_fprog program = { .len = p.length, .filter = p.steps };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0) {
		perror("deny: seccomp");
		return 3;
	}
	execv(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 127;
}
