/* SPDX-License-Identifier: MIT */
/* fairlead sim: options to settings, a run, and its record to the user. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/captures.h"
#include "cli/cli.h"
#include "cli/digests.h"
#include "cli/progress.h"
#include "cli/sim_options.h"
#include "cli/timing.h"
#include "model/names.h"
#include "reports/report.h"

/* --- cases --------------------------------------------------------------- */

struct cases {
	struct sim_case_settings at[CLI_MODES_MAX];
	struct lb_config *configs[CLI_MODES_MAX]; /* what they point to */
	size_t count;
	struct cli_text text; /* the configuration file, whole */
};

static void
free_cases(struct cases *c)
{
	for (size_t i = 0; i < c->count; i++)
		lb_config_free(c->configs[i]);
	free(c->text.text);
}

/* One case's configuration; NULL: said why, *status. */
static struct lb_config *
make_config(const struct sim_options *o, const struct cli_text *text, size_t i,
    int *status)
{
	struct lb_config *config;

	if (o->replay.config == NULL) {
		config = lb_config_zero(
		    o->replay.backend_count, cli_mode_any_dst(o->modes.at[i]));
		if (config == NULL) {
			cli_say("sim", "no memory");
			*status = CLI_REFUSED;
		}
	} else {
		config = cli_make_config("sim", text, i == 0, status);
		for (size_t r = 0; config != NULL && o->modes.count > 0 &&
				   r < config->rule_count;
		     r++)
			config->rules[r].mode = o->modes.at[i];
	}
	if (config != NULL && o->hash_key_set) {
		config->hash_key_set = true;
		memcpy(config->hash_key, o->hash_key, sizeof(o->hash_key));
	}
	return config;
}

static int
make_cases(const struct sim_options *o, struct cases *c)
{
	size_t count = o->modes.count > 0 ? o->modes.count : 1;
	int status = CLI_DONE;

	*c = (struct cases){ 0 };
	if (o->replay.config != NULL)
		status = cli_read_text("sim", o->replay.config, &c->text);
	for (size_t i = 0; status == CLI_DONE && i < count; i++) {
		c->configs[i] = make_config(o, &c->text, i, &status);
		if (c->configs[i] == NULL)
			break;
		c->at[i] = (struct sim_case_settings){
			.name = o->modes.count > 0
				    ? lb_mode_name(o->modes.at[i])
				    : "configured",
			.config = c->configs[i],
		};
		c->count++;
	}
	return status;
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

/* A run in which nothing was balanced is done, but hardly what was wanted. */
static void
say_nothing_matched(const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	const struct fate fate = fate_of(record);

	if (fate.matched > 0)
		return;
	if (fate.no_rule == 0) {
		if (fate.suppressed > 0)
			cli_say("sim", "the capture has only what servers "
				       "sent, and no request to balance; with "
				       "--reverse they are the clients");
		return;
	}
	cli_say("sim", "no flow matched a rule; the busiest servers, for "
		       "--vip:");
	for (size_t i = 0; i < in->busiest_count; i++) {
		const struct sim_endpoint *e = &in->busiest[i];
		bool six = strchr(e->address, ':') != NULL;
		(void)fprintf(stderr, "  %s%s%s:%u  %s, %ju flow%s\n",
		    six ? "[" : "", e->address, six ? "]" : "", e->port,
		    e->proto, (uintmax_t)e->flows, e->flows == 1 ? "" : "s");
	}
}

/* --- the run ------------------------------------------------------------- */

/* What the report says of how it came to be.  0, -1 without memory. */
static int
note_settings(
    struct sim_options *o, const struct cases *cases, struct sim_record *record)
{
	const char *config = cases->text.text;
	const char *scenario = o->scenario.text.text;

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

	if (cli_timing_end(timing, dir, o->replay.captures,
		o->replay.capture_count) != 0) {
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
show(const struct sim_options *o, struct sim_record *record,
    struct cli_timing *timing, const char *dir)
{
	if (!o->replay.json) {
		report_table(record, stdout);
		(void)report_assertions(record, stdout);
		report_closing(record, stdout);
	} else if (report_json(record, stdout) != 0) {
		cli_say("sim", "can't write the result: %s", strerror(errno));
		return CLI_REFUSED;
	}
	say_nothing_matched(record);
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
	if (!o->replay.json)
		(void)printf("report: %s\n", dir);
	else if (!o->replay.quiet)
		(void)fprintf(stderr, "report: %s\n", dir);
	return cli_interrupted() ? CLI_INTERRUPTED : cli_flush("sim");
}

/* What the run came to; the record may yet say that it was cut short. */
static int
tell(struct sim_options *o, const struct cases *cases,
    struct sim_record *record, struct cli_timing *timing, const char *dir)
{
	if (note_settings(o, cases, record) != 0) {
		cli_say("sim", "no memory");
		return CLI_REFUSED;
	}
	if (record->interrupted)
		return show(o, record, timing, dir);
	int status =
	    cli_say_unreadable("sim", o->replay.captures, &record->input);
	if (status == CLI_UNREADABLE)
		return status;
	status = cli_worse(status, show(o, record, timing, dir));
	int failed = report_failures(record);
	return failed == 0  ? status
	       : failed > 0 ? cli_worse(status, CLI_FAILED)
			    : cli_worse(status, CLI_REFUSED);
}

static int
run(struct sim_options *o, const struct cases *cases, const char *dir)
{
	struct cli_progress progress;
	struct cli_timing timing;
	struct sim_trouble trouble = { 0 };
	struct sim_record *record = NULL;
	struct sim_settings settings = replay_settings(&o->replay);
	const struct lb_scenario *scenario = o->scenario.read;
	struct cli_digests *digests = NULL;

	settings.cases = cases->at;
	settings.case_count = cases->count;
	settings.report = o->replay.report;
	settings.details = settings.flow_rows = o->flows;
	if (scenario != NULL) {
		settings.faults = scenario->faults;
		settings.fault_count = scenario->fault_count;
	}
	settings.progress = cli_progress_show;
	settings.progress_arg = &progress;
	cli_interrupt_catch();
	cli_timing_start(&timing);
	if (o->replay.report)
		digests = cli_digests_start(
		    o->replay.captures, o->replay.capture_count);
	cli_progress_start(&progress, o->replay.quiet);
	int status = sim_run(&settings, &record, &trouble);
	cli_progress_end(&progress);
	if (status == SIM_DONE) {
		cli_progress_rate(&progress, record->input.packets,
		    record->input.duration_ns);
		if (!record->interrupted)
			cli_digests_take(digests, &record->input);
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
	struct cases cases = { 0 };
	char *dir = NULL;
	int status;

	if (o->replay.report) {
		dir = cli_choose_dir("sim", o->replay.out_dir,
		    o->replay.captures[0], "run", o->replay.force, &status);
		if (dir == NULL)
			return status;
	}
	status = make_cases(o, &cases);
	if (status == CLI_DONE)
		status = cli_assertions_check("sim", &o->assertions, cases.at,
		    cases.count, o->replay.config == NULL);
	if (status == CLI_DONE)
		status = run(o, &cases, dir);
	free_cases(&cases);
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
