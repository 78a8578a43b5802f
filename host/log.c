#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Shows what a terminal would obey: pages have a say in what is logged. */
static void put_visible(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		bool control = (*at < ' ' && *at != '\n' && *at != '\t') || *at == 0x7f;
		bool wide = *at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
		if (control || wide)
			fprintf(stderr, "\\x%02X", wide ? *++at : *at);
		else
			fputc(*at, stderr);
	}
}

static void say(const char *prefix, const char *format, va_list arguments)
{
	char line[2048];
	vsnprintf(line, sizeof line, format, arguments);
	fputs(prefix, stderr);
	put_visible(line);
	fputc('\n', stderr);
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
