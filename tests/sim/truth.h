/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIM_TRUTH_H
#define TESTS_SIM_TRUTH_H
/*
 * Who may get new flows, worked out a second time, plainly: every probe ticks,
 * nobody sleeps, nothing is indexed.  From the configuration, the script of
 * faults and the probes' phases alone; shares no code with model/health,
 * model/plan* or sim/outage.
 */
#include "sim/run/run.h"

#define TRUTH_MEMBERS_MAX 64u /* of all pools */
#define TRUTH_TARGETS_MAX 256u

struct truth_server {
	enum lb_fault_kind kind;
	uint64_t since_ns, period_ns; /* flapping */
	uint64_t factor;              /* slow; millionths */
};

struct truth_member {
	const struct lb_config_member *config;
	struct truth_server server; /* whoever has its address, the same */
	enum lb_admin_state admin;
	unsigned weight;
	bool is_removed;
};

/* One probe of one address. */
struct truth_target {
	unsigned probe;
	struct lb_addr address;
	bool is_there; /* somebody in a pool that has it is probed so */
	enum { TRUTH_UNKNOWN, TRUTH_UP, TRUTH_DOWN } state;
	bool last_good, came_up, is_waited_for;
	unsigned run;
	uint64_t since_ns, held_until_ns;
};

struct truth_probe {
	uint64_t phase_ns, interval_ns, next_ns, silent_ns;
	bool is_waiting;
};

struct truth {
	const struct sim_settings *settings;
	const struct lb_config *config;
	const struct sim_player *player;
	struct truth_member members[TRUTH_MEMBERS_MAX];
	unsigned first[TRUTH_MEMBERS_MAX]; /* by pool */
	struct truth_target *targets;
	size_t target_count;
	struct truth_probe *probes;
	const struct lb_fault *faults; /* scripted and drawn */
	size_t fault_count;
	bool *happened;      /* by fault */
	uint32_t zones_down; /* bit by number */
	uint64_t instances_down;
	unsigned deaths[LB_INSTANCES_MAX]; /* of instances */
	unsigned version; /* another whenever something may have changed */
};

struct truth *truth_new(
    const struct sim_settings *settings, const struct sim_player *player);
void truth_free(struct truth *t);

/* All that happens until then, that instant included. */
void truth_advance(struct truth *t, uint64_t now_ns);

/*
 * Members of a rule's pool, bit by index in the pool: who may keep the flows
 * he has, and who may get new ones too.
 */
uint64_t truth_keepers(const struct truth *t, unsigned rule);
uint64_t truth_candidates(const struct truth *t, unsigned rule);

/* Is that frontend out of reach: are all of its zones down? */
bool truth_is_cut(const struct truth *t, const struct lb_addr *frontend);

/* What else a lookup table is a function of: who is in the pool, with what
 * weight. */
uint64_t truth_pool_digest(const struct truth *t, unsigned pool);

/* Who is meant; UINT_MAX: nobody. */
unsigned truth_member_of_name(
    const struct truth *t, unsigned pool, const char *name);

#endif
