/* SPDX-License-Identifier: MIT */
/* fairlead gen: the synthetic traffic of a scenario, as a capture. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/captures.h"
#include "cli/common/cases.h"
#include "cli/common/cli.h"
#include "cli/common/progress.h"
#include "cli/common/scenario.h"
#include "sim/clients/payload.h"
#include "traces/frame.h"
#include "traces/writer.h"

static const char help[] =
    "usage: fairlead gen -s SCENARIO -o FILE.pcap [OPTION...]\n"
    "\n"
    "Plays the synthetic traffic of a scenario and writes what passes the\n"
    "balancer's client side as a capture, for tcpdump, wireshark, tcpreplay\n"
    "or fairlead sim itself: Ethernet frames with right checksums, HTTP, DNS\n"
    "and CoAP in them.\n"
    "\n"
    "  -s, --scenario FILE  what is played (man fairlead-scenario); its\n"
    "                       captures are left out\n"
    "  -o, --output FILE    the capture; - is standard output\n"
    "  -c, --config FILE    the balancer's own configuration; else the one\n"
    "                       the scenario names, or four backends\n"
    "      --nanosecond     time stamps in nanoseconds (default: "
    "microseconds,\n"
    "                       which every reader understands)\n"
    "      --seed N         what is drawn is drawn from (default: the\n"
    "                       scenario's, or 1)\n"
    "      --force          replace a file that is there\n"
    "  -q, --quiet          no progress\n"
    "\n"
    "Examples:\n"
    "  fairlead gen -s web.yaml -o web.pcap\n"
    "  fairlead gen -c lb.yaml -s coap.yaml -o - | tcpdump -n -r -\n"
    "\n"
    "Exit codes: 0 done, 2 usage or configuration, 5 the machine refused, 130\n"
    "interrupted. There is no file then, or the one that was there.\n";

enum { OPTION_NANOSECOND = 256, OPTION_SEED, OPTION_FORCE };

static const struct option options[] = {
	{ "scenario", required_argument, NULL, 's' },
	{ "output", required_argument, NULL, 'o' },
	{ "config", required_argument, NULL, 'c' },
	{ "nanosecond", no_argument, NULL, OPTION_NANOSECOND },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct gen_options {
	const char *scenario, *out, *config;
	uint64_t seed;
	bool seed_set, nanosecond, force, quiet, help;
};

static int
read_option(struct gen_options *o, int got, char **argv)
{
	switch (got) {
	case 's':
		o->scenario = optarg;
		return CLI_DONE;
	case 'o':
		o->out = optarg;
		return CLI_DONE;
	case 'c':
		o->config = optarg;
		return CLI_DONE;
	case OPTION_NANOSECOND:
		o->nanosecond = true;
		return CLI_DONE;
	case OPTION_FORCE:
		o->force = true;
		return CLI_DONE;
	case 'q':
		o->quiet = true;
		return CLI_DONE;
	case 'h':
		o->help = true;
		return CLI_DONE;
	case OPTION_SEED:
		o->seed_set = true;
		if (cli_number(optarg, UINT64_MAX, &o->seed))
			return CLI_DONE;
		return cli_usage(
		    "gen", "--seed wants a whole number, not \"%s\"", optarg);
	default:
		return cli_bad_option("gen", got, argv);
	}
}

static int
read_options(int argc, char **argv, struct gen_options *o)
{
	int got, status = CLI_DONE;

	opterr = 0;
	optind = 1;
	while (status == CLI_DONE && (got = getopt_long(argc, argv, ":s:o:c:qh",
					  options, NULL)) != -1)
		status = read_option(o, got, argv);
	if (status != CLI_DONE || o->help)
		return status;
	if (optind < argc)
		return cli_usage("gen",
		    "%s: gen reads no captures; the scenario goes after -s",
		    argv[optind]);
	if (o->scenario == NULL)
		return cli_usage("gen", "nothing to play: -s SCENARIO");
	if (o->out == NULL)
		return cli_usage("gen", "nowhere to write: -o FILE.pcap");
	if (o->config != NULL && strcmp(o->config, "-") == 0 &&
	    strcmp(o->scenario, "-") == 0)
		return cli_usage("gen", "- can stand for one file only");
	return CLI_DONE;
}

/* --- packets to bytes ----------------------------------------------------- */

/* Captures have a date; so has this one, always the same: 2026-01-01. */
#define BEGINS_NS UINT64_C(1767225600000000000)

struct gen {
	struct trace_writer *writer;
	uint64_t packets, bytes;
	uint64_t latest_ns;
	bool failed; /* the file can't be written: nothing more is wanted */
	struct cli_progress progress;
	uint8_t payload[UINT16_MAX + 1];
	uint8_t frame[TRACE_FRAME_BYTES_MAX];
};

static void
write_packet(void *arg, const struct sim_tap *tap)
{
	struct gen *g = arg;

	if (g->failed)
		return;
	lb_assert(tap->at_ns >= g->latest_ns);
	g->latest_ns = tap->at_ns;
	sim_payload(tap, g->payload);
	const uint32_t bytes = trace_frame(tap->pkt,
	    tap->from_client ? TRACE_FROM_CLIENT : TRACE_FROM_SERVER,
	    g->payload, g->frame);
	lb_assert(bytes > 0);
	g->failed = trace_writer_put(g->writer, BEGINS_NS + tap->at_ns,
			g->frame, bytes) != 0;
	g->packets++;
	g->bytes += tap->pkt->ip_bytes;
}

static bool
go_on(void *arg, uint64_t packets, uint64_t bytes_read, uint64_t bytes_total)
{
	struct gen *g = arg;

	return cli_progress_show(
		   &g->progress, packets, bytes_read, bytes_total) &&
	       !g->failed;
}

/* --- the run -------------------------------------------------------------- */

static void
say_done(const struct gen_options *o, const struct gen *g,
    const struct sim_record *record)
{
	FILE *to = strcmp(o->out, "-") == 0 ? stderr : stdout;

	(void)fprintf(to, "%ju packets, %ju flows, %ju bytes of IP, %.3f s\n",
	    (uintmax_t)g->packets, (uintmax_t)record->input.flows,
	    (uintmax_t)g->bytes, (double)g->latest_ns / 1e9);
	(void)fprintf(to, "capture: %s\n", o->out);
}

/* The file as it is, or nothing of it. */
static int
close_file(
    const struct gen_options *o, struct gen *g, const struct sim_record *record)
{
	char error[512];
	const bool whole = record != NULL && !record->interrupted && !g->failed;

	if (trace_writer_close(g->writer, whole, error, sizeof(error)) != 0) {
		cli_say("gen", "%s", error);
		return CLI_REFUSED;
	}
	if (record == NULL)
		return CLI_DONE; /* the run says why */
	if (!whole) {
		cli_say("gen", "interrupted: %s is not written", o->out);
		return CLI_INTERRUPTED;
	}
	say_done(o, g, record);
	return cli_flush("gen");
}

static int
play(const struct gen_options *o, const struct cli_scenario *scenario,
    const struct cli_cases *cases, struct gen *g)
{
	const struct lb_scenario *s = scenario->read;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;
	const struct sim_settings settings = {
		.cases = cases->at,
		.case_count = 1,
		.together = cases->text.path == NULL,
		.scene = &s->scene,
		.faults = s->faults,
		.fault_count = s->fault_count,
		.seed = o->seed_set   ? o->seed
			: s->seed_set ? s->seed
				      : 1,
		.tap = write_packet,
		.tap_arg = g,
		.progress = go_on,
		.progress_arg = g,
	};

	cli_progress_start(&g->progress, o->quiet);
	int status = sim_run(&settings, &record, &trouble);
	cli_progress_end(&g->progress);
	int closed = close_file(o, g, record);
	if (status != SIM_DONE)
		closed =
		    cli_say_trouble("gen", status, &trouble, cases->text.path);
	sim_record_free(record);
	lb_problems_free(&trouble.problems);
	return closed;
}

/* One case: the first that sim would play. */
static int
make_case(const struct gen_options *o, const struct cli_scenario *scenario,
    struct cli_cases *cases)
{
	const struct lb_scenario *s = scenario->read;
	struct cli_case_settings from = {
		.config = o->config != NULL ? o->config : scenario->config,
		.backend_count = CLI_BACKENDS_DEFAULT,
		.modes = cli_modes_of_bits(s->modes),
		.algorithms = cli_algorithms_of_bits(s->algorithms),
	};

	if (from.config == NULL && from.modes.count == 0)
		from.modes = cli_modes_all();
	if (cli_case_count(&from) > 1)
		cli_say("gen", "of several cases the first is played");
	if (from.modes.count > 1)
		from.modes.count = 1;
	if (from.algorithms.count > 1)
		from.algorithms.count = 1;
	return cli_cases_make("gen", &from, cases);
}

static int
generate(const struct gen_options *o, const struct cli_scenario *scenario,
    const struct cli_cases *cases)
{
	char error[512];
	struct gen *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		cli_say("gen", "no memory");
		return CLI_REFUSED;
	}
	cli_interrupt_catch();
	g->writer = trace_writer_open(
	    o->out, o->nanosecond, o->force, error, sizeof(error));
	int status = CLI_REFUSED;
	if (g->writer == NULL)
		cli_say("gen", "%s", error);
	else
		status = play(o, scenario, cases, g);
	free(g);
	return status;
}

/* What members begin does not come from the client side, which is what is
 * written. */
static bool
has_traffic(const struct lb_scene *scene)
{
	for (size_t i = 0; i < scene->traffic_count; i++)
		if (scene->traffic[i].from_pool == NULL)
			return true;
	return false;
}

static int
gen(const struct gen_options *o)
{
	struct cli_scenario scenario;
	struct cli_cases cases = { 0 };
	int status = cli_scenario_load("gen", o->scenario, &scenario);

	if (status == CLI_DONE && !has_traffic(&scenario.read->scene)) {
		cli_say("gen",
		    "%s: it has no synthetic traffic from outside; an entry of "
		    "`traffic` with a `profile` and without `from_pool` is "
		    "some",
		    o->scenario);
		status = CLI_USAGE;
	}
	if (status == CLI_DONE)
		status = make_case(o, &scenario, &cases);
	if (status == CLI_DONE)
		status = cli_scenario_check("gen", &scenario, cases.configs[0],
		    cases.text.path == NULL);
	if (status == CLI_DONE)
		status = generate(o, &scenario, &cases);
	cli_cases_free(&cases);
	cli_scenario_free(&scenario);
	return status;
}

int
gen_main(int argc, char **argv)
{
	struct gen_options o = { 0 };
	int status = read_options(argc, argv, &o);

	if (status != CLI_DONE)
		return status;
	if (o.help) {
		(void)fputs(help, stdout);
		return cli_flush("gen");
	}
	return gen(&o);
}
