/* SPDX-License-Identifier: MIT */
#include "cli/sim_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/captures.h"
#include "cli/cli.h"
#include "model/names.h"
#include "model/numbers.h"

#define SEED_DEFAULT 1u

static const char help[] =
    "usage: fairlead sim [OPTION...] CAPTURE...\n"
    "\n"
    "Replays captures (pcap, pcapng; - is standard input) through the load\n"
    "balancer in virtual time and reports how evenly the backends share the\n"
    "traffic. Without -c every server address of the captures is balanced "
    "over\n"
    "a pool of four, in the three distribution modes side by side.\n"
    "\n"
    "  -c, --config FILE    the balancer's own configuration (man\n"
    "                       fairlead.yaml)\n"
    "  -s, --scenario FILE  captures to play and assertions to hold (man\n"
    "                       fairlead-scenario)\n"
    "      --assert EXPR    demand it of the run, like 'jain(all) >= 0.95';\n"
    "                       exit 1 when it does not hold; as often as wanted\n"
    "  -o, --output DIR     where the report goes; else CAPTURE's name, -run\n"
    "      --force          replace a report that is there\n"
    "      --no-report      write none: the table is all\n"
    "      --flows          flows.csv too: each flow, and who carried it\n"
    "      --json           summary.json on stdout instead of the table\n"
    "  -q, --quiet          no progress\n"
    "\n"
    "What is played:\n"
    "      --modes LIST     five-tuple, source-ip, source-ip-protocol\n"
    "      --backends N     members of the pool, without -c (default 4)\n"
    "      --vip ADDR[:PORT]|auto\n"
    "                       this server's flows only, auto: the server with\n"
    "                       most; with -c they are played to the frontend\n"
    "      --reverse        the captured servers are the clients\n"
    "      --filter EXPR    only packets that match, as for tcpdump\n"
    "      --max-gap TIME   a longer silence passes as this one (30s, 1h)\n"
    "      --speed FACTOR   the captures' time runs that much faster\n"
    "      --loop N         all of it N times, with other clients each time\n"
    "      --max-flows N    leave out flows beyond N (default 16777216)\n"
    "      --hash-key HEX   32 digits; else the configuration's, or a fixed "
    "one\n"
    "      --seed N         noted in the report; a replay draws nothing\n"
    "\n"
    "Examples:\n"
    "  fairlead sim coap.pcap\n"
    "  fairlead sim --backends 8 --modes five-tuple,source-ip web.pcapng\n"
    "  fairlead sim -c lb.yaml --vip auto -o trial monday.pcap tuesday.pcap\n"
    "  fairlead sim --assert 'max_share.bytes(all) <= 30%' coap.pcap\n"
    "  fairlead sim -c lb.yaml -s nightly.yaml\n"
    "  tcpdump -c 100000 -w - | fairlead sim --json --no-report -\n"
    "\n"
    "Exit codes: 0 done, 1 an assertion failed, 2 usage or configuration, 3 "
    "no\n"
    "input was readable, 4 some input was not, 5 the machine refused, 130\n"
    "interrupted.\n";

enum {
	OPTION_FORCE = 256,
	OPTION_NO_REPORT,
	OPTION_JSON,
	OPTION_MODES,
	OPTION_BACKENDS,
	OPTION_VIP,
	OPTION_REVERSE,
	OPTION_FILTER,
	OPTION_HASH_KEY,
	OPTION_SEED,
	OPTION_FLOWS,
	OPTION_LOOP,
	OPTION_SPEED,
	OPTION_MAX_GAP,
	OPTION_MAX_FLOWS,
	OPTION_ASSERT,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "scenario", required_argument, NULL, 's' },
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "no-report", no_argument, NULL, OPTION_NO_REPORT },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "modes", required_argument, NULL, OPTION_MODES },
	{ "backends", required_argument, NULL, OPTION_BACKENDS },
	{ "vip", required_argument, NULL, OPTION_VIP },
	{ "reverse", no_argument, NULL, OPTION_REVERSE },
	{ "filter", required_argument, NULL, OPTION_FILTER },
	{ "hash-key", required_argument, NULL, OPTION_HASH_KEY },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "flows", no_argument, NULL, OPTION_FLOWS },
	{ "loop", required_argument, NULL, OPTION_LOOP },
	{ "speed", required_argument, NULL, OPTION_SPEED },
	{ "max-gap", required_argument, NULL, OPTION_MAX_GAP },
	{ "max-flows", required_argument, NULL, OPTION_MAX_FLOWS },
	{ "assert", required_argument, NULL, OPTION_ASSERT },
	{ NULL, 0, NULL, 0 },
};

/* Which row of the table, by what getopt_long() returns; -1: none. */
static int
option_row(int option)
{
	for (int i = 0; options[i].name != NULL; i++)
		if (options[i].val == option)
			return i;
	return -1;
}

bool
sim_options_given(const struct sim_options *o, const char *name)
{
	for (int i = 0; options[i].name != NULL; i++)
		if (strcmp(options[i].name, name) == 0)
			return (o->given >> i & 1) != 0;
	return false;
}

static bool
port_read(const char *text, uint16_t *port)
{
	uint64_t value;

	if (!cli_number(text, UINT16_MAX, &value) || value == 0)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool
sim_vip_read(const char *text, struct sim_vip *vip)
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

static int
read_backends(struct sim_options *o, const char *text)
{
	return cli_backends_read("sim", text, &o->backend_count);
}

static int
read_modes(struct sim_options *o, const char *text)
{
	return cli_modes_read("sim", text, &o->modes);
}

static int
read_vip(struct sim_options *o, const char *text)
{
	if (sim_vip_read(text, &o->vip))
		return 0;
	return cli_usage("sim",
	    "--vip wants ADDR, ADDR:PORT, [ADDR]:PORT or auto, not \"%s\"",
	    text);
}

static int
read_hash_key(struct sim_options *o, const char *text)
{
	o->hash_key_set = true;
	if (cli_hash_key(text, o->hash_key))
		return 0;
	return cli_usage(
	    "sim", "--hash-key wants 32 hexadecimal digits, not \"%s\"", text);
}

static int
read_seed(struct sim_options *o, const char *text)
{
	if (cli_number(text, UINT64_MAX, &o->seed))
		return 0;
	return cli_usage(
	    "sim", "--seed wants a whole number, not \"%s\"", text);
}

static int
read_loop(struct sim_options *o, const char *text)
{
	uint64_t count;

	if (!cli_number(text, SIM_LOOP_MAX, &count) || count == 0)
		return cli_usage("sim",
		    "--loop wants a number from 1 to %u, not \"%s\"",
		    SIM_LOOP_MAX, text);
	o->loop = (uint32_t)count;
	return 0;
}

static int
read_speed(struct sim_options *o, const char *text)
{
	uint64_t speed;

	if (!lb_millionths_of_text(text, &speed) || speed == 0 ||
	    speed > SIM_SPEED_ONE * SIM_SPEED_ONE)
		return cli_usage("sim",
		    "--speed wants a factor from 0.000001 to 1000000, like 2 "
		    "or 0.5, not \"%s\"",
		    text);
	o->speed_millionths = speed;
	return 0;
}

static int
read_max_gap(struct sim_options *o, const char *text)
{
	uint64_t ms;

	if (!lb_duration_of_text(text, &ms) || ms == 0)
		return cli_usage("sim",
		    "--max-gap wants a time, like 500ms, 30s, 10m or 1h, not "
		    "\"%s\"",
		    text);
	o->longest_gap_ns = ms * LB_NS_PER_MS;
	return 0;
}

static int
read_max_flows(struct sim_options *o, const char *text)
{
	uint64_t count;

	if (!cli_number(text, SIM_FLOWS_MAX, &count) || count == 0)
		return cli_usage("sim",
		    "--max-flows wants a number from 1 to %u, not \"%s\"",
		    SIM_FLOWS_MAX, text);
	o->max_flows = (uint32_t)count;
	return 0;
}

static int
read_assert(struct sim_options *o, const char *text)
{
	return cli_assertions_add("sim", &o->assertions, text);
}

/* The options that have a value to check. */
static const struct {
	int option;
	int (*read)(struct sim_options *o, const char *text);
} readers[] = {
	{ OPTION_ASSERT, read_assert },
	{ OPTION_BACKENDS, read_backends },
	{ OPTION_HASH_KEY, read_hash_key },
	{ OPTION_LOOP, read_loop },
	{ OPTION_MAX_FLOWS, read_max_flows },
	{ OPTION_MAX_GAP, read_max_gap },
	{ OPTION_MODES, read_modes },
	{ OPTION_SEED, read_seed },
	{ OPTION_SPEED, read_speed },
	{ OPTION_VIP, read_vip },
};

static int
read_value(struct sim_options *o, int option, const char *value)
{
	for (size_t i = 0; i < LB_COUNT(readers); i++)
		if (readers[i].option == option)
			return readers[i].read(o, value);
	return cli_usage("sim", "option %d is not read", option);
}

static int
read_option(struct sim_options *o, int option, char **argv)
{
	switch (option) {
	case 'c':
		o->config = optarg;
		return 0;
	case 's':
		o->scenario_path = optarg;
		return 0;
	case 'o':
		o->out_dir = optarg;
		return *optarg != '\0'
			   ? 0
			   : cli_usage(
				 "sim", "-o wants the name of a directory");
	case 'q':
		o->quiet = true;
		return 0;
	case 'h':
		(void)fputs(help, stdout);
		return 1;
	case OPTION_FORCE:
		o->force = true;
		return 0;
	case OPTION_NO_REPORT:
		o->report = false;
		return 0;
	case OPTION_JSON:
		o->json = true;
		return 0;
	case OPTION_FLOWS:
		o->flows = true;
		return 0;
	case OPTION_REVERSE:
		o->reverse = true;
		return 0;
	case OPTION_FILTER:
		o->filter = optarg;
		return 0;
	case '?':
	case ':':
		return cli_bad_option("sim", option, argv);
	default:
		return read_value(o, option, optarg);
	}
}

/* Where the command line says nothing, the scenario does. */
static int
read_scenario(struct sim_options *o)
{
	int status = cli_scenario_load("sim", o->scenario_path, &o->scenario);
	struct lb_scenario *s = o->scenario.read;

	if (status != CLI_DONE)
		return status;
	if (o->capture_count == 0) {
		o->captures = (const char *const *)o->scenario.captures;
		o->capture_count = s->capture_count;
	}
	if (!sim_options_given(o, "seed") && s->seed_set)
		o->seed = s->seed;
	if (!sim_options_given(o, "speed"))
		o->speed_millionths = s->speed_millionths;
	if (!sim_options_given(o, "loop"))
		o->loop = s->loop;
	for (size_t i = 0; i < s->assertion_count && status == CLI_DONE; i++)
		status = cli_assertions_take(
		    "sim", &o->assertions, &s->assertions[i]);
	return status;
}

/* What no single option shows. */
static int
check_together(const struct sim_options *o, bool backends_given)
{
	size_t stdin_count = 0;

	if (o->capture_count == 0)
		return cli_usage("sim", "there is no capture to replay");
	for (size_t i = 0; i < o->capture_count; i++)
		stdin_count += strcmp(o->captures[i], "-") == 0;
	if (o->config != NULL && strcmp(o->config, "-") == 0)
		stdin_count++;
	if (o->scenario_path != NULL && strcmp(o->scenario_path, "-") == 0)
		stdin_count++;
	if (stdin_count > 1)
		return cli_usage("sim", "- can stand for one file only");
	if (o->config != NULL && backends_given)
		return cli_usage("sim",
		    "--backends is for runs without -c: a configuration "
		    "names its members");
	if (!o->report && (o->out_dir != NULL || o->force || o->flows))
		return cli_usage("sim",
		    "--no-report writes nothing: there is no use for %s",
		    o->out_dir != NULL ? "-o"
		    : o->force         ? "--force"
				       : "--flows");
	return 0;
}

int
sim_options_read(struct sim_options *o, int argc, char **argv)
{
	int option, status;

	*o = (struct sim_options){ .seed = SEED_DEFAULT, .report = true };
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":c:s:o:qh", options, NULL)) !=
	       -1) {
		status = read_option(o, option, argv);
		if (status != 0)
			return status;
		o->given |= UINT64_C(1) << option_row(option);
	}
	o->captures = (const char *const *)argv + optind;
	o->capture_count = (size_t)(argc - optind);
	status = o->scenario_path != NULL ? read_scenario(o) : 0;
	if (status != 0)
		return status;
	status = check_together(o, o->backend_count != 0);
	if (status != 0)
		return status;
	if (o->backend_count == 0)
		o->backend_count = CLI_BACKENDS_DEFAULT;
	if (o->modes.count == 0 && o->config == NULL)
		o->modes = cli_modes_all();
	return 0;
}

void
sim_options_free(struct sim_options *o)
{
	cli_scenario_free(&o->scenario);
	cli_assertions_free(&o->assertions);
}
