/* SPDX-License-Identifier: MIT */
/*
 * What rules share: bits of the members' state, lookup tables, timeout
 * classes.  Each keeps its number from plan to plan, because packets of both
 * plans look at them while the plans are swapped.
 */
#include "model/plan/plan_parts.h"

#include <stdlib.h>
#include <string.h>

#include "model/lut/lut.h"
#include "model/config/names.h"
#include "model/config/problems.h"

#define HALF_OPEN_MS UINT64_C(60000) /* design.md 2, "Timeouts" */
#define FIN_MS       240000u         /* AZ 4.5 */
#define RST_MS       15000u          /* the same */

static bool
same_name(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const char *
probe_name(const struct lb_config *config, int probe)
{
	return probe < 0 ? NULL : config->probes[probe].name;
}

/* Without a probe nobody is ever "probed down". */
static enum lb_all_down
rule_all_down(const struct lb_config_rule *rule)
{
	return rule->probe < 0 ? LB_ALL_PROBED_DOWN : rule->all_down;
}

static int
too_many_luts(struct lb_plan_draft *draft, const struct lb_config_rule *rule)
{
	lb_error_add(draft->problems, rule->where, NULL,
	    "more than %u lookup tables, those included that the configuration "
	    "in force uses; let rules share pool, probe, algorithm and "
	    "table_size",
	    LB_LUT_MAX);
	return -1;
}

/* --- bits ---------------------------------------------------------------- */

static const struct lb_plan_probe *
probe_find(const struct lb_plan *plan, const struct lb_config_rule *rule)
{
	for (uint32_t i = 0; i < plan->probe_count; i++) {
		const struct lb_plan_probe *probe = &plan->probes[i];
		if (probe->pool == rule->pool && probe->probe == rule->probe &&
		    probe->all_down == rule->all_down)
			return probe;
	}
	return NULL;
}

uint8_t
lb_plan_rule_bit(const struct lb_plan *plan, const struct lb_config_rule *rule)
{
	const struct lb_plan_probe *probe =
	    rule->probe < 0 ? NULL : probe_find(plan, rule);

	return probe == NULL ? 0 : probe->bit;
}

/* Which bits of a pool's members a plan uses; sets *same to the bit that is
 * `like` already. */
static uint32_t
bits_used(
    const struct lb_plan *plan, const struct lb_plan_probe *like, uint8_t *same)
{
	uint32_t used = 1; /* bit 0 is "no probe" */

	for (uint32_t i = 0; plan != NULL && i < plan->probe_count; i++) {
		const struct lb_plan_probe *probe = &plan->probes[i];
		if (!same_name(probe->pool_name, like->pool_name))
			continue;
		used |= UINT32_C(1) << probe->bit;
		if (same_name(probe->probe_name, like->probe_name) &&
		    probe->all_down == like->all_down)
			*same = probe->bit;
	}
	return used;
}

/* The bit it had, else one that neither plan uses, else one of before's that
 * is no longer used; 0: there is none. */
static uint8_t
bit_choose(const struct lb_plan_draft *draft, const struct lb_plan_probe *like)
{
	uint8_t had = 0, ignored;
	uint32_t before = bits_used(draft->before, like, &had);
	uint32_t now = bits_used(draft->plan, like, &ignored);

	if (had != 0 && (now >> had & 1) == 0)
		return had;
	for (uint8_t bit = 1; bit <= LB_PROBE_MAX; bit++)
		if (((before | now) >> bit & 1) == 0)
			return bit;
	for (uint8_t bit = 1; bit <= LB_PROBE_MAX; bit++)
		if ((now >> bit & 1) == 0)
			return bit;
	return 0;
}

static int
probe_add(struct lb_plan_draft *draft, const struct lb_config_rule *rule)
{
	struct lb_plan *plan = draft->plan;
	struct lb_plan_probe *probe = &plan->probes[plan->probe_count];

	if (plan->probe_count >= LB_LUT_MAX) /* each has a table of its own */
		return too_many_luts(draft, rule);
	*probe = (struct lb_plan_probe){
		.pool = rule->pool,
		.probe = rule->probe,
		.all_down = rule->all_down,
		.pool_name = strdup(draft->config->pools[rule->pool].name),
		.probe_name = strdup(draft->config->probes[rule->probe].name),
	};
	if (probe->pool_name == NULL || probe->probe_name == NULL) {
		free(probe->pool_name);
		free(probe->probe_name);
		return -1;
	}
	probe->bit = bit_choose(draft, probe);
	plan->probe_count++;
	if (probe->bit != 0)
		return 0;
	lb_error_add(draft->problems, rule->where, NULL,
	    "pool '%s' is looked at by more than %u probes; let its rules "
	    "share probes",
	    probe->pool_name, LB_PROBE_MAX);
	return -1;
}

static int
make_probes(struct lb_plan_draft *draft)
{
	const struct lb_config *config = draft->config;

	draft->plan->probes =
	    calloc(config->rule_count + 1, sizeof(*draft->plan->probes));
	if (draft->plan->probes == NULL)
		return -1;
	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (rule->probe >= 0 && rule->pool >= 0 &&
		    probe_find(draft->plan, rule) == NULL &&
		    probe_add(draft, rule) < 0)
			return -1;
	}
	return 0;
}

/* --- lookup tables ------------------------------------------------------- */

uint16_t
lb_plan_rule_lut(const struct lb_plan *plan, const struct lb_config_rule *rule)
{
	for (uint32_t i = 0; i < plan->lut_count; i++) {
		const struct lb_plan_lut *lut = &plan->luts[i];
		if (lut->slots != NULL && lut->pool == rule->pool &&
		    lut->probe == rule->probe &&
		    lut->all_down == rule_all_down(rule) &&
		    lut->algorithm == rule->algorithm &&
		    lut->size == rule->table_size)
			return (uint16_t)i;
	}
	return LB_NONE;
}

static bool
lut_is_like(const struct lb_plan_lut *old, const struct lb_config *config,
    const struct lb_config_rule *rule)
{
	return old->slots != NULL && old->algorithm == rule->algorithm &&
	       old->size == rule->table_size &&
	       old->all_down == rule_all_down(rule) &&
	       same_name(old->pool_name, config->pools[rule->pool].name) &&
	       same_name(old->probe_name, probe_name(config, rule->probe));
}

/* The index it had in the plan before; LB_NONE: it is new. */
static uint32_t
lut_index_before(
    const struct lb_plan_draft *draft, const struct lb_config_rule *rule)
{
	const struct lb_plan *before = draft->before;

	for (uint32_t i = 0; before != NULL && i < before->lut_count; i++)
		if (lut_is_like(&before->luts[i], draft->config, rule))
			return i;
	return LB_NONE;
}

static uint32_t
lut_index_new(const struct lb_plan_draft *draft)
{
	const struct lb_plan *plan = draft->plan, *before = draft->before;

	for (uint32_t i = 0; i < LB_LUT_MAX; i++)
		if (plan->luts[i].slots == NULL &&
		    (before == NULL || i >= before->lut_count ||
			before->luts[i].slots == NULL))
			return i;
	return LB_NONE;
}

static int
lut_set(struct lb_plan_lut *lut, const struct lb_plan_draft *draft,
    const struct lb_config_rule *rule)
{
	const struct lb_config *config = draft->config;
	const char *probe = probe_name(config, rule->probe);
	size_t bytes = lb_plan_lut_rows(rule->table_size) * LB_ROW_BYTES;

	lut->size = rule->table_size;
	lut->pool = rule->pool;
	lut->probe = rule->probe;
	lut->algorithm = rule->algorithm;
	lut->all_down = rule_all_down(rule);
	lut->bit = lb_plan_rule_bit(draft->plan, rule);
	lut->pool_name = strdup(config->pools[rule->pool].name);
	lut->probe_name = probe == NULL ? NULL : strdup(probe);
	lut->slots = aligned_alloc(LB_ROW_BYTES, bytes);
	if (lut->pool_name == NULL || lut->slots == NULL ||
	    (probe != NULL && lut->probe_name == NULL))
		return -1;
	memset(lut->slots, 0xff, bytes); /* LB_NONE */
	return 0;
}

/* Turns that go by for one that is taken, rounded up: 1 where all weigh the
 * same. */
static uint64_t
turns_per_slot(const struct lb_config_pool *pool)
{
	uint64_t heaviest = 0, sum = 0;

	for (size_t m = 0; m < pool->member_count; m++) {
		const unsigned weight = pool->members[m].weight;
		heaviest = weight > heaviest ? weight : heaviest;
		sum += weight;
	}
	return sum == 0 ? 1 : (pool->member_count * heaviest + sum - 1) / sum;
}

/* The most that filling a table takes, lut.h. */
static uint64_t
steps_per_slot(
    const struct lb_config_rule *rule, const struct lb_config_pool *pool)
{
	const uint64_t members = pool->member_count;
	const uint64_t turns = turns_per_slot(pool);

	if (rule->algorithm == LB_RENDEZVOUS)
		return turns > 1 ? 4 * members + 1 : members + 1;
	if (rule->algorithm != LB_STABLE)
		return 16 + turns;
	return 80 + turns +
	       (members <= rule->table_size && turns <= 1 ? members / 128
							  : members);
}

/* Counts a table before memory is taken for it. */
static int
lut_count(struct lb_plan_draft *draft, const struct lb_config_rule *rule)
{
	struct lb_where where = rule->at[LB_RULE_KEY_TABLE_SIZE];
	const struct lb_config_pool *pool = &draft->config->pools[rule->pool];

	if (!lb_lut_size_fits(rule->algorithm, rule->table_size)) {
		lb_error_add(draft->problems, where, NULL,
		    "`table_size`: %u is no size for %s", rule->table_size,
		    lb_algorithm_name(rule->algorithm));
		return -1;
	}
	draft->lut_slots += rule->table_size;
	draft->lut_steps += rule->table_size * steps_per_slot(rule, pool);
	if (draft->lut_slots <= LB_LUT_SLOTS_MAX &&
	    draft->lut_steps <= LB_LUT_STEPS_MAX)
		return 0;
	lb_error_add(draft->problems, where, NULL,
	    "with rule '%s' the lookup tables of all rules together are too "
	    "large; use smaller ones, or let rules share pool, probe, "
	    "algorithm and table_size",
	    rule->name);
	return -1;
}

static int
lut_add(struct lb_plan_draft *draft, const struct lb_config_rule *rule,
    uint32_t index)
{
	struct lb_plan *plan = draft->plan;

	if (index == LB_NONE)
		return too_many_luts(draft, rule);
	if (lut_count(draft, rule) < 0)
		return -1;
	if (index >= plan->lut_count)
		plan->lut_count = index + 1;
	return lut_set(&plan->luts[index], draft, rule);
}

/* Those that were there first, so that no new one takes their place. */
static int
luts_add(struct lb_plan_draft *draft, bool new)
{
	const struct lb_config *config = draft->config;

	for (size_t r = 0; r < config->rule_count; r++) {
		const struct lb_config_rule *rule = &config->rules[r];
		if (rule->pool < 0 ||
		    lb_plan_rule_lut(draft->plan, rule) != LB_NONE)
			continue;
		uint32_t index =
		    new ? lut_index_new(draft) : lut_index_before(draft, rule);
		if ((new || index != LB_NONE) &&
		    lut_add(draft, rule, index) < 0)
			return -1;
	}
	return 0;
}

int
lb_plan_make_luts(struct lb_plan_draft *draft)
{
	struct lb_plan *plan = draft->plan;

	plan->luts = calloc(LB_LUT_MAX, sizeof(*plan->luts));
	if (plan->luts == NULL || make_probes(draft) < 0 ||
	    luts_add(draft, false) < 0 || luts_add(draft, true) < 0)
		return -1;
	return 0;
}

/* --- timeout classes ----------------------------------------------------- */

/* Both closing times are the balancer's, not a rule's. */
static struct lb_class
class_make(const struct lb_config *config, uint64_t half_ms, uint64_t open_ms)
{
	return (struct lb_class){
		.half_ms = (uint32_t)half_ms,
		.open_ms = (uint32_t)open_ms,
		.fin_ms = config->fin_timeout_ms > 0 ? config->fin_timeout_ms
						     : FIN_MS,
		.rst_ms = config->rst_timeout_ms > 0 ? config->rst_timeout_ms
						     : RST_MS,
	};
}

struct lb_class
lb_rule_tcp_timeouts(
    const struct lb_config *config, const struct lb_config_rule *rule)
{
	uint64_t idle = rule->idle_timeout_ms;

	return class_make(
	    config, idle < HALF_OPEN_MS ? idle : HALF_OPEN_MS, idle);
}

struct lb_class
lb_rule_udp_timeouts(
    const struct lb_config *config, const struct lb_config_rule *rule)
{
	return class_make(config, rule->idle_timeout_ms, rule->idle_timeout_ms);
}

static bool
same_class(struct lb_class a, struct lb_class b)
{
	return a.half_ms == b.half_ms && a.open_ms == b.open_ms &&
	       a.fin_ms == b.fin_ms && a.rst_ms == b.rst_ms;
}

static uint32_t
class_find(const struct lb_plan *plan, struct lb_class timeouts)
{
	for (uint32_t i = 0; i < plan->class_count; i++)
		if (same_class(plan->classes[i], timeouts))
			return i;
	return LB_CLASS_MAX;
}

uint8_t
lb_plan_class_of(const struct lb_plan *plan, struct lb_class timeouts)
{
	uint32_t found = class_find(plan, timeouts);

	return found < LB_CLASS_MAX ? (uint8_t)found : 0;
}

/* Before's classes, less those that nobody can have any more. */
static void
classes_keep(struct lb_plan_draft *draft)
{
	const struct lb_plan *before = draft->before;
	struct lb_plan *plan = draft->plan;

	if (before == NULL)
		return;
	plan->class_count = before->class_count;
	for (uint32_t i = 0; i < before->class_count; i++)
		if ((before->rule_classes >> i & 1) != 0 ||
		    draft->used == NULL || draft->used->timeout_class[i] != 0)
			plan->classes[i] = before->classes[i];
}

/* The class of these timeouts, a new one if need be; LB_CLASS_MAX: there is
 * no room. */
static uint32_t
class_get(struct lb_plan *plan, struct lb_class timeouts, bool implicit)
{
	const uint32_t end = implicit ? LB_CLASS_MAX : LB_CLASS_RULE_MAX;
	uint32_t class = class_find(plan, timeouts);

	if (class < LB_CLASS_MAX)
		return class;
	for (class = implicit ? LB_CLASS_RULE_MAX : 0; class < end; class ++)
		if (plan->classes[class].open_ms == 0)
			break;
	if (class == end)
		return LB_CLASS_MAX;
	plan->classes[class] = timeouts;
	if (class >= plan->class_count)
		plan->class_count = class + 1;
	return class;
}

static int
class_add(struct lb_plan_draft *draft, const struct lb_config_rule *rule,
    struct lb_class timeouts, bool implicit)
{
	uint32_t class = class_get(draft->plan, timeouts, implicit);

	if (class < LB_CLASS_MAX) {
		draft->plan->rule_classes |= UINT64_C(1) << class;
		return 0;
	}
	lb_error_add(draft->problems, rule->at[LB_RULE_KEY_IDLE_TIMEOUT], NULL,
	    "more than %u distinct timeouts, those included that connections "
	    "still have; give rules the same idle_timeout",
	    LB_CLASS_RULE_MAX);
	return -1;
}

static int
classes_add(struct lb_plan_draft *draft, const struct lb_config_rule *rule,
    bool implicit)
{
	if (rule->proto != LB_PROTO_UDP &&
	    class_add(draft, rule, lb_rule_tcp_timeouts(draft->config, rule),
		implicit) < 0)
		return -1;
	if (rule->proto != LB_PROTO_TCP && rule->connection_tracking &&
	    class_add(draft, rule, lb_rule_udp_timeouts(draft->config, rule),
		implicit) < 0)
		return -1;
	return 0;
}

int
lb_plan_make_classes(struct lb_plan_draft *draft)
{
	const struct lb_config *config = draft->config;
	const struct lb_plan *plan = draft->plan;

	classes_keep(draft);
	for (size_t r = 0; r < config->rule_count; r++)
		if (classes_add(draft, &config->rules[r], false) < 0)
			return -1;
	for (uint32_t i = 0; i < plan->mapping_count; i++) {
		struct lb_config_rule rule =
		    lb_plan_mapping_rule(config, &plan->mappings[i]);
		if (classes_add(draft, &rule, false) < 0)
			return -1;
	}
	for (size_t i = 0; i < config->outbound_count; i++) {
		struct lb_config_rule rule =
		    lb_plan_outbound_rule(&config->outbounds[i]);
		if (classes_add(draft, &rule, false) < 0)
			return -1;
	}
	for (size_t r = 0; r < config->rule_count; r++) {
		struct lb_config_rule rule =
		    lb_plan_implicit_rule(config->rules[r].proto);
		if (config->rules[r].outbound_snat &&
		    classes_add(draft, &rule, true) < 0)
			return -1;
	}
	return 0;
}
