/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_RANKING_H
#define REPORTS_RANKING_H
/*
 * Which cases of a comparison are the most even, and by how much that is more
 * than luck.
 *
 * A case is more even than another when its Jain index is higher by more than
 * REPORT_TIE, and either a perfect hash of the two would say so too (their
 * expected indices differ by as much), or the difference is over two standard
 * deviations of what chance gives.  The best are those that no other is more
 * even than: at least one.
 *
 * Chance: cv^2 of a perfect hash is about H chi^2_{n-1}, so the index J =
 * 1/(1 + cv^2) has a standard deviation of about E (1 - E) sqrt(2/(n - 1)),
 * E being the expected index.
 */
#include "reports/stats/stats.h"

#define REPORT_TIE 0.005

struct report_score {
	double jain, expected, chance; /* chance: a standard deviation */
	bool best;
};

struct report_ranking {
	size_t count; /* cases; 0: nothing to compare, or nothing carried */
	struct report_score *of[REPORT_UNIT_COUNT]; /* but not of packets */
};

/* Bits to ask for: best in this unit, or in both. */
#define REPORT_BY_FLOWS (1u << REPORT_FLOWS)
#define REPORT_BY_BYTES (1u << REPORT_BYTES)
#define REPORT_BY_BOTH  (REPORT_BY_FLOWS | REPORT_BY_BYTES)

/* Compares cases when there are several and each has one rule.
 * 0; -1 without memory.  Free what was made, even half. */
int report_ranking_make(
    struct report_ranking *ranking, const struct sim_record *record);
void report_ranking_free(struct report_ranking *ranking);

bool report_ranking_is_best(
    const struct report_ranking *ranking, size_t index, unsigned units);
size_t report_ranking_count_best(
    const struct report_ranking *ranking, unsigned units);

#endif
