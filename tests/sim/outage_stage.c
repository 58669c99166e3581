/* SPDX-License-Identifier: MIT */
#include "tests/sim/outage_stage.h"
#include "tests/model/plan_text.h"

#define MEMBERS_OF_P                                                           \
	"pools:\n"                                                             \
	"  - { name: p, members: [{ name: a, address: 10.0.0.1 },\n"           \
	"      { name: b, address: 10.0.0.2 },\n"                              \
	"      { name: c, address: 10.0.0.3 }] }\n"

struct outage_stage
outage_stage(const char *text)
{
	struct lb_problems problems = { 0 };
	struct outage_stage stage = { .config = config_of(text, &problems) };

	lb_problems_print(&problems, "stage", stderr);
	UNIT_NEED(stage.config);
	const struct sim_case_settings settings = { "case", stage.config };
	stage.player = sim_player_new(&settings, false, false, &problems);
	UNIT_NEED(stage.player);
	lb_problems_free(&problems);
	return stage;
}

struct outage_stage
outage_probed(const char *probe, const char *more)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    HEAD MEMBERS_OF_P "probes:\n  - { name: t, port: 1, %s }\n"
			      "rules:\n" RULE("r", "p", "1", ", probe: t%s"),
	    probe, more);
	return outage_stage(text);
}

struct sim_outage *
outage_begin(struct outage_stage *m, const struct lb_fault *faults,
    size_t count, uint64_t seed)
{
	sim_outage_free(m->player->outage);
	m->settings.faults = faults;
	m->settings.fault_count = count;
	m->settings.seed = seed;
	m->player->outage = sim_outage_new(m->player, &m->settings, NULL);
	UNIT_NEED(m->player->outage);
	return m->player->outage;
}

void
outage_drop(struct outage_stage *m)
{
	sim_player_free(m->player);
	lb_config_free(m->config);
}

bool
outage_candidate(const struct outage_stage *m, const char *name)
{
	const struct lb_plan *plan = m->player->plan;
	const struct lb_rule *r = rule_row(plan, "r");

	return (plan->member_state[member_id(plan, "p", name)] >> r->probe &
		   1) != 0;
}
