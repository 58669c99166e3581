/* SPDX-License-Identifier: MIT */
/* Invariants 3 and 4 over random conversations: after every packet no two
 * flows share what must be one's alone, whatever plans come and go. */
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
};

struct town {
	struct site site;
	struct chance chance;
	struct flow flows[FLOWS_MAX];
	unsigned count, members;
	uint64_t opened, exhausted, returned, ended, swaps, strangers;
};

/* Would these two, if both live, be one and the same for the remote? */
static bool
clash(const struct flow *a, const struct flow *b)
{
	return a->proto == b->proto && a->port == b->port && a->to == b->to &&
	       lb_addr_same(&a->public, &b->public) &&
	       (a->proto == UDP || a->dport == b->dport);
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
		CU_ASSERT_TRUE(s->result.reason == LB_REASON_SNAT_EXHAUSTED ||
			       s->result.reason == LB_REASON_TABLE_FULL ||
			       f->m >= t->members);
		return;
	}
	f->live = true;
	f->port = port;
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
		if (t->flows[i].live && clash(&t->flows[i], &f) &&
		    t->flows[i].dport == f.dport)
			owner = &t->flows[i];
	CU_ASSERT_EQUAL(owner != NULL, t->site.result.verdict == LB_FORWARD);
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
}

static void
town_count(struct town *t)
{
	uint64_t live = 0;

	for (unsigned i = 0; i < t->count; i++)
		live += t->flows[i].live;
	CU_ASSERT_EQUAL(lb_ports_in_use(&t->site.world->tables), live);
	CU_ASSERT_EQUAL(lb_live_count(&t->site.world->tables), 2 * live);
}

static const char *const town_rules[] = {
	OUT_OF("[f0, f1]", "80", ""),
	OUT_OF("[f0, f1]", "48", ", idle_timeout: 90s"),
	OUT_OF("[f0]", "16", ""),
	OUT_OF("[f1, f0]", "800", ", tcp_reset: true"),
};

static void
town_swap(struct town *t)
{
	struct chance *c = &t->chance;

	t->members = chance_between(c, 1, MEMBERS);
	site_swap(&t->site, t->members, 2,
	    chance_percent(c, 50) ? "" : ", outbound_frontends: fill-first",
	    town_rules[chance_below(c, LB_COUNT(town_rules))]);
	t->swaps++;
	town_expire(t); /* what was reclaimed */
	for (unsigned i = 0; i < t->count; i++)
		CU_ASSERT_TRUE(!t->flows[i].live ||
			       t->flows[i].m >= t->members ||
			       in_block(t, &t->flows[i]));
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

static void
test_town(void)
{
	static struct town t;

	t.chance.state = 20261122;
	t.members = MEMBERS;
	site_open(&t.site, MEMBERS, 2, "", town_rules[0]);
	for (unsigned i = 0; i < 200000; i++) {
		town_step(&t);
		if (chance_below(&t.chance, 700) == 0)
			town_expire(&t);
		if (chance_below(&t.chance, 9000) == 0)
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
	(void)printf("%ju opened, %ju exhausted, %ju returned, %ju ended, "
		     "%ju strangers, %ju swaps\n",
	    (uintmax_t)t.opened, (uintmax_t)t.exhausted, (uintmax_t)t.returned,
	    (uintmax_t)t.ended, (uintmax_t)t.strangers, (uintmax_t)t.swaps);
	CU_ASSERT_TRUE(t.opened > 1000 && t.exhausted > 100 &&
		       t.returned > 20000 && t.ended > 1000 && t.swaps > 5);
	site_close(&t.site);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "invariants over random conversations", test_town },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat_town", tests);
}
