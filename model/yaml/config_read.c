/* SPDX-License-Identifier: MIT */
#include "model/yaml/config_read.h"
#include "model/yaml/config_other.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/addr_kind.h"
#include "model/config/names.h"
#include "model/path/plan.h"
#include "model/config/snat.h"
#include "model/config/problems.h"
#include "model/config/numbers.h"

#define X(section, key, text) text,
static const char *const root_keys[] = { LB_ROOT_KEYS(X) };
static const char *const balancer_keys[] = { LB_BALANCER_KEYS(X) };
static const char *const table_keys[] = { LB_TABLE_KEYS(X) };
static const char *const forwarding_keys[] = { LB_FORWARDING_KEYS(X) };
#undef X

#define CLOSED_MS_MAX UINT64_C(86400000)

/* --- load_balancer, connection_table ------------------------------------- */

static bool
key_of_text(const char *text, uint8_t key[16])
{
	static const char digits[] = "0123456789abcdefABCDEF";

	if (strlen(text) != 32 || strspn(text, digits) != 32)
		return false;
	memset(key, 0, 16);
	for (size_t i = 0; i < 32; i++) {
		ptrdiff_t digit = strchr(digits, text[i]) - digits;
		if (digit > 15) /* the same in upper case */
			digit -= 6;
		key[i / 2] = (uint8_t)(key[i / 2] << 4 | digit);
	}
	return true;
}

/* Two readings of Azure's documents, by name. */
static void
read_switch(struct lb_section *section, unsigned key, enum lb_switch which,
    bool *otherwise)
{
	const char *usual = lb_switch_name(which, false);
	const char *other = lb_switch_name(which, true);
	const char *text;

	if (!lb_take_text(section, key, &text))
		return;
	*otherwise = lb_name_is(text, other);
	if (!*otherwise && !lb_name_is(text, usual))
		lb_section_refuse(section, key,
		    "'%.60s' is not one of %s and %s", text, usual, other);
}

static void
read_switches(struct lb_section *section, struct lb_config *config)
{
#define X(name, usual, other)                                                  \
	read_switch(section, LB_BALANCER_KEY_##name, LB_SWITCH_##name,         \
	    &config->otherwise[LB_SWITCH_##name]);
	LB_SWITCHES(X)
#undef X
}

static void
read_closed_timeout(struct lb_section *section, unsigned key, uint32_t *out_ms)
{
	uint64_t ms;

	if (!lb_take_duration(section, key, &ms))
		return;
	if (ms == 0 || ms > CLOSED_MS_MAX)
		lb_section_refuse(section, key, "use 1ms to 24h");
	else
		*out_ms = (uint32_t)ms;
}

static void
read_snat(struct lb_section *section, struct lb_config *config)
{
	uint64_t port;
	int value;

	config->outbound_frontends =
	    config->sku == LB_SKU_BASIC ? LB_OUTBOUND_SINGLE : LB_OUTBOUND_ALL;
	if (lb_take_choice(section, LB_BALANCER_KEY_OUTBOUND_FRONTENDS,
		lb_outbound_frontends_of_name, "all, fill-first and single",
		&value))
		config->outbound_frontends = (enum lb_outbound_frontends)value;
	if (lb_take_choice(section, LB_BALANCER_KEY_UDP_SNAT,
		lb_udp_snat_of_name, "destination and port", &value))
		config->udp_snat = (enum lb_udp_snat)value;
	if (!lb_take_range(section, LB_BALANCER_KEY_SNAT_FIRST_PORT,
		LB_SNAT_PORT_FIRST, LB_SNAT_PORT_FIRST_MAX, &port))
		return;
	if (port % 8 != 0)
		lb_section_refuse(section, LB_BALANCER_KEY_SNAT_FIRST_PORT,
		    "%u is no multiple of 8; use %u", (unsigned)port,
		    (unsigned)(port / 8 * 8));
	else
		config->snat_first_port = (uint16_t)port;
}

static void
read_balancer(struct lb_section *root, struct lb_config *config)
{
	struct lb_section section;
	const char *text;
	int sku;

	lb_section_open(&section, root->reader,
	    root->value[LB_ROOT_KEY_LOAD_BALANCER], balancer_keys,
	    LB_BALANCER_KEY_COUNT);
	if (lb_take_choice(&section, LB_BALANCER_KEY_SKU, lb_sku_of_name,
		"standard, basic and fairlead", &sku))
		config->sku = (enum lb_sku)sku;
	read_snat(&section, config);
	read_closed_timeout(
	    &section, LB_BALANCER_KEY_FIN_TIMEOUT, &config->fin_timeout_ms);
	read_closed_timeout(
	    &section, LB_BALANCER_KEY_RST_TIMEOUT, &config->rst_timeout_ms);
	read_switches(&section, config);
	memcpy(config->balancer_at, section.at, sizeof(config->balancer_at));
	if (!lb_take_text(&section, LB_BALANCER_KEY_HASH_KEY, &text))
		return;
	config->hash_key_set = key_of_text(text, config->hash_key);
	if (!config->hash_key_set)
		lb_section_refuse(&section, LB_BALANCER_KEY_HASH_KEY,
		    "a key is 32 hexadecimal digits, these are %zu characters",
		    strlen(text));
}

static void
read_table(struct lb_section *root, struct lb_config *config)
{
	struct lb_section section;

	lb_section_open(&section, root->reader,
	    root->value[LB_ROOT_KEY_CONNECTION_TABLE], table_keys,
	    LB_TABLE_KEY_COUNT);
	lb_take_number(
	    &section, LB_TABLE_KEY_ENTRIES, LB_ENTRIES_MAX, &config->entries);
	config->entries6 = config->entries / LB_ENTRIES6_PART;
	lb_take_number(
	    &section, LB_TABLE_KEY_ENTRIES6, LB_ENTRIES_MAX, &config->entries6);
	memcpy(config->table_at, section.at, sizeof(config->table_at));
}

/* --- forwarding ---------------------------------------------------------- */

static void
read_interfaces(struct lb_section *section, struct lb_config *config)
{
	size_t count;
	const char *text;
	struct lb_where where;
	const struct lb_yaml_node *node =
	    lb_take_list(section, LB_FORWARDING_KEY_INTERFACES, &count);

	config->interfaces = calloc(count + 1, sizeof(*config->interfaces));
	while (config->interfaces != NULL &&
	       lb_list_text(section, LB_FORWARDING_KEY_INTERFACES, &node, &text,
		   &where)) {
		char *copy = strdup(text);
		if (copy == NULL)
			section->reader->no_memory = true;
		else
			config->interfaces[config->interface_count++] = copy;
	}
	if (config->interfaces == NULL)
		section->reader->no_memory = true;
}

static void
read_addresses(struct lb_section *section, struct lb_config *config)
{
	size_t count;
	const char *text;
	struct lb_where where;
	struct lb_addr addr;
	const struct lb_yaml_node *node =
	    lb_take_list(section, LB_FORWARDING_KEY_LOCAL_ADDRESSES, &count);

	config->local_addresses =
	    calloc(count + 1, sizeof(*config->local_addresses));
	if (config->local_addresses == NULL) {
		section->reader->no_memory = true;
		return;
	}
	while (lb_list_text(
	    section, LB_FORWARDING_KEY_LOCAL_ADDRESSES, &node, &text, &where)) {
		bool known = lb_addr_of_text(text, &addr);
		if (known && lb_addr_is_unicast(&addr))
			config->local_addresses[config->local_address_count++] =
			    addr;
		else
			lb_error_add(section->reader->problems, where, NULL,
			    "`local_addresses`: '%.60s' is %s; write what "
			    "this machine has",
			    text,
			    known ? lb_addr_kind_name(lb_addr_kind(&addr))
				  : "no address");
	}
}

/* "10.0.0.0/24" */
static bool
subnet_of_text(const char *text, struct lb_config_subnet *subnet)
{
	const char *slash = strchr(text, '/');
	char address[64];
	uint64_t prefix;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(address) ||
	    !lb_number_of_text(slash + 1, &prefix))
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (!lb_addr_of_text(address, &subnet->address))
		return false;
	/* by how it is written: ::ffff:10.0.0.0/104 is what it says */
	bool v4 = strchr(address, ':') == NULL;
	if (prefix > (v4 ? 32 : 128))
		return false;
	subnet->prefix = (unsigned)prefix + (v4 ? 96 : 0);
	return true;
}

/* 0.0.0.0/0, ::/0, or an IPv6 one that has all of IPv4's */
static bool
names_everybody(const struct lb_config_subnet *subnet)
{
	return subnet->prefix == 0 ||
	       (subnet->prefix <= 96 && lb_addr_is_v4(&subnet->address));
}

static void
read_subnets(struct lb_section *section, struct lb_config *config)
{
	size_t count;
	const char *text;
	struct lb_where where;
	struct lb_config_subnet subnet;
	const struct lb_yaml_node *node =
	    lb_take_list(section, LB_FORWARDING_KEY_LOCAL_SUBNETS, &count);

	config->local_subnets =
	    calloc(count + 1, sizeof(*config->local_subnets));
	if (config->local_subnets == NULL) {
		section->reader->no_memory = true;
		return;
	}
	while (lb_list_text(
	    section, LB_FORWARDING_KEY_LOCAL_SUBNETS, &node, &text, &where)) {
		bool known = subnet_of_text(text, &subnet);
		if (known && names_everybody(&subnet))
			lb_warning_add(section->reader->problems, where,
			    "`local_subnets`: '%.60s' has every address, and "
			    "what members send to these is no answer to a "
			    "client; write the members' own",
			    text);
		if (known)
			config->local_subnets[config->local_subnet_count++] =
			    subnet;
		else
			lb_error_add(section->reader->problems, where, NULL,
			    "`local_subnets`: '%.60s' is no subnet, like "
			    "10.0.0.0/24",
			    text);
	}
}

/* One rule name: the next hop of its family. */
static void
read_next_hop(
    struct lb_section *section, struct lb_config *config, const char *name)
{
	const unsigned key = LB_FORWARDING_KEY_HA_NEXT_HOP;
	int index = lb_read_rule_name(section, key, config, name);

	if (index < 0)
		return;
	struct lb_config_rule *rule = &config->rules[index];
	unsigned family = lb_config_rule_family(config, rule);
	int *slot =
	    family == 6 ? &config->next_hop_rule6 : &config->next_hop_rule4;
	if (family != 0 && *slot < 0) {
		*slot = index;
		return;
	}
	if (family != 0)
		lb_section_refuse(section, key,
		    "rules '%.60s' and '%.60s' are both for IPv%u; name one "
		    "per family",
		    config->rules[*slot].name, name, family);
	else if (rule->frontend < 0) /* else its address is to blame */
		lb_section_refuse(section, key,
		    "rule '%.60s' has neither a frontend nor a member, so "
		    "nobody knows whether it is for IPv4 or IPv6",
		    name);
	/* whether it needs a frontend is open now */
	rule->bad |= 1u << LB_RULE_KEY_FRONTEND;
}

/* A rule's name, or a list of up to two. */
static void
read_next_hops(struct lb_section *section, struct lb_config *config)
{
	const unsigned key = LB_FORWARDING_KEY_HA_NEXT_HOP;
	size_t count;
	const char *name;
	struct lb_where where;

	if (!lb_section_has(section, key))
		return;
	if (section->value[key]->kind == LB_YAML_TEXT) {
		read_next_hop(section, config, section->value[key]->text);
		return;
	}
	const struct lb_yaml_node *node = lb_take_list(section, key, &count);
	if (count > 2)
		lb_section_refuse(section, key,
		    "%zu rules; at most one for IPv4 and one for IPv6", count);
	else
		while (lb_list_text(section, key, &node, &name, &where))
			read_next_hop(section, config, name);
}

static void
read_forwarding(struct lb_section *root, struct lb_config *config)
{
	struct lb_section section;
	int mode;

	lb_section_open(&section, root->reader,
	    root->value[LB_ROOT_KEY_FORWARDING], forwarding_keys,
	    LB_FORWARDING_KEY_COUNT);
	if (lb_take_choice(&section, LB_FORWARDING_KEY_MODE,
		lb_forwarding_of_name, "nat and l2dsr", &mode))
		config->forwarding = (enum lb_forwarding)mode;
	lb_take_bool(&section, LB_FORWARDING_KEY_ANSWER_NEIGHBOURS,
	    &config->answer_neighbours);
	read_interfaces(&section, config);
	read_addresses(&section, config);
	read_subnets(&section, config);
	if (!root->reader->no_memory)
		read_next_hops(&section, config);
	memcpy(
	    config->forwarding_at, section.at, sizeof(config->forwarding_at));
}

/* --- the whole ----------------------------------------------------------- */

static void
read_root(struct lb_reader *reader, struct lb_config *config)
{
	struct lb_section root;
	const struct lb_yaml_node *node = lb_reader_node(reader, 1);

	if (node->kind == LB_YAML_NOTHING)
		lb_error_add(reader->problems, node->where, NULL,
		    "nothing in it; doc/config.yaml shows what there can be");
	lb_section_open(&root, reader, node, root_keys, LB_ROOT_KEY_COUNT);
	read_balancer(&root, config);
	lb_read_frontends(&root, config);
	lb_read_pools(&root, config);
	lb_read_probes(&root, config);
	if (!reader->no_memory)
		lb_read_rules(&root, config);
	if (!reader->no_memory)
		lb_read_nats(&root, config);
	if (!reader->no_memory)
		lb_read_outbounds(&root, config);
	read_table(&root, config);
	if (!reader->no_memory)
		read_forwarding(&root, config);
}

/* AZ 3.2: a frontend's idle timeout beats a differing one of a rule or NAT
 * rule. */
static void
prefer_frontends(const struct lb_config *config, int frontend,
    uint64_t *idle_ms, struct lb_where where, struct lb_problems *problems)
{
	if (frontend < 0 || config->frontends[frontend].idle_timeout_ms == 0)
		return;
	uint64_t wins = config->frontends[frontend].idle_timeout_ms;
	if (*idle_ms != wins && *idle_ms != LB_IDLE_TIMEOUT_DEFAULT_MS)
		lb_warning_add(problems, where,
		    "`idle_timeout`: that of frontend '%s' is what counts; "
		    "leave it out",
		    config->frontends[frontend].name);
	*idle_ms = wins;
}

static void
resolve_idle(struct lb_config *config, struct lb_problems *problems)
{
	for (size_t r = 0; r < config->rule_count; r++)
		prefer_frontends(config, config->rules[r].frontend,
		    &config->rules[r].idle_timeout_ms,
		    config->rules[r].at[LB_RULE_KEY_IDLE_TIMEOUT], problems);
	for (size_t i = 0; i < config->nat_count; i++)
		prefer_frontends(config, config->nats[i].frontend,
		    &config->nats[i].idle_timeout_ms,
		    config->nats[i].at[LB_NAT_KEY_IDLE_TIMEOUT], problems);
}

static struct lb_config *
config_of_tree(
    const struct lb_yaml *yaml, const char *file, struct lb_problems *problems)
{
	struct lb_reader reader = { .yaml = yaml,
		.problems = problems,
		.shown_in = "doc/config.yaml" };
	struct lb_config *config = lb_config_new();

	if (config == NULL)
		return NULL;
	config->file = strdup(file);
	if (config->file == NULL)
		reader.no_memory = true;
	read_root(&reader, config);
	if (!reader.no_memory) {
		lb_config_check(config, problems);
		resolve_idle(config, problems);
	}
	if (reader.no_memory || problems->error_count > 0) {
		lb_config_free(config);
		return NULL;
	}
	return config;
}

struct lb_config *
lb_config_read(const char *text, size_t bytes, const char *file,
    struct lb_problems *problems)
{
	const char *other = lb_config_other(text, bytes);

	if (other != NULL) {
		lb_error_add(
		    problems, (struct lb_where){ 1, 1 }, NULL, "%s", other);
		return NULL;
	}
	struct lb_yaml *yaml = lb_yaml_read(text, bytes, problems);
	struct lb_config *config = NULL;

	if (yaml != NULL)
		config = config_of_tree(yaml, file, problems);
	lb_yaml_free(yaml);
	lb_problems_sort(problems);
	return config;
}
