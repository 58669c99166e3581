/* SPDX-License-Identifier: MIT */
#include "tests/reports/wreck.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
#define SOONEST  (5 * NS_PER_S)
#define LATEST   (10 * NS_PER_S)

static void *
room(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);
	if (p == NULL)
		abort();
	return p;
}

static const char *
kind_of(const struct wreck_spec *spec, size_t index)
{
	static const char *const kinds[] = { "crashed", "deaf", "admin-down",
		"hanging", "slow", "refusing", "flapping", "http-error" };

	return spec->kind != NULL
		   ? spec->kind
		   : kinds[index % (sizeof(kinds) / sizeof(kinds[0]))];
}

static struct sim_failover
draw_failover(const struct sim_record *record, const struct wreck_spec *spec,
    size_t index, uint64_t *state)
{
	const struct sim_rule *rule = &record->cases[0].rules[0];
	const char *kind = kind_of(spec, index);
	double at = spec->first + (double)index * spec->apart;
	bool unseen = strcmp(kind, "deaf") == 0 || strcmp(kind, "slow") == 0;
	bool by_hand = strcmp(kind, "admin-down") == 0;
	uint64_t found = SOONEST + sample_below(state, LATEST - SOONEST);
	struct sim_failover f = {
		.fault = sample_copy(kind),
		.member = sample_copy(
		    rule->backends[index % rule->backend_count].name),
		.at_ns = (uint64_t)(at * (double)record->input.duration_ns),
		.failed_ns = unseen || by_hand ? SIM_NO_TIME : found - SOONEST,
		.detected_ns = unseen    ? SIM_NO_TIME
			       : by_hand ? 0
					 : found,
		.rerouted_ns = unseen ? SIM_NO_TIME
				      : (by_hand ? 0 : found) + NS_PER_S / 10,
		.restored_ns =
		    unseen || index % 5 == 4 ? SIM_NO_TIME : 45 * NS_PER_S,
		.moved = 12 + index,
		.needless = index % 3,
		.broken = by_hand ? 0 : 3,
		.lost = by_hand ? 0 : 41 + sample_below(state, 40),
		.soonest_ns = unseen || by_hand ? SIM_NO_TIME : SOONEST,
		.latest_ns = unseen || by_hand ? SIM_NO_TIME : LATEST,
		.offered = 1200,
		.window_ns = 60 * NS_PER_S,
	};
	if (spec->has_clients) {
		f.requests = 800;
		f.retries = 22;
		f.given_up = by_hand ? 0 : 7;
	}
	return f;
}

/* In the pieces of time until it was noticed. */
static void
do_harm(const struct sim_record *record, struct sim_case *c,
    const struct sim_failover *f, bool has_clients)
{
	uint64_t until =
	    f->at_ns +
	    (f->detected_ns != SIM_NO_TIME ? f->detected_ns : 30 * NS_PER_S);

	for (size_t bin = (size_t)(f->at_ns / record->bin_ns);
	     bin < c->harm_count && bin * record->bin_ns <= until; bin++) {
		c->harms[bin].lost += 5 + (uint32_t)bin % 4;
		c->harms[bin].broken += bin % 3 == 0;
		if (has_clients)
			c->harms[bin].retries += 2 + (uint32_t)bin % 2;
	}
}

/* While it is out, others have its share. */
static void
take_over(const struct sim_record *record, struct sim_rule *rule,
    const struct sim_failover *f, size_t member)
{
	size_t n = rule->backend_count;
	uint64_t from = f->at_ns + f->detected_ns, to = f->at_ns;

	if (f->detected_ns == SIM_NO_TIME || n < 2)
		return;
	to += f->restored_ns != SIM_NO_TIME ? f->restored_ns
					    : record->input.duration_ns;
	for (size_t bin = 0; bin < record->bin_count; bin++) {
		struct sim_slice *at = &rule->slices[bin * n];
		struct sim_slice *heir = &at[(member + 1) % n];
		if (bin * record->bin_ns < from || bin * record->bin_ns >= to)
			continue;
		heir->bytes += at[member].bytes;
		heir->flows += at[member].flows;
		heir->packets += at[member].packets;
		at[member] = (struct sim_slice){ 0 };
	}
}

static void
meet_clients(struct sim_case *c, uint64_t *state)
{
	c->clients = (struct sim_clients){
		.sessions = 900,
		.requests = 8000,
		.answered = 7950,
		.retries = 120,
		.given_up = 50,
		.response = room(SIM_TIME_BUCKETS, sizeof(uint64_t)),
	};
	for (size_t i = 0; i < c->clients.answered; i++) {
		double ms = 41 * pow(sample_uniform(state), -0.6);
		uint64_t ns = (uint64_t)(ms * 1e6);
		c->clients.response[sim_time_bucket(ns)]++;
		c->clients.response_ns += ns;
	}
}

static void
share_out(struct sim_case *c, size_t index)
{
	c->instances = room(3, sizeof(*c->instances));
	c->instance_count = 3;
	c->rehomed = 300;
	c->rehomed_moved = 10 + 80 * index;
	c->rehomed_broken = 3 + 40 * index;
}

static void
befall(const struct sim_record *record, struct sim_case *c,
    const struct wreck_spec *spec, uint64_t seed)
{
	c->failovers = room(spec->faults, sizeof(*c->failovers));
	c->failover_count = spec->faults;
	for (size_t i = 0; i < spec->faults; i++)
		c->failovers[i] = draw_failover(record, spec, i, &seed);
}

void
wreck_record(struct sim_record *record, const struct wreck_spec *spec)
{
	for (size_t i = 0; i < record->case_count; i++) {
		struct sim_case *c = &record->cases[i];
		uint64_t state = 100 + i;
		befall(record, c, spec, i == 2 ? 7 : 7 + i);
		c->harm_count = record->bin_count;
		c->harms = room(c->harm_count, sizeof(*c->harms));
		for (size_t f = 0; f < c->failover_count; f++) {
			struct sim_rule *rule = &c->rules[0];
			do_harm(record, c, &c->failovers[f], spec->has_clients);
			take_over(record, rule, &c->failovers[f],
			    f % rule->backend_count);
		}
		if (spec->has_clients)
			meet_clients(c, &state);
		if (spec->has_instances)
			share_out(c, i);
	}
	record->synthetic = spec->has_clients;
	record->replications = (uint32_t)spec->replications;
	record->replica_count = (spec->replications - 1) * record->case_count;
	record->replicas =
	    room(record->replica_count, sizeof(*record->replicas));
	for (size_t i = 0; i < record->replica_count; i++)
		befall(record, &record->replicas[i], spec,
		    1000 + i / record->case_count);
}

static void
free_case(struct sim_case *c)
{
	for (size_t i = 0; i < c->failover_count; i++) {
		free(c->failovers[i].fault);
		free(c->failovers[i].member);
	}
	free(c->failovers);
	free(c->harms);
	free(c->clients.response);
	free(c->instances);
}

void
wreck_undo(struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		free_case(&record->cases[i]);
	for (size_t i = 0; i < record->replica_count; i++)
		free_case(&record->replicas[i]);
	free(record->replicas);
}
