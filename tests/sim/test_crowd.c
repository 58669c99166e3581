/* SPDX-License-Identifier: MIT */
/* Clients: who comes how often, their addresses in a row, and ports that are
 * never anybody's twice. */
#include <math.h>
#include <stdlib.h>

#include "sim/traffic/crowd.h"
#include "tests/unit.h"

#define DRAWS    200000u
#define CLIENTS  100u
#define INTERVAL 3.29 /* standard deviations: 99.9 % */

static struct lb_addr
v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return lb_addr_v4(
	    (uint32_t)d << 24 | (uint32_t)c << 16 | (uint32_t)b << 8 | a);
}

static struct lb_addr
v6(uint64_t high, uint64_t low)
{
	return (struct lb_addr){ { __builtin_bswap64(high),
	    __builtin_bswap64(low) } };
}

static bool
is_after(struct lb_addr first, uint64_t count, struct lb_addr expect)
{
	struct lb_addr is = sim_address_after(first, count);

	return lb_addr_same(&is, &expect);
}

static void
addresses_follow_each_other(void)
{
	uint64_t doc = UINT64_C(0x20010db800640000);

	CU_ASSERT_TRUE(is_after(v4(100, 64, 0, 1), 0, v4(100, 64, 0, 1)));
	CU_ASSERT_TRUE(is_after(v4(100, 64, 0, 1), 999, v4(100, 64, 3, 232)));
	CU_ASSERT_TRUE(is_after(v4(255, 255, 255, 255), 1, v4(0, 0, 0, 0)));
	CU_ASSERT_TRUE(is_after(v6(doc, 1), 0xffff, v6(doc, 0x10000)));
	CU_ASSERT_TRUE(is_after(v6(doc, UINT64_MAX), 2, v6(doc + 1, 1)));
}

/* How often each came, against 1/k^s, by chi-square with CLIENTS - 1 degrees
 * of freedom: 99 + 3.29 sqrt(198), about, for 99.9 % and a little more. */
static void
popularity(const char *row, uint64_t zipf)
{
	struct sim_crowd *crowd = sim_crowd_new(v4(10, 0, 0, 1), CLIENTS, zipf);
	struct sim_dice dice;
	unsigned came[CLIENTS] = { 0 };
	double weights = 0, chi = 0;

	UNIT_NEED(crowd);
	sim_dice_init(&dice, 3);
	for (uint64_t n = 0; n < DRAWS; n++) {
		uint32_t client = sim_crowd_pick(crowd, &dice, 1, n);

		CU_ASSERT_TRUE_FATAL(client < CLIENTS);
		came[client]++;
		CU_ASSERT_EQUAL(sim_crowd_pick(crowd, &dice, 1, n), client);
	}
	for (unsigned k = 1; k <= CLIENTS; k++)
		weights += pow(k, -(double)zipf / 1e6);
	for (unsigned k = 1; k <= CLIENTS; k++) {
		double expect = DRAWS * pow(k, -(double)zipf / 1e6) / weights;

		chi += (came[k - 1] - expect) * (came[k - 1] - expect) / expect;
	}
	UNIT_ROW(row, chi < 99 + INTERVAL * sqrt(198));

	struct lb_addr last = sim_crowd_address(crowd, CLIENTS - 1),
		       expect = v4(10, 0, 0, 100);

	UNIT_ROW(row, lb_addr_same(&last, &expect));
	sim_crowd_free(crowd);
}

static void
popularity_is_zipf_s(void)
{
	popularity("all alike", 0);
	popularity("s = 0.8", 800000);
	popularity("s = 1", 1000000);
	popularity("s = 2", 2000000);
}

static void
one_client_is_always_it(void)
{
	for (uint32_t clients = 0; clients <= 1; clients++) {
		struct sim_crowd *crowd =
		    sim_crowd_new(v4(10, 0, 0, 1), clients, 1000000);
		struct sim_dice dice;

		UNIT_NEED(crowd);
		sim_dice_init(&dice, 3);
		for (uint64_t n = 0; n < 10; n++)
			CU_ASSERT_EQUAL(sim_crowd_pick(crowd, &dice, 0, n), 0);
		sim_crowd_free(crowd);
	}
}

static void
ports_are_of_the_range(void)
{
	struct sim_dice dice;
	uint16_t least = UINT16_MAX, most = 0;

	sim_dice_init(&dice, 1);
	for (uint64_t n = 0; n < 500000; n++) {
		uint16_t port = sim_port_draw(&dice, 0, n);

		least = port < least ? port : least;
		most = port > most ? port : most;
	}
	CU_ASSERT_EQUAL(least, SIM_PORT_FIRST);
	CU_ASSERT_EQUAL(most, SIM_PORT_LAST);
}

static void
who_wants_a_taken_port_gets_the_next(void)
{
	struct sim_ports *p = sim_ports_new();
	struct lb_addr a = v4(10, 0, 0, 1), b = v4(10, 0, 0, 2);

	UNIT_NEED(p);
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 60998), 60998);
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 60998), 60999);
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 60998), 32768);
	CU_ASSERT_EQUAL(sim_ports_take(p, &b, 60998), 60998);
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 5683), 5683);
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 5683), 32769);
	CU_ASSERT_EQUAL(sim_ports_take(p, &b, 5683), 5683);
	sim_ports_give(p, &a, 60998);
	sim_ports_give(p, &a, 60998); /* nobody has it */
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 60998), 60998);
	sim_ports_free(p);
}

static void
an_address_has_so_many_ports(void)
{
	enum { PORTS = SIM_PORT_LAST - SIM_PORT_FIRST + 1 };
	struct sim_ports *p = sim_ports_new();
	struct lb_addr a = v6(UINT64_C(0x20010db800640000), 5);
	static bool has[UINT16_MAX + 1];

	UNIT_NEED(p);
	for (unsigned i = 0; i < PORTS; i++) {
		uint16_t port = sim_ports_take(
		    p, &a, (uint16_t)(SIM_PORT_FIRST + i * 7919 % PORTS));

		CU_ASSERT_FALSE(has[port]);
		has[port] = true;
	}
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 40000), 0);
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 1), 1);
	sim_ports_give(p, &a, 50000);
	CU_ASSERT_EQUAL(sim_ports_take(p, &a, 40000), 50000);
	sim_ports_free(p);
}

/* Taken and given at random, against a table of bits. */
static void
ports_are_remembered(void)
{
	enum { ADDRESSES = 64 };
	struct sim_ports *p = sim_ports_new();
	bool *has = calloc(ADDRESSES * (UINT16_MAX + 1u), sizeof(*has));
	struct sim_dice dice;

	UNIT_NEED(p);
	UNIT_NEED(has);
	sim_dice_init(&dice, 8);
	for (uint64_t n = 0; n < 400000; n++) {
		uint32_t who = (uint32_t)sim_dice_below(
		    &dice, SIM_DRAW_CLIENT, 0, n, ADDRESSES);
		uint16_t port =
		    (uint16_t)(SIM_PORT_FIRST +
			       sim_dice_below(&dice, SIM_DRAW_PORT, 0, n, 200));
		struct lb_addr a = v4(10, 0, 0, (uint8_t)who);
		bool *mine = has + who * (UINT16_MAX + 1u);

		if (mine[port]) {
			sim_ports_give(p, &a, port);
			mine[port] = false;
		} else {
			CU_ASSERT_EQUAL(sim_ports_take(p, &a, port), port);
			mine[port] = true;
		}
	}
	free(has);
	sim_ports_free(p);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "addresses", addresses_follow_each_other },
		{ "popularity", popularity_is_zipf_s },
		{ "one client", one_client_is_always_it },
		{ "drawn ports", ports_are_of_the_range },
		{ "taken ports", who_wants_a_taken_port_gets_the_next },
		{ "all ports", an_address_has_so_many_ports },
		{ "any order", ports_are_remembered },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/crowd", tests);
}
