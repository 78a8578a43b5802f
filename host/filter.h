/*
 * The system call filter of sandboxed pages: what Lua, its memory and its event loop need, and
 * nothing else. A call that is not on the list kills the process; a few that libraries make in
 * passing are refused politely.
 */
#ifndef LEPTON_FILTER_H
#define LEPTON_FILTER_H

#include <stddef.h>

struct sock_filter;

/* The program, once for all pages, allocated. 0, or -1 with errno (ENOSYS: built without it). */
int filter_build(struct sock_filter **program, unsigned short *length);

/* The name of a system call, or its number where nobody knows. */
void filter_call_name(int number, char *name, size_t size);

/* Closes the doors for good. Needs no_new_privs. 0, or -1 with errno. */
int filter_install(const struct sock_filter *program, unsigned short length);

#endif
