/* SPDX-License-Identifier: MIT */
/* fairlead check: is a configuration good, and what becomes of it? */
#include <getopt.h>
#include <stdlib.h>

#include "cli/check.h"
#include "cli/cli.h"
#include "model/health.h"
#include "model/path/table.h"

static const char help[] =
    "usage: fairlead check -c CONFIG [--json]\n"
    "\n"
    "Reads a configuration, says everything that is wrong with it (file,\n"
    "line, column, how to mend it, Azure's error code where there is one),\n"
    "and if nothing is, what the balancer makes of it.\n"
    "\n"
    "  -c, --config FILE    what to check; - is standard input\n"
    "      --json           one JSON document on stdout\n"
    "\n"
    "Examples:\n"
    "  fairlead check -c lb.yaml\n"
    "  fairlead check --json -c lb.yaml | jq '.problems[].what'\n"
    "\n"
    "Exit codes: 0 nothing is wrong (there may be warnings), 2 usage or\n"
    "configuration, 5 the machine refused.\n";

enum { OPTION_JSON = 256 };

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct check_options {
	const char *path;
	bool json, help;
};

/* CLI_DONE, or said what is wrong. */
static int
read_options(int argc, char **argv, struct check_options *o)
{
	int got;

	opterr = 0;
	optind = 1;
	while ((got = getopt_long(argc, argv, ":c:h", options, NULL)) != -1) {
		if (got == 'c')
			o->path = optarg;
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
	if (o->path == NULL)
		return cli_usage("check", "nothing to check: -c CONFIG");
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

int
check_main(int argc, char **argv)
{
	struct check_options o = { 0 };
	struct lb_problems problems = { 0 };
	struct cli_text text;
	int status = read_options(argc, argv, &o);

	if (status != CLI_DONE)
		return status;
	if (o.help) {
		(void)fputs(help, stdout);
		return cli_flush("check");
	}
	status = cli_read_text("check", o.path, &text);
	if (status != CLI_DONE)
		return status;
	struct lb_config *config =
	    lb_config_read(text.text, text.bytes, o.path, &problems);
	struct lb_plan *plan =
	    config == NULL ? NULL
			   : lb_plan_compile(config, NULL, NULL, &problems);
	struct check check = { o.path, &problems, config, plan };
	status = tell(&check, o.json);
	lb_plan_free(plan);
	lb_config_free(config);
	lb_problems_free(&problems);
	free(text.text);
	return status;
}
