/*
 * How a sanitizer build runs. Part of the executable because pages start with no environment.
 * A page that a spec kills by a signal has to die of it, so the handlers stay off.
 */
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED const char *__asan_default_options(void);
EXPORTED const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=1:detect_stack_use_after_return=1:handle_segv=0";
}

const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1";
}

EXPORTED int __lsan_is_turned_off(void);

/*
 * The search for leaks at the exit reads /proc, which a sandboxed page has not got. It must not be
 * killed in the middle, or it complains: a page that ends together with main outlives it that long.
 */
int __lsan_is_turned_off(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
	int folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0)
		close(folder);
	return folder < 0;
}
