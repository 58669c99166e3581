/* SPDX-License-Identifier: MIT */
#include "reports/stats/snat.h"
#include "reports/sweep/sweep.h"
#include "reports/text/text.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DOMINANT_SHARE 0.1 /* of sum b^2, in one key: stats.h's */
#define TAIL           0.975

const char *
report_metric_name(enum report_metric metric)
{
	static const char *const names[REPORT_METRIC_COUNT] = {
		[REPORT_JAIN] = "jain",
		[REPORT_PEAK] = "peak_to_average",
		[REPORT_EFFECTIVE] = "effective_backends",
		[REPORT_EXPECTED] = "expected_jain",
	};
	return metric < REPORT_METRIC_COUNT ? names[metric] : "?";
}

int
report_sweep_open(struct report_sweep *s, const struct report_factor *factors,
    size_t factor_count)
{
	*s = (struct report_sweep){
		.factors = factors,
		.factor_count = factor_count,
		.point_count = 1,
	};
	for (size_t i = 0; i < factor_count; i++)
		s->point_count *= factors[i].level_count;
	s->replications = report_sweep_combinations(s, REPORT_REPLICATION);
	return factor_count <= REPORT_FACTORS_MAX ? 0 : -1;
}

void
report_sweep_close(struct report_sweep *s)
{
	for (size_t i = 0; s->rules != NULL && i < s->rule_count; i++)
		free(s->rules[i]);
	free(s->rules);
	free(s->results);
	free(s->groups);
	free(s->ports);
	free(s->port_groups);
	*s = (struct report_sweep){ 0 };
}

size_t
report_sweep_level(const struct report_sweep *s, size_t point, size_t factor)
{
	for (size_t i = s->factor_count - 1; i > factor; i--)
		point /= s->factors[i].level_count;
	return point % s->factors[factor].level_count;
}

size_t
report_sweep_combination(
    const struct report_sweep *s, size_t point, enum report_role role)
{
	size_t number = 0;

	for (size_t i = 0; i < s->factor_count; i++)
		if (s->factors[i].role == role)
			number = number * s->factors[i].level_count +
				 report_sweep_level(s, point, i);
	return number;
}

size_t
report_sweep_combinations(const struct report_sweep *s, enum report_role role)
{
	size_t count = 1;

	for (size_t i = 0; i < s->factor_count; i++)
		if (s->factors[i].role == role)
			count *= s->factors[i].level_count;
	return count;
}

size_t
report_sweep_group(const struct report_sweep *s, size_t point)
{
	size_t group = 0;

	for (size_t i = 0; i < s->factor_count; i++)
		if (s->factors[i].role != REPORT_REPLICATION)
			group = group * s->factors[i].level_count +
				report_sweep_level(s, point, i);
	return group;
}

const struct report_group *
report_sweep_shown(const struct report_sweep *s, size_t group)
{
	return &s->groups[group * s->rule_count + s->shown];
}

size_t
report_sweep_count(const struct report_sweep *s, enum report_role role)
{
	size_t count = 0;

	for (size_t i = 0; i < s->factor_count; i++)
		count +=
		    s->factors[i].role == role && s->factors[i].level_count > 1;
	return count;
}

/* --- points -------------------------------------------------------------- */

/* Rules are the same at every point, and so are their names. */
static int
make_room(struct report_sweep *s, const struct sim_case *of)
{
	s->ports = calloc(s->point_count + 1, sizeof(*s->ports));
	if (s->ports == NULL)
		return -1;
	s->rules = calloc(of->rule_count + 1, sizeof(*s->rules));
	s->results =
	    calloc(s->point_count * of->rule_count + 1, sizeof(*s->results));
	if (s->rules == NULL || s->results == NULL)
		return -1;
	s->rule_count = of->rule_count;
	for (size_t i = 0; i < of->rule_count; i++) {
		const char *name = of->rules[i].name;
		s->rules[i] = strdup(name != NULL ? name : "");
		if (s->rules[i] == NULL)
			return -1;
		if (of->rules[i].flows > of->rules[s->shown].flows)
			s->shown = i;
	}
	return 0;
}

/* Would the test have to draw the hash anew? */
static bool
is_dominated(const struct sim_rule *rule, enum report_unit unit)
{
	double squares = 0, largest = 0;

	for (size_t i = 0; unit != REPORT_FLOWS && i < rule->key_count; i++) {
		double b = (double)report_key_weight(&rule->keys[i], unit);
		squares += b * b;
		largest = fmax(largest, b * b);
	}
	return largest > DOMINANT_SHARE * squares;
}

static int
describe(const struct sim_rule *rule, struct report_result *out)
{
	out->is_there = true;
	out->backend_count = rule->backend_count;
	out->key_count = rule->key_count;
	out->flows = rule->flows;
	out->packets = rule->packets;
	out->bytes = rule->bytes;
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
		if (report_fairness(rule, u, &out->fairness[u]) != 0)
			return -1;
		out->p_value[u] =
		    is_dominated(rule, u) ? NAN : report_p_value(rule, u, 0);
	}
	return 0;
}

const char *
report_port_metric_name(unsigned metric)
{
	static const char *const names[REPORT_PORT_METRIC_COUNT] = {
		[REPORT_PORT_BLOCKING] = "blocking",
		[REPORT_PORT_EXPECTED] = "predicted_blocking",
		[REPORT_PORT_SHARE] = "peak_share",
		[REPORT_PORT_PEAK] = "peak_used",
		[REPORT_PORT_FAILED] = "failed",
		[REPORT_PORT_ADVISED] = "ports_advised",
	};
	return metric < REPORT_PORT_METRIC_COUNT ? names[metric] : "?";
}

static void
describe_ports(const struct sim_case *of, double *to)
{
	const size_t worst = report_snat_worst(of);

	for (unsigned m = 0; m < REPORT_PORT_METRIC_COUNT; m++)
		to[m] = NAN;
	if (worst == SIZE_MAX || !report_snat_is_used(&of->snat[worst]))
		return;
	const struct report_snat s = report_snat_of(of, worst);
	to[REPORT_PORT_BLOCKING] = s.simulated;
	to[REPORT_PORT_EXPECTED] = s.predicted;
	to[REPORT_PORT_SHARE] = report_snat_figure(of, REPORT_SNAT_PEAK);
	to[REPORT_PORT_PEAK] = report_snat_peak(of);
	to[REPORT_PORT_FAILED] = (double)report_snat_failed(of);
	to[REPORT_PORT_ADVISED] =
	    s.advised > 0 ? (double)s.advised : (double)NAN;
}

int
report_sweep_add(
    struct report_sweep *s, size_t point, const struct sim_case *of)
{
	if (s->results == NULL && make_room(s, of) != 0)
		return -1;
	for (size_t r = 0; r < s->rule_count && r < of->rule_count; r++) {
		struct report_result *out =
		    &s->results[point * s->rule_count + r];
		if (describe(&of->rules[r], out) != 0)
			return -1;
		out->untracked = of->untracked;
	}
	describe_ports(of, s->ports[point]);
	return 0;
}

/* --- groups -------------------------------------------------------------- */

static double
value_of(
    const struct report_result *of, enum report_unit u, enum report_metric m)
{
	const struct report_fairness *f = &of->fairness[u];

	switch (m) {
	case REPORT_JAIN:
		return f->jain;
	case REPORT_PEAK:
		return f->peak_to_average;
	case REPORT_EFFECTIVE:
		return f->effective_backends;
	default:
		return f->expected_jain;
	}
}

/* Welford's running mean and sum of squares; sd holds the sum for now. */
static void
take(struct report_spread *spread, double value)
{
	if (isnan(value))
		return;
	double off = value - spread->mean;
	spread->count++;
	spread->mean += off / (double)spread->count;
	spread->sd += off * (value - spread->mean);
	spread->min = fmin(spread->min, value);
	spread->max = fmax(spread->max, value);
}

static void
finish(struct report_spread *spread)
{
	double n = (double)spread->count;

	spread->low = spread->high = NAN;
	if (spread->count == 0)
		spread->mean = spread->min = spread->max = NAN;
	if (spread->count < 2) {
		spread->sd = NAN;
		return;
	}
	spread->sd = sqrt(spread->sd / (n - 1));
	double reach = gsl_cdf_tdist_Pinv(TAIL, n - 1) * spread->sd / sqrt(n);
	spread->low = spread->mean - reach;
	spread->high = spread->mean + reach;
}

static void
for_spreads(struct report_group *group, const struct report_result *result)
{
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		for (enum report_metric m = 0; m < REPORT_METRIC_COUNT; m++) {
			struct report_spread *spread = &group->of[u][m];
			if (result == NULL)
				finish(spread);
			else if (result->is_there)
				take(spread, value_of(result, u, m));
		}
}

static void
start(struct report_group *group)
{
	const struct report_spread none = { .min = INFINITY, .max = -INFINITY };

	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		for (enum report_metric m = 0; m < REPORT_METRIC_COUNT; m++)
			group->of[u][m] = none;
	group->first = SIZE_MAX;
}

static int
reckon_ports(struct report_sweep *s)
{
	const struct report_spread none = { .min = INFINITY, .max = -INFINITY };

	s->port_groups = calloc(s->group_count + 1, sizeof(*s->port_groups));
	if (s->port_groups == NULL)
		return -1;
	for (size_t g = 0; g < s->group_count; g++)
		for (unsigned m = 0; m < REPORT_PORT_METRIC_COUNT; m++)
			s->port_groups[g][m] = none;
	for (size_t point = 0; s->ports != NULL && point < s->point_count;
	     point++)
		for (unsigned m = 0; m < REPORT_PORT_METRIC_COUNT; m++)
			take(&s->port_groups[report_sweep_group(s, point)][m],
			    s->ports[point][m]);
	for (size_t g = 0; g < s->group_count; g++)
		for (unsigned m = 0; m < REPORT_PORT_METRIC_COUNT; m++)
			finish(&s->port_groups[g][m]);
	return 0;
}

/* Whether members' own connections were all there was, and something but draws
 * was varied. */
static bool
is_outbound_only(const struct report_sweep *s)
{
	bool any = false, varied = false;

	for (size_t f = 0; f < s->factor_count; f++)
		varied |= s->factors[f].role != REPORT_REPLICATION;
	for (size_t i = 0; i < s->point_count * s->rule_count; i++)
		if (s->results[i].packets > 0)
			return false;
	for (size_t i = 0; s->ports != NULL && i < s->point_count; i++)
		any |= !isnan(s->ports[i][REPORT_PORT_SHARE]);
	return any && varied;
}

int
report_sweep_reckon(struct report_sweep *s)
{
	s->group_count = s->point_count / s->replications;
	size_t count = s->group_count * s->rule_count;
	s->asks_ports |= is_outbound_only(s);
	s->groups = calloc(count + 1, sizeof(*s->groups));
	if (s->groups == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		start(&s->groups[i]);
	for (size_t point = 0; point < s->point_count; point++) {
		size_t group = report_sweep_group(s, point);
		for (size_t r = 0; r < s->rule_count; r++) {
			struct report_group *g =
			    &s->groups[group * s->rule_count + r];
			if (g->first == SIZE_MAX)
				g->first = point;
			for_spreads(g, &s->results[point * s->rule_count + r]);
		}
	}
	for (size_t i = 0; i < count; i++)
		for_spreads(&s->groups[i], NULL);
	return reckon_ports(s);
}
