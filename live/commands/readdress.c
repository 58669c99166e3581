/* SPDX-License-Identifier: MIT */
#include "live/commands/readdress.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/commands/reload.h"
#include "live/net/host.h"
#include "live/out/log.h"
#include "live/state/draft.h"
#include "model/config/names.h"

/* The part of a configuration that is the machine's to say. */
struct local {
	struct lb_addr *addresses;
	size_t address_count;
	struct lb_config_subnet *subnets;
	size_t subnet_count;
};

static struct local
local_of(const struct lb_config *config)
{
	return (struct local){ config->local_addresses,
		config->local_address_count, config->local_subnets,
		config->local_subnet_count };
}

static void
put_local(struct lb_config *config, const struct local *local)
{
	config->local_addresses = local->addresses;
	config->local_address_count = local->address_count;
	config->local_subnets = local->subnets;
	config->local_subnet_count = local->subnet_count;
}

static void
free_local(struct local *local)
{
	free(local->addresses);
	free(local->subnets);
}

/* What the file says, in arrays of its own: 0 or -ENOMEM. */
static int
copy_own(struct local *to, const struct lb_config *config,
    const struct live_local *n)
{
	*to = (struct local){
		.addresses = calloc(n->addresses + 1, sizeof(*to->addresses)),
		.address_count = n->addresses,
		.subnets = calloc(n->subnets + 1, sizeof(*to->subnets)),
		.subnet_count = n->subnets,
	};
	if (to->addresses == NULL || to->subnets == NULL) {
		free_local(to);
		return -ENOMEM;
	}
	if (n->addresses > 0)
		memcpy(to->addresses, config->local_addresses,
		    n->addresses * sizeof(*to->addresses));
	if (n->subnets > 0)
		memcpy(to->subnets, config->local_subnets,
		    n->subnets * sizeof(*to->subnets));
	return 0;
}

/* --- what changed -------------------------------------------------------- */

static bool
has_address(const struct local *local, const struct lb_addr *addr)
{
	for (size_t i = 0; i < local->address_count; i++)
		if (lb_addr_same(&local->addresses[i], addr))
			return true;
	return false;
}

static bool
has_subnet(const struct local *local, const struct lb_config_subnet *subnet)
{
	for (size_t i = 0; i < local->subnet_count; i++)
		if (local->subnets[i].prefix == subnet->prefix &&
		    lb_addr_same(&local->subnets[i].address, &subnet->address))
			return true;
	return false;
}

/* Those that only a has, as texts; NULL: no memory. */
static json_t *
only_in(const struct local *a, const struct local *b)
{
	char text[64], with[72];
	json_t *list = json_array();
	for (size_t i = 0; i < a->address_count; i++)
		if (!has_address(b, &a->addresses[i]))
			(void)json_array_append_new(
			    list, json_string(lb_addr_text(
				      &a->addresses[i], text, sizeof(text))));
	for (size_t i = 0; i < a->subnet_count; i++) {
		const struct lb_config_subnet *s = &a->subnets[i];
		if (has_subnet(b, s))
			continue;
		(void)snprintf(with, sizeof(with), "%s/%d",
		    lb_addr_text(&s->address, text, sizeof(text)),
		    (int)s->prefix - (lb_addr_is_v4(&s->address) ? 96 : 0));
		(void)json_array_append_new(list, json_string(with));
	}
	return list;
}

/* --- in force ------------------------------------------------------------ */

/* A plan of the configuration in force, whose lists are others now. */
static int
compile(struct live_run *run, struct live_draft *d, char *error, size_t bytes)
{
	(void)snprintf(error, bytes, "no memory");
	d->plan = lb_plan_compile(d->config, run->plan,
	    live_sweeper_usage(run->sweeper), &d->problems);
	if (d->problems.error_count > 0)
		(void)snprintf(error, bytes, "%s", d->problems.at[0].what);
	if (d->plan != NULL)
		d->health = live_health_new(d->config, d->plan, run->health);
	return d->health != NULL ? lb_plan_health(d->plan, d->config,
				       live_health_up, d->health)
				 : -EINVAL;
}

static int
put_plan(struct live_run *run, const struct live_local *own, char *error,
    size_t bytes)
{
	struct live_draft d = { .config = run->config,
		.own_local = *own,
		.admin_file = run->admin_file };
	int rc = compile(run, &d, error, bytes);
	if (rc == 0)
		rc = live_reload_put(run, &d, error, bytes);
	if (rc != 0) { /* these stay the run's */
		d.config = NULL;
		d.admin_file = NULL;
	}
	live_draft_free(&d);
	return rc;
}

/* With these lists in the configuration, or all as it was. */
static int
readdress(
    struct live_run *run, const struct local *now, const struct live_local *own)
{
	char error[LIVE_ERROR_BYTES];
	struct local before = local_of(run->config);
	json_t *added = only_in(now, &before), *gone = only_in(&before, now);
	put_local(run->config, now);
	int rc = put_plan(run, own, error, sizeof(error));
	if (rc == 0) {
		live_log(LIVE_INFO, "readdressed", "s:O, s:O", "added", added,
		    "gone", gone);
		free_local(&before);
	} else {
		live_log(LIVE_WARNING, "addresses", "s:s", "message", error);
		put_local(run->config, &before);
	}
	json_decref(added);
	json_decref(gone);
	return rc;
}

/* Both have the same, in whatever order. */
static bool
same(const struct local *a, const struct local *b)
{
	if (a->address_count != b->address_count ||
	    a->subnet_count != b->subnet_count)
		return false;
	for (size_t i = 0; i < a->address_count; i++)
		if (!has_address(b, &a->addresses[i]))
			return false;
	for (size_t i = 0; i < a->subnet_count; i++)
		if (!has_subnet(b, &a->subnets[i]))
			return false;
	return true;
}

/* The lists as they would be now: 0 or -errno. */
static int
list_now(const struct live_run *run, struct local *now)
{
	struct lb_config asked = *run->config;
	int rc = copy_own(now, run->config, &run->own_local);
	if (rc != 0)
		return rc;
	put_local(&asked, now);
	rc = live_host_complete(&asked);
	*now = local_of(&asked); /* larger ones, perhaps in another place */
	if (rc != 0)
		free_local(now);
	return rc;
}

void
live_readdress(struct live_run *run)
{
	struct live_local own = run->own_local;
	const struct local before = local_of(run->config);
	struct local now;
	own.digest = live_host_digest();
	if (own.digest == 0 || own.digest == run->own_local.digest)
		return;
	int rc = list_now(run, &now);
	if (rc != 0) {
		live_log(LIVE_WARNING, "addresses", "s:s", "message",
		    live_errno(rc));
		return;
	}
	if (same(&now, &before))
		run->own_local.digest = own.digest;
	else if (readdress(run, &now, &own) == 0)
		return; /* the configuration has them now */
	free_local(&now);
}
