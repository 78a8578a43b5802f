/*
 * What a sandboxed page's process may ask of the system: next to nothing, and irreversibly so. The
 * zygote of sandboxed pages is hardened once; each page adds its own limits, and closes the last
 * door, the system call filter, before it sees anything that is not Lepton's. docs/security.md
 * explains the layers to users.
 */
#ifndef LEPTON_SANDBOX_H
#define LEPTON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct sock_filter;

/*
 * Layers, in the order they are put on: name, whether a page is refused without it, what it does.
 * Of the root folder and Landlock, each of which leaves no file to open, one is enough.
 */
#define SANDBOX_LAYERS(X)                                                                      \
	X(NAMESPACES, "namespaces", false, "networks, mounts and System V objects of its own") \
	X(ROOT, "root", false, "a root folder with nothing in it")                             \
	X(CAPABILITIES, "capabilities", true, "no capability of the superuser")                \
	X(PRIVILEGES, "privileges", true, "no way to gain privileges")                         \
	X(LANDLOCK, "landlock", false, "no files, no TCP, no signals")                         \
	X(LIMITS, "limits", true, "bounds on memory, descriptors and processes")               \
	X(FILTER, "filter", true, "no system calls but those that Lua and its loop need")

enum sandbox_layer {
#define X(name, text, required, purpose) LAYER_##name,
	SANDBOX_LAYERS(X)
#undef X
		LAYER_COUNT
};

/* What holds, found out when the zygote was started. */
struct sandbox_report {
	struct {
		bool holds;
		char detail[60]; /* what is there, or why not */
	} layers[LAYER_COUNT];
};

/* What the zygote prepares once and every page uses. */
struct sandbox {
	struct sandbox_report report;
	struct sock_filter *filter; /* NULL where there is none to install */
	unsigned short filter_length;
};

const char *sandbox_layer_name(enum sandbox_layer layer);
const char *sandbox_layer_purpose(enum sandbox_layer layer);

/* The first layer that is missing and must not be; LAYER_COUNT if all is well. */
enum sandbox_layer sandbox_missing(const struct sandbox_report *r);

/*
 * In the zygote, before it forks its first page: all that can be done once for all pages, and a
 * trial of what each page does by itself. The report says how far that went.
 */
void sandbox_harden(struct sandbox *s);

/*
 * In a page, whose memory shall not exceed `memory` bytes by much: its own limits, and the filter
 * last. LAYER_COUNT; or the layer that could not be put on, and then the page must not go on.
 */
enum sandbox_layer sandbox_lock(const struct sandbox *s, size_t memory);

#endif
