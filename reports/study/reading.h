/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_READING_H
#define REPORTS_READING_H
/* How a measure is to be read, and the scales on which all of a study's
 * measures fit: for pictures that stand beside each other. */
#include "reports/study/study.h"
#include "reports/text/text.h"

/* "like a perfect hash": what the measured unevenness means. */
const char *report_reading(const struct report_study *study,
    const struct report_subject *subject, enum report_unit unit);

/* "0.0512, expected 0.0633, p 0.82" */
#define REPORT_READING_BYTES (4 * REPORT_TEXT_BYTES)
char *report_reading_numbers(char *to, const struct report_measure *measure);

/* Where a scale of Jain's index begins that ends in 1. */
double report_lowest_jain(const struct report_study *study);
/* Where a scale of the coefficient of variation ends that begins in 0. */
double report_highest_cv(const struct report_study *study);

#endif
