/* SPDX-License-Identifier: MIT */
#include "reports/stats/indices.h"
#include <gsl/gsl_sort.h>
#include <math.h>

struct report_indices
report_indices_of(double *load, size_t n)
{
	double count = (double)n, sum = 0, squares = 0, ranked = 0;

	gsl_sort(load, 1, n);
	for (size_t i = 0; i < n; i++)
		sum += load[i];
	double mean = sum / count;
	for (size_t i = 0; i < n; i++) {
		double off = load[i] - mean;
		squares += off * off;
		ranked += (2 * (double)i + 1 - count) * off;
	}
	double cv2 = squares / count / (mean * mean);
	return (struct report_indices){
		.jain = 1 / (1 + cv2),
		.cv = sqrt(cv2),
		.peak_to_average = load[n - 1] / mean,
		.gini = fmax(0, ranked / (count * sum)),
		.effective_backends = count / (1 + cv2),
	};
}
