/* SPDX-License-Identifier: MIT */
#include "reports/stats/fresh.h"
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#define SINGLY_MIN  1024
#define KEYS_SINGLY 100 /* per backend */

size_t
report_fresh_singly(size_t backend_count)
{
	size_t singly = backend_count * KEYS_SINGLY;
	return singly > SINGLY_MIN ? singly : SINGLY_MIN;
}

/* Splits the keys into heavy and light and adds up the loads as they were. */
static void
weigh(struct report_fresh *f, const struct sim_rule *rule,
    enum report_unit unit, double bound)
{
	for (size_t i = 0; i < rule->key_count; i++) {
		const struct sim_key *key = &rule->keys[i];
		double b = (double)report_key_weight(key, unit);
		if (key->backend >= f->backend_count || !(b > 0) ||
		    isinf(f->one_in[key->backend]))
			continue; /* it went nowhere, or to a drained one */
		f->load[key->backend] += b;
		f->total += b;
		if (b * b > bound) {
			f->heavy[f->heavy_count++] = b;
		} else {
			f->light_sum += b;
			f->light_squares += b * b;
		}
	}
}

/* The least b^2 that is drawn singly. */
static double
bound_of(const struct sim_rule *rule, enum report_unit unit, size_t exact)
{
	double squares = 0;
	if (rule->key_count <= exact)
		return 0;
	for (size_t i = 0; i < rule->key_count; i++) {
		double b = (double)report_key_weight(&rule->keys[i], unit);
		squares += b * b;
	}
	return squares / (double)exact;
}

/* Fair shares, and what draws by them. */
static int
set_shares(struct report_fresh *f, const struct sim_rule *rule)
{
	size_t n = rule->backend_count;
	double *share = calloc(n, sizeof(*share));

	for (size_t i = 0; share != NULL && i < n; i++) {
		f->one_in[i] = report_fair_one_in(&f->fair, &rule->backends[i]);
		share[i] = report_fair_share(&f->fair, &rule->backends[i]);
	}
	if (share != NULL && !f->fair.equal)
		f->pick = gsl_ran_discrete_preproc(n, share);
	free(share);
	return share == NULL || (!f->fair.equal && f->pick == NULL) ? -1 : 0;
}

int
report_fresh_open(struct report_fresh *f, const struct sim_rule *rule,
    enum report_unit unit, uint64_t seed, size_t exact)
{
	size_t n = rule->backend_count;
	size_t room = rule->key_count < exact ? rule->key_count : exact;

	*f = (struct report_fresh){
		.backend_count = n, .rule = rule, .fair = report_fair(rule)
	};
	if (f->fair.count < 2 || room == 0)
		return -1;
	f->heavy = calloc(room, sizeof(*f->heavy));
	f->load = calloc(n, sizeof(*f->load));
	f->one_in = calloc(n, sizeof(*f->one_in));
	gsl_error_handler_t *was = gsl_set_error_handler_off();
	f->rng = gsl_rng_alloc(gsl_rng_mt19937);
	int set = f->one_in != NULL ? set_shares(f, rule) : -1;
	gsl_set_error_handler(was);
	if (f->rng == NULL || f->heavy == NULL || f->load == NULL || set != 0)
		return -1;
	gsl_rng_set(f->rng, (uint32_t)(seed ^ seed >> 32));
	weigh(f, rule, unit, bound_of(rule, unit, exact));
	return f->total > 0 ? 0 : -1;
}

void
report_fresh_close(struct report_fresh *f)
{
	free(f->load);
	free(f->heavy);
	free(f->one_in);
	if (f->pick != NULL)
		gsl_ran_discrete_free(f->pick);
	if (f->rng != NULL)
		gsl_rng_free(f->rng);
}

/*
 * The light keys' loads: z_i less their mean gives the multinomial's
 * covariance, V/n on the diagonal less V/n^2 everywhere.  With shares p: z_i of
 * variance V p_i less p_i sum z gives V p_i on the diagonal less V p_i p_j.
 */
static void
draw_light(struct report_fresh *f)
{
	double n = (double)f->fair.count, mean = 0;

	for (size_t i = 0; i < f->backend_count; i++) {
		double sd = sqrt(f->light_squares / f->one_in[i]);
		f->load[i] = sd > 0 ? gsl_ran_gaussian_ziggurat(f->rng, sd) : 0;
		mean += f->load[i] / n;
	}
	for (size_t i = 0; i < f->backend_count; i++)
		f->load[i] +=
		    f->light_sum / f->one_in[i] - mean * (n / f->one_in[i]);
}

/* mt19937 gives 32 bits: uneven by n/2^32. */
static size_t
draw_backend(struct report_fresh *f)
{
	if (f->pick != NULL)
		return gsl_ran_discrete(f->rng, f->pick);
	return (uint64_t)gsl_rng_get(f->rng) * f->backend_count >> 32;
}

void
report_fresh_draw(struct report_fresh *f)
{
	draw_light(f);
	for (size_t i = 0; i < f->heavy_count; i++)
		f->load[draw_backend(f)] += f->heavy[i];
}

size_t
report_fresh_weigh(struct report_fresh *f)
{
	return report_fair_loads(&f->fair, f->rule, f->load);
}

double
report_fresh_draw_one(struct report_fresh *f)
{
	double n = (double)f->backend_count, load = f->light_sum / n;
	double sd = sqrt(f->light_squares / n * (1 - 1 / n));

	if (sd > 0)
		load += gsl_ran_gaussian_ziggurat(f->rng, sd);
	for (size_t i = 0; i < f->heavy_count; i++)
		if (draw_backend(f) == 0)
			load += f->heavy[i];
	return load;
}
