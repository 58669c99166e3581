/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_SWEEP_CHOICE_H
#define REPORTS_SWEEP_CHOICE_H
/*
 * Which setting of a sweep to choose.
 *
 * A setting is one level of each choice.  Its score under one hash key is its
 * Jain index there, the mean over all conditions (pool sizes); all settings
 * meet the same keys, so they are compared key by key: a setting is worse
 * than the best when its scores are lower by more than REPORT_TIE in the mean
 * and by more than Student's 95 % interval of the differences allows, which is
 * Bonferroni's for as many comparisons with the best as there are: of twenty
 * settings that are all alike one would look worse else.  With
 * one key alone: by more than three times the standard deviation that chance
 * gives a perfect hash (ranking.h), or when a perfect hash would be worse by as
 * much.
 *
 * As good as any are those not worse by flows and, of these, not worse by
 * bytes.  Of them the most preferred is chosen: Azure's default first.
 */
#include "reports/sweep/sweep.h"

struct report_setting {
	size_t *levels;                  /* by factor; of choices only */
	double score[REPORT_UNIT_COUNT]; /* mean over keys and conditions */
	double expected[REPORT_UNIT_COUNT];
	double low, high; /* 95 % interval of the score by flows; NAN */
	bool as_good;
};

struct report_choice {
	struct report_setting *settings; /* best score by flows first */
	size_t count;
	size_t chosen;  /* index; SIZE_MAX: nothing was carried */
	size_t *levels; /* all settings' */
};

/* 0; -1 without memory.  Free what was made, even half. */
int report_choice_make(
    struct report_choice *choice, const struct report_sweep *sweep);
void report_choice_free(struct report_choice *choice);

/* One line that says what to choose and why; the caller frees it. */
char *report_choice_line(
    const struct report_choice *choice, const struct report_sweep *sweep);

#endif
