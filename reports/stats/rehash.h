/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_REHASH_H
#define REPORTS_REHASH_H
/*
 * The re-hash test: run the hash again, many times.  Keys and their weights
 * stay, each key is given to a backend at random (by the backends' weights),
 * and the question is how often the loads come out at least as uneven as they
 * did.  Right for any distribution of weights, where chi-square wants that no
 * key dominates.
 */
#include "reports/stats/stats.h"

#define REPORT_REHASHES     9999
#define REPORT_REHASH_EXACT 1024 /* keys drawn one by one, at the most */

/*
 * report_rehash - p = (1 + #{Q* >= Q}) / 10,000.
 *
 * seed   the same seed draws the same assignments, on every machine.
 *
 * Up to 1,024 keys the test is exact, beyond it is nearly so: fresh.h says
 * how.
 *
 * Returns NAN without memory, without weight, or with one backend.
 * Cost: 9,999 x (keys drawn singly + n): 60 ms at 1,024 keys, 0.2 s with 1,000
 * backends and light keys.
 * Source: simulation.md C.4.
 */
double report_rehash(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed);

/*
 * report_rehash_range - where 95 % of the backends lie when the keys are
 * hashed anew: the 2.5 % and 97.5 % quantiles of one backend's load, as (share
 * - fair)/fair.  Both NAN where report_rehash is.  For backends of equal
 * weight.
 *
 * Cost: 9,999 x keys drawn singly.
 */
struct report_range report_rehash_range(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed);

/* The same for each backend where weights differ, which move it; NAN for the
 * drained.  With over 100 different weights from 999 draws. */
void report_rehash_ranges(const struct sim_rule *rule, enum report_unit unit,
    uint64_t seed, struct report_range *ranges);

#endif
