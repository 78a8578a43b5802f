#include "hoard.h"

#include <malloc.h>

#define SECONDS_KEPT 1.0
#define MAPPINGS_MOST 65536 /* blocks with a mapping of their own: as malloc begins */
#define FREE_MOST (1 << 20) /* bytes kept at the end of the heap while nothing large comes */

static void on_over(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	hoard_clear(w->data);
}

void hoard_init(struct hoard *h, struct ev_loop *loop)
{
	*h = (struct hoard){ .loop = loop };
	ev_timer_init(&h->over, on_over, 0, SECONDS_KEPT);
	h->over.data = h;
}

void hoard_clear(struct hoard *h)
{
	if (!ev_is_active(&h->over))
		return;
	ev_ref(h->loop);
	ev_timer_stop(h->loop, &h->over);
	mallopt(M_MMAP_MAX, MAPPINGS_MOST);
	mallopt(M_TRIM_THRESHOLD, FREE_MOST);
	malloc_trim(0);
}

void hoard_keep(struct hoard *h)
{
	if (!ev_is_active(&h->over)) {
		mallopt(M_MMAP_MAX, 0);
		mallopt(M_TRIM_THRESHOLD, -1);
		ev_timer_again(h->loop, &h->over);
		ev_unref(h->loop);
	} else {
		ev_timer_again(h->loop, &h->over);
	}
}
