/* SPDX-License-Identifier: MIT */
/*
 * What has a time in a run.  What may happen to many packets is one entry: the
 * time of the first and how many there were, so that the log stays short
 * whatever the capture.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/record/merge.h"
#include "sim/faults/outage.h"
#include "sim/replay/run_state.h"

/* Entries of the whole run: start, end, and four that may be. */
#define LOG_OF_RUN 6u
/* Of each case: what it counts packets of. */
#define LOG_OF_CASE 2u

static void
add(struct sim_record *record, enum sim_event_kind kind, uint64_t at_ns,
    uint64_t count)
{
	record->log[record->log_count++] = (struct sim_event){
		.at_ns = at_ns,
		.kind = kind,
		.of_case = SIM_NO_CASE,
		.count = count,
	};
}

/* The first of what may happen to many packets of a case. */
static void
add_of_case(struct sim_record *record, enum sim_event_kind kind, unsigned i,
    uint64_t at_ns, uint64_t count)
{
	if (count == 0)
		return;
	add(record, kind, at_ns, count);
	record->log[record->log_count - 1].of_case = i;
}

/* What happened to a case; faults happen to all alike and are told once. */
static int
add_outage(struct sim_record *record, const struct sim_outage *o, unsigned i)
{
	for (size_t n = 0; n < o->log_count; n++) {
		const struct sim_event *from = &o->log[n];
		bool fault = from->kind == SIM_EVENT_FAULT;
		if (fault && i > 0)
			continue;
		struct sim_event *to = &record->log[record->log_count++];
		*to = *from;
		to->of_case = fault ? SIM_NO_CASE : i;
		to->member = strdup(from->member);
		to->what = strdup(from->what);
		if (to->member == NULL || to->what == NULL)
			return -1;
	}
	return 0;
}

static size_t
case_events(const struct sim_run *run)
{
	size_t count = 0;

	for (unsigned i = 0; i < run->player_count; i++) {
		const struct sim_player *p = run->players[i];
		if (p->outage != NULL)
			count += p->outage->log_count;
		if (p->outbound != NULL)
			count +=
			    p->outbound->log_count + p->outbound->turn_count;
	}
	return count;
}

int
sim_build_log(const struct sim_run *run, struct sim_record *record)
{
	const struct trace_clock *clock = &run->clock;

	record->log = calloc(
	    LOG_OF_RUN + LOG_OF_CASE * run->player_count + case_events(run),
	    sizeof(*record->log));
	if (record->log == NULL)
		return -1;
	add(record, SIM_EVENT_START, 0, 0);
	if (clock->backwards_count > 0)
		add(record, SIM_EVENT_CLOCK_BACK,
		    sim_at_speed(run->settings, clock->first_back_ns),
		    clock->backwards_count);
	if (clock->gap_count > 0)
		add(record, SIM_EVENT_GAP,
		    sim_at_speed(run->settings, clock->first_gap_ns),
		    clock->gap_count);
	if (run->over_limit > 0)
		add(record, SIM_EVENT_FLOW_LIMIT, run->over_limit_first_ns,
		    run->over_limit);
	for (unsigned i = 0; i < run->player_count; i++) {
		const struct sim_player *p = run->players[i];
		if (p->outage != NULL && add_outage(record, p->outage, i) != 0)
			return -1;
		if (sim_build_snat_log(run, i, record) != 0)
			return -1;
		add_of_case(record, SIM_EVENT_TABLE_FULL, i,
		    p->untracked_first_ns, p->untracked);
		add_of_case(record, SIM_EVENT_HAIRPIN, i, p->hairpin_first_ns,
		    p->hairpin_packets);
	}
	if (run->interrupted)
		add(record, SIM_EVENT_INTERRUPTED, run->duration_ns, 0);
	add(record, SIM_EVENT_END, run->duration_ns, 0);
	qsort(record->log, record->log_count, sizeof(*record->log),
	    sim_event_order);
	return 0;
}
