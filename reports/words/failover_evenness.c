/* SPDX-License-Identifier: MIT */
#include "reports/words/failover_evenness.h"
#include "reports/stats/failover.h"
#include "reports/stats/fair.h"
#include "reports/stats/indices.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EVEN 0.99 /* Jain: shares that need no excuse */

static bool
has_backend(const struct sim_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->backend_count; i++)
		if (rule->backends[i].name != NULL &&
		    strcmp(rule->backends[i].name, name) == 0)
			return true;
	return false;
}

/* A zone's or a balancer's death is every rule's business. */
static bool
concerns(const struct sim_failover *f, const struct sim_rule *rule)
{
	return report_fault_is(f, "zone-down") ||
	       report_fault_is(f, "instance-down") || f->member == NULL ||
	       has_backend(rule, f->member);
}

bool
report_is_disturbed(const struct sim_case *c, const struct sim_rule *rule)
{
	for (size_t i = 0; i < c->failover_count; i++)
		if (concerns(&c->failovers[i], rule))
			return true;
	return false;
}

/* Was nothing wrong from then to then? */
static bool
is_calm(const struct sim_case *c, const struct sim_rule *rule, uint64_t from_ns,
    uint64_t to_ns)
{
	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *f = &c->failovers[i];
		bool over = f->restored_ns != SIM_NO_TIME &&
			    f->at_ns + f->restored_ns <= from_ns;
		if (concerns(f, rule) && f->at_ns < to_ns && !over)
			return false;
	}
	return true;
}

static double
load_of(const struct sim_slice *slice, enum report_unit unit)
{
	switch (unit) {
	case REPORT_FLOWS:
		return slice->flows;
	case REPORT_PACKETS:
		return slice->packets;
	default:
		return (double)slice->bytes;
	}
}

double
report_calm_jain(const struct sim_record *record, const struct sim_case *c,
    const struct sim_rule *rule, enum report_unit unit)
{
	size_t n = rule->backend_count;
	double *load = n > 0 ? calloc(n, sizeof(*load)) : NULL, sum = 0;

	if (rule->slices == NULL || load == NULL) {
		free(load);
		return NAN;
	}
	for (size_t bin = 0; bin < record->bin_count; bin++) {
		if (!is_calm(c, rule, bin * record->bin_ns,
			(bin + 1) * record->bin_ns))
			continue;
		for (size_t i = 0; i < n; i++) {
			double of = load_of(&rule->slices[bin * n + i], unit);
			load[i] += of;
			sum += of;
		}
	}
	const struct report_fair fair = report_fair(rule);
	n = report_fair_loads(&fair, rule, load);
	double jain = sum > 0 ? report_indices_of(load, n).jain : NAN;
	free(load);
	return jain;
}

void
report_put_evenness(FILE *to, const struct sim_record *record,
    const struct sim_case *c, const struct sim_rule *rule)
{
	char is[REPORT_TEXT_BYTES], calm[REPORT_TEXT_BYTES];
	struct report_fairness f;
	double without = report_calm_jain(record, c, rule, REPORT_BYTES);

	if (rule->backend_count < 2 ||
	    report_fairness(rule, REPORT_BYTES, &f) != 0 || isnan(f.jain) ||
	    f.jain >= EVEN)
		return;
	report_put(to, "The shares");
	if (record->case_count > 1) {
		report_put(to, " of ");
		report_put_clean(to, c->name);
	}
	if (c->rule_count > 1) {
		report_put(
		    to, record->case_count > 1 ? ", rule " : " of rule ");
		report_put_clean(to, rule->name);
	}
	report_print(to,
	    " are what the faults left of them (Jain %s by bytes), and say "
	    "little about the hash",
	    report_index(is, f.jain));
	if (!isnan(without))
		report_print(to, "; while nothing was wrong they had %s",
		    report_index(calm, without));
	report_put(to, ".\n");
}
