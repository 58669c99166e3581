/* SPDX-License-Identifier: MIT */
/* What inspect prints, as a JSON document: names in it stay. */
#include "reports/report.h"
#include "reports/inspect/advice.h"
#include "reports/text/json_build.h"

#define SCHEMA   1
#define NS_PER_S 1e9

/* A time or a port that nobody knows is null. */
static json_t *
time_json(uint64_t ns, bool known)
{
	char iso[REPORT_TEXT_BYTES];

	return known ? text(report_time_iso(iso, ns)) : json_null();
}

static json_t *
port_json(uint16_t port)
{
	return port != 0 ? whole(port) : json_null();
}

static json_t *
interface_json(const struct sim_survey_interface *i)
{
	json_t *o = with(json_object(), "name", text_or_null(i->name));
	o = with(o, "link_type", whole((uint64_t)i->link_type));
	o = with(o, "link", text_or_null(i->link));
	o = with(
	    o, "snaplen", i->snaplen > 0 ? whole(i->snaplen) : json_null());
	o = with(o, "units_per_s", whole(i->units_per_s));
	return with(o, "packets", whole(i->packets));
}

static json_t *
file_json(const struct sim_file *file, const struct sim_survey_file *seen)
{
	json_t *interfaces = json_array();
	const char *order = seen->big_endian ? "big-endian" : "little-endian";
	bool timed = file->packets > 0;

	for (size_t i = 0; i < seen->interface_count; i++)
		interfaces =
		    with_item(interfaces, interface_json(&seen->interfaces[i]));
	json_t *o = with(json_object(), "name", text(file->name));
	o = with(o, "error", text_or_null(file->error));
	o = with(o, "damaged_at",
	    file->damaged_at == UINT64_MAX ? json_null()
					   : whole(file->damaged_at));
	o = with(o, "format", text_or_null(seen->format));
	o = with(
	    o, "byte_order", seen->format != NULL ? text(order) : json_null());
	o = with(o, "packing", text_or_null(seen->packing));
	o = with(o, "interfaces", interfaces);
	o = with(o, "packets", whole(file->packets));
	o = with(o, "first", time_json(seen->first_ns, timed));
	return with(o, "last", time_json(seen->last_ns, timed));
}

static json_t *
input_json(const struct sim_survey *s)
{
	const struct sim_input *in = &s->input;
	const bool timed = in->packets > 0;
	json_t *files = json_array();

	for (size_t i = 0; i < in->file_count; i++)
		files =
		    with_item(files, file_json(&in->files[i], &s->files[i]));

	json_t *skipped = with(json_object(), "not_ip", whole(in->not_ip));
	skipped = with(skipped, "truncated", whole(in->truncated));
	skipped = with(skipped, "malformed", whole(in->malformed));
	skipped = with(skipped, "other_protocol", whole(in->other_protocol));
	skipped = with(skipped, "icmp", whole(in->icmp));

	json_t *gap =
	    with(json_object(), "seconds", ratio((double)s->gap_ns / NS_PER_S));
	gap = with(gap, "after", time_json(s->gap_from_ns, s->gap_ns > 0));

	json_t *o = with(json_object(), "files", files);
	o = with(o, "packets", whole(in->packets));
	o = with(o, "first", time_json(s->first_ns, timed));
	o = with(o, "last", time_json(s->last_ns, timed));
	o = with(o, "duration_s",
	    ratio((double)(s->last_ns - s->first_ns) / NS_PER_S));
	o = with(o, "longest_gap", gap);
	o = with(o, "backwards", whole(in->backwards));
	o = with(o, "cut", whole(s->cut));
	o = with(o, "fragments", whole(s->fragments));
	return with(o, "skipped", skipped);
}

static json_t *
flows_json(const struct sim_survey *s)
{
	json_t *role_by = with(json_object(), "syn", whole(s->role_syn));
	role_by = with(role_by, "port", whole(s->role_port));
	role_by = with(role_by, "first", whole(s->role_first));

	json_t *control = json_array();
	for (size_t i = 0; i < s->split_count; i++) {
		json_t *c =
		    with(json_object(), "protocol", text(s->splits[i].name));
		c = with(c, "port", whole(s->splits[i].port));
		control = with_item(
		    control, with(c, "flows", whole(s->splits[i].flows)));
	}
	json_t *o = with(json_object(), "vip", text_or_null(s->vip));
	o = with(o, "reverse", json_boolean(s->reverse));
	o = with(o, "flows", whole(s->flows));
	o = with(o, "tcp", whole(s->tcp_flows));
	o = with(o, "udp", whole(s->flows - s->tcp_flows));
	o = with(o, "packets", whole(s->packets));
	o = with(o, "bytes", whole(s->bytes));
	o = with(o, "role_by", role_by);
	o = with(o, "only_client", whole(s->only_client));
	o = with(o, "only_server", whole(s->only_server));
	o = with(o, "half_open", whole(s->half_open));
	o = with(o, "unanswered", whole(s->unanswered));
	o = with(o, "pauses", whole(s->pauses));
	return with(o, "control_channels", control);
}

static json_t *
servers_json(const struct sim_survey *s)
{
	json_t *top = json_array();

	for (size_t i = 0; i < s->server_count && i < SIM_SURVEY_TOP; i++) {
		const struct sim_survey_end *e = &s->servers[i];
		json_t *o = with(json_object(), "address", text(e->address));
		o = with(o, "port", port_json(e->port));
		o = with(o, "protocol", text_or_null(e->proto));
		o = with(o, "flows", whole(e->flows));
		o = with(o, "packets", whole(e->packets));
		top = with_item(top, with(o, "bytes", whole(e->bytes)));
	}
	json_t *o = with(json_object(), "count", whole(s->server_count));
	return with(o, "busiest", top);
}

static json_t *
key_json(const struct sim_survey_key *key)
{
	json_t *o = with(json_object(), "client", text(key->client));
	o = with(o, "client_port", port_json(key->client_port));
	o = with(o, "server", text_or_null(key->server));
	o = with(o, "server_port", port_json(key->server_port));
	o = with(o, "protocol", text_or_null(key->proto));
	o = with(o, "flows", whole(key->weight.flows));
	o = with(o, "packets", whole(key->weight.packets));
	return with(o, "bytes", whole(key->weight.bytes));
}

static json_t *
mode_json(const struct sim_survey_mode *mode, const double alike[],
    const double jain[])
{
	json_t *equal = json_object(), *predicted = json_object();
	json_t *heaviest = json_array();

	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++) {
		const char *unit = report_unit_name(u);
		equal = with(equal, unit, ratio(alike[u]));
		predicted = with(predicted, unit, ratio(jain[u]));
	}
	for (size_t i = 0; i < mode->top_count; i++)
		heaviest = with_item(heaviest, key_json(&mode->top[i]));
	json_t *o = with(json_object(), "name", text(mode->name));
	o = with(o, "keys", whole(mode->key_count));
	o = with(o, "equal_keys", equal);
	o = with(o, "predicted_jain", predicted);
	return with(o, "heaviest", heaviest);
}

static json_t *
note_json(const struct report_note *note, const char *about)
{
	json_t *o = with(json_object(), about, text(note->about));
	return with(o, "text", text(note->text));
}

static json_t *
advice_json(const struct report_advice *advice)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < advice->note_count; i++)
		notes = with_item(notes, note_json(&advice->notes[i], "about"));
	json_t *o = with(json_object(), "mode", text_or_null(advice->mode));
	o = with(o, "why", text(advice->why.about));
	o = with(o, "text", text(advice->why.text));
	return with(o, "notes", notes);
}

int
report_inspect_json(const struct sim_survey *s, size_t backends, FILE *to)
{
	struct report_prospect prospect;
	struct report_advice advice;
	json_t *modes = json_array();

	report_prospect(s, backends, &prospect);
	if (report_advise(s, &prospect, &advice) != 0) {
		json_decref(modes);
		return json_write(NULL, to);
	}
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++)
		modes =
		    with_item(modes, mode_json(&s->modes[m], prospect.alike[m],
					 prospect.jain[m]));
	json_t *o = with(json_object(), "fairlead", text(s->version));
	o = with(o, "schema", whole(SCHEMA));
	o = with(o, "partial", json_boolean(s->partial));
	o = with(o, "interrupted", json_boolean(s->interrupted));
	o = with(o, "input", input_json(s));
	o = with(o, "traffic", flows_json(s));
	o = with(o, "servers", servers_json(s));
	o = with(o, "backends", whole(backends));
	o = with(o, "modes", modes);
	o = with(o, "advice", advice_json(&advice));
	report_advice_free(&advice);
	return json_write(o, to);
}
