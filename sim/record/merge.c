/* SPDX-License-Identifier: MIT */
#include "sim/record/merge.h"

#include <stdlib.h>
#include <string.h>

int
sim_event_order(const void *a, const void *b)
{
	const struct sim_event *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->of_case != y->of_case)
		return x->of_case < y->of_case ? -1 : 1;
	return (x->count > y->count) - (x->count < y->count);
}

/* What is of the whole run is in the first's log already; but who was stopped
 * in a later case was stopped. */
static bool
is_told(const struct sim_record *record, const struct sim_event *event)
{
	return event->of_case == SIM_NO_CASE &&
	       (event->kind != SIM_EVENT_INTERRUPTED || record->interrupted);
}

static int
append_log(struct sim_record *record, struct sim_record *next)
{
	struct sim_event *log = realloc(record->log,
	    (record->log_count + next->log_count + 1) * sizeof(*log));

	if (log == NULL)
		return -1;
	record->log = log;
	for (size_t i = 0; i < next->log_count; i++) {
		struct sim_event *event = &next->log[i];
		if (is_told(record, event))
			continue;
		log[record->log_count] = *event;
		if (event->of_case != SIM_NO_CASE)
			log[record->log_count].of_case +=
			    (uint32_t)record->case_count;
		record->log_count++;
		event->member = event->what = NULL;
	}
	qsort(log, record->log_count, sizeof(*log), sim_event_order);
	return 0;
}

static int
append_cases(struct sim_record *record, struct sim_record *next)
{
	struct sim_case *cases = realloc(record->cases,
	    (record->case_count + next->case_count + 1) * sizeof(*cases));

	if (cases == NULL)
		return -1;
	record->cases = cases;
	memcpy(&cases[record->case_count], next->cases,
	    next->case_count * sizeof(*cases));
	record->case_count += next->case_count;
	next->case_count = 0;
	return 0;
}

int
sim_record_append(struct sim_record *record, struct sim_record *next)
{
	int status = append_log(record, next);

	if (status == 0)
		status = append_cases(record, next);
	record->partial |= next->partial;
	record->interrupted |= next->interrupted;
	record->deterministic &= next->deterministic;
	record->events += next->events;
	if (record->max_pending < next->max_pending)
		record->max_pending = next->max_pending;
	sim_record_free(next);
	return status;
}
