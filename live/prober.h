/* SPDX-License-Identifier: MIT */
#ifndef LIVE_PROBER_H
#define LIVE_PROBER_H
/*
 * What a kind of probe is to the driver (live/probers.h): one try after the
 * other at one member, each over sockets of its own.
 */
#include <uv.h>

#include "model/health.h"

struct prober_http;

/* One (probe, address), and what is under way there. */
struct prober_try {
	uv_loop_t *loop;
	const struct lb_config_probe *probe;
	struct lb_addr address;
	struct prober_http *http; /* what all HTTP tries share */
	uint16_t id;              /* another one each time */
	/* The driver's: called at most once between begin and end, even from
	 * within begin and look. */
	void (*answered)(struct prober_try *try, enum lb_answer answer);
	void *flight; /* the kind's; NULL: nothing is under way */
};

struct prober_kind {
	/* Sends.  0; -errno: this machine could not (descriptors, memory),
	 * which says nothing about the member.  A network that is unreachable
	 * does: it is silent. */
	int (*begin)(struct prober_try *try);
	/* The time is up: is there an answer that the loop has not come to? */
	void (*look)(struct prober_try *try);
	/* Closes what is left, if anything. */
	void (*end)(struct prober_try *try);
};

extern const struct prober_kind prober_tcp, prober_udp, prober_coap, prober_dns,
    prober_http;

/* NULL without memory; closed before the loop has ended, and then freed. */
struct prober_http *prober_http_new(uv_loop_t *loop);
void prober_http_close(struct prober_http *http); /* NULL is fine */

#endif
