/*
 * What the host itself says, on standard error, one line a message: "lepton: ...". Pages and
 * applications speak for themselves.
 */
#ifndef LEPTON_LOG_H
#define LEPTON_LOG_H

/* Something went wrong that the host survives. */
__attribute__((format(printf, 1, 2))) void log_warn(const char *format, ...);

/* Says why and ends the process with the given exit status. Only before the loop runs. */
__attribute__((format(printf, 2, 3), noreturn)) void log_die(int status, const char *format, ...);

/* A line of --trace-ipc. */
__attribute__((format(printf, 1, 2))) void log_trace(const char *format, ...);

#endif
