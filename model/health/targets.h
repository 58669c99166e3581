/* SPDX-License-Identifier: MIT */
#ifndef MODEL_TARGETS_H
#define MODEL_TARGETS_H
/*
 * Everything that is to be probed: each (probe, member address) once, however
 * many rules and pools share it (AZ 2.3).  Who drives the probes walks these.
 */
#include "model/health/health.h"
#include "model/plan/plan.h"

struct lb_target {
	int probe; /* index in the configuration */
	struct lb_addr address;
	struct lb_health health;
};

struct lb_targets {
	const struct lb_plan *plan; /* not owned */
	struct lb_target *at;       /* in order of probe, then address */
	size_t count;
};

/*
 * lb_targets_init - what the rules of a plan want probed, all in `state`.
 * 0; -1 without memory.  Cost: n log n in the (pool, probe, member) triples.
 */
int lb_targets_init(struct lb_targets *targets, const struct lb_plan *plan,
    enum lb_health_state state);
void lb_targets_free(struct lb_targets *targets);

/* NULL: there is none.  Cost: log n. */
struct lb_target *lb_targets_find(
    const struct lb_targets *targets, int probe, const struct lb_addr *address);

/* lb_plan_health()'s question; arg is a struct lb_targets of that plan. */
bool lb_targets_up(void *arg, int probe, uint16_t member);

#endif
