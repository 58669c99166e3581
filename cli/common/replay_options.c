/* SPDX-License-Identifier: MIT */
#include "cli/common/replay_options.h"

#include <string.h>

#include "cli/common/captures.h"
#include "cli/common/cli.h"
#include "model/config/addr_kind.h"
#include "model/config/names.h"
#include "model/config/numbers.h"

#define SEED_DEFAULT 1u

/* Who reads, for messages, and into what. */
struct reading {
	const char *command;
	struct replay_options *o;
};

static bool
port_read(const char *text, uint16_t *port)
{
	uint64_t value;

	if (!cli_number(text, UINT16_MAX, &value) || value == 0)
		return false;
	*port = (uint16_t)value;
	return true;
}

static bool
vip_of_text(const char *text, struct sim_vip *vip)
{
	char addr[64];
	const char *port = NULL;
	size_t bytes = strlen(text);

	*vip = (struct sim_vip){ .kind = SIM_VIP_AUTO };
	if (strcmp(text, "auto") == 0)
		return true;
	vip->kind = SIM_VIP_ADDRESS;
	if (text[0] == '[') {
		const char *end = strchr(++text, ']');
		if (end == NULL || (end[1] != ':' && end[1] != '\0'))
			return false;
		bytes = (size_t)(end - text);
		port = end[1] == ':' ? end + 2 : NULL;
	} else {
		const char *colon = strchr(text, ':');
		if (colon != NULL && strchr(colon + 1, ':') == NULL) {
			bytes = (size_t)(colon - text);
			port = colon + 1;
		}
	}
	if (bytes >= sizeof(addr))
		return false;
	memcpy(addr, text, bytes);
	addr[bytes] = '\0';
	return lb_addr_of_text(addr, &vip->addr) &&
	       (port == NULL || port_read(port, &vip->port));
}

/* Multicast and broadcast are: captures have servers there. */
static bool
is_nobody(const struct sim_vip *vip)
{
	return vip->kind == SIM_VIP_ADDRESS &&
	       lb_addr_kind(&vip->addr) == LB_ADDR_UNSPECIFIED;
}

int
cli_vip_read(const char *command, const char *text, struct sim_vip *vip)
{
	if (vip_of_text(text, vip) && !is_nobody(vip))
		return 0;
	return cli_usage(command,
	    "--vip wants ADDR, ADDR:PORT, [ADDR]:PORT or auto, not \"%s\"",
	    text);
}

static int
read_vip(const struct reading *r, const char *text)
{
	return cli_vip_read(r->command, text, &r->o->vip);
}

static int
read_workers(const struct reading *r, const char *text)
{
	return cli_workers_read(r->command, text, &r->o->workers);
}

static int
read_seed(const struct reading *r, const char *text)
{
	r->o->seed_given = true;
	if (cli_number(text, UINT64_MAX, &r->o->seed))
		return 0;
	return cli_usage(
	    r->command, "--seed wants a whole number, not \"%s\"", text);
}

static int
read_loop(const struct reading *r, const char *text)
{
	uint64_t count;

	if (!cli_number(text, SIM_LOOP_MAX, &count) || count == 0)
		return cli_usage(r->command,
		    "--loop wants a number from 1 to %u, not \"%s\"",
		    SIM_LOOP_MAX, text);
	r->o->loop = (uint32_t)count;
	return 0;
}

static int
read_speed(const struct reading *r, const char *text)
{
	uint64_t speed;

	if (!lb_millionths_of_text(text, &speed) || speed == 0 ||
	    speed > SIM_SPEED_ONE * SIM_SPEED_ONE)
		return cli_usage(r->command,
		    "--speed wants a factor from 0.000001 to 1000000, like 2 "
		    "or 0.5, not \"%s\"",
		    text);
	r->o->speed_millionths = speed;
	return 0;
}

static int
read_max_gap(const struct reading *r, const char *text)
{
	uint64_t ms;

	if (!lb_duration_of_text(text, &ms) || ms == 0)
		return cli_usage(r->command,
		    "--max-gap wants a time, like 500ms, 30s, 10m or 1h, not "
		    "\"%s\"",
		    text);
	r->o->longest_gap_ns = ms * LB_NS_PER_MS;
	return 0;
}

static int
read_max_flows(const struct reading *r, const char *text)
{
	uint64_t count;

	if (!cli_number(text, SIM_FLOWS_MAX, &count) || count == 0)
		return cli_usage(r->command,
		    "--max-flows wants a number from 1 to %u, not \"%s\"",
		    SIM_FLOWS_MAX, text);
	r->o->max_flows = (uint32_t)count;
	return 0;
}

/* The options that have a value to check. */
static const struct {
	int option;
	int (*read)(const struct reading *r, const char *text);
} readers[] = {
	{ CLI_REPLAY_LOOP, read_loop },
	{ CLI_REPLAY_MAX_FLOWS, read_max_flows },
	{ CLI_REPLAY_MAX_GAP, read_max_gap },
	{ CLI_REPLAY_SEED, read_seed },
	{ CLI_REPLAY_SPEED, read_speed },
	{ CLI_REPLAY_VIP, read_vip },
	{ CLI_REPLAY_WORKERS, read_workers },
};

static int
read_value(const struct reading *r, int option, const char *value, char **argv)
{
	for (size_t i = 0; i < LB_COUNT(readers); i++)
		if (readers[i].option == option)
			return readers[i].read(r, value);
	return capture_option_read(
	    r->command, &r->o->common, option, value, argv);
}

struct replay_options
replay_options_default(void)
{
	return (struct replay_options){ .seed = SEED_DEFAULT, .report = true };
}

int
replay_option_read(const char *command, struct replay_options *o, int option,
    const char *value, char **argv)
{
	const struct reading r = { command, o };

	switch (option) {
	case 'c':
		o->config = value;
		return 0;
	case 'o':
		o->out_dir = value;
		return *value != '\0' ? 0
				      : cli_usage(command,
					    "-o wants the name of a directory");
	case 's':
		o->scenario_path = value;
		return 0;
	case CLI_REPLAY_FORCE:
		o->force = true;
		return 0;
	case CLI_REPLAY_NO_REPORT:
		o->report = false;
		return 0;
	case CLI_REPLAY_REVERSE:
		o->reverse = true;
		return 0;
	case CLI_REPLAY_OUTBOUND:
		o->outbound = value;
		return 0;
	default:
		return read_value(&r, option, value, argv);
	}
}

/* What no single option shows. */
static int
check_together(const char *command, const struct replay_options *o)
{
	if (o->common.count == 0 && !o->needs_no_capture)
		return cli_usage(command, "there is no capture to replay");
	if (capture_options_one_stdin(
		command, &o->common, o->config, o->scenario_path) != 0)
		return CLI_USAGE;
	if (o->outbound != NULL && o->config == NULL)
		return cli_usage(command,
		    "--outbound wants a configuration, -c: it says who members "
		    "are, and how many SNAT ports they have");
	if (o->outbound != NULL && o->needs_no_capture)
		return cli_usage(command,
		    "--outbound is for captures alone: a scenario's own "
		    "traffic leaves by from_pool");
	if (o->config != NULL && o->common.backend_count != 0)
		return cli_usage(command,
		    "--backends is for runs without -c: a configuration "
		    "names its members");
	if (!o->report && (o->out_dir != NULL || o->force))
		return cli_usage(command,
		    "--no-report writes nothing: there is no use for %s",
		    o->out_dir != NULL ? "-o" : "--force");
	return 0;
}

/* Where the command line says nothing. */
static void
take_scenario(struct replay_options *o, const struct lb_scenario *s)
{
	if (o->common.count == 0) {
		o->common.paths = (const char *const *)o->scenario.captures;
		o->common.count = s->capture_count;
	}
	if (o->config == NULL)
		o->config = o->scenario.config;
	if (!o->seed_given && s->seed_set)
		o->seed = s->seed;
	if (o->speed_millionths == 0)
		o->speed_millionths = s->speed_millionths;
	if (o->loop == 0)
		o->loop = s->loop;
	o->needs_no_capture = s->scene.traffic_count > 0;
}

int
replay_options_captures(
    const char *command, struct replay_options *o, int argc, char **argv)
{
	int status;

	capture_options_paths(&o->common, argc, argv);
	if (o->scenario_path == NULL)
		return CLI_DONE;
	status = cli_scenario_load(command, o->scenario_path, &o->scenario);
	if (status == CLI_DONE)
		take_scenario(o, o->scenario.read);
	return status;
}

int
replay_options_end(const char *command, struct replay_options *o)
{
	int status = check_together(command, o);

	if (o->common.backend_count == 0)
		o->common.backend_count = CLI_BACKENDS_DEFAULT;
	return status;
}

void
replay_options_free(struct replay_options *o)
{
	cli_scenario_free(&o->scenario);
}

struct sim_settings
replay_settings(const struct replay_options *o)
{
	return (struct sim_settings){
		.paths = o->common.paths,
		.path_count = o->common.count,
		.filter = o->common.filter,
		.together = o->config == NULL,
		.reverse = o->reverse,
		.vip = o->vip,
		.loop = o->loop,
		.speed_millionths = o->speed_millionths,
		.longest_gap_ns = o->longest_gap_ns,
		.max_flows = o->max_flows,
		.seed = o->seed,
	};
}
