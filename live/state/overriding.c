/* SPDX-License-Identifier: MIT */
#include "live/state/overriding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "live/out/log.h"
#include "live/state/probing.h"
#include "model/config/names.h"

#define NOTE "overrides" /* among the pins */

struct lb_config_member *
live_member_named(
    const struct live_run *run, const char *name, const char **pool)
{
	for (size_t p = 0; p < run->config->pool_count; p++) {
		const struct lb_config_pool *at = &run->config->pools[p];
		size_t length = strlen(at->name);
		if (strncmp(name, at->name, length) != 0 || name[length] != '/')
			continue;
		*pool = at->name;
		for (size_t m = 0; m < at->member_count; m++)
			if (strcmp(at->members[m].name, name + length + 1) == 0)
				return &at->members[m];
	}
	return NULL;
}

/* --- written down -------------------------------------------------------- */

void
live_overriding_adopt(struct live_run *run)
{
	size_t bytes;
	if (!live_forwarder_adopted(run->forwarder))
		return;
	char *text = live_forwarder_noted(run->forwarder, NOTE, &bytes);
	if (text != NULL)
		live_overrides_read(&run->overrides, text, bytes);
	free(text);
	for (size_t i = 0; i < run->overrides.count; i++) {
		const struct live_override *o = &run->overrides.at[i];
		live_log(LIVE_INFO, "overridden", "s:s, s:s, s:b, s:s?", "pool",
		    o->pool, "member", o->member, "draining", (int)o->draining,
		    "admin_state",
		    o->admin_set ? lb_admin_state_name(o->admin) : NULL);
	}
}

static int
note(const struct live_run *run)
{
	size_t bytes;
	char *text = live_overrides_write(&run->overrides, &bytes);
	if (text == NULL)
		return -ENOMEM;
	int rc = live_forwarder_note(run->forwarder, NOTE, text, bytes);
	free(text);
	return rc;
}

static void
log_gone(const struct live_override *o)
{
	live_log(LIVE_INFO, "override-ended", "s:s, s:s, s:s", "pool", o->pool,
	    "member", o->member, "message",
	    "the configuration does not have it any more");
}

void
live_overriding_prune(struct live_run *run)
{
	size_t before = run->overrides.count;
	live_overrides_prune(&run->overrides, run->config, log_gone);
	if (run->overrides.count != before)
		(void)note(run);
}

/* --- in force ------------------------------------------------------------ */

static enum lb_admin_state
file_state(const struct live_run *run, const struct lb_config_member *member)
{
	size_t at = 0;
	for (size_t p = 0; p < run->config->pool_count; p++) {
		const struct lb_config_pool *pool = &run->config->pools[p];
		for (size_t m = 0; m < pool->member_count; m++, at++)
			if (&pool->members[m] == member)
				return run->admin_file[at];
	}
	return LB_ADMIN_NONE;
}

static void
log_said(const struct live_override *o)
{
	live_log(LIVE_INFO, o->draining ? "draining" : "override",
	    "s:s, s:s, s:b, s:s?", "pool", o->pool, "member", o->member,
	    "draining", (int)o->draining, "admin_state",
	    o->admin_set ? lb_admin_state_name(o->admin) : NULL);
}

int
live_overriding_say(struct live_run *run, struct lb_config_member *member,
    const struct live_override *wanted)
{
	struct live_override *o =
	    live_override_make(&run->overrides, wanted->pool, wanted->member);
	if (o == NULL)
		return -ENOMEM;
	const struct live_override before = *o;
	o->draining = wanted->draining;
	o->admin_set = wanted->admin_set;
	o->admin = wanted->admin;
	if (o->draining && !before.draining) {
		o->drained = false;
		o->round = live_sweeper_rounds(run->sweeper);
		o->since_ns = uv_hrtime();
	}
	int rc = note(run);
	if (rc != 0) {
		*o = before;
		live_overrides_tidy(&run->overrides);
		return rc;
	}
	log_said(o);
	member->admin_state = live_override_admin(o, file_state(run, member));
	member->drained = o->draining;
	live_overrides_tidy(&run->overrides);
	return live_probing_apply(run);
}

/* --- the last flow ------------------------------------------------------- */

/* Entries of clients' flows: an outbound one has two, a first and a second. */
static uint32_t
from_clients(const struct lb_usage *usage, uint32_t id)
{
	const uint32_t outbound = 2 * usage->member_second[id];
	return usage->member[id] > outbound ? usage->member[id] - outbound : 0;
}

/* Of all machines that had the name: also of who leaves because another one has
 * it now. */
uint32_t
live_overriding_flows(const struct live_run *run, const struct live_override *o)
{
	const struct lb_plan *plan = run->plan;
	const struct lb_usage *usage = live_sweeper_counts(run->sweeper);
	uint32_t flows = 0;
	for (uint32_t id = 0; usage != NULL && id < plan->member_count; id++)
		if (plan->members[id].name != NULL &&
		    strcmp(plan->members[id].pool, o->pool) == 0 &&
		    strcmp(plan->members[id].name, o->member) == 0)
			flows += from_clients(usage, id);
	return flows;
}

/* Two rounds on, so that one began after the draining did. */
void
live_overriding_counted(struct live_run *run)
{
	for (size_t i = 0; i < run->overrides.count; i++) {
		struct live_override *o = &run->overrides.at[i];
		if (!o->draining || o->drained ||
		    live_sweeper_rounds(run->sweeper) - o->round < 2 ||
		    live_overriding_flows(run, o) > 0)
			continue;
		o->drained = true;
		live_log(LIVE_INFO, "drained", "s:s, s:s, s:s", "pool", o->pool,
		    "member", o->member, "message",
		    "its last flow in the table has gone");
	}
	live_control_wake(run->control);
}
