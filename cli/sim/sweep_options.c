/* SPDX-License-Identifier: MIT */
#include "cli/sim/sweep_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/cli.h"
#include "sim/sweep/crew.h"

#define MEMORY_MIN (UINT64_C(1) << 20)

static const char help[] =
    "usage: fairlead sweep [OPTION...] [--vary KEY=VALUES]... CAPTURE...\n"
    "       fairlead sweep [OPTION...] [--vary KEY=VALUES]... -s SCENARIO\n"
    "\n"
    "Replays captures under every combination of the settings that are "
    "varied,\n"
    "all in one reading where memory lasts, and says which to choose. "
    "Without\n"
    "--vary: the three distribution modes, under 30 hash keys each.\n"
    "\n"
    "  -c, --config FILE    the configuration that is varied (man\n"
    "                       fairlead.yaml)\n"
    "  -s, --scenario FILE  its traffic and faults, at each point (man\n"
    "                       fairlead-scenario)\n"
    "  -o, --output DIR     where the report goes; else CAPTURE's name, "
    "-sweep\n"
    "      --force          replace a report that is there\n"
    "      --no-report      write none: the table is all\n"
    "      --json           summary.json on stdout instead of the table\n"
    "  -q, --quiet          no progress\n"
    "\n"
    "What is varied (--vary, once for each):\n"
    "      distribution=five-tuple,source-ip,source-ip-protocol\n"
    "      pool.size=2..16  members; with -c the first so many of each pool\n"
    "      algorithm=maglev,rendezvous,modulo,stable\n"
    "      table_size=251,65537\n"
    "                       slots; primes for maglev\n"
    "      hash_key=30      so many keys, drawn from the seed: what error "
    "bars\n"
    "                       are made of; or keys of 32 digits\n"
    "      replication=10   so many times, with other arrivals of a "
    "scenario's\n"
    "                       clients: what error bars are made of\n"
    "  of the configuration's outbound rules, and then the answer is how "
    "many\n"
    "  SNAT ports a member needs:\n"
    "      ports_per_member=512..2048..256\n"
    "                       in eights; the third number is the step\n"
    "      outbound.idle_timeout=4m,10m,30m\n"
    "      outbound.frontends=1,2\n"
    "                       their first so many\n"
    "\n"
    "What is played:\n" CLI_REPLAY_HELP
    "      --seed N         what hash keys are drawn from (default 1)\n"
    "      --memory SIZE    use no more, like 500M or 2G, and read the input\n"
    "                       more often (default: half of the machine's)\n"
    "      --workers N      play so many points of a scenario with clients "
    "at\n"
    "                       once (default: one a processor)\n"
    "\n"
    "Examples:\n"
    "  fairlead sweep coap.pcap\n"
    "  fairlead sweep --vary pool.size=2..16 --vary hash_key=30 web.pcapng\n"
    "  fairlead sweep -c lb.yaml --vary algorithm=maglev,modulo \\\n"
    "      --vary table_size=251,65537 --vary hash_key=100 monday.pcap\n"
    "  fairlead sweep -s web.yaml --vary algorithm=maglev,stable\n"
    "  fairlead sweep -s calls.yaml --vary ports_per_member=512..2048..256 "
    "\\\n"
    "      --vary replication=10\n"
    "\n"
    "Exit codes: 0 done, 2 usage or configuration, 3 no input was readable,\n"
    "4 some input was not, 5 the machine refused, 130 interrupted.\n";

enum {
	OPTION_VARY = CLI_REPLAY_OPTION_END,
	OPTION_MEMORY,
};

static const struct option options[] = {
	CLI_REPLAY_LONG_OPTIONS,
	{ "vary", required_argument, NULL, OPTION_VARY },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ NULL, 0, NULL, 0 },
};

bool
sweep_memory_read(const char *text, uint64_t *bytes)
{
	static const char units[] = "kMGT";
	char digits[24];
	size_t length = strspn(text, "0123456789");
	unsigned shift = 0;

	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (text[length] != '\0') {
		const char *unit = strchr(units, text[length]);
		if (unit == NULL || text[length + 1] != '\0')
			return false;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (!cli_number(digits, UINT64_MAX >> shift, bytes))
		return false;
	*bytes <<= shift;
	return true;
}

static int
read_vary(struct sweep_options *o, const char *text)
{
	char error[512];

	if (sim_grid_add(&o->grid, text, error, sizeof(error)) == 0)
		return 0;
	return cli_usage("sweep", "--vary: %s", error);
}

static int
read_memory(struct sweep_options *o, const char *text)
{
	if (sweep_memory_read(text, &o->memory_bytes) &&
	    o->memory_bytes >= MEMORY_MIN)
		return 0;
	return cli_usage("sweep",
	    "--memory wants a size from 1M, like 500M or 2G, not \"%s\"", text);
}

static int
read_option(struct sweep_options *o, int option, char **argv)
{
	switch (option) {
	case 'h':
		(void)fputs(help, stdout);
		return 1;
	case OPTION_VARY:
		return read_vary(o, optarg);
	case OPTION_MEMORY:
		return read_memory(o, optarg);
	default:
		return replay_option_read(
		    "sweep", &o->replay, option, optarg, argv);
	}
}

/* Who names nothing wants to know which mode, and how sure that is. */
static int
vary_modes(struct sweep_options *o)
{
	int status = read_vary(
	    o, "distribution=five-tuple,source-ip,source-ip-protocol");

	return status != 0 ? status : read_vary(o, "hash_key=30");
}

/* What a scenario says of cases and replications is what a sweep varies, and
 * is not looked at. */
static void
warn_of_assertions(const struct replay_options *o)
{
	if (o->scenario.read != NULL && o->scenario.read->assertion_count > 0)
		cli_say("sweep",
		    "%s: assertions are fairlead sim's, and not "
		    "held here",
		    o->scenario_path);
}

int
sweep_options_read(struct sweep_options *o, int argc, char **argv)
{
	int option, status;
	bool backends_given;

	*o = (struct sweep_options){ .replay = replay_options_default() };
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, CLI_REPLAY_SHORT_OPTIONS,
		    options, NULL)) != -1) {
		status = read_option(o, option, argv);
		if (status != 0)
			return status;
	}
	backends_given = o->replay.common.backend_count != 0;
	status = replay_options_captures("sweep", &o->replay, argc, argv);
	if (status == 0)
		warn_of_assertions(&o->replay);
	if (status == 0)
		status = replay_options_end("sweep", &o->replay);
	if (status != 0)
		return status;
	if (backends_given &&
	    sim_grid_largest(&o->grid, SIM_VARY_POOL_SIZE) > 0)
		return cli_usage("sweep",
		    "--backends and --vary pool.size are the same; take one");
	if (sim_grid_is_outbound(&o->grid) && o->replay.config == NULL)
		return cli_usage("sweep",
		    "what outbound rules have can be varied only of a "
		    "configuration that has some; name it with -c, or in the "
		    "scenario");
	if (sim_grid_largest(&o->grid, SIM_VARY_REPLICATION) > 0 &&
	    !o->replay.needs_no_capture)
		return cli_usage("sweep",
		    "--vary replication draws clients anew, and captures have "
		    "none; give a scenario with traffic of its own, or vary "
		    "hash_key");
	if (o->grid.factor_count == 0)
		status = vary_modes(o);
	sim_grid_draw(&o->grid, o->replay.seed);
	return status;
}

void
sweep_options_free(struct sweep_options *o)
{
	sim_grid_free(&o->grid);
	replay_options_free(&o->replay);
}
