/* SPDX-License-Identifier: MIT */
#include "reports/stats/expect.h"
#include "reports/stats/fresh.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#define SKEW_MAX 0.1 /* of a backend's load, for the normal law to hold */

#define DRAWS     40000 /* of a backend, in all */
#define DRAWS_MIN 100
#define DRAWS_MAX 4000

#define INTERVALS 1000 /* the integral's, at the most */
#define PRECISION 1e-9

static const struct report_indices unknown = { NAN, NAN, NAN, NAN, NAN };

static double
maximum_density(double x, void *n)
{
	double count = *(const double *)n;
	return x * count * gsl_ran_ugaussian_pdf(x) *
	       pow(gsl_cdf_ugaussian_P(x), count - 1);
}

double
report_expected_maximum(size_t n)
{
	double count = (double)n, value = NAN, error;
	gsl_function density = { maximum_density, &count };

	if (n < 2)
		return n == 1 ? 0 : NAN;
	gsl_error_handler_t *was = gsl_set_error_handler_off();
	gsl_integration_workspace *room =
	    gsl_integration_workspace_alloc(INTERVALS);
	if (room != NULL && gsl_integration_qagi(&density, PRECISION, PRECISION,
				INTERVALS, room, &value, &error) != GSL_SUCCESS)
		value = NAN;
	gsl_integration_workspace_free(room);
	gsl_set_error_handler(was);
	return value;
}

/* Sums over the keys that reached a backend. */
struct moments {
	double first, second, third;
};

static struct moments
moments_of(const struct sim_rule *rule, enum report_unit unit)
{
	struct moments sum = { 0, 0, 0 };
	for (size_t i = 0; i < rule->key_count; i++) {
		const struct sim_key *key = &rule->keys[i];
		double b = (double)report_key_weight(key, unit);
		if (key->backend >= rule->backend_count)
			continue;
		sum.first += b;
		sum.second += b * b;
		sum.third += b * b * b;
	}
	return sum;
}

static struct report_indices
by_normal_law(double h, size_t backend_count)
{
	double n = (double)backend_count, jain = 1 / (1 + (n - 1) * h);
	return (struct report_indices){
		.jain = jain,
		.cv = sqrt(2 * h) * exp(lgamma(n / 2) - lgamma((n - 1) / 2)),
		.peak_to_average =
		    1 + report_expected_maximum(backend_count) * sqrt(n * h),
		.gini = (n - 1) * sqrt(h / (M_PI * n)),
		.effective_backends = n * jain,
	};
}

static size_t
draws_for(size_t backend_count)
{
	size_t draws = DRAWS / backend_count;
	return draws < DRAWS_MIN   ? DRAWS_MIN
	       : draws > DRAWS_MAX ? DRAWS_MAX
				   : draws;
}

static struct report_indices
by_drawing(const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	const struct report_fair fair = report_fair(rule);
	size_t n = rule->backend_count, draws = draws_for(n);
	struct report_indices sum = { 0, 0, 0, 0, 0 };
	struct report_fresh f;
	int opened =
	    report_fresh_open(&f, rule, unit, seed, report_fresh_singly(n));

	for (size_t i = 0; opened == 0 && i < draws; i++) {
		report_fresh_draw(&f);
		size_t left = report_fresh_weigh(&f);
		struct report_indices of = report_indices_of(f.load, left);
		sum.jain += of.jain / (double)draws;
		sum.cv += of.cv / (double)draws;
		sum.peak_to_average += of.peak_to_average / (double)draws;
		sum.gini += of.gini / (double)draws;
	}
	report_fresh_close(&f);
	sum.effective_backends = (double)fair.count * sum.jain;
	return opened == 0 ? sum : unknown;
}

struct report_indices
report_expect(const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	const struct report_fair fair = report_fair(rule);
	size_t n = fair.count;
	struct moments sum = moments_of(rule, unit);

	if (n == 0 || !(sum.first > 0))
		return unknown;
	if (n == 1)
		return (struct report_indices){ 1, 0, 1, 0, 1 };
	double skew = sum.third * sqrt((double)n / sum.second) / sum.second;
	if (skew > SKEW_MAX || !fair.equal)
		return by_drawing(rule, unit, seed);
	return by_normal_law(sum.second / sum.first / sum.first, n);
}
