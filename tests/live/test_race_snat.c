/* SPDX-License-Identifier: MIT */
/*
 * Invariants 3 and 9 of outbound flows: two CPUs that open flows of the same
 * members towards the same remotes, and a sweeper that ends them, at once.
 * The packets are made and judged in the kernel (race_snat.bpf.c); when all is
 * quiet the ports' memory is audited against the connection table, and when
 * all flows have ended nothing is left in either.
 *
 * The clock goes on only as the CPUs do: nothing expires under a CPU's hands
 * because the machine had something else to do.
 *
 * Once in IPv4, once in IPv6.
 *
 * FAIRLEAD_SEED, FAIRLEAD_SECONDS (of each): the run in other words; it is
 * never twice the same.  FAIRLEAD_RACE_OBJECT: another BPF object.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live/bpf/engine.h"
#include "model/config/config_new.h"
#include "model/config/names.h"
#include "model/plan/plan.h"
#include "tests/live/race_snat_io.h"
#include "tests/live/racers.h"

#define SEED_DEFAULT    UINT64_C(20261122)
#define SECONDS_DEFAULT UINT64_C(5)
#define SWEEP_FACTS     256u
#define SWEEP_PAUSE_US  50
#define TICK_PACKETS    100u /* of both CPUs, in a millisecond of the test */
#define TICKS_MAX       4u   /* at once */
#define IDLE_MS         16u
#define HOT_MS          2u
#define FAR             UINT32_C(0xfffff000) /* where the clock begins */

struct race {
	bool six;
	struct lb_plan *plan;
	struct live_engine *engine;
	struct snat_io *io;
	struct snat_counts *counts; /* by role */
	struct racers racers;
	uint64_t ticked[SNAT_ROLES]; /* packets at the last tick */
	uint64_t sweeps, ended;
};

/* --- the world ----------------------------------------------------------- */

static char *
named(const char *name)
{
	char *copy = strdup(name);

	if (copy == NULL)
		abort();
	return copy;
}

static void *
many(size_t count, size_t bytes)
{
	void *all = calloc(count, bytes);

	if (all == NULL)
		abort();
	return all;
}

static struct lb_addr
address(bool six, uint32_t addr4)
{
	return six ? (struct lb_addr){ { SNAT_PREFIX6, snat_low6(addr4) } }
		   : lb_addr_v4(addr4);
}

static void
set_pool(struct lb_config *c, bool six)
{
	c->pools = many(1, sizeof(*c->pools));
	c->pool_count = 1;
	c->pools->name = named("p");
	c->pools->members = many(SNAT_MEMBERS, sizeof(*c->pools->members));
	c->pools->member_count = SNAT_MEMBERS;
	for (uint32_t m = 0; m < SNAT_MEMBERS; m++) {
		struct lb_config_member *member = &c->pools->members[m];
		char name[] = { 'a', '\0' };
		name[0] = (char)('a' + m);
		member->name = named(name);
		member->address = address(six, snat_member4(m << 3));
		member->weight = LB_WEIGHT_DEFAULT;
	}
}

/* Ports of members in their order; one rule besides, whose entries make room
 * for others'. */
static struct lb_config *
snat_config(bool six)
{
	struct lb_config *c = lb_config_new();

	if (c == NULL)
		abort();
	c->sku = LB_SKU_FAIRLEAD;
	c->frontends = many(1, sizeof(*c->frontends));
	c->frontend_count = 1;
	c->frontends->name = named("f");
	c->frontends->address = address(six, SNAT_PUBLIC4);
	set_pool(c, six);
	c->rules = many(1, sizeof(*c->rules));
	c->rule_count = 1;
	lb_config_rule_init(c->rules);
	c->rules->name = named("web");
	c->rules->frontend = c->rules->pool = 0;
	c->rules->proto = LB_PROTO_TCP;
	c->rules->frontend_port = SNAT_PORT_WEB;
	c->rules->backend_port = 8080;
	c->rules->table_size = 101;
	c->rules->probe = -1;
	c->rules->idle_timeout_ms = IDLE_MS;
	c->rules->outbound_snat = false;
	c->outbounds = many(1, sizeof(*c->outbounds));
	c->outbound_count = 1;
	lb_config_outbound_init(c->outbounds);
	c->outbounds->name = named("out");
	c->outbounds->frontends = many(1, sizeof(int));
	c->outbounds->frontend_count = 1;
	c->outbounds->pool = 0;
	c->outbounds->ports = SNAT_PORTS;
	c->outbounds->idle_timeout_ms = IDLE_MS;
	c->entries = SNAT_WAYS * 2 / 3; /* slots are 1.5 times that, or more */
	c->entries6 = c->entries;
	return c;
}

/* --- what happens meanwhile ---------------------------------------------- */

static void
expire(struct race *race, uint32_t now_ms)
{
	struct lb_expired at[SWEEP_FACTS] = { 0 };
	const struct lb_tables *t = live_engine_tables(race->engine);

	for (uint32_t from = 0; from < SNAT_BUCKETS;) {
		struct lb_expired_list list = { at, SWEEP_FACTS, 0 };
		from = lb_expire(
		    t, race->six, now_ms, from, SNAT_BUCKETS - from, &list);
		for (uint32_t i = 0; i < list.count; i++)
			race->ended += at[i].kind == LB_KIND_SNAT_OUT;
	}
	lb_expire_ports(t, 0, UINT32_MAX);
}

/*
 * Milliseconds that have passed: none before each CPU has let go of the packet
 * that it had in hand the last time, whose time is so at most two steps old.
 */
static uint32_t
ticks(struct race *race)
{
	uint64_t now[SNAT_ROLES], packets = 0;

	for (uint32_t role = 0; role < SNAT_ROLES; role++) {
		now[role] = __atomic_load_n(
		    &race->counts[role].packets, __ATOMIC_RELAXED);
		if (now[role] == race->ticked[role])
			return 0;
		packets += now[role] - race->ticked[role];
	}
	if (packets < TICK_PACKETS)
		return 0;
	memcpy(race->ticked, now, sizeof(now));
	return packets / TICK_PACKETS < TICKS_MAX
		   ? (uint32_t)(packets / TICK_PACKETS)
		   : TICKS_MAX;
}

/* The sweeper, who also winds the clock. */
static void
sweep(void *arg)
{
	struct race *race = arg;
	uint32_t now_ms = race->io->now_ms + ticks(race);

	race->io->hot = now_ms / HOT_MS * SNAT_HOT % 4096;
	__atomic_store_n(&race->io->now_ms, now_ms, __ATOMIC_RELEASE);
	expire(race, now_ms);
	race->sweeps++;
	(void)usleep(SWEEP_PAUSE_US);
}

static void
wait_for_the_end(void *arg, uint64_t seconds)
{
	struct race *race = arg;

	for (uint64_t ms = 0; ms < seconds * 1000; ms += 10) {
		if (atomic_load(&race->racers.stop))
			return;
		(void)usleep(10000);
	}
}

/* --- beginning and end --------------------------------------------------- */

static int
race_open(struct race *race, bool six, uint64_t seed)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config = snat_config(six);

	memset(race, 0, sizeof(*race));
	race->six = six;
	race->plan = lb_plan_compile(config, NULL, NULL, &problems);
	lb_config_free(config);
	lb_problems_print(&problems, "race", stdout);
	lb_problems_free(&problems);
	if (race->plan == NULL || race->plan->buckets4 != SNAT_BUCKETS ||
	    race->plan->buckets6 != SNAT_BUCKETS) {
		(void)printf("the plan is not as the test wants it\n");
		return -1;
	}
	int rc = racers_load(&race->engine, "race_snat", race->plan);
	if (rc != 0)
		return rc;
	race->racers = (struct racers){
		.program =
		    live_engine_program(race->engine, "fairlead_race_snat"),
		.frame_bytes = SNAT_FRAME,
		.role_at = SNAT_ROLE_AT,
		.sweep = sweep,
		.arg = race,
	};
	race->io = live_engine_mmap(race->engine, "race", sizeof(*race->io));
	race->counts = live_engine_mmap(
	    race->engine, "counts", SNAT_ROLES * sizeof(*race->counts));
	if (race->racers.program < 0 || race->io == NULL ||
	    race->counts == NULL) {
		(void)printf("the BPF object is not this test's\n");
		return -1;
	}
	for (uint32_t role = 0; role < SNAT_ROLES; role++)
		race->counts[role].random = racers_seed(seed, role);
	race->io->now_ms = FAR;
	race->io->six = six;
	return 0;
}

static void
race_close(struct race *race)
{
	live_engine_free(race->engine);
	lb_plan_free(race->plan);
}

/* --- afterwards ---------------------------------------------------------- */

struct audit {
	uint64_t busy, out, in;
	uint64_t strange; /* entries that are nobody's flow */
	uint64_t twice;   /* flows that share a port */
	uint64_t alone;   /* of a pair whose other half is missing */
	uint64_t leaked;  /* bits without a flow */
	uint64_t unset;   /* flows without their bit */
	uint64_t locked, used, records, unused;
	uint8_t flow_out[SNAT_TOWARDS][SNAT_SEATS];
	uint8_t flow_in[SNAT_TOWARDS][SNAT_SEATS];
	uint8_t bit[SNAT_TOWARDS][SNAT_SEATS];
};

static void
look_at_entry(
    struct audit *a, uint64_t ctl, uint32_t src, uint32_t dst, uint64_t w1)
{
	const uint32_t kind = lb_ctl_kind(ctl);
	const bool out = kind == LB_KIND_SNAT_OUT;
	const bool udp = (w1 >> 32 & 0xff) == LB_PROTO_UDP;
	uint32_t sport = __builtin_bswap16((uint16_t)w1);
	uint32_t dport = __builtin_bswap16((uint16_t)(w1 >> 16));
	uint32_t xlat = __builtin_bswap16((uint16_t)(w1 >> 48));

	a->busy += lb_ctl_state(ctl) == LB_CONN_BUSY;
	if (lb_ctl_state(ctl) < LB_CONN_HALF || kind == LB_KIND_LB)
		return;
	/* What is not in the entry of SNAT_IN, its member has. */
	uint32_t port = out ? xlat : dport;
	uint32_t member = (port - SNAT_FIRST) / SNAT_PORTS;
	uint32_t flow =
	    out ? snat_flow_of(src, sport, dst, snat_rest(dport, udp))
		: snat_flow_of(snat_member4(member << 3), xlat, src,
		      snat_rest(sport, udp));
	if (port < SNAT_FIRST || port >= SNAT_FIRST + SNAT_ALL ||
	    flow == SNAT_FLOWS || snat_member(flow) != member ||
	    (!out && dst != SNAT_PUBLIC4)) {
		a->strange++;
		return;
	}
	uint32_t to = snat_destination(flow), seat = port - SNAT_FIRST;
	a->out += out;
	a->in += !out;
	if (out)
		a->twice += a->flow_out[to][seat]++ > 0;
	else
		a->twice += a->flow_in[to][seat]++ > 0;
}

static void
look_at_way(const struct race *race, struct audit *a, uint32_t b, uint32_t way)
{
	const struct lb_tables *t = live_engine_tables(race->engine);

	if (race->six) {
		const struct lb_entry6 *e = &t->conn6[b].entry[way];
		look_at_entry(a, t->conn6[b].ctl[way],
		    snat_addr4(e->addr[0], e->addr[1]),
		    snat_addr4(e->addr[2], e->addr[3]), e->w1);
	} else {
		const struct lb_entry4 *e = &t->conn4[b].entry[way];
		look_at_entry(a, t->conn4[b].ctl[way], (uint32_t)e->addr,
		    (uint32_t)(e->addr >> 32), e->w1);
	}
}

static void
look_at_record(const struct race *race, struct audit *a, uint64_t ctl,
    const struct lb_port_record *r)
{
	a->busy += lb_ctl_state(ctl) == LB_PORT_BUSY;
	a->used += (r->users & LB_PORT_USERS) != 0;
	a->unused += r->users / LB_PORT_UNUSED;
	if (lb_ctl_state(ctl) != LB_PORT_LIVE)
		return;
	a->records++;
	if ((r->owner & 1) == 0)
		return;
	const struct lb_addr remote = { { r->dst[0], r->dst[1] } };
	uint32_t remote_port =
	    r->port == 0 ? 443 : lb_be16_get((lb_be16){ (uint16_t)r->port });
	uint32_t flow = snat_flow_of(snat_member4(0), snat_member_port(0),
	    snat_addr(&remote, race->six),
	    snat_rest(remote_port, (r->owner >> 1 & 1) != 0));
	if (flow == SNAT_FLOWS) {
		a->strange++;
		return;
	}
	uint32_t to = snat_destination(flow);
	for (uint32_t bit = 0; bit < 256; bit++) {
		uint32_t port = ((uint32_t)(r->owner >> 16) & 0xff) << 8 | bit;
		if ((r->used[bit / 64] >> (bit & 63) & 1) == 0)
			continue;
		if (port < SNAT_FIRST || port >= SNAT_FIRST + SNAT_ALL)
			a->strange++;
		else
			a->bit[to][port - SNAT_FIRST]++;
	}
}

static void
look(const struct race *race, struct audit *a)
{
	const struct lb_tables *t = live_engine_tables(race->engine);

	memset(a, 0, sizeof(*a));
	for (uint32_t b = 0; b < SNAT_BUCKETS; b++)
		for (uint32_t way = 0; way < LB_WAYS; way++)
			look_at_way(race, a, b, way);
	for (uint32_t b = 0; b < t->port_buckets; b++) {
		a->locked += t->ports[b].lock != 0;
		for (uint32_t way = 0; way < LB_PORT_WAYS; way++)
			look_at_record(race, a, t->ports[b].ctl[way],
			    &t->ports[b].record[way]);
	}
	for (uint32_t to = 0; to < SNAT_TOWARDS; to++)
		for (uint32_t seat = 0; seat < SNAT_SEATS; seat++) {
			uint32_t bits = a->bit[to][seat];
			a->twice += bits > 1;
			a->alone +=
			    a->flow_out[to][seat] != a->flow_in[to][seat];
			a->leaked += bits != 0 && a->flow_out[to][seat] == 0;
			a->unset += bits == 0 && a->flow_out[to][seat] != 0;
		}
}

static struct snat_counts
sum_up(const struct race *race)
{
	struct snat_counts sum = race->counts[0];
	const struct snat_counts *b = &race->counts[1];

	sum.packets += b->packets;
	for (uint32_t i = 0; i < LB_VERDICT_COUNT; i++)
		sum.verdict[i] += b->verdict[i];
	for (uint32_t i = 0; i < LB_REASON_COUNT; i++)
		sum.reason[i] += b->reason[i];
	sum.made += b->made;
	sum.hit += b->hit;
	sum.evicted += b->evicted;
	sum.udp += b->udp;
	sum.returned += b->returned;
	sum.astray += b->astray;
	racers_add_found(&sum.found, &b->found);
	return sum;
}

static void
print_counts(
    const struct race *race, const struct snat_counts *c, const struct audit *a)
{
	(void)printf("packets %ju (%ju on one CPU, %ju on the other): forward "
		     "%ju, drop %ju\n",
	    (uintmax_t)c->packets, (uintmax_t)race->counts[0].packets,
	    (uintmax_t)race->counts[1].packets,
	    (uintmax_t)c->verdict[LB_FORWARD], (uintmax_t)c->verdict[LB_DROP]);
	(void)printf("flows opened %ju (UDP %ju), gone on with %ju; ended %ju "
		     "in %ju sweeps over %u ms; live in the end %ju\n",
	    (uintmax_t)c->made, (uintmax_t)c->udp, (uintmax_t)c->hit,
	    (uintmax_t)race->ended, (uintmax_t)race->sweeps,
	    race->io->now_ms - FAR, (uintmax_t)a->out);
	(void)printf("came back %ju, to a port of another's flow %ju; others' "
		     "entries replaced %ju; ports given back unused %ju\n",
	    (uintmax_t)c->returned, (uintmax_t)c->astray, (uintmax_t)c->evicted,
	    (uintmax_t)a->unused);
	for (uint32_t i = 1; i < LB_REASON_COUNT; i++)
		if (c->reason[i] != 0)
			(void)printf("dropped, %s: %ju\n", lb_reason_name(i),
			    (uintmax_t)c->reason[i]);
	(void)printf("entries out %ju, in %ju; strange %ju, shared %ju, alone "
		     "%ju; bits without a flow %ju, flows without a bit %ju\n",
	    (uintmax_t)a->out, (uintmax_t)a->in, (uintmax_t)a->strange,
	    (uintmax_t)a->twice, (uintmax_t)a->alone, (uintmax_t)a->leaked,
	    (uintmax_t)a->unset);
	racers_print_found(&c->found);
}

static int
judge_packets(const struct race *race, const struct snat_counts *c)
{
	int rc = 0;

	rc |= racers_hold("both CPUs were at it, flows came and went",
	    c->made > 20000 && race->ended > 10000 && c->hit > 20000 &&
		c->udp > 1000 && c->returned > 10000 && c->astray > 10 &&
		c->reason[LB_REASON_SNAT_EXHAUSTED] > 100 &&
		race->counts[0].packets > 0 && race->counts[1].packets > 0);
	rc |= racers_hold("packets in = forwarded + dropped",
	    c->packets == c->verdict[LB_FORWARD] + c->verdict[LB_DROP]);
	rc |= racers_hold("no port was given twice for one destination",
	    c->found.bad[SNAT_BAD_TWICE] == 0);
	rc |= racers_hold("every flow left by a port of its member's",
	    c->found.bad[SNAT_BAD_BLOCK] == 0);
	rc |= racers_hold("no entry changed its port in its life",
	    c->found.bad[SNAT_BAD_CHANGE] == 0);
	rc |= racers_hold("while a flow lives, returns reach who opened it",
	    c->found.bad[SNAT_BAD_RETURN] == 0);
	rc |= racers_hold("nothing came back to who had not asked",
	    c->found.bad[SNAT_BAD_GUESS] == 0);
	rc |= racers_hold("drops have a reason that can be",
	    c->found.bad[SNAT_BAD_REASON] == 0);
	rc |= racers_hold("checksums are right, every edit fitted",
	    c->found.bad[SNAT_BAD_CHECKSUM] == 0 &&
		c->found.bad[SNAT_BAD_PACKET] == 0);
	return rc;
}

static int
judge_memory(
    const struct race *race, const struct snat_counts *c, const struct audit *a)
{
	int rc = 0;

	rc |= racers_hold("flows opened = ended + live in the end",
	    c->made == race->ended + a->out);
	rc |= racers_hold("nothing is left BUSY, locked or looked at",
	    a->busy == 0 && a->locked == 0 && a->used == 0);
	rc |= racers_hold("every flow has both entries, and they are its own",
	    a->out == a->in && a->alone == 0 && a->strange == 0);
	rc |= racers_hold("no two flows share a port", a->twice == 0);
	rc |= racers_hold("every flow's port is taken, no other one is",
	    a->leaked == 0 && a->unset == 0);
	return rc;
}

static int
judge(struct race *race)
{
	static struct audit a;
	struct snat_counts c = sum_up(race);
	int rc = 0;

	look(race, &a);
	print_counts(race, &c, &a);
	rc |= judge_packets(race, &c);
	rc |= judge_memory(race, &c, &a);
	for (int i = 0; i < 2; i++) /* the second: records that became idle */
		expire(race, race->io->now_ms + 10 * IDLE_MS);
	look(race, &a);
	rc |= racers_hold("when all flows have ended nothing is left",
	    a.out + a.in + a.busy + a.leaked + a.records == 0 &&
		c.made == race->ended);
	return rc;
}

static int
run(bool six, uint64_t seed, uint64_t seconds)
{
	static struct race race;
	int rc = race_open(&race, six, seed);

	(void)printf("%s\n", six ? "IPv6" : "IPv4");
	if (rc == 0) {
		rc = racers_run(&race.racers, wait_for_the_end, seconds);
		rc |= judge(&race);
	}
	race_close(&race);
	return rc;
}

int
main(void)
{
	uint64_t seed = racers_number("FAIRLEAD_SEED", SEED_DEFAULT);
	uint64_t seconds = racers_number("FAIRLEAD_SECONDS", SECONDS_DEFAULT);

	(void)printf("FAIRLEAD_SEED=%ju FAIRLEAD_SECONDS=%ju\n",
	    (uintmax_t)seed, (uintmax_t)seconds);
	int rc = run(false, seed, seconds);
	if (rc == 0)
		rc = run(true, seed, seconds);
	return racers_exit(rc);
}
