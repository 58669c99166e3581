/* SPDX-License-Identifier: MIT */
/* fairlead sim: options to settings, a run, and its record to the user. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/common/captures.h"
#include "cli/common/cases.h"
#include "cli/common/cli.h"
#include "cli/common/digests.h"
#include "cli/common/leavers.h"
#include "cli/common/progress.h"
#include "cli/sim/sim_options.h"
#include "cli/sim/timing.h"
#include "model/config/names.h"
#include "reports/report.h"
#include "sim/sweep/replicate.h"

/* --- cases --------------------------------------------------------------- */

static int
make_cases(const struct sim_options *o, struct cli_cases *cases)
{
	const struct cli_case_settings from = {
		.config = o->replay.config,
		.backend_count = o->replay.common.backend_count,
		.modes = o->modes,
		.algorithms = o->algorithms,
		.set = &o->in_cases,
		.hash_key = o->hash_key_set ? o->hash_key : NULL,
	};

	return cli_cases_make("sim", &from, cases);
}

/* --- what a person must know --------------------------------------------- */

/* What came of all packets of all cases, as far as it matters here. */
struct fate {
	uint64_t matched, no_rule, suppressed;
};

static struct fate
fate_of(const struct sim_record *record)
{
	struct fate fate = { 0 };

	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		for (size_t r = 0; r < c->rule_count; r++)
			fate.matched += c->rules[r].packets;
		for (size_t n = 0; n < c->nat_count; n++)
			fate.matched += c->nats[n].packets;
		for (size_t d = 0; d < c->drop_count; d++)
			if (strcmp(c->drops[d].reason,
				lb_reason_name(LB_REASON_NO_RULE)) == 0)
				fate.no_rule += c->drops[d].packets;
			else
				fate.matched += c->drops[d].packets;
		fate.suppressed += c->reply_suppressed;
	}
	return fate;
}

static bool
uses_snat(const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (record->cases[i].outbound_packets > 0)
			return true;
	return false;
}

/* A run in which nothing was balanced is done, but hardly what was wanted. */
static void
say_nothing_matched(const struct sim_record *record, bool with_config)
{
	const struct sim_input *in = &record->input;
	const struct fate fate = fate_of(record);

	if (fate.matched > 0 || in->file_count == 0 || uses_snat(record))
		return;
	if (fate.no_rule == 0) {
		if (fate.suppressed > 0)
			cli_say("sim", "the capture has only what servers "
				       "sent, and no request to balance; with "
				       "--reverse they are the clients");
		return;
	}
	cli_say("sim", with_config
			   ? "no flow matched a rule; none is for the busiest "
			     "servers:"
			   : "no flow matched a rule; the busiest servers, "
			     "for --vip:");
	for (size_t i = 0; i < in->busiest_count; i++) {
		const struct sim_endpoint *e = &in->busiest[i];
		bool six = strchr(e->address, ':') != NULL;
		(void)fprintf(stderr, "  %s%s%s:%u  %s, %ju flow%s\n",
		    six ? "[" : "", e->address, six ? "]" : "", e->port,
		    e->proto, (uintmax_t)e->flows, e->flows == 1 ? "" : "s");
	}
}

/* An HA-ports rule is mostly an appliance's, to which routes lead. */
static void
say_no_next_hop(const struct sim_record *record, const struct lb_config *config)
{
	if (fate_of(record).no_rule == 0 || config == NULL ||
	    config->next_hop_rule4 >= 0 || config->next_hop_rule6 >= 0)
		return;
	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (rule->frontend_port != 0)
			continue;
		cli_say("sim",
		    "packets that matched no rule: HA-ports rule '%s' takes "
		    "those to any destination with forwarding: { ha_next_hop: "
		    "%s }%s",
		    rule->name, rule->name,
		    lb_config_rule_floats(config, rule)
			? ""
			: " and floating_ip: true");
		return;
	}
}

/* --- the run ------------------------------------------------------------- */

/* What the report says of how it came to be.  0, -1 without memory. */
static int
note_settings(struct sim_options *o, const struct cli_cases *cases,
    struct sim_record *record)
{
	const char *config = cases->text.text;
	const char *scenario = o->replay.scenario.text.text;

	record->config = config != NULL ? strdup(config) : NULL;
	record->scenario = scenario != NULL ? strdup(scenario) : NULL;
	if ((config != NULL && record->config == NULL) ||
	    (scenario != NULL && record->scenario == NULL))
		return -1;
	cli_assertions_give(&o->assertions, record);
	return sim_settings_note(o, record);
}

/* The report, with the time it took until now. */
static int
write_report(const struct sim_options *o, struct sim_record *record,
    struct cli_timing *timing, const char *dir)
{
	char error[512] = "no memory";

	if (cli_timing_end(timing, dir, o->replay.common.paths,
		o->replay.common.count) != 0) {
		cli_say("sim", "%s", error);
		return CLI_REFUSED;
	}
	record->timing = &timing->timing;
	const struct report_options options = {
		.force = o->replay.force,
		.paper = o->paper,
	};
	int done = report_write(record, dir, &options, error, sizeof(error));
	record->timing = NULL;
	if (done == 0)
		return CLI_DONE;
	cli_say("sim", "%s", error);
	return CLI_REFUSED;
}

/* To stdout, to the directory, and the directory's name to the user. */
static int
show(const struct sim_options *o, const struct lb_config *config,
    struct sim_record *record, struct cli_timing *timing, const char *dir)
{
	if (!o->replay.common.json) {
		report_table(record, stdout);
		(void)report_assertions(record, stdout);
		report_closing(record, stdout);
	} else if (report_json(record, stdout) != 0) {
		cli_say("sim", "can't write the result: %s", strerror(errno));
		return CLI_REFUSED;
	}
	say_nothing_matched(record, o->replay.config != NULL);
	say_no_next_hop(record, config);
	int status = cli_flush("sim");
	if (status != CLI_DONE)
		return status;
	if (record->interrupted) {
		cli_say("sim", "interrupted%s",
		    dir != NULL ? "; no report was written" : "");
		return CLI_INTERRUPTED;
	}
	if (dir == NULL)
		return CLI_DONE;
	status = write_report(o, record, timing, dir);
	if (status != CLI_DONE)
		return status;
	/* stdout ends with it; with --json it is one document. */
	if (!o->replay.common.json)
		(void)printf("report: %s\n", dir);
	else if (!o->replay.common.quiet)
		(void)fprintf(stderr, "report: %s\n", dir);
	return cli_interrupted() ? CLI_INTERRUPTED : cli_flush("sim");
}

/* What the run came to; the record may yet say that it was cut short. */
static int
tell(struct sim_options *o, const struct cli_cases *cases,
    struct sim_record *record, struct cli_timing *timing, const char *dir)
{
	if (note_settings(o, cases, record) != 0) {
		cli_say("sim", "no memory");
		return CLI_REFUSED;
	}
	if (record->interrupted)
		return show(o, cases->configs[0], record, timing, dir);
	int status =
	    cli_say_unreadable("sim", o->replay.common.paths, &record->input);
	if (status == CLI_UNREADABLE)
		return status;
	status =
	    cli_worse(status, show(o, cases->configs[0], record, timing, dir));
	int failed = report_failures(record);
	return failed == 0  ? status
	       : failed > 0 ? cli_worse(status, CLI_FAILED)
			    : cli_worse(status, CLI_REFUSED);
}

/* --- replications -------------------------------------------------------- */

static void
say_precision(
    const struct sim_record *record, const struct sim_replicate_facts *facts)
{
	const struct sim_interval *i = &facts->interval;
	const bool detects = i->figure == SIM_FIGURE_DETECTION;
	char mean[64];

	if (i->count < 2) {
		cli_say("sim",
		    "precision is not known: no fault was detected and no "
		    "packet balanced in two replications");
		return;
	}
	(void)snprintf(
	    mean, sizeof(mean), "%.4g%s", i->mean, detects ? " s" : "");
	cli_say("sim",
	    "%u replications%s: the %s is %s to within %.2g %%, with 95 %% "
	    "confidence%s",
	    record->replications,
	    facts->precise ? "" : " are not precise enough",
	    detects ? "mean time to detect" : "mean Jain index by packets",
	    mean, 100 * sim_interval_relative(i),
	    facts->precise || record->interrupted
		? ""
		: "; --replications allows more");
}

/* What replications came to, to the user. */
static void
say_replications(const struct sim_options *o, const struct sim_record *record,
    const struct sim_replicate_facts *facts)
{
	if (facts->alike)
		cli_say("sim",
		    "nothing is drawn in this run: its replications are all "
		    "alike, and one was played");
	else if (o->precision_millionths != 0)
		say_precision(record, facts);
}

static struct sim_settings
make_settings(const struct sim_options *o, const struct cli_cases *cases,
    struct cli_progress *progress)
{
	struct sim_settings settings = replay_settings(&o->replay);
	const struct lb_scenario *scenario = o->replay.scenario.read;

	settings.cases = cases->at;
	settings.case_count = cases->count;
	settings.report = o->replay.report;
	settings.details = settings.flow_rows = o->flows;
	if (scenario != NULL) {
		settings.faults = scenario->faults;
		settings.fault_count = scenario->fault_count;
	}
	if (cli_scene_is_set(&o->scene))
		settings.scene = &o->scene;
	settings.progress = cli_progress_show;
	settings.progress_arg = progress;
	return settings;
}

static int
run(struct sim_options *o, const struct cli_cases *cases,
    const struct cli_leavers *leavers, const char *dir)
{
	struct cli_progress progress;
	struct cli_timing timing;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;
	struct sim_replicate_facts facts;
	struct sim_settings settings = make_settings(o, cases, &progress);
	settings.leavers = leavers->at;
	settings.leaver_count = leavers->count;
	struct cli_digests *digests = NULL;
	const struct sim_replicate_settings all = {
		.run = &settings,
		.replications = o->replications,
		.precision_millionths = o->precision_millionths,
		.workers = o->replay.workers,
	};

	cli_interrupt_catch();
	cli_timing_start(&timing);
	if (o->replay.report && o->replay.common.count > 0)
		digests = cli_digests_start(
		    o->replay.common.paths, o->replay.common.count);
	cli_progress_start(&progress, o->replay.common.quiet);
	int status = sim_replicate(&all, &record, &facts, &trouble);
	cli_progress_end(&progress);
	timing.timing.workers = facts.workers;
	if (status == SIM_DONE) {
		cli_progress_rate(&progress,
		    record->input.packets *
			(record->replications > 1 ? record->replications : 1),
		    record->input.duration_ns);
		if (!record->interrupted)
			cli_digests_take(digests, &record->input);
		say_replications(o, record, &facts);
		if (o->replay.outbound != NULL && !record->interrupted)
			cli_leavers_say_none(
			    "sim", o->replay.outbound, leavers, record);
		status = tell(o, cases, record, &timing, dir);
	} else {
		status =
		    cli_say_trouble("sim", status, &trouble, o->replay.config);
	}
	cli_timing_free(&timing);
	sim_record_free(record);
	lb_problems_free(&trouble.problems);
	return status;
}

/* With the options read: a run, and what came of it to the user. */
static int
sim(struct sim_options *o)
{
	struct cli_cases cases = { 0 };
	struct cli_leavers leavers = { 0 };
	char *dir = NULL;
	int status;

	if (o->replay.report) {
		dir = cli_choose_dir("sim", o->replay.out_dir,
		    o->replay.common.count > 0 ? o->replay.common.paths[0]
					       : o->replay.scenario_path,
		    "run", o->replay.force, &status);
		if (dir == NULL)
			return status;
	}
	status = make_cases(o, &cases);
	if (status == CLI_DONE && o->replay.scenario.read != NULL)
		status = cli_scenario_check("sim", &o->replay.scenario,
		    cases.configs[0], o->replay.config == NULL);
	if (status == CLI_DONE)
		status = cli_assertions_check("sim", &o->assertions, cases.at,
		    cases.count, o->replay.config == NULL);
	if (status == CLI_DONE && o->replay.outbound != NULL)
		status = cli_leavers_make(
		    "sim", o->replay.outbound, cases.configs[0], &leavers);
	if (status == CLI_DONE)
		status = run(o, &cases, &leavers, dir);
	cli_leavers_free(&leavers);
	cli_cases_free(&cases);
	free(dir);
	return status;
}

int
sim_main(int argc, char **argv)
{
	struct sim_options o;
	int status = sim_options_read(&o, argc, argv);

	if (status == 0)
		status = sim(&o);
	else if (status == 1)
		status = cli_flush("sim");
	sim_options_free(&o);
	return status;
}
