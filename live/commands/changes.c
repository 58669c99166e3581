/* SPDX-License-Identifier: MIT */
#include "live/commands/changes.h"

#include <stdio.h>
#include <string.h>

#include "live/commands/changes_parts.h"
#include "model/config/names.h"

/* Counters are made larger as they have to, tables are not: what stays as it
 * was made until --detach is told as that. */
static void
list_tables(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to, const struct live_made *made)
{
	const struct lb_plan *a = from->plan, *b = to->plan;
	bool asked = a->buckets4 != b->buckets4 || a->buckets6 != b->buckets6;
	bool differs =
	    b->buckets4 != made->buckets4 || b->buckets6 != made->buckets6;
	if (asked && differs)
		live_change_add(c, "connection_table", "entries", "not-changed",
		    "connection_table stays as large as it was made: --detach "
		    "and start anew to change that");
	else if (asked)
		live_change_add(c, "connection_table", "entries", "changed",
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
list_interfaces_only_in(struct live_change_list *c, const struct lb_config *a,
    const struct lb_config *b, const char *change, const char *what)
{
	size_t count = 0;
	for (size_t i = 0; i < a->interface_count; i++) {
		if (is_listed(b, a->interfaces[i]))
			continue;
		count++;
		if (c != NULL)
			live_change_say(c, "interface", a->interfaces[i],
			    change, "interface %s %s", a->interfaces[i], what);
	}
	return count;
}

static void
list_interfaces(struct live_change_list *c, const struct lb_config *from,
    const struct lb_config *to, const struct live_made *made)
{
	if (!made->interfaces_named) {
		(void)list_interfaces_only_in(
		    c, to, from, "added", "added: the program is put there");
		(void)list_interfaces_only_in(c, from, to, "removed",
		    "removed: the program is taken off there");
	} else if (list_interfaces_only_in(NULL, to, from, NULL, NULL) > 0 ||
		   list_interfaces_only_in(NULL, from, to, NULL, NULL) > 0) {
		live_change_add(c, "forwarding", "interfaces", "not-changed",
		    "forwarding.interfaces changes nothing: the command line "
		    "names the interfaces");
	}
}

static void
list_forwarding(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to, const struct live_made *made)
{
	const struct lb_config *a = from->config, *b = to->config;
	struct live_difference d = { .used = 0 };
	live_differ(&d, "mode", lb_forwarding_name(a->forwarding),
	    lb_forwarding_name(b->forwarding));
	if (d.used > 0)
		live_change_say(c, "forwarding", "mode", "changed",
		    "forwarding: %s", d.text);
	list_interfaces(c, a, b, made);
}

/* Entries are found by their hash: under another key none is, and packets of
 * open connections would go where the new key says (doc/decisions.md 52). */
static void
list_key(struct live_change_list *c, const struct live_side *to,
    const struct live_made *made)
{
	if (made->hash_key_asked != NULL &&
	    memcmp(made->hash_key_asked, to->plan->hash_key,
		sizeof(to->plan->hash_key)) != 0)
		live_change_add(c, "load_balancer", "hash_key", "not-changed",
		    "hash_key stays as it was when the tables were made: under "
		    "another one no open connection is found; --detach, which "
		    "ends them, and start anew to change that");
}

static void
list_balancer(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to, const struct live_made *made)
{
	struct live_difference d = { .used = 0 };
	const struct lb_config *a = from->config, *b = to->config;
	live_differ(&d, "sku", lb_sku_name(a->sku), lb_sku_name(b->sku));
	live_differ(&d, "outbound_frontends",
	    lb_outbound_frontends_name(a->outbound_frontends),
	    lb_outbound_frontends_name(b->outbound_frontends));
	live_differ(&d, "udp_snat", lb_udp_snat_name(a->udp_snat),
	    lb_udp_snat_name(b->udp_snat));
	live_differ_count(
	    &d, "snat_first_port", a->snat_first_port, b->snat_first_port);
	live_differ_ms(&d, "fin_timeout", a->fin_timeout_ms, b->fin_timeout_ms);
	live_differ_ms(&d, "rst_timeout", a->rst_timeout_ms, b->rst_timeout_ms);
#define X(key, usual, other)                                                   \
	live_differ(&d, lb_switch_key(LB_SWITCH_##key),                        \
	    lb_switch_name(LB_SWITCH_##key, a->otherwise[LB_SWITCH_##key]),    \
	    lb_switch_name(LB_SWITCH_##key, b->otherwise[LB_SWITCH_##key]));
	LB_SWITCHES(X)
#undef X
	if (d.used > 0)
		live_change_say(c, "load_balancer", "settings", "changed",
		    "load_balancer: %s", d.text);
	list_key(c, to, made);
}

static int
list_things(struct live_change_list *c, const struct live_side *from,
    const struct live_side *to)
{
	if (live_changes_things(c, from, to, LIVE_CHANGE_FRONTENDS) != 0 ||
	    live_changes_members(c, from, to) != 0 ||
	    live_changes_things(c, from, to, LIVE_CHANGE_PROBES) != 0 ||
	    live_changes_things(c, from, to, LIVE_CHANGE_RULES) != 0 ||
	    live_changes_things(c, from, to, LIVE_CHANGE_NATS) != 0)
		return -1;
	live_changes_mappings(c, from, to);
	return live_changes_things(c, from, to, LIVE_CHANGE_OUTBOUNDS);
}

json_t *
live_changes(const struct live_side *from, const struct live_side *to,
    const struct live_made *made)
{
	struct live_change_list c = { .list = json_array() };
	if (c.list == NULL)
		return NULL;
	list_balancer(&c, from, to, made);
	list_tables(&c, from, to, made);
	list_forwarding(&c, from, to, made);
	if (list_things(&c, from, to) != 0) {
		json_decref(c.list);
		return NULL;
	}
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
