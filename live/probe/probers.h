/* SPDX-License-Identifier: MIT */
#ifndef LIVE_PROBE_PROBERS_H
#define LIVE_PROBE_PROBERS_H
/*
 * Sends probes and hears the answers: each (probe, member address) that a plan
 * wants probed, at start + n x interval for as long as it is wanted, whatever
 * a try took or the loop was busy with.  The start is drawn, so that members
 * are not all probed at once.
 *
 * One try at a time: when the next is due the old one has ended, as silence if
 * nothing was heard for lb_probe_wait_ns().  When the loop comes so late that
 * more than half of an interval is over, that try is left out (missed): what
 * is left of it would be no fair chance.
 */
#include <uv.h>

#include "model/health/health.h"
#include "model/plan/plan.h"

struct live_probers;

/* What was heard of a member; now_ns by CLOCK_MONOTONIC, latency_ns since the
 * try was sent.  It may not call live_probers_...(). */
typedef void live_probers_heard(void *arg, int probe,
    const struct lb_addr *address, enum lb_answer answer, uint64_t now_ns,
    uint64_t latency_ns);

#define LIVE_LATENCY_BOUNDS 16u

struct live_probers_counts {
	uint64_t targets;     /* now */
	uint64_t sent;        /* tries, each of which ends as one of: */
	uint64_t answered[4]; /* by enum lb_answer */
	uint64_t failed;      /* this machine could not send (not in sent) */
	uint64_t late;        /* sent more than a tenth of an interval late */
	uint64_t missed;      /* left out */
	/* Answers other than silence, by the first bound that they are within;
	 * the last: beyond all. */
	uint64_t latency[LIVE_LATENCY_BOUNDS + 1];
	uint64_t latency_sum_ns;
};

/* Nanoseconds, ascending. */
extern const uint64_t live_latency_bounds[LIVE_LATENCY_BOUNDS];

/*
 * live_probers_new - nothing is probed yet.  NULL without memory.
 *
 * Raises the limit of open files to what the machine allows: a try is a
 * socket.
 */
struct live_probers *live_probers_new(
    uv_loop_t *loop, live_probers_heard *heard, void *arg);

/*
 * live_probers_use - what is to be probed from now on.
 *
 * Who is wanted as before, by the probe's name and settings and the member's
 * address, goes on in its beat.  Keeps nothing of config and plan.  0; -1
 * without memory: then nothing is probed.
 */
int live_probers_use(struct live_probers *probers,
    const struct lb_config *config, const struct lb_plan *plan);

const struct live_probers_counts *live_probers_count(
    const struct live_probers *probers);

/* Ends all tries; memory is given back when the loop has run to its end once
 * more.  NULL is fine. */
void live_probers_close(struct live_probers *probers);

#endif
