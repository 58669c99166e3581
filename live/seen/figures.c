/* SPDX-License-Identifier: MIT */
#include "live/seen/figures.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/seen/figures_parts.h"
#include "live/state/interfaces.h"

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

static struct live_figures_interface
interface_of(const struct live_run *run, uint32_t ifindex)
{
	struct live_figures_interface at = { .ifindex = ifindex };
	at.attached = live_forwarder_attached(run->forwarder, ifindex);
	if (if_indextoname(ifindex, at.name) == NULL)
		at.name[0] = '\0';
	if (at.attached)
		at.mode = live_mode_now(ifindex);
	return at;
}

static bool
has_interface(const struct live_figures *f, const char *name)
{
	for (size_t i = 0; i < f->interface_count; i++)
		if (strcmp(f->interfaces[i].name, name) == 0)
			return true;
	return false;
}

/* Those that have the program, and those that are to have it. */
static int
gather_interfaces(struct live_figures *f, const struct live_run *run)
{
	uint32_t links[LIVE_INTERFACES_MAX];
	struct live_interface_now wanted[LIVE_INTERFACES_MAX];
	size_t count =
	    live_forwarder_links(run->forwarder, links, LIVE_INTERFACES_MAX);
	size_t wanted_count = live_interfaces_now(run, wanted);
	f->interfaces =
	    calloc(count + wanted_count + 1, sizeof(*f->interfaces));
	if (f->interfaces == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		f->interfaces[f->interface_count++] =
		    interface_of(run, links[i]);
	for (size_t i = 0; i < wanted_count; i++) {
		struct live_figures_interface missing = { .attached = false };
		if (has_interface(f, wanted[i].name))
			continue;
		(void)snprintf(
		    missing.name, sizeof(missing.name), "%s", wanted[i].name);
		missing.ifindex = if_nametoindex(missing.name);
		f->interfaces[f->interface_count++] = missing;
	}
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
	    live_figures_of_rules(f, run, all) == 0 &&
	    live_figures_of_snat(f, run, NULL) == 0)
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

struct live_figures *
live_figures_snat(
    const struct live_run *run, const struct live_snat_count *count)
{
	struct live_figures *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	if (live_figures_of_snat(f, run, count) == 0)
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
	free(f->snats);
	free(f);
}
