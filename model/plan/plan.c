/* SPDX-License-Identifier: MIT */
#include "model/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "model/lut/hash_key.h"
#include "model/path/ports.h"
#include "model/plan/plan_parts.h"
#include "model/config/problems.h"

unsigned
lb_rule_protos(const struct lb_config_rule *rule, uint8_t protos[2])
{
	protos[0] = rule->proto == 0 ? LB_PROTO_TCP : rule->proto;
	protos[1] = LB_PROTO_UDP;
	return rule->proto == 0 ? 2 : 1;
}

/* --- rows ---------------------------------------------------------------- */

static uint16_t
rule_flags(const struct lb_config *config, const struct lb_config_rule *rule)
{
	unsigned flags = 0;

	if (lb_config_rule_floats(config, rule))
		flags |= LB_RULE_FLOATING | LB_RULE_ONE_SIDED;
	if (rule->frontend_port == 0)
		flags |= LB_RULE_ANY_PORT;
	if (rule->connection_tracking)
		flags |= LB_RULE_TRACK_UDP;
	if (rule->tcp_reset)
		flags |= LB_RULE_TCP_RESET;
	if (config->sku == LB_SKU_BASIC ||
	    (config->otherwise[LB_SWITCH_LONE_MEMBER_DOWN] && rule->pool >= 0 &&
		config->pools[rule->pool].member_count == 1))
		flags |= LB_RULE_ALL_END;
	if (config->otherwise[LB_SWITCH_HAIRPIN] &&
	    !lb_config_rule_floats(config, rule))
		flags |= LB_RULE_NO_HAIRPIN;
	if (config->otherwise[LB_SWITCH_HA_FRAGMENTS] &&
	    rule->frontend_port == 0)
		flags |= LB_RULE_NO_FRAGMENTS;
	return (uint16_t)flags;
}

static struct lb_rule
rule_row(const struct lb_plan_draft *draft, const struct lb_config_rule *rule,
    uint16_t id)
{
	const struct lb_plan *plan = draft->plan;
	const struct lb_config *config = draft->config;
	uint16_t lut = lb_plan_rule_lut(plan, rule);
	struct lb_rule row = {
		.lut_size = lut == LB_NONE ? 1 : rule->table_size,
		.lut = lut,
		.flags = rule_flags(config, rule),
		.id = id,
		.live = 1,
		.mode = (uint8_t)rule->mode,
		.class_tcp =
		    lb_plan_class_of(plan, lb_rule_tcp_timeouts(config, rule)),
		.class_udp =
		    lb_plan_class_of(plan, lb_rule_udp_timeouts(config, rule)),
		.probe = lb_plan_rule_bit(plan, rule),
		.next_echo = LB_NONE,
	};

	if (rule->frontend >= 0)
		row.frontend = config->frontends[rule->frontend].address;
	if (rule->frontend_port != 0) {
		row.frontend_port = lb_be16_of(rule->frontend_port);
		row.backend_port = lb_be16_of(rule->backend_port);
	}
	return row;
}

/* One member instead of a lookup table. */
static struct lb_rule
mapping_row(
    const struct lb_plan_draft *draft, const struct lb_plan_mapping *mapping)
{
	struct lb_config_rule rule =
	    lb_plan_mapping_rule(draft->config, mapping);
	struct lb_rule row = rule_row(draft, &rule, mapping->rule);

	row.flags |= LB_RULE_FIXED;
	row.flags &= (uint16_t) ~(
	    LB_RULE_ALL_END | LB_RULE_ANY_PORT | LB_RULE_NO_HAIRPIN);
	row.frontend_port = lb_be16_of(mapping->port);
	row.backend_port = lb_be16_of(rule.backend_port);
	row.lut = mapping->member;
	row.lut_size = 1;
	row.probe = 0;
	return row;
}

/* What flows out under an outbound rule looks at. */
static struct lb_rule
outbound_row(const struct lb_plan_draft *draft, size_t index, uint16_t id)
{
	struct lb_config_rule rule =
	    lb_plan_outbound_rule(&draft->config->outbounds[index]);

	return (struct lb_rule){
		.lut = LB_NONE,
		.lut_size = 1,
		.flags = rule.tcp_reset ? LB_RULE_TCP_RESET : 0,
		.id = id,
		.live = 1,
		.class_tcp = lb_plan_class_of(
		    draft->plan, lb_rule_tcp_timeouts(draft->config, &rule)),
		.class_udp = lb_plan_class_of(
		    draft->plan, lb_rule_udp_timeouts(draft->config, &rule)),
	};
}

/* A rule that is gone serves its old flows as it did, and chooses nobody. */
static struct lb_rule
rule_row_tombstone(const struct lb_plan_draft *draft, uint16_t id)
{
	struct lb_rule row = *lb_plan_rule_row(draft->before, id);

	row.lut = LB_NONE;
	row.lut_size = 1;
	row.probe = 0;
	row.next_echo = LB_NONE;
	return row;
}

bool
lb_config_rule_answers_echo(
    const struct lb_config *config, const struct lb_config_rule *rule)
{
	return rule->frontend >= 0 && rule->pool >= 0 &&
	       config->pools[rule->pool].member_count > 0;
}

/* A rule at the end of its frontend's row of those with different tables: the
 * lowest id, whom the endpoint table names, first. */
static void
link_echo(const struct lb_plan_draft *draft, struct lb_rule *rows,
    uint16_t *first, uint16_t id)
{
	const struct lb_config_rule *rule =
	    &draft->config->rules[draft->plan->rules[id].rule_index];
	uint16_t *at = &first[rule->frontend];

	for (uint32_t i = 0; i < LB_ECHO_RULES_MAX; i++) {
		if (*at == LB_NONE) {
			*at = id;
			return;
		}
		if (rows[*at].lut == rows[id].lut)
			return; /* asked already */
		at = &rows[*at].next_echo;
	}
}

static int
link_echoes(const struct lb_plan_draft *draft, struct lb_rule *rows)
{
	const struct lb_plan *plan = draft->plan;
	size_t count = draft->config->frontend_count;
	uint16_t *first = calloc(count + 1, sizeof(*first));

	if (first == NULL)
		return -1;
	memset(first, 0xff, count * sizeof(*first)); /* LB_NONE */
	for (uint32_t id = 0; id < plan->rule_count; id++) {
		const struct lb_plan_rule *rule = &plan->rules[id];
		if (rule->name != NULL && !rule->tombstone &&
		    rule->rule_index >= 0 &&
		    lb_config_rule_answers_echo(
			draft->config, &draft->config->rules[rule->rule_index]))
			link_echo(draft, rows, first, (uint16_t)id);
	}
	free(first);
	return 0;
}

static void
write_rules(const struct lb_plan_draft *draft, struct lb_rule *rows)
{
	const struct lb_plan *plan = draft->plan;

	for (uint32_t id = 0; id < plan->rule_count; id++) {
		const struct lb_plan_rule *rule = &plan->rules[id];
		if (rule->name == NULL)
			continue;
		if (rule->tombstone)
			rows[id] = rule_row_tombstone(draft, (uint16_t)id);
		else if (rule->rule_index >= 0)
			rows[id] = rule_row(draft,
			    &draft->config->rules[rule->rule_index],
			    (uint16_t)id);
	}
	for (uint32_t i = 0; i < plan->mapping_count; i++)
		rows[plan->mappings[i].rule] =
		    mapping_row(draft, &plan->mappings[i]);
	size_t first = draft->config->rule_count + plan->mapping_count;
	for (size_t i = 0; i < draft->config->outbound_count; i++) {
		uint16_t id = plan->rule_ids[first + i];
		rows[id] = outbound_row(draft, i, id);
	}
}

static void
write_members(const struct lb_plan *plan, struct lb_member *rows)
{
	for (uint32_t id = 0; id < plan->member_count; id++)
		if (plan->members[id].name != NULL)
			rows[id] = (struct lb_member){
				.addr = plan->members[id].address,
				.live = 1,
			};
}

/* The first `prefix` bits of an address, on the wire's order. */
static struct lb_addr
mask_of(unsigned prefix)
{
	uint8_t bytes[16];
	struct lb_addr mask;

	for (unsigned i = 0; i < 16; i++) {
		unsigned bits = prefix <= 8 * i ? 0 : prefix - 8 * i;
		bytes[i] = (uint8_t)(bits >= 8 ? 0xff : 0xff00u >> bits);
	}
	memcpy(&mask, bytes, sizeof(mask));
	return mask;
}

static uint32_t
subnet_count(const struct lb_config *config)
{
	size_t count = config->local_subnet_count;

	return count > LB_SUBNET_MAX ? LB_SUBNET_MAX : (uint32_t)count;
}

static void
write_subnets(const struct lb_config *config, struct lb_subnet *rows)
{
	for (uint32_t i = 0; i < subnet_count(config); i++) {
		const struct lb_config_subnet *from = &config->local_subnets[i];
		struct lb_addr mask = mask_of(from->prefix);
		rows[i] = (struct lb_subnet){
			.addr = { { from->address.word[0] & mask.word[0],
			    from->address.word[1] & mask.word[1] } },
			.mask = mask,
		};
	}
}

static void
write_snat(const struct lb_plan *plan, const struct lb_plan_header *header,
    struct lb_row *rows)
{
	struct lb_addr *addresses = (void *)&rows[header->snat_at];
	struct lb_snat_block *blocks = (void *)&rows[header->block_at];

	for (uint32_t i = 0; i < plan->snat_count; i++)
		addresses[i] = plan->snats[i].address;
	memcpy(&rows[header->units_at], plan->units,
	    plan->snat_count * sizeof(*plan->units));
	for (uint32_t i = 0; i < plan->block_count; i++)
		blocks[i] = plan->blocks[i].row;
}

static uint32_t
plan_flags(const struct lb_config *config)
{
	uint32_t flags = 0;

	if (config->outbound_frontends == LB_OUTBOUND_FILL_FIRST)
		flags |= LB_PLAN_FILL_FIRST;
	if (config->udp_snat == LB_UDP_SNAT_PORT)
		flags |= LB_PLAN_UDP_PORT;
	if (!config->next_hop_one_way)
		flags |= LB_PLAN_BOTH_WAYS;
	if (config->otherwise[LB_SWITCH_HA_ICMP])
		flags |= LB_PLAN_HA_ICMP;
	if (config->otherwise[LB_SWITCH_NO_RULE])
		flags |= LB_PLAN_DROP_NO_RULE;
	return flags;
}

static uint16_t
next_hop(const struct lb_plan *plan, int rule)
{
	return rule < 0 ? LB_NONE : plan->rule_ids[rule];
}

static struct lb_plan_header
header_make(const struct lb_plan_draft *draft, uint32_t endpoint_rows)
{
	const struct lb_plan *plan = draft->plan;
	const struct lb_config *config = draft->config;
	struct lb_plan_header header = {
		.version = LB_PLAN_VERSION,
		.endpoint_at = 2, /* after this row and the key's */
		.endpoint_mask = endpoint_rows - 1,
		.rule_count = plan->rule_count,
		.member_count = plan->member_count,
		.subnet_count = subnet_count(config),
		.next_hop_rule4 = next_hop(plan, config->next_hop_rule4),
		.next_hop_rule6 = next_hop(plan, config->next_hop_rule6),
		.snat_count = plan->snat_count,
		.flags = plan_flags(config),
	};

	header.rule_at = header.endpoint_at + endpoint_rows;
	header.member_at = header.rule_at + header.rule_count;
	header.subnet_at = header.member_at + (header.member_count + 1) / 2;
	header.snat_at = header.subnet_at + (header.subnet_count + 1) / 2;
	header.units_at = header.snat_at + (header.snat_count + 3) / 4;
	header.block_at =
	    header.units_at + header.snat_count * 2 * LB_UNIT_ROWS;
	header.row_count =
	    header.block_at +
	    (plan->block_count + LB_BLOCKS_PER_ROW - 1) / LB_BLOCKS_PER_ROW;
	return header;
}

static int
make_rows(struct lb_plan_draft *draft)
{
	struct lb_plan *plan = draft->plan;
	struct lb_endpoints endpoints;
	int result = lb_plan_make_endpoints(draft, &endpoints);

	if (result == 0) {
		struct lb_plan_header header =
		    header_make(draft, endpoints.row_count);
		size_t bytes = header.row_count * sizeof(struct lb_row);
		plan->row_count = header.row_count;
		plan->rows = aligned_alloc(LB_ROW_BYTES, bytes);
		if (plan->rows == NULL) {
			result = -1;
		} else {
			struct lb_hash_key key;
			memset(plan->rows, 0, bytes);
			memcpy(&plan->rows[0], &header, sizeof(header));
			lb_hash_key_make(plan->hash_key, &key);
			memcpy(&plan->rows[1], &key, sizeof(key));
			memcpy(&plan->rows[header.endpoint_at], endpoints.slots,
			    endpoints.row_count * sizeof(struct lb_row));
			write_rules(draft, (void *)&plan->rows[header.rule_at]);
			result = link_echoes(
			    draft, (void *)&plan->rows[header.rule_at]);
			write_members(
			    plan, (void *)&plan->rows[header.member_at]);
			write_subnets(draft->config,
			    (void *)&plan->rows[header.subnet_at]);
			write_snat(plan, &header, plan->rows);
		}
	}
	lb_endpoints_free(&endpoints);
	return result;
}

/* --- the whole ----------------------------------------------------------- */

/* Slots for so many flows: the next 2^n >= 1.5 x, in buckets of 8. */
static uint32_t
buckets_for(uint64_t entries)
{
	uint64_t buckets = 1;

	if (entries > LB_ENTRIES_MAX)
		entries = LB_ENTRIES_MAX;
	while (2 * buckets * LB_WAYS < 3 * entries)
		buckets *= 2;
	return (uint32_t)buckets;
}

/*
 * Buckets of SNAT port records.  An outbound flow takes two entries of the
 * connection table and, towards a destination of its own, a record: when
 * nothing but such flows fills what was asked for, two records of three are in
 * use.  (AZ has no such limit.)
 */
static uint32_t
port_buckets_for(const struct lb_config *config, uint32_t snat_count)
{
	uint64_t entries = config->entries + config->entries6, buckets = 1;

	if (snat_count == 0)
		return 1;
	if (entries > LB_ENTRIES_MAX)
		entries = LB_ENTRIES_MAX;
	while (4 * buckets * LB_PORT_WAYS < 3 * entries)
		buckets *= 2;
	return (uint32_t)buckets;
}

static bool
all_up(void *arg, int probe, uint16_t member)
{
	(void)arg;
	(void)probe;
	(void)member;
	return true;
}

static int
make_states(struct lb_plan_draft *draft)
{
	struct lb_plan *plan = draft->plan;

	plan->member_state =
	    calloc(plan->member_count + 1, sizeof(*plan->member_state));
	plan->member_ends =
	    calloc(plan->member_count + 1, sizeof(*plan->member_ends));
	if (plan->member_state == NULL || plan->member_ends == NULL)
		return -1;
	return lb_plan_health(plan, draft->config, all_up, NULL);
}

struct lb_plan *
lb_plan_compile(const struct lb_config *config, const struct lb_plan *before,
    const struct lb_usage *used, struct lb_problems *problems)
{
	struct lb_plan *plan = calloc(1, sizeof(*plan));
	struct lb_plan_draft draft = {
		.plan = plan,
		.config = config,
		.before = before,
		.used = used,
		.problems = problems,
	};

	if (plan == NULL)
		return NULL;
	memcpy(plan->hash_key,
	    config->hash_key_set ? config->hash_key : lb_hash_key_default,
	    sizeof(plan->hash_key));
	plan->buckets4 = buckets_for(config->entries);
	plan->buckets6 = buckets_for(config->entries6);
	if (lb_plan_make_member_ids(&draft) < 0 ||
	    lb_plan_make_mappings(&draft) < 0 ||
	    lb_plan_make_rule_ids(&draft) < 0 ||
	    lb_plan_make_luts(&draft) < 0 || lb_plan_make_classes(&draft) < 0 ||
	    lb_plan_make_snat(&draft) < 0 || make_rows(&draft) < 0 ||
	    make_states(&draft) < 0) {
		lb_plan_free(plan);
		return NULL;
	}
	plan->port_buckets = port_buckets_for(config, plan->snat_count);
	return plan;
}

static void
free_luts(struct lb_plan *plan)
{
	for (uint32_t i = 0; i < plan->lut_count; i++) {
		free(plan->luts[i].slots);
		free(plan->luts[i].pool_name);
		free(plan->luts[i].probe_name);
	}
	free(plan->luts);
	for (uint32_t i = 0; i < plan->probe_count; i++) {
		free(plan->probes[i].pool_name);
		free(plan->probes[i].probe_name);
	}
	free(plan->probes);
}

static void
free_ids(struct lb_plan *plan)
{
	for (uint32_t i = 0; plan->members != NULL && i < plan->member_count;
	     i++) {
		free(plan->members[i].pool);
		free(plan->members[i].name);
	}
	free(plan->members);
	for (uint32_t i = 0; plan->rules != NULL && i < plan->rule_count; i++)
		free(plan->rules[i].name);
	free(plan->rules);
	for (uint32_t i = 0; plan->mappings != NULL && i < plan->mapping_count;
	     i++)
		free(plan->mappings[i].name);
	free(plan->mappings);
	free(plan->blocks);
	free(plan->units);
	free(plan->member_ids);
	free(plan->rule_ids);
	free(plan->pool_first);
}

void
lb_plan_free(struct lb_plan *plan)
{
	if (plan == NULL)
		return;
	free_luts(plan);
	free_ids(plan);
	free(plan->member_state);
	free(plan->member_ends);
	free(plan->rows);
	free(plan);
}

const struct lb_plan_header *
lb_plan_header_of(const struct lb_plan *plan)
{
	return (const struct lb_plan_header *)(const void *)plan->rows;
}

const struct lb_rule *
lb_plan_rule_row(const struct lb_plan *plan, uint16_t id)
{
	const struct lb_plan_header *header = lb_plan_header_of(plan);

	if (id >= header->rule_count)
		return NULL;
	return (const struct lb_rule *)(const void *)&plan
	    ->rows[header->rule_at + id];
}
