/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_OUTAGE_STAGE_H
#define TESTS_SIM_OUTAGE_STAGE_H
/* sim/faults/outage.c on a plan, without packets. */
#include "model/config/names.h"
#include "sim/faults/outage_parts.h"
#include "sim/run/run.h"

/* A configuration, and what of a run an outage needs. */
struct outage_stage {
	struct lb_config *config;
	struct sim_player *player;
	struct sim_settings settings;
};

struct outage_stage outage_stage(const char *text);
/* Rule r over members a, b and c of pool p, probed by t; more of the rule. */
struct outage_stage outage_probed(const char *probe, const char *more);

/* With those faults, from the beginning.  The stage frees it. */
struct sim_outage *outage_begin(struct outage_stage *m,
    const struct lb_fault *faults, size_t count, uint64_t seed);
/* May rule r choose the member of pool p? */
bool outage_candidate(const struct outage_stage *m, const char *name);
void outage_drop(struct outage_stage *m);

#endif
