/* SPDX-License-Identifier: MIT */
/* The router before several balancers: who gets what, and how much of it
 * moves when one dies.  Figures: anchors.md E (Linux next-hop groups: 50.1 %
 * at the edge, 29.3 % in the middle, of 8); RFC 2992, 2. */
#include <math.h>

#include "sim/case/instances.h"
#include "tests/model/plan_text.h"

#define FLOWS 20000u
#define TEXT  HEAD POOLS "rules:\n" RULE("r", "p", "1", "")

static struct lb_headers
flow(unsigned i)
{
	return (struct lb_headers){
		.src = lb_addr_v4(__builtin_bswap32(0xc0000200u + i / 500)),
		.dst = lb_addr_v4(__builtin_bswap32(0xcb00710au)),
		.sport = lb_be16_of((uint16_t)(1024 + i % 500 * 7)),
		.dport = lb_be16_of(443),
		.family = 4,
		.proto = LB_PROTO_TCP,
	};
}

static struct sim_instances *
new_instances(const struct made *m, uint32_t count, enum lb_ecmp ecmp)
{
	struct sim_instances *s = sim_instances_new(count, ecmp, 1, m->plan);

	UNIT_NEED(s);
	return s;
}

/* Even, and the same in both directions. */
static void
test_shares(void)
{
	struct made m = make(TEXT, NULL, NULL);

	for (int ecmp = 0; ecmp <= LB_ECMP_MODULO; ecmp++) {
		struct sim_instances *s =
		    new_instances(&m, 8, (enum lb_ecmp)ecmp);
		unsigned has[8] = { 0 };
		for (unsigned i = 0; i < FLOWS; i++) {
			struct lb_headers ip = flow(i), back = ip;
			back.src = ip.dst, back.dst = ip.src;
			back.sport = ip.dport, back.dport = ip.sport;
			uint32_t number = sim_instances_route(s, &ip, true);
			CU_ASSERT_TRUE_FATAL(number < 8);
			has[number]++;
			CU_ASSERT_EQUAL(
			    sim_instances_route(s, &back, false), number);
		}
		for (unsigned i = 0; i < 8; i++)
			CU_ASSERT_TRUE(
			    fabs(has[i] - FLOWS / 8.0) < 4 * sqrt(FLOWS / 8.0));
		sim_instances_free(s);
	}
	drop(&m);
}

/* clang-format off */
static const struct death {
	const char *what;
	enum lb_ecmp ecmp;
	uint32_t count, dead;
	double moved; /* of all flows, exactly */
} deaths[] = {
	/* hash-threshold: the regions of k of n next hops, of which hop d goes:
	 * sum over the others of what of them leaves.  Edge: 1/2. */
	{ "8 to 7, the first", LB_ECMP_HASH_THRESHOLD, 8, 0, 0.5 },
	{ "8 to 7, the last",  LB_ECMP_HASH_THRESHOLD, 8, 7, 0.5 },
	{ "8 to 7, the 4th",   LB_ECMP_HASH_THRESHOLD, 8, 3, 0.2857 },
	{ "8 to 7, the 5th",   LB_ECMP_HASH_THRESHOLD, 8, 4, 0.2857 },
	{ "2 to 1",            LB_ECMP_HASH_THRESHOLD, 2, 1, 0.5 },
	{ "8 to 7, modulo",    LB_ECMP_MODULO,         8, 7, 0.875 },
	{ "5 to 4, modulo",    LB_ECMP_MODULO,         5, 4, 0.8 },
};
/* clang-format on */

static void
test_deaths(void)
{
	struct made m = make(TEXT, NULL, NULL);

	for (size_t r = 0; r < LB_COUNT(deaths); r++) {
		const struct death *row = &deaths[r];
		struct sim_instances *s =
		    new_instances(&m, row->count, row->ecmp);
		static uint32_t before[FLOWS];
		unsigned moved = 0, back = 0;
		for (unsigned i = 0; i < FLOWS; i++) {
			struct lb_headers ip = flow(i);
			before[i] = sim_instances_route(s, &ip, true);
		}
		sim_instances_down(s, row->dead);
		sim_instances_down(s, row->dead);
		CU_ASSERT_EQUAL(s->alive_count, row->count - 1);
		for (unsigned i = 0; i < FLOWS; i++) {
			struct lb_headers ip = flow(i);
			uint32_t after = sim_instances_route(s, &ip, true);
			CU_ASSERT_NOT_EQUAL(after, row->dead);
			moved += after != before[i];
		}
		double is = (double)moved / FLOWS;
		UNIT_ROW(row->what, fabs(is - row->moved) < 4 * 0.5 / 141);
		(void)printf("  %-18s %.1f %%\n", row->what, 100 * is);
		CU_ASSERT_EQUAL(sim_instances_up(s, row->dead, m.plan), 0);
		for (unsigned i = 0; i < FLOWS; i++) {
			struct lb_headers ip = flow(i);
			back += sim_instances_route(s, &ip, true) == before[i];
		}
		UNIT_EQUAL(row->what, back, FLOWS);
		sim_instances_free(s);
	}
	drop(&m);
}

/* A datagram's fragments stay together; nobody alive, nobody gets it; another
 * seed is another router. */
static void
test_rest(void)
{
	struct made m = make(TEXT, NULL, NULL);
	struct sim_instances *s = new_instances(&m, 8, LB_ECMP_HASH_THRESHOLD);
	struct sim_instances *other =
	    sim_instances_new(8, LB_ECMP_HASH_THRESHOLD, 2, m.plan);
	unsigned same = 0;

	UNIT_NEED(other);
	for (unsigned i = 0; i < 1000; i++) {
		struct lb_headers ip = flow(i), later = ip;
		same += sim_instances_route(s, &ip, true) ==
			sim_instances_route(other, &ip, true);
		ip.fragment = LB_FRAGMENT_FIRST;
		later.fragment = LB_FRAGMENT_LATER;
		later.sport = later.dport = (lb_be16){ 0 };
		CU_ASSERT_EQUAL(sim_instances_route(s, &ip, true),
		    sim_instances_route(s, &later, true));
	}
	CU_ASSERT_TRUE(same < 200);
	for (uint32_t i = 0; i < 8; i++)
		sim_instances_down(s, i);
	struct lb_headers ip = flow(1);
	CU_ASSERT_EQUAL(sim_instances_route(s, &ip, true), SIM_NO_INSTANCE);
	sim_instances_free(s);
	sim_instances_free(other);
	drop(&m);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "even, both ways alike", test_shares },
		{ "one of them dies, and returns", test_deaths },
		{ "fragments, nobody, another router", test_rest },
		CU_TEST_INFO_NULL,
	};

	return unit_main("instances", tests);
}
