/* SPDX-License-Identifier: MIT */
/* fairlead check: is a configuration good, and what becomes of it? */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check.h"
#include "cli/assertions.h"
#include "cli/cli.h"
#include "cli/scenario.h"
#include "model/health.h"
#include "model/path/table.h"

static const char help[] =
    "usage: fairlead check [-c CONFIG] [-s SCENARIO] [--json]\n"
    "\n"
    "Reads a configuration, says everything that is wrong with it (file,\n"
    "line, column, how to mend it, Azure's error code where there is one),\n"
    "and if nothing is, what the balancer makes of it. A scenario is checked\n"
    "likewise, and whether the configuration has what its assertions name.\n"
    "\n"
    "  -c, --config FILE    what to check; - is standard input\n"
    "  -s, --scenario FILE  a scenario to check, too or alone\n"
    "      --json           one JSON document on stdout; of the configuration\n"
    "\n"
    "Examples:\n"
    "  fairlead check -c lb.yaml\n"
    "  fairlead check -c lb.yaml -s nightly.yaml\n"
    "  fairlead check --json -c lb.yaml | jq '.problems[].what'\n"
    "\n"
    "Exit codes: 0 nothing is wrong (there may be warnings), 2 usage or\n"
    "configuration, 5 the machine refused.\n";

enum { OPTION_JSON = 256 };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "scenario", required_argument, NULL, 's' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct check_options {
	const char *path, *scenario; /* one of them at least */
	bool json, help;
};

/* CLI_DONE, or said what is wrong. */
static int
read_options(int argc, char **argv, struct check_options *o)
{
	int got;

	opterr = 0;
	optind = 1;
	while ((got = getopt_long(argc, argv, ":c:s:h", options, NULL)) != -1) {
		if (got == 'c')
			o->path = optarg;
		else if (got == 's')
			o->scenario = optarg;
		else if (got == OPTION_JSON)
			o->json = true;
		else if (got == 'h')
			o->help = true;
		else
			return cli_bad_option("check", got, argv);
	}
	if (o->help)
		return CLI_DONE;
	if (optind < argc)
		return cli_usage(
		    "check", "%s: what to check goes after -c", argv[optind]);
	if (o->path == NULL && (o->scenario == NULL || o->json))
		return cli_usage("check", "nothing to check: -c CONFIG");
	if (o->path != NULL && o->scenario != NULL &&
	    strcmp(o->path, "-") == 0 && strcmp(o->scenario, "-") == 0)
		return cli_usage("check", "- can stand for one file only");
	return CLI_DONE;
}

/* --- figures ------------------------------------------------------------- */

uint64_t
check_table4_bytes(const struct lb_plan *plan)
{
	return plan->buckets4 * (uint64_t)sizeof(struct lb_bucket4);
}

uint64_t
check_table6_bytes(const struct lb_plan *plan)
{
	return plan->buckets6 * (uint64_t)sizeof(struct lb_bucket6);
}

uint32_t
check_lut_count(const struct lb_plan *plan, uint64_t *bytes)
{
	uint32_t count = 0;

	*bytes = 0;
	for (uint32_t i = 0; i < plan->lut_count; i++) {
		if (plan->luts[i].slots == NULL)
			continue;
		*bytes += lb_plan_lut_rows(plan->luts[i].size) * LB_ROW_BYTES;
		count++;
	}
	return count;
}

struct check_detection
check_detection_of(const struct lb_config_probe *probe)
{
	return (struct check_detection){
		.refusing_ms =
		    lb_probe_detect_ns(probe, LB_ANSWER_REFUSED) / LB_NS_PER_MS,
		.silent_ms =
		    lb_probe_detect_ns(probe, LB_ANSWER_SILENT) / LB_NS_PER_MS,
	};
}

/* --- the command --------------------------------------------------------- */

/* CLI_DONE, CLI_USAGE when it has errors, CLI_REFUSED without memory. */
static int
tell(const struct check *check, bool json)
{
	int status = CLI_DONE;

	lb_problems_print(check->problems, check->path, stderr);
	if (json && check_print_json(check, stdout) < 0) {
		cli_say("check", "can't write JSON: no memory, no room, or a "
				 "file name that is not UTF-8");
		return CLI_REFUSED;
	}
	if (check->problems->error_count > 0) {
		cli_say("check", "%s: %zu error%s", check->path,
		    check->problems->error_count,
		    check->problems->error_count == 1 ? "" : "s");
		status = CLI_USAGE;
	} else if (check->plan == NULL) {
		cli_say("check", "no memory");
		status = CLI_REFUSED;
	} else if (!json) {
		check_print(check, stdout);
	}
	return cli_worse(status, cli_flush("check"));
}

/* Are the rules there that it has assertions about?  The case is the one of
 * fairlead sim -c, without --modes. */
static int
check_assertions(const struct cli_scenario *s, const struct lb_config *config)
{
	const struct sim_case_settings as_configured = { "configured", config };
	const struct cli_assertions list = { s->read->assertions,
		s->read->assertion_count };

	return cli_assertions_check("check", &list, &as_configured, 1, false);
}

/* config NULL: there is none to hold it against. */
static int
check_scenario(const char *path, const struct lb_config *config, bool say)
{
	struct cli_scenario scenario;
	int status = cli_scenario_load("check", path, &scenario);

	if (status == CLI_DONE && config != NULL)
		status = check_assertions(&scenario, config);
	if (status == CLI_DONE && say)
		(void)printf("%s: %zu capture%s, %zu assertion%s\n", path,
		    scenario.read->capture_count,
		    scenario.read->capture_count == 1 ? "" : "s",
		    scenario.read->assertion_count,
		    scenario.read->assertion_count == 1 ? "" : "s");
	cli_scenario_free(&scenario);
	return cli_worse(status, cli_flush("check"));
}

/* And the scenario beside it, when there is one. */
static int
check_config(const struct check_options *o)
{
	struct lb_problems problems = { 0 };
	struct cli_text text;
	int status = cli_read_text("check", o->path, &text);

	if (status != CLI_DONE)
		return status;
	struct lb_config *config =
	    lb_config_read(text.text, text.bytes, o->path, &problems);
	struct lb_plan *plan =
	    config == NULL ? NULL
			   : lb_plan_compile(config, NULL, NULL, &problems);
	struct check check = { o->path, &problems, config, plan };
	status = tell(&check, o->json);
	if (o->scenario != NULL)
		status = cli_worse(
		    status, check_scenario(o->scenario, config, !o->json));
	lb_plan_free(plan);
	lb_config_free(config);
	lb_problems_free(&problems);
	free(text.text);
	return status;
}

int
check_main(int argc, char **argv)
{
	struct check_options o = { 0 };
	int status = read_options(argc, argv, &o);

	if (status != CLI_DONE)
		return status;
	if (o.help) {
		(void)fputs(help, stdout);
		return cli_flush("check");
	}
	return o.path != NULL ? check_config(&o)
			      : check_scenario(o.scenario, NULL, !o.json);
}
