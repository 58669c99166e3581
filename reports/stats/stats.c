/* SPDX-License-Identifier: MIT */
#include "reports/stats/stats.h"
#include "reports/stats/rehash.h"
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
	long double x = *(const long double *)a, y = *(const long double *)b;
	return (x > y) - (x < y);
}

/* y, without who has no fair share.  Returns their number. */
static size_t
even_loads(const struct sim_rule *rule, enum report_unit unit,
    const struct report_fair *fair, long double *load)
{
	long double sum = (long double)fair->sum, n = (long double)fair->count;
	size_t kept = 0;

	for (size_t i = 0; i < rule->backend_count; i++) {
		const struct sim_backend *b = &rule->backends[i];
		long double x = (long double)report_backend_load(b, unit);
		if (fair->equal)
			load[kept++] = x;
		else if (b->weight > 0)
			/* in this order proportional loads are equal */
			load[kept++] = x * sum / (n * b->weight);
	}
	return kept;
}

/* Loads in ascending order.  Sums run in long double, small terms first;
 * equal loads give exactly 0 and 1. */
static void
describe(const long double *load, size_t n, struct report_fairness *out)
{
	long double sum = 0, count = (long double)n;
	long double squares = 0, rank_sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += load[i];
	if (!(sum > 0))
		return; /* only the drained got anything */
	long double mean = sum / count;
	for (size_t i = 0; i < n; i++) {
		long double x = load[i];
		squares += (x - mean) * (x - mean);
		rank_sum += (2.0L * (long double)i + 1.0L - count) * x;
	}
	long double cv2 = squares / count / (mean * mean);
	out->cv = (double)sqrtl(cv2);
	out->jain = (double)(1.0L / (1.0L + cv2));
	out->effective_backends = (double)(count / (1.0L + cv2));
	out->peak_to_average = (double)(load[n - 1] / mean);
	out->gini = (double)fmaxl(0.0L, rank_sum / (count * sum));
}

int
report_fairness(const struct sim_rule *rule, enum report_unit unit,
    struct report_fairness *out)
{
	const struct report_fair fair = report_fair(rule);
	double h = report_concentration(rule, unit);

	*out = (struct report_fairness){ NAN, NAN, NAN, NAN, NAN, NAN };
	out->expected_jain = report_expected_jain(h * fair.scatter, fair.count);
	if (report_total(rule, unit) == 0)
		return 0;
	long double *load = calloc(rule->backend_count, sizeof(*load));
	if (load == NULL)
		return -1;
	size_t n = even_loads(rule, unit, &fair, load);
	qsort(load, n, sizeof(*load), ascending);
	describe(load, n, out);
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
report_band(double concentration, double one_in)
{
	double most = one_in - 1;
	if (isnan(concentration) || !(most >= 0) || isinf(most))
		return (struct report_range){ NAN, NAN };
	double reach = NORMAL_95 * sqrt(concentration * most);
	return (struct report_range){ fmax(-reach, -1), fmin(reach, most) };
}

/* What the tests need of the keys: a weight of 1 each for the count test. */
struct tally {
	double sum, squares, largest; /* of b; of b^2 */
	double spread;                /* sum_i (B_i - T p_i)^2 / (n p_i) */
};

/* 0; -1 without memory. */
static int
tally_keys(const struct sim_rule *rule, enum report_unit unit,
    const struct report_fair *fair, bool by_count, struct tally *out)
{
	size_t n = rule->backend_count;
	double *load = calloc(n, sizeof(*load));

	*out = (struct tally){ 0 };
	if (load == NULL)
		return -1;
	for (size_t i = 0; i < rule->key_count; i++) {
		const struct sim_key *key = &rule->keys[i];
		double b = (double)report_key_weight(key, unit);
		if (key->backend >= n || !(b > 0) ||
		    isinf(report_fair_one_in(
			fair, &rule->backends[key->backend])))
			continue; /* it went nowhere, or to a drained one */
		b = by_count ? 1 : b;
		load[key->backend] += b;
		out->sum += b;
		out->squares += b * b;
		out->largest = fmax(out->largest, b * b);
	}
	for (size_t i = 0; i < n; i++) {
		const struct sim_backend *b = &rule->backends[i];
		double one_in = report_fair_one_in(fair, b);
		double off = load[i] - out->sum / one_in;
		if (!isinf(one_in))
			out->spread += off * off * report_fair_scale(fair, b);
	}
	free(load);
	return 0;
}

double
report_p_value(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	const struct report_fair fair = report_fair(rule);
	size_t n = fair.count;
	bool by_count = unit == REPORT_FLOWS;
	struct tally keys;

	if (n < 2 || tally_keys(rule, unit, &fair, by_count, &keys) != 0 ||
	    !(keys.sum > 0))
		return NAN;
	if (by_count && keys.sum / fair.most < EXPECTED_MIN)
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

/* Whether a few keys make a backend's load lumpier than the normal law. */
static bool
is_lumpy(const struct sim_rule *rule, enum report_unit unit,
    const struct report_fair *fair, double h)
{
	struct tally keys;

	return tally_keys(rule, unit, fair, false, &keys) == 0 &&
	       (h * KEYS_MIN * fair->most > 1 ||
		   keys.largest > DOMINANT_SHARE * keys.squares);
}

struct report_range *
report_perfect_ranges(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	const struct report_fair fair = report_fair(rule);
	double h = report_concentration(rule, unit);

	if (fair.equal)
		return NULL;
	struct report_range *ranges =
	    calloc(rule->backend_count, sizeof(*ranges));
	for (size_t i = 0; ranges != NULL && i < rule->backend_count; i++)
		ranges[i] = report_band(
		    h, report_fair_one_in(&fair, &rule->backends[i]));
	if (ranges != NULL && !isnan(h) && fair.count > 1 &&
	    is_lumpy(rule, unit, &fair, h))
		report_rehash_ranges(rule, unit, seed, ranges);
	return ranges;
}

struct report_range
report_widest(const struct report_range *ranges, size_t count)
{
	struct report_range hull = { NAN, NAN };

	/* fmin and fmax pass over what is NAN */
	for (size_t i = 0; ranges != NULL && i < count; i++) {
		hull.low = fmin(hull.low, ranges[i].low);
		hull.high = fmax(hull.high, ranges[i].high);
	}
	return hull;
}

struct report_range
report_perfect_range(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	const struct report_fair fair = report_fair(rule);
	size_t n = rule->backend_count;
	double h = report_concentration(rule, unit);

	if (!fair.equal) {
		struct report_range *ranges =
		    report_perfect_ranges(rule, unit, seed);
		struct report_range hull = report_widest(ranges, n);
		free(ranges);
		return hull;
	}
	if (isnan(h) || n < 2 || !is_lumpy(rule, unit, &fair, h))
		return report_band(h, (double)n);
	return report_rehash_range(rule, unit, seed);
}

size_t
report_busiest(const struct sim_rule *rule, enum report_unit unit)
{
	const struct report_fair fair = report_fair(rule);
	size_t busiest = 0;
	long double most = -1;

	for (size_t i = 0; i < rule->backend_count; i++) {
		const struct sim_backend *b = &rule->backends[i];
		long double load = (long double)report_backend_load(b, unit);
		if (!fair.equal && b->weight == 0)
			continue;
		if (!fair.equal)
			load /= b->weight;
		if (load > most) {
			most = load;
			busiest = i;
		}
	}
	return busiest;
}
