/*
 * The life of a page's process: one Lua state after another (a context each), until main is gone or
 * has no more use for it.
 */
#ifndef LEPTON_RENDERER_H
#define LEPTON_RENDERER_H

struct page_descriptors;

/* Lives it, over the channel with main. Returns the exit status. */
int renderer_run(const struct page_descriptors *d);

#endif
