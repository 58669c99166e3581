/* SPDX-License-Identifier: MIT */
/* run.json: what it takes to run this again, and nothing that differs when it
 * is; that is timing.json, where time, host and folders are. */
#include "reports/text/json_build.h"
#include "reports/data/products.h"
#include <string.h>
#include <time.h>

#define SCHEMA   1
#define NS_PER_S 1e9

static json_t *
value_json(const struct sim_setting *setting)
{
	if (setting->value == NULL)
		return json_null();
	if (setting->kind == SIM_SETTING_BOOL)
		return json_boolean(strcmp(setting->value, "true") == 0);
	if (setting->kind == SIM_SETTING_NUMBER) {
		json_t *number =
		    json_loads(setting->value, JSON_DECODE_ANY, NULL);
		if (json_is_number(number))
			return number;
		json_decref(number);
	}
	return text(setting->value);
}

/* "libpcap 1.10.3, nettle 3.8.1" as an object. */
static json_t *
libraries_json(const char *list)
{
	json_t *o = json_object();
	char *copy = strdup(list != NULL ? list : ""), *state = NULL;

	if (copy == NULL) {
		json_decref(o);
		return NULL;
	}
	for (char *one = strtok_r(copy, ",", &state); one != NULL;
	     one = strtok_r(NULL, ",", &state)) {
		one += strspn(one, " ");
		char *version = strchr(one, ' ');
		if (version != NULL)
			*version++ = '\0';
		o = with(o, one, text_or_null(version));
	}
	free(copy);
	return o;
}

static json_t *
hex_json(const uint8_t *bytes, size_t count)
{
	char hex[2 * 16 + 1] = "";

	for (size_t i = 0; i < count; i++)
		report_format(hex + 2 * i, 3, "%02x", bytes[i]);
	return json_string(hex);
}

static json_t *
settings_json(const struct sim_record *record, json_t **given)
{
	json_t *settings = json_object();

	*given = json_array();
	for (size_t i = 0; i < record->setting_count; i++) {
		const struct sim_setting *s = &record->settings[i];
		settings = with(settings, s->name, value_json(s));
		if (s->given)
			*given = with_item(*given, text(s->name));
	}
	return settings;
}

/* As they were given, each of which may be several to check. */
static json_t *
assertions_json(const struct sim_record *record)
{
	json_t *list = json_array();

	for (size_t i = 0; i < record->assertion_count; i++) {
		const struct lb_assertion *a = &record->assertions[i];
		char *shown = lb_assertion_text(a, a->rule, a->case_name);
		list = with_item(list, shown != NULL ? text(shown) : NULL);
		free(shown);
	}
	return list;
}

static json_t *
run_json(const struct sim_record *record)
{
	json_t *cases = json_array(), *inputs = json_array(), *given;
	json_t *settings = settings_json(record, &given);

	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		json_t *o = with(json_object(), "name", text(c->name));
		cases = with_item(
		    cases, with(o, "hash_key",
			       hex_json(c->hash_key, sizeof(c->hash_key))));
	}
	for (size_t i = 0; i < record->input.file_count; i++) {
		const struct sim_file *file = &record->input.files[i];
		json_t *o = with(json_object(), "name", text(file->name));
		inputs = with_item(
		    inputs, with(o, "sha256", text_or_null(file->sha256)));
	}
	json_t *o = with(json_object(), "fairlead", text(record->version));
	o = with(o, "schema", whole(SCHEMA));
	o = with(o, "libraries", libraries_json(record->libraries));
	o = with(o, "command", text_or_null(record->command));
	o = with(o, "seed", whole(record->seed));
	o = with(o, "deterministic", json_boolean(record->deterministic));
	o = with(o, "settings", settings);
	o = with(o, "given", given);
	o = with(o, "cases", cases);
	o = with(o, "inputs", inputs);
	o = with(o, "assertions", assertions_json(record));
	o = with(o, "configuration",
	    record->config != NULL ? text(record->config) : json_null());
	return with(o, "scenario",
	    record->scenario != NULL ? text(record->scenario) : json_null());
}

int
report_run_json(const struct sim_record *record, FILE *to)
{
	return json_write(run_json(record), to);
}

static json_t *
date_json(uint64_t since_1970_s)
{
	char date[REPORT_TEXT_BYTES] = "";
	time_t then = (time_t)since_1970_s;
	struct tm utc;

	if (gmtime_r(&then, &utc) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		return json_null();
	return json_string(date);
}

int
report_timing_json(const struct sim_record *record, FILE *to)
{
	const struct sim_timing *t = record->timing;
	double wall_s = (double)t->wall_ns / NS_PER_S;
	json_t *inputs = json_array();

	for (size_t i = 0; i < record->input.file_count; i++)
		inputs = with_item(inputs, text_or_null(t->inputs[i]));
	json_t *o = with(json_object(), "started_utc", date_json(t->started_s));
	o = with(o, "finished_utc", date_json(t->finished_s));
	o = with(o, "wall_s", ratio(wall_s));
	o = with(o, "cpu_s", ratio((double)t->cpu_ns / NS_PER_S));
	o = with(
	    o, "packets_per_s", ratio((double)record->input.packets / wall_s));
	o = with(o, "times_real_time",
	    ratio((double)record->input.duration_ns / NS_PER_S / wall_s));
	o = with(o, "peak_rss_bytes", whole(t->peak_rss_bytes));
	o = with(o, "workers", whole(t->workers));
	o = with(o, "host", text_or_null(t->host));
	o = with(o, "directory", text_or_null(t->directory));
	o = with(o, "inputs", inputs);
	return json_write(o, to);
}
