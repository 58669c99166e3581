/* SPDX-License-Identifier: MIT */
/*
 * Invariants 3 and 4 over random conversations: after every packet no two flows
 * share what must be one's alone, no new flow leaves its member's ports, and
 * who is asked for gets what comes back, whatever plans come and go: members,
 * tiers, frontends and rules' ports among the blocks, the law of UDP.  What a
 * plan takes back is swept at once, or later (live: within a second).
 */
#include <stdlib.h>
#include <string.h>
#include "tests/model/path/site.h"
#include "tests/support/chance.h"

#define REMOTES 5u

/* --- invariants 3 and 4 over random conversations ----------------------------
 */

#define FLOWS_MAX 6000u
#define MEMBERS   9u

struct flow {
	bool live;
	uint8_t proto;
	unsigned m, to;
	uint16_t sport, dport, port;
	struct lb_addr public;
	bool by_port; /* UDP: the law its port was taken by */
};

struct town {
	struct site site;
	struct chance chance;
	struct flow flows[FLOWS_MAX];
	unsigned count, members;
	bool by_port;
	bool swept; /* since the last plan came */
	uint64_t opened, exhausted, returned, ended, swaps, strangers, no_room;
};

/* Would these two, if both live, be one and the same for the remote?  By two
 * laws: at least for who answers. */
static bool
clash(const struct flow *a, const struct flow *b)
{
	if (a->proto != b->proto || a->port != b->port ||
	    !lb_addr_same(&a->public, &b->public))
		return false;
	if (a->proto == UDP && a->by_port && b->by_port)
		return true;
	return a->to == b->to &&
	       (a->dport == b->dport ||
		   (a->proto == UDP && a->by_port == b->by_port));
}

static void
check_unique(struct town *t, unsigned which)
{
	bool unique = true;

	for (unsigned i = 0; i < t->count; i++)
		unique &= i == which || !t->flows[i].live ||
			  !clash(&t->flows[i], &t->flows[which]);
	CU_ASSERT_TRUE(unique);
}

/* Is the port one of the member's, by the plan in force? */
static bool
in_block(const struct town *t, const struct flow *f)
{
	const struct lb_plan *plan = t->site.made.plan;

	for (uint32_t i = 0; i < plan->block_count; i++) {
		const struct lb_plan_block *b = &plan->blocks[i];
		struct lb_addr inside = member(f->m);
		if (b->udp == (f->proto == UDP) && b->row.first <= f->port &&
		    f->port <= b->row.last &&
		    lb_addr_same(&plan->members[b->member].address, &inside) &&
		    lb_addr_same(
			&plan->snats[b->row.address].address, &f->public))
			return (plan->units[b->row.address][b->udp]
					   [f->port / 64] >>
				       (f->port / 8 % 8) &
				   1) != 0;
	}
	return false;
}

/* Does anything let the flow's member out? */
static bool
has_ports(const struct town *t, const struct flow *f)
{
	const struct lb_plan *plan = t->site.made.plan;
	struct lb_addr inside = member(f->m);

	for (uint32_t i = 0; i < plan->block_count; i++) {
		const struct lb_plan_block *b = &plan->blocks[i];
		if (b->udp == (f->proto == UDP) &&
		    lb_addr_same(&plan->members[b->member].address, &inside))
			return true;
	}
	return false;
}

static uint8_t
some_flags(struct chance *c)
{
	static const uint8_t flags[] = { SYN, ACK, ACK, ACK, ACK, ACK, ACK,
		LB_TCP_FIN | ACK, LB_TCP_RST };

	return flags[chance_below(c, LB_COUNT(flags))];
}

static void
town_leave(struct town *t, unsigned which)
{
	struct flow *f = &t->flows[which];
	struct site *s = &t->site;
	uint8_t flags = f->live ? some_flags(&t->chance) : SYN;
	uint16_t port =
	    leaves(s, f->proto, f->m, f->sport, f->to, f->dport, flags);

	if (f->live) { /* as long as it lives it leaves by the same port */
		CU_ASSERT_EQUAL(port, f->port);
		CU_ASSERT_TRUE(lb_addr_same(&s->result.edit.src, &f->public));
		return;
	}
	if (port == 0) {
		t->exhausted += s->result.reason == LB_REASON_SNAT_EXHAUSTED;
		t->no_room += s->result.reason == LB_REASON_TABLE_FULL;
		CU_ASSERT_TRUE(s->result.reason == LB_REASON_SNAT_EXHAUSTED ||
			       s->result.reason == LB_REASON_TABLE_FULL ||
			       !has_ports(t, f));
		return;
	}
	f->live = true;
	f->port = port;
	f->by_port = t->by_port;
	f->public = s->result.edit.src;
	t->opened++;
	CU_ASSERT_TRUE(in_block(t, f));
	check_unique(t, which);
}

/* To a flow that lives, if one is found soon. */
static void
town_return(struct town *t)
{
	const struct flow *f = NULL;

	for (unsigned tries = 0; (f == NULL || !f->live) && tries < 16; tries++)
		f = &t->flows[chance_below(&t->chance, t->count)];
	if (!f->live)
		return;
	struct lb_addr inside = member(f->m);
	(void)say(&t->site, f->proto, remote(f->to), f->dport, f->public,
	    f->port, some_flags(&t->chance));
	if (!t->swept && (t->site.result.facts & LB_FACT_SNAT) == 0)
		return; /* its port is a rule's now */
	CU_ASSERT_EQUAL(t->site.result.verdict, LB_FORWARD);
	CU_ASSERT_TRUE(lb_addr_same(&t->site.result.edit.dst, &inside));
	CU_ASSERT_EQUAL(lb_be16_get(t->site.result.edit.dport), f->sport);
	t->returned++;
}

/* To a public port, from anywhere: to whom it belongs, or to nobody. */
static void
town_stranger(struct town *t)
{
	struct chance *c = &t->chance;
	struct flow f = { .proto = chance_percent(c, 50) ? TCP : UDP,
		.to = chance_below(c, REMOTES),
		.dport = (uint16_t)chance_between(c, 443, 446),
		.port = (uint16_t)chance_between(c, 1020, 1300),
		.public = address(203, 0, 113, chance_between(c, 1, 2)) };
	const struct flow *owner = NULL;

	(void)say(
	    &t->site, f.proto, remote(f.to), f.dport, f.public, f.port, ACK);
	for (unsigned i = 0; i < t->count; i++)
		if (t->flows[i].live && t->flows[i].to == f.to &&
		    t->flows[i].dport == f.dport && clash(&t->flows[i], &f))
			owner = &t->flows[i];
	if (owner != NULL && !t->swept)
		return;
	CU_ASSERT_EQUAL(
	    owner != NULL, t->site.result.verdict == LB_FORWARD &&
			       (t->site.result.facts & LB_FACT_SNAT) != 0);
	t->strangers++;
}

/* What ended, ends in the town's book, too. */
static void
town_expire(struct town *t)
{
	static struct lb_expired facts[65536];
	const struct lb_tables *tables = &t->site.world->tables;
	struct lb_expired_list list = { facts, 65536, 0 };

	CU_ASSERT_EQUAL(lb_expire(tables, false, t->site.now_ms, 0,
			    tables->buckets4, &list),
	    tables->buckets4);
	lb_expire_ports(tables, 0, UINT32_MAX);
	for (uint32_t i = 0; i < list.count; i++)
		for (unsigned k = 0; k < t->count; k++) {
			struct flow *f = &t->flows[k];
			struct lb_addr inside = member(f->m);
			struct lb_addr outside = remote(f->to);
			if (!f->live || facts[i].proto != f->proto ||
			    lb_be16_get(facts[i].sport) != f->sport ||
			    lb_be16_get(facts[i].dport) != f->dport ||
			    !lb_addr_same(&facts[i].src, &inside) ||
			    !lb_addr_same(&facts[i].dst, &outside))
				continue;
			CU_ASSERT_EQUAL(
			    lb_be16_get(facts[i].xlat_port), f->port);
			f->live = false;
			t->ended++;
		}
	/* What lives has a port of its member's now, or its member has none. */
	for (unsigned i = 0; !t->swept && i < t->count; i++)
		CU_ASSERT_TRUE(!t->flows[i].live ||
			       !has_ports(t, &t->flows[i]) ||
			       in_block(t, &t->flows[i]));
	t->swept = true;
}

static uint64_t
outbound_entries(const struct lb_tables *t)
{
	uint64_t count = 0;

	for (uint32_t b = 0; b < t->buckets4; b++)
		for (unsigned way = 0; way < LB_WAYS; way++) {
			uint64_t ctl = t->conn4[b].ctl[way];
			count += lb_ctl_state(ctl) >= LB_CONN_HALF &&
				 lb_ctl_kind(ctl) != LB_KIND_LB;
		}
	return count;
}

static void
town_count(struct town *t)
{
	uint64_t live = 0;

	for (unsigned i = 0; i < t->count; i++)
		live += t->flows[i].live;
	CU_ASSERT_EQUAL(lb_ports_in_use(&t->site.world->tables), live);
	CU_ASSERT_EQUAL(outbound_entries(&t->site.world->tables), 2 * live);
}

/* clang-format off */
#define NAT(f, ports) \
	"nat_rules: [{ name: n, frontend: " f ", protocol: all, " \
	"frontend_ports: " ports ", backend_port: 22, pool: p }]\n"
static const struct {
	unsigned frontends;
	const char *rest;
} town_rules[] = {
	{ 2, OUT_OF("[f0, f1]", "80", "") },
	{ 2, OUT_OF("[f0, f1]", "48", ", idle_timeout: 90s") },
	{ 2, OUT_OF("[f0]", "16", "") },
	{ 2, OUT_OF("[f1, f0]", "800", ", tcp_reset: true") },
	{ 1, OUT_OF("[f0]", "64", "") },
	{ 2, OUT_OF("[f1]", "64", "") },
	{ 2, OUT_OF("[f0, f1]", "64", ", protocol: tcp") },
	{ 2, OUT_OF("[f0]", "64", ", protocol: udp") },
	{ 2, "outbound_rules: [{ name: o, pool: p, frontends: [f0] }]\n" },
	{ 2, OUT_OF("[f0]", "64", "") NAT("f0", "1024-1199") },
	{ 2, OUT_OF("[f0, f1]", "80", "") NAT("f1", "1060-1189") },
	{ 2, "" },
};
/* clang-format on */

/* Few members, or some more than a tier has. */
static unsigned
some_members(struct chance *c)
{
	static const unsigned tiers[] = { 50, 51, 100, 101 };

	return chance_percent(c, 70) ? chance_between(c, 1, MEMBERS)
				     : tiers[chance_below(c, LB_COUNT(tiers))];
}

static void
town_swap(struct town *t)
{
	struct chance *c = &t->chance;
	const size_t row = chance_below(c, LB_COUNT(town_rules));
	char head[128];

	t->members = some_members(c);
	t->by_port = chance_percent(c, 25);
	(void)snprintf(head, sizeof(head), "%s%s",
	    chance_percent(c, 50) ? "" : ", outbound_frontends: fill-first",
	    t->by_port ? ", udp_snat: port" : "");
	site_swap(&t->site, t->members, town_rules[row].frontends, head,
	    town_rules[row].rest);
	t->swaps++;
	t->swept = false;
	if (chance_percent(c, 50))
		town_expire(t); /* what was reclaimed */
}

static void
town_step(struct town *t)
{
	struct chance *c = &t->chance;
	unsigned which = chance_below(c, FLOWS_MAX);

	if (which >= t->count) {
		which = t->count++;
		t->flows[which] = (struct flow){
			.proto = chance_percent(c, 60) ? TCP : UDP,
			.m = chance_below(c, MEMBERS),
			.to = chance_below(c, REMOTES),
			.sport = (uint16_t)(10000 + which),
			.dport = (uint16_t)chance_between(c, 443, 446),
		};
	}
	switch (chance_below(c, 8)) {
	case 0:
		town_stranger(t);
		break;
	case 1:
	case 2:
	case 3:
		town_return(t);
		break;
	default:
		town_leave(t, which);
		break;
	}
	t->site.now_ms += chance_below(c, 60);
}

/* FAIRLEAD_SEED: the run in other words. */
static uint64_t
seed_of(uint64_t seed)
{
	const char *text = getenv("FAIRLEAD_SEED");

	return text != NULL ? strtoull(text, NULL, 10) : seed;
}

static void
play(unsigned entries, uint64_t seed, unsigned steps)
{
	static struct town t;

	memset(&t, 0, sizeof(t));
	t.chance.state = seed;
	t.members = MEMBERS;
	t.swept = true;
	site_entries = entries;
	site_open(&t.site, MEMBERS, 2, "", town_rules[0].rest);
	for (unsigned i = 0; i < steps; i++) {
		town_step(&t);
		if (chance_below(&t.chance, 700) == 0)
			town_expire(&t);
		if (chance_below(&t.chance, 1000) == 0)
			town_swap(&t);
		if (chance_below(&t.chance, 2000) == 0)
			t.site.now_ms += chance_below(&t.chance, 400000);
		if (i % 1000 == 0)
			town_count(&t);
	}
	t.site.now_ms += 3600000;
	town_expire(&t);
	town_count(&t);
	CU_ASSERT_EQUAL(lb_ports_in_use(&t.site.world->tables), 0);
	for (uint32_t b = 0; b < t.site.world->tables.port_buckets; b++)
		for (unsigned w = 0; w < LB_PORT_WAYS; w++)
			CU_ASSERT_EQUAL(
			    lb_ctl_state(t.site.world->tables.ports[b].ctl[w]),
			    LB_PORT_EMPTY);
	(void)printf("%ju opened, %ju exhausted, %ju without room, %ju "
		     "returned, %ju ended, %ju strangers, %ju swaps\n",
	    (uintmax_t)t.opened, (uintmax_t)t.exhausted, (uintmax_t)t.no_room,
	    (uintmax_t)t.returned, (uintmax_t)t.ended, (uintmax_t)t.strangers,
	    (uintmax_t)t.swaps);
	CU_ASSERT_EQUAL(t.no_room > 100, entries < 1000);
	CU_ASSERT_TRUE(t.opened > 1000 && t.exhausted > 10 &&
		       t.returned > 20000 && t.ended > 1000 && t.swaps > 5);
	site_close(&t.site);
}

static void
test_town(void)
{
	play(20000, seed_of(4), 200000);
}

/* The same where there is no room for all. */
static void
test_small_town(void)
{
	play(600, seed_of(1), 200000);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "invariants over random conversations", test_town },
		{ "the same in a full table", test_small_town },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat_town", tests);
}
