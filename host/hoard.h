/*
 * Memory while large messages come and go: the kernel would take back what each of them has freed,
 * and find and clear pages for the next. So what is freed stays with the process, until no large
 * message has come for a second.
 */
#ifndef LEPTON_HOARD_H
#define LEPTON_HOARD_H

#include <ev.h>

struct hoard {
	struct ev_loop *loop;
	struct ev_timer over; /* active: memory is kept; keeps the loop from ending no longer */
};

void hoard_init(struct hoard *h, struct ev_loop *loop);

/* Gives all back. */
void hoard_clear(struct hoard *h);

/* A large message has come: memory is kept from now on, for a second. */
void hoard_keep(struct hoard *h);

#endif
