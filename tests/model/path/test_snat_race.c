/* SPDX-License-Identifier: MIT */
/*
 * SNAT ports under two CPUs and a sweeper (invariants 3 and 9).  Two worlds
 * share one set of tables, a thread each: the same code as in the kernel, with
 * real atomics.
 *
 *   takes   both open flows towards one new remote at the same moment, so
 *           that records are made at the same moment, too: no port twice, and
 *           none lost
 *   same    both send the same packets: one entry, one port
 *   life    flows come and go while a sweeper ends them: in the end every
 *           port in use is one flow's, and nothing is left when all have gone
 *   foreseen what is foreseen is what comes, and to look changes nothing; what
 *           somebody takes meanwhile is not given twice
 *   weighed a sweeper finds a record that nobody needs, and while he thinks
 *           about it somebody does: it is the same record, and not made twice
 */
#include "model/path/step.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "model/tables/world.h"
#include "tests/model/plan_text.h"
#include "tests/support/chance.h"

#define RACERS   2u
#define PORTS    512u
#define ROUNDS   400u
#define LIFE     300000u /* packets of each */
#define ATTEMPTS 600u    /* of each to open, in one round */

static struct made made;
static struct lb_world *shared;
static pthread_barrier_t barrier;
static atomic_uint owner[65536]; /* of a port, in this round */
static atomic_uint twice, contended;
static atomic_bool stop;
static atomic_uint now_ms;

struct racer {
	struct lb_world *world; /* the shared tables, scratch of its own */
	unsigned number;
	struct chance chance;
	uint64_t opened, dropped[LB_REASON_COUNT];
	void (*play)(struct racer *r);
	pthread_t thread;
};

static const char config_text[] =
    "load_balancer: { sku: fairlead }\n"
    "connection_table: { entries: 20000 }\n"
    "frontends: [{ name: f, address: 203.0.113.1 }]\n"
    "pools: [{ name: p, members: [{ name: a, address: 10.0.0.1 },\n"
    "    { name: b, address: 10.0.0.2 }] }]\n"
    "rules: []\n"
    "outbound_rules: [{ name: o, pool: p, frontends: [f],\n"
    "    ports_per_member: 512, idle_timeout: 3s }]\n";

static uint32_t
step(struct racer *r, unsigned member, uint32_t remote, uint16_t sport,
    uint8_t flags, struct lb_result *result)
{
	struct lb_packet pkt = {
		.ip = { .src = lb_addr_v4(10u | (member + 1) << 24),
		    .dst = lb_addr_v4(198u | remote << 8),
		    .sport = lb_be16_of(sport),
		    .dport = lb_be16_of(443),
		    .l3 = 14,
		    .l4 = 34,
		    .family = 4,
		    .proto = LB_PROTO_TCP,
		    .l4_bytes = 20 },
		.ip_bytes = 40,
		.tcp_flags = flags,
	};

	lb_step(lb_world_ctx(r->world), &pkt, atomic_load(&now_ms), result);
	if (result->verdict == LB_DROP)
		r->dropped[result->reason]++;
	return result->verdict == LB_FORWARD ? lb_be16_get(result->edit.sport)
					     : 0;
}

static void
note(struct racer *r, uint32_t port)
{
	if (port == 0)
		return;
	r->opened++;
	if (atomic_fetch_add(&owner[port], 1) != 0)
		atomic_fetch_add(&twice, 1);
}

/* --- takes ---------------------------------------------------------------- */

static void
take(struct racer *r)
{
	struct lb_result result;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		(void)pthread_barrier_wait(&barrier);
		for (uint16_t i = 0; i < ATTEMPTS; i++)
			note(r, step(r, 0, round,
				    (uint16_t)(1000 + r->number * 20000 + i),
				    LB_TCP_SYN, &result));
		(void)pthread_barrier_wait(&barrier);
		if (r->number != 0)
			continue;
		/* alone: what was contended is still there */
		for (uint16_t i = 0; i < ATTEMPTS; i++)
			note(r, step(r, 0, round, (uint16_t)(50000 + i),
				    LB_TCP_SYN, &result));
		unsigned used = 0;
		for (uint32_t port = 0; port < 65536; port++)
			used += atomic_exchange(&owner[port], 0) != 0;
		CU_ASSERT_EQUAL(used, PORTS);
		/* all of it ends, for the next round to have room */
		atomic_fetch_add(&now_ms, 70000);
		(void)lb_expire(&shared->tables, false, atomic_load(&now_ms), 0,
		    shared->tables.buckets4, NULL);
		lb_expire_ports(&shared->tables, 0, UINT32_MAX);
		CU_ASSERT_EQUAL(lb_ports_in_use(&shared->tables), 0);
		CU_ASSERT_EQUAL(lb_live_count(&shared->tables), 0);
	}
}

/* --- the same packets ----------------------------------------------------- */

static void
same(struct racer *r)
{
	struct lb_result result;

	for (uint32_t round = 0; round < 40 * ROUNDS; round++) {
		uint16_t sport = (uint16_t)(1000 + round % 400);
		if (round % 400 == 0)
			(void)pthread_barrier_wait(&barrier);
		(void)step(r, 1, round / 400, sport, LB_TCP_SYN, &result);
		(void)step(r, 1, round / 400, sport, LB_TCP_ACK, &result);
	}
}

/* --- life ----------------------------------------------------------------- */

static atomic_uint at[RACERS]; /* which packet; UINT32_MAX: done */

/* Time passes for both or for none: what one has in hand must not expire only
 * because he was put to sleep.  (In the kernel he is not.) */
static void
tick(unsigned number, unsigned *seen)
{
	unsigned other;

	while ((other = atomic_load(&at[1 - number])) == *seen &&
	       other != UINT32_MAX)
		(void)sched_yield();
	*seen = other;
	atomic_fetch_add(&now_ms, 160);
}

static void
live(struct racer *r)
{
	static const uint8_t flags[] = { LB_TCP_SYN, LB_TCP_SYN, LB_TCP_ACK,
		LB_TCP_ACK, LB_TCP_FIN | LB_TCP_ACK, LB_TCP_RST };
	struct lb_result result;
	unsigned seen = 0;

	for (uint32_t i = 0; i < LIFE; i++) {
		atomic_store(&at[r->number], i + 1);
		uint32_t port = step(r, chance_below(&r->chance, 2),
		    chance_below(&r->chance, 3),
		    (uint16_t)(1000 + chance_below(&r->chance, 700)),
		    flags[chance_below(&r->chance, LB_COUNT(flags))], &result);
		r->opened += port != 0 && (result.facts & LB_FACT_MADE) != 0;
		if (i % 512 == 0)
			tick(r->number, &seen);
	}
	atomic_store(&at[r->number], UINT32_MAX);
}

static void *
sweep(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop)) {
		(void)lb_expire(&shared->tables, false, atomic_load(&now_ms), 0,
		    shared->tables.buckets4, NULL);
		lb_expire_ports(&shared->tables, 0, UINT32_MAX);
	}
	return NULL;
}

/* --- together ---------------------------------------------------------------
 */

static void *
run(void *arg)
{
	struct racer *r = arg;

	r->play(r);
	return NULL;
}

static void
race(void (*play)(struct racer *r), bool with_sweeper, struct racer *racers)
{
	pthread_t sweeper;

	atomic_store(&stop, false);
	for (unsigned i = 0; i < RACERS; i++) {
		struct lb_world *w = calloc(1, sizeof(*w));
		UNIT_NEED(w);
		*w = *shared;
		racers[i] = (struct racer){ .world = w,
			.number = i,
			.chance = { i + 1 },
			.play = play };
	}
	if (with_sweeper)
		CU_ASSERT_EQUAL(pthread_create(&sweeper, NULL, sweep, NULL), 0);
	for (unsigned i = 0; i < RACERS; i++)
		CU_ASSERT_EQUAL(
		    pthread_create(&racers[i].thread, NULL, run, &racers[i]),
		    0);
	for (unsigned i = 0; i < RACERS; i++) {
		(void)pthread_join(racers[i].thread, NULL);
		atomic_fetch_add(&contended,
		    (unsigned)racers[i].dropped[LB_REASON_SNAT_CONTENDED]);
		free(racers[i].world);
	}
	atomic_store(&stop, true);
	if (with_sweeper)
		(void)pthread_join(sweeper, NULL);
}

/* Every flow has two entries and a port of its own, and every port a flow. */
static void
check_tables(const char *what)
{
	const struct lb_tables *t = &shared->tables;
	static uint64_t seen[65536];
	uint64_t out = 0, in = 0, busy = 0, doubled = 0;

	memset(seen, 0, sizeof(seen));
	for (uint32_t b = 0; b < t->buckets4; b++)
		for (uint32_t w = 0; w < LB_WAYS; w++) {
			uint64_t ctl = t->conn4[b].ctl[w];
			const struct lb_entry4 *e = &t->conn4[b].entry[w];
			busy += lb_ctl_state(ctl) == LB_CONN_BUSY;
			if (lb_ctl_state(ctl) < LB_CONN_HALF)
				continue;
			in += lb_ctl_kind(ctl) == LB_KIND_SNAT_IN;
			if (lb_ctl_kind(ctl) != LB_KIND_SNAT_OUT)
				continue;
			out++;
			/* one remote port: a port is one flow's per remote */
			uint64_t bit = UINT64_C(1) << (e->addr >> 40 & 63);
			uint64_t *of = &seen[e->w1 >> 48];
			doubled += (*of & bit) != 0;
			*of |= bit;
		}
	UNIT_EQUAL(what, busy, 0);
	UNIT_EQUAL(what, doubled, 0);
	UNIT_EQUAL(what, in, out);
	UNIT_EQUAL(what, lb_ports_in_use(t), out);
}

/* Nothing is left when all have gone. */
static void
check_end(const char *what)
{
	const struct lb_tables *t = &shared->tables;

	atomic_fetch_add(&now_ms, 1000000);
	for (unsigned i = 0; i < 2; i++) /* the second: entries without owner */
		(void)lb_expire(
		    t, false, atomic_load(&now_ms), 0, t->buckets4, NULL);
	UNIT_EQUAL(what, lb_live_count(t), 0);
	UNIT_EQUAL(what, lb_ports_in_use(t), 0);
	lb_expire_ports(t, 0, UINT32_MAX);
	uint64_t left = 0, locked = 0;
	for (uint32_t b = 0; b < t->port_buckets; b++) {
		locked += t->ports[b].lock != 0;
		for (uint32_t w = 0; w < LB_PORT_WAYS; w++)
			left +=
			    lb_ctl_state(t->ports[b].ctl[w]) != LB_PORT_EMPTY ||
			    (t->ports[b].record[w].users & LB_PORT_USERS) != 0;
	}
	UNIT_EQUAL(what, left, 0);
	UNIT_EQUAL(what, locked, 0);
}

static void
open_world(void)
{
	made = make(config_text, NULL, NULL);
	shared = lb_world_new(made.plan);
	UNIT_NEED(shared);
	atomic_store(&now_ms, 1000);
	atomic_store(&twice, 0);
	(void)pthread_barrier_init(&barrier, NULL, RACERS);
}

static void
close_world(void)
{
	(void)pthread_barrier_destroy(&barrier);
	lb_world_free(shared);
	drop(&made);
}

static void
test_takes(void)
{
	struct racer racers[RACERS];

	open_world();
	race(take, false, racers);
	CU_ASSERT_EQUAL(atomic_load(&twice), 0);
	CU_ASSERT_EQUAL(
	    racers[0].opened + racers[1].opened, (uint64_t)ROUNDS * PORTS);
	check_end("takes");
	close_world();
}

static void
test_same(void)
{
	struct racer racers[RACERS];

	open_world();
	race(same, false, racers);
	check_tables("same");
	check_end("same");
	close_world();
}

static void
test_life(void)
{
	struct racer racers[RACERS];

	open_world();
	for (unsigned i = 0; i < RACERS; i++)
		atomic_store(&at[i], 0);
	race(live, true, racers);
	check_tables("life");
	CU_ASSERT_TRUE(racers[0].opened > 1000 && racers[1].opened > 1000);
	check_end("life");
	close_world();
	(void)printf("%u contended; ", atomic_load(&contended));
}

#define BLOCK (1024u | 1535u << 16)

/* The second flow's port and the third's, when both foresaw the second's. */
static void
check_overtaken(struct racer *r)
{
	const uint64_t ctx = lb_world_ctx(shared);
	struct lb_result result;

	(void)step(r, 0, 2, 1000, LB_TCP_SYN, &result);
	CU_ASSERT_EQUAL(lb_ports_foresee(ctx, BLOCK), 1025);
	const struct lb_scratch slow = shared->scratch;
	CU_ASSERT_EQUAL(step(r, 0, 2, 1001, LB_TCP_SYN, &result), 1025);
	shared->scratch = slow;
	CU_ASSERT_EQUAL(lb_ports_take_foreseen(ctx, BLOCK), 1026);
	CU_ASSERT_EQUAL(lb_ports_give(ctx, 1026, 1), 0);
}

/* A step leaves behind what the next flow of that remote will ask for. */
static void
test_foreseen(void)
{
	struct lb_result result;

	open_world();
	struct racer r = { .world = shared };
	const struct lb_tables *t = &shared->tables;
	const size_t bytes = t->port_buckets * sizeof(*t->ports);
	struct lb_port_bucket *before = malloc(bytes);
	UNIT_NEED(before);
	unsigned changed = 0, wrong = 0, blind = 0;
	(void)step(&r, 0, 1, 1000, LB_TCP_SYN, &result);
	for (uint16_t i = 1; i < PORTS; i++) {
		memcpy(before, t->ports, bytes);
		int port = lb_ports_foresee(lb_world_ctx(shared), BLOCK);
		changed += memcmp(before, t->ports, bytes) != 0;
		uint32_t taken =
		    step(&r, 0, 1, (uint16_t)(1000 + i), LB_TCP_SYN, &result);
		blind += port < 0;
		wrong += port >= 0 && (uint32_t)port != taken;
		CU_ASSERT_EQUAL(taken, 1024u + i);
	}
	free(before);
	CU_ASSERT_EQUAL(changed, 0);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(blind, 1); /* that a chunk is used up has to be found */
	check_overtaken(&r);
	check_end("foreseen");
	close_world();
}

/* The sweeper's decision, when he has slept between his two looks. */
static void
decide(uint64_t *ctl, uint64_t busy, bool idle)
{
	(void)__sync_bool_compare_and_swap(ctl, busy,
	    idle ? busy & LB_CTL_VERSION_MASK
		 : lb_ctl_with_state(busy, LB_PORT_LIVE));
}

static void
test_weighed(void)
{
	struct lb_result result;

	for (unsigned idle = 0; idle < 2; idle++) {
		open_world();
		struct racer r = { .world = shared };
		struct lb_tables *t = &shared->tables;
		uint32_t first = step(&r, 0, 1, 1000, LB_TCP_SYN, &result);
		uint64_t busy[7] = { 0 }, *ctl[7];
		unsigned n = 0;
		for (uint32_t b = 0; b < t->port_buckets; b++)
			for (uint32_t w = 0; w < LB_PORT_WAYS; w++)
				if (lb_ctl_state(t->ports[b].ctl[w]) ==
					LB_PORT_LIVE &&
				    n < LB_COUNT(busy)) {
					ctl[n] = &t->ports[b].ctl[w];
					*ctl[n] = lb_ctl_claim(*ctl[n]);
					busy[n] = *ctl[n];
					n++;
				}
		CU_ASSERT_EQUAL(n, 1); /* a leaf; there are no hints yet */
		uint32_t second = step(&r, 0, 1, 1001, LB_TCP_SYN, &result);
		for (unsigned i = 0; i < n; i++)
			decide(ctl[i], busy[i], idle != 0);
		uint32_t third = step(&r, 0, 1, 1002, LB_TCP_SYN, &result);
		CU_ASSERT_EQUAL(first, 1024);
		CU_ASSERT_EQUAL(second, 1025);
		CU_ASSERT_EQUAL(third, 1026);
		CU_ASSERT_EQUAL(lb_ports_in_use(t), 3);
		check_end("weighed");
		close_world();
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "no port twice, none lost", test_takes },
		{ "the same flow twice", test_same },
		{ "flows come and go", test_life },
		{ "a port is foreseen", test_foreseen },
		{ "a record is weighed", test_weighed },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat_race", tests);
}
