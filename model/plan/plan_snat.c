/* SPDX-License-Identifier: MIT */
/*
 * Outbound: which ports of which address each member may leave from.
 *
 * A claim is a pool's wish on one address and protocol.  Who has units keeps
 * the lowest of them, as far as it still may have so many; then everybody gets
 * the lowest free ones.
 *
 * Source: AZ 4.1 to 4.3, 4.7, 4.8; doc/decisions.md.
 */
#include "model/plan/plan_parts.h"

#include <stdlib.h>
#include <string.h>

#include "model/config/config_new.h"
#include "model/config/problems.h"
#include "model/config/snat.h"

#define UNITS        (65536u / LB_SNAT_UNIT)
#define BLOCKS_MAX   (1u << 20)
#define OWNER_NONE   LB_NONE
#define OWNER_NOBODY 0xfffeu /* not to be given out */

/* A pool's share of one address, for one protocol. */
struct claim {
	uint8_t address; /* number */
	bool udp;
	uint8_t class;
	uint16_t rule;   /* id */
	int pool;        /* in the configuration */
	uint32_t units;  /* of each member, on all addresses */
	uint32_t of, at; /* so many addresses, this is the at-th */
	size_t order;    /* of rules, for those who fill the first first */
};

struct book {
	struct lb_plan_draft *draft;
	struct claim *claims;
	size_t claim_count, claim_max;
	uint16_t *owners[LB_SNAT_ADDRESS_MAX][2]; /* by unit; NULL: unused */
	uint16_t *member_ids; /* the plan's, each pool's sorted */
	size_t block_max;
};

/* --- rules as their flows see them --------------------------------------- */

struct lb_config_rule
lb_plan_outbound_rule(const struct lb_config_outbound *outbound)
{
	struct lb_config_rule rule;

	lb_config_rule_init(&rule);
	rule.name = outbound->name;
	rule.proto = outbound->proto;
	rule.idle_timeout_ms = outbound->idle_timeout_ms;
	rule.tcp_reset = outbound->tcp_reset;
	rule.connection_tracking = true;
	rule.where = outbound->where;
	rule.at[LB_RULE_KEY_IDLE_TIMEOUT] =
	    outbound->at[LB_OUTBOUND_KEY_IDLE_TIMEOUT];
	return rule;
}

struct lb_config_rule
lb_plan_implicit_rule(uint8_t proto)
{
	struct lb_config_rule rule;

	lb_config_rule_init(&rule);
	rule.proto = proto;
	rule.connection_tracking = true;
	return rule;
}

static uint8_t
class_of(const struct lb_plan_draft *draft, const struct lb_config_rule *rule,
    bool udp)
{
	return lb_plan_class_of(
	    draft->plan, udp ? lb_rule_udp_timeouts(draft->config, rule)
			     : lb_rule_tcp_timeouts(draft->config, rule));
}

/* --- addresses ----------------------------------------------------------- */

static void
addresses_keep(struct lb_plan_draft *draft)
{
	const struct lb_plan *before = draft->before;
	struct lb_plan *plan = draft->plan;

	if (before == NULL)
		return;
	plan->snat_count = before->snat_count;
	for (uint32_t i = 0; i < before->snat_count; i++)
		if (before->snats[i].wanted ||
		    (before->snats[i].live &&
			(draft->used == NULL || draft->used->snat[i] != 0)))
			plan->snats[i] = (struct lb_plan_snat){
				.address = before->snats[i].address,
				.live = true,
			};
}

/* The number of an address, a new one if need be; -1: there is none left. */
static int
address_number(struct lb_plan *plan, const struct lb_addr *address)
{
	int free = -1;

	for (uint32_t i = 0; i < LB_SNAT_ADDRESS_MAX; i++) {
		struct lb_plan_snat *snat = &plan->snats[i];
		if (snat->live && lb_addr_same(&snat->address, address)) {
			snat->wanted = true;
			return (int)i;
		}
		if (!snat->live && free < 0)
			free = (int)i;
	}
	if (free < 0)
		return -1;
	plan->snats[free] = (struct lb_plan_snat){ *address, true, true };
	if ((uint32_t)free >= plan->snat_count)
		plan->snat_count = (uint32_t)free + 1;
	return free;
}

/* --- claims -------------------------------------------------------------- */

static int
claim_add(struct book *book, int frontend, struct claim claim)
{
	struct lb_plan_draft *draft = book->draft;
	int number = address_number(
	    draft->plan, &draft->config->frontends[frontend].address);

	if (number < 0) {
		lb_error_add(draft->problems, (struct lb_where){ 0 }, NULL,
		    "members leave from more than %u addresses, those "
		    "included that connections still use; use fewer frontends",
		    LB_SNAT_ADDRESS_MAX);
		return -1;
	}
	claim.address = (uint8_t)number;
	claim.order = book->claim_count;
	book->claims[book->claim_count++] = claim;
	book->block_max += draft->config->pools[claim.pool].member_count;
	return 0;
}

static bool
is_for(uint8_t proto, bool udp)
{
	return proto == 0 || proto == (udp ? LB_PROTO_UDP : LB_PROTO_TCP);
}

/* Azure's table, which ends at 1,000 members. */
static uint32_t
default_ports(const struct lb_config *config, size_t members, size_t frontends)
{
	if (members > 1000 && config->otherwise[LB_SWITCH_PORTS_BEYOND_1000])
		return 0;
	return lb_snat_default(members, frontends);
}

static uint32_t
outbound_ports(const struct lb_config *config,
    const struct lb_config_outbound *outbound, size_t members)
{
	if (outbound->members_max > 0)
		return lb_snat_most(outbound->members_max,
		    outbound->frontend_count, lb_snat_blocks(config, outbound));
	return outbound->ports > 0
		   ? outbound->ports
		   : default_ports(config, members, outbound->frontend_count);
}

static int
claim_outbound(struct book *book, size_t index, bool udp)
{
	struct lb_plan_draft *draft = book->draft;
	const struct lb_config_outbound *outbound =
	    &draft->config->outbounds[index];
	struct lb_config_rule rule = lb_plan_outbound_rule(outbound);
	size_t rules = draft->config->rule_count + draft->plan->mapping_count;

	if (outbound->pool < 0 || !is_for(outbound->proto, udp))
		return 0;
	size_t members = draft->config->pools[outbound->pool].member_count;
	struct claim claim = {
		.udp = udp,
		.class = class_of(draft, &rule, udp),
		.rule = draft->plan->rule_ids[rules + index],
		.pool = outbound->pool,
		.units = outbound_ports(draft->config, outbound, members) /
			 LB_SNAT_UNIT,
		.of = (uint32_t)outbound->frontend_count,
	};
	for (size_t f = 0; f < outbound->frontend_count; f++) {
		claim.at = (uint32_t)f;
		if (claim_add(book, outbound->frontends[f], claim) < 0)
			return -1;
	}
	return 0;
}

static int
by_id(const void *a, const void *b, void *arg)
{
	const uint32_t *left = a, *right = b;
	const uint16_t *ids = arg;

	return ids[*left] - ids[*right];
}

static int
claims_outbound(struct book *book)
{
	const struct lb_plan *plan = book->draft->plan;
	const struct lb_config *config = book->draft->config;
	uint32_t *order = calloc(config->outbound_count + 1, sizeof(*order));
	uint16_t *ids =
	    &plan->rule_ids[config->rule_count + plan->mapping_count];
	int result = order == NULL ? -1 : 0;

	for (uint32_t i = 0; result == 0 && i < config->outbound_count; i++)
		order[i] = i;
	if (result == 0)
		qsort_r(
		    order, config->outbound_count, sizeof(*order), by_id, ids);
	for (size_t i = 0; result == 0 && i < config->outbound_count; i++)
		if (claim_outbound(book, order[i], false) < 0 ||
		    claim_outbound(book, order[i], true) < 0)
			result = -1;
	free(order);
	return result;
}

/* AZ 4.8: a public frontend's rule lets its members out, by its protocol. */
static bool
lets_out(
    const struct lb_config *config, const struct lb_config_rule *rule, bool udp)
{
	return rule->outbound_snat && rule->frontend >= 0 && rule->pool >= 0 &&
	       is_for(rule->proto, udp) &&
	       !lb_is_private(&config->frontends[rule->frontend].address);
}

static bool
has_outbound_rule(const struct lb_config *config, int pool, bool udp)
{
	for (size_t i = 0; i < config->outbound_count; i++)
		if (config->outbounds[i].pool == pool &&
		    is_for(config->outbounds[i].proto, udp))
			return true;
	return false;
}

/* One of so many, for a pool, the same in every instance: FNV-1a. */
static uint32_t
any_of(const char *name, uint32_t count)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % count;
}

/* The frontends of all rules that let this pool's members out. */
static int
claim_implicit(struct book *book, int pool, bool udp, const uint32_t *rules,
    size_t count, int *seen)
{
	struct lb_plan_draft *draft = book->draft;
	const struct lb_config *config = draft->config;
	struct lb_config_rule flows =
	    lb_plan_implicit_rule(udp ? LB_PROTO_UDP : LB_PROTO_TCP);
	struct claim claim = { .udp = udp, .pool = pool };

	for (size_t i = 0; i < count; i++) {
		const struct lb_config_rule *rule = &config->rules[rules[i]];
		if (!lets_out(config, rule, udp) ||
		    seen[rule->frontend] == pool)
			continue;
		seen[rule->frontend] = pool;
		claim.of++;
	}
	if (claim.of == 0)
		return 0;
	claim.class = class_of(draft, &flows, udp);
	uint32_t chosen = UINT32_MAX, at = 0;
	if (config->outbound_frontends == LB_OUTBOUND_SINGLE) {
		chosen = any_of(config->pools[pool].name, claim.of);
		claim.of = 1;
	}
	claim.units =
	    default_ports(config, config->pools[pool].member_count, claim.of) /
	    LB_SNAT_UNIT;
	for (size_t i = 0; i < count; i++) {
		const struct lb_config_rule *rule = &config->rules[rules[i]];
		if (!lets_out(config, rule, udp) ||
		    seen[rule->frontend] != pool)
			continue;
		seen[rule->frontend] = -1;
		if (chosen != UINT32_MAX && at++ != chosen)
			continue;
		claim.rule = draft->plan->rule_ids[rules[i]];
		if (claim_add(book, rule->frontend, claim) < 0)
			return -1;
		claim.at++;
	}
	return 0;
}

/* Ids, not places in the file: order means nothing there. */
static int
by_pool(const void *a, const void *b, void *arg)
{
	const uint32_t *left = a, *right = b;
	const struct lb_plan_draft *draft = arg;
	const struct lb_config *config = draft->config;
	int order = config->rules[*left].pool - config->rules[*right].pool;

	return order != 0 ? order
			  : draft->plan->rule_ids[*left] -
				draft->plan->rule_ids[*right];
}

static int
claims_implicit(struct book *book, uint32_t *rules, int *seen)
{
	const struct lb_config *config = book->draft->config;
	size_t count = 0, end;

	for (size_t r = 0; r < config->rule_count; r++)
		if (config->rules[r].pool >= 0)
			rules[count++] = (uint32_t)r;
	qsort_r(rules, count, sizeof(*rules), by_pool, book->draft);
	for (size_t f = 0; f < config->frontend_count; f++)
		seen[f] = -1;
	for (size_t i = 0; i < count; i = end) {
		int pool = config->rules[rules[i]].pool;
		for (end = i;
		     end < count && config->rules[rules[end]].pool == pool;
		     end++)
			;
		for (unsigned udp = 0; udp < 2; udp++)
			if (!has_outbound_rule(config, pool, udp != 0) &&
			    claim_implicit(book, pool, udp != 0, &rules[i],
				end - i, seen) < 0)
				return -1;
	}
	return 0;
}

static int
claims_collect(struct book *book)
{
	const struct lb_config *config = book->draft->config;
	uint32_t *rules = calloc(config->rule_count + 1, sizeof(*rules));
	int *seen = calloc(config->frontend_count + 1, sizeof(*seen));
	int result = rules == NULL || seen == NULL ? -1 : 0;

	book->claim_max = 2 * config->rule_count + 1;
	for (size_t i = 0; i < config->outbound_count; i++)
		book->claim_max += 2 * config->outbounds[i].frontend_count;
	book->claims = calloc(book->claim_max, sizeof(*book->claims));
	if (book->claims == NULL)
		result = -1;
	if (result == 0)
		result = claims_outbound(book);
	if (result == 0)
		result = claims_implicit(book, rules, seen);
	free(rules);
	free(seen);
	return result;
}

/* --- units --------------------------------------------------------------- */

/* The units of an address that no rule of the configuration needs. */
static void
units_free(const struct lb_config *config, const struct lb_addr *address,
    struct lb_snat_units *out)
{
	struct lb_snat_units taken = { 0 };

	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (rule->frontend >= 0 && rule->frontend_port != 0 &&
		    lb_addr_same(
			&config->frontends[rule->frontend].address, address))
			lb_snat_take(
			    &taken, rule->frontend_port, rule->frontend_port);
	}
	for (size_t i = 0; i < config->nat_count; i++) {
		const struct lb_config_nat *nat = &config->nats[i];
		if (nat->frontend >= 0 &&
		    lb_addr_same(
			&config->frontends[nat->frontend].address, address))
			lb_snat_take(&taken, nat->first_port, nat->last_port);
	}
	lb_snat_free(&taken,
	    config->snat_first_port > 0 ? config->snat_first_port
					: LB_SNAT_PORT_FIRST,
	    out);
}

static int
owners_open(struct book *book)
{
	struct lb_plan_draft *draft = book->draft;
	struct lb_snat_units units;

	for (size_t c = 0; c < book->claim_count; c++) {
		uint8_t address = book->claims[c].address;
		uint16_t **owners = &book->owners[address][book->claims[c].udp];
		if (*owners != NULL)
			continue;
		*owners = calloc(UNITS, sizeof(**owners));
		if (*owners == NULL)
			return -1;
		units_free(draft->config, &draft->plan->snats[address].address,
		    &units);
		for (uint32_t unit = 0; unit < UNITS; unit++)
			(*owners)[unit] = lb_snat_has(&units, unit)
					      ? OWNER_NONE
					      : OWNER_NOBODY;
	}
	return 0;
}

static int
by_value(const void *a, const void *b)
{
	const uint16_t *left = a, *right = b;

	return *left - *right;
}

static int
sort_members(struct book *book)
{
	const struct lb_plan *plan = book->draft->plan;
	uint32_t count = plan->pool_first[plan->pool_count];

	book->member_ids = calloc(count + 1, sizeof(*book->member_ids));
	if (book->member_ids == NULL)
		return -1;
	memcpy(book->member_ids, plan->member_ids,
	    count * sizeof(*book->member_ids));
	for (uint32_t p = 0; p < plan->pool_count; p++)
		qsort(&book->member_ids[plan->pool_first[p]],
		    plan->pool_first[p + 1] - plan->pool_first[p],
		    sizeof(*book->member_ids), by_value);
	return 0;
}

/* How many units a pool's member-th wants on the claim's address. */
static uint32_t
wanted(const struct claim *claim, uint32_t member)
{
	return lb_snat_share(claim->units, claim->of, member, claim->at);
}

/* What a claim's members had, the lowest first: before's blocks are in that
 * order. */
static void
claim_keep(struct book *book, const struct claim *claim, uint32_t *left)
{
	const struct lb_plan *before = book->draft->before;
	uint16_t *owners = book->owners[claim->address][claim->udp];

	for (uint32_t b = 0; before != NULL && b < before->block_count; b++) {
		const struct lb_plan_block *block = &before->blocks[b];
		if (block->row.address != claim->address ||
		    block->udp != claim->udp)
			continue;
		for (uint32_t unit = block->row.first / LB_SNAT_UNIT;
		     unit <= block->row.last / LB_SNAT_UNIT &&
		     left[block->member] > 0;
		     unit++)
			if (owners[unit] == OWNER_NONE) {
				owners[unit] = block->member;
				left[block->member]--;
			}
	}
}

/* The lowest that are free. */
static void
claim_fill(struct book *book, const struct claim *claim, uint32_t *left)
{
	const struct lb_plan *plan = book->draft->plan;
	uint16_t *owners = book->owners[claim->address][claim->udp];
	uint32_t first = plan->pool_first[claim->pool], unit = 0;

	for (uint32_t i = first; i < plan->pool_first[claim->pool + 1]; i++) {
		uint16_t member = book->member_ids[i];
		for (; left[member] > 0 && unit < UNITS; unit++)
			if (owners[unit] == OWNER_NONE) {
				owners[unit] = member;
				left[member]--;
			}
	}
}

typedef void (*claim_step)(
    struct book *book, const struct claim *claim, uint32_t *left);

/* left: by member id, how many units it still wants; all zero in between. */
static void
claims_each(struct book *book, claim_step step, uint32_t *left)
{
	const struct lb_plan *plan = book->draft->plan;

	for (size_t c = 0; c < book->claim_count; c++) {
		const struct claim *claim = &book->claims[c];
		const uint16_t *owners =
		    book->owners[claim->address][claim->udp];
		uint32_t first = plan->pool_first[claim->pool];
		uint32_t end = plan->pool_first[claim->pool + 1];
		for (uint32_t i = first; i < end; i++)
			left[book->member_ids[i]] = wanted(claim, i - first);
		for (uint32_t u = 0; u < UNITS; u++)
			if (owners[u] < OWNER_NOBODY && left[owners[u]] > 0)
				left[owners[u]]--;
		step(book, claim, left);
		for (uint32_t i = first; i < end; i++)
			left[book->member_ids[i]] = 0;
	}
}

/* --- blocks -------------------------------------------------------------- */

struct sorted {
	struct lb_addr member; /* its address */
	size_t order;
	struct lb_plan_block block;
};

static int
by_member(const void *a, const void *b)
{
	const struct sorted *left = a, *right = b;
	int order = memcmp(&left->member, &right->member, sizeof(left->member));

	if (order == 0)
		order = left->block.udp - right->block.udp;
	if (order == 0 && left->order != right->order)
		order = left->order < right->order ? -1 : 1;
	return order != 0 ? order
			  : left->block.row.first - right->block.row.first;
}

/* The runs of units of a claim's members, as blocks. */
static size_t
claim_runs(const struct book *book, const struct claim *claim,
    struct sorted *out, size_t max)
{
	const struct lb_plan *plan = book->draft->plan;
	const uint16_t *owners = book->owners[claim->address][claim->udp];
	size_t count = 0;
	uint32_t last = UNITS; /* unit of the run at hand */

	for (uint32_t u = 0; u < UNITS; u++) {
		uint16_t who = owners[u];
		if (who >= OWNER_NOBODY ||
		    plan->members[who].pool_index != claim->pool)
			continue;
		bool goes_on = last < UNITS && owners[last] == who;
		for (uint32_t between = last + 1; goes_on && between < u;
		     between++)
			goes_on = owners[between] == OWNER_NOBODY;
		if (goes_on && out != NULL)
			out[count - 1].block.row.last =
			    (uint16_t)(u * LB_SNAT_UNIT + LB_SNAT_UNIT - 1);
		last = u;
		if (goes_on)
			continue;
		if (out != NULL && count < max)
			out[count] = (struct sorted){
				.member = plan->members[who].address,
				.order = claim->order,
				.block = { who, claim->udp,
				    { .first = (uint16_t)(u * LB_SNAT_UNIT),
					.last = (uint16_t)(u * LB_SNAT_UNIT +
							   LB_SNAT_UNIT - 1),
					.rule = claim->rule,
					.address = claim->address,
					.class = claim->class } },
			};
		count++;
	}
	return count;
}

static int
make_blocks(struct book *book)
{
	struct lb_plan_draft *draft = book->draft;
	struct lb_plan *plan = draft->plan;
	size_t count = 0, done = 0;

	for (size_t c = 0; c < book->claim_count; c++)
		count += claim_runs(book, &book->claims[c], NULL, 0);
	if (count > BLOCKS_MAX) {
		lb_error_add(draft->problems, (struct lb_where){ 0 }, NULL,
		    "%zu blocks of SNAT ports, more than %u; use smaller pools",
		    count, BLOCKS_MAX);
		return -1;
	}
	struct sorted *sorted = calloc(count + 1, sizeof(*sorted));
	plan->blocks = calloc(count + 1, sizeof(*plan->blocks));
	if (sorted == NULL || plan->blocks == NULL) {
		free(sorted);
		return -1;
	}
	for (size_t c = 0; c < book->claim_count; c++)
		done += claim_runs(
		    book, &book->claims[c], sorted + done, count - done);
	qsort(sorted, done, sizeof(*sorted), by_member);
	for (size_t i = 0; i < done; i++)
		plan->blocks[i] = sorted[i].block;
	plan->block_count = (uint32_t)done;
	free(sorted);
	return 0;
}

static int
make_units(struct book *book)
{
	struct lb_plan *plan = book->draft->plan;

	plan->units = calloc(plan->snat_count + 1, sizeof(*plan->units));
	if (plan->units == NULL)
		return -1;
	for (uint32_t b = 0; b < plan->block_count; b++) {
		const struct lb_plan_block *block = &plan->blocks[b];
		const uint16_t *owners =
		    book->owners[block->row.address][block->udp];
		uint8_t *bits = plan->units[block->row.address][block->udp];
		for (uint32_t u = block->row.first / LB_SNAT_UNIT;
		     u <= block->row.last / LB_SNAT_UNIT; u++)
			if (owners[u] == block->member)
				bits[u / 8] |= (uint8_t)(1u << u % 8);
	}
	return 0;
}

int
lb_plan_make_snat(struct lb_plan_draft *draft)
{
	struct book book = { .draft = draft };
	uint32_t *left = calloc(LB_MEMBER_MAX + 1, sizeof(*left));
	int result = left == NULL ? -1 : 0;

	addresses_keep(draft);
	/* In l2dsr mode nothing that members send passes us. */
	if (result == 0 && draft->config->forwarding == LB_FORWARDING_NAT)
		result = claims_collect(&book);
	if (result == 0)
		result = owners_open(&book);
	if (result == 0)
		result = sort_members(&book);
	if (result == 0) {
		claims_each(&book, claim_keep, left);
		claims_each(&book, claim_fill, left);
		result = make_blocks(&book);
	}
	if (result == 0)
		result = make_units(&book);
	for (uint32_t i = 0; i < LB_SNAT_ADDRESS_MAX; i++) {
		free(book.owners[i][0]);
		free(book.owners[i][1]);
	}
	free(book.claims);
	free(book.member_ids);
	free(left);
	return result;
}

uint32_t
lb_plan_block_ports(
    const struct lb_plan *plan, const struct lb_plan_block *block)
{
	const uint8_t *bits = plan->units[block->row.address][block->udp];
	uint32_t units = 0;

	for (uint32_t u = block->row.first / LB_SNAT_UNIT;
	     u <= block->row.last / LB_SNAT_UNIT; u++)
		units += bits[u / 8] >> u % 8 & 1;
	return units * LB_SNAT_UNIT;
}

uint32_t
lb_plan_snat_ports(const struct lb_plan *plan, uint16_t member, bool udp)
{
	uint32_t ports = 0;

	for (uint32_t i = 0; i < plan->block_count; i++) {
		const struct lb_plan_block *block = &plan->blocks[i];
		if (block->member == member && block->udp == udp)
			ports += lb_plan_block_ports(plan, block);
	}
	return ports;
}
