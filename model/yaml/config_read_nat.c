/* SPDX-License-Identifier: MIT */
#include "model/yaml/config_read.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "model/config/numbers.h"
#include "model/path/plan.h"

#define X(section, key, text) text,
static const char *const nat_keys[] = { LB_NAT_KEYS(X) };
static const char *const outbound_keys[] = { LB_OUTBOUND_KEYS(X) };
#undef X

/* A member of any pool, by its name. */
struct member_ref {
	const char *name;
	int pool, member;
};

struct nat_names {
	struct lb_referred ends;
	struct member_ref *members; /* by name, then pool, then member */
	size_t member_count;
};

/* --- ports --------------------------------------------------------------- */

/* "500-599" */
static bool
range_of_text(const char *text, uint16_t *first, uint16_t *last)
{
	const char *dash = strchr(text, '-');
	char head[8];
	uint64_t low, high;

	if (dash == NULL || (size_t)(dash - text) >= sizeof(head))
		return false;
	memcpy(head, text, (size_t)(dash - text));
	head[dash - text] = '\0';
	if (!lb_number_of_text(head, &low) ||
	    !lb_number_of_text(dash + 1, &high) || low > UINT16_MAX ||
	    high > UINT16_MAX || low > high)
		return false;
	*first = (uint16_t)low;
	*last = (uint16_t)high;
	return true;
}

/* One of frontend_port and frontend_ports. */
static void
take_frontend_ports(struct lb_section *section, struct lb_config_nat *nat)
{
	const char *text;

	if (lb_section_has(section, LB_NAT_KEY_FRONTEND_PORTS)) {
		if (lb_section_has(section, LB_NAT_KEY_FRONTEND_PORT))
			lb_section_refuse(section, LB_NAT_KEY_FRONTEND_PORTS,
			    "`frontend_port` and `frontend_ports` exclude each "
			    "other; leave one out");
		else if (lb_take_text(
			     section, LB_NAT_KEY_FRONTEND_PORTS, &text) &&
			 !range_of_text(
			     text, &nat->first_port, &nat->last_port))
			lb_section_refuse(section, LB_NAT_KEY_FRONTEND_PORTS,
			    "'%.40s' is no range of ports, like 500-599", text);
		return;
	}
	lb_section_require(section, LB_NAT_KEY_FRONTEND_PORT, "a NAT rule");
	lb_read_port(section, LB_NAT_KEY_FRONTEND_PORT, &nat->first_port);
	nat->last_port = nat->first_port;
	lb_read_as(
	    section, LB_NAT_KEY_FRONTEND_PORTS, LB_NAT_KEY_FRONTEND_PORT);
}

/* --- members ------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct member_ref *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	if (order == 0)
		order = left->pool - right->pool;
	return order != 0 ? order : left->member - right->member;
}

static void
collect_members(struct lb_reader *reader, const struct lb_config *config,
    struct nat_names *names)
{
	size_t max = 0;

	for (size_t p = 0; p < config->pool_count; p++)
		max += config->pools[p].member_count;
	names->members = lb_read_list_new(reader, max, sizeof(*names->members));
	if (names->members == NULL)
		return;
	for (size_t p = 0; p < config->pool_count; p++)
		for (size_t m = 0; m < config->pools[p].member_count; m++)
			names->members[names->member_count++] =
			    (struct member_ref){
				    config->pools[p].members[m].name,
				    (int)p,
				    (int)m,
			    };
	qsort(names->members, names->member_count, sizeof(*names->members),
	    by_name);
}

/* The first member of that name, of any pool with pool -1; NULL: none. */
static const struct member_ref *
first_member(const struct nat_names *names, const char *name, int pool)
{
	const struct member_ref key = { name, pool, -1 };
	size_t low = 0, high = names->member_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_name(&names->members[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct member_ref *found = &names->members[low];
	if (low == names->member_count || strcmp(found->name, name) != 0 ||
	    (pool >= 0 && found->pool != pool))
		return NULL;
	return found;
}

static const struct lb_addr *
address_of(const struct lb_config *config, const struct member_ref *member)
{
	return &config->pools[member->pool].members[member->member].address;
}

/* Several pools may have a member of that name, when it is one machine. */
static void
check_one_machine(struct lb_section *section, const struct lb_config *config,
    const struct nat_names *names, const struct member_ref *found)
{
	const struct member_ref *end = names->members + names->member_count;

	for (const struct member_ref *other = found + 1;
	     other < end && strcmp(other->name, found->name) == 0; other++) {
		if (lb_addr_same(
			address_of(config, found), address_of(config, other)))
			continue;
		lb_section_refuse(section, LB_NAT_KEY_MEMBER,
		    "pools '%.60s' and '%.60s' both have a member '%.60s'; "
		    "say which with `pool`",
		    config->pools[found->pool].name,
		    config->pools[other->pool].name, found->name);
		return;
	}
}

static void
take_member(struct lb_section *section, const struct lb_config *config,
    const struct nat_names *names, struct lb_config_nat *nat)
{
	const char *name;
	bool in_pool = lb_section_has(section, LB_NAT_KEY_POOL);

	if (!lb_section_has(section, LB_NAT_KEY_MEMBER)) {
		lb_section_require(section, LB_NAT_KEY_POOL, "a NAT rule");
		return;
	}
	if (!lb_take_text(section, LB_NAT_KEY_MEMBER, &name))
		return;
	if (in_pool && nat->pool < 0)
		return; /* a pool that is none, which was said */
	const struct member_ref *found = first_member(names, name, nat->pool);
	if (found == NULL) {
		lb_section_refuse(section, LB_NAT_KEY_MEMBER,
		    "%s%.60s%s has %s member '%.60s'", in_pool ? "pool '" : "",
		    in_pool ? config->pools[nat->pool].name : "no pool",
		    in_pool ? "'" : "", in_pool ? "no" : "a", name);
		return;
	}
	nat->pool = found->pool;
	nat->member = found->member;
	if (!in_pool)
		check_one_machine(section, config, names, found);
}

/* --- rules --------------------------------------------------------------- */

static void
read_nat(struct lb_reader *reader, const struct lb_yaml_node *node,
    const struct nat_names *names, const struct lb_config *config,
    struct lb_config_nat *nat)
{
	struct lb_section section;
	int value;

	lb_config_nat_init(nat);
	lb_section_open(&section, reader, node, nat_keys, LB_NAT_KEY_COUNT);
	nat->name = lb_read_name(&section, "a NAT rule");
	lb_section_require(&section, LB_NAT_KEY_FRONTEND, "a NAT rule");
	lb_read_reference(&section, LB_NAT_KEY_FRONTEND, &names->ends.frontends,
	    "frontend", &nat->frontend);
	lb_section_require(&section, LB_NAT_KEY_PROTOCOL, "a NAT rule");
	lb_read_proto(&section, LB_NAT_KEY_PROTOCOL, &nat->proto);
	take_frontend_ports(&section, nat);
	lb_section_require(&section, LB_NAT_KEY_BACKEND_PORT, "a NAT rule");
	lb_read_port(&section, LB_NAT_KEY_BACKEND_PORT, &nat->backend_port);
	lb_read_reference(
	    &section, LB_NAT_KEY_POOL, &names->ends.pools, "pool", &nat->pool);
	take_member(&section, config, names, nat);
	if (lb_take_choice(&section, LB_NAT_KEY_ASSIGNMENT,
		lb_assignment_of_name, "lowest-free and instance", &value))
		nat->assignment = (enum lb_assignment)value;
	lb_take_duration(
	    &section, LB_NAT_KEY_IDLE_TIMEOUT, &nat->idle_timeout_ms);
	lb_take_bool(&section, LB_NAT_KEY_TCP_RESET, &nat->tcp_reset);
	lb_take_bool(&section, LB_NAT_KEY_FLOATING_IP, &nat->floating_ip);
	LB_KEEP_SOURCE(nat, &section);
}

void
lb_read_nats(struct lb_section *root, struct lb_config *config)
{
	struct lb_reader *reader = root->reader;
	struct nat_names names = { 0 };
	struct lb_read_list list;

	lb_referred_list(reader, config, &names.ends);
	collect_members(reader, config, &names);
	list = lb_read_list(root, LB_ROOT_KEY_NAT_RULES, sizeof(*config->nats));
	config->nats = list.things;
	for (const struct lb_yaml_node *node = list.first; node != NULL;
	     node = lb_list_next(reader, node))
		read_nat(reader, node, &names, config,
		    &config->nats[config->nat_count++]);
	lb_referred_free(&names.ends);
	free(names.members);
}

/* --- outbound rules ------------------------------------------------------ */

static void
take_frontends(struct lb_section *section, const struct lb_name_list *names,
    struct lb_config_outbound *outbound)
{
	const unsigned key = LB_OUTBOUND_KEY_FRONTENDS;
	size_t count;
	const char *name;
	struct lb_where where;
	const struct lb_yaml_node *node = lb_take_list(section, key, &count);

	outbound->frontends = lb_read_list_new(
	    section->reader, count, sizeof(*outbound->frontends));
	while (outbound->frontends != NULL &&
	       lb_list_text(section, key, &node, &name, &where)) {
		int found = lb_name_find(section, key, names, "frontend", name);
		if (found >= 0)
			outbound->frontends[outbound->frontend_count++] = found;
	}
}

static void
read_outbound(struct lb_reader *reader, const struct lb_yaml_node *node,
    const struct lb_referred *names, struct lb_config_outbound *outbound)
{
	struct lb_section section;
	uint64_t number;

	lb_config_outbound_init(outbound);
	lb_section_open(
	    &section, reader, node, outbound_keys, LB_OUTBOUND_KEY_COUNT);
	outbound->name = lb_read_name(&section, "an outbound rule");
	lb_section_require(
	    &section, LB_OUTBOUND_KEY_FRONTENDS, "an outbound rule");
	take_frontends(&section, &names->frontends, outbound);
	lb_section_require(&section, LB_OUTBOUND_KEY_POOL, "an outbound rule");
	lb_read_reference(&section, LB_OUTBOUND_KEY_POOL, &names->pools, "pool",
	    &outbound->pool);
	lb_read_proto(&section, LB_OUTBOUND_KEY_PROTOCOL, &outbound->proto);
	if (lb_take_number(
		&section, LB_OUTBOUND_KEY_PORTS, UINT32_MAX, &number))
		outbound->ports = (uint32_t)number;
	if (lb_take_range(&section, LB_OUTBOUND_KEY_MAX_MEMBERS, 1,
		LB_MEMBER_MAX, &number))
		outbound->members_max = (uint32_t)number;
	lb_take_duration(
	    &section, LB_OUTBOUND_KEY_IDLE_TIMEOUT, &outbound->idle_timeout_ms);
	lb_take_bool(&section, LB_OUTBOUND_KEY_TCP_RESET, &outbound->tcp_reset);
	LB_KEEP_SOURCE(outbound, &section);
}

void
lb_read_outbounds(struct lb_section *root, struct lb_config *config)
{
	struct lb_reader *reader = root->reader;
	struct lb_referred names = { 0 };
	struct lb_read_list list;

	lb_referred_list(reader, config, &names);
	list = lb_read_list(
	    root, LB_ROOT_KEY_OUTBOUND_RULES, sizeof(*config->outbounds));
	config->outbounds = list.things;
	for (const struct lb_yaml_node *node = list.first; node != NULL;
	     node = lb_list_next(reader, node))
		read_outbound(reader, node, &names,
		    &config->outbounds[config->outbound_count++]);
	lb_referred_free(&names);
}
