/* SPDX-License-Identifier: MIT */
#include "reports/study/reading.h"
#include <math.h>

#define LEAST_RANGE 0.02
#define ROUNDING    1e-9

const char *
report_reading(const struct report_study *study, const struct report_subject *s,
    enum report_unit unit)
{
	const struct report_measure *m = &s->by[unit];
	if (isnan(m->perfect_cv.low))
		return "there is nothing to compare with";
	if (s->is_disturbed && m->is.cv > m->perfect_cv.high * (1 + ROUNDING))
		return "members were out for part of the run";
	if (report_is_less_even(study, s, unit))
		return "less even than the keys allow";
	if (m->is.cv < m->perfect_cv.low * (1 - ROUNDING))
		return "more even than most perfect hashes";
	if (m->is.cv > m->perfect_cv.high * (1 + ROUNDING))
		return "less even than most perfect hashes";
	return "like a perfect hash";
}

char *
report_reading_numbers(char *to, const struct report_measure *m)
{
	char is[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	char p[REPORT_TEXT_BYTES];

	if (m->p_value < 0.0001)
		report_format(p, sizeof(p), ", p under 0.0001");
	else if (isnan(m->p_value))
		p[0] = '\0';
	else
		report_format(p, sizeof(p), ", p %.3g", m->p_value);
	report_format(to, REPORT_READING_BYTES, "%s, expected %s%s",
	    report_digits(is, &report_picture, m->is.cv),
	    report_digits(expected, &report_picture, m->expected.cv), p);
	return to;
}

/* fmin and fmax pass over what is NAN */
double
report_lowest_jain(const struct report_study *study)
{
	double low = 1 - LEAST_RANGE;
	for (size_t i = 0; i < study->count; i++)
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
			const struct report_measure *m =
			    &study->subjects[i].by[u];
			low = fmin(low, m->is.jain);
			low = fmin(low, m->expected.jain);
			low = fmin(low, m->within.jain.low);
		}
	return fmax(low - 0.06 * (1 - low), 0);
}

double
report_highest_cv(const struct report_study *study)
{
	double high = LEAST_RANGE;
	for (size_t i = 0; i < study->count; i++)
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
			const struct report_measure *m =
			    &study->subjects[i].by[u];
			high = fmax(high, m->is.cv);
			high = fmax(high, m->perfect_cv.high);
		}
	return 1.04 * high;
}
