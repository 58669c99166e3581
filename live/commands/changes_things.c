/* SPDX-License-Identifier: MIT */
/* Things that have a name, which is their identity: a row for each kind. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/commands/changes_parts.h"
#include "model/config/names.h"

/* --- frontends and probes ------------------------------------------------ */

static void
differ_frontend(struct live_difference *d, const struct live_side *from,
    const void *a, const struct live_side *to, const void *b)
{
	const struct lb_config_frontend *was = a, *now = b;
	(void)from;
	(void)to;
	live_differ_address(d, "address", &was->address, &now->address);
}

static void
frontend_came(char *text, const struct live_side *to, const void *thing)
{
	const struct lb_config_frontend *f = thing;
	char address[64];
	(void)to;
	(void)snprintf(text, LIVE_CHANGE_BYTES, " at %s",
	    lb_addr_text(&f->address, address, sizeof(address)));
}

static const char *
or_none(const char *text)
{
	return text != NULL ? text : "none";
}

static void
differ_probe(struct live_difference *d, const struct live_side *from,
    const void *a, const struct live_side *to, const void *b)
{
	const struct lb_config_probe *was = a, *now = b;
	(void)from;
	(void)to;
	live_differ(d, "protocol", lb_probe_protocol_name(was->protocol),
	    lb_probe_protocol_name(now->protocol));
	live_differ_count(d, "port", was->port, now->port);
	live_differ_ms(d, "interval", was->interval_ms, now->interval_ms);
	live_differ_count(d, "probe_threshold", was->threshold, now->threshold);
	live_differ_ms(
	    d, "flap_damping", was->flap_damping_ms, now->flap_damping_ms);
	live_differ(d, "request_path", or_none(was->path), or_none(now->path));
	if (d->used == 0 && !lb_config_probe_asks_alike(was, now))
		live_differ(d, "what it asks", "as before", "otherwise");
}

static void
probe_came(char *text, const struct live_side *to, const void *thing)
{
	(void)to;
	(void)thing;
	(void)snprintf(text, LIVE_CHANGE_BYTES,
	    ": members are unknown to it until they answered");
}

/* --- rules --------------------------------------------------------------- */

static const char *
frontend_of(const struct lb_config *config, const struct lb_config_rule *rule)
{
	return rule->frontend < 0 ? "none"
				  : config->frontends[rule->frontend].name;
}

static const char *
probe_of(const struct lb_config *config, const struct lb_config_rule *rule)
{
	return rule->probe < 0 ? "none" : config->probes[rule->probe].name;
}

/* Where a rule's packets come in and go. */
static void
differ_ends(struct live_difference *d, const struct live_side *from,
    const struct lb_config_rule *was, const struct live_side *to,
    const struct lb_config_rule *now)
{
	live_differ(d, "frontend", frontend_of(from->config, was),
	    frontend_of(to->config, now));
	live_differ(d, "pool", from->config->pools[was->pool].name,
	    to->config->pools[now->pool].name);
	live_differ(
	    d, "probe", probe_of(from->config, was), probe_of(to->config, now));
	live_differ(d, "protocol", lb_proto_name(was->proto),
	    lb_proto_name(now->proto));
	live_differ_count(
	    d, "frontend_port", was->frontend_port, now->frontend_port);
	live_differ_count(
	    d, "backend_port", was->backend_port, now->backend_port);
}

static void
differ_rule(struct live_difference *d, const struct live_side *from,
    const void *a, const struct live_side *to, const void *b)
{
	const struct lb_config_rule *was = a, *now = b;
	differ_ends(d, from, was, to, now);
	live_differ(d, "distribution", lb_mode_name(was->mode),
	    lb_mode_name(now->mode));
	live_differ(d, "algorithm", lb_algorithm_name(was->algorithm),
	    lb_algorithm_name(now->algorithm));
	live_differ_count(d, "table_size", was->table_size, now->table_size);
	live_differ_bool(d, "connection_tracking", was->connection_tracking,
	    now->connection_tracking);
	live_differ(d, "no_healthy_backends", lb_all_down_name(was->all_down),
	    lb_all_down_name(now->all_down));
	live_differ_ms(
	    d, "idle_timeout", was->idle_timeout_ms, now->idle_timeout_ms);
	live_differ_bool(d, "tcp_reset", was->tcp_reset, now->tcp_reset);
	live_differ_bool(d, "floating_ip", was->floating_ip, now->floating_ip);
	live_differ_bool(
	    d, "outbound_snat", was->outbound_snat, now->outbound_snat);
}

static void
rule_came(char *text, const struct live_side *to, const void *thing)
{
	const struct lb_config_rule *r = thing;
	(void)snprintf(text, LIVE_CHANGE_BYTES, ": frontend %s, pool %s",
	    frontend_of(to->config, r), to->config->pools[r->pool].name);
}

static const char *
nat_member(const struct lb_config *config, const struct lb_config_nat *nat)
{
	return nat->member < 0
		   ? "all"
		   : config->pools[nat->pool].members[nat->member].name;
}

static void
differ_nat(struct live_difference *d, const struct live_side *from,
    const void *a, const struct live_side *to, const void *b)
{
	const struct lb_config_nat *was = a, *now = b;
	live_differ(d, "frontend", from->config->frontends[was->frontend].name,
	    to->config->frontends[now->frontend].name);
	live_differ(d, "pool", from->config->pools[was->pool].name,
	    to->config->pools[now->pool].name);
	live_differ(d, "member", nat_member(from->config, was),
	    nat_member(to->config, now));
	live_differ(d, "protocol", lb_proto_name(was->proto),
	    lb_proto_name(now->proto));
	live_differ_count(d, "first port", was->first_port, now->first_port);
	live_differ_count(d, "last port", was->last_port, now->last_port);
	live_differ_count(
	    d, "backend_port", was->backend_port, now->backend_port);
	live_differ_ms(
	    d, "idle_timeout", was->idle_timeout_ms, now->idle_timeout_ms);
	live_differ_bool(d, "tcp_reset", was->tcp_reset, now->tcp_reset);
	live_differ_bool(d, "floating_ip", was->floating_ip, now->floating_ip);
}

/* A port of a NAT rule, which has an id as rules have; so have outbound rules,
 * whose names there begin with a slash. */
static const char *
mapping_of(const struct live_side *side, uint32_t id)
{
	if (id >= side->plan->rule_count)
		return NULL;
	const struct lb_plan_rule *r = &side->plan->rules[id];
	return r->name != NULL && !r->tombstone && r->rule_index < 0 &&
		       r->name[0] != '/'
		   ? r->name
		   : NULL;
}

void
live_changes_mappings(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to)
{
	uint32_t most = from->plan->rule_count > to->plan->rule_count
			    ? from->plan->rule_count
			    : to->plan->rule_count;
	for (uint32_t id = 0; id < most; id++) {
		const char *was = mapping_of(from, id);
		const char *now = mapping_of(to, id);
		if (now != NULL && was == NULL)
			live_change_say(
			    c, "nat", now, "added", "NAT %s added", now);
		else if (was != NULL && now == NULL)
			live_change_say(
			    c, "nat", was, "removed", "NAT %s removed", was);
	}
}

/* --- outbound rules ------------------------------------------------------ */

/* "one, two": the names of an outbound rule's frontends. */
static void
frontends_of(char text[static LIVE_CHANGE_BYTES],
    const struct lb_config *config, const struct lb_config_outbound *rule)
{
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < rule->frontend_count && used < LIVE_CHANGE_BYTES;
	     i++)
		used += (size_t)snprintf(text + used, LIVE_CHANGE_BYTES - used,
		    "%s%s", i > 0 ? ", " : "",
		    config->frontends[rule->frontends[i]].name);
}

static void
differ_outbound(struct live_difference *d, const struct live_side *from,
    const void *a, const struct live_side *to, const void *b)
{
	const struct lb_config_outbound *was = a, *now = b;
	char before[LIVE_CHANGE_BYTES], after[LIVE_CHANGE_BYTES];
	frontends_of(before, from->config, was);
	frontends_of(after, to->config, now);
	live_differ(d, "frontends", before, after);
	live_differ(d, "pool", from->config->pools[was->pool].name,
	    to->config->pools[now->pool].name);
	live_differ(d, "protocol", lb_proto_name(was->proto),
	    lb_proto_name(now->proto));
	live_differ_count(d, "ports_per_member", was->ports, now->ports);
	live_differ_count(d, "max_members", was->members_max, now->members_max);
	live_differ_ms(
	    d, "idle_timeout", was->idle_timeout_ms, now->idle_timeout_ms);
	live_differ_bool(d, "tcp_reset", was->tcp_reset, now->tcp_reset);
}

static void
outbound_came(char *text, const struct live_side *to, const void *thing)
{
	const struct lb_config_outbound *o = thing;
	(void)snprintf(text, LIVE_CHANGE_BYTES, ": members of %s",
	    to->config->pools[o->pool].name);
}

/* --- by name ------------------------------------------------------------- */

/* A kind of things, each of which begins with its name. */
struct kind {
	const char *what;
	size_t list, count, bytes; /* where a configuration has them */
	void (*differ)(struct live_difference *d, const struct live_side *from,
	    const void *a, const struct live_side *to, const void *b);
	/* What is said behind "NAME added" and "NAME removed"; NULL: who comes
	 * and goes is told as something else. */
	void (*came)(char *text, const struct live_side *to, const void *thing);
	const char *went;
};

#define KIND(things, one)                                                      \
	offsetof(struct lb_config, things),                                    \
	    offsetof(struct lb_config, one##_count),                           \
	    sizeof(struct lb_config_##one)

static const struct kind kinds[] = {
	[LIVE_CHANGE_FRONTENDS] = { "frontend", KIND(frontends, frontend),
	    differ_frontend, frontend_came, "" },
	[LIVE_CHANGE_PROBES] = { "probe", KIND(probes, probe), differ_probe,
	    probe_came, "" },
	[LIVE_CHANGE_RULES] = { "rule", KIND(rules, rule), differ_rule,
	    rule_came, ": its packets are no longer balanced" },
	[LIVE_CHANGE_NATS] = { "NAT rule", KIND(nats, nat), differ_nat, NULL,
	    NULL },
	[LIVE_CHANGE_OUTBOUNDS] = { "outbound rule", KIND(outbounds, outbound),
	    differ_outbound, outbound_came,
	    ": its flows end, new ones find no port of its" },
};

static size_t
count_of(const struct kind *kind, const struct lb_config *config)
{
	size_t count;
	memcpy(&count, (const char *)config + kind->count, sizeof(count));
	return count;
}

static const char *
thing_of(const struct kind *kind, const struct lb_config *config, size_t i)
{
	const char *list;
	memcpy(&list, (const char *)config + kind->list, sizeof(list));
	return list + i * kind->bytes;
}

static const char *
name_of(const void *thing)
{
	const char *name;
	memcpy(&name, thing, sizeof(name));
	return name;
}

static int
by_name(const void *a, const void *b)
{
	const void *const *x = a, *const *y = b;
	return strcmp(name_of(*x), name_of(*y));
}

/* All of a kind, sorted, to be freed; NULL: no memory. */
static const void **
sorted(const struct kind *kind, const struct lb_config *config)
{
	size_t count = count_of(kind, config);
	const void **things = calloc(count + 1, sizeof(*things));
	for (size_t i = 0; things != NULL && i < count; i++)
		things[i] = thing_of(kind, config, i);
	if (things != NULL)
		qsort(things, count, sizeof(*things), by_name);
	return things;
}

/* The thing of the same name; NULL: there is none. */
static const void *
find(const void *thing, const void *const *things, size_t count)
{
	const void *const *found =
	    bsearch(&thing, things, count, sizeof(thing), by_name);
	return found != NULL ? *found : NULL;
}

static void
thing_came(struct live_change_list *c, const struct kind *kind,
    const struct live_side *to, const void *thing)
{
	char text[LIVE_CHANGE_BYTES];
	if (kind->came == NULL)
		return;
	kind->came(text, to, thing);
	live_change_say(c, kind->what, name_of(thing), "added", "%s %s added%s",
	    kind->what, name_of(thing), text);
}

static void
things_came(struct live_change_list *c, const struct kind *kind,
    const struct live_side *from, const struct live_side *to,
    const void *const *were)
{
	size_t count = count_of(kind, from->config);
	for (size_t i = 0; i < count_of(kind, to->config); i++) {
		const void *now = thing_of(kind, to->config, i);
		const void *was = find(now, were, count);
		struct live_difference d = { .used = 0 };
		if (was == NULL)
			thing_came(c, kind, to, now);
		else
			kind->differ(&d, from, was, to, now);
		live_change_differ(c, kind->what, name_of(now), &d);
	}
}

static void
things_went(struct live_change_list *c, const struct kind *kind,
    const struct lb_config *from, const struct lb_config *to,
    const void *const *are)
{
	size_t count = count_of(kind, to);
	for (size_t i = 0; i < count_of(kind, from); i++) {
		const void *was = thing_of(kind, from, i);
		if (kind->went == NULL || find(was, are, count) != NULL)
			continue;
		live_change_say(c, kind->what, name_of(was), "removed",
		    "%s %s removed%s", kind->what, name_of(was), kind->went);
	}
}

int
live_changes_things(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to, enum live_change_thing which)
{
	const struct kind *kind = &kinds[which];
	const void **were = sorted(kind, from->config);
	const void **are = sorted(kind, to->config);
	bool fine = were != NULL && are != NULL;
	if (fine) {
		things_came(c, kind, from, to, were);
		things_went(c, kind, from->config, to->config, are);
	}
	free(were);
	free(are);
	return fine ? 0 : -1;
}
