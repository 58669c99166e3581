/* SPDX-License-Identifier: MIT */
#ifndef LIVE_FIGURES_PARTS_H
#define LIVE_FIGURES_PARTS_H
/* The rooms of live_figures_gather(); each 0, or -1 without memory. */
#include "live/figures.h"
#include "live/run_parts.h"

/* Members, and how probes see them. */
int live_figures_of_members(
    struct live_figures *figures, const struct live_run *run);

/* Frontends and rules; after the members. */
int live_figures_of_rules(
    struct live_figures *figures, const struct live_run *run);

void live_figures_of_process(
    struct live_figures_process *process, const struct timespec *started);

#endif
