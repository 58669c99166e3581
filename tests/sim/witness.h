/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_WITNESS_H
#define TESTS_SIM_WITNESS_H
/*
 * Watches a run packet by packet and holds it against design.md 2 and 10: a
 * connection table kept a second time, by five-tuple, with 64-bit clocks, and
 * the truth (truth.h) about who may get what.
 *
 *     struct witness *w = witness_new(&settings);
 *     settings.witness = witness_see; settings.witness_arg = w;
 *     ... sim_run() ...
 *     witness_complaint(w) is NULL
 */
#include "sim/run/run.h"

struct witness;

/* settings must outlive it; say: every packet to stderr. */
struct witness *witness_new(const struct sim_settings *settings, bool say);
void witness_free(struct witness *w);

void witness_see(void *arg, const struct sim_player *player,
    const struct sim_arrival *arrival, const struct lb_result *result);

/* What was wrong first; NULL: nothing. */
const char *witness_complaint(const struct witness *w);

/* How much it has looked at: to tell that it did. */
struct witness_tally {
	uint64_t packets, kept, chosen, again, replies, dropped, untracked,
	    evicted, unreachable, repeated;
};
struct witness_tally witness_tally(const struct witness *w);

#endif
