/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_LORENZ_H
#define REPORTS_LORENZ_H
/*
 * Lorenz curves: what share of the load the k least loaded backends carry
 * together, beside where 95 % of perfect hashes of the same keys would have
 * it.  Where backends differ in weight, of the load divided by it (fair.h), the
 * drained left out.  The diagonal is even; Gini is 1 less twice the area under
 * the curve.
 */
#include "reports/stats/stats.h"
#include <stdio.h>

#define REPORT_LORENZ_POINTS 1001 /* at the most; then not every rank */

struct report_lorenz_point {
	size_t rank;                 /* 0..n */
	double backends, load;       /* shares, 0..1 */
	struct report_range perfect; /* of the load; NAN unknown */
};

struct report_lorenz {
	struct report_lorenz_point *points; /* from (0, 0) to (1, 1) */
	size_t count;                       /* 0: no load */
};

/*
 * report_lorenz_make - 0; -1 without memory.  Free what was made.
 *
 * seed   the same seed, the same envelope.
 *
 * Drawn (fresh.h) 200,000/n times, 1,000 at the most and 200 at the least.
 * Cost: so many times the keys drawn singly (1,024, or 100 n) + n log n.
 */
int report_lorenz_make(struct report_lorenz *lorenz,
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed);
void report_lorenz_free(struct report_lorenz *lorenz);

/* All curves of a record as comma-separated values (RFC 4180), a line each
 * point.  0; -1 without memory or when writing fails (errno). */
int report_lorenz_csv(const struct sim_record *record, FILE *to);

#endif
