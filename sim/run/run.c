/* SPDX-License-Identifier: MIT */
#include "sim/run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "sim/record/merge.h"
#include "sim/faults/outage.h"
#include "sim/events/philox.h"
#include "sim/replay/run_state.h"
#include "sim/flows/servers.h"
#include "sim/world/world.h"

void
sim_run_close(struct sim_run *run)
{
	sim_world_free(run->world);
	for (unsigned i = 0; run->players != NULL && i < run->player_count; i++)
		sim_player_free(run->players[i]);
	free(run->players);
	sim_flows_free(run->flows);
	sim_feed_close(&run->feed);
}

static int
no_memory(struct sim_trouble *trouble)
{
	(void)snprintf(trouble->text, sizeof(trouble->text),
	    "no memory; take fewer modes, or a part of the capture");
	return SIM_NO_MEMORY;
}

/* One of several can die; one alone, too, when it is to. */
static int
scale(struct sim_run *run, unsigned number)
{
	const struct sim_settings *s = run->settings;
	const uint32_t count = s->scene != NULL ? s->scene->instances : 1;
	bool dies = false;

	for (size_t i = 0; i < s->fault_count; i++)
		dies |=
		    lb_fault_subject(s->faults[i].kind) == LB_FAULT_OF_INSTANCE;
	if (count <= 1 && !dies)
		return 0;
	return sim_player_scale(run->players[number], count > 1 ? count : 1,
	    s->scene != NULL ? s->scene->ecmp : LB_ECMP_HASH_THRESHOLD,
	    sim_replication_seed(s->seed, s->replication));
}

static uint32_t
bin_at(void *arg, uint64_t now_ns)
{
	return sim_run_bin(arg, now_ns);
}

/* Members that begin flows of their own hold ports. */
static int
leave(struct sim_run *run, unsigned number)
{
	const struct sim_settings *s = run->settings;
	struct sim_player *p = run->players[number];

	if ((!sim_outbound_wanted(s->scene) && s->leaver_count == 0) ||
	    p->world == NULL)
		return 0;
	p->outbound =
	    sim_outbound_new(s->scene, p->plan, &p->world->tables, s->report);
	if (p->outbound == NULL)
		return -1;
	p->outbound->bin_at = bin_at;
	p->outbound->bin_arg = run;
	return 0;
}

/* The faults of a case; the first event of all of them is due at 0, to say
 * when the next is. */
static int
plan_faults(struct sim_run *run, unsigned number, struct sim_trouble *trouble)
{
	const struct sim_settings *s = run->settings;
	struct sim_player *p = run->players[number];

	if (!sim_outage_wanted(s))
		return SIM_DONE;
	if (!sim_outage_check(
		p->config, s, trouble->text, sizeof(trouble->text)))
		return SIM_USAGE;
	if (number == 0)
		sim_flows_keep_fates(run->flows);
	p->outage = sim_outage_new(p, s, run->flows);
	if (p->outage == NULL)
		return no_memory(trouble);
	run->due_ns = 0;
	return SIM_DONE;
}

/* A time of the scene; 0 there is none. */
static uint64_t
scene_ns(uint64_t ms)
{
	return ms != 0 && ms < SIM_NEVER / LB_NS_PER_MS ? ms * LB_NS_PER_MS
							: SIM_NEVER;
}

int
sim_run_open(
    struct sim_run *run, unsigned player_count, struct sim_trouble *trouble)
{
	const struct sim_settings *s = run->settings;

	run->flows = sim_flows_new(player_count, s->details,
	    s->max_flows != 0 ? s->max_flows : SIM_MAX_FLOWS_DEFAULT);
	run->end_ns = scene_ns(s->scene != NULL ? s->scene->duration_ms : 0);
	run->warm_up_ns = scene_ns(s->scene != NULL ? s->scene->warm_up_ms : 0);
	run->due_ns = run->warm_up_ns;
	run->clock.longest_gap_ns = s->longest_gap_ns;
	run->timeline.bin_ns = s->report ? SIM_BIN_FIRST_NS : 0;
	run->players = calloc(player_count + 1, sizeof(struct sim_player *));
	if (run->flows == NULL || run->players == NULL)
		return no_memory(trouble);
	for (unsigned i = 0; i < player_count; i++) {
		run->players[i] = sim_player_new(
		    &s->cases[i], s->together, s->report, &trouble->problems);
		if (run->players[i] == NULL)
			return trouble->problems.error_count > 0
				   ? SIM_USAGE
				   : no_memory(trouble);
		run->player_count++;
		if (scale(run, i) != 0 || leave(run, i) != 0)
			return no_memory(trouble);
		int status = plan_faults(run, i, trouble);
		if (status != SIM_DONE)
			return status;
	}
	int opened =
	    sim_feed_open(&run->feed, s->paths, s->path_count, s->filter);
	if (opened < 0)
		return no_memory(trouble);
	if (opened > 0) {
		(void)snprintf(trouble->text, sizeof(trouble->text), "%s",
		    run->feed.files[0].error);
		return SIM_USAGE;
	}
	return SIM_DONE;
}

/* Finds what --vip auto means: reads all, plays nothing. */
static int
find_vip(const struct sim_settings *settings, struct sim_vip *vip,
    struct sim_trouble *trouble)
{
	struct sim_settings once = *settings;
	struct sim_run run = { .settings = &once };
	struct sim_server server = { 0 };

	once.loop = 1;
	once.details = false;

	int status = sim_run_open(&run, 0, trouble);
	if (status == SIM_DONE &&
	    (sim_play_all(&run) != 0 ||
		sim_servers_busiest(run.flows, true, &server, 1) < 0))
		status = no_memory(trouble);
	*vip = (struct sim_vip){ .kind = SIM_VIP_ADDRESS, .addr = server.addr };
	sim_run_close(&run);
	return status;
}

const char *
sim_reads_once(const struct sim_settings *s)
{
	for (size_t i = 0; i < s->path_count; i++) {
		struct stat st;
		if (s->paths[i][0] == '-' && s->paths[i][1] == '\0')
			return "standard input";
		if (stat(s->paths[i], &st) == 0 && !S_ISREG(st.st_mode) &&
		    !S_ISDIR(st.st_mode))
			return s->paths[i];
	}
	return NULL;
}

/* What is to be read again must let itself be. */
static int
check_rereading(const struct sim_settings *s, struct sim_trouble *trouble)
{
	const bool find = s->vip.kind == SIM_VIP_AUTO;
	const char *once = find || s->loop > 1 ? sim_reads_once(s) : NULL;

	if (once == NULL)
		return SIM_DONE;
	(void)snprintf(trouble->text, sizeof(trouble->text),
	    "%s reads its input more than once, and %s can be read only once; "
	    "%s",
	    find ? "--vip auto" : "--loop", once,
	    find ? "name the address" : "keep it in a file first");
	return SIM_USAGE;
}

int
sim_choose_vip(const struct sim_settings *s, struct sim_vip *vip,
    struct sim_trouble *trouble)
{
	*vip = s->vip;
	int status = check_rereading(s, trouble);
	if (status == SIM_DONE && s->vip.kind == SIM_VIP_AUTO)
		status = find_vip(s, vip, trouble);
	return status;
}

/* What synthetic traffic makes of a run that is open. */
static int
open_world(struct sim_run *run, struct sim_trouble *trouble)
{
	const struct lb_scene *scene = run->settings->scene;

	if (scene == NULL || scene->traffic_count == 0 ||
	    run->player_count == 0)
		return SIM_DONE;
	run->world = sim_world_new(run, trouble);
	run->due_ns = 0;
	if (run->world != NULL)
		return SIM_DONE;
	return trouble->text[0] != '\0' ? SIM_USAGE : no_memory(trouble);
}

/* What sim_run() does for cases that share their packets. */
static int
run_together(struct sim_run *run, struct sim_record **record,
    struct sim_trouble *trouble)
{
	int status =
	    sim_run_open(run, (unsigned)run->settings->case_count, trouble);

	if (status == SIM_DONE)
		status = open_world(run, trouble);
	if (status == SIM_DONE) {
		if (sim_play_all(run) == 0)
			*record = sim_build_record(run);
		if (*record == NULL)
			status = no_memory(trouble);
	}
	sim_run_close(run);
	return status;
}

/* Clients that answer make other packets of every case: each is a run of its
 * own. */
static int
run_apart(const struct sim_settings *settings, const struct sim_vip *vip,
    struct sim_record **record, struct sim_trouble *trouble)
{
	int status = SIM_DONE;

	for (size_t i = 0; i < settings->case_count && status == SIM_DONE;
	     i++) {
		struct sim_settings one = *settings;
		struct sim_run run = {
			.settings = &one,
			.vip = *vip,
			.cases_before = (unsigned)i,
			.cases_in_all = (unsigned)settings->case_count,
		};
		struct sim_record *next = NULL;
		one.cases = &settings->cases[i];
		one.case_count = 1;
		status = run_together(&run, &next, trouble);
		if (status == SIM_DONE && i == 0)
			*record = next;
		else if (status == SIM_DONE &&
			 sim_record_append(*record, next) != 0)
			status = no_memory(trouble);
	}
	if (status != SIM_DONE) {
		sim_record_free(*record);
		*record = NULL;
	}
	return status;
}

int
sim_run(const struct sim_settings *settings, struct sim_record **record,
    struct sim_trouble *trouble)
{
	struct sim_run run = { .settings = settings, .cases_in_all = 1 };

	*record = NULL;
	int status = sim_choose_vip(settings, &run.vip, trouble);
	if (status != SIM_DONE)
		return status;
	if (settings->scene != NULL && settings->scene->traffic_count > 0 &&
	    settings->case_count > 0)
		return run_apart(settings, &run.vip, record, trouble);
	return run_together(&run, record, trouble);
}
