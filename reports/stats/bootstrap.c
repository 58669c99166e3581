/* SPDX-License-Identifier: MIT */
#include "reports/stats/bootstrap.h"
#include "reports/stats/indices.h"
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>

#define SINGLY        1024   /* keys drawn one by one, at the most */
#define BACKENDS      200000 /* drawn, in all */
#define RESAMPLES_MIN 100
#define LOW           0.025
#define HIGH          0.975

struct single {
	double weight;
	uint32_t backend;
};

/* What one backend's keys weigh, and the light ones among them. */
struct part {
	double sum, squares;
	double light_sum, light_squares;
	double centre; /* its share, drawn together */
};

struct resample {
	struct single *singles;
	size_t single_count;
	bool all; /* there are no light ones */
	struct part *parts;
	double *share; /* as drawn */
	size_t backend_count;
	const struct sim_rule *rule;
	struct report_fair fair;
	double sum, squares;
	gsl_rng *rng;
};

/* --- the keys ------------------------------------------------------------- */

static double
weight_of(
    const struct resample *r, const struct sim_key *key, enum report_unit unit)
{
	if (key->backend >= r->backend_count)
		return 0; /* it went nowhere */
	return (double)report_key_weight(key, unit);
}

static void
weigh(struct resample *r, const struct sim_rule *rule, enum report_unit unit)
{
	for (size_t i = 0; i < rule->key_count; i++) {
		double b = weight_of(r, &rule->keys[i], unit);
		r->sum += b;
		r->squares += b * b;
	}
	double bound = r->all ? 0 : r->squares / SINGLY;
	for (size_t i = 0; i < rule->key_count; i++) {
		const struct sim_key *key = &rule->keys[i];
		double b = weight_of(r, key, unit);
		if (!(b > 0))
			continue;
		struct part *part = &r->parts[key->backend];
		part->sum += b;
		part->squares += b * b;
		if (b * b > bound) {
			r->singles[r->single_count++] =
			    (struct single){ b, key->backend };
		} else {
			part->light_sum += b;
			part->light_squares += b * b;
		}
	}
}

/* Where weights differ; the noise as 1/n of what it adds to cv^2. */
static void
weigh_noise(const struct resample *r, const struct sim_rule *rule,
    enum report_unit unit, double *noise, double *cv2)
{
	double n = (double)r->fair.count, t2 = r->sum * r->sum;
	double h = r->squares / t2, moved = 0, middle = 0;

	for (size_t i = 0; i < r->backend_count; i++) {
		const struct sim_backend *b = &rule->backends[i];
		if (b->weight > 0)
			middle += report_fair_scale(&r->fair, b) *
				  r->parts[i].sum / r->sum;
	}
	*noise = *cv2 = 0;
	for (size_t i = 0; i < r->backend_count; i++) {
		const struct sim_backend *b = &rule->backends[i];
		double u = r->parts[i].sum / r->sum;
		double v = r->parts[i].squares / t2;
		double off = report_share(rule, unit, i) -
			     report_fair_share(&r->fair, b);
		if (b->weight == 0)
			continue;
		double scale = report_fair_scale(&r->fair, b);
		*noise += scale * scale * (v + h * u * u - 2 * u * v) -
			  v * (scale - middle) * (scale - middle) / n;
		*cv2 += n * scale * scale * off * off;
		moved += scale * off;
	}
	*cv2 -= moved * moved;
}

/*
 * Draws the measured shares u together by s: drawing keys moves share i by
 * e_i - u_i sum e, with e_i of variance v_i = sum w^2/T^2 over its keys, which
 * adds g = n (H - 2 sum u v + H sum u^2) to cv^2 in the mean; so s^2 cv^2 + g =
 * cv^2.
 *
 * With weights, off fair counts times r_i = 1/(n p_i), and what that moves the
 * mean by does not count: less (sum r off)^2, and less its variance, sum v_i
 * (r_i - sum r u)^2.
 */
static void
centre(struct resample *r, const struct sim_rule *rule, enum report_unit unit)
{
	double n = (double)r->fair.count, h = r->squares / r->sum / r->sum;
	double noise = h, cv2 = 0;

	for (size_t i = 0; r->fair.equal && i < r->backend_count; i++) {
		const struct part *part = &r->parts[i];
		double u = part->sum / r->sum;
		double off = report_share(rule, unit, i) - 1 / n;
		noise += h * u * u - 2 * u * part->squares / r->sum / r->sum;
		cv2 += n * off * off;
	}
	if (!r->fair.equal)
		weigh_noise(r, rule, unit, &noise, &cv2);
	double s = cv2 > 0 ? sqrt(fmax(0, 1 - n * noise / cv2)) : 0;
	for (size_t i = 0; i < r->backend_count; i++) {
		double p = report_fair_share(&r->fair, &rule->backends[i]);
		r->parts[i].centre = p + s * (report_share(rule, unit, i) - p);
	}
}

static void
close_resample(struct resample *r)
{
	free(r->singles);
	free(r->parts);
	free(r->share);
	if (r->rng != NULL)
		gsl_rng_free(r->rng);
}

/* 0; -1 without memory or anything to draw.  Close it either way. */
static int
open_resample(struct resample *r, const struct sim_rule *rule,
    enum report_unit unit, uint64_t seed)
{
	size_t n = rule->backend_count;
	bool all = rule->key_count <= SINGLY;
	size_t room = all ? rule->key_count : SINGLY;

	*r = (struct resample){ .backend_count = n,
		.rule = rule,
		.fair = report_fair(rule),
		.all = all };
	if (r->fair.count < 2 || room == 0 || report_total(rule, unit) == 0)
		return -1;
	gsl_error_handler_t *was = gsl_set_error_handler_off();
	r->rng = gsl_rng_alloc(gsl_rng_mt19937);
	gsl_set_error_handler(was);
	r->singles = calloc(room, sizeof(*r->singles));
	r->parts = calloc(n, sizeof(*r->parts));
	r->share = calloc(n, sizeof(*r->share));
	if (r->rng == NULL || r->singles == NULL || r->parts == NULL ||
	    r->share == NULL)
		return -1;
	gsl_rng_set(r->rng, (uint32_t)(seed ^ seed >> 32));
	weigh(r, rule, unit);
	if (r->sum * r->sum <
		REPORT_RESAMPLED_MIN * r->fair.most * r->squares ||
	    !(r->sum > 0))
		return -1;
	centre(r, rule, unit);
	return 0;
}

/* --- the draws ------------------------------------------------------------ */

static void
draw_all(struct resample *r)
{
	for (size_t i = 0; i < r->backend_count; i++)
		r->share[i] = 0;
	for (size_t i = 0; i < r->single_count; i++) {
		size_t at =
		    (uint64_t)gsl_rng_get(r->rng) * r->single_count >> 32;
		r->share[r->singles[at].backend] += r->singles[at].weight;
	}
}

static void
draw_many(struct resample *r)
{
	for (size_t i = 0; i < r->backend_count; i++) {
		const struct part *part = &r->parts[i];
		r->share[i] = part->light_sum;
		if (part->light_squares > 0)
			r->share[i] += gsl_ran_gaussian_ziggurat(
			    r->rng, sqrt(part->light_squares));
	}
	for (size_t i = 0; i < r->single_count; i++)
		r->share[r->singles[i].backend] +=
		    gsl_ran_poisson(r->rng, 1) * r->singles[i].weight;
}

static struct report_indices
resample(struct resample *r)
{
	double sum = 0;

	if (r->all)
		draw_all(r);
	else
		draw_many(r);
	for (size_t i = 0; i < r->backend_count; i++)
		sum += r->share[i];
	for (size_t i = 0; i < r->backend_count; i++)
		r->share[i] = r->parts[i].centre + r->share[i] / sum -
			      r->parts[i].sum / r->sum;
	return report_indices_of(
	    r->share, report_fair_loads(&r->fair, r->rule, r->share));
}

/* 95 % of what was drawn, and what was measured. */
static struct report_range
range_of(double *drawn, size_t count, double measured)
{
	gsl_sort(drawn, 1, count);
	return (struct report_range){
		fmin(measured,
		    gsl_stats_quantile_from_sorted_data(drawn, 1, count, LOW)),
		fmax(measured,
		    gsl_stats_quantile_from_sorted_data(drawn, 1, count, HIGH)),
	};
}

static size_t
resamples_for(size_t backend_count)
{
	size_t count = BACKENDS / backend_count;
	return count > REPORT_RESAMPLES ? REPORT_RESAMPLES
	       : count < RESAMPLES_MIN  ? RESAMPLES_MIN
					: count;
}

static void
draw_ranges(struct resample *r, const struct report_fairness *measured,
    struct report_intervals *out)
{
	double jain[REPORT_RESAMPLES], cv[REPORT_RESAMPLES];
	double gini[REPORT_RESAMPLES], n = (double)r->fair.count;
	size_t count = resamples_for(r->backend_count);

	for (size_t i = 0; i < count; i++) {
		struct report_indices of = resample(r);
		jain[i] = of.jain;
		cv[i] = of.cv;
		gini[i] = of.gini;
	}
	out->jain = range_of(jain, count, measured->jain);
	out->cv = range_of(cv, count, measured->cv);
	out->gini = range_of(gini, count, measured->gini);
	out->effective_backends =
	    (struct report_range){ n * out->jain.low, n * out->jain.high };
}

struct report_intervals
report_bootstrap(
    const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	const struct report_range unknown = { NAN, NAN };
	struct report_intervals out = { unknown, unknown, unknown, unknown };
	struct report_fairness measured;
	struct resample r;

	if (open_resample(&r, rule, unit, seed) == 0 &&
	    report_fairness(rule, unit, &measured) == 0)
		draw_ranges(&r, &measured, &out);
	close_resample(&r);
	return out;
}
