/* SPDX-License-Identifier: MIT */
/* events.jsonl: an object a line, in order of time; what cannot be dated (a
 * file that broke off) has at_s null and stands before the end. */
#include "reports/text/json_build.h"
#include "reports/data/products.h"

#define NS_PER_S 1e9

/* What happened, and what of it is counted (NULL: nothing). */
static const struct {
	const char *name, *counted;
} kinds[] = {
	[SIM_EVENT_START] = { "start", NULL },
	[SIM_EVENT_CLOCK_BACK] = { "clock_ran_back", "packets" },
	[SIM_EVENT_GAP] = { "gaps_shortened", "gaps" },
	[SIM_EVENT_FLOW_LIMIT] = { "flow_limit_reached", "packets_left_out" },
	[SIM_EVENT_TABLE_FULL] = { "table_full", "packets_untracked" },
	[SIM_EVENT_HAIRPIN] = { "hairpin", "packets" },
	[SIM_EVENT_FAULT] = { "fault", NULL },
	[SIM_EVENT_PROBE_FAILED] = { "probe_failed", NULL },
	[SIM_EVENT_MEMBER_DOWN] = { "member_down", NULL },
	[SIM_EVENT_MEMBER_UP] = { "member_up", NULL },
	[SIM_EVENT_ZONE_DOWN] = { "zone_down", NULL },
	[SIM_EVENT_ZONE_UP] = { "zone_up", NULL },
	[SIM_EVENT_INSTANCE_DOWN] = { "instance_down", NULL },
	[SIM_EVENT_INSTANCE_UP] = { "instance_up", NULL },
	/* AZ 9.2 */
	[SIM_EVENT_SNAT_HIGH] = { "HighSnatPortUsage", NULL },
	[SIM_EVENT_SNAT_EXHAUSTED] = { "SnatPortExhaustion", NULL },
	[SIM_EVENT_SNAT_TURN] = { "snat_ports_changed", "flows_cut" },
	[SIM_EVENT_INTERRUPTED] = { "interrupted", NULL },
	[SIM_EVENT_END] = { "end", NULL },
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == SIM_EVENT_COUNT,
    "every event has a name");

static const char *
what_name(enum sim_event_kind kind)
{
	switch (kind) {
	case SIM_EVENT_FAULT:
		return "state";
	case SIM_EVENT_SNAT_HIGH:
	case SIM_EVENT_SNAT_EXHAUSTED:
	case SIM_EVENT_SNAT_TURN:
		return "ports";
	default:
		return "reason";
	}
}

static json_t *
event_json(const struct sim_record *record, const struct sim_event *e)
{
	json_t *o =
	    with(json_object(), "at_s", ratio((double)e->at_ns / NS_PER_S));

	o = with(o, "event", text(kinds[e->kind].name));
	if (e->of_case != SIM_NO_CASE)
		o = with(o, "case", text(record->cases[e->of_case].name));
	if (e->member != NULL)
		o = with(o, "member", text(e->member));
	if (e->what != NULL)
		o = with(o, what_name(e->kind), text(e->what));
	if (kinds[e->kind].counted != NULL)
		o = with(o, kinds[e->kind].counted, whole(e->count));
	if (e->kind == SIM_EVENT_GAP)
		o = with(o, "by_s",
		    ratio((double)record->input.gaps_cut_ns / NS_PER_S));
	if (e->kind == SIM_EVENT_FLOW_LIMIT)
		o = with(o, "max_flows", whole(record->input.max_flows));
	return o;
}

static json_t *
file_json(const struct sim_file *file)
{
	json_t *o = with(json_object(), "at_s", json_null());

	o = with(o, "event",
	    text(file->unreadable ? "input_unreadable" : "input_damaged"));
	o = with(o, "file", text(file->name));
	o = with(o, "error", text(file->error));
	return with(o, "packets", whole(file->packets));
}

/* Writes and frees an object, as a line.  0; -1 with errno. */
static int
put_line(json_t *object, FILE *to)
{
	if (object == NULL) {
		errno = ENOMEM;
		return -1;
	}
	int done = json_dumpf(
	    object, to, JSON_COMPACT | JSON_REAL_PRECISION(JSON_DIGITS));
	json_decref(object);
	return done == 0 && fputc('\n', to) != EOF ? 0 : -1;
}

int
report_events_jsonl(const struct sim_record *record, FILE *to)
{
	const struct sim_input *in = &record->input;
	int done = 0;

	for (size_t i = 0; i < record->log_count && done == 0; i++) {
		const struct sim_event *e = &record->log[i];
		for (size_t f = 0; f < in->file_count && done == 0 &&
				   e->kind == SIM_EVENT_END;
		     f++)
			if (in->files[f].error != NULL)
				done = put_line(file_json(&in->files[f]), to);
		if (done == 0)
			done = put_line(event_json(record, e), to);
	}
	return done;
}
