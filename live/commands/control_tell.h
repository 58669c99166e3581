/* SPDX-License-Identifier: MIT */
#ifndef LIVE_CONTROL_TELL_H
#define LIVE_CONTROL_TELL_H
/*
 * Figures as the JSON that the control socket gives out; fairlead-ctl(8) says
 * what the keys mean.  All return a new reference, NULL without memory.
 */
#include <jansson.h>

#include "live/seen/figures.h"
#include "live/state/run_parts.h"

json_t *live_tell_status(
    const struct live_figures *figures, const struct live_run *run);
json_t *live_tell_total(const struct live_figures *figures);
json_t *live_tell_frontend(const struct live_figures *figures,
    const struct live_figures_frontend *frontend);
json_t *live_tell_rule(
    const struct live_figures *figures, const struct live_figures_rule *rule);
json_t *live_tell_member(const struct live_figures *figures,
    const struct live_figures_member *member);

/* "half-open" */
const char *live_conn_state_name(unsigned state);

#endif
