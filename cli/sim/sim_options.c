/* SPDX-License-Identifier: MIT */
#include "cli/sim/sim_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/cli.h"
#include "cli/common/paper.h"
#include "model/config/numbers.h"
#include "sim/sweep/replicate.h"

static const char help[] =
    "usage: fairlead sim [OPTION...] CAPTURE...\n"
    "       fairlead sim [OPTION...] -s SCENARIO\n"
    "\n"
    "Replays captures (pcap, pcapng; - is standard input), or the traffic "
    "of a\n"
    "scenario, through the load balancer in virtual time and reports how "
    "evenly\n"
    "the backends share it, and what faults did. Without -c every server "
    "address\n"
    "of the captures is balanced over a pool of four, in the three "
    "distribution\n"
    "modes side by side.\n"
    "\n"
    "  -c, --config FILE    the balancer's own configuration (man\n"
    "                       fairlead.yaml)\n"
    "  -s, --scenario FILE  traffic, faults, assertions (man "
    "fairlead-scenario)\n"
    "      --assert EXPR    demand it of the run, like 'jain(all) >= 0.95';\n"
    "                       exit 1 when it does not hold; as often as wanted\n"
    "  -o, --output DIR     where the report goes; else CAPTURE's name, -run\n"
    "      --force          replace a report that is there\n"
    "      --no-report      write none: the table is all\n"
    "      --flows          flows.csv too: each flow, and who carried it\n"
    "      --paper SIZE     of report.pdf: a4 (default) or letter\n"
    "      --json           summary.json on stdout instead of the table\n"
    "  -q, --quiet          no progress\n"
    "\n"
    "What is played:\n"
    "      --modes LIST     five-tuple, source-ip, source-ip-protocol\n"
    "      --algorithms LIST\n"
    "                       maglev, rendezvous, modulo, stable; with "
    "--modes,\n"
    "                       each in each\n"
    "      --set KEY=VALUE  in all of them: distribution, algorithm, "
    "pool.size,\n"
    "                       table_size, hash_key, duration, warm_up, "
    "instances,\n"
    "                       replications, precision\n" CLI_REPLAY_HELP
    "      --duration TIME  end then, however long the captures are\n"
    "      --hash-key HEX   32 digits; else the configuration's, or a fixed "
    "one\n"
    "      --seed N         what is drawn at random is drawn from (default "
    "1)\n"
    "\n"
    "How sure it is:\n"
    "      --replications N\n"
    "                       all of it N times under other draws: hash keys "
    "that\n"
    "                       nobody named, phases of probes, arrivals\n"
    "      --precision P    replications until half the 95 % interval of "
    "the\n"
    "                       time to detect (else of the evenness) is below "
    "P,\n"
    "                       like 5%, of it; at most 1000, or so many as "
    "said\n"
    "      --workers N      play so many replications at once (default: one "
    "a\n"
    "                       processor); the result is the same\n"
    "\n"
    "Examples:\n"
    "  fairlead sim coap.pcap\n"
    "  fairlead sim --backends 8 --modes five-tuple,source-ip web.pcapng\n"
    "  fairlead sim -c lb.yaml --vip auto -o trial monday.pcap tuesday.pcap\n"
    "  fairlead sim --assert 'max_share.bytes(all) <= 30%' coap.pcap\n"
    "  fairlead sim -c lb.yaml -s nightly.yaml\n"
    "  fairlead sim -c lb.yaml -s nightly.yaml --precision 5%\n"
    "  fairlead sim --algorithms maglev,stable --replications 30 coap.pcap\n"
    "  tcpdump -c 100000 -w - | fairlead sim --json --no-report -\n"
    "\n"
    "Exit codes: 0 done, 1 an assertion failed, 2 usage or configuration, 3 "
    "no\n"
    "input was readable, 4 some input was not, 5 the machine refused, 130\n"
    "interrupted.\n";

enum {
	OPTION_MODES = CLI_REPLAY_OPTION_END,
	OPTION_HASH_KEY,
	OPTION_FLOWS,
	OPTION_PAPER,
	OPTION_ASSERT,
	OPTION_ALGORITHMS,
	OPTION_SET,
	OPTION_DURATION,
	OPTION_REPLICATIONS,
	OPTION_PRECISION,
};

static const struct option options[] = {
	CLI_REPLAY_LONG_OPTIONS,
	{ "modes", required_argument, NULL, OPTION_MODES },
	{ "hash-key", required_argument, NULL, OPTION_HASH_KEY },
	{ "flows", no_argument, NULL, OPTION_FLOWS },
	{ "paper", required_argument, NULL, OPTION_PAPER },
	{ "assert", required_argument, NULL, OPTION_ASSERT },
	{ "algorithms", required_argument, NULL, OPTION_ALGORITHMS },
	{ "set", required_argument, NULL, OPTION_SET },
	{ "duration", required_argument, NULL, OPTION_DURATION },
	{ "replications", required_argument, NULL, OPTION_REPLICATIONS },
	{ "precision", required_argument, NULL, OPTION_PRECISION },
	{ NULL, 0, NULL, 0 },
};

/* The bit of what getopt_long() returned; 0: it is no option of the table. */
static uint64_t
returned_bit(int option)
{
	for (int i = 0; options[i].name != NULL; i++)
		if (options[i].val == option)
			return UINT64_C(1) << i;
	return 0;
}

/* Its bit among those given; 0: no option. */
static uint64_t
option_bit(const char *name)
{
	for (int i = 0; options[i].name != NULL; i++)
		if (strcmp(options[i].name, name) == 0)
			return UINT64_C(1) << i;
	return 0;
}

bool
sim_options_given(const struct sim_options *o, const char *name)
{
	return (o->given & option_bit(name)) != 0;
}

void
sim_options_give(struct sim_options *o, const char *name)
{
	o->given |= option_bit(name);
}

_Static_assert(SIM_REPLICATIONS_MAX == LB_REPLICATIONS_MAX,
    "scenarios may ask for as many");

/* --- values -------------------------------------------------------------- */

int
sim_replications_read(struct sim_options *o, const char *text)
{
	uint64_t count;

	if (!cli_number(text, SIM_REPLICATIONS_MAX, &count) || count == 0)
		return cli_usage("sim",
		    "--replications wants a number from 1 to %u, not \"%s\"",
		    SIM_REPLICATIONS_MAX, text);
	o->replications = (uint32_t)count;
	return 0;
}

/* "5%", "0.05" */
int
sim_precision_read(struct sim_options *o, const char *text)
{
	size_t bytes = strlen(text);
	const bool percent = bytes > 0 && text[bytes - 1] == '%';
	char number[32];
	uint64_t part = 0;

	(void)snprintf(number, sizeof(number), "%.*s",
	    (int)(percent ? bytes - 1 : bytes), text);
	if (bytes < sizeof(number) && lb_millionths_of_text(number, &part) &&
	    percent)
		part /= 100;
	if (part == 0 || part >= LB_SCENE_ONE)
		return cli_usage("sim",
		    "--precision wants a part of the mean, like 5%% or 0.05, "
		    "not \"%s\"",
		    text);
	o->precision_millionths = part;
	return 0;
}

int
sim_duration_read(struct sim_options *o, const char *text)
{
	uint64_t ms;

	if (!lb_duration_of_text(text, &ms) || ms == 0)
		return cli_usage("sim",
		    "--duration wants a time, like 500ms, 30s, 10m or 1h, not "
		    "\"%s\"",
		    text);
	o->duration_ms = ms;
	return 0;
}

int
sim_hash_key_read(struct sim_options *o, const char *text)
{
	o->hash_key_set = true;
	if (cli_hash_key(text, o->hash_key))
		return 0;
	return cli_usage(
	    "sim", "--hash-key wants 32 hexadecimal digits, not \"%s\"", text);
}

static int
read_paper(struct sim_options *o, const char *text)
{
	if (cli_paper(text, &o->paper))
		return 0;
	return cli_usage("sim", "--paper wants a4 or letter, not \"%s\"", text);
}

/* Of what decides which cases there are, and how often they are played. */
static int
read_set_option(struct sim_options *o, int option, const char *text)
{
	switch (option) {
	case OPTION_MODES:
		return cli_modes_read("sim", text, &o->modes);
	case OPTION_ALGORITHMS:
		return cli_algorithms_read("sim", text, &o->algorithms);
	case OPTION_SET:
		return sim_set_read(o, text);
	case OPTION_DURATION:
		return sim_duration_read(o, text);
	case OPTION_REPLICATIONS:
		return sim_replications_read(o, text);
	default:
		return sim_precision_read(o, text);
	}
}

static int
read_option(struct sim_options *o, int option, char **argv)
{
	switch (option) {
	case 'h':
		(void)fputs(help, stdout);
		return 1;
	case OPTION_ASSERT:
		return cli_assertions_add("sim", &o->assertions, optarg);
	case OPTION_FLOWS:
		o->flows = true;
		return 0;
	case OPTION_HASH_KEY:
		return sim_hash_key_read(o, optarg);
	case OPTION_PAPER:
		return read_paper(o, optarg);
	case OPTION_MODES:
	case OPTION_ALGORITHMS:
	case OPTION_SET:
	case OPTION_DURATION:
	case OPTION_REPLICATIONS:
	case OPTION_PRECISION:
		return read_set_option(o, option, optarg);
	default:
		return replay_option_read(
		    "sim", &o->replay, option, optarg, argv);
	}
}

/* What a scenario says of how it is played. */
static void
take_settings(struct sim_options *o, const struct lb_scenario *s)
{
	if (!sim_options_given(o, "modes"))
		o->modes = cli_modes_of_bits(s->modes);
	if (!sim_options_given(o, "algorithms"))
		o->algorithms = cli_algorithms_of_bits(s->algorithms);
	if (!sim_options_given(o, "replications"))
		o->replications = s->replications;
	if (!sim_options_given(o, "precision"))
		o->precision_millionths = s->precision_millionths;
	o->scene = s->scene;
}

static int
take_scenario(struct sim_options *o, const struct lb_scenario *s)
{
	int status = CLI_DONE;

	take_settings(o, s);
	for (size_t i = 0; i < s->assertion_count && status == CLI_DONE; i++)
		status = cli_assertions_take(
		    "sim", &o->assertions, &s->assertions[i]);
	return status;
}

/* What the command line says of the scene. */
static void
set_scene(struct sim_options *o)
{
	if (o->duration_ms != 0)
		o->scene.duration_ms = o->duration_ms;
	if (o->warm_up_set)
		o->scene.warm_up_ms = o->warm_up_ms;
	if (o->instances != 0)
		o->scene.instances = o->instances;
}

static int
check_backends(const struct sim_options *o)
{
	if (!sim_options_given(o, "backends") ||
	    sim_grid_largest(&o->in_cases.grid, SIM_VARY_POOL_SIZE) == 0)
		return 0;
	return cli_usage(
	    "sim", "--backends and --set pool.size are the same; take one");
}

/* Without -c the pool is made to measure. */
static void
set_backends(struct sim_options *o)
{
	uint32_t size = sim_grid_largest(&o->in_cases.grid, SIM_VARY_POOL_SIZE);

	if (size > 0)
		o->replay.common.backend_count = size;
}

/* What no single option shows. */
static int
check_together(const struct sim_options *o)
{
	if (!o->replay.report && o->flows)
		return cli_usage("sim",
		    "--no-report writes nothing: there is no use for --flows");
	if (o->precision_millionths != 0 && o->replications != 0 &&
	    o->replications < SIM_REPLICATIONS_LEAST)
		return cli_usage("sim",
		    "--precision takes %u replications at the least, and %u "
		    "are all it may take",
		    SIM_REPLICATIONS_LEAST, o->replications);
	if (o->scene.duration_ms != 0 &&
	    o->scene.warm_up_ms >= o->scene.duration_ms)
		return cli_usage("sim",
		    "the warm-up, %ju ms, is not shorter than the run, %ju ms",
		    (uintmax_t)o->scene.warm_up_ms,
		    (uintmax_t)o->scene.duration_ms);
	return 0;
}

int
sim_options_read(struct sim_options *o, int argc, char **argv)
{
	int option, status;

	*o = (struct sim_options){ .replay = replay_options_default(),
		.scene = lb_scene_defaults() };
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, CLI_REPLAY_SHORT_OPTIONS,
		    options, NULL)) != -1) {
		status = read_option(o, option, argv);
		if (status != 0)
			return status;
		o->given |= returned_bit(option);
	}
	status = replay_options_captures("sim", &o->replay, argc, argv);
	if (status == 0 && o->replay.scenario.read != NULL)
		status = take_scenario(o, o->replay.scenario.read);
	set_scene(o);
	if (status == 0)
		status = check_backends(o);
	if (status == 0)
		status = replay_options_end("sim", &o->replay);
	if (status == 0 && o->replay.config == NULL)
		set_backends(o);
	if (status == 0)
		status = check_together(o);
	if (status != 0)
		return status;
	if (o->modes.count == 0 && o->replay.config == NULL)
		o->modes = cli_modes_all();
	return 0;
}

void
sim_options_free(struct sim_options *o)
{
	replay_options_free(&o->replay);
	cli_assertions_free(&o->assertions);
	sim_grid_free(&o->in_cases.grid);
	free(o->set);
}
