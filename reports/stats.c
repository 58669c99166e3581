/* SPDX-License-Identifier: MIT */
#include "reports/stats.h"
#include "reports/rehash.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>

#define EXPECTED_MIN   5.0  /* keys per backend, for chi-square to hold */
#define DOMINANT_SHARE 0.1  /* of sum b^2, in one key */
#define KEYS_MIN       10.0 /* per backend, for the normal law to hold */
#define NORMAL_95      1.959963984540054

const char *
report_unit_name(enum report_unit unit)
{
	static const char *const names[REPORT_UNIT_COUNT] = {
		[REPORT_FLOWS] = "flows",
		[REPORT_PACKETS] = "packets",
		[REPORT_BYTES] = "bytes",
	};
	return unit < REPORT_UNIT_COUNT ? names[unit] : "?";
}

uint64_t
report_backend_load(const struct sim_backend *of, enum report_unit unit)
{
	switch (unit) {
	case REPORT_FLOWS:
		return of->flows;
	case REPORT_PACKETS:
		return of->packets;
	default:
		return of->bytes;
	}
}

uint64_t
report_key_weight(const struct sim_key *of, enum report_unit unit)
{
	switch (unit) {
	case REPORT_FLOWS:
		return of->flows;
	case REPORT_PACKETS:
		return of->packets;
	default:
		return of->bytes;
	}
}

uint64_t
report_total(const struct sim_rule *rule, enum report_unit unit)
{
	uint64_t total = 0;
	for (size_t i = 0; i < rule->backend_count; i++)
		total += report_backend_load(&rule->backends[i], unit);
	return total;
}

double
report_share(const struct sim_rule *rule, enum report_unit unit, size_t backend)
{
	uint64_t total = report_total(rule, unit);
	if (total == 0)
		return NAN;
	return (double)report_backend_load(&rule->backends[backend], unit) /
	       (double)total;
}

static int
ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Loads in ascending order, total over 0.  Sums run in long double, small
 * terms first; equal loads give exactly 0 and 1. */
static void
describe(
    const uint64_t *load, size_t n, uint64_t total, struct report_fairness *out)
{
	long double sum = (long double)total, count = (long double)n;
	long double mean = sum / count, squares = 0, rank_sum = 0;

	for (size_t i = 0; i < n; i++) {
		long double x = (long double)load[i];
		squares += (x - mean) * (x - mean);
		rank_sum += (2.0L * (long double)i + 1.0L - count) * x;
	}
	long double cv2 = squares / count / (mean * mean);
	out->cv = (double)sqrtl(cv2);
	out->jain = (double)(1.0L / (1.0L + cv2));
	out->effective_backends = (double)(count / (1.0L + cv2));
	out->peak_to_average = (double)((long double)load[n - 1] / mean);
	out->gini = (double)fmaxl(0.0L, rank_sum / (count * sum));
}

int
report_fairness(const struct sim_rule *rule, enum report_unit unit,
    struct report_fairness *out)
{
	size_t n = rule->backend_count;
	double h = report_concentration(rule, unit);

	*out = (struct report_fairness){ NAN, NAN, NAN, NAN, NAN, NAN };
	out->expected_jain = report_expected_jain(h, n);
	uint64_t total = report_total(rule, unit);
	if (total == 0)
		return 0;
	uint64_t *load = calloc(n, sizeof(*load));
	if (load == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		load[i] = report_backend_load(&rule->backends[i], unit);
	qsort(load, n, sizeof(*load), ascending);
	describe(load, n, total, out);
	free(load);
	return 0;
}

double
report_keys_concentration(
    const struct sim_key *keys, size_t count, enum report_unit unit)
{
	long double sum = 0, squares = 0;
	for (size_t i = 0; i < count; i++) {
		long double w = (long double)report_key_weight(&keys[i], unit);
		sum += w;
		squares += w * w;
	}
	return sum > 0 ? (double)(squares / (sum * sum)) : NAN;
}

double
report_concentration(const struct sim_rule *rule, enum report_unit unit)
{
	return report_keys_concentration(rule->keys, rule->key_count, unit);
}

double
report_expected_jain(double concentration, size_t backend_count)
{
	if (backend_count == 0)
		return NAN;
	return 1.0 / (1.0 + (double)(backend_count - 1) * concentration);
}

struct report_range
report_band(double concentration, size_t backend_count)
{
	double most = (double)backend_count - 1;
	if (isnan(concentration) || backend_count == 0)
		return (struct report_range){ NAN, NAN };
	double reach = NORMAL_95 * sqrt(concentration * most);
	return (struct report_range){ fmax(-reach, -1), fmin(reach, most) };
}

/* What the tests need of the keys: a weight of 1 each for the count test. */
struct tally {
	double sum, squares, largest; /* of b; of b^2 */
	double spread;                /* sum_i (B_i - T/n)^2 */
};

/* 0; -1 without memory. */
static int
tally_keys(const struct sim_rule *rule, enum report_unit unit, bool by_count,
    struct tally *out)
{
	size_t n = rule->backend_count;
	double *load = calloc(n, sizeof(*load));

	*out = (struct tally){ 0 };
	if (load == NULL)
		return -1;
	for (size_t i = 0; i < rule->key_count; i++) {
		const struct sim_key *key = &rule->keys[i];
		double b = (double)report_key_weight(key, unit);
		if (key->backend >= n || !(b > 0))
			continue; /* it went nowhere */
		b = by_count ? 1 : b;
		load[key->backend] += b;
		out->sum += b;
		out->squares += b * b;
		out->largest = fmax(out->largest, b * b);
	}
	for (size_t i = 0; i < n; i++) {
		double off = load[i] - out->sum / (double)n;
		out->spread += off * off;
	}
	free(load);
	return 0;
}

double
report_p_value(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	size_t n = rule->backend_count;
	bool by_count = unit == REPORT_FLOWS;
	struct tally keys;

	if (n < 2 || tally_keys(rule, unit, by_count, &keys) != 0 ||
	    !(keys.sum > 0))
		return NAN;
	if (by_count && keys.sum / (double)n < EXPECTED_MIN)
		return NAN;
	if (!by_count && keys.largest > DOMINANT_SHARE * keys.squares)
		return report_rehash(rule, unit, seed);
	/* with equal weights of 1, Q is chi-square's own statistic */
	double q = (double)n * keys.spread / keys.squares;
	gsl_error_handler_t *was = gsl_set_error_handler_off();
	double p = gsl_cdf_chisq_Q(q, (double)(n - 1));
	gsl_set_error_handler(was);
	return isfinite(p) ? p : NAN;
}

struct report_range
report_perfect_range(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	size_t n = rule->backend_count;
	double h = report_concentration(rule, unit);
	struct tally keys;

	if (isnan(h) || n < 2 || tally_keys(rule, unit, false, &keys) != 0)
		return report_band(h, n);
	if (h * KEYS_MIN * (double)n > 1 ||
	    keys.largest > DOMINANT_SHARE * keys.squares)
		return report_rehash_range(rule, unit, seed);
	return report_band(h, n);
}
