/*
 * host.process: what Lua may know and change of the operating system's process. Its public face is
 * lua/shared/process.lua; the host sets further fields, such as dataDir, on the module.
 *
 *   platform, execPath, versions                     fields; execPath is nil where /proc is closed
 *   signals                                          { SIGHUP = 1, ... }
 *   pid()  ppid()  cwd()  chdir(path)
 *   uptime()  hrtime()                               uptime in seconds, hrtime in nanoseconds
 *   memoryUsage()                                    { rss, maxRss, heapUsed } in bytes; without
 *                                                    rss where /proc is closed
 *   kill(pid, signal)                                signal by name or number, or 0 to ask; SIGTERM
 *   getenv(name)  setenv(name, value)  environ()     value nil takes the variable away
 *   environment()                                    NAME=value, with a zero byte after each
 *   write(fd, text)                                  all of it, after what stdio holds back
 *   isatty(fd)
 *
 * What the system refuses comes back as nil, message, errno; a wrong argument raises.
 */
#ifndef LEPTON_PROCESSLIB_H
#define LEPTON_PROCESSLIB_H

#include <lua.h>

int luaopen_host_process(lua_State *L);

#endif
