/*
 * The host as a drop-in `lua`: lepton [options] [script [arguments]], with the options, messages
 * and exit statuses of lua 5.4.4 and "lepton" for its name. LUA_INIT, the options, the script and
 * the interactive mode run one after the other in one task, so that each may wait for the loop.
 *
 *	struct script s;
 *	int status = script_parse(&s, argc, argv);
 *	if (status != 0)
 *		return status;
 *	... open a state, with LUA_NOENV in its registry first if s.no_environment ...
 *	script_start(L, &s);
 *	if (!s.failed)
 *		ev_run(task_loop(L), 0);
 *	status = script_finish(L, &s);
 */
#ifndef LEPTON_SCRIPT_H
#define LEPTON_SCRIPT_H

#include <lua.h>
#include <stdbool.h>

struct script {
	int argc;
	char **argv;
	int first;	     /* index of the script's name in argv; 0 without one */
	bool interactive;    /* -i */
	bool show_version;   /* -v or -i */
	bool has_statement;  /* -e */
	bool no_environment; /* -E */

	int stage;     /* what runs next */
	int argument;  /* the option that is looked at next */
	bool requires; /* what runs is an -l */
	bool failed;
};

/*
 * Reads the command line. The host's own long options must be gone from it. argv must live as long
 * as the script. 0; or an exit status, after what is wrong was said on standard error: 1 with
 * lua's words for a wrong option of lua, 2 for an unknown long option.
 */
int script_parse(struct script *s, int argc, char **argv);

/*
 * Sets the global `arg` and starts the work. The loop is broken when it fails, which may be before
 * this returns (`failed`), and when the interactive mode is left; otherwise it ends when nothing is
 * left that could happen. [-0, +0, m]
 */
void script_start(lua_State *L, struct script *s);

/*
 * To be called once when the loop has ended in one of these ways. Says so, with a traceback, if the
 * script still waits. Returns the exit status. [-0, +0, m]
 */
int script_finish(lua_State *L, struct script *s);

#endif
