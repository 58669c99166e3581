/* SPDX-License-Identifier: MIT */
#ifndef LIVE_COMMANDS_CONTROL_TELL_H
#define LIVE_COMMANDS_CONTROL_TELL_H
/*
 * Figures as the JSON that the control socket gives out; fairlead-ctl(8) says
 * what the keys mean.  All return a new reference, NULL without memory.
 */
#include <jansson.h>

#include "live/seen/figures.h"
#include "live/state/run_parts.h"
#include "model/tables/snat_worst.h"

json_t *live_tell_status(
    const struct live_figures *figures, const struct live_run *run);
json_t *live_tell_total(const struct live_figures *figures);
json_t *live_tell_frontend(
    const struct live_figures *figures, const struct live_figures_frontend *at);
json_t *live_tell_rule(
    const struct live_figures *figures, const struct live_figures_rule *rule);
/* A NAT rule's port, and whom it leads to. */
json_t *live_tell_mapping(
    const struct live_run *run, const struct lb_plan_mapping *mapping);
json_t *live_tell_member(const struct live_figures *figures,
    const struct live_figures_member *member);

/* plan: in force; to: so many destinations, the worst first. */
json_t *live_tell_snat(const struct live_figures *figures,
    const struct live_figures_snat *snat, const struct lb_plan *plan,
    const struct lb_snat_destination *to, size_t to_count);

/* "half-open" */
const char *live_conn_state_name(unsigned state);

#endif
