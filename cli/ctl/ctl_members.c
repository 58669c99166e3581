/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/ctl/ctl.h"
#include "cli/ctl/ctl_table.h"
#include "reports/text/text.h"

static const char *const heads[] = { "MEMBER", "ADDRESS", "STATE", "PROBE",
	"ANSWER", "AGO", "LATENCY", "SINCE", "FLOWS", "PACKETS IN", "OUT",
	"BYTES IN", "OUT", "NEXT HOP" };

/* Numbers: AGO, LATENCY, SINCE, then FLOWS to the second OUT. */
#define RIGHT 0x1fe0u

/* Seconds of a key, "-" where it is null. */
static void
add_seconds(
    struct ctl_table *t, const json_t *object, const char *key, double scale)
{
	char text[REPORT_TEXT_BYTES];
	const json_t *value = json_object_get(object, key);
	if (json_is_number(value))
		ctl_table_add(t, "%s",
		    report_moment(text, &report_terminal,
			json_number_value(value) * scale));
	else
		ctl_table_add(t, "-");
}

/* What one probe says: PROBE to SINCE. */
static void
add_probe(struct ctl_table *t, const json_t *probe)
{
	if (probe == NULL) {
		for (int i = 0; i < 5; i++)
			ctl_table_add(t, "-");
		return;
	}
	const char *answer = ctl_text(probe, "answer");
	ctl_table_add(
	    t, "%s: %s", ctl_text(probe, "name"), ctl_text(probe, "state"));
	ctl_table_add(t, "%s", *answer != '\0' ? answer : "-");
	add_seconds(t, probe, "answered_s", 1);
	add_seconds(t, probe, "latency_ms", 1e-3);
	add_seconds(t, probe, "since_s", 1);
}

static void
add_traffic(struct ctl_table *t, const json_t *member)
{
	static const char *const keys[] = { "packets_in", "packets_out",
		"bytes_in", "bytes_out" };
	const json_t *traffic = json_object_get(member, "traffic");
	if (json_is_integer(json_object_get(member, "flows")))
		ctl_table_count(t, ctl_count(member, "flows"));
	else
		ctl_table_add(t, "-");
	for (size_t i = 0; i < LB_COUNT(keys); i++)
		if (json_is_object(traffic))
			ctl_table_count(t, ctl_count(traffic, keys[i]));
		else
			ctl_table_add(t, "-");
	ctl_table_add(t, "%s", ctl_is(member, "next_hop") ? "known" : "-");
}

/* The state, and where it is not the file's, whose it is. */
static void
add_state(struct ctl_table *t, const json_t *member)
{
	const char *state = ctl_text(member, "state");
	const char *admin = ctl_text(member, "admin_state");
	if (!ctl_is(member, "draining") && strcmp(admin, "none") != 0)
		ctl_table_add(t, "%s (admin %s)",
		    strcmp(state, "admin") == 0 ? "down" : state, admin);
	else
		ctl_table_add(t, "%s", state);
}

static int
hear_member(void *arg, const char *kind, const json_t *member)
{
	struct ctl_table *t = arg;
	const json_t *probes = json_object_get(member, "probes");
	if (strcmp(kind, "member") != 0)
		return CLI_DONE;
	ctl_table_add(
	    t, "%s/%s", ctl_text(member, "pool"), ctl_text(member, "name"));
	ctl_table_add(t, "%s", ctl_text(member, "address"));
	add_state(t, member);
	add_probe(t, json_array_get(probes, 0));
	add_traffic(t, member);
	for (size_t i = 1; i < json_array_size(probes); i++) {
		for (int c = 0; c < 3; c++)
			ctl_table_add(t, "%s", "");
		add_probe(t, json_array_get(probes, i));
		for (int c = 0; c < 6; c++)
			ctl_table_add(t, "%s", "");
	}
	return CLI_DONE;
}

int
ctl_members(const struct ctl_options *o)
{
	json_t *request = json_pack("{s:s}", "command", "members");
	struct ctl_table table = { heads, LB_COUNT(heads), RIGHT, NULL, 0, 0,
		false };
	if (o->json)
		return ctl_ask_json(o, request, "members");
	int status = ctl_ask(o, request, hear_member, &table);
	if (status == CLI_DONE || table.count > 0)
		status = cli_worse(status, ctl_table_print(&table));
	return cli_worse(status, cli_flush("ctl"));
}
