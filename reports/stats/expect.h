/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_EXPECT_H
#define REPORTS_EXPECT_H
/*
 * What a perfect hash would give on the same keys: the mean of every index
 * over fresh hashes.  The noise floor: with 1,000 flows on 8 backends the
 * fullest has 12.8 % more than its share, whatever the hash.
 */
#include "reports/stats/indices.h"
#include "reports/stats/stats.h"

/*
 * report_expect - by the normal law while sqrt(n sum w^3^2 / (sum w^2)^3) is
 * up to 0.1, which equal keys reach at 100 n: few keys, and one that
 * dominates, skew a backend's load.  With H of stats.h:
 *
 *     jain                1/(1 + (n - 1) H)
 *     cv                  sqrt(2 H) Gamma(n/2)/Gamma((n - 1)/2): the mean of a
 *                         chi variate; its mean square is (n - 1) H
 *     peak_to_average     1 + e_n sqrt(n H), e_n of report_expected_maximum
 *     gini                (n - 1) sqrt(H / (pi n))
 *     effective_backends  n jain
 *
 * Beyond, and where backends differ in weight, drawn (fresh.h): 40,000/n times,
 * but 4,000 at the most and 100 at least, for about 1 % of an index's distance
 * from even.
 *
 * jain here is the mean; expected_jain of stats.h, which summary.json has
 * promised to be 1/(1 + (n - 1) H), lies below it when few keys dominate.
 *
 * All NAN without memory or without keys that reached a backend.
 * Cost: O(keys); drawn, 4 million keys (30 ms), 10 million with 1,000
 * backends.
 * Source: simulation.md C.2, C.3.
 */
struct report_indices report_expect(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed);

/* e_n: the mean of the largest of n standard normal variates; 0 of one.  NAN
 * when the integral fails.  Cost: some microseconds. */
double report_expected_maximum(size_t n);

#endif
