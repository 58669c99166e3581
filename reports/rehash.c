/* SPDX-License-Identifier: MIT */
#include "reports/rehash.h"
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>

/* Sums of the same weights in another order differ in the last bits: these
 * are ties, and ties count as "at least as uneven". */
#define TIE  1e-9
#define TAIL (REPORT_REHASHES / 40) /* 2.5 % */

struct rehash {
	double *heavy; /* weights drawn one by one */
	size_t heavy_count;
	double light_sum, light_squares; /* of the rest */
	double *load;
	size_t backend_count;
	double total;
	gsl_rng *rng;
};

static double
spread(const struct rehash *r)
{
	double mean = r->total / (double)r->backend_count, sum = 0;
	for (size_t i = 0; i < r->backend_count; i++)
		sum += (r->load[i] - mean) * (r->load[i] - mean);
	return sum;
}

/* Splits the keys into heavy and light and adds up the loads as they were. */
static void
weigh(struct rehash *r, const struct sim_rule *rule, enum report_unit unit,
    double squares)
{
	bool all = rule->key_count <= REPORT_REHASH_EXACT;
	double bound = squares / REPORT_REHASH_EXACT;

	for (size_t i = 0; i < rule->key_count; i++) {
		const struct sim_key *key = &rule->keys[i];
		double b = (double)report_key_weight(key, unit);
		if (key->backend >= r->backend_count || !(b > 0))
			continue;
		r->load[key->backend] += b;
		r->total += b;
		if (all || b * b > bound) {
			r->heavy[r->heavy_count++] = b;
		} else {
			r->light_sum += b;
			r->light_squares += b * b;
		}
	}
}

/*
 * The light keys' loads: z_i less their mean gives the multinomial's
 * covariance, V/n on the diagonal less V/n^2 everywhere.
 */
static void
draw_light(struct rehash *r)
{
	double n = (double)r->backend_count, mean = 0;
	double sd = sqrt(r->light_squares / n);

	for (size_t i = 0; i < r->backend_count; i++) {
		r->load[i] = sd > 0 ? gsl_ran_gaussian_ziggurat(r->rng, sd) : 0;
		mean += r->load[i] / n;
	}
	for (size_t i = 0; i < r->backend_count; i++)
		r->load[i] += r->light_sum / n - mean;
}

/* mt19937 gives 32 bits: uneven by n/2^32. */
static size_t
draw_backend(struct rehash *r)
{
	return (uint64_t)gsl_rng_get(r->rng) * r->backend_count >> 32;
}

static void
draw_heavy(struct rehash *r)
{
	for (size_t i = 0; i < r->heavy_count; i++)
		r->load[draw_backend(r)] += r->heavy[i];
}

static double
sum_of_squares(const struct sim_rule *rule, enum report_unit unit)
{
	double squares = 0;
	for (size_t i = 0; i < rule->key_count; i++) {
		double b = (double)report_key_weight(&rule->keys[i], unit);
		squares += b * b;
	}
	return squares;
}

static void
close_rehash(struct rehash *r)
{
	free(r->load);
	free(r->heavy);
	if (r->rng != NULL)
		gsl_rng_free(r->rng);
}

/* 0; -1 without memory or without anything to hash.  Close it either way. */
static int
open_rehash(struct rehash *r, const struct sim_rule *rule,
    enum report_unit unit, uint64_t seed)
{
	size_t n = rule->backend_count;
	size_t room = rule->key_count < REPORT_REHASH_EXACT
			  ? rule->key_count
			  : REPORT_REHASH_EXACT;

	*r = (struct rehash){ .backend_count = n };
	if (n < 2 || room == 0)
		return -1;
	gsl_error_handler_t *was = gsl_set_error_handler_off();
	r->rng = gsl_rng_alloc(gsl_rng_mt19937);
	gsl_set_error_handler(was);
	r->heavy = calloc(room, sizeof(*r->heavy));
	r->load = calloc(n, sizeof(*r->load));
	if (r->rng == NULL || r->heavy == NULL || r->load == NULL)
		return -1;
	gsl_rng_set(r->rng, (uint32_t)(seed ^ seed >> 32));
	weigh(r, rule, unit, sum_of_squares(rule, unit));
	return r->total > 0 ? 0 : -1;
}

double
report_rehash(const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	struct rehash r;
	double p = NAN;

	if (open_rehash(&r, rule, unit, seed) == 0) {
		double measured = spread(&r) * (1 - TIE);
		unsigned as_uneven = 0;
		for (unsigned i = 0; i < REPORT_REHASHES; i++) {
			draw_light(&r);
			draw_heavy(&r);
			if (spread(&r) >= measured)
				as_uneven++;
		}
		p = (1.0 + as_uneven) / (1.0 + REPORT_REHASHES);
	}
	close_rehash(&r);
	return p;
}

/* What one backend gets; all are alike, so the others need no drawing. */
static double
draw_one(struct rehash *r)
{
	double n = (double)r->backend_count, load = r->light_sum / n;
	double sd = sqrt(r->light_squares / n * (1 - 1 / n));

	if (sd > 0)
		load += gsl_ran_gaussian_ziggurat(r->rng, sd);
	for (size_t i = 0; i < r->heavy_count; i++)
		if (draw_backend(r) == 0)
			load += r->heavy[i];
	return load;
}

struct report_range
report_rehash_range(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	struct report_range range = { NAN, NAN };
	double *drawn = calloc(REPORT_REHASHES, sizeof(*drawn));
	struct rehash r;

	if (open_rehash(&r, rule, unit, seed) == 0 && drawn != NULL) {
		double fair = r.total / (double)r.backend_count;
		for (size_t i = 0; i < REPORT_REHASHES; i++)
			drawn[i] = draw_one(&r);
		gsl_sort(drawn, 1, REPORT_REHASHES);
		/* what the normal law adds may leave what a share can be */
		range.low = fmax(drawn[TAIL] / fair - 1, -1);
		range.high = fmin(drawn[REPORT_REHASHES - 1 - TAIL] / fair - 1,
		    (double)(r.backend_count - 1));
	}
	close_rehash(&r);
	free(drawn);
	return range;
}
