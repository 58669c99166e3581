/* SPDX-License-Identifier: MIT */
/* fairlead sweep: a grid of settings over one input, and which to choose. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/common/captures.h"
#include "cli/common/cli.h"
#include "cli/common/digests.h"
#include "cli/common/leavers.h"
#include "cli/common/modes.h"
#include "cli/common/progress.h"
#include "cli/sim/sweep_options.h"
#include "model/config/config_new.h"
#include "reports/sweep/sweep.h"
#include "sim/sweep/sweep.h"

struct sweep {
	const struct sweep_options *o;
	struct cli_text text; /* of the configuration, where there is one */
	struct report_factor factors[SIM_VARY_COUNT];
	struct report_sweep report;
	struct sim_record *record;
	struct sim_sweep_facts facts;
	struct cli_leavers leavers;
};

/* --- points -------------------------------------------------------------- */

/* Zero configuration: one rule serves all servers. */
static struct lb_config *
configure_zero(const struct sweep *s, size_t point)
{
	const struct sim_grid *grid = &s->o->grid;
	const struct sim_level *size =
	    sim_grid_level(grid, point, SIM_VARY_POOL_SIZE);
	struct lb_config *config = lb_config_zero(
	    size != NULL ? size->number : s->o->replay.common.backend_count,
	    LB_MODE_FIVE_TUPLE);
	size_t pool;

	if (config == NULL)
		return NULL;
	(void)sim_grid_apply(grid, point, config, &pool);
	for (size_t i = 0; i < config->rule_count; i++)
		config->rules[i].mode = cli_mode_any_dst(config->rules[i].mode);
	return config;
}

static struct lb_config *
configure_file(const struct sweep *s, size_t point, struct sim_trouble *trouble)
{
	const struct sim_grid *grid = &s->o->grid;
	struct lb_problems warnings = { 0 };
	struct lb_config *config = lb_config_read(
	    s->text.text, s->text.bytes, s->text.path, &warnings);
	size_t pool;

	/* Said when it was read first: cli_make_config(). */
	lb_problems_free(&warnings);
	if (config == NULL)
		return NULL;
	const char *wrong = sim_grid_apply_outbound(grid, point, config);
	if (wrong == NULL && sim_grid_apply(grid, point, config, &pool) == 0)
		return config;
	if (wrong != NULL)
		(void)snprintf(
		    trouble->text, sizeof(trouble->text), "%s", wrong);
	else
		(void)snprintf(trouble->text, sizeof(trouble->text),
		    "pool '%s' has %zu member%s, fewer than pool.size=%u; vary "
		    "sizes "
		    "up to that, or leave -c away",
		    config->pools[pool].name, config->pools[pool].member_count,
		    config->pools[pool].member_count == 1 ? "" : "s",
		    sim_grid_level(grid, point, SIM_VARY_POOL_SIZE)->number);
	lb_config_free(config);
	return NULL;
}

/* What is wrong, and which of the values that were varied made it so. */
static void
say_point(const struct sweep *s, size_t point, const struct lb_problems *of,
    struct sim_trouble *trouble)
{
	const struct sim_grid *grid = &s->o->grid;
	size_t used = 0;

	for (size_t f = 0; f < grid->factor_count; f++) {
		const struct sim_factor *factor = &grid->factors[f];
		if (factor->key == SIM_VARY_HASH_KEY)
			continue;
		(void)snprintf(trouble->text + used,
		    sizeof(trouble->text) - used, "%s%s=%s",
		    used == 0 ? "with " : ", ", sim_vary_name(factor->key),
		    factor->levels[sim_grid_index(grid, point, f)].text);
		used = strlen(trouble->text);
	}
	for (size_t i = 0; i < of->count; i++)
		if (!of->at[i].warning) {
			(void)snprintf(trouble->text + used,
			    sizeof(trouble->text) - used, "%s%s",
			    used > 0 ? ": " : "", of->at[i].what);
			return;
		}
}

static struct lb_config *
configure(void *arg, size_t point, struct sim_trouble *trouble)
{
	const struct sweep *s = arg;
	struct lb_problems problems = { 0 };
	struct lb_config *config = s->o->replay.config == NULL
				       ? configure_zero(s, point)
				       : configure_file(s, point, trouble);

	if (config == NULL)
		return NULL;
	lb_config_check(config, &problems);
	if (problems.error_count > 0) {
		say_point(s, point, &problems, trouble);
		lb_config_free(config);
		config = NULL;
	}
	lb_problems_free(&problems);
	return config;
}

static int
take(void *arg, size_t point, const struct sim_case *of)
{
	struct sweep *s = arg;

	return report_sweep_add(&s->report, point, of);
}

/* --- what reports call them ---------------------------------------------- */

static unsigned
preference_of(enum sim_vary key, const struct sim_level *level)
{
	/* The default; else fewer slots are simpler. */
	if (key == SIM_VARY_TABLE_SIZE)
		return level->number == LB_TABLE_SIZE_DEFAULT ? 0
							      : level->number;
	return level->number; /* modes and algorithms: the default is first;
				 ports: few are enough */
}

static enum report_role
role_of(enum sim_vary key)
{
	switch (key) {
	case SIM_VARY_HASH_KEY:
	case SIM_VARY_REPLICATION:
		return REPORT_REPLICATION;
	case SIM_VARY_POOL_SIZE:
		return REPORT_CONDITION;
	default:
		return REPORT_CHOICE;
	}
}

static int
make_factor(const struct sim_factor *from, struct report_factor *to)
{
	struct report_level *levels =
	    calloc(from->level_count, sizeof(*levels));

	if (levels == NULL)
		return -1;
	for (size_t i = 0; i < from->level_count; i++)
		levels[i] = (struct report_level){
			.text = from->levels[i].text,
			.value = from->levels[i].number,
			.preference =
			    preference_of(from->key, &from->levels[i]),
		};
	*to = (struct report_factor){
		.name = sim_vary_name(from->key),
		.role = role_of(from->key),
		.is_numeric = from->key == SIM_VARY_POOL_SIZE ||
			      from->key == SIM_VARY_TABLE_SIZE ||
			      from->key == SIM_VARY_PORTS ||
			      from->key == SIM_VARY_OUTBOUND_FRONTS,
		.levels = levels,
		.level_count = from->level_count,
	};
	return 0;
}

static int
open_report(struct sweep *s)
{
	const struct sim_grid *grid = &s->o->grid;

	for (size_t i = 0; i < grid->factor_count; i++)
		if (make_factor(&grid->factors[i], &s->factors[i]) != 0)
			return -1;
	if (report_sweep_open(&s->report, s->factors, grid->factor_count) != 0)
		return -1;
	s->report.asks_ports = sim_grid_is_outbound(grid);
	return 0;
}

static void
free_sweep(struct sweep *s)
{
	report_sweep_close(&s->report);
	for (size_t i = 0; i < SIM_VARY_COUNT; i++) {
		/* Reports see them as const; they are ours. */
		free((void *)(uintptr_t)s->factors[i].levels);
	}
	sim_record_free(s->record);
	cli_leavers_free(&s->leavers);
	free(s->text.text);
}

/* --- results ------------------------------------------------------------- */

static double
now_s(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What depends on the machine is no result: to stderr, on a terminal's
 * behalf. */
static void
say_pace(const struct sweep *s, double took_s)
{
	if (s->o->replay.common.quiet)
		return;
	(void)fprintf(stderr, "%zu points", s->facts.points);
	if (s->facts.passes > 0)
		(void)fprintf(stderr, " in %u pass%s", s->facts.passes,
		    s->facts.passes == 1 ? "" : "es");
	(void)fprintf(stderr, ", %.1f s, %.2f million packets a second\n",
	    took_s, (double)s->facts.played / took_s / 1e6);
}

static int
show(struct sweep *s, const char *dir)
{
	const struct replay_options *o = &s->o->replay;
	char error[512] = "";

	s->report.input = s->record;
	if (report_sweep_reckon(&s->report) != 0) {
		cli_say("sweep", "no memory");
		return CLI_REFUSED;
	}
	if (!o->common.json)
		report_sweep_text(&s->report, stdout);
	else if (report_sweep_json(&s->report, stdout) != 0) {
		cli_say("sweep", "can't write the result: %s", strerror(errno));
		return CLI_REFUSED;
	}
	int status = cli_flush("sweep");
	if (status != CLI_DONE || dir == NULL)
		return status;
	if (report_sweep_write(
		&s->report, dir, o->force, error, sizeof(error)) != 0) {
		cli_say("sweep", "%s", error);
		return CLI_REFUSED;
	}
	/* stdout ends with it; with --json it is one document. */
	if (!o->common.json)
		(void)printf("report: %s\n", dir);
	else if (!o->common.quiet)
		(void)fprintf(stderr, "report: %s\n", dir);
	return cli_interrupted() ? CLI_INTERRUPTED : cli_flush("sweep");
}

static int
finish(struct sweep *s, struct cli_digests *digests, const char *dir)
{
	const struct replay_options *o = &s->o->replay;

	if (s->record->interrupted) {
		cli_say("sweep", "interrupted after %zu of %zu points%s",
		    s->facts.points, s->o->grid.point_count,
		    dir != NULL ? "; no report was written" : "");
		return CLI_INTERRUPTED;
	}
	cli_digests_take(digests, &s->record->input);
	int status =
	    cli_say_unreadable("sweep", o->common.paths, &s->record->input);
	if (status != CLI_UNREADABLE)
		status = cli_worse(status, show(s, dir));
	return status;
}

static void
add_scenario(const struct cli_scenario *scenario, struct sim_settings *run)
{
	const struct lb_scenario *s = scenario->read;

	if (s == NULL)
		return;
	run->faults = s->faults;
	run->fault_count = s->fault_count;
	if (cli_scene_is_set(&s->scene))
		run->scene = &s->scene;
}

static int
run(struct sweep *s, const char *dir)
{
	const struct replay_options *o = &s->o->replay;
	struct cli_progress progress;
	struct sim_trouble trouble = { 0 };
	struct cli_digests *digests = NULL;
	struct sim_sweep_settings settings = {
		.run = replay_settings(o),
		.grid = &s->o->grid,
		.memory_bytes = s->o->memory_bytes,
		.workers = s->o->replay.workers,
		.configure = configure,
		.take = take,
		.arg = s,
	};

	add_scenario(&s->o->replay.scenario, &settings.run);
	settings.run.leavers = s->leavers.at;
	settings.run.leaver_count = s->leavers.count;
	settings.run.progress = cli_progress_show;
	settings.run.progress_arg = &progress;
	cli_interrupt_catch();
	if (o->report && o->common.count > 0)
		digests = cli_digests_start(o->common.paths, o->common.count);
	double began_s = now_s();
	cli_progress_start(&progress, o->common.quiet);
	int status = sim_sweep(&settings, &s->record, &s->facts, &trouble);
	cli_progress_end(&progress);
	if (status != SIM_DONE)
		return cli_say_trouble("sweep", status, &trouble, o->config);
	if (progress.shown && !s->record->interrupted)
		say_pace(s, now_s() - began_s);
	return finish(s, digests, dir);
}

/* The configuration as it is, before it is varied: its mistakes are said
 * once. */
static int
read_config(struct sweep *s)
{
	int status;

	if (s->o->replay.config == NULL)
		return CLI_DONE;
	status = cli_read_text("sweep", s->o->replay.config, &s->text);
	if (status != CLI_DONE)
		return status;
	struct lb_config *config =
	    cli_make_config("sweep", &s->text, true, &status);
	if (config != NULL && s->o->replay.outbound != NULL)
		status = cli_leavers_make(
		    "sweep", s->o->replay.outbound, config, &s->leavers);
	lb_config_free(config);
	return status;
}

int
sweep_main(int argc, char **argv)
{
	struct sweep_options o;
	struct sweep s = { .o = &o };
	char *dir = NULL;

	int status = sweep_options_read(&o, argc, argv);
	if (status != 0) {
		sweep_options_free(&o);
		return status == 1 ? cli_flush("sweep") : status;
	}
	if (o.replay.report)
		dir = cli_choose_dir("sweep", o.replay.out_dir,
		    o.replay.common.count > 0 ? o.replay.common.paths[0]
					      : o.replay.scenario_path,
		    "sweep", o.replay.force, &status);
	if (status == CLI_DONE)
		status = read_config(&s);
	if (status == CLI_DONE && open_report(&s) != 0) {
		cli_say("sweep", "no memory");
		status = CLI_REFUSED;
	}
	if (status == CLI_DONE)
		status = run(&s, dir);
	free_sweep(&s);
	sweep_options_free(&o);
	free(dir);
	return status;
}
