/* SPDX-License-Identifier: MIT */
/*
 * The endpoint table: which (address, protocol, port) means what, found by
 * looking at two rows.
 *
 * Source: two-choice hashing with buckets of two (Dietzfelbinger and Weidling,
 * 2007): full to 0.897, and we stay at half of that.
 */
#include "model/plan/plan_parts.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/problems.h"

#define SLOTS         2u   /* per row */
#define KICKS_MAX     256u /* moves before the table is called too small */
#define DOUBLINGS_MAX 6    /* beyond that the keys collide on purpose */

/* --- the keys ------------------------------------------------------------ */

static int
key_order(const struct lb_endpoint *a, const struct lb_endpoint *b)
{
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	if (order == 0)
		order = a->kind - b->kind;
	if (order == 0)
		order = a->proto - b->proto;
	return order != 0 ? order : a->port.raw - b->port.raw;
}

/* Equal keys by who has the lower rule id, so that the order in which they
 * were named decides nothing. */
static int
by_key(const void *a, const void *b)
{
	const struct lb_endpoint *left = a, *right = b;
	int order = key_order(left, right);

	if (order == 0)
		order = left->rule - right->rule;
	return order != 0 ? order : left->reply - right->reply;
}

static int
by_key_alone(const void *a, const void *b)
{
	return key_order(a, b);
}

static void
key_add(struct lb_endpoints *list, const struct lb_endpoint *key)
{
	list->keys[list->key_count++] = *key;
}

static void
address_add(struct lb_endpoints *list, const struct lb_addr *addr,
    uint8_t flags, uint16_t rule, uint16_t reply)
{
	key_add(list, &(struct lb_endpoint){ .addr = *addr,
			  .kind = LB_ENDPOINT_ADDRESS,
			  .flags = flags,
			  .rule = rule,
			  .reply = reply });
}

/* A key for each protocol of the rule. */
static void
ports_add(struct lb_endpoints *list, const struct lb_config_rule *rule,
    struct lb_endpoint key)
{
	uint8_t protos[2];
	unsigned proto_count = lb_rule_protos(rule, protos);

	for (unsigned p = 0; p < proto_count; p++) {
		key.proto = protos[p];
		key_add(list, &key);
	}
}

static void
frontend_add(struct lb_endpoints *list, const struct lb_addr *addr,
    const struct lb_config_rule *rule, uint16_t id)
{
	struct lb_endpoint key = {
		.addr = *addr,
		.port = lb_be16_of(rule->frontend_port),
		.kind = LB_ENDPOINT_FRONTEND,
		.rule = id,
		.reply = LB_NONE,
	};

	if (rule->frontend_port == 0)
		address_add(list, addr, LB_ADDRESS_OURS | LB_ADDRESS_FRONTEND,
		    id, LB_NONE);
	else
		ports_add(list, rule, key);
}

static void
reply_add(struct lb_endpoints *list, const struct lb_addr *addr,
    const struct lb_config_rule *rule, uint16_t id)
{
	struct lb_endpoint key = {
		.addr = *addr,
		.port = lb_be16_of(rule->backend_port),
		.kind = LB_ENDPOINT_REPLY,
		.rule = LB_NONE,
		.reply = id,
	};

	if (rule->frontend_port == 0)
		address_add(list, addr, LB_ADDRESS_MEMBER, LB_NONE, id);
	else
		ports_add(list, rule, key);
}

/* Does the balancer translate what this rule's members answer? */
static bool
has_replies(const struct lb_config *config, const struct lb_config_rule *rule)
{
	return rule->pool >= 0 && !lb_config_rule_floats(config, rule);
}

/* Somebody could answer for this address: so it answers echoes. */
static void
echo_add(struct lb_endpoints *list, const struct lb_addr *addr, uint16_t id)
{
	key_add(list,
	    &(struct lb_endpoint){ .addr = *addr,
		.proto = lb_addr_is_v4(addr) ? LB_PROTO_ICMP : LB_PROTO_ICMP6,
		.kind = LB_ENDPOINT_FRONTEND,
		.rule = id,
		.reply = LB_NONE });
}

static void
rule_add(struct lb_endpoints *list, const struct lb_config *config,
    const struct lb_config_rule *rule, uint16_t id)
{
	if (rule->frontend >= 0)
		frontend_add(
		    list, &config->frontends[rule->frontend].address, rule, id);
	if (lb_config_rule_answers_echo(config, rule))
		echo_add(list, &config->frontends[rule->frontend].address, id);
	if (!has_replies(config, rule))
		return;
	const struct lb_config_pool *pool = &config->pools[rule->pool];
	for (size_t m = 0; m < pool->member_count; m++)
		reply_add(list, &pool->members[m].address, rule, id);
}

static void
mapping_add(struct lb_endpoints *list, const struct lb_plan *plan,
    const struct lb_config *config, const struct lb_plan_mapping *mapping)
{
	struct lb_config_rule rule = lb_plan_mapping_rule(config, mapping);

	if (mapping->port == 0 || rule.frontend < 0)
		return;
	frontend_add(list, &config->frontends[rule.frontend].address, &rule,
	    mapping->rule);
	if (has_replies(config, &rule))
		reply_add(list, &plan->members[mapping->member].address, &rule,
		    mapping->rule);
}

/* The addresses that members leave from. */
static void
snats_add(struct lb_endpoints *list, const struct lb_plan *plan)
{
	for (uint32_t i = 0; i < plan->snat_count; i++)
		if (plan->snats[i].live)
			key_add(list,
			    &(struct lb_endpoint){
				.addr = plan->snats[i].address,
				.kind = LB_ENDPOINT_ADDRESS,
				.flags = LB_ADDRESS_OURS | LB_ADDRESS_SNAT,
				.snat = (uint8_t)i,
				.rule = LB_NONE,
				.reply = LB_NONE });
}

static bool
same_member(const struct lb_plan *plan, const struct lb_plan_block *a,
    const struct lb_plan_block *b)
{
	return a->udp == b->udp &&
	       lb_addr_same(&plan->members[a->member].address,
		   &plan->members[b->member].address);
}

/* One key for all blocks of a member's address and protocol. */
static void
blocks_add(struct lb_endpoints *list, const struct lb_plan *plan)
{
	for (uint32_t i = 0, end; i < plan->block_count; i = end) {
		const struct lb_plan_block *first = &plan->blocks[i];
		for (end = i + 1;
		     end < plan->block_count && end - i < UINT16_MAX &&
		     same_member(plan, &plan->blocks[end], first);
		     end++)
			;
		key_add(
		    list, &(struct lb_endpoint){
			      .addr = plan->members[first->member].address,
			      .proto = first->udp ? LB_PROTO_UDP : LB_PROTO_TCP,
			      .kind = LB_ENDPOINT_OUTBOUND,
			      .rule = first->member,
			      .reply = LB_NONE,
			      .block = i,
			      .block_count = (uint16_t)(end - i) });
	}
}

/* An upper bound of the keys, before equal ones are merged. */
static size_t
key_count_max(const struct lb_config *config, const struct lb_plan *plan)
{
	size_t count = config->frontend_count + config->local_address_count +
		       (size_t)4 * plan->mapping_count + plan->snat_count +
		       plan->block_count;

	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		count += 3;
		if (has_replies(config, rule))
			count += (rule->proto == 0 ? 2 : 1) *
				 config->pools[rule->pool].member_count;
	}
	return count;
}

/* Equal keys stand side by side: one slot says what all of them say. */
static void
keys_merge(struct lb_endpoints *list)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < list->key_count; i++) {
		const struct lb_endpoint *key = &list->keys[i];
		struct lb_endpoint *last =
		    kept == 0 ? NULL : &list->keys[kept - 1];
		if (last == NULL || key_order(last, key) != 0) {
			list->keys[kept++] = *key;
			continue;
		}
		last->flags |= key->flags;
		last->snat |= key->snat; /* one of them is 0 */
		if (last->rule == LB_NONE)
			last->rule = key->rule;
		if (last->reply == LB_NONE)
			last->reply = key->reply;
	}
	list->key_count = kept;
}

/* --- what removed members still answer ----------------------------------- */

/* The endpoint table of a plan, as it was compiled. */
static const struct lb_endpoint *
slots_of(const struct lb_plan *plan, uint32_t *count)
{
	const struct lb_plan_header *header = lb_plan_header_of(plan);

	*count = (header->endpoint_mask + 1) * SLOTS;
	return (const struct lb_endpoint *)&plan->rows[header->endpoint_at];
}

static int
by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lb_addr));
}

/* The addresses of the members that are gone, sorted; NULL: no memory. */
static struct lb_addr *
gone_addresses(const struct lb_plan *plan, size_t *count)
{
	struct lb_addr *gone = calloc(plan->member_count + 1, sizeof(*gone));

	*count = 0;
	for (uint32_t id = 0; gone != NULL && id < plan->member_count; id++)
		if (plan->members[id].name != NULL &&
		    plan->members[id].tombstone)
			gone[(*count)++] = plan->members[id].address;
	if (gone != NULL)
		qsort(gone, *count, sizeof(*gone), by_address);
	return gone;
}

/* A member that nobody lets out any more, but that is remembered: its flows
 * end by themselves. */
static bool
goes_on(const struct lb_plan *plan, const struct lb_endpoints *list,
    const struct lb_endpoint *key)
{
	return key->rule < plan->member_count &&
	       plan->members[key->rule].name != NULL &&
	       lb_addr_same(&plan->members[key->rule].address, &key->addr) &&
	       bsearch(key, list->keys, list->key_count, sizeof(*key),
		   by_key_alone) == NULL;
}

/*
 * A member that was removed keeps its open connections, and so does a rule's
 * that was: what they answer has to be translated as long as the tombstone
 * stands.  Their reply keys stay, where the new plan has no such key.
 */
static int
keys_carry(struct lb_plan_draft *draft, struct lb_endpoints *list)
{
	const struct lb_plan *plan = draft->plan;
	size_t gone_count;
	uint32_t slot_count, added = list->key_count;

	if (draft->before == NULL)
		return 0;
	struct lb_addr *gone = gone_addresses(plan, &gone_count);
	if (gone == NULL)
		return -1;
	const struct lb_endpoint *slots = slots_of(draft->before, &slot_count);
	for (uint32_t i = 0; i < slot_count; i++) {
		const struct lb_endpoint *key = &slots[i];
		if (key->kind == LB_ENDPOINT_OUTBOUND) {
			if (goes_on(plan, list, key)) {
				list->keys[added] = *key;
				list->keys[added++].block_count = 0;
			}
			continue;
		}
		if (key->kind == LB_ENDPOINT_EMPTY ||
		    key->reply >= plan->rule_count ||
		    plan->rules[key->reply].name == NULL ||
		    (!plan->rules[key->reply].tombstone &&
			bsearch(&key->addr, gone, gone_count, sizeof(*gone),
			    by_address) == NULL) ||
		    bsearch(key, list->keys, list->key_count, sizeof(*key),
			by_key_alone) != NULL)
			continue;
		list->keys[added] = *key;
		list->keys[added].rule = LB_NONE;
		list->keys[added++].flags &= LB_ADDRESS_MEMBER;
	}
	list->key_count = added;
	free(gone);
	return 0;
}

/* Room for every key that may be carried over. */
static size_t
carry_count_max(const struct lb_plan *before)
{
	uint32_t count = 0;

	if (before != NULL)
		(void)slots_of(before, &count);
	return count;
}

static int
keys_collect(struct lb_plan_draft *draft, struct lb_endpoints *list)
{
	const struct lb_config *config = draft->config;
	const struct lb_plan *plan = draft->plan;
	size_t max = key_count_max(config, plan);

	if (max > LB_ENDPOINT_MAX) {
		lb_error_add(draft->problems, (struct lb_where){ 0 }, NULL,
		    "frontends and (rule, member) pairs are %zu, more than "
		    "%u; use fewer or smaller pools, or floating_ip",
		    max, LB_ENDPOINT_MAX);
		return -1;
	}
	list->keys = calloc(
	    max + carry_count_max(draft->before) + 1, sizeof(*list->keys));
	if (list->keys == NULL)
		return -1;
	for (size_t f = 0; f < config->frontend_count; f++)
		address_add(list, &config->frontends[f].address,
		    LB_ADDRESS_OURS | LB_ADDRESS_FRONTEND, LB_NONE, LB_NONE);
	for (size_t a = 0; a < config->local_address_count; a++)
		address_add(list, &config->local_addresses[a], LB_ADDRESS_OURS,
		    LB_NONE, LB_NONE);
	for (size_t r = 0; r < config->rule_count; r++)
		rule_add(list, config, &config->rules[r], plan->rule_ids[r]);
	for (uint32_t i = 0; i < plan->mapping_count; i++)
		mapping_add(list, plan, config, &plan->mappings[i]);
	snats_add(list, plan);
	blocks_add(list, plan);
	qsort(list->keys, list->key_count, sizeof(*list->keys), by_key);
	keys_merge(list);
	return keys_carry(draft, list);
}

/* --- the table ----------------------------------------------------------- */

/* The two rows of a key; equal now and then. */
static void
rows_of(const struct lb_endpoints *table, const struct lb_endpoint *key,
    uint32_t rows[2])
{
	uint64_t hash =
	    lb_endpoint_hash(&key->addr, key->port, key->proto, key->kind);

	rows[0] = (uint32_t)hash & (table->row_count - 1);
	rows[1] = (uint32_t)(hash >> 32) & (table->row_count - 1);
}

/* Puts a key down, moving others to their other row where it must. */
static bool
place(struct lb_endpoints *table, struct lb_endpoint key)
{
	uint32_t walk = 1, rows[2];

	for (uint32_t kick = 0; kick < KICKS_MAX; kick++) {
		rows_of(table, &key, rows);
		for (uint32_t i = 0; i < 2 * SLOTS; i++) {
			struct lb_endpoint *slot =
			    &table->slots[rows[i / SLOTS] * SLOTS + i % SLOTS];
			if (slot->kind == LB_ENDPOINT_EMPTY) {
				*slot = key;
				return true;
			}
		}
		/* any will do; the same every time */
		walk = walk * 1664525u + 1013904223u;
		struct lb_endpoint *slot =
		    &table->slots[rows[walk >> 30 & 1] * SLOTS + (walk >> 31)];
		struct lb_endpoint homeless = *slot;
		*slot = key;
		key = homeless;
	}
	return false;
}

static int
table_build(struct lb_endpoints *table)
{
	free(table->slots);
	table->slots = calloc(table->row_count, SLOTS * sizeof(*table->slots));
	if (table->slots == NULL)
		return -1;
	for (uint32_t i = 0; i < table->key_count; i++)
		if (!place(table, table->keys[i]))
			return 1;
	return 0;
}

int
lb_plan_make_endpoints(struct lb_plan_draft *draft, struct lb_endpoints *out)
{
	int result = 1;

	*out = (struct lb_endpoints){ .row_count = 1 };
	if (keys_collect(draft, out) < 0)
		return -1;
	while (out->row_count < out->key_count)
		out->row_count *= 2;
	for (int i = 0; result == 1 && i < DOUBLINGS_MAX; i++) {
		result = table_build(out);
		if (result == 1)
			out->row_count *= 2;
	}
	if (result == 1)
		lb_error_add(draft->problems, (struct lb_where){ 0 }, NULL,
		    "addresses and ports are made to collide; change some");
	return result == 0 ? 0 : -1;
}

void
lb_endpoints_free(struct lb_endpoints *endpoints)
{
	free(endpoints->keys);
	free(endpoints->slots);
	*endpoints = (struct lb_endpoints){ 0 };
}

const struct lb_endpoint *
lb_endpoints_find(const struct lb_endpoints *in, const struct lb_endpoint *key)
{
	uint32_t rows[2];

	rows_of(in, key, rows);
	for (uint32_t i = 0; i < 2 * SLOTS; i++) {
		const struct lb_endpoint *slot =
		    &in->slots[rows[i / SLOTS] * SLOTS + i % SLOTS];
		if (slot->kind != LB_ENDPOINT_EMPTY &&
		    key_order(slot, key) == 0)
			return slot;
	}
	return NULL;
}
