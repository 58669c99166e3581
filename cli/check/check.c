/* SPDX-License-Identifier: MIT */
/* fairlead check: is a configuration good, and what becomes of it? */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check/check_scenario.h"
#include "cli/common/assertions.h"
#include "cli/common/cases.h"
#include "cli/common/cli.h"
#include "cli/common/scenario.h"
#include "model/health/health.h"
#include "model/path/table.h"

static const char help[] =
    "usage: fairlead check [-c CONFIG] [-s SCENARIO] [--json]\n"
    "\n"
    "Reads a configuration, says everything that is wrong with it (file,\n"
    "line, column, how to mend it, Azure's error code where there is one),\n"
    "and if nothing is, what the balancer makes of it. A scenario is checked\n"
    "likewise, and whether the configuration has what it names; then comes\n"
    "what will happen and when: traffic and what it will amount to, faults,\n"
    "and how soon and how late which probe can notice them.\n"
    "\n"
    "  -c, --config FILE    what to check; - is standard input\n"
    "  -s, --scenario FILE  a scenario to check; without -c beside the\n"
    "                       configuration it names, or four backends\n"
    "      --json           one JSON document on stdout\n"
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
	if (o->path == NULL && o->scenario == NULL)
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

struct check_ports
check_ports_of(const struct lb_plan *plan, size_t pool, bool udp)
{
	struct check_ports ports = { UINT32_MAX, 0 };

	for (uint32_t i = plan->pool_first[pool];
	     i < plan->pool_first[pool + 1]; i++) {
		uint32_t has =
		    lb_plan_snat_ports(plan, plan->member_ids[i], udp);
		if (has < ports.least)
			ports.least = has;
		if (has > ports.most)
			ports.most = has;
	}
	return ports;
}

bool
check_is_shut_in(const struct lb_plan *plan, size_t pool)
{
	return plan->pool_first[pool + 1] > plan->pool_first[pool] &&
	       check_ports_of(plan, pool, false).most == 0 &&
	       check_ports_of(plan, pool, true).most == 0;
}

bool
check_asks_elsewhere(
    const struct lb_config *config, const struct lb_config_rule *rule)
{
	return rule->proto == LB_PROTO_UDP && rule->probe >= 0 &&
	       config->probes[rule->probe].protocol <= LB_PROBE_HTTPS;
}

bool
check_assigns_afresh(const struct lb_config_nat *rule)
{
	return rule->member < 0 && rule->assignment != LB_ASSIGN_INSTANCE;
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

#define ZERO_BACKENDS 4u /* as fairlead sim's */

/* Says what is wrong with a file. */
static int
complain(const char *path, const struct lb_problems *problems)
{
	lb_problems_print(problems, path, stderr);
	if (problems->error_count == 0)
		return CLI_DONE;
	cli_say("check", "%s: %zu error%s", path, problems->error_count,
	    problems->error_count == 1 ? "" : "s");
	return CLI_USAGE;
}

/* status: of what was said already.  CLI_DONE, CLI_USAGE when there are
 * errors, CLI_REFUSED without memory. */
static int
tell(const struct check *check, int status, bool json)
{
	if (check->path != NULL)
		status =
		    cli_worse(status, complain(check->path, check->problems));
	if (check->scenario_path != NULL)
		status = cli_worse(status,
		    complain(check->scenario_path, check->scenario_problems));
	if (json && check_print_json(check, stdout) < 0) {
		cli_say("check", "can't write JSON: no memory, no room, or a "
				 "file name that is not UTF-8");
		return CLI_REFUSED;
	}
	if (status == CLI_DONE &&
	    (check->config == NULL ||
		(check->path != NULL && check->plan == NULL))) {
		cli_say("check", "no memory");
		status = CLI_REFUSED;
	}
	if (status == CLI_DONE && !json)
		check_print(check, stdout);
	return cli_worse(status, cli_flush("check"));
}

/* Are the cases and rules there that it has assertions about? */
static int
check_assertions(const struct check *check)
{
	const struct lb_scenario *s = check->scenario;
	const struct cli_assertions list = { s->assertions,
		s->assertion_count };
	const struct cli_case_settings from = check_cases(check);
	struct sim_case_settings cases[CLI_CASES_MAX];
	char names[CLI_CASES_MAX][CLI_CASE_NAME_BYTES];
	const size_t count = cli_case_count(&from);

	for (size_t i = 0; i < count; i++) {
		cli_case_name(&from, i, names[i]);
		cases[i] = (struct sim_case_settings){
			.name = names[i],
			.config = check->config,
		};
	}
	return cli_assertions_check(
	    "check", &list, cases, count, check->path == NULL);
}

/* Both are good by themselves. */
static int
check_together(const struct check *check, struct lb_problems *problems)
{
	if (lb_scenario_check(check->scenario, check->config,
		check->path == NULL, problems) != 0) {
		cli_say("check", "no memory");
		return CLI_REFUSED;
	}
	return check_assertions(check);
}

/* The configuration, and the scenario beside it when there is one. */
static int
check_all(const char *path, bool json, const struct cli_scenario *scenario,
    struct lb_problems *scenario_problems)
{
	struct lb_problems problems = { 0 };
	struct cli_text text = { 0 };
	struct lb_config *config;
	struct lb_plan *plan = NULL;
	int status = CLI_DONE;

	if (path != NULL)
		status = cli_read_text("check", path, &text);
	if (status != CLI_DONE)
		return status;
	config = path == NULL
		     ? lb_config_zero(ZERO_BACKENDS, LB_MODE_FIVE_TUPLE)
		     : lb_config_read(text.text, text.bytes, path, &problems);
	if (path != NULL && config != NULL)
		plan = lb_plan_compile(config, NULL, NULL, &problems);
	const struct check check = {
		.path = path,
		.problems = &problems,
		.config = config,
		.plan = plan,
		.scenario_path = scenario->text.path,
		.scenario_problems = scenario_problems,
		.scenario = scenario->read,
	};
	if (config != NULL && scenario->read != NULL)
		status = check_together(&check, scenario_problems);
	status = tell(&check, status, json);
	lb_plan_free(plan);
	lb_config_free(config);
	lb_problems_free(&problems);
	free(text.text);
	return status;
}

static int
check_files(const struct check_options *o)
{
	struct cli_scenario scenario = { 0 };
	struct lb_problems problems = { 0 };
	int status = CLI_DONE;

	if (o->scenario != NULL)
		status = cli_scenario_read(
		    "check", o->scenario, &scenario, &problems);
	if (status == CLI_DONE || problems.error_count > 0)
		status = check_all(o->path != NULL ? o->path : scenario.config,
		    o->json, &scenario, &problems);
	cli_scenario_free(&scenario);
	lb_problems_free(&problems);
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
	return check_files(&o);
}
