/* SPDX-License-Identifier: MIT */
#include "reports/study.h"
#include "reports/text.h"
#include <math.h>
#include <stdlib.h>

#define BLAME 0.01 /* how often a good hash may be blamed, in all tests */

size_t
report_busiest(const struct sim_rule *rule, enum report_unit unit)
{
	size_t busiest = 0;
	for (size_t i = 1; i < rule->backend_count; i++)
		if (report_backend_load(&rule->backends[i], unit) >
		    report_backend_load(&rule->backends[busiest], unit))
			busiest = i;
	return busiest;
}

static int
measure(struct report_measure *m, const struct sim_rule *rule,
    enum report_unit unit, uint64_t seed)
{
	m->total = report_total(rule, unit);
	m->effective_keys = 1 / report_concentration(rule, unit);
	m->p_value = report_p_value(rule, unit, seed);
	m->perfect = report_perfect_range(rule, unit, seed);
	return report_fairness(rule, unit, &m->is);
}

static char *
name_of(const struct report_subject *s)
{
	char *of = report_clean(s->of->name, true);
	char *rule = report_clean(s->rule->name, true), *name = NULL;
	bool alone = s->of->rule_count == 1;

	if (of != NULL && rule != NULL)
		name = report_compose(
		    "%s%s%s", of, alone ? "" : ", ", alone ? "" : rule);
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
				.of = c, .rule = &c->rules[j], .case_index = i
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

int
report_study_make(struct report_study *study, const struct sim_record *record)
{
	*study = (struct report_study){ .record = record };
	if (report_ranking_make(&study->ranking, record) != 0 ||
	    choose_subjects(study) != 0)
		return -1;
	for (size_t i = 0; i < study->count; i++) {
		struct report_subject *s = &study->subjects[i];
		s->name = name_of(s);
		if (s->name == NULL)
			return -1;
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
			if (measure(&s->by[u], s->rule, u, record->seed) != 0)
				return -1;
	}
	study->chosen = choose_one(study);
	return 0;
}

void
report_study_free(struct report_study *study)
{
	for (size_t i = 0; i < study->count; i++)
		free(study->subjects[i].name);
	free(study->subjects);
	report_ranking_free(&study->ranking);
	*study = (struct report_study){ 0 };
}

bool
report_is_less_even(const struct report_study *study,
    const struct report_subject *subject, enum report_unit unit)
{
	const struct report_measure *m = &subject->by[unit];
	double tests = (double)(REPORT_UNIT_COUNT * study->count);

	/* what is NAN is not less */
	return m->is.jain < m->is.expected_jain - REPORT_TIE &&
	       m->p_value < BLAME / tests;
}
