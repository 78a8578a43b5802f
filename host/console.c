#include "console.h"

#include <ev.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef LEPTON_HAVE_EDITLINE
#include <histedit.h>
#endif

#define HISTORY_LINES 1000
#define END_OF_INPUT '\004' /* what el_gets gives for Control-D on an empty line */

struct console {
	struct ev_loop *loop;
	ev_io readable;	       /* a terminal has something */
	ev_timer next_round;   /* the loop has been round once: read what is no terminal */
	ev_signal interrupted; /* the terminal has to be put right before the process dies */
	char *prompt;
	console_line *then;
	void *data;
#ifdef LEPTON_HAVE_EDITLINE
	EditLine *edit; /* NULL where nothing can be edited */
	History *history;
#endif
};

/* Hands the line over; the console may be asked for the next one in the callback already. */
static void finish(struct console *c, char *line)
{
	ev_io_stop(c->loop, &c->readable);
	ev_signal_stop(c->loop, &c->interrupted);
	c->then(line, c->data);
}

static char *read_line(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length = getline(&line, &capacity, stdin);

	if (length < 0) {
		free(line);
		return NULL;
	}
	if (line[length - 1] == '\n')
		line[length - 1] = '\0';
	return line;
}

static void show_prompt(struct console *c)
{
	fputs(c->prompt, stdout);
	fflush(stdout);
}

static void on_terminal_line(struct ev_loop *loop, ev_io *w, int events)
{
	char *line = read_line();

	(void)loop;
	(void)events;
	if (!line)
		clearerr(stdin);
	finish(w->data, line);
}

static void on_next_round(struct ev_loop *loop, ev_timer *w, int events)
{
	struct console *c = w->data;
	char *line;

	(void)loop;
	(void)events;
	show_prompt(c);
	line = read_line();
	if (line)
		puts(line);
	finish(c, line);
}

#ifdef LEPTON_HAVE_EDITLINE

static char *edit_prompt(EditLine *edit)
{
	struct console *c;

	el_get(edit, EL_CLIENTDATA, &c);
	return c->prompt;
}

/* Editing takes the terminal out of its usual mode, in which Lua code and the shell expect it. */
static void edit_begin(struct console *c)
{
	el_resize(c->edit);
	el_set(c->edit, EL_UNBUFFERED, 1);
}

static void edit_end(struct console *c)
{
	el_set(c->edit, EL_UNBUFFERED, 0);
}

static void on_key(struct ev_loop *loop, ev_io *w, int events)
{
	struct console *c = w->data;
	int count = 0;
	const char *text = el_gets(c->edit, &count);
	char *line = NULL;

	(void)loop;
	(void)events;
	if (text && count > 0 && text[0] != END_OF_INPUT) {
		if (text[count - 1] != '\n')
			return;
		line = strndup(text, (size_t)count - 1);
	} else {
		putchar('\n');
	}
	edit_end(c);
	finish(c, line);
}

static void on_interrupt(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)events;
	edit_end(w->data);
	ev_signal_stop(loop, w);
	raise(SIGINT);
}

static bool signal_is_free(int number)
{
	struct sigaction current;

	return sigaction(number, NULL, &current) == 0 && current.sa_handler == SIG_DFL;
}

static void edit_open(struct console *c)
{
	HistEvent event;

	if (!setlocale(LC_CTYPE, NULL) || strcmp(setlocale(LC_CTYPE, NULL), "C") == 0)
		setlocale(LC_CTYPE, "");
	c->history = history_init();
	if (!c->history)
		return;
	c->edit = el_init("lepton", stdin, stdout, stderr);
	if (!c->edit) {
		history_end(c->history);
		return;
	}
	history(c->history, &event, H_SETSIZE, HISTORY_LINES);
	history(c->history, &event, H_SETUNIQUE, 1);
	el_set(c->edit, EL_CLIENTDATA, c);
	el_set(c->edit, EL_PROMPT, edit_prompt);
	el_set(c->edit, EL_EDITOR, "emacs");
	el_set(c->edit, EL_HIST, history, c->history);
	el_source(c->edit, NULL);
	ev_set_cb(&c->readable, on_key);
	ev_signal_init(&c->interrupted, on_interrupt, SIGINT);
}

#endif

static void on_process_exit(int status, void *data)
{
	struct console *c = data;

	(void)status;
#ifdef LEPTON_HAVE_EDITLINE
	if (c->edit) {
		edit_end(c);
		el_end(c->edit);
		history_end(c->history);
	}
#endif
	free(c->prompt);
	free(c);
}

struct console *console_new(struct ev_loop *loop)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->loop = loop;
	ev_io_init(&c->readable, on_terminal_line, STDIN_FILENO, EV_READ);
	ev_timer_init(&c->next_round, on_next_round, 0., 0.);
	ev_init(&c->interrupted, NULL);
	on_exit(on_process_exit, c);
	c->readable.data = c->next_round.data = c->interrupted.data = c;
#ifdef LEPTON_HAVE_EDITLINE
	if (isatty(STDIN_FILENO))
		edit_open(c);
#endif
	return c;
}

void console_read(struct console *c, const char *prompt, console_line *then, void *data)
{
	free(c->prompt);
	c->prompt = strdup(prompt);
	c->then = then;
	c->data = data;
	if (!isatty(STDIN_FILENO)) {
		ev_timer_start(c->loop, &c->next_round);
		return;
	}
	ev_io_start(c->loop, &c->readable);
#ifdef LEPTON_HAVE_EDITLINE
	if (c->edit) {
		if (signal_is_free(SIGINT))
			ev_signal_start(c->loop, &c->interrupted);
		edit_begin(c);
		return;
	}
#endif
	show_prompt(c);
}

void console_remember(struct console *c, const char *line)
{
#ifdef LEPTON_HAVE_EDITLINE
	HistEvent event;

	if (c->edit && *line)
		history(c->history, &event, H_ENTER, line);
#else
	(void)c;
	(void)line;
#endif
}
