/* SPDX-License-Identifier: MIT */
/* Outbound flows when tables fill up, and how seldom they fail before. */
#include <string.h>
#include "tests/model/path/site.h"
#include "tests/support/chance.h"

/* --- the connection table ---------------------------------------------------
 */

/* The lowest free port is the same for all who come: one without room for what
 * comes back must not keep the others in. */
static void
test_no_room(void)
{
	struct site s;
	unsigned opened = 0;

	site_open_text(&s, "load_balancer: { sku: fairlead }\n"
			   "connection_table: { entries: 200 }\n"
			   "frontends: [{ name: f0, address: 203.0.113.1 }]\n"
			   "pools: [{ name: p, members: [{ name: a, "
			   "address: 10.0.0.1 }] }]\n" OUT("1024"));
	CU_ASSERT_EQUAL(s.world->tables.buckets4 * LB_WAYS, 512);
	for (uint16_t i = 0; i < 200; i++)
		opened +=
		    leaves(&s, TCP, 0, (uint16_t)(5000 + i), 0, 443, SYN) != 0;
	/* three quarters of the table for 200 of them */
	CU_ASSERT_TRUE(opened > 180);
	CU_ASSERT_EQUAL(lb_ports_in_use(&s.world->tables), opened);
	CU_ASSERT_EQUAL(lb_live_count(&s.world->tables), 2 * opened);
	(void)printf("%u of 200; ", opened);
	site_close(&s);
}

/* Flows of one member to one remote, by their private port. */
struct crowd {
	struct site site;
	struct chance chance;
	bool open[65536];
	unsigned count;
	uint64_t tried, no_room;
};

static void
crowd_open_one(struct crowd *c)
{
	uint16_t sport;

	do
		sport = (uint16_t)chance_between(&c->chance, 1, 65535);
	while (c->open[sport]);
	c->tried++;
	c->open[sport] = leaves(&c->site, TCP, 0, sport, 0, 443, SYN) != 0;
	c->count += c->open[sport];
	if (c->open[sport])
		return;
	c->no_room++;
	CU_ASSERT_EQUAL(c->site.result.reason, LB_REASON_TABLE_FULL);
}

/* A quarter of the flows end; the others say something. */
static void
crowd_change(struct crowd *c)
{
	for (uint32_t sport = 1; sport < 65536; sport++) {
		if (!c->open[sport])
			continue;
		bool ends = chance_percent(&c->chance, 25);
		CU_ASSERT_NOT_EQUAL(leaves(&c->site, TCP, 0, (uint16_t)sport, 0,
					443, ends ? LB_TCP_RST : ACK),
		    0);
		c->open[sport] = !ends;
		c->count -= ends;
	}
	(void)expire(&c->site, c->site.now_ms + 15000);
	CU_ASSERT_EQUAL(lb_ports_in_use(&c->site.world->tables), c->count);
}

/* Of a table filled to so many per cent by outbound flows that come and go,
 * fewer than one flow in so many finds no room. */
static void
test_few_fail(void)
{
	static const struct {
		unsigned percent, one_in;
	} rows[] = { { 25, 100000 }, { 50, 1000 }, { 66, 100 } };
	static struct crowd c;

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		memset(&c, 0, sizeof(c));
		c.chance.state = 20261122;
		site_open(&c.site, 1, 1, "", OUT("63992"));
		const unsigned slots = c.site.world->tables.buckets4 * LB_WAYS;
		const unsigned flows = slots / 2 * rows[i].percent / 100;
		for (unsigned round = 0; round < 8; round++) {
			while (c.count < flows && c.tried < 8 * flows)
				crowd_open_one(&c);
			crowd_change(&c);
		}
		(void)printf("%u %%: %ju of %ju; ", rows[i].percent,
		    (uintmax_t)c.no_room, (uintmax_t)c.tried);
		CU_ASSERT_TRUE(c.no_room * rows[i].one_in <= c.tried);
		site_close(&c.site);
	}
}

/* --- records of ports -------------------------------------------------------
 */

/* As many flows as the table was made for, two entries each, every one to a
 * destination of its own: they get out, by the same few ports. */
static void
test_destinations(void)
{
	struct site s;
	unsigned lowest = 0, opened = 0;

	site_open(&s, 8, 1, "", OUT("1024"));
	for (unsigned i = 0; i < 10000; i++) {
		uint16_t port = leaves(&s, TCP, i % 8, (uint16_t)(2000 + i / 8),
		    i % 200, (uint16_t)(1000 + i), SYN);
		opened += port != 0;
		lowest += port == 1024 + i % 8 * 1024;
	}
	(void)printf("%u of 10000, %u by the lowest; ", opened, lowest);
	CU_ASSERT_TRUE(opened > 9990 && lowest > 9900);
	CU_ASSERT_EQUAL(lb_ports_in_use(&s.world->tables), opened);
	CU_ASSERT_EQUAL(expire(&s, T0 + MINUTE), opened);
	CU_ASSERT_EQUAL(lb_ports_in_use(&s.world->tables), 0);
	site_close(&s);
}

/* No room for a record is not "no port": it is said so, nothing is left
 * behind, and it ends when there is room again. */
static void
test_no_record(void)
{
	struct site s;
	unsigned failed = 0;

	site_open(&s, 1, 1, "", OUT("64"));
	const struct lb_tables *t = &s.world->tables;
	for (uint32_t b = 0; b < t->port_buckets; b++)
		for (unsigned way = 0; way < LB_PORT_WAYS; way++)
			t->ports[b].ctl[way] = (uint64_t)LB_PORT_LIVE
					       << LB_CTL_STATE_SHIFT;
	for (uint16_t i = 0; i < 20; i++)
		failed +=
		    leaves(&s, UDP, 0, (uint16_t)(2000 + i), i, 53, 0) == 0 &&
		    s.result.reason == LB_REASON_TABLE_FULL;
	CU_ASSERT_EQUAL(failed, 20);
	CU_ASSERT_EQUAL(lb_live_count(t), 0);
	lb_expire_ports(t, 0, UINT32_MAX); /* nobody needs them */
	for (uint16_t i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(
		    leaves(&s, UDP, 0, (uint16_t)(2000 + i), i, 53, 0), 1024);
	site_close(&s);
}

/* With a single bucket for records: all ports of a destination, or none. */
static void
test_one_bucket(void)
{
	struct site s;
	unsigned opened = 0;

	site_open(&s, 1, 1, "", OUT("1024"));
	s.world->tables.port_buckets = 1; /* 4 leaves and a row of hints: 5 */
	for (uint16_t i = 0; i < 1100; i++)
		opened +=
		    leaves(&s, TCP, 0, (uint16_t)(2000 + i), 0, 443, SYN) != 0;
	CU_ASSERT_EQUAL(opened, 1024);
	CU_ASSERT_EQUAL(s.result.reason, LB_REASON_SNAT_EXHAUSTED);
	for (uint16_t i = 0; i < 1100; i++) { /* two records are left */
		opened +=
		    leaves(&s, TCP, 0, (uint16_t)(2000 + i), 1, 443, SYN) != 0;
	}
	CU_ASSERT_EQUAL(opened, 1024 + 256);
	CU_ASSERT_EQUAL(s.result.reason, LB_REASON_TABLE_FULL);
	CU_ASSERT_EQUAL(lb_ports_in_use(&s.world->tables), opened);
	CU_ASSERT_EQUAL(expire(&s, T0 + MINUTE), opened);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 2000, 2, 443, SYN), 1024);
	site_close(&s);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "no room for what comes back", test_no_room },
		{ "few fail in a table half full", test_few_fail },
		{ "a destination for each flow", test_destinations },
		{ "no room for a record", test_no_record },
		{ "a single bucket of records", test_one_bucket },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat_full", tests);
}
