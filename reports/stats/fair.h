/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FAIR_H
#define REPORTS_FAIR_H
/*
 * What a backend should get of its rule's load: its fair share.
 *
 *     p_i = w_i / W, W = sum w, over the backends ever eligible; 1/n where the
 *     weights are equal
 *
 * Weights are the configured ones, whatever a fault made of them on the way.
 * A backend of weight 0 should get nothing: it has no fair share, is none of
 * the n, and what it got all the same (a fault had given it weight) counts in
 * the shares but in no index or test.  Where nobody has weight, all have the
 * same.
 *
 * Loads are as even as the weights want them when y_i = x_i / (n p_i) are
 * equal.  With equal weights y_i is x_i, and every figure what it would be
 * without weights, to the last bit.
 *
 * Source: design.md 8; simulation.md C.1.
 */
#include "sim/record/record.h"

struct report_fair {
	size_t count; /* n: who has a fair share */
	bool equal;   /* all have, and the same */
	double sum;   /* W; n where equal */
	double most;  /* the largest 1/p_i; 0 of none */
	/* (1/n^2) sum 1/p_i, 1 where equal: by so much the variance of y under
	 * a perfect hash is larger */
	double scatter;
};

/* Cost: O(n). */
struct report_fair report_fair(const struct sim_rule *rule);

/* p_i: 0 of who has none. */
double report_fair_share(
    const struct report_fair *fair, const struct sim_backend *of);
/* 1/p_i: fair is one in so many; INFINITY of who has none. */
double report_fair_one_in(
    const struct report_fair *fair, const struct sim_backend *of);
/* 1/(n p_i): what a load is multiplied with for y; 1 where equal. */
double report_fair_scale(
    const struct report_fair *fair, const struct sim_backend *of);

/* (share - p_i)/p_i, 0 being fair; NAN of who has no fair share. */
double report_off_fair(
    const struct report_fair *fair, const struct sim_backend *of, double share);

/* From x to y in place: those without a fair share are left out, the others
 * move up.  Returns n. */
size_t report_fair_loads(
    const struct report_fair *fair, const struct sim_rule *rule, double *load);

/* Whether a fault changed the weight of one of the rule's backends on the
 * way. */
bool report_is_reweighed(
    const struct sim_record *record, const struct sim_rule *rule);

#endif
