/* SPDX-License-Identifier: MIT */
/*
 * Invariant 9: two CPUs that step and one sweeper, at one table at once, break
 * nothing.  The packets are made and judged in the kernel (race.bpf.c), for
 * two test runs to be really at the same time; lookup tables change meanwhile.
 * What is left in the table is looked at in the end, when all is quiet.
 *
 * FAIRLEAD_SEED, FAIRLEAD_SECONDS: the run in other words; it is never twice
 * the same.  FAIRLEAD_RACE_OBJECT: another BPF object.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "live/bpf/engine.h"
#include "model/path/conn.h"
#include "model/path/hash.h"
#include "model/path/step.h"
#include "model/tables/world.h"
#include "tests/live/race_world.h"
#include "tests/live/racers.h"

#define SEED_DEFAULT    UINT64_C(20261122)
#define SECONDS_DEFAULT UINT64_C(8)
#define SWEEP_FACTS     256u
#define SWEEP_PAUSE_US  50
#define HEALTH_PAUSE_US 5000
#define HOT_MS          2u /* so long the hot flows stay the same */
#define FAR             UINT32_C(0xfffff000) /* where the clock begins */

struct race {
	struct lb_config *config;
	struct lb_plan *plan;
	struct live_engine *engine;
	struct race_io *io;
	struct race_counts *counts; /* by role */
	struct race_flow *flows;
	uint64_t *tenants;
	struct racers racers;
	unsigned down; /* bits 0 and 1: members 6 and 7 */
	struct timespec start;
	uint64_t sweeps, expired, swaps;
};

/* --- the world ----------------------------------------------------------- */

static bool
is_up(void *arg, int probe, uint16_t member)
{
	const struct race *race = arg;
	uint32_t index = member & (RACE_MEMBERS - 1);

	(void)probe;
	return index < RACE_STEADY ||
	       (race->down >> (index - RACE_STEADY) & 1) == 0;
}

/* Which members a flow may have: asked of the native build, over an empty
 * table, in each state of health. */
static void
find_members(struct race *race)
{
	for (uint32_t h = 0; h < RACE_HEALTHS; h++) {
		race->down = h;
		if (lb_plan_health(race->plan, race->config, is_up, race) != 0)
			abort();
		struct lb_world *world = lb_world_new(race->plan);
		if (world == NULL)
			abort();
		for (uint32_t flow = 0; flow < RACE_FLOWS; flow++) {
			struct lb_packet pkt = race_syn(flow);
			struct lb_result result;
			lb_step(lb_world_ctx(world), &pkt, 0, &result);
			race->flows[flow].may[h] = result.member;
		}
		lb_world_free(world);
	}
	race->down = 0;
	if (lb_plan_health(race->plan, race->config, is_up, race) != 0)
		abort();
}

/* --- what happens meanwhile ---------------------------------------------- */

static void
sweep_family(struct race *race, bool six, uint32_t now_ms)
{
	struct lb_expired at[SWEEP_FACTS];
	const struct lb_tables *tables = live_engine_tables(race->engine);
	uint32_t buckets = six ? tables->buckets6 : tables->buckets4;

	for (uint32_t from = 0; from < buckets;) {
		struct lb_expired_list ended = { at, SWEEP_FACTS, 0 };
		from = lb_expire(
		    tables, six, now_ms, from, buckets - from, &ended);
		race->expired += ended.count;
	}
}

/* The sweeper, who also winds the clock. */
static void
sweep(void *arg)
{
	struct race *race = arg;
	uint32_t past_ms = (uint32_t)racers_elapsed_ms(&race->start);

	race->io->hot = past_ms / HOT_MS * RACE_HOT % RACE_FLOWS;
	__atomic_store_n(&race->io->now_ms, FAR + past_ms, __ATOMIC_RELEASE);
	sweep_family(race, false, FAR + past_ms);
	sweep_family(race, true, FAR + past_ms);
	race->sweeps++;
	(void)usleep(SWEEP_PAUSE_US);
}

/* Members 6 and 7 come and go. */
static void
change_health(void *arg, uint64_t seconds)
{
	struct race *race = arg;
	struct racers *r = &race->racers;

	while (!atomic_load(&r->stop) &&
	       racers_elapsed_ms(&race->start) < seconds * 1000) {
		(void)usleep(HEALTH_PAUSE_US);
		race->down = (race->down + 1) % RACE_HEALTHS;
		if (lb_plan_health(race->plan, race->config, is_up, race) != 0)
			racers_fail(r, ENOMEM);
		int rc = live_engine_health(race->engine, race->plan);
		if (rc != 0)
			racers_fail(r, -rc);
		race->swaps++;
	}
}

/* --- beginning and end --------------------------------------------------- */

static int
race_open(struct race *race, uint64_t seed)
{
	struct lb_problems problems = { 0 };

	race->config = race_config();
	race->plan = lb_plan_compile(race->config, NULL, NULL, &problems);
	lb_problems_print(&problems, "race", stdout);
	lb_problems_free(&problems);
	if (race->plan == NULL || race->plan->buckets4 != RACE_BUCKETS4 ||
	    race->plan->buckets6 != RACE_BUCKETS6) {
		(void)printf("the plan is not as the test wants it\n");
		return -1;
	}
	int rc = racers_load(&race->engine, "race", race->plan);
	if (rc != 0)
		return rc;
	race->racers = (struct racers){
		.program = live_engine_program(race->engine, "fairlead_race"),
		.frame_bytes = RACE_FRAME,
		.role_at = RACE_ROLE_AT,
		.sweep = sweep,
		.arg = race,
	};
	race->io = live_engine_mmap(race->engine, "race", sizeof(*race->io));
	race->counts = live_engine_mmap(
	    race->engine, "counts", RACE_ROLES * sizeof(*race->counts));
	race->flows = live_engine_mmap(
	    race->engine, "flows", RACE_FLOWS * sizeof(*race->flows));
	race->tenants = live_engine_mmap(
	    race->engine, "tenants", RACE_WAYS * sizeof(*race->tenants));
	if (race->racers.program < 0 || race->io == NULL ||
	    race->counts == NULL || race->flows == NULL ||
	    race->tenants == NULL) {
		(void)printf("the BPF object is not this test's\n");
		return -1;
	}
	for (uint32_t role = 0; role < RACE_ROLES; role++)
		race->counts[role].random = racers_seed(seed, role);
	race->io->now_ms = FAR;
	find_members(race);
	return 0;
}

static void
race_close(struct race *race)
{
	live_engine_free(race->engine);
	lb_plan_free(race->plan);
	lb_config_free(race->config);
}

/* --- afterwards ---------------------------------------------------------- */

struct remains {
	uint64_t busy, live, duplicates, misplaced, wrong;
	uint8_t flow_entries[RACE_FLOWS];
};

/* The flow that an entry's words stand for; RACE_FLOWS: none of ours. */
static uint32_t
flow_of(bool six, const uint64_t *addr, uint64_t w1)
{
	uint32_t client = six ? (uint32_t)(addr[1] >> 32) : (uint32_t)addr[0];
	uint32_t port = lb_be16_get((lb_be16){ (uint16_t)w1 }) - 1024u;
	uint32_t flow =
	    (client >> 16 & 0xff) << 14 | (client >> 24) << 6 | port;

	if (port > 63 || flow >= RACE_FLOWS || race_is_six(flow) != six)
		return RACE_FLOWS;
	struct lb_packet pkt = race_syn(flow);
	uint64_t expect = pkt.ip.sport.raw | (uint64_t)pkt.ip.dport.raw << 16 |
			  (uint64_t)pkt.ip.proto << 32;
	if ((w1 & LB_W1_KEY_MASK) != expect)
		return RACE_FLOWS;
	if (six)
		return memcmp(addr, &pkt.ip.src, 16) == 0 &&
			       memcmp(addr + 2, &pkt.ip.dst, 16) == 0
			   ? flow
			   : RACE_FLOWS;
	uint64_t both = lb_addr_v4_raw(&pkt.ip.src) |
			(uint64_t)lb_addr_v4_raw(&pkt.ip.dst) << 32;
	return addr[0] == both ? flow : RACE_FLOWS;
}

static bool
may_have(const struct race_flow *flow, uint16_t member)
{
	for (uint32_t h = 0; h < RACE_HEALTHS; h++)
		if (flow->may[h] == member)
			return true;
	return false;
}

/* One way of the table, whichever family's. */
struct way {
	bool six;
	uint32_t bucket, slot;
	uint64_t ctl;
	const uint64_t *addr, *w1; /* the entry's words */
};

static bool
is_in_place(const struct race *race, const struct way *w)
{
	const struct lb_hash_key *key = (const void *)&race->plan->rows[1];
	uint64_t ports = w->w1[0] & LB_W1_KEY_MASK;
	uint64_t hash = w->six ? lb_hash6(key, LB_HASH_FLOW, w->addr, ports)
			       : lb_hash4(key, LB_HASH_FLOW, *w->addr, ports);
	uint32_t buckets = w->six ? RACE_BUCKETS6 : RACE_BUCKETS4;

	return ((uint32_t)hash & (buckets - 1)) == w->bucket &&
	       lb_hash_tag(hash) == lb_ctl_tag(w->ctl);
}

/* When all is quiet. */
static void
look(const struct race *race, const struct way *w, struct remains *out)
{
	uint16_t member = lb_w2_member(w->w1[1]);

	out->busy += lb_ctl_state(w->ctl) == LB_CONN_BUSY;
	if (lb_ctl_state(w->ctl) < LB_CONN_HALF)
		return;
	out->live++;
	uint32_t flow = flow_of(w->six, w->addr, w->w1[0]);
	if (flow == RACE_FLOWS || !is_in_place(race, w)) {
		out->misplaced++;
		return;
	}
	out->duplicates += out->flow_entries[flow]++ > 0;
	/* An entry that was to expire and did not has a new version, which
	 * nobody tells before its next packet: the others are told. */
	uint64_t told = race->tenants[w->slot];
	out->wrong += (uint32_t)told != flow ||
		      (uint16_t)(told >> 32) != member ||
		      !may_have(&race->flows[flow], member);
}

static void
look_at_table(const struct race *race, struct remains *out)
{
	const struct lb_tables *t = live_engine_tables(race->engine);

	for (uint32_t slot = 0; slot < RACE_WAYS; slot++) {
		uint32_t b = slot / LB_WAYS, i = slot % LB_WAYS;
		struct way w = { .six = b >= RACE_BUCKETS4, .slot = slot };
		if (w.six) {
			w.bucket = b - RACE_BUCKETS4;
			w.ctl = t->conn6[w.bucket].ctl[i];
			w.addr = t->conn6[w.bucket].entry[i].addr;
			w.w1 = &t->conn6[w.bucket].entry[i].w1;
		} else {
			w.bucket = b;
			w.ctl = t->conn4[b].ctl[i];
			w.addr = &t->conn4[b].entry[i].addr;
			w.w1 = &t->conn4[b].entry[i].w1;
		}
		look(race, &w, out);
	}
}

static struct race_counts
sum_up(const struct race *race)
{
	struct race_counts sum = race->counts[0];
	const struct race_counts *b = &race->counts[1];

	sum.packets += b->packets;
	for (uint32_t i = 0; i < LB_VERDICT_COUNT; i++)
		sum.verdict[i] += b->verdict[i];
	sum.made += b->made;
	sum.hit += b->hit;
	sum.untracked += b->untracked;
	sum.rechosen += b->rechosen;
	sum.opened += b->opened;
	sum.closing += b->closing;
	sum.replies += b->replies;
	sum.replaced += b->replaced;
	sum.duplicates += b->duplicates;
	sum.duplicates_away += b->duplicates_away;
	sum.moved += b->moved;
	racers_add_found(&sum.found, &b->found);
	return sum;
}

static void
print_counts(const struct race *race, const struct race_counts *c,
    const struct remains *r)
{
	(void)printf("packets %ju (%ju on one CPU, %ju on the other): forward "
		     "%ju, pass %ju, drop %ju\n",
	    (uintmax_t)c->packets, (uintmax_t)race->counts[0].packets,
	    (uintmax_t)race->counts[1].packets,
	    (uintmax_t)c->verdict[LB_FORWARD], (uintmax_t)c->verdict[LB_PASS],
	    (uintmax_t)c->verdict[LB_DROP]);
	(void)printf("entries made %ju, of these chosen again %ju, replacing "
		     "%ju; hit %ju, opened %ju, closing %ju; untracked %ju\n",
	    (uintmax_t)c->made, (uintmax_t)c->rechosen, (uintmax_t)c->replaced,
	    (uintmax_t)c->hit, (uintmax_t)c->opened, (uintmax_t)c->closing,
	    (uintmax_t)c->untracked);
	(void)printf("expired %ju in %ju sweeps; changes of health %ju; live "
		     "in the end %ju\n",
	    (uintmax_t)race->expired, (uintmax_t)race->sweeps,
	    (uintmax_t)race->swaps, (uintmax_t)r->live);
	(void)printf("duplicates made %ju, of these at another member %ju; "
		     "in the end %ju\n",
	    (uintmax_t)c->duplicates, (uintmax_t)c->duplicates_away,
	    (uintmax_t)r->duplicates);
	(void)printf(
	    "flows at another member than before %ju\n", (uintmax_t)c->moved);
	racers_print_found(&c->found);
}

/* mechanism.md 7 lets a third flow's claim between lead to a duplicate: a few
 * dozen in a million, and no way of life. */
#define DUPLICATES_PER_MILLION 1000u

static int
judge(const struct race *race)
{
	static struct remains remains;
	struct race_counts c = sum_up(race);
	int rc = 0;

	look_at_table(race, &remains);
	print_counts(race, &c, &remains);
	rc |= racers_hold("both CPUs were at it, entries came and went",
	    c.made > 100000 && race->expired > 1000 && c.replaced > 1000 &&
		c.hit > 100000 && c.rechosen > 1000 && c.opened > 1000 &&
		race->counts[0].packets > 0 && race->counts[1].packets > 0);
	rc |=
	    racers_hold("packets in = forwarded + answered + passed + dropped",
		c.packets == c.verdict[LB_FORWARD] + c.verdict[LB_ANSWER] +
				 c.verdict[LB_PASS] + c.verdict[LB_DROP]);
	rc |= racers_hold("entries made = replaced + expired + live in the end",
	    c.made == c.replaced + race->expired + remains.live);
	rc |= racers_hold("no way is left BUSY", remains.busy == 0);
	rc |=
	    racers_hold("every entry is a flow of ours, in its bucket, tagged",
		remains.misplaced == 0);
	rc |= racers_hold(
	    "every entry's member is as told, and may be", remains.wrong == 0);
	rc |= racers_hold("no packet went where no lookup table sends its flow",
	    c.found.bad[RACE_BAD_MEMBER] == 0);
	rc |= racers_hold("no entry changed its flow or member in its life",
	    c.found.bad[RACE_BAD_CHANGE] == 0);
	rc |= racers_hold("no entry was given up without a reason",
	    c.found.bad[RACE_BAD_RECHOSEN] == 0);
	rc |= racers_hold(
	    "checksums are right", c.found.bad[RACE_BAD_CHECKSUM] == 0);
	rc |= racers_hold("every packet was parsed, every edit fitted",
	    c.found.bad[RACE_BAD_PACKET] == 0);
	rc |= racers_hold("duplicates are rare",
	    c.duplicates * 1000000 <= c.made * DUPLICATES_PER_MILLION);
	return rc;
}

int
main(void)
{
	static struct race race;
	uint64_t seed = racers_number("FAIRLEAD_SEED", SEED_DEFAULT);
	uint64_t seconds = racers_number("FAIRLEAD_SECONDS", SECONDS_DEFAULT);

	(void)printf("FAIRLEAD_SEED=%ju FAIRLEAD_SECONDS=%ju\n",
	    (uintmax_t)seed, (uintmax_t)seconds);
	int rc = race_open(&race, seed);
	if (rc == 0) {
		(void)clock_gettime(CLOCK_MONOTONIC, &race.start);
		rc = racers_run(&race.racers, change_health, seconds);
		rc |= judge(&race);
	}
	race_close(&race);
	return racers_exit(rc);
}
