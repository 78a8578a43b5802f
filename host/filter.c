#include "filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef LEPTON_HAVE_SECCOMP

#include <seccomp.h>

/* What a page does after the doors are closed. */
static const int allowed[] = {
	/* the channel with main */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(poll),
	/* the event loop */
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(futex), SCMP_SYS(getrandom),
	/* itself, and its end */
	SCMP_SYS(close), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(exit), SCMP_SYS(exit_group)
};

/* What the C library tries in passing: it is told that it must not, and copes. */
static const struct {
	int call;
	int error;
} refused[] = {
	{ SCMP_SYS(openat), EACCES },	{ SCMP_SYS(newfstatat), EACCES },
	{ SCMP_SYS(readlink), EACCES }, { SCMP_SYS(ioctl), EPERM },
	{ SCMP_SYS(lseek), ESPIPE },
};

static int add_conditions(scmp_filter_ctx filter)
{
	int executable = PROT_EXEC;
	int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, (scmp_datum_t)executable, 0));
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
					  SCMP_A2(SCMP_CMP_MASKED_EQ, (scmp_datum_t)executable, 0));
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 1,
					  SCMP_A2(SCMP_CMP_EQ, MADV_DONTNEED, 0));
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(madvise), 1,
					  SCMP_A2(SCMP_CMP_EQ, MADV_FREE, 0));
	/* To whom the socket is connected, and to nobody else. */
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
					  SCMP_A4(SCMP_CMP_EQ, 0, 0));
	return result;
}

static int add_rules(scmp_filter_ctx filter)
{
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	for (size_t i = 0; result == 0 && i < sizeof allowed / sizeof *allowed; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; result == 0 && i < sizeof refused / sizeof *refused; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].error),
					  refused[i].call, 0);
	return result != 0 ? result : add_conditions(filter);
}

/* Reads the program that libseccomp writes to a descriptor. */
static int take_program(int fd, struct sock_filter **program, unsigned short *length)
{
	off_t size = lseek(fd, 0, SEEK_END);
	if (size <= 0 || size / (off_t)sizeof **program > BPF_MAXINSNS) {
		errno = EINVAL;
		return -1;
	}
	*program = malloc((size_t)size);
	if (*program == NULL || pread(fd, *program, (size_t)size, 0) != size)
		return -1;
	*length = (unsigned short)(size / (off_t)sizeof **program);
	return 0;
}

int filter_build(struct sock_filter **program, unsigned short *length)
{
	int fd = memfd_create("lepton-filter", MFD_CLOEXEC);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result = filter == NULL || fd < 0 ? -ENOMEM : add_rules(filter);
	if (result == 0)
		result = seccomp_export_bpf(filter, fd);
	if (filter != NULL)
		seccomp_release(filter);
	errno = -result;
	if (result == 0)
		result = take_program(fd, program, length);
	int saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return result == 0 ? 0 : -1;
}

void filter_call_name(int number, char *name, size_t size)
{
	char *known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
	if (known != NULL)
		snprintf(name, size, "%s", known);
	else
		snprintf(name, size, "%d", number);
	free(known);
}

#else

void filter_call_name(int number, char *name, size_t size)
{
	snprintf(name, size, "%d", number);
}

int filter_build(struct sock_filter **program, unsigned short *length)
{
	(void)program;
	(void)length;
	errno = ENOSYS;
	return -1;
}

#endif

int filter_install(const struct sock_filter *program, unsigned short length)
{
	struct sock_fprog p = { .len = length, .filter = (struct sock_filter *)program };
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p, 0, 0);
}
