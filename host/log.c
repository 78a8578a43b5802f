#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void say(const char *prefix, const char *format, va_list arguments)
{
	char line[2048];
	vsnprintf(line, sizeof line, format, arguments);
	fprintf(stderr, "%s%s\n", prefix, line);
	fflush(stderr);
}

void log_warn(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say("lepton: ", format, arguments);
	va_end(arguments);
}

void log_die(int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say("lepton: ", format, arguments);
	va_end(arguments);
	exit(status);
}

void log_trace(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	say("", format, arguments);
	va_end(arguments);
}
