/* SPDX-License-Identifier: MIT */
#include "live/state/draft.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "live/check/probe_notes.h"
#include "live/net/host.h"
#include "live/out/log.h"
#include "model/config/problems.h"

void
live_draft_free(struct live_draft *d)
{
	live_health_free(d->health);
	lb_plan_free(d->plan);
	lb_config_free(d->config);
	free(d->admin_file);
	lb_problems_free(&d->problems);
	*d = (struct live_draft){ 0 };
}

void
live_draft_log(const struct live_draft *d)
{
	for (size_t i = 0; i < d->problems.count; i++) {
		const struct lb_problem *p = &d->problems.at[i];
		live_log(p->warning ? LIVE_WARNING : LIVE_ERROR,
		    "configuration", "s:i, s:i, s:s?, s:s", "line",
		    (int)p->where.line, "column", (int)p->where.column, "code",
		    p->code, "message", p->what);
	}
}

int
live_draft_complete(struct live_draft *d, const uint8_t *hash_key)
{
	/* Before: what changes meanwhile is found to be another one. */
	d->own_local =
	    (struct live_local){ .addresses = d->config->local_address_count,
		    .subnets = d->config->local_subnet_count,
		    .digest = live_host_digest() };
	int rc = live_host_complete(d->config);
	if (rc != 0)
		return rc;
	d->key_is_asked = d->config->hash_key_set;
	memcpy(d->key_asked, d->config->hash_key, sizeof(d->key_asked));
	memcpy(d->config->hash_key, hash_key, sizeof(d->config->hash_key));
	d->config->hash_key_set = true;
	return 0;
}

enum live_end
live_draft_compile(struct live_draft *d, const struct lb_plan *before,
    const struct lb_usage *used)
{
	d->plan = lb_plan_compile(d->config, before, used, &d->problems);
	if (d->plan != NULL)
		return LIVE_ENDED;
	return d->problems.error_count > 0 ? LIVE_INVALID : LIVE_REFUSED;
}

/* Who is up, as was known: to us, or to who pinned what we adopt. */
enum live_end
live_draft_health(struct live_draft *d, const struct live_run *run)
{
	const struct live_forwarder *f = run->forwarder;
	d->health = live_health_new(d->config, d->plan, run->health);
	d->admin_file = live_overrides_apply(&run->overrides, d->config);
	if (d->health == NULL || d->admin_file == NULL)
		return LIVE_REFUSED;
	if (run->health == NULL && live_forwarder_adopted(f))
		live_health_adopt(d->health, live_forwarder_before(f),
		    live_forwarder_health(f));
	return lb_plan_health(d->plan, d->config, live_health_up, d->health) ==
		       0
		   ? LIVE_ENDED
		   : LIVE_REFUSED;
}

static void
tell_probe(void *arg, enum live_finding finding,
    const struct lb_config_probe *probe, struct lb_where where,
    const char *text)
{
	struct lb_problems *problems = arg;
	if (finding == LIVE_WOULD_FAIL)
		lb_error_add(
		    problems, where, NULL, "probe '%s': %s", probe->name, text);
}

/* Without interfaces a start would forward nothing, and a reload end what is
 * forwarded now. */
static bool
names_interfaces(
    const struct lb_config *config, const struct live_settings *settings)
{
	return settings->interface_count + config->interface_count > 0;
}

int
live_draft_read(struct live_draft *d, const struct live_run *run)
{
	d->config = run->settings->read(run->settings->arg, &d->problems);
	if (d->config == NULL)
		return -1;
	unsigned failures =
	    live_probe_notes(d->config, tell_probe, &d->problems);
	if (!names_interfaces(d->config, run->settings)) {
		failures++;
		lb_error_add(&d->problems, (struct lb_where){ 0 }, NULL,
		    "no interface is named: --interface IF, or "
		    "forwarding.interfaces in the configuration");
	}
	if (failures == 0)
		return 0;
	lb_config_free(d->config);
	d->config = NULL;
	return -1;
}

void
live_draft_take(struct live_run *run, struct live_draft *d)
{
	live_health_free(run->health);
	lb_plan_free(run->plan);
	if (run->config != d->config)
		lb_config_free(run->config);
	if (run->admin_file != d->admin_file)
		free(run->admin_file);
	run->admin_file = d->admin_file;
	run->config = d->config;
	run->own_local = d->own_local;
	run->plan = d->plan;
	run->health = d->health;
	run->history.generation++;
	(void)clock_gettime(CLOCK_REALTIME, &run->history.since);
	live_health_write(run->health, live_forwarder_health(run->forwarder));
	*d = (struct live_draft){ .problems = d->problems };
}
