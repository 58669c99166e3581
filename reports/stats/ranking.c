/* SPDX-License-Identifier: MIT */
#include "reports/stats/ranking.h"
#include <math.h>
#include <stdlib.h>

#define SIGMAS 2

static bool
is_comparison(const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (record->cases[i].rule_count != 1)
			return false;
	return record->case_count > 1;
}

static int
score(const struct sim_rule *rule, enum report_unit unit,
    struct report_score *out)
{
	size_t n = report_fair(rule).count;
	struct report_fairness f;

	if (report_fairness(rule, unit, &f) != 0)
		return -1;
	*out = (struct report_score){ .jain = f.jain,
		.expected = f.expected_jain };
	if (n > 1 && !isnan(f.expected_jain))
		out->chance = f.expected_jain * (1 - f.expected_jain) *
			      sqrt(2 / (double)(n - 1));
	return 0;
}

/* A comparison with NAN is false: what is not known is not better. */
static bool
is_better(const struct report_score *a, const struct report_score *b)
{
	double by = a->jain - b->jain;
	return by > REPORT_TIE &&
	       (a->expected - b->expected > REPORT_TIE ||
		   by > SIGMAS * hypot(a->chance, b->chance));
}

static void
find_best(struct report_score *scores, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scores[i].best = !isnan(scores[i].jain);
		for (size_t j = 0; j < count; j++)
			if (is_better(&scores[j], &scores[i]))
				scores[i].best = false;
	}
}

static int
rank_unit(struct report_ranking *ranking, const struct sim_record *record,
    enum report_unit unit)
{
	size_t count = record->case_count;
	struct report_score *scores = calloc(count, sizeof(*scores));

	ranking->of[unit] = scores;
	if (scores == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (score(&record->cases[i].rules[0], unit, &scores[i]) != 0)
			return -1;
	find_best(scores, count);
	return 0;
}

int
report_ranking_make(
    struct report_ranking *ranking, const struct sim_record *record)
{
	*ranking = (struct report_ranking){ 0 };
	if (!is_comparison(record))
		return 0;
	if (rank_unit(ranking, record, REPORT_FLOWS) != 0 ||
	    rank_unit(ranking, record, REPORT_BYTES) != 0)
		return -1;
	ranking->count = record->case_count;
	if (report_ranking_count_best(ranking, REPORT_BY_FLOWS) == 0 ||
	    report_ranking_count_best(ranking, REPORT_BY_BYTES) == 0)
		ranking->count = 0;
	return 0;
}

void
report_ranking_free(struct report_ranking *ranking)
{
	for (size_t i = 0; i < REPORT_UNIT_COUNT; i++)
		free(ranking->of[i]);
	*ranking = (struct report_ranking){ 0 };
}

bool
report_ranking_is_best(
    const struct report_ranking *ranking, size_t index, unsigned units)
{
	for (size_t i = 0; i < REPORT_UNIT_COUNT; i++)
		if ((units & 1u << i) != 0 && !ranking->of[i][index].best)
			return false;
	return true;
}

size_t
report_ranking_count_best(const struct report_ranking *ranking, unsigned units)
{
	size_t best = 0;
	for (size_t i = 0; i < ranking->count; i++)
		best += report_ranking_is_best(ranking, i, units);
	return best;
}
