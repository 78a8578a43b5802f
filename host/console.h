/*
 * Lines from standard input, asked for with a prompt while the event loop runs on.
 *
 * On a terminal a line can be edited and has a history where the host was built with libedit
 * (LEPTON_HAVE_EDITLINE). Elsewhere the line read is shown behind its prompt, so that the output
 * reads like a session at a terminal; such a read blocks the loop, between two rounds of it.
 */
#ifndef LEPTON_CONSOLE_H
#define LEPTON_CONSOLE_H

struct console;
struct ev_loop;

/* Called from the loop with a line, which has no newline and is the callee's to free; or NULL. */
typedef void console_line(char *line, void *data);

/*
 * A console on standard input; NULL without memory. It lives until the process exits, and then
 * leaves the terminal as it was.
 */
struct console *console_new(struct ev_loop *loop);

/*
 * Asks for one line. `then` is called once, with NULL at the end of input. One line at a time: not
 * again before that. The loop stays alive meanwhile.
 */
void console_read(struct console *c, const char *prompt, console_line *then, void *data);

/* Adds a line, which may have several lines, to the history. */
void console_remember(struct console *c, const char *line);

#endif
