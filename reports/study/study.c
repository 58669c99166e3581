/* SPDX-License-Identifier: MIT */
#include "reports/study/study.h"
#include "reports/words/failover_evenness.h"
#include "reports/words/failover_words.h"
#include "reports/words/finding.h"
#include "reports/stats/fresh.h"
#include "reports/words/reason.h"
#include "reports/text/text.h"
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

#define BLAME 0.01 /* how often a good hash may be blamed, in all tests */
#define DRAWS 1000

/* Where 95 % of perfect hashes have their cv: drawn. */
static struct report_range
range_of_cv(const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	size_t n = rule->backend_count;
	struct report_range range = { NAN, NAN };
	double *cv = calloc(DRAWS, sizeof(*cv));
	struct report_fresh f;

	if (report_fresh_open(&f, rule, unit, seed, report_fresh_singly(n)) ==
		0 &&
	    cv != NULL) {
		size_t draws = n <= 100 ? DRAWS : DRAWS / 5;
		for (size_t i = 0; i < draws; i++) {
			report_fresh_draw(&f);
			size_t left = report_fresh_weigh(&f);
			cv[i] = report_indices_of(f.load, left).cv;
		}
		gsl_sort(cv, 1, draws);
		range.low = cv[draws / 40];
		range.high = cv[draws - 1 - draws / 40];
	}
	report_fresh_close(&f);
	free(cv);
	return range;
}

static int
measure(struct report_measure *m, const struct sim_rule *rule,
    enum report_unit unit, uint64_t seed)
{
	m->total = report_total(rule, unit);
	m->effective_keys = 1 / report_concentration(rule, unit);
	m->p_value = report_p_value(rule, unit, seed);
	m->perfect = report_perfect_range(rule, unit, seed);
	m->perfect_cv = range_of_cv(rule, unit, seed);
	m->expected = report_expect(rule, unit, seed);
	m->within = report_bootstrap(rule, unit, seed);
	if (unit != REPORT_PACKETS &&
	    report_lorenz_make(&m->lorenz, rule, unit, seed) != 0)
		return -1;
	return report_fairness(rule, unit, &m->is);
}

static char *
name_of(const struct sim_record *record, const struct report_subject *s)
{
	char *of = report_clean(s->of->name, true);
	char *rule = report_clean(s->rule->name, true), *name = NULL;

	if (of == NULL || rule == NULL)
		name = NULL;
	else if (s->of->rule_count == 1)
		name = report_compose("%s", of);
	else if (record->case_count == 1)
		name = report_compose("%s", rule);
	else
		name = report_compose("%s, %s", of, rule);
	free(of);
	free(rule);
	return name;
}

/* --- which, and in which order -------------------------------------------- */

static int
heavier(const void *a, const void *b)
{
	const struct report_subject *x = a, *y = b;
	uint64_t of_x = report_total(x->rule, REPORT_BYTES);
	uint64_t of_y = report_total(y->rule, REPORT_BYTES);
	if (of_x != of_y)
		return of_x < of_y ? 1 : -1;
	return x->case_index != y->case_index
		   ? (x->case_index > y->case_index) -
			 (x->case_index < y->case_index)
		   : (x->rule > y->rule) - (x->rule < y->rule);
}

static int
earlier(const void *a, const void *b)
{
	const struct report_subject *x = a, *y = b;
	if (x->case_index != y->case_index)
		return x->case_index > y->case_index ? 1 : -1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static int
choose_subjects(struct report_study *study)
{
	const struct sim_record *record = study->record;
	size_t all = 0, at = 0;

	for (size_t i = 0; i < record->case_count; i++)
		all += record->cases[i].rule_count;
	study->subjects = calloc(all + 1, sizeof(*study->subjects));
	if (study->subjects == NULL)
		return -1;
	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		for (size_t j = 0; j < c->rule_count; j++)
			study->subjects[at++] = (struct report_subject){
				.of = c,
				.rule = &c->rules[j],
				.case_index = i,
				.seed = record->seed,
			};
	}
	study->count = all;
	if (all > REPORT_SUBJECTS_MAX) {
		qsort(study->subjects, all, sizeof(*study->subjects), heavier);
		study->count = REPORT_SUBJECTS_MAX;
		qsort(study->subjects, study->count, sizeof(*study->subjects),
		    earlier);
	}
	study->left_out = all - study->count;
	return 0;
}

/* As the headline does: best in both, else by bytes, else the heaviest. */
static const struct report_subject *
choose_one(const struct report_study *study)
{
	const struct report_ranking *r = &study->ranking;
	unsigned units = report_ranking_count_best(r, REPORT_BY_BOTH) > 0
			     ? REPORT_BY_BOTH
			     : REPORT_BY_BYTES;
	const struct report_subject *heaviest = NULL;

	for (size_t i = 0; i < study->count; i++) {
		const struct report_subject *s = &study->subjects[i];
		uint64_t bytes = s->by[REPORT_BYTES].total;
		if (bytes == 0)
			continue;
		if (r->count > 0 &&
		    report_ranking_is_best(r, s->case_index, units))
			return s;
		if (heaviest == NULL ||
		    bytes > heaviest->by[REPORT_BYTES].total)
			heaviest = s;
	}
	return heaviest;
}

/* What is known already is not reckoned again. */
static int
make_board(struct report_study *study)
{
	struct report_range perfect[REPORT_SUBJECTS_MAX][REPORT_UNIT_COUNT];

	for (size_t i = 0; i < study->count; i++)
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
			perfect[i][u] = study->subjects[i].by[u].perfect;
	study->board = calloc(1, sizeof(*study->board));
	if (study->board == NULL)
		return -1;
	return report_board_make_rows(study->board, study->record, perfect);
}

int
report_study_make(struct report_study *study, const struct sim_record *record)
{
	*study = (struct report_study){ .record = record };
	if (report_ranking_make(&study->ranking, record) != 0 ||
	    choose_subjects(study) != 0)
		return -1;
	for (size_t i = 0; i < study->count; i++) {
		struct report_subject *s = &study->subjects[i];
		s->name = name_of(record, s);
		s->is_disturbed = report_is_disturbed(s->of, s->rule);
		if (s->name == NULL)
			return -1;
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
			if (measure(&s->by[u], s->rule, u, record->seed) != 0)
				return -1;
	}
	study->chosen = choose_one(study);
	study->headline = report_headline(record);
	study->verdict = report_verdict(record, &report_picture);
	if (study->headline == NULL || study->verdict == NULL)
		return -1;
	return make_board(study);
}

void
report_study_free(struct report_study *study)
{
	for (size_t i = 0; i < study->count; i++) {
		free(study->subjects[i].name);
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
			report_lorenz_free(&study->subjects[i].by[u].lorenz);
	}
	free(study->subjects);
	if (study->board != NULL)
		report_board_free(study->board);
	free(study->board);
	free(study->headline);
	free(study->verdict);
	report_ranking_free(&study->ranking);
	*study = (struct report_study){ 0 };
}

bool
report_is_less_even(const struct report_study *study,
    const struct report_subject *subject, enum report_unit unit)
{
	const struct report_measure *m = &subject->by[unit];
	double tests = 2.0 * (double)(study->count + study->left_out);
	const struct report_fair fair = report_fair(subject->rule);
	double wanted =
	    (double)(REPORT_KEYS_WANTED * fair.count) * fair.scatter;

	/* what is NAN is not less */
	return unit != REPORT_PACKETS && !subject->is_disturbed &&
	       m->effective_keys >= wanted &&
	       m->is.jain < m->is.expected_jain - REPORT_TIE &&
	       m->p_value < BLAME / tests;
}
