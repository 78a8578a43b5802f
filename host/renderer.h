/*
 * The life of a page's process: one Lua state after another (a context each), until main is gone or
 * has no more use for it.
 */
#ifndef LEPTON_RENDERER_H
#define LEPTON_RENDERER_H

struct library;
struct page;
struct page_descriptors;
struct sandbox;

/* What a sandboxed page has from its zygote. */
struct confinement {
	const struct sandbox *sandbox;
	const struct library *library; /* Lepton's own Lua files: the page opens none */
};

/*
 * Brings a page as far as it need not know which one it is: its Lua state, with Lepton's own modules
 * loaded. The zygote does that once; the pages that it forks share the memory until they write to
 * it. Confined where `c` is not NULL, which must outlive the page.
 */
struct page *renderer_prepare(const struct confinement *c);

/* Lives its life, over the channel with main. Returns the exit status. */
int renderer_run(struct page *page, const struct page_descriptors *d);

#endif
