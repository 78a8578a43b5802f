/*
 * The life of a page's process: one Lua state after another (a context each), until main is gone or
 * has no more use for it.
 */
#ifndef LEPTON_RENDERER_H
#define LEPTON_RENDERER_H

struct library;
struct page_descriptors;
struct sandbox;

/* What a sandboxed page has from its zygote. */
struct confinement {
	const struct sandbox *sandbox;
	const struct library *library; /* Lepton's own Lua files: the page opens none */
};

/* Lives it, over the channel with main; confined where `c` is not NULL. Returns the exit status. */
int renderer_run(const struct page_descriptors *d, const struct confinement *c);

#endif
