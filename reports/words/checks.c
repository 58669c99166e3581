/* SPDX-License-Identifier: MIT */
#include "reports/words/checks.h"
#include "reports/stats/failover.h"
#include "reports/report.h"
#include "reports/stats/snat.h"
#include "reports/stats/stats.h"
#include "reports/text/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SLACK 0.5 /* of a millionth: what a bound is written in */

/* Where an assertion is looked at. */
struct place {
	const struct sim_record *record;
	const struct sim_case *of_case;
	const struct sim_rule *rule; /* NULL where the metric has none */
};

/* --- measuring ------------------------------------------------------------ */

static double
fairness_of(const struct place *at, const struct lb_assertion *a)
{
	enum report_unit unit = (enum report_unit)a->unit;
	struct report_fairness f;

	if (report_fairness(at->rule, unit, &f) != 0)
		return NAN;
	switch (a->metric) {
	case LB_METRIC_JAIN:
		return f.jain;
	case LB_METRIC_CV:
		return f.cv;
	case LB_METRIC_GINI:
		return f.gini;
	case LB_METRIC_PEAK_TO_AVERAGE:
		return f.peak_to_average;
	case LB_METRIC_EFFECTIVE_BACKENDS:
		return f.effective_backends;
	default:
		return report_p_value(at->rule, unit, at->record->seed);
	}
}

static double
share_of(
    const struct place *at, const struct lb_assertion *a, const char **reason)
{
	enum report_unit unit = (enum report_unit)a->unit;
	double most = NAN, least = NAN;

	for (size_t i = 0; i < at->rule->backend_count; i++) {
		double share = report_share(at->rule, unit, i);
		if (a->metric == LB_METRIC_SHARE &&
		    strcmp(at->rule->backends[i].name, a->object) == 0)
			return share;
		most = fmax(most, share);
		least = fmin(least, share);
	}
	if (a->metric == LB_METRIC_SHARE) {
		*reason = "no such backend";
		return NAN;
	}
	return a->metric == LB_METRIC_MAX_SHARE ? most : least;
}

static double
drops_of(
    const struct place *at, const struct lb_assertion *a, const char **reason)
{
	double packets = 0;
	bool found = a->object == NULL;

	for (size_t i = 0; i < at->of_case->drop_count; i++) {
		const struct sim_drop *drop = &at->of_case->drops[i];
		if (a->object != NULL && strcmp(drop->reason, a->object) != 0)
			continue;
		packets += (double)drop->packets;
		found = true;
	}
	if (!found)
		*reason = "no such drop reason";
	return found ? packets : NAN;
}

/* The worst of a case's faults; one that a probe should have found and did
 * not, or that never was over, has no time, and is worse than any. */
static double
worst_time(
    const struct sim_case *c, enum report_outcome outcome, const char **reason)
{
	double worst = NAN;

	*reason = c->failover_count == 0 ? "there was no fault"
		  : outcome == REPORT_DETECTED
		      ? "no fault was one that a probe looks for"
		      : NULL;
	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *f = &c->failovers[i];
		double after = report_outcome(f, outcome);
		if (outcome == REPORT_DETECTED && !report_is_probed_for(f))
			continue;
		if (isnan(after)) {
			*reason = outcome == REPORT_DETECTED
				      ? "a fault was never detected"
				  : outcome == REPORT_REROUTED
				      ? "no flow was placed elsewhere"
				      : "a member never came back";
			return NAN;
		}
		worst = fmax(worst, after);
	}
	return worst;
}

static double
summed(
    const struct sim_case *c, enum report_outcome outcome, const char **reason)
{
	if (c->failover_count == 0)
		return 0;
	double sum = report_sum(c, outcome);
	if (isnan(sum))
		*reason = "nothing was asked for";
	return sum;
}

/* What members' own connections met. */
static double
snat_of(const struct sim_case *c, enum lb_metric metric, const char **reason)
{
	double is;

	switch (metric) {
	case LB_METRIC_SNAT_FAILED:
		return (double)report_snat_failed(c);
	case LB_METRIC_HAIRPIN_FAILURES:
		return (double)c->hairpins;
	case LB_METRIC_SNAT_BLOCKING:
		is = report_snat_figure(c, REPORT_SNAT_BLOCKING);
		break;
	case LB_METRIC_SNAT_PEAK_SHARE:
		is = report_snat_figure(c, REPORT_SNAT_PEAK);
		break;
	default:
		is = report_snat_peak(c);
		break;
	}
	*reason = isnan(is) ? "no member used a SNAT port" : NULL;
	return is;
}

/* What a failure did in one case, or what its clients saw. */
static double
failure_of(const struct sim_case *c, enum lb_metric metric, const char **reason)
{
	double is;

	switch (metric) {
	case LB_METRIC_TIME_TO_DETECT:
		return worst_time(c, REPORT_DETECTED, reason);
	case LB_METRIC_TIME_TO_REROUTE:
		return worst_time(c, REPORT_REROUTED, reason);
	case LB_METRIC_TIME_TO_RESTORE:
		return worst_time(c, REPORT_RESTORED, reason);
	case LB_METRIC_FLOWS_MOVED:
		return summed(c, REPORT_MOVED, reason);
	case LB_METRIC_FLOWS_MOVED_NEEDLESSLY:
		return summed(c, REPORT_NEEDLESS, reason);
	case LB_METRIC_FLOWS_BROKEN:
		return summed(c, REPORT_BROKEN, reason);
	case LB_METRIC_PACKETS_LOST:
		return summed(c, REPORT_LOST, reason);
	case LB_METRIC_ERROR_BUDGET_MINUTES:
		return summed(c, REPORT_BUDGET, reason);
	case LB_METRIC_GIVEN_UP:
		return (double)c->clients.given_up;
	case LB_METRIC_AVAILABILITY:
		is = report_availability(c);
		*reason = isnan(is) ? "nothing was asked for" : NULL;
		return is;
	case LB_METRIC_RESPONSE_P99:
		is = report_response_quantile(&c->clients, 0.99);
		*reason = isnan(is) ? "no request was answered" : NULL;
		return is;
	default:
		return snat_of(c, metric, reason);
	}
}

static double
further(const struct lb_assertion *a, double one, double other)
{
	double bound = (double)a->bound / (double)LB_ASSERTION_ONE;

	switch (a->relation) {
	case LB_AT_LEAST:
	case LB_ABOVE:
		return fmin(one, other);
	case LB_EQUALS:
		return fabs(one - bound) >= fabs(other - bound) ? one : other;
	default:
		return fmax(one, other);
	}
}

/* The worst of all replications: what is demanded is to hold in each. */
static double
worst_failure(
    const struct place *at, const struct lb_assertion *a, const char **reason)
{
	size_t of_case = (size_t)(at->of_case - at->record->cases);
	double worst = NAN;

	for (size_t r = 0; r < report_replications(at->record); r++) {
		double is = failure_of(
		    report_replica(at->record, r, of_case), a->metric, reason);
		if (isnan(is))
			return NAN;
		*reason = NULL;
		worst = r == 0 ? is : further(a, worst, is);
	}
	return worst;
}

static double
measure(
    const struct place *at, const struct lb_assertion *a, const char **reason)
{
	if (lb_metric_is_of_failure(a->metric))
		return worst_failure(at, a, reason);
	switch (a->metric) {
	case LB_METRIC_MAX_SHARE:
	case LB_METRIC_MIN_SHARE:
	case LB_METRIC_SHARE:
		return share_of(at, a, reason);
	case LB_METRIC_FLOWS:
		return (double)at->rule->flows;
	case LB_METRIC_CONNECTIONS:
		return (double)at->rule->connections;
	case LB_METRIC_PACKETS:
		return (double)at->rule->packets;
	case LB_METRIC_BYTES:
		return (double)at->rule->bytes;
	case LB_METRIC_KEYS:
		return (double)at->rule->key_count;
	case LB_METRIC_BACKENDS:
		return (double)at->rule->backend_count;
	case LB_METRIC_DROPS:
		return drops_of(at, a, reason);
	case LB_METRIC_UNTRACKED:
		return (double)at->of_case->untracked;
	case LB_METRIC_REPLY_SUPPRESSED:
		return (double)at->of_case->reply_suppressed;
	default:
		return fairness_of(at, a);
	}
}

static const char *
why_not_known(const struct place *at, const struct lb_assertion *a)
{
	if (report_total(at->rule, (enum report_unit)a->unit) == 0)
		return "nothing was carried";
	if (at->rule->backend_count < 2)
		return "one backend has nothing to compare with";
	return a->metric == LB_METRIC_P_VALUE ? "too few keys to test"
					      : "no memory";
}

static bool
holds(const struct lb_assertion *a, double measured)
{
	double bound = (double)a->bound / (double)LB_ASSERTION_ONE;

	switch (a->relation) {
	case LB_AT_LEAST:
		return measured >= bound;
	case LB_AT_MOST:
		return measured <= bound;
	case LB_ABOVE:
		return measured > bound;
	case LB_BELOW:
		return measured < bound;
	default:
		return fabs(measured - bound) * (double)LB_ASSERTION_ONE <=
		       SLACK;
	}
}

/* --- the list ------------------------------------------------------------- */

static int
add(struct report_checks *checks, const struct report_check *check)
{
	struct report_check *more =
	    reallocarray(checks->at, checks->count + 1, sizeof(*more));

	if (more != NULL)
		checks->at = more;
	if (more == NULL || check->text == NULL) {
		free(check->text);
		return -1;
	}
	checks->failed += !check->pass;
	more[checks->count++] = *check;
	return 0;
}

static int
check_at(struct report_checks *checks, const struct lb_assertion *a,
    const struct place *at)
{
	struct report_check check = {
		.text = lb_assertion_text(a,
		    at->rule != NULL ? at->rule->name : NULL,
		    at->of_case->name),
	};

	check.measured = measure(at, a, &check.reason);
	if (!isnan(check.measured))
		check.pass = holds(a, check.measured);
	else if (check.reason == NULL)
		check.reason = why_not_known(at, a);
	return add(checks, &check);
}

static bool
is_named(const char *wanted, const char *name)
{
	return wanted == NULL || (name != NULL && strcmp(wanted, name) == 0);
}

static int
check_case(struct report_checks *checks, const struct lb_assertion *a,
    const struct sim_record *record, const struct sim_case *c)
{
	struct place at = { .record = record, .of_case = c };

	if (!lb_metric_has_rule(a->metric))
		return check_at(checks, a, &at);
	for (size_t r = 0; r < c->rule_count; r++) {
		at.rule = &c->rules[r];
		if (is_named(a->rule, at.rule->name) &&
		    check_at(checks, a, &at) != 0)
			return -1;
	}
	return 0;
}

static int
check_one(struct report_checks *checks, const struct lb_assertion *a,
    const struct sim_record *record)
{
	const size_t before = checks->count;

	for (size_t i = 0; i < record->case_count; i++)
		if (is_named(a->case_name, record->cases[i].name) &&
		    check_case(checks, a, record, &record->cases[i]) != 0)
			return -1;
	if (checks->count > before)
		return 0;
	const struct report_check none = {
		.text = lb_assertion_text(a, a->rule, a->case_name),
		.measured = NAN,
		.reason = "no such rule or case",
	};
	return add(checks, &none);
}

int
report_checks_make(
    struct report_checks *checks, const struct sim_record *record)
{
	*checks = (struct report_checks){ 0 };
	for (size_t i = 0; i < record->assertion_count; i++)
		if (check_one(checks, &record->assertions[i], record) != 0)
			return -1;
	return 0;
}

void
report_checks_free(struct report_checks *checks)
{
	for (size_t i = 0; i < checks->count; i++)
		free(checks->at[i].text);
	free(checks->at);
	*checks = (struct report_checks){ 0 };
}

/* --- shown ---------------------------------------------------------------- */

/* Six significant digits: as many as tell apart what three would not. */
static void
print_measured(FILE *to, double measured)
{
	if (isnan(measured))
		report_put(to, "-");
	else if (measured >= 1e6)
		report_print(to, "%.0f", measured);
	else
		report_print(to, "%.6g", measured);
}

static void
print_check(FILE *to, const struct report_check *check)
{
	char *text = report_clean(check->text, true);

	if (text == NULL)
		return;
	report_print(to, "  %s  %s: ", check->pass ? "PASS" : "FAIL", text);
	print_measured(to, check->measured);
	if (check->reason != NULL)
		report_print(to, " (not known: %s)", check->reason);
	report_put(to, "\n");
	free(text);
}

int
report_assertions(const struct sim_record *record, FILE *to)
{
	struct report_checks checks;
	int failed = -1;

	if (report_checks_make(&checks, record) == 0) {
		failed = (int)checks.failed;
		if (checks.count > 0)
			report_put(to, "\nAssertions:\n");
		for (size_t i = 0; i < checks.count; i++)
			print_check(to, &checks.at[i]);
		if (failed > 0)
			report_print(
			    to, "  %d of %zu failed\n", failed, checks.count);
	}
	report_checks_free(&checks);
	return failed;
}

int
report_failures(const struct sim_record *record)
{
	struct report_checks checks;
	int failed =
	    report_checks_make(&checks, record) == 0 ? (int)checks.failed : -1;

	report_checks_free(&checks);
	return failed;
}
