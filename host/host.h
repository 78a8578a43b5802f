/*
 * What the main process is, besides its Lua state.
 */
#ifndef LEPTON_HOST_H
#define LEPTON_HOST_H

#include <stdbool.h>

#include "guard.h"
#include "peers.h"
#include "spawn.h"

struct host {
	struct zygote zygote;
	struct zygote sandbox_zygote; /* started when a sandboxed page is first wanted */
	struct ev_loop *loop;
	struct peers peers;
	struct guards guards; /* of sandboxed pages' processes */
	bool trace;
	bool sandbox_all; /* no page is trusted */
	bool no_ring;	  /* pages get the socket only */
	unsigned last_page;
	unsigned children;
};

#endif
