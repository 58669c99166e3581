/* SPDX-License-Identifier: MIT */
#include "sim/sweep/precision.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define UPPER_TAIL 0.975 /* of 95 %, both sides */
#define NS_PER_S   1e9

/* --- the figures, of one replication ------------------------------------- */

static bool
detection_s(const struct sim_case *c, double *value)
{
	for (size_t i = 0; i < c->failover_count; i++)
		if (c->failovers[i].detected_ns != SIM_NO_TIME) {
			*value = (double)c->failovers[i].detected_ns / NS_PER_S;
			return true;
		}
	return false;
}

static bool
jain(const struct sim_case *c, double *value)
{
	const struct sim_rule *rule = &c->rules[0];
	double sum = 0, squares = 0;

	if (c->rule_count == 0 || rule->packets == 0)
		return false;
	for (size_t b = 0; b < rule->backend_count; b++) {
		double packets = (double)rule->backends[b].packets;
		sum += packets;
		squares += packets * packets;
	}
	*value = sum * sum / ((double)rule->backend_count * squares);
	return true;
}

static bool
figure_of(enum sim_figure figure, const struct sim_case *c, double *value)
{
	return figure == SIM_FIGURE_DETECTION ? detection_s(c, value)
					      : jain(c, value);
}

/* --- of all -------------------------------------------------------------- */

/* The first case of a replication. */
static const struct sim_case *
case_of(const struct sim_record *record, size_t replication)
{
	return replication == 0
		   ? record->cases
		   : record->replicas + (replication - 1) * record->case_count;
}

/* Mean and sum of squares about it, one value after the other (Welford). */
static void
add_up(
    const struct sim_record *record, struct sim_interval *of, double *squares)
{
	size_t replications = 1 + record->replica_count / record->case_count;
	double value;

	of->count = 0;
	of->mean = *squares = 0;
	for (size_t r = 0; r < replications; r++) {
		if (!figure_of(of->figure, case_of(record, r), &value))
			continue;
		double from = value - of->mean;
		of->mean += from / ++of->count;
		*squares += from * (value - of->mean);
	}
}

struct sim_interval
sim_interval_of(const struct sim_record *record)
{
	struct sim_interval i = { .half_width = INFINITY };
	double squares;

	if (record->case_count == 0)
		return i;
	add_up(record, &i, &squares);
	if (i.count == 0) {
		i.figure = SIM_FIGURE_JAIN;
		add_up(record, &i, &squares);
	}
	if (i.count >= 2)
		i.half_width = gsl_cdf_tdist_Pinv(UPPER_TAIL, i.count - 1) *
			       sqrt(squares / (i.count - 1) / i.count);
	return i;
}

double
sim_interval_relative(const struct sim_interval *interval)
{
	if (interval->half_width <= 0)
		return 0;
	return interval->mean > 0 ? interval->half_width / interval->mean
				  : INFINITY;
}
