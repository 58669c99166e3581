/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H
/*
 * A configuration compiled: the rows of model/path/plan.h and what lives
 * beside them.  Immutable once compiled, except member_state and the lookup
 * tables' slots, which lb_plan_health() rewrites (health does not swap plans).
 *
 * Ids.  A member is its name within its pool and its address, a rule its name.
 * Compiled against the plan before it, both keep their ids; what is gone stays
 * as a tombstone (its row is kept, live = 1, but no lookup table or endpoint
 * names it) until lb_plan_compile() is told that no table entry refers to it.
 * So does a NAT rule's mapping, which is its rule's and its member's names; as
 * long as it is there it keeps its port, where the rule still has that, also
 * when another machine has the name now.
 */
#include "model/config/config.h"
#include "model/path/plan.h"

/* So many keys has a plan's endpoint table at most: (rule, member) pairs,
 * frontends and addresses.  Azure allows 500,000 pairs. */
#define LB_ENDPOINT_MAX (1u << 20)

/* All lookup tables together: their slots (2 bytes each), and the steps that
 * filling them takes (about a nanosecond each). */
#define LB_LUT_SLOTS_MAX (LB_LUT_MAX * UINT64_C(65537))
#define LB_LUT_STEPS_MAX (UINT64_C(1) << 33)

/* Classes that rules may use; the others are for implicit SNAT. */
#define LB_CLASS_RULE_MAX 60u

/*
 * One per distinct (pool, probe, all-down behaviour, algorithm, size), shared
 * by rules.  A table keeps its index from plan to plan; a new one never takes
 * an index that the plan before it used.
 */
struct lb_plan_lut {
	uint32_t size;
	uint16_t *slots; /* size of them, padded with LB_NONE to whole rows;
			    NULL: this index is free */
	int pool, probe; /* indices in the configuration; probe -1: none */
	enum lb_algorithm algorithm;
	uint8_t bit;                  /* of the member state: who is eligible */
	char *pool_name, *probe_name; /* probe_name NULL: no probe */
	enum lb_all_down all_down;
	bool stale; /* the slots are to be filled again, whoever is up */
};

/* Rows of a table of so many slots. */
static inline size_t
lb_plan_lut_rows(uint32_t size)
{
	return ((size_t)size + LB_LUT_SLOTS_PER_ROW - 1) / LB_LUT_SLOTS_PER_ROW;
}

/* One per distinct (pool, probe, all-down behaviour): a bit of the state of
 * the pool's members.  Kept from plan to plan where there is room. */
struct lb_plan_probe {
	int pool, probe; /* indices in the configuration */
	enum lb_all_down all_down;
	uint8_t bit; /* 1..LB_PROBE_MAX */
	char *pool_name, *probe_name;
};

struct lb_plan_member {
	char *pool, *name; /* NULL: this id is free */
	struct lb_addr address;
	bool tombstone;
	int pool_index, member_index; /* in the configuration; -1: tombstone */
};

struct lb_plan_rule {
	char *name; /* NULL: this id is free */
	bool tombstone;
	int rule_index; /* in the configuration; -1: tombstone, or no
			   load-balancing rule */
};

/* A port of a NAT rule and the member that it leads to.  A rule of its own
 * for packets, called NAT-RULE/MEMBER. */
struct lb_plan_mapping {
	char *name;
	int nat;         /* index in the configuration */
	uint16_t rule;   /* id */
	uint16_t member; /* id */
	uint16_t port;   /* of the frontend */
};

/* An address that members leave from. */
struct lb_plan_snat {
	struct lb_addr address;
	bool live;   /* some entry or block may refer to it */
	bool wanted; /* by the configuration */
};

/* Ports of a member: a row of the plan, and whose. */
struct lb_plan_block {
	uint16_t member; /* id */
	bool udp;
	struct lb_snat_block row;
};

struct lb_plan {
	struct lb_row *rows;
	uint32_t row_count;
	struct lb_plan_lut *luts;
	uint32_t lut_count; /* indices in use or free below the top */
	struct lb_plan_probe *probes;
	uint32_t probe_count;
	struct lb_class classes[LB_CLASS_MAX]; /* open_ms 0: free */
	uint32_t class_count;
	uint64_t rule_classes;  /* bit c: a rule of the configuration has it */
	uint32_t *member_state; /* by id; bit p: eligible by probe p of its
				   pool, bit 0: by no probe */
	bool *member_ends;      /* by id: its connections are to end
				   now; NULL: of a plan read back */
	struct lb_plan_member *members; /* by id */
	uint32_t member_count;          /* ids in use or free below the top */
	struct lb_plan_rule *rules;
	uint32_t rule_count;
	/* The ids of pool p's members, in the configuration's order, are
	 * member_ids[pool_first[p]] up to member_ids[pool_first[p + 1] - 1];
	 * rule r of the configuration is rule_ids[r]. */
	uint16_t *member_ids, *rule_ids;
	uint32_t *pool_first;
	uint32_t pool_count;
	struct lb_plan_mapping *mappings; /* by NAT rule, in its pool's order */
	uint32_t mapping_count;
	struct lb_plan_snat snats[LB_SNAT_ADDRESS_MAX]; /* by number */
	uint32_t snat_count;          /* numbers in use or free below the top */
	struct lb_plan_block *blocks; /* by member's address, protocol, rule,
					 frontend, port */
	uint32_t block_count;
	/* The units of each address, TCP's and UDP's. */
	uint8_t (*units)[2][LB_UNIT_ROWS * LB_ROW_BYTES];
	uint8_t hash_key[16];
	uint32_t buckets4, buckets6; /* 2^n, from entries and entries6 */
	uint32_t port_buckets;       /* 2^n; 1 where nobody leaves */
};

#define LB_USAGE_STATES 8u /* more than enum lb_conn_state has */

/* What the table's entries refer to: how many of them to each id, and how many
 * are in which state, by family (0: IPv4). */
struct lb_usage {
	uint32_t member[LB_MEMBER_MAX + 1];
	uint32_t rule[LB_MEMBER_MAX + 1];
	/* Of those, second entries of a flow (LB_KIND_SNAT_IN). */
	uint32_t member_second[LB_MEMBER_MAX + 1];
	uint32_t rule_second[LB_MEMBER_MAX + 1];
	uint32_t timeout_class[LB_CLASS_MAX];
	uint64_t state[2][LB_USAGE_STATES];
	uint32_t snat[LB_SNAT_ADDRESS_MAX];
};

/*
 * lb_plan_compile - configuration to plan.
 *
 * before    the plan in force, whose ids and timeout classes are kept;
 *           NULL: none.
 * used      which of before's tombstones, and classes that no rule of before
 *           has, are still needed; NULL: all.
 * problems  grows by what only shows when compiling (more than
 *           LB_CLASS_RULE_MAX distinct timeouts, more than LB_PROBE_MAX
 *           probes on a pool, ids used up).  The rest is lb_config_check()'s
 *           to find: what it refuses compiles to some plan, safe to use.
 *
 * Every member starts eligible unless its admin state is down.
 * Returns NULL with problems->error_count > 0, or without memory.
 */
struct lb_plan *lb_plan_compile(const struct lb_config *config,
    const struct lb_plan *before, const struct lb_usage *used,
    struct lb_problems *problems);

/*
 * lb_plan_health - which members are up, as probed.
 *
 * config  what the plan was compiled from; only admin states may differ.
 * up      by (probe index, member id): is that member up by that probe?
 *         Asked for every probe a rule of the member's pool uses.
 *
 * Rewrites member_state (admin state and all-down behaviour included) and the
 * slots of every lookup table whose members changed.  An admin state counts
 * for rules without a probe too.  Returns 0; -1 without memory, when nothing
 * is changed or some tables are, and the call can be repeated.
 * Source: AZ 2.6 to 2.8.  Precedence: admin state, all-down behaviour, probe.
 */
int lb_plan_health(struct lb_plan *plan, const struct lb_config *config,
    bool (*up)(void *arg, int probe, uint16_t member), void *arg);

void lb_plan_free(struct lb_plan *plan); /* NULL is fine */

/* Ports of a block: not those of rules that lie between. */
uint32_t lb_plan_block_ports(
    const struct lb_plan *plan, const struct lb_plan_block *block);

/* SNAT ports that a member may have, of all addresses. Cost: O(blocks). */
uint32_t lb_plan_snat_ports(
    const struct lb_plan *plan, uint16_t member, bool udp);

/* The rows' own view, for those who read a plan natively. */
const struct lb_plan_header *lb_plan_header_of(const struct lb_plan *plan);
const struct lb_rule *lb_plan_rule_row(const struct lb_plan *plan, uint16_t id);

#endif
