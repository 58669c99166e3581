/* SPDX-License-Identifier: MIT */
#include "reports/stats/fair.h"
#include <math.h>
#include <string.h>

struct report_fair
report_fair(const struct sim_rule *rule)
{
	size_t n = rule->backend_count;
	struct report_fair fair = { .equal = true };
	double ones = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t weight = rule->backends[i].weight;
		fair.equal &= weight == rule->backends[0].weight;
		fair.sum += weight;
		fair.count += weight > 0;
	}
	if (fair.equal) {
		fair.count = n;
		fair.sum = fair.most = (double)n;
		fair.scatter = 1;
		return fair;
	}
	for (size_t i = 0; i < n; i++) {
		if (rule->backends[i].weight == 0)
			continue;
		double one_in = fair.sum / rule->backends[i].weight;
		fair.most = fmax(fair.most, one_in);
		ones += one_in;
	}
	fair.scatter = ones / (double)fair.count / (double)fair.count;
	return fair;
}

double
report_fair_share(const struct report_fair *fair, const struct sim_backend *of)
{
	return (fair->equal ? 1 : of->weight) / fair->sum;
}

double
report_fair_one_in(const struct report_fair *fair, const struct sim_backend *of)
{
	if (fair->equal)
		return fair->sum;
	return of->weight > 0 ? fair->sum / of->weight : INFINITY;
}

double
report_fair_scale(const struct report_fair *fair, const struct sim_backend *of)
{
	return report_fair_one_in(fair, of) / (double)fair->count;
}

double
report_off_fair(
    const struct report_fair *fair, const struct sim_backend *of, double share)
{
	double one_in = report_fair_one_in(fair, of);

	return isinf(one_in) ? NAN : share * one_in - 1;
}

size_t
report_fair_loads(
    const struct report_fair *fair, const struct sim_rule *rule, double *load)
{
	size_t kept = 0;

	if (fair->equal)
		return fair->count;
	for (size_t i = 0; i < rule->backend_count; i++)
		if (rule->backends[i].weight > 0)
			load[kept++] = load[i] * report_fair_scale(
						     fair, &rule->backends[i]);
	return kept;
}

static bool
has_backend(const struct sim_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->backend_count; i++)
		if (rule->backends[i].name != NULL &&
		    strcmp(rule->backends[i].name, name) == 0)
			return true;
	return false;
}

bool
report_is_reweighed(
    const struct sim_record *record, const struct sim_rule *rule)
{
	for (size_t i = 0; i < record->log_count; i++) {
		const struct sim_event *e = &record->log[i];
		if (e->kind == SIM_EVENT_FAULT && e->what != NULL &&
		    e->member != NULL && strcmp(e->what, "weight") == 0 &&
		    has_backend(rule, e->member))
			return true;
	}
	return false;
}
