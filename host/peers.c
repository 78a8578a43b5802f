#include "peers.h"

/* Before the loop's other events have a turn: looks that found something, */
#define SERVED_MOST 256
/* and seconds, of which the clock tells after so many looks. */
#define TURN_MOST 0.002
#define SERVED_A_CLOCK 8
/* Looks in vain at one peer, while others keep the loop awake. */
#define QUIET_MOST 20000

static void on_hurry(struct ev_loop *loop, struct ev_idle *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
}

void peers_warm(struct peers *all, struct peers_member *m)
{
	m->quiet = 0;
	if (m->is_hot)
		return;
	all->habits->awake(m);
	m->is_hot = true;
	m->next_hot = all->hot;
	all->hot = m;
}

void peers_forget(struct peers *all, struct peers_member *m)
{
	if (!m->is_hot)
		return;
	struct peers_member **link = &all->hot;
	while (*link != m)
		link = &(*link)->next_hot;
	*link = m->next_hot;
	m->is_hot = false;
	if (all->cursor == m)
		all->cursor = m->next_hot;
}

/* Stops looking at the peer, unless something has come just now. */
static bool cool(struct peers *all, struct peers_member *m)
{
	if (!all->habits->sleep(m))
		return false;
	peers_forget(all, m);
	return true;
}

/* Looks at all hot peers once, each in its turn. Whether there was something. */
static bool look(struct peers *all)
{
	bool found = false;
	all->cursor = all->hot;
	while (all->cursor != NULL) {
		struct peers_member *m = all->cursor;
		all->cursor = m->next_hot;
		if (all->habits->look(m))
			found = true;
		else if (++m->quiet > QUIET_MOST)
			cool(all, m);
	}
	return found;
}

static void flush(struct peers *all)
{
	struct refs *r;
	while (all->imports != NULL && (r = refs_take_dirty(all->imports)) != NULL)
		all->habits->flush(r);
}

/* Whether the loop's other events have waited long enough. */
static bool is_over(const struct peers *all, int served)
{
	return served >= SERVED_MOST || ev_pending_count(all->loop) > 0 ||
	       (served % SERVED_A_CLOCK == 0 && ev_time() - ev_now(all->loop) > TURN_MOST);
}

/* Looks for more until it no longer pays. False if the loop's other events shall have a turn. */
static bool linger(struct peers *all)
{
	int served = 0;
	while (all->hot != NULL && spin_begin(&all->spin)) {
		bool found = false;
		do
			found = look(all);
		while (!found && all->hot != NULL && spin_again(&all->spin));
		spin_end(&all->spin, found);
		if (!found)
			return true;
		flush(all);
		if (is_over(all, ++served))
			return false;
	}
	return true;
}

/* Lets all hot peers sleep. False, after dealing with it, if something has come just now. */
static bool cool_all(struct peers *all)
{
	while (all->hot != NULL) {
		if (!cool(all, all->hot)) {
			look(all);
			flush(all);
			return false;
		}
	}
	return true;
}

static void on_before_sleep(struct ev_loop *loop, struct ev_prepare *w, int events)
{
	struct peers *all = w->data;
	(void)events;
	flush(all);
	if (linger(all) && cool_all(all))
		ev_idle_stop(loop, &all->hurry);
	else
		ev_idle_start(loop, &all->hurry);
	lost_before_sleep(&all->lost, all->imports != NULL ? all->imports->L : NULL);
}

void peers_init(struct peers *all, struct ev_loop *loop, const struct peers_habits *habits)
{
	*all = (struct peers){ .loop = loop, .habits = habits };
	spin_init(&all->spin);
	hoard_init(&all->hoard, loop);
	lost_init(&all->lost, loop);
	ev_idle_init(&all->hurry, on_hurry);
	ev_set_priority(&all->hurry, EV_MINPRI);
	ev_prepare_init(&all->before_sleep, on_before_sleep);
	/* After everybody else's, so that what they send goes out, too. */
	ev_set_priority(&all->before_sleep, EV_MINPRI);
	all->before_sleep.data = all;
	ev_prepare_start(loop, &all->before_sleep);
	ev_unref(loop);
}

void peers_clear(struct peers *all)
{
	ev_ref(all->loop);
	ev_prepare_stop(all->loop, &all->before_sleep);
	ev_idle_stop(all->loop, &all->hurry);
	hoard_clear(&all->hoard);
	lost_clear(&all->lost);
}
