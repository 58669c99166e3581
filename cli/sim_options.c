/* SPDX-License-Identifier: MIT */
#include "cli/sim_options.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/paper.h"

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
    "      --paper SIZE     of report.pdf: a4 (default) or letter\n"
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
	OPTION_MODES = CLI_REPLAY_OPTION_END,
	OPTION_HASH_KEY,
	OPTION_FLOWS,
	OPTION_PAPER,
	OPTION_ASSERT,
};

static const struct option options[] = {
	CLI_REPLAY_LONG_OPTIONS,
	{ "scenario", required_argument, NULL, 's' },
	{ "modes", required_argument, NULL, OPTION_MODES },
	{ "hash-key", required_argument, NULL, OPTION_HASH_KEY },
	{ "flows", no_argument, NULL, OPTION_FLOWS },
	{ "paper", required_argument, NULL, OPTION_PAPER },
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
read_paper(struct sim_options *o, const char *text)
{
	if (cli_paper(text, &o->paper))
		return 0;
	return cli_usage("sim", "--paper wants a4 or letter, not \"%s\"", text);
}

static int
read_option(struct sim_options *o, int option, char **argv)
{
	switch (option) {
	case 's':
		o->scenario_path = optarg;
		return 0;
	case 'h':
		(void)fputs(help, stdout);
		return 1;
	case OPTION_ASSERT:
		return cli_assertions_add("sim", &o->assertions, optarg);
	case OPTION_FLOWS:
		o->flows = true;
		return 0;
	case OPTION_MODES:
		return cli_modes_read("sim", optarg, &o->modes);
	case OPTION_HASH_KEY:
		return read_hash_key(o, optarg);
	case OPTION_PAPER:
		return read_paper(o, optarg);
	default:
		return replay_option_read(
		    "sim", &o->replay, option, optarg, argv);
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
	if (o->replay.capture_count == 0) {
		o->replay.captures = (const char *const *)o->scenario.captures;
		o->replay.capture_count = s->capture_count;
	}
	if (!sim_options_given(o, "seed") && s->seed_set)
		o->replay.seed = s->seed;
	if (!sim_options_given(o, "speed"))
		o->replay.speed_millionths = s->speed_millionths;
	if (!sim_options_given(o, "loop"))
		o->replay.loop = s->loop;
	for (size_t i = 0; i < s->assertion_count && status == CLI_DONE; i++)
		status = cli_assertions_take(
		    "sim", &o->assertions, &s->assertions[i]);
	return status;
}

int
sim_options_read(struct sim_options *o, int argc, char **argv)
{
	int option, status;

	*o = (struct sim_options){ .replay = replay_options_default() };
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv,
		    CLI_REPLAY_SHORT_OPTIONS "s:", options, NULL)) != -1) {
		status = read_option(o, option, argv);
		if (status != 0)
			return status;
		o->given |= UINT64_C(1) << option_row(option);
	}
	replay_options_captures(&o->replay, argc, argv);
	status = o->scenario_path != NULL ? read_scenario(o) : 0;
	if (status == 0)
		status =
		    replay_options_end("sim", &o->replay, o->scenario_path);
	if (status != 0)
		return status;
	if (!o->replay.report && o->flows)
		return cli_usage("sim",
		    "--no-report writes nothing: there is no use for --flows");
	if (o->modes.count == 0 && o->replay.config == NULL)
		o->modes = cli_modes_all();
	return 0;
}

void
sim_options_free(struct sim_options *o)
{
	cli_scenario_free(&o->scenario);
	cli_assertions_free(&o->assertions);
}
