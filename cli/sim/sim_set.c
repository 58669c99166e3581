/* SPDX-License-Identifier: MIT */
/* --set KEY=VALUE: one setting, by the name that it has in files. */
#include <stdlib.h>
#include <string.h>

#include "cli/sim/sim_options.h"
#include "model/config/numbers.h"

static int
read_modes(struct sim_options *o, const char *text)
{
	return cli_modes_read("sim", text, &o->modes);
}

static int
read_algorithms(struct sim_options *o, const char *text)
{
	return cli_algorithms_read("sim", text, &o->algorithms);
}

/* Not 0, unless it may be. */
static int
read_time(const char *key, const char *text, bool may_be_0, uint64_t *ms)
{
	if (lb_duration_of_text(text, ms) && (may_be_0 || *ms > 0))
		return 0;
	return cli_usage("sim",
	    "--set %s wants a time, like 500ms, 30s or 10m, not \"%s\"", key,
	    text);
}

static int
read_warm_up(struct sim_options *o, const char *text)
{
	o->warm_up_set = true;
	return read_time("warm_up", text, true, &o->warm_up_ms);
}

static int
read_probe_interval(struct sim_options *o, const char *text)
{
	return read_time(
	    "probe.interval", text, false, &o->in_cases.probe_interval_ms);
}

static int
read_idle_timeout(struct sim_options *o, const char *text)
{
	return read_time(
	    "idle_timeout", text, false, &o->in_cases.idle_timeout_ms);
}

/* What is too many the configuration's own check says. */
static int
read_probe_threshold(struct sim_options *o, const char *text)
{
	uint64_t count;

	if (!cli_number(text, UINT16_MAX, &count) || count == 0)
		return cli_usage("sim",
		    "--set probe.threshold wants a number from 1, not \"%s\"",
		    text);
	o->in_cases.probe_threshold = (unsigned)count;
	return 0;
}

static int
read_instances(struct sim_options *o, const char *text)
{
	uint64_t count;

	if (!cli_number(text, LB_INSTANCES_MAX, &count) || count == 0)
		return cli_usage("sim",
		    "--set instances wants a number from 1 to %u, not \"%s\"",
		    LB_INSTANCES_MAX, text);
	o->instances = (unsigned)count;
	return 0;
}

/* What the sweep varies, at one value. */
static int
read_level(struct sim_options *o, const char *setting)
{
	struct sim_grid *grid = &o->in_cases.grid;
	char error[512];

	if (sim_grid_add(grid, setting, error, sizeof(error)) != 0)
		return cli_usage("sim", "--set: %s", error);
	if (grid->point_count == 1)
		return 0;
	return cli_usage("sim",
	    "--set takes one value, and %s has several; fairlead sweep plays "
	    "each",
	    setting);
}

/* The keys that have readers of their own, and the options they are. */
static const struct {
	const char *key, *option;
	int (*read)(struct sim_options *o, const char *text);
} keys[] = {
	{ "distribution", "modes", read_modes },
	{ "algorithm", "algorithms", read_algorithms },
	{ "hash_key", "hash-key", sim_hash_key_read },
	{ "duration", "duration", sim_duration_read },
	{ "replications", "replications", sim_replications_read },
	{ "precision", "precision", sim_precision_read },
	{ "warm_up", "set", read_warm_up },
	{ "instances", "set", read_instances },
	{ "probe.interval", "set", read_probe_interval },
	{ "probe.threshold", "set", read_probe_threshold },
	{ "idle_timeout", "set", read_idle_timeout },
	{ "pool.size", "set", NULL },
	{ "table_size", "set", NULL },
};

static int
read_key(struct sim_options *o, const char *setting, size_t key_bytes)
{
	for (size_t i = 0; i < LB_COUNT(keys); i++) {
		if (strlen(keys[i].key) != key_bytes ||
		    strncmp(keys[i].key, setting, key_bytes) != 0)
			continue;
		sim_options_give(o, keys[i].option);
		return keys[i].read == NULL
			   ? read_level(o, setting)
			   : keys[i].read(o, setting + key_bytes + 1);
	}
	return cli_usage("sim",
	    "--set: there is no key \"%.*s\"; there are distribution, "
	    "algorithm, pool.size, table_size, hash_key, probe.interval, "
	    "probe.threshold, idle_timeout, duration, warm_up, instances, "
	    "replications and precision",
	    (int)key_bytes, setting);
}

/* Behind those that were set before. */
static int
note(struct sim_options *o, const char *setting)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", o->set != NULL ? o->set : "",
		o->set != NULL ? "," : "", setting) < 0) {
		cli_say("sim", "no memory");
		return CLI_REFUSED;
	}
	free(o->set);
	o->set = joined;
	return 0;
}

int
sim_set_read(struct sim_options *o, const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL)
		return cli_usage("sim",
		    "--set: \"%s\" is not KEY=VALUE, like pool.size=8", text);
	int status = read_key(o, text, (size_t)(equals - text));
	return status != 0 ? status : note(o, text);
}
