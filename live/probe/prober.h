/* SPDX-License-Identifier: MIT */
#ifndef LIVE_PROBE_PROBER_H
#define LIVE_PROBE_PROBER_H
/*
 * What a kind of probe is to the driver (live/probe/probers.h): one try after
 * the other at one member, each over sockets of its own.
 */
#include <uv.h>

#include "live/probe/probe_files.h"
#include "model/health/health.h"

struct prober_http;
struct prober_coaps;

/* What all tries of a kind share, each NULL without that kind. */
struct prober_shared {
	struct prober_http *http;
	struct prober_coaps *coaps;
};

/* One (probe, address), and what is under way there. */
struct prober_try {
	uv_loop_t *loop;
	const struct lb_config_probe *probe;
	const struct live_probe_files *files;
	struct lb_addr address;
	const struct prober_shared *shared;
	uint16_t id; /* another one each time */
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

extern const struct prober_kind prober_tcp, prober_udp, prober_coap,
    prober_coaps, prober_dns, prober_http;

/* NULL without memory; closed before the loop has ended, and then freed. */
struct prober_http *prober_http_new(uv_loop_t *loop);
void prober_http_close(struct prober_http *http); /* NULL is fine */

/* The same for CoAP over DTLS; NULL too where that is not built in. */
struct prober_coaps *prober_coaps_new(uv_loop_t *loop);
void prober_coaps_close(struct prober_coaps *coaps);
bool prober_coaps_built_in(void);

#endif
