/* SPDX-License-Identifier: MIT */
/* What run.json says that was asked: every option that has a say in the
 * result, as it would be written, defaults too. */
#include <stdio.h>
#include <string.h>

#include "cli/sim/sim_options.h"
#include "model/config/names.h"

#define VALUE_BYTES 128

static int
set(struct sim_record *record, const struct sim_options *o, const char *name,
    enum sim_setting_kind kind, const char *value)
{
	return sim_record_set(
	    record, name, kind, value, sim_options_given(o, name));
}

static int
set_bool(struct sim_record *record, const struct sim_options *o,
    const char *name, bool value)
{
	return set(record, o, name, SIM_SETTING_BOOL, value ? "true" : "false");
}

static int
set_number(struct sim_record *record, const struct sim_options *o,
    const char *name, uint64_t value)
{
	char text[VALUE_BYTES];

	(void)snprintf(text, sizeof(text), "%ju", (uintmax_t)value);
	return set(record, o, name, SIM_SETTING_NUMBER, text);
}

/* Millionths as "2", "0.5". */
static void
number_text(char text[VALUE_BYTES], uint64_t millionths)
{
	int end = snprintf(text, VALUE_BYTES, "%ju.%06ju",
	    (uintmax_t)(millionths / SIM_SPEED_ONE),
	    (uintmax_t)(millionths % SIM_SPEED_ONE));

	while (text[end - 1] == '0')
		text[--end] = '\0';
	if (text[end - 1] == '.')
		text[--end] = '\0';
}

static int
set_speed(struct sim_record *record, const struct sim_options *o)
{
	char text[VALUE_BYTES];

	number_text(text, o->replay.speed_millionths != 0
			      ? o->replay.speed_millionths
			      : SIM_SPEED_ONE);
	return set(record, o, "speed", SIM_SETTING_NUMBER, text);
}

static int
set_max_gap(struct sim_record *record, const struct sim_options *o)
{
	char text[VALUE_BYTES];

	(void)snprintf(text, sizeof(text), "%jums",
	    (uintmax_t)(o->replay.longest_gap_ns / LB_NS_PER_MS));
	return set(record, o, "max-gap", SIM_SETTING_TEXT,
	    o->replay.longest_gap_ns != 0 ? text : NULL);
}

static int
set_modes(struct sim_record *record, const struct sim_options *o)
{
	char text[VALUE_BYTES] = "";

	for (size_t i = 0; i < o->modes.count; i++) {
		size_t used = strlen(text);
		(void)snprintf(text + used, sizeof(text) - used, "%s%s",
		    i > 0 ? "," : "", lb_mode_name(o->modes.at[i]));
	}
	return set(record, o, "modes", SIM_SETTING_TEXT,
	    o->modes.count > 0 ? text : NULL);
}

static int
set_algorithms(struct sim_record *record, const struct sim_options *o)
{
	char text[VALUE_BYTES] = "";

	for (size_t i = 0; i < o->algorithms.count; i++) {
		size_t used = strlen(text);
		(void)snprintf(text + used, sizeof(text) - used, "%s%s",
		    i > 0 ? "," : "", lb_algorithm_name(o->algorithms.at[i]));
	}
	return set(record, o, "algorithms", SIM_SETTING_TEXT,
	    o->algorithms.count > 0 ? text : NULL);
}

static int
set_duration(struct sim_record *record, const struct sim_options *o)
{
	char text[VALUE_BYTES];

	(void)snprintf(
	    text, sizeof(text), "%jums", (uintmax_t)o->scene.duration_ms);
	return set(record, o, "duration", SIM_SETTING_TEXT,
	    o->scene.duration_ms != 0 ? text : NULL);
}

/* As asked for; how many there were says the record. */
static int
set_replications(struct sim_record *record, const struct sim_options *o)
{
	char count[VALUE_BYTES], precision[VALUE_BYTES];

	(void)snprintf(count, sizeof(count), "%u", o->replications);
	number_text(precision, o->precision_millionths);
	if (set(record, o, "replications", SIM_SETTING_NUMBER,
		o->replications != 0 ? count : NULL) != 0)
		return -1;
	return set(record, o, "precision", SIM_SETTING_NUMBER,
	    o->precision_millionths != 0 ? precision : NULL);
}

static int
set_vip(struct sim_record *record, const struct sim_options *o)
{
	char addr[46], text[VALUE_BYTES] = "auto";

	if (o->replay.vip.kind == SIM_VIP_ADDRESS) {
		(void)lb_addr_text(&o->replay.vip.addr, addr, sizeof(addr));
		bool six = strchr(addr, ':') != NULL && o->replay.vip.port != 0;
		int end = snprintf(text, sizeof(text), "%s%s%s", six ? "[" : "",
		    addr, six ? "]" : "");
		if (o->replay.vip.port != 0)
			(void)snprintf(text + end, sizeof(text) - (size_t)end,
			    ":%u", o->replay.vip.port);
	}
	return set(record, o, "vip", SIM_SETTING_TEXT,
	    o->replay.vip.kind != SIM_VIP_ANY ? text : NULL);
}

/* Its name is that of whoever has the same file: without its folder. */
static int
set_file(struct sim_record *record, const struct sim_options *o,
    const char *name, const char *path)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;

	return set(record, o, name, SIM_SETTING_TEXT,
	    slash != NULL ? slash + 1 : path);
}

static int
set_hash_key(struct sim_record *record, const struct sim_options *o)
{
	char hex[LB_HASH_KEY_TEXT];

	return set(record, o, "hash-key", SIM_SETTING_TEXT,
	    o->hash_key_set ? lb_hash_key_text(o->hash_key, hex) : NULL);
}

static int
set_backends(struct sim_record *record, const struct sim_options *o)
{
	if (o->replay.config != NULL) /* it names them */
		return set(record, o, "backends", SIM_SETTING_NUMBER, NULL);
	return set_number(
	    record, o, "backends", o->replay.common.backend_count);
}

int
sim_settings_note(const struct sim_options *o, struct sim_record *record)
{
	record->command = strdup("sim");
	if (record->command == NULL ||
	    set_file(record, o, "config", o->replay.config) != 0 ||
	    set_file(record, o, "scenario", o->replay.scenario_path) != 0 ||
	    set_modes(record, o) != 0 || set_algorithms(record, o) != 0 ||
	    set(record, o, "set", SIM_SETTING_TEXT, o->set) != 0 ||
	    set_backends(record, o) != 0 || set_vip(record, o) != 0 ||
	    set_bool(record, o, "reverse", o->replay.reverse) != 0 ||
	    set(record, o, "outbound", SIM_SETTING_TEXT, o->replay.outbound) !=
		0 ||
	    set(record, o, "filter", SIM_SETTING_TEXT,
		o->replay.common.filter) != 0 ||
	    set_max_gap(record, o) != 0 || set_speed(record, o) != 0 ||
	    set_number(record, o, "loop",
		o->replay.loop != 0 ? o->replay.loop : 1) != 0 ||
	    set_number(record, o, "max-flows", record->input.max_flows) != 0 ||
	    set_duration(record, o) != 0 || set_hash_key(record, o) != 0 ||
	    set_replications(record, o) != 0 ||
	    set_number(record, o, "seed", o->replay.seed) != 0 ||
	    set_bool(record, o, "flows", o->flows) != 0 ||
	    set(record, o, "paper", SIM_SETTING_TEXT,
		o->paper == REPORT_LETTER ? "letter" : "a4") != 0)
		return -1;
	return 0;
}
