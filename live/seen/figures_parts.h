/* SPDX-License-Identifier: MIT */
#ifndef LIVE_SEEN_FIGURES_PARTS_H
#define LIVE_SEEN_FIGURES_PARTS_H
/* The rooms of live_figures_gather(); each 0, or -1 without memory. */
#include "live/seen/figures.h"
#include "live/state/run_parts.h"

/* Of the things in order those from `from` on, `count` at most. */
struct live_range {
	size_t from, count;
};

static inline bool
live_in_range(const struct live_range *range, size_t at)
{
	return at >= range->from && at - range->from < range->count;
}

/* Members, and how probes see them. */
int live_figures_of_members(struct live_figures *figures,
    const struct live_run *run, struct live_range range);

/* Rules, and the frontends with what these rules do. */
int live_figures_of_rules(struct live_figures *figures,
    const struct live_run *run, struct live_range range);

/* SNAT ports; count NULL: as of the last round. */
int live_figures_of_snat(struct live_figures *figures,
    const struct live_run *run, const struct live_snat_count *count);

void live_figures_of_process(
    struct live_figures_process *process, const struct timespec *started);

#endif
