/* SPDX-License-Identifier: MIT */
#include "reports/stats/failover.h"
#include "reports/stats/indices.h"
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S   1e9
#define NS_PER_MIN 60e9
#define TAIL       0.975

const char *
report_outcome_name(enum report_outcome outcome)
{
	static const char *const names[REPORT_OUTCOME_COUNT] = {
		[REPORT_FIRST_FAILED] = "first_failed_after_s",
		[REPORT_DETECTED] = "detected_after_s",
		[REPORT_REROUTED] = "rerouted_after_s",
		[REPORT_RESTORED] = "restored_after_s",
		[REPORT_MOVED] = "flows_moved",
		[REPORT_NEEDLESS] = "flows_moved_needlessly",
		[REPORT_BROKEN] = "flows_broken",
		[REPORT_LOST] = "packets_lost",
		[REPORT_RETRIES] = "retries",
		[REPORT_GIVEN_UP] = "given_up",
		[REPORT_AVAILABILITY] = "availability",
		[REPORT_BUDGET] = "error_budget_minutes",
	};
	return names[outcome];
}

/* --- of a fault ----------------------------------------------------------- */

static double
seconds(uint64_t ns)
{
	return ns == SIM_NO_TIME ? NAN : (double)ns / NS_PER_S;
}

/* More may have failed than was asked from then on: what was asked before. */
static double
available(uint64_t failed, uint64_t asked)
{
	if (asked == 0)
		return NAN;
	return 1 - fmin((double)failed / (double)asked, 1);
}

static double
availability_of(const struct sim_failover *f)
{
	return f->requests > 0 ? available(report_failed(f), f->requests)
			       : available(f->lost, f->offered);
}

uint64_t
report_failed(const struct sim_failover *f)
{
	return f->given_up + f->unanswered + f->errors;
}

double
report_outcome(const struct sim_failover *f, enum report_outcome outcome)
{
	switch (outcome) {
	case REPORT_FIRST_FAILED:
		return seconds(f->failed_ns);
	case REPORT_DETECTED:
		return seconds(f->detected_ns);
	case REPORT_REROUTED:
		return seconds(f->rerouted_ns);
	case REPORT_RESTORED:
		return seconds(f->restored_ns);
	case REPORT_MOVED:
		return (double)f->moved;
	case REPORT_NEEDLESS:
		return (double)f->needless;
	case REPORT_BROKEN:
		return (double)f->broken;
	case REPORT_LOST:
		return (double)f->lost;
	case REPORT_RETRIES:
		return (double)f->retries;
	case REPORT_GIVEN_UP:
		return (double)f->given_up;
	case REPORT_AVAILABILITY:
		return availability_of(f);
	default:
		return (1 - availability_of(f)) * (double)f->window_ns /
		       NS_PER_MIN;
	}
}

bool
report_is_probed_for(const struct sim_failover *f)
{
	static const char *const others[] = { "admin-down", "removed", "added",
		"instance-down", "weight" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (f->fault != NULL && strcmp(f->fault, others[i]) == 0)
			return false;
	return true;
}

/* --- of a case ------------------------------------------------------------ */

double
report_availability(const struct sim_case *c)
{
	const struct sim_clients *clients = &c->clients;
	uint64_t lost = 0, offered = 0;

	if (clients->requests > 0)
		return available(
		    clients->given_up + clients->unanswered + clients->errors,
		    clients->answered + clients->given_up +
			clients->unanswered);
	for (size_t i = 0; i < c->failover_count; i++) {
		lost += c->failovers[i].lost;
		offered += c->failovers[i].offered;
	}
	return available(lost, offered);
}

uint64_t
report_under_way(const struct sim_clients *c)
{
	uint64_t over = c->answered + c->given_up + c->unanswered;

	return c->requests > over ? c->requests - over : 0;
}

double
report_sum(const struct sim_case *c, enum report_outcome outcome)
{
	double sum = NAN;

	for (size_t i = 0; i < c->failover_count; i++) {
		double of = report_outcome(&c->failovers[i], outcome);
		if (!isnan(of))
			sum = isnan(sum) ? of : sum + of;
	}
	return sum;
}

/* --- response times ------------------------------------------------------- */

static uint64_t
answers_of(const struct sim_clients *c)
{
	uint64_t count = 0;

	for (uint32_t i = 0; c->response != NULL && i < SIM_TIME_BUCKETS; i++)
		count += c->response[i];
	return count;
}

/* Those of a bucket are taken to lie evenly in it. */
static double
quantile(const uint64_t *response, uint64_t count, double q)
{
	double rank = fmax(ceil(q * (double)count), 1), before = 0;
	uint32_t i = 0;

	while (i + 1 < SIM_TIME_BUCKETS && before + (double)response[i] < rank)
		before += (double)response[i++];
	double low = (double)sim_bucket_time(i);
	double high = i + 1 < SIM_TIME_BUCKETS ? (double)sim_bucket_time(i + 1)
					       : (double)UINT64_MAX;
	return (low + (high - low) * (rank - before) / (double)response[i]) /
	       NS_PER_S;
}

double
report_response_quantile(const struct sim_clients *c, double q)
{
	uint64_t count = answers_of(c);

	return count > 0 ? quantile(c->response, count, q) : NAN;
}

struct report_response
report_response_of(const struct sim_clients *c)
{
	uint64_t count = answers_of(c);

	if (count == 0)
		return (struct report_response){ NAN, NAN, NAN, NAN, NAN };
	return (struct report_response){
		.mean = (double)c->response_ns / (double)count / NS_PER_S,
		.p50 = quantile(c->response, count, 0.5),
		.p90 = quantile(c->response, count, 0.9),
		.p99 = quantile(c->response, count, 0.99),
		.max = quantile(c->response, count, 1),
	};
}

/* --- replications --------------------------------------------------------- */

size_t
report_replications(const struct sim_record *record)
{
	return record->case_count == 0
		   ? 1
		   : 1 + record->replica_count / record->case_count;
}

const struct sim_case *
report_replica(
    const struct sim_record *record, size_t replication, size_t of_case)
{
	return replication == 0
		   ? &record->cases[of_case]
		   : &record->replicas[(replication - 1) * record->case_count +
				       of_case];
}

static bool
is_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

bool
report_faults_agree(const struct sim_record *record, size_t of_case)
{
	const struct sim_case *first = &record->cases[of_case];

	for (size_t r = 1; r < report_replications(record); r++) {
		const struct sim_case *c = report_replica(record, r, of_case);
		if (c->failover_count != first->failover_count)
			return false;
		for (size_t i = 0; i < c->failover_count; i++)
			if (!is_text(c->failovers[i].fault,
				first->failovers[i].fault) ||
			    !is_text(c->failovers[i].member,
				first->failovers[i].member))
				return false;
	}
	return true;
}

/* Means of replications, which are independent of each other; the values of
 * one are not. */
struct means {
	double sum, squares;
	size_t count;
};

static void
add_mean(struct means *m, double sum, size_t count)
{
	if (count == 0)
		return;
	double mean = sum / (double)count;
	m->sum += mean;
	m->squares += mean * mean;
	m->count++;
}

/* most: the values are from 0 to that, and so is what is said of them. */
static void
finish_mean(struct report_spread *s, const struct means *m, double most)
{
	double n = (double)m->count;

	s->interval = (struct report_range){ NAN, NAN };
	s->mean = m->count > 0 ? m->sum / n : NAN;
	if (m->count < 2)
		return;
	/* rounding may leave less than nothing */
	double variance = fmax(m->squares - n * s->mean * s->mean, 0) / (n - 1);
	double reach = gsl_cdf_tdist_Pinv(TAIL, n - 1) * sqrt(variance / n);
	s->interval = (struct report_range){ fmax(s->mean - reach, 0),
		fmin(s->mean + reach, most) };
}

/* Every value below or at it: the least such. */
static double
sorted_quantile(const double *values, size_t n, double q)
{
	double rank = fmax(ceil(q * (double)n - 1e-9), 1);

	return n > 0 ? values[(size_t)rank - 1] : NAN;
}

static void
finish_values(struct report_spread *s)
{
	gsl_sort(s->values, 1, s->n);
	s->min = sorted_quantile(s->values, s->n, 0);
	s->p50 = sorted_quantile(s->values, s->n, 0.5);
	s->p90 = sorted_quantile(s->values, s->n, 0.9);
	s->p99 = sorted_quantile(s->values, s->n, 0.99);
	s->max = sorted_quantile(s->values, s->n, 1);
}

int
report_spread_make(struct report_spread *s, const struct sim_record *record,
    size_t of_case, size_t fault, enum report_outcome outcome)
{
	size_t replications = report_replications(record), room = 1;
	struct means means = { 0 };

	*s = (struct report_spread){ 0 };
	for (size_t r = 0; r < replications; r++)
		room += fault == REPORT_ALL_FAULTS
			    ? report_replica(record, r, of_case)->failover_count
			    : 1;
	s->values = calloc(room, sizeof(*s->values));
	if (s->values == NULL)
		return -1;
	for (size_t r = 0; r < replications; r++) {
		const struct sim_case *c = report_replica(record, r, of_case);
		bool all = fault == REPORT_ALL_FAULTS;
		size_t before = s->n, end = all ? c->failover_count : fault + 1;
		double sum = 0;
		for (size_t i = all ? 0 : fault; i < end; i++) {
			const struct sim_failover *f = &c->failovers[i];
			double of = report_outcome(f, outcome);
			/* what an operator did is known at once */
			if (isnan(of) || (all && outcome <= REPORT_DETECTED &&
					     !report_is_probed_for(f)))
				continue;
			s->values[s->n++] = of;
			sum += of;
		}
		add_mean(&means, sum, s->n - before);
	}
	finish_mean(s, &means, outcome == REPORT_AVAILABILITY ? 1 : INFINITY);
	finish_values(s);
	return 0;
}

void
report_spread_free(struct report_spread *s)
{
	free(s->values);
	*s = (struct report_spread){ 0 };
}

/* NAN where nothing was carried. */
static double
jain_of(const struct sim_rule *rule, enum report_unit unit, double *load)
{
	double sum = 0;

	for (size_t i = 0; i < rule->backend_count; i++) {
		load[i] = (double)report_backend_load(&rule->backends[i], unit);
		sum += load[i];
	}
	const struct report_fair fair = report_fair(rule);
	size_t n = report_fair_loads(&fair, rule, load);
	return sum > 0 ? report_indices_of(load, n).jain : NAN;
}

int
report_spread_jain(struct report_spread *s, const struct sim_record *record,
    size_t of_case, size_t rule, enum report_unit unit)
{
	size_t replications = report_replications(record), most = 1;
	struct means means = { 0 };

	*s = (struct report_spread){ 0 };
	for (size_t r = 0; r < replications; r++) {
		const struct sim_case *c = report_replica(record, r, of_case);
		if (rule < c->rule_count && c->rules[rule].backend_count > most)
			most = c->rules[rule].backend_count;
	}
	double *load = calloc(most, sizeof(*load));
	s->values = calloc(replications, sizeof(*s->values));
	if (load == NULL || s->values == NULL) {
		free(load);
		return -1;
	}
	for (size_t r = 0; r < replications; r++) {
		const struct sim_case *c = report_replica(record, r, of_case);
		double jain = rule < c->rule_count
				  ? jain_of(&c->rules[rule], unit, load)
				  : NAN;
		if (isnan(jain))
			continue;
		s->values[s->n++] = jain;
		add_mean(&means, jain, 1);
	}
	finish_mean(s, &means, 1);
	finish_values(s);
	free(load);
	return 0;
}

int
report_spread_of(struct report_spread *s, const struct sim_record *record,
    size_t of_case, double (*figure)(const struct sim_case *c, unsigned which),
    unsigned which, double most)
{
	const size_t replications = report_replications(record);
	struct means means = { 0 };

	*s = (struct report_spread){ 0 };
	s->values = calloc(replications, sizeof(*s->values));
	if (s->values == NULL)
		return -1;
	for (size_t r = 0; r < replications; r++) {
		const double value =
		    figure(report_replica(record, r, of_case), which);
		if (isnan(value))
			continue;
		s->values[s->n++] = value;
		add_mean(&means, value, 1);
	}
	finish_mean(s, &means, most);
	finish_values(s);
	return 0;
}

bool
report_fault_is(const struct sim_failover *f, const char *kind)
{
	return f->fault != NULL && strcmp(f->fault, kind) == 0;
}
