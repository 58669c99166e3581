/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_FRESH_H
#define REPORTS_FRESH_H
/*
 * Fresh hashes: keys and their weights stay, each key is given anew to a
 * backend at random, as a perfect hash would: with its fair share (fair.h) as
 * the probability.  What the re-hash test, the
 * expected indices and the Lorenz envelope are drawn from.
 */
#include "reports/stats/stats.h"
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

struct report_fresh {
	double *load; /* of the backends: as they were, then as drawn */
	size_t backend_count;
	double *one_in; /* 1 over each one's fair share */
	const struct sim_rule *rule;
	struct report_fair fair;
	double total;  /* of load */
	double *heavy; /* weights drawn one by one */
	size_t heavy_count;
	double light_sum, light_squares; /* of the rest */
	gsl_rng *rng;
	gsl_ran_discrete_t *pick; /* a backend by weight; NULL: all alike */
};

/*
 * report_fresh_open - takes the keys that reached a backend.
 *
 * exact  up to so many keys every draw is exact.  Beyond, the keys that hold
 *        over 1/exact of sum b^2 (so fewer than that many) are drawn one by
 *        one, and all lighter ones together as the normal law with their mean
 *        and covariance.
 * seed   the same seed draws the same hashes, on every machine.
 *
 * 0; -1 without memory, without weight, or with one backend that is not
 * drained.  Close it either
 * way.
 */
int report_fresh_open(struct report_fresh *f, const struct sim_rule *rule,
    enum report_unit unit, uint64_t seed, size_t exact);

/* An `exact` for whole distributions of loads, not only their spread: 100 keys
 * a backend, at least 1,024.  What lighter ones add is skewed by 0.1 at the
 * most. */
size_t report_fresh_singly(size_t backend_count);

/* Fills load.  Cost: keys drawn singly, and n where there are light ones. */
void report_fresh_draw(struct report_fresh *f);

/* Divides what was drawn by the weights, as the indices want it
 * (report_fair_loads).  Returns how many loads are left. */
size_t report_fresh_weigh(struct report_fresh *f);

/* One backend's load, where all are alike.  Cost: keys drawn singly. */
double report_fresh_draw_one(struct report_fresh *f);

void report_fresh_close(struct report_fresh *f);

#endif
