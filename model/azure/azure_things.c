/* SPDX-License-Identifier: MIT */
/* Frontends, probes and rules: key by key into our words. */
#include <string.h>
#include <strings.h>

#include "model/azure/azure_parts.h"
#include "model/config/names.h"

#define FIELD_INDENT 4u
#define PORT_LAST    65534

/* --- frontends ----------------------------------------------------------- */

static void
put_zones(struct azure_import *in, json_t *frontend)
{
	json_t *zones = azure_list(frontend, "zones"), *zone;
	size_t i, count = 0;

	json_array_foreach(zones, i, zone)
	{
		const char *text = json_string_value(zone);
		count += text != NULL && strlen(text) == 1 && *text >= '1' &&
			 *text <= '9';
	}
	if (count == 0 || count < json_array_size(zones)) {
		if (azure_has(frontend, "zones"))
			(void)azure_mark(
			    in, FIELD_INDENT, frontend, "zones", "zones");
		return;
	}
	json_array_foreach(zones, i, zone)(void) fprintf(in->to, "%s%s",
	    i == 0 ? "    zones: [" : ", ", json_string_value(zone));
	(void)fputs("]\n", in->to);
	(void)json_array_clear(zones);
}

/* AZ 1.4: what a frontend says holds for all its rules.  2: nobody knows. */
static void
learn_tracking(struct azure_import *in, json_t *frontend, const char *name)
{
	bool tracked;

	if (azure_take_flag(
		&in->doc, frontend, "enableConnectionTracking", &tracked))
		azure_learn(in, "tracking", name, json_integer(tracked));
	else if (azure_mark(in, 0, frontend, "enableConnectionTracking", NULL))
		azure_learn(in, "tracking", name, json_integer(2));
}

/* IPv4 is also what stands there when nobody said anything: of that only an
 * address tells.  6; 0: not known. */
static int
learn_family(struct azure_import *in, const json_t *frontend, const char *name)
{
	const char *text = azure_text(frontend, "privateIPAddressVersion");

	if (text == NULL || strcasecmp(text, "IPv6") != 0)
		return 0;
	azure_learn(in, "family", name, json_integer(6));
	return 6;
}

/* Its addresses are not in the document, and each is a frontend with us. */
static const char *
take_prefix(struct azure_import *in, json_t *frontend, const char *name)
{
	const char *id = azure_take_id(&in->doc, frontend, "publicIPPrefix");

	azure_note(in, LB_IMPORT_NOT_MODELLED, name,
	    "publicIPPrefix %s: the n addresses of a prefix are n frontends, "
	    "with SNAT ports each: write one for each, and name them in the "
	    "outbound rules, for %s stands for the first only",
	    id != NULL ? id : "(of an expression)", name);
	return id != NULL ? id : "publicIPPrefixes/(of an expression)";
}

static void
put_frontend(struct azure_import *in, json_t *frontend, size_t i)
{
	char name[LB_NAME_MAX + 1];
	const char *id = NULL, *address;
	json_t *public;

	azure_at(in, "frontendIPConfigurations", i);
	(void)azure_name(in, frontend, "frontend", i, name, sizeof(name));
	azure_put_item(in, 2, name);
	azure_learn(in, "frontend", name, json_string(name));
	learn_tracking(in, frontend, name);
	address = azure_take_text(&in->doc, frontend, "privateIPAddress");
	public = azure_object(frontend, "publicIPAddress");
	if (public != NULL) {
		id = azure_take_text(&in->doc, public, "id");
		/* there when the document was asked to expand it */
		if (address == NULL)
			address =
			    azure_take_text(&in->doc, public, "ipAddress");
	} else if (azure_has(frontend, "publicIPPrefix")) {
		id = take_prefix(in, frontend, name);
	}
	azure_put_address(in, FIELD_INDENT,
	    &(struct lb_address_owner){ .name = name,
		.id = id,
		.given = address,
		.family = learn_family(in, frontend, name) });
	put_zones(in, frontend);
}

void
azure_put_frontends(struct azure_import *in)
{
	json_t *one;
	size_t i;

	(void)fputs("\nfrontends:\n", in->to);
	json_array_foreach(in->frontends, i, one) put_frontend(in, one, i);
}

/* --- probes -------------------------------------------------------------- */

static void
learn_all_down(struct azure_import *in, json_t *probe, const char *name)
{
	const char *text =
	    azure_take_text(&in->doc, probe, "noHealthyBackendsBehavior");
	int value = text != NULL ? lb_all_down_of_name(text) : -1;

	if (text == NULL &&
	    azure_mark_text(in, 0, probe, "noHealthyBackendsBehavior", NULL))
		azure_learn(in, "all-down", name, json_string(AZURE_MARK));
	else if (text != NULL && value != LB_ALL_PROBED_DOWN)
		azure_learn(in, "all-down", name,
		    json_string(
			value >= 0 ? lb_all_down_name((unsigned)value) : text));
}

void
azure_put_probes(struct azure_import *in)
{
	json_t *list = azure_list(in->balancer, "probes"), *probe;
	char name[LB_NAME_MAX + 1];
	size_t i;

	if (json_array_size(list) > 0)
		(void)fputs("\nprobes:\n", in->to);
	json_array_foreach(list, i, probe)
	{
		azure_at(in, "probes", i);
		(void)azure_name(in, probe, "probe", i, name, sizeof(name));
		azure_put_item(in, 2, name);
		azure_learn(in, "probe", name, json_string(name));
		azure_copy_choice(in, probe, "protocol", "protocol",
		    lb_probe_protocol_of_name, lb_probe_protocol_name);
		(void)azure_copy_number(in, probe, "port", "port", "");
		(void)azure_copy_number(
		    in, probe, "intervalInSeconds", "interval", "s");
		(void)azure_copy_number(
		    in, probe, "probeThreshold", "probe_threshold", "");
		(void)azure_copy_number(
		    in, probe, "numberOfProbes", "number_of_probes", "");
		azure_copy_text(in, probe, "requestPath", "request_path");
		learn_all_down(in, probe, name);
	}
}

/* --- rules --------------------------------------------------------------- */

static void
put_rule_probe(struct azure_import *in, json_t *rule)
{
	char probe[LB_NAME_MAX + 1];
	const char *id = azure_take_id(&in->doc, rule, "probe");

	if (id == NULL || !azure_id_part(id, NULL, probe, sizeof(probe))) {
		(void)azure_mark_text(in, FIELD_INDENT, rule, "probe", "probe");
		return;
	}
	azure_spell(in, "probe", probe, sizeof(probe));
	azure_put_text(in, FIELD_INDENT, "probe", probe);
	/* what happens when all are down is the rule's with us */
	const char *all = json_string_value(azure_fact(in, "all-down", probe));
	if (all != NULL)
		azure_put_text(in, FIELD_INDENT, "no_healthy_backends", all);
}

static void
tell_empty(struct azure_import *in, const char *pool, const char *rule)
{
	if (azure_fact(in, "empty", pool) != NULL)
		azure_note(in, LB_IMPORT_ASSUMED, rule,
		    "its pool %s has no members here: nobody serves the "
		    "rule until it has some",
		    pool);
}

/* One pool; newer documents have it in a list, or in both. */
static void
put_rule_pool(struct azure_import *in, json_t *rule, const char *name)
{
	json_t *list = azure_list(rule, "backendAddressPools");
	json_t *first = json_array_get(list, 0);
	const char *id =
	    first != NULL ? azure_take_text(&in->doc, first, "id") : NULL;
	const char *single =
	    azure_take_id(&in->doc, rule, "backendAddressPool");
	char pool[LB_NAME_MAX + 1];

	bool marked = id == NULL && azure_mark_text(in, FIELD_INDENT, rule,
					"backendAddressPools", "pool");
	if (id == NULL)
		id = single;
	if (marked || (id == NULL && azure_mark_text(in, FIELD_INDENT, rule,
					 "backendAddressPool", "pool")))
		return;
	if (id == NULL || !azure_id_part(id, NULL, pool, sizeof(pool))) {
		azure_note(in, LB_IMPORT_MISSING, name,
		    "the rule has no pool: add `pool: NAME`");
		return;
	}
	azure_spell(in, "pool", pool, sizeof(pool));
	azure_put_text(in, FIELD_INDENT, "pool", pool);
	tell_empty(in, pool, name);
	if (json_array_size(list) > 1)
		azure_note(in, LB_IMPORT_NOT_MODELLED, name,
		    "several pools of one rule: the first is taken");
}

static void
put_idle(struct azure_import *in, json_t *rule)
{
	(void)azure_copy_number(
	    in, rule, "idleTimeoutInMinutes", "idle_timeout", "m");
	azure_copy_flag(in, rule, "enableTcpReset", "tcp_reset");
}

/* What the frontend says overrides what the rule does (AZ 1.4). */
static void
put_tracking(struct azure_import *in, json_t *rule, const char *id)
{
	static const char *const texts[] = { NULL, "true", AZURE_MARK };
	char frontend[LB_NAME_MAX + 1];
	const json_t *fact = NULL;

	if (id != NULL && azure_id_part(id, NULL, frontend, sizeof(frontend)))
		fact = azure_fact(in, "tracking", frontend);

	if (fact == NULL) {
		azure_copy_flag(in, rule, "enableConnectionTracking",
		    "connection_tracking");
		return;
	}
	(void)azure_take_any(&in->doc, rule, "enableConnectionTracking");
	const char *text = texts[json_integer_value(fact)];
	if (text != NULL)
		(void)fprintf(in->to, "    connection_tracking: %s\n", text);
}

static void
put_snat(struct azure_import *in, json_t *rule)
{
	bool none;

	if (!azure_take_flag(&in->doc, rule, "disableOutboundSnat", &none))
		(void)azure_mark(in, FIELD_INDENT, rule, "disableOutboundSnat",
		    "outbound_snat");
	else if (none)
		(void)fputs("    outbound_snat: false\n", in->to);
}

/* Protocol all and port 0.  An appliance's rule is mostly this, and whether a
 * route leads to it stands elsewhere. */
static void
tell_ha_ports(struct azure_import *in, const json_t *rule, const char *name)
{
	const char *protocol = azure_text(rule, "protocol");
	const json_t *port = azure_value(rule, "frontendPort");

	if (protocol == NULL || strcasecmp(protocol, "All") != 0 ||
	    !json_is_integer(port) || json_integer_value(port) != 0)
		return;
	azure_note(in, LB_IMPORT_ASSUMED, name,
	    "this HA-ports rule takes what is sent to its frontend's address "
	    "only: when routes lead through it to others, as to an appliance, "
	    "add `forwarding: { ha_next_hop: %s }`%s",
	    name,
	    json_is_true(azure_value(rule, "enableFloatingIP"))
		? ""
		: ", and `floating_ip: true` to it");
}

static void
put_rule(struct azure_import *in, json_t *rule, size_t i)
{
	char name[LB_NAME_MAX + 1];

	azure_at(in, "loadBalancingRules", i);
	(void)azure_name(in, rule, "rule", i, name, sizeof(name));
	tell_ha_ports(in, rule, name);
	azure_put_item(in, 2, name);
	const char *frontend = azure_need_reference(
	    in, rule, "frontendIPConfiguration", "frontend", name);
	put_rule_pool(in, rule, name);
	put_rule_probe(in, rule);
	azure_copy_choice(
	    in, rule, "protocol", "protocol", lb_proto_of_name, lb_proto_name);
	(void)azure_copy_number(in, rule, "frontendPort", "frontend_port", "");
	(void)azure_copy_number(in, rule, "backendPort", "backend_port", "");
	azure_copy_choice(in, rule, "loadDistribution", "distribution",
	    lb_mode_of_name, lb_mode_name);
	put_idle(in, rule);
	azure_copy_flag(in, rule, "enableFloatingIP", "floating_ip");
	put_tracking(in, rule, frontend);
	put_snat(in, rule);
}

void
azure_put_rules(struct azure_import *in)
{
	json_t *list = azure_list(in->balancer, "loadBalancingRules"), *rule;
	size_t i;

	if (json_array_size(list) > 0)
		(void)fputs("\nrules:\n", in->to);
	json_array_foreach(list, i, rule) put_rule(in, rule, i);
}

/* --- inbound NAT --------------------------------------------------------- */

static void
put_nat_target(struct azure_import *in, json_t *rule, const char *name)
{
	const char *id =
	    azure_take_id(&in->doc, rule, "backendIPConfiguration");
	const struct azure_place *place =
	    id != NULL ? azure_place_of(in, id) : NULL;

	if (place != NULL) {
		azure_put_text(in, FIELD_INDENT, "pool", place->pool);
		azure_put_text(in, FIELD_INDENT, "member", place->member);
		(void)azure_take_id(&in->doc, rule, "backendAddressPool");
		return;
	}
	if (!azure_copy_reference(in, rule, "backendAddressPool", "pool") &&
	    !azure_mark_text(
		in, FIELD_INDENT, rule, "backendIPConfiguration", "member"))
		azure_note(in, LB_IMPORT_MISSING, name,
		    "the NAT rule leads to nobody: add `pool: NAME`, and "
		    "`member: NAME` for one machine");
}

/* frontend_port: 5001, or frontend_ports: 500-1000 */
static void
put_nat_ports(struct azure_import *in, json_t *rule)
{
	int first = 0, last = 0;
	bool open = !azure_take_number(
			&in->doc, rule, "frontendPortRangeStart", &first) &&
		    azure_mark(in, FIELD_INDENT, rule, "frontendPortRangeStart",
			"frontend_ports");

	if (first > 0 &&
	    !azure_take_number(&in->doc, rule, "frontendPortRangeEnd", &last))
		open = azure_mark(in, FIELD_INDENT, rule,
		    "frontendPortRangeEnd", "frontend_ports");
	if (open)
		return;
	if (first > 0) {
		if (last == 0) {
			last = PORT_LAST;
			azure_note(in, LB_IMPORT_ASSUMED, in->path,
			    "frontendPortRangeEnd: the document does not say: "
			    "%d",
			    last);
		}
		(void)fprintf(
		    in->to, "    frontend_ports: %d-%d\n", first, last);
		/* of a range it is 0, or its first */
		(void)azure_take_number(&in->doc, rule, "frontendPort", &first);
		return;
	}
	(void)azure_copy_number(in, rule, "frontendPort", "frontend_port", "");
}

static void
put_nat_rule(struct azure_import *in, json_t *rule, size_t i)
{
	char name[LB_NAME_MAX + 1];

	azure_at(in, "inboundNatRules", i);
	(void)azure_name(in, rule, "nat-rule", i, name, sizeof(name));
	azure_put_item(in, 2, name);
	const json_t *start = azure_value(rule, "frontendPortRangeStart");
	azure_learn(
	    in, "nat-first", name, json_integer(json_integer_value(start)));
	(void)azure_need_reference(
	    in, rule, "frontendIPConfiguration", "frontend", name);
	azure_copy_choice(
	    in, rule, "protocol", "protocol", lb_proto_of_name, lb_proto_name);
	put_nat_ports(in, rule);
	(void)azure_copy_number(in, rule, "backendPort", "backend_port", "");
	put_nat_target(in, rule, name);
	put_idle(in, rule);
	azure_copy_flag(in, rule, "enableFloatingIP", "floating_ip");
}

/* The rules that a NAT pool makes stand in inboundNatRules, once it has
 * instances. */
static void
put_nat_pool(struct azure_import *in, json_t *nat, size_t i)
{
	char name[LB_NAME_MAX + 1];
	const char *its = azure_take_text(&in->doc, nat, AZURE_POOL_KEY);
	const char *pool = its != NULL           ? its
			   : in->pool_count == 1 ? in->pool
						 : NULL;

	azure_at(in, "inboundNatPools", i);
	(void)azure_name(in, nat, "nat-pool", i, name, sizeof(name));
	azure_put_item(in, 2, name);
	(void)azure_need_reference(
	    in, nat, "frontendIPConfiguration", "frontend", name);
	azure_copy_choice(
	    in, nat, "protocol", "protocol", lb_proto_of_name, lb_proto_name);
	put_nat_ports(in, nat);
	(void)azure_copy_number(in, nat, "backendPort", "backend_port", "");
	put_idle(in, nat);
	azure_copy_flag(in, nat, "enableFloatingIP", "floating_ip");
	if (pool != NULL)
		azure_put_text(in, FIELD_INDENT, "pool", pool);
	azure_put_text(in, FIELD_INDENT, "assignment", "instance");
	if (its != NULL)
		return; /* a scale set said so */
	azure_note(in, pool != NULL ? LB_IMPORT_ASSUMED : LB_IMPORT_MISSING,
	    name,
	    pool != NULL
		? "a NAT pool serves a scale set that the document does not "
		  "name: the members of the only pool are taken for it"
		: "a NAT pool serves a scale set that the document does not "
		  "name: add `pool: NAME` to this rule, the pool whose members "
		  "are the instances");
}

void
azure_put_nat_rules(struct azure_import *in)
{
	json_t *rules = azure_list(in->balancer, "inboundNatRules");
	json_t *pools = azure_list(in->balancer, "inboundNatPools"), *one;
	bool generated = json_array_size(rules) > 0;
	size_t i;

	if (generated || json_array_size(pools) > 0)
		(void)fputs("\nnat_rules:\n", in->to);
	json_array_foreach(rules, i, one) put_nat_rule(in, one, i);
	if (generated) {
		if (json_array_size(pools) > 0)
			azure_note(in, LB_IMPORT_ASSUMED, "inboundNatPools",
			    "the rules that they made of themselves stand in "
			    "inboundNatRules and were taken from there");
		(void)json_array_clear(pools);
	}
	json_array_foreach(pools, i, one) put_nat_pool(in, one, i);
}

/* --- outbound ------------------------------------------------------------ */

static void
put_outbound_frontends(
    struct azure_import *in, json_t *rule, const char *rule_name)
{
	json_t *list = azure_list(rule, "frontendIPConfigurations"), *one;
	char name[LB_NAME_MAX + 1];
	size_t i;

	if (json_array_size(list) == 0) {
		if (!azure_mark_text(in, FIELD_INDENT, rule,
			"frontendIPConfigurations", "frontends"))
			azure_note(in, LB_IMPORT_MISSING, rule_name,
			    "the document names no frontend: add "
			    "`frontends: [NAME]`");
		return;
	}
	json_array_foreach(list, i, one)
	{
		const char *id = azure_take_text(&in->doc, one, "id");
		if (id == NULL || !azure_id_part(id, NULL, name, sizeof(name)))
			(void)snprintf(name, sizeof(name), AZURE_MARK);
		if (id == NULL)
			(void)azure_mark_text(in, 0, one, "id", NULL);
		azure_spell(in, "frontend", name, sizeof(name));
		(void)fputs(i == 0 ? "    frontends: [" : ", ", in->to);
		azure_put_value(in->to, name);
	}
	(void)fputs("]\n", in->to);
}

static void
put_outbound_rule(struct azure_import *in, json_t *rule, size_t i)
{
	char name[LB_NAME_MAX + 1];
	int ports;

	azure_at(in, "outboundRules", i);
	(void)azure_name(in, rule, "outbound-rule", i, name, sizeof(name));
	azure_put_item(in, 2, name);
	put_outbound_frontends(in, rule, name);
	(void)azure_need_reference(
	    in, rule, "backendAddressPool", "pool", name);
	azure_copy_choice(
	    in, rule, "protocol", "protocol", lb_proto_of_name, lb_proto_name);
	/* 0: as many as the table gives to a pool of this size */
	if (!azure_take_number(
		&in->doc, rule, "allocatedOutboundPorts", &ports))
		(void)azure_mark(in, FIELD_INDENT, rule,
		    "allocatedOutboundPorts", "ports_per_member");
	else if (ports != 0)
		(void)fprintf(in->to, "    ports_per_member: %d\n", ports);
	put_idle(in, rule);
}

void
azure_put_outbound_rules(struct azure_import *in)
{
	json_t *list = azure_list(in->balancer, "outboundRules"), *rule;
	size_t i;

	if (json_array_size(list) > 0)
		(void)fputs("\noutbound_rules:\n", in->to);
	json_array_foreach(list, i, rule) put_outbound_rule(in, rule, i);
}
