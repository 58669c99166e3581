/* SPDX-License-Identifier: MIT */
#include "model/yaml/config_read.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "model/config/problems.h"
#include "model/config/numbers.h"

#define ZONE_MAX             31u
#define THRESHOLD_MAX        1000000u
#define NUMBER_OF_PROBES_MAX 1000000u
#define SUGGEST_AMONG_MAX    1000u

#define X(section, key, text) text,
static const char *const frontend_keys[] = { LB_FRONTEND_KEYS(X) };
static const char *const pool_keys[] = { LB_POOL_KEYS(X) };
static const char *const member_keys[] = { LB_MEMBER_KEYS(X) };
static const char *const probe_keys[] = { LB_PROBE_KEYS(X) };
static const char *const rule_keys[] = { LB_RULE_KEYS(X) };
#undef X

void *
lb_read_list_new(struct lb_reader *reader, size_t count, size_t bytes)
{
	void *list = calloc(count + 1, bytes);

	if (list == NULL)
		reader->no_memory = true;
	return list;
}

struct lb_read_list
lb_read_list(struct lb_section *section, unsigned key, size_t bytes)
{
	struct lb_read_list list;
	size_t count;

	list.first = lb_take_list(section, key, &count);
	list.things = lb_read_list_new(section->reader, count, bytes);
	if (section->reader->no_memory)
		list.first = NULL;
	return list;
}

static char *
text_copy(struct lb_reader *reader, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		reader->no_memory = true;
	return copy;
}

char *
lb_read_name(struct lb_section *section, const char *what)
{
	const char *name = "?";

	lb_section_require(section, 0, what);
	lb_take_text(section, 0, &name);
	return text_copy(section->reader, name);
}

void
lb_read_port(struct lb_section *section, unsigned key, uint16_t *out)
{
	uint64_t port;

	if (lb_take_number(section, key, UINT16_MAX, &port))
		*out = (uint16_t)port;
}

void
lb_read_proto(struct lb_section *section, unsigned key, uint8_t *out)
{
	int proto;

	if (lb_take_choice(
		section, key, lb_proto_of_name, "tcp, udp and all", &proto))
		*out = (uint8_t)proto;
}

void
lb_read_as(struct lb_section *section, unsigned key, unsigned other)
{
	section->at[key] = section->at[other];
	section->bad |= (section->bad >> other & 1) << key;
}

/* --- frontends ----------------------------------------------------------- */

static unsigned
take_zones(struct lb_section *section)
{
	size_t count;
	unsigned zones = 0;
	uint64_t zone;
	const char *text;
	struct lb_where where;
	const struct lb_yaml_node *node =
	    lb_take_list(section, LB_FRONTEND_KEY_ZONES, &count);

	while (lb_list_text(
	    section, LB_FRONTEND_KEY_ZONES, &node, &text, &where)) {
		if (lb_number_of_text(text, &zone) && zone > 0 &&
		    zone <= ZONE_MAX)
			zones |= 1u << zone;
		else
			lb_error_add(section->reader->problems, where, NULL,
			    "`zones`: '%.40s' is no zone; write [1, 2, 3]",
			    text);
	}
	return zones;
}

static void
read_frontend(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_config_frontend *frontend)
{
	struct lb_section section;

	lb_section_open(
	    &section, reader, node, frontend_keys, LB_FRONTEND_KEY_COUNT);
	frontend->name = lb_read_name(&section, "a frontend");
	lb_section_require(&section, LB_FRONTEND_KEY_ADDRESS, "a frontend");
	lb_take_address(&section, LB_FRONTEND_KEY_ADDRESS, &frontend->address);
	frontend->zones = take_zones(&section);
	if (lb_take_duration(&section, LB_FRONTEND_KEY_IDLE_TIMEOUT,
		&frontend->idle_timeout_ms) &&
	    frontend->idle_timeout_ms == 0)
		lb_section_refuse(&section, LB_FRONTEND_KEY_IDLE_TIMEOUT,
		    "0 is no time; leave it out where rules have their own");
	LB_KEEP_SOURCE(frontend, &section);
}

void
lb_read_frontends(struct lb_section *root, struct lb_config *config)
{
	const struct lb_read_list list = lb_read_list(
	    root, LB_ROOT_KEY_FRONTENDS, sizeof(*config->frontends));

	config->frontends = list.things;
	for (const struct lb_yaml_node *node = list.first; node != NULL;
	     node = lb_list_next(root->reader, node))
		read_frontend(root->reader, node,
		    &config->frontends[config->frontend_count++]);
}

/* --- pools --------------------------------------------------------------- */

static void
read_member(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_config_member *member)
{
	struct lb_section section;
	uint64_t zone, weight;
	int state;

	lb_section_open(
	    &section, reader, node, member_keys, LB_MEMBER_KEY_COUNT);
	member->name = lb_read_name(&section, "a member");
	lb_section_require(&section, LB_MEMBER_KEY_ADDRESS, "a member");
	lb_take_address(&section, LB_MEMBER_KEY_ADDRESS, &member->address);
	if (lb_take_number(&section, LB_MEMBER_KEY_ZONE, ZONE_MAX, &zone))
		member->zone = (unsigned)zone;
	if (lb_take_choice(&section, LB_MEMBER_KEY_ADMIN_STATE,
		lb_admin_state_of_name, "none, up and down", &state))
		member->admin_state = (enum lb_admin_state)state;
	member->weight = LB_WEIGHT_DEFAULT;
	if (lb_take_number(
		&section, LB_MEMBER_KEY_WEIGHT, LB_WEIGHT_MAX, &weight))
		member->weight = (unsigned)weight;
	LB_KEEP_SOURCE(member, &section);
}

static void
read_pool(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_config_pool *pool)
{
	struct lb_section section;
	struct lb_read_list list;

	lb_section_open(&section, reader, node, pool_keys, LB_POOL_KEY_COUNT);
	pool->name = lb_read_name(&section, "a pool");
	lb_section_require(&section, LB_POOL_KEY_MEMBERS, "a pool");
	list =
	    lb_read_list(&section, LB_POOL_KEY_MEMBERS, sizeof(*pool->members));
	pool->members = list.things;
	for (node = list.first; node != NULL; node = lb_list_next(reader, node))
		read_member(reader, node, &pool->members[pool->member_count++]);
	LB_KEEP_SOURCE(pool, &section);
}

void
lb_read_pools(struct lb_section *root, struct lb_config *config)
{
	const struct lb_read_list list =
	    lb_read_list(root, LB_ROOT_KEY_POOLS, sizeof(*config->pools));

	config->pools = list.things;
	for (const struct lb_yaml_node *node = list.first; node != NULL;
	     node = lb_list_next(root->reader, node))
		read_pool(
		    root->reader, node, &config->pools[config->pool_count++]);
}

/* --- probes -------------------------------------------------------------- */

static void
read_probe(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_config_probe *probe)
{
	struct lb_section section;
	int protocol;
	uint64_t threshold, number;

	lb_config_probe_init(probe);
	lb_section_open(&section, reader, node, probe_keys, LB_PROBE_KEY_COUNT);
	probe->name = lb_read_name(&section, "a probe");
	lb_section_require(&section, LB_PROBE_KEY_PROTOCOL, "a probe");
	if (lb_take_choice(&section, LB_PROBE_KEY_PROTOCOL,
		lb_probe_protocol_of_name,
		"tcp, http, https and, with sku fairlead, udp, coap, dns",
		&protocol))
		probe->protocol = (enum lb_probe_protocol)protocol;
	lb_section_require(&section, LB_PROBE_KEY_PORT, "a probe");
	lb_read_port(&section, LB_PROBE_KEY_PORT, &probe->port);
	lb_take_duration(&section, LB_PROBE_KEY_INTERVAL, &probe->interval_ms);
	if (lb_take_number(
		&section, LB_PROBE_KEY_THRESHOLD, THRESHOLD_MAX, &threshold))
		probe->threshold = (unsigned)threshold;
	if (lb_take_number(&section, LB_PROBE_KEY_NUMBER_OF_PROBES,
		NUMBER_OF_PROBES_MAX, &number))
		probe->number_of_probes = (unsigned)number;
	lb_take_duration(
	    &section, LB_PROBE_KEY_FLAP_DAMPING, &probe->flap_damping_ms);
	lb_read_probe_asks(&section, probe);
	LB_KEEP_SOURCE(probe, &section);
}

void
lb_read_probes(struct lb_section *root, struct lb_config *config)
{
	const struct lb_read_list list =
	    lb_read_list(root, LB_ROOT_KEY_PROBES, sizeof(*config->probes));

	config->probes = list.things;
	for (const struct lb_yaml_node *node = list.first; node != NULL;
	     node = lb_list_next(root->reader, node))
		read_probe(
		    root->reader, node, &config->probes[config->probe_count++]);
}

/* --- names that refer ---------------------------------------------------- */

static int
by_text(const void *a, const void *b)
{
	const char **const *left = a, **const *right = b;

	return strcmp(**left, **right);
}

void
lb_name_list_sort(struct lb_reader *reader, struct lb_name_list *list)
{
	list->sorted =
	    lb_read_list_new(reader, list->count, sizeof(*list->sorted));
	if (list->sorted == NULL || list->names == NULL) {
		list->count = 0;
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		list->sorted[i] = &list->names[i];
	qsort(list->sorted, list->count, sizeof(*list->sorted), by_text);
}

void
lb_name_list_free(struct lb_name_list *list)
{
	free(list->names);
	free(list->sorted);
}

void
lb_referred_list(struct lb_reader *reader, const struct lb_config *config,
    struct lb_referred *referred)
{
	LB_NAME_LIST(&referred->frontends, reader, config->frontends,
	    config->frontend_count);
	LB_NAME_LIST(
	    &referred->pools, reader, config->pools, config->pool_count);
}

void
lb_referred_free(struct lb_referred *referred)
{
	lb_name_list_free(&referred->frontends);
	lb_name_list_free(&referred->pools);
}

int
lb_name_find(struct lb_section *section, unsigned key,
    const struct lb_name_list *list, const char *what, const char *name)
{
	const char **wanted = &name, *near = NULL;
	const char ***found = bsearch(
	    &wanted, list->sorted, list->count, sizeof(*list->sorted), by_text);

	if (found != NULL)
		return (int)(*found - list->names);
	if (list->count <= SUGGEST_AMONG_MAX &&
	    section->reader->problems->count < LB_PROBLEMS_MAX)
		near = lb_nearest_name(name, list->names, list->count);
	lb_section_refuse(section, key, "no %s is called '%.60s'%s%.128s%s",
	    what, name, near == NULL ? "" : "; did you mean '",
	    near == NULL ? "" : near, near == NULL ? "" : "'?");
	return -1;
}

int
lb_read_rule_name(struct lb_section *section, unsigned key,
    const struct lb_config *config, const char *name)
{
	struct lb_name_list rules = { 0 };
	int found = -1;

	LB_NAME_LIST(
	    &rules, section->reader, config->rules, config->rule_count);
	if (!section->reader->no_memory)
		found = lb_name_find(section, key, &rules, "rule", name);
	lb_name_list_free(&rules);
	return found;
}

/* --- rules --------------------------------------------------------------- */

struct rule_names {
	struct lb_referred ends;
	struct lb_name_list probes;
};

void
lb_read_reference(struct lb_section *section, unsigned key,
    const struct lb_name_list *list, const char *what, int *out)
{
	const char *name;

	if (lb_take_text(section, key, &name))
		*out = lb_name_find(section, key, list, what, name);
}

/* Whom the rule joins: frontend, pool, probe, protocol and ports. */
static void
take_ends(struct lb_section *section, const struct rule_names *names,
    struct lb_config_rule *rule)
{
	lb_read_reference(section, LB_RULE_KEY_FRONTEND, &names->ends.frontends,
	    "frontend", &rule->frontend);
	lb_section_require(section, LB_RULE_KEY_POOL, "a rule");
	lb_read_reference(
	    section, LB_RULE_KEY_POOL, &names->ends.pools, "pool", &rule->pool);
	lb_read_reference(
	    section, LB_RULE_KEY_PROBE, &names->probes, "probe", &rule->probe);
	lb_section_require(section, LB_RULE_KEY_PROTOCOL, "a rule");
	lb_read_proto(section, LB_RULE_KEY_PROTOCOL, &rule->proto);
	lb_section_require(section, LB_RULE_KEY_FRONTEND_PORT, "a rule");
	lb_read_port(section, LB_RULE_KEY_FRONTEND_PORT, &rule->frontend_port);
	if (!lb_section_has(section, LB_RULE_KEY_BACKEND_PORT)) {
		rule->backend_port = rule->frontend_port;
		lb_read_as(section, LB_RULE_KEY_BACKEND_PORT,
		    LB_RULE_KEY_FRONTEND_PORT);
	}
	lb_read_port(section, LB_RULE_KEY_BACKEND_PORT, &rule->backend_port);
}

/* How it chooses. */
static void
take_choosing(struct lb_section *section, struct lb_config_rule *rule)
{
	uint64_t size;
	int value;

	if (lb_take_choice(section, LB_RULE_KEY_DISTRIBUTION, lb_mode_of_name,
		"five-tuple, source-ip and source-ip-protocol", &value))
		rule->mode = (enum lb_mode)value;
	if (lb_take_choice(section, LB_RULE_KEY_ALGORITHM, lb_algorithm_of_name,
		"maglev, stable, rendezvous and modulo", &value))
		rule->algorithm = (enum lb_algorithm)value;
	if (lb_take_number(section, LB_RULE_KEY_TABLE_SIZE, UINT32_MAX, &size))
		rule->table_size = (uint32_t)size;
	if (lb_take_choice(section, LB_RULE_KEY_ALL_DOWN, lb_all_down_of_name,
		"all-probed-down and all-probed-up", &value))
		rule->all_down = (enum lb_all_down)value;
}

static void
read_rule(struct lb_reader *reader, const struct lb_yaml_node *node,
    const struct rule_names *names, struct lb_config_rule *rule)
{
	struct lb_section section;

	lb_config_rule_init(rule);
	lb_section_open(&section, reader, node, rule_keys, LB_RULE_KEY_COUNT);
	rule->name = lb_read_name(&section, "a rule");
	take_ends(&section, names, rule);
	take_choosing(&section, rule);
	lb_take_bool(&section, LB_RULE_KEY_CONNECTION_TRACKING,
	    &rule->connection_tracking);
	lb_take_duration(
	    &section, LB_RULE_KEY_IDLE_TIMEOUT, &rule->idle_timeout_ms);
	lb_take_bool(&section, LB_RULE_KEY_TCP_RESET, &rule->tcp_reset);
	lb_take_bool(&section, LB_RULE_KEY_FLOATING_IP, &rule->floating_ip);
	lb_take_bool(&section, LB_RULE_KEY_OUTBOUND_SNAT, &rule->outbound_snat);
	LB_KEEP_SOURCE(rule, &section);
}

void
lb_read_rules(struct lb_section *root, struct lb_config *config)
{
	struct lb_reader *reader = root->reader;
	struct rule_names names = { 0 };
	struct lb_read_list list;

	lb_referred_list(reader, config, &names.ends);
	LB_NAME_LIST(
	    &names.probes, reader, config->probes, config->probe_count);
	list = lb_read_list(root, LB_ROOT_KEY_RULES, sizeof(*config->rules));
	config->rules = list.things;
	for (const struct lb_yaml_node *node = list.first; node != NULL;
	     node = lb_list_next(reader, node))
		read_rule(
		    reader, node, &names, &config->rules[config->rule_count++]);
	lb_referred_free(&names.ends);
	lb_name_list_free(&names.probes);
}
