/* SPDX-License-Identifier: MIT */
#ifndef REPORTS_INDICES_H
#define REPORTS_INDICES_H
/* The indices of stats.h, of loads that were drawn and so are no whole
 * numbers. */
#include <stddef.h>

struct report_indices {
	double jain, cv, peak_to_average, gini, effective_backends;
};

/* Sorts the loads in ascending order.  n at least 1, their sum over 0.
 * Cost: O(n log n). */
struct report_indices report_indices_of(double *load, size_t n);

#endif
