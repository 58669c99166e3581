/* SPDX-License-Identifier: MIT */
#include "live/commands/changes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"

/* So many are told; the rest are counted. */
#define CHANGES_MAX 1000u

#define TEXT_BYTES 768

struct changes {
	json_t *list;
	size_t more;
};

/* What is otherwise about one thing: "port 80 -> 81, path / -> /health". */
struct difference {
	char text[TEXT_BYTES];
	size_t used;
};

static void
add(struct changes *c, const char *what, const char *name, const char *change,
    const char *text)
{
	if (json_array_size(c->list) >= CHANGES_MAX) {
		c->more++;
		return;
	}
	(void)json_array_append_new(
	    c->list, json_pack("{s:s, s:s, s:s, s:s}", "what", what, "name",
			 name, "change", change, "text", text));
}

static void add_format(struct changes *c, const char *what, const char *name,
    const char *change, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void
add_format(struct changes *c, const char *what, const char *name,
    const char *change, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add(c, what, name, change, text);
}

/* --- differences --------------------------------------------------------- */

static void
differ(struct difference *d, const char *key, const char *from, const char *to)
{
	if (strcmp(from, to) == 0 || d->used >= sizeof(d->text))
		return;
	d->used +=
	    (size_t)snprintf(d->text + d->used, sizeof(d->text) - d->used,
		"%s%s %s -> %s", d->used > 0 ? ", " : "", key, from, to);
}

static void
differ_count(struct difference *d, const char *key, uint64_t from, uint64_t to)
{
	char a[24], b[24];
	(void)snprintf(a, sizeof(a), "%" PRIu64, from);
	(void)snprintf(b, sizeof(b), "%" PRIu64, to);
	differ(d, key, a, b);
}

static void
differ_ms(struct difference *d, const char *key, uint64_t from, uint64_t to)
{
	char a[32], b[32];
	(void)snprintf(a, sizeof(a), "%g s", (double)from / 1e3);
	(void)snprintf(b, sizeof(b), "%g s", (double)to / 1e3);
	differ(d, key, a, b);
}

static void
differ_bool(struct difference *d, const char *key, bool from, bool to)
{
	differ(d, key, from ? "true" : "false", to ? "true" : "false");
}

static void
differ_address(struct difference *d, const char *key,
    const struct lb_addr *from, const struct lb_addr *to)
{
	char a[64], b[64];
	differ(d, key, lb_addr_text(from, a, sizeof(a)),
	    lb_addr_text(to, b, sizeof(b)));
}

static const char *
or_none(const char *text)
{
	return text != NULL ? text : "none";
}

static void
add_difference(struct changes *c, const char *what, const char *name,
    const struct difference *d)
{
	if (d->used > 0)
		add_format(
		    c, what, name, "changed", "%s %s: %s", what, name, d->text);
}

/* --- frontends and probes, by name --------------------------------------- */

static const struct lb_config_frontend *
frontend_named(const struct lb_config *config, const char *name)
{
	for (size_t i = 0; i < config->frontend_count; i++)
		if (strcmp(config->frontends[i].name, name) == 0)
			return &config->frontends[i];
	return NULL;
}

static void
list_frontends(
    struct changes *c, const struct live_side *from, const struct live_side *to)
{
	char text[64];
	for (size_t i = 0; i < to->config->frontend_count; i++) {
		const struct lb_config_frontend *now =
		    &to->config->frontends[i];
		const struct lb_config_frontend *was =
		    frontend_named(from->config, now->name);
		struct difference d = { .used = 0 };
		if (was == NULL)
			add_format(c, "frontend", now->name, "added",
			    "frontend %s added at %s", now->name,
			    lb_addr_text(&now->address, text, sizeof(text)));
		else
			differ_address(
			    &d, "address", &was->address, &now->address);
		add_difference(c, "frontend", now->name, &d);
	}
	for (size_t i = 0; i < from->config->frontend_count; i++) {
		const char *name = from->config->frontends[i].name;
		if (frontend_named(to->config, name) == NULL)
			add_format(c, "frontend", name, "removed",
			    "frontend %s removed", name);
	}
}

static const struct lb_config_probe *
probe_named(const struct lb_config *config, const char *name)
{
	for (size_t i = 0; i < config->probe_count; i++)
		if (strcmp(config->probes[i].name, name) == 0)
			return &config->probes[i];
	return NULL;
}

static void
compare_probes(struct changes *c, const struct lb_config_probe *was,
    const struct lb_config_probe *now)
{
	struct difference d = { .used = 0 };
	differ(&d, "protocol", lb_probe_protocol_name(was->protocol),
	    lb_probe_protocol_name(now->protocol));
	differ_count(&d, "port", was->port, now->port);
	differ_ms(&d, "interval", was->interval_ms, now->interval_ms);
	differ_count(&d, "probe_threshold", was->threshold, now->threshold);
	differ_ms(
	    &d, "flap_damping", was->flap_damping_ms, now->flap_damping_ms);
	differ(&d, "request_path", or_none(was->path), or_none(now->path));
	if (d.used == 0 && !lb_config_probe_asks_alike(was, now))
		differ(&d, "what it asks", "as before", "otherwise");
	add_difference(c, "probe", now->name, &d);
}

static void
list_probes(
    struct changes *c, const struct live_side *from, const struct live_side *to)
{
	for (size_t i = 0; i < to->config->probe_count; i++) {
		const struct lb_config_probe *now = &to->config->probes[i];
		const struct lb_config_probe *was =
		    probe_named(from->config, now->name);
		if (was == NULL)
			add_format(c, "probe", now->name, "added",
			    "probe %s added: members are unknown to it until "
			    "they answered",
			    now->name);
		else
			compare_probes(c, was, now);
	}
	for (size_t i = 0; i < from->config->probe_count; i++) {
		const char *name = from->config->probes[i].name;
		if (probe_named(to->config, name) == NULL)
			add_format(c, "probe", name, "removed",
			    "probe %s removed", name);
	}
}

/* --- members and rules, by id -------------------------------------------- */

/* Plans give an id to the same name only; NULL: this one has it not. */
static const struct lb_plan_member *
member_of(const struct live_side *side, uint32_t id)
{
	if (id >= side->plan->member_count)
		return NULL;
	const struct lb_plan_member *m = &side->plan->members[id];
	return m->name != NULL && !m->tombstone ? m : NULL;
}

static const struct lb_config_member *
config_of(const struct live_side *side, const struct lb_plan_member *m)
{
	return &side->config->pools[m->pool_index].members[m->member_index];
}

static enum lb_admin_state
admin_of(const struct live_side *side, const struct lb_plan_member *m)
{
	return side->admin_file[side->plan->pool_first[m->pool_index] +
				(uint32_t)m->member_index];
}

static void
compare_members(struct changes *c, const struct live_side *from,
    const struct live_side *to, uint32_t id)
{
	const struct lb_plan_member *was = member_of(from, id);
	const struct lb_plan_member *now = member_of(to, id);
	const struct lb_config_member *a = config_of(from, was);
	const struct lb_config_member *b = config_of(to, now);
	struct difference d = { .used = 0 };
	char name[2 * LB_NAME_MAX + 2];
	(void)snprintf(name, sizeof(name), "%s/%s", now->pool, now->name);
	differ_address(&d, "address", &a->address, &b->address);
	differ_count(&d, "weight", a->weight, b->weight);
	differ_count(&d, "zone", a->zone, b->zone);
	differ(&d, "admin_state", lb_admin_state_name(admin_of(from, was)),
	    lb_admin_state_name(admin_of(to, now)));
	add_difference(c, "member", name, &d);
}

static void
member_came(struct changes *c, const struct lb_plan_member *m)
{
	char name[2 * LB_NAME_MAX + 2], address[64];
	(void)snprintf(name, sizeof(name), "%s/%s", m->pool, m->name);
	add_format(c, "member", name, "added", "member %s added at %s", name,
	    lb_addr_text(&m->address, address, sizeof(address)));
}

static bool
same_key(const struct live_side *from, const struct live_side *to)
{
	return memcmp(from->plan->hash_key, to->plan->hash_key,
		   sizeof(to->plan->hash_key)) == 0;
}

/* Whoever has flows yet stays as a tombstone; but under another key none of
 * them is found. */
static void
member_went(struct changes *c, const struct live_side *from,
    const struct live_side *to, const struct lb_plan_member *m, uint32_t id)
{
	char name[2 * LB_NAME_MAX + 2];
	bool stays = id < to->plan->member_count &&
		     to->plan->members[id].name != NULL &&
		     to->plan->members[id].tombstone;
	(void)snprintf(name, sizeof(name), "%s/%s", m->pool, m->name);
	add_format(c, "member", name, stays ? "leaving" : "removed",
	    "member %s removed%s", name,
	    !stays ? ""
	    : same_key(from, to)
		? "; TCP connections that it has stay with it"
		: "; connections that it has break: the hash key changed");
}

static void
list_members(
    struct changes *c, const struct live_side *from, const struct live_side *to)
{
	uint32_t most = from->plan->member_count > to->plan->member_count
			    ? from->plan->member_count
			    : to->plan->member_count;
	for (uint32_t id = 0; id < most; id++) {
		const struct lb_plan_member *was = member_of(from, id);
		const struct lb_plan_member *now = member_of(to, id);
		if (was != NULL && now != NULL)
			compare_members(c, from, to, id);
		else if (now != NULL)
			member_came(c, now);
		else if (was != NULL)
			member_went(c, from, to, was, id);
	}
}

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
compare_ends(struct difference *d, const struct live_side *from,
    const struct lb_config_rule *was, const struct live_side *to,
    const struct lb_config_rule *now)
{
	differ(d, "frontend", frontend_of(from->config, was),
	    frontend_of(to->config, now));
	differ(d, "pool", from->config->pools[was->pool].name,
	    to->config->pools[now->pool].name);
	differ(
	    d, "probe", probe_of(from->config, was), probe_of(to->config, now));
	differ(d, "protocol", lb_proto_name(was->proto),
	    lb_proto_name(now->proto));
	differ_count(
	    d, "frontend_port", was->frontend_port, now->frontend_port);
	differ_count(d, "backend_port", was->backend_port, now->backend_port);
}

static void
compare_rules(struct changes *c, const struct live_side *from,
    const struct lb_config_rule *was, const struct live_side *to,
    const struct lb_config_rule *now)
{
	struct difference d = { .used = 0 };
	compare_ends(&d, from, was, to, now);
	differ(&d, "distribution", lb_mode_name(was->mode),
	    lb_mode_name(now->mode));
	differ(&d, "algorithm", lb_algorithm_name(was->algorithm),
	    lb_algorithm_name(now->algorithm));
	differ_count(&d, "table_size", was->table_size, now->table_size);
	differ_bool(&d, "connection_tracking", was->connection_tracking,
	    now->connection_tracking);
	differ(&d, "no_healthy_backends", lb_all_down_name(was->all_down),
	    lb_all_down_name(now->all_down));
	differ_ms(
	    &d, "idle_timeout", was->idle_timeout_ms, now->idle_timeout_ms);
	differ_bool(&d, "tcp_reset", was->tcp_reset, now->tcp_reset);
	differ_bool(&d, "floating_ip", was->floating_ip, now->floating_ip);
	differ_bool(
	    &d, "outbound_snat", was->outbound_snat, now->outbound_snat);
	add_difference(c, "rule", now->name, &d);
}

/* The rule of an id in the configuration; NULL: it has it not. */
static const struct lb_config_rule *
rule_of(const struct live_side *side, uint32_t id)
{
	if (id >= side->plan->rule_count)
		return NULL;
	const struct lb_plan_rule *r = &side->plan->rules[id];
	return r->name != NULL && !r->tombstone && r->rule_index >= 0
		   ? &side->config->rules[r->rule_index]
		   : NULL;
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

static void
list_mappings(
    struct changes *c, const struct live_side *from, const struct live_side *to)
{
	uint32_t most = from->plan->rule_count > to->plan->rule_count
			    ? from->plan->rule_count
			    : to->plan->rule_count;
	for (uint32_t id = 0; id < most; id++) {
		const char *was = mapping_of(from, id);
		const char *now = mapping_of(to, id);
		if (now != NULL && was == NULL)
			add_format(c, "nat", now, "added", "NAT %s added", now);
		else if (was != NULL && now == NULL)
			add_format(
			    c, "nat", was, "removed", "NAT %s removed", was);
	}
}

/* --- NAT and outbound rules, by name -------------------------------------- */

static const struct lb_config_nat *
nat_named(const struct lb_config *config, const char *name)
{
	for (size_t i = 0; i < config->nat_count; i++)
		if (strcmp(config->nats[i].name, name) == 0)
			return &config->nats[i];
	return NULL;
}

static const char *
nat_member(const struct lb_config *config, const struct lb_config_nat *nat)
{
	return nat->member < 0
		   ? "all"
		   : config->pools[nat->pool].members[nat->member].name;
}

static void
compare_nats(struct changes *c, const struct lb_config *from,
    const struct lb_config_nat *was, const struct lb_config *to,
    const struct lb_config_nat *now)
{
	struct difference d = { .used = 0 };
	differ(&d, "frontend", from->frontends[was->frontend].name,
	    to->frontends[now->frontend].name);
	differ(
	    &d, "pool", from->pools[was->pool].name, to->pools[now->pool].name);
	differ(&d, "member", nat_member(from, was), nat_member(to, now));
	differ(&d, "protocol", lb_proto_name(was->proto),
	    lb_proto_name(now->proto));
	differ_count(&d, "first port", was->first_port, now->first_port);
	differ_count(&d, "last port", was->last_port, now->last_port);
	differ_count(&d, "backend_port", was->backend_port, now->backend_port);
	differ_ms(
	    &d, "idle_timeout", was->idle_timeout_ms, now->idle_timeout_ms);
	differ_bool(&d, "tcp_reset", was->tcp_reset, now->tcp_reset);
	differ_bool(&d, "floating_ip", was->floating_ip, now->floating_ip);
	add_difference(c, "NAT rule", now->name, &d);
}

static void
list_nats(
    struct changes *c, const struct lb_config *from, const struct lb_config *to)
{
	for (size_t i = 0; i < to->nat_count; i++) {
		const struct lb_config_nat *now = &to->nats[i];
		const struct lb_config_nat *was = nat_named(from, now->name);
		if (was != NULL)
			compare_nats(c, from, was, to, now);
	}
}

static const struct lb_config_outbound *
outbound_named(const struct lb_config *config, const char *name)
{
	for (size_t i = 0; i < config->outbound_count; i++)
		if (strcmp(config->outbounds[i].name, name) == 0)
			return &config->outbounds[i];
	return NULL;
}

/* "one, two": the names of an outbound rule's frontends. */
static void
frontends_of(char text[static TEXT_BYTES], const struct lb_config *config,
    const struct lb_config_outbound *rule)
{
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < rule->frontend_count && used < TEXT_BYTES; i++)
		used += (size_t)snprintf(text + used, TEXT_BYTES - used, "%s%s",
		    i > 0 ? ", " : "",
		    config->frontends[rule->frontends[i]].name);
}

static void
compare_outbounds(struct changes *c, const struct lb_config *from,
    const struct lb_config_outbound *was, const struct lb_config *to,
    const struct lb_config_outbound *now)
{
	struct difference d = { .used = 0 };
	char before[TEXT_BYTES], after[TEXT_BYTES];
	frontends_of(before, from, was);
	frontends_of(after, to, now);
	differ(&d, "frontends", before, after);
	differ(
	    &d, "pool", from->pools[was->pool].name, to->pools[now->pool].name);
	differ(&d, "protocol", lb_proto_name(was->proto),
	    lb_proto_name(now->proto));
	differ_count(&d, "ports_per_member", was->ports, now->ports);
	differ_count(&d, "max_members", was->members_max, now->members_max);
	differ_ms(
	    &d, "idle_timeout", was->idle_timeout_ms, now->idle_timeout_ms);
	differ_bool(&d, "tcp_reset", was->tcp_reset, now->tcp_reset);
	add_difference(c, "outbound rule", now->name, &d);
}

static void
list_outbounds(
    struct changes *c, const struct lb_config *from, const struct lb_config *to)
{
	for (size_t i = 0; i < to->outbound_count; i++) {
		const struct lb_config_outbound *now = &to->outbounds[i];
		const struct lb_config_outbound *was =
		    outbound_named(from, now->name);
		if (was != NULL)
			compare_outbounds(c, from, was, to, now);
		else
			add_format(c, "outbound rule", now->name, "added",
			    "outbound rule %s added: members of %s", now->name,
			    to->pools[now->pool].name);
	}
	for (size_t i = 0; i < from->outbound_count; i++)
		if (outbound_named(to, from->outbounds[i].name) == NULL)
			add_format(c, "outbound rule", from->outbounds[i].name,
			    "removed",
			    "outbound rule %s removed: its flows end, new ones "
			    "find no port of its",
			    from->outbounds[i].name);
}

static void
list_rules(
    struct changes *c, const struct live_side *from, const struct live_side *to)
{
	uint32_t most = from->plan->rule_count > to->plan->rule_count
			    ? from->plan->rule_count
			    : to->plan->rule_count;
	for (uint32_t id = 0; id < most; id++) {
		const struct lb_config_rule *was = rule_of(from, id);
		const struct lb_config_rule *now = rule_of(to, id);
		if (was != NULL && now != NULL)
			compare_rules(c, from, was, to, now);
		else if (now != NULL)
			add_format(c, "rule", now->name, "added",
			    "rule %s added: frontend %s, pool %s", now->name,
			    frontend_of(to->config, now),
			    to->config->pools[now->pool].name);
		else if (was != NULL)
			add_format(c, "rule", was->name, "removed",
			    "rule %s removed: its packets are no longer "
			    "balanced",
			    was->name);
	}
}

/* --- the whole ----------------------------------------------------------- */

/* Counters are made larger as they have to, tables are not: what stays as it
 * was made until --detach is told as that. */
static void
list_tables(struct changes *c, const struct live_side *from,
    const struct live_side *to, const struct live_made *made)
{
	const struct lb_plan *a = from->plan, *b = to->plan;
	bool asked = a->buckets4 != b->buckets4 || a->buckets6 != b->buckets6;
	bool differs =
	    b->buckets4 != made->buckets4 || b->buckets6 != made->buckets6;
	if (asked && differs)
		add(c, "connection_table", "entries", "not-changed",
		    "connection_table stays as large as it was made: --detach "
		    "and start anew to change that");
	else if (asked)
		add(c, "connection_table", "entries", "changed",
		    "connection_table is as large as it was made again");
}

static bool
is_listed(const struct lb_config *config, const char *interface)
{
	for (size_t i = 0; i < config->interface_count; i++)
		if (strcmp(config->interfaces[i], interface) == 0)
			return true;
	return false;
}

/* Interfaces of `a` that are not among those of `b`: how many. */
static size_t
list_interfaces_only_in(struct changes *c, const struct lb_config *a,
    const struct lb_config *b, const char *change, const char *what)
{
	size_t count = 0;
	for (size_t i = 0; i < a->interface_count; i++) {
		if (is_listed(b, a->interfaces[i]))
			continue;
		count++;
		if (c != NULL)
			add_format(c, "interface", a->interfaces[i], change,
			    "interface %s %s", a->interfaces[i], what);
	}
	return count;
}

static void
list_interfaces(struct changes *c, const struct lb_config *from,
    const struct lb_config *to, const struct live_made *made)
{
	if (!made->interfaces_named) {
		(void)list_interfaces_only_in(
		    c, to, from, "added", "added: the program is put there");
		(void)list_interfaces_only_in(c, from, to, "removed",
		    "removed: the program is taken off there");
	} else if (list_interfaces_only_in(NULL, to, from, NULL, NULL) > 0 ||
		   list_interfaces_only_in(NULL, from, to, NULL, NULL) > 0) {
		add(c, "forwarding", "interfaces", "not-changed",
		    "forwarding.interfaces changes nothing: the command line "
		    "names the interfaces");
	}
}

static void
list_forwarding(struct changes *c, const struct live_side *from,
    const struct live_side *to, const struct live_made *made)
{
	const struct lb_config *a = from->config, *b = to->config;
	struct difference d = { .used = 0 };
	differ(&d, "mode", lb_forwarding_name(a->forwarding),
	    lb_forwarding_name(b->forwarding));
	if (d.used > 0)
		add_format(c, "forwarding", "mode", "changed", "forwarding: %s",
		    d.text);
	list_interfaces(c, a, b, made);
}

static void
list_balancer(
    struct changes *c, const struct live_side *from, const struct live_side *to)
{
	struct difference d = { .used = 0 };
	const struct lb_config *a = from->config, *b = to->config;
	differ(&d, "sku", lb_sku_name(a->sku), lb_sku_name(b->sku));
	differ(&d, "outbound_frontends",
	    lb_outbound_frontends_name(a->outbound_frontends),
	    lb_outbound_frontends_name(b->outbound_frontends));
	differ(&d, "udp_snat", lb_udp_snat_name(a->udp_snat),
	    lb_udp_snat_name(b->udp_snat));
	differ_count(
	    &d, "snat_first_port", a->snat_first_port, b->snat_first_port);
	differ_ms(&d, "fin_timeout", a->fin_timeout_ms, b->fin_timeout_ms);
	differ_ms(&d, "rst_timeout", a->rst_timeout_ms, b->rst_timeout_ms);
#define X(key, usual, other)                                                   \
	differ(&d, #key,                                                       \
	    lb_switch_name(LB_SWITCH_##key, a->otherwise[LB_SWITCH_##key]),    \
	    lb_switch_name(LB_SWITCH_##key, b->otherwise[LB_SWITCH_##key]));
	LB_SWITCHES(X)
#undef X
	if (d.used > 0)
		add_format(c, "load_balancer", "settings", "changed",
		    "load_balancer: %s", d.text);
	if (!same_key(from, to))
		add(c, "load_balancer", "hash_key", "changed",
		    "the hash key changed: connections are not found under the "
		    "new one, and may move");
}

json_t *
live_changes(const struct live_side *from, const struct live_side *to,
    const struct live_made *made)
{
	struct changes c = { .list = json_array() };
	if (c.list == NULL)
		return NULL;
	list_balancer(&c, from, to);
	list_tables(&c, from, to, made);
	list_forwarding(&c, from, to, made);
	list_frontends(&c, from, to);
	list_members(&c, from, to);
	list_probes(&c, from, to);
	list_rules(&c, from, to);
	list_nats(&c, from->config, to->config);
	list_mappings(&c, from, to);
	list_outbounds(&c, from->config, to->config);
	if (c.more > 0) {
		char text[64];
		(void)snprintf(
		    text, sizeof(text), "and %zu changes more", c.more);
		(void)json_array_append_new(
		    c.list, json_pack("{s:s, s:s, s:s, s:s}", "what", "more",
				"name", "", "change", "changed", "text", text));
	}
	return c.list;
}

/* The slots of a rule; one that leads nowhere has one, to nobody. */
static const uint16_t *
slots_of(const struct live_side *side, uint16_t id, uint32_t *size)
{
	static const uint16_t nobody = LB_NONE;
	const struct lb_rule *row = lb_plan_rule_row(side->plan, id);
	*size = 1;
	if (row->lut >= side->plan->lut_count ||
	    side->plan->luts[row->lut].slots == NULL)
		return &nobody;
	*size = side->plan->luts[row->lut].size;
	return side->plan->luts[row->lut].slots;
}

/* Tables of two sizes are compared where both are looked up: at as many
 * points of the hash's range as the larger one has slots. */
struct live_moved
live_changes_moved(
    const struct live_side *from, const struct live_side *to, size_t rule)
{
	uint16_t id = to->plan->rule_ids[rule];
	struct live_moved moved = { 0 };
	if (rule_of(from, id) == NULL)
		return moved;
	uint32_t size_a, size_b;
	const uint16_t *a = slots_of(from, id, &size_a);
	const uint16_t *b = slots_of(to, id, &size_b);
	moved.slots = size_a > size_b ? size_a : size_b;
	for (uint64_t i = 0; i < moved.slots; i++)
		moved.changed +=
		    a[i * size_a / moved.slots] != b[i * size_b / moved.slots];
	return moved;
}
