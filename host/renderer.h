/*
 * The life of a page's process: one Lua state after another (a context each), until main is gone or
 * has no more use for it.
 */
#ifndef LEPTON_RENDERER_H
#define LEPTON_RENDERER_H

/* Lives it, over the channel with main at descriptor `fd`. Returns the exit status. */
int renderer_run(int fd);

#endif
