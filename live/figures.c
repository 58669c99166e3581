/* SPDX-License-Identifier: MIT */
#include "live/figures.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "live/figures_parts.h"

#define INTERFACES_MAX 256u

static struct live_figures_table
table_of(const struct lb_usage *usage, bool six, uint32_t buckets)
{
	struct live_figures_table t = { .slots = (uint64_t)buckets * LB_WAYS };
	for (size_t i = 0; usage != NULL && i < LB_USAGE_STATES; i++) {
		t.state[i] = usage->state[six][i];
		t.used += t.state[i];
	}
	return t;
}

static void
gather_tables(struct live_figures *f, const struct live_run *run)
{
	const struct lb_tables *t =
	    live_engine_tables(live_forwarder_engine(run->forwarder));
	const struct lb_usage *usage = live_sweeper_counts(run->sweeper);
	f->table_counted = usage != NULL;
	f->table4 = table_of(usage, false, t->buckets4);
	f->table6 = table_of(usage, true, t->buckets6);
}

static void
gather_plan(struct live_figures *f, const struct live_run *run)
{
	f->plan = (struct live_figures_plan){
		.generation = run->history.generation,
		.since = run->history.since,
		.reloads_refused = run->history.reloads_refused,
		.hash_key = run->plan->hash_key,
		.adopted = live_forwarder_adopted(run->forwarder),
	};
}

static int
gather_interfaces(struct live_figures *f, const struct live_run *run)
{
	uint32_t links[INTERFACES_MAX];
	size_t count =
	    live_forwarder_links(run->forwarder, links, INTERFACES_MAX);
	f->interfaces = calloc(count + 1, sizeof(*f->interfaces));
	if (f->interfaces == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct live_figures_interface *to = &f->interfaces[i];
		to->ifindex = links[i];
		to->attached =
		    live_forwarder_attached(run->forwarder, links[i]);
		if (if_indextoname(links[i], to->name) == NULL)
			to->name[0] = '\0';
		if (to->attached)
			to->mode = live_mode_now(links[i]);
	}
	f->interface_count = count;
	return 0;
}

struct live_figures *
live_figures_gather(const struct live_run *run)
{
	struct live_figures *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->now_ns = uv_hrtime();
	(void)live_forwarder_total(run->forwarder, &f->total);
	gather_tables(f, run);
	gather_plan(f, run);
	live_figures_of_process(&f->process, &run->history.started);
	f->probing = *live_probers_count(run->probers);
	const struct live_range all = { 0, SIZE_MAX };
	if (run->tap != NULL)
		f->tap = live_tap_count(run->tap);
	if (gather_interfaces(f, run) == 0 &&
	    live_figures_of_members(f, run, all) == 0 &&
	    live_figures_of_rules(f, run, all) == 0)
		return f;
	live_figures_free(f);
	return NULL;
}

struct live_figures *
live_figures_members(const struct live_run *run, size_t from, size_t count)
{
	const struct live_range range = { from, count };
	struct live_figures *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->now_ns = uv_hrtime();
	f->table_counted = live_sweeper_counts(run->sweeper) != NULL;
	if (live_figures_of_members(f, run, range) == 0)
		return f;
	live_figures_free(f);
	return NULL;
}

struct live_figures *
live_figures_rules(const struct live_run *run, size_t from, size_t count)
{
	const struct live_range range = { from, count };
	struct live_figures *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->table_counted = live_sweeper_counts(run->sweeper) != NULL;
	if (live_figures_of_rules(f, run, range) == 0)
		return f;
	live_figures_free(f);
	return NULL;
}

void
live_figures_free(struct live_figures *f)
{
	if (f == NULL)
		return;
	free(f->interfaces);
	free(f->frontends);
	free(f->rules);
	free(f->members);
	free(f->probes);
	free(f);
}
