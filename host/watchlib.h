/*
 * The part of host.loop that watches the operating system.
 *
 *   fd(descriptor, mode, fn)   mode 'r', 'w' or 'rw'; descriptor a number or a file of the io
 *                              library. fn(ready), ready like mode; fn(nil, message) if the
 *                              descriptor turns out to be closed, after which the handle is stopped
 *   signal(name, fn)           'SIGHUP' or a number. fn(name, number)
 *   child(pid, fn)             fn(code) or fn(nil, signal), once, when that child process has
 *                              ended; fn(nil, nil, message) if its status went elsewhere
 *
 * Only the child itself is waited for, through a pidfd: the statuses of others are not touched.
 */
#ifndef LEPTON_WATCHLIB_H
#define LEPTON_WATCHLIB_H

#include <lua.h>

/* Adds fd, signal and child to the table on top of the stack. [-0, +0, m] */
void watchlib_register(lua_State *L);

/* The number of the signal given at an argument by name or number; blames the argument. [-0, +0, v] */
int watchlib_check_signal(lua_State *L, int arg);

/* Pushes the name of a signal, such as "SIGTERM", or its number if it has no name. [-0, +1, m] */
void watchlib_push_signal(lua_State *L, int number);

#endif
