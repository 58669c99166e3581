/* SPDX-License-Identifier: MIT */
/* When outbound flows give their ports back (AZ 4.5, 13.5, 13.6, 13.10), and
 * who reads them until then. */
#include <string.h>
#include "tests/model/path/site.h"

/* --- 13.5 and 4.5: release --------------------------------------------------
 */

/* clang-format off */
static const struct release {
	const char *what;
	uint8_t proto;
	const char *idle;
	const char *says; /* S F R member; s f r remote: SYN, FIN, RST */
	uint32_t hold_ms;
} releases[] = {
	{ "FIN", TCP, "4m", "SsAF", 240000 },
	{ "FIN of the remote", TCP, "4m", "SsAf", 240000 },
	{ "FIN of both", TCP, "30m", "SsAFf", 240000 },
	{ "RST", TCP, "4m", "SsAR", 15000 },
	{ "RST of the remote", TCP, "30m", "SsAr", 15000 },
	{ "FIN, then RST", TCP, "30m", "SsAFr", 15000 },
	{ "refused", TCP, "4m", "Sr", 15000 },
	{ "never closed, idle 4 min", TCP, "4m", "SsA", 240000 },
	{ "never closed, idle 30 min", TCP, "30m", "SsA", 1800000 },
	{ "never answered", TCP, "4m", "S", 60000 },
	{ "UDP, idle 4 min", UDP, "4m", "A", 240000 },
	{ "UDP, answered, idle 30 min", UDP, "30m", "As", 1800000 },
	{ "FIN, idle of 2 min", TCP, "2m", "SsAF", 120000 },
};
/* clang-format on */

static void
speak(struct site *s, const struct release *row, char letter)
{
	const char *const letters = "SsAFfRr";
	static const uint8_t flags[] = { SYN, SYN | ACK, ACK, LB_TCP_FIN | ACK,
		LB_TCP_FIN | ACK, LB_TCP_RST, LB_TCP_RST };
	uint8_t flag = flags[strchr(letters, letter) - letters];

	if (letter >= 'a')
		(void)say(s, row->proto, remote(0), 443,
		    address(203, 0, 113, 1), 1024, flag);
	else
		(void)leaves(s, row->proto, 0, 5000, 0, 443, flag);
	UNIT_EQUAL(row->what, s->result.verdict, LB_FORWARD);
}

static void
test_releases(void)
{
	for (size_t i = 0; i < LB_COUNT(releases); i++) {
		const struct release *row = &releases[i];
		struct site s;
		char rest[256];
		(void)snprintf(rest, sizeof(rest),
		    OUT_OF("[f0]", "8", ", idle_timeout: %s"), row->idle);
		site_open(&s, 2, 1, "", rest);
		for (const char *at = row->says; *at != '\0'; at++)
			speak(&s, row, *at);
		for (uint16_t k = 1; k < 8; k++)
			CU_ASSERT_EQUAL(leaves(&s, row->proto, 0,
					    (uint16_t)(6000 + k), 0, 443, SYN),
			    1024 + k);
		/* the others stay alive */
		uint32_t end = T0 + row->hold_ms;
		for (uint32_t t = T0; t + 20000 < end; t += 20000) {
			UNIT_EQUAL(row->what, expire(&s, t), 0);
			for (uint16_t k = 1; k < 8; k++)
				(void)leaves(&s, row->proto, 0,
				    (uint16_t)(6000 + k), 0, 443, SYN);
		}
		UNIT_EQUAL(row->what, expire(&s, end - 1), 0);
		UNIT_EQUAL(
		    row->what, leaves(&s, row->proto, 0, 7000, 0, 443, SYN), 0);
		UNIT_EQUAL(row->what, expire(&s, end), 1);
		UNIT_EQUAL(row->what,
		    leaves(&s, row->proto, 0, 7000, 0, 443, SYN), 1024);
		site_close(&s);
	}
}

/* 13.10: alive at 239 s, gone at 240; a keepalive every 200 s: never. */
static void
test_idle(void)
{
	struct site s;

	site_open(&s, 1, 1, "", OUT("8"));
	(void)leaves(&s, TCP, 0, 5000, 0, 443, SYN);
	(void)leaves(&s, TCP, 0, 5000, 0, 443, ACK);
	for (uint32_t i = 1; i < 20; i++) {
		CU_ASSERT_EQUAL(expire(&s, T0 + i * 200000), 0);
		if (i % 2 == 0) /* enabling them on one side is enough */
			(void)say(&s, TCP, remote(0), 443,
			    address(203, 0, 113, 1), 1024, ACK);
		else
			(void)leaves(&s, TCP, 0, 5000, 0, 443, ACK);
		CU_ASSERT_EQUAL(s.result.verdict, LB_FORWARD);
	}
	CU_ASSERT_EQUAL(expire(&s, s.now_ms + 239999), 0);
	CU_ASSERT_EQUAL(expire(&s, s.now_ms + 1), 1);
	CU_ASSERT_EQUAL(lb_live_count(&s.world->tables), 0);
	CU_ASSERT_EQUAL(lb_ports_in_use(&s.world->tables), 0);
	site_close(&s);
}

/* The same member's port and the same remote again, while it still closes. */
static void
test_again(void)
{
	struct site s;

	site_open(&s, 1, 1, "", OUT("8"));
	(void)leaves(&s, TCP, 0, 5000, 0, 443, SYN);
	(void)leaves(&s, TCP, 0, 5000, 0, 443, LB_TCP_FIN | ACK);
	(void)say(&s, TCP, remote(0), 443, address(203, 0, 113, 1), 1024,
	    LB_TCP_FIN | ACK);
	s.now_ms += 200000;
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5000, 0, 443, SYN), 1024);
	CU_ASSERT_EQUAL(s.result.state, LB_CONN_HALF);
	(void)leaves(&s, TCP, 0, 5000, 0, 443, ACK);
	CU_ASSERT_EQUAL(expire(&s, T0 + 240000 + MINUTE), 0);
	(void)say(&s, TCP, remote(0), 443, address(203, 0, 113, 1), 1024, ACK);
	CU_ASSERT_EQUAL(s.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(s.result.state, LB_CONN_OPEN);
	site_close(&s);
}

/* --- read by others ---------------------------------------------------------
 */

/* The flows and the outbound entries that are read, and the last flow. */
static unsigned
read_flows(const struct site *s, unsigned *outbound, struct lb_expired *flow,
    uint32_t *deadline_ms)
{
	const struct lb_tables *t = &s->world->tables;
	struct lb_expired entry;
	unsigned flows = 0;

	*outbound = 0;
	for (uint32_t b = 0; b < t->buckets4; b++)
		for (uint32_t way = 0; way < LB_WAYS; way++) {
			*outbound += lb_outbound_read(t, false, b, way, &entry);
			if (lb_flow_read(
				t, false, b, way, &entry, deadline_ms)) {
				flows++;
				*flow = entry;
			}
		}
	return flows;
}

/* Two entries are one flow, whatever of them says more. */
static void
test_read(void)
{
	static struct lb_usage usage;
	struct lb_expired flow;
	uint32_t deadline_ms = 0;
	unsigned outbound;
	struct site s;

	site_open(&s, 1, 1, "", OUT("8"));
	CU_ASSERT_EQUAL(read_flows(&s, &outbound, &flow, &deadline_ms), 0);
	(void)leaves(&s, TCP, 0, 5000, 0, 443, SYN);
	s.now_ms = T0 + 100;
	(void)leaves(&s, TCP, 0, 5000, 0, 443, ACK);
	s.now_ms = T0 + 5000;
	(void)say(&s, TCP, remote(0), 443, address(203, 0, 113, 1), 1024, ACK);
	CU_ASSERT_EQUAL(read_flows(&s, &outbound, &flow, &deadline_ms), 1);
	CU_ASSERT_EQUAL(outbound, 1);
	CU_ASSERT_EQUAL(flow.kind, LB_KIND_SNAT_OUT);
	CU_ASSERT_EQUAL(flow.state, LB_CONN_OPEN);
	CU_ASSERT_EQUAL(flow.seen_ms, T0 + 5000);
	CU_ASSERT_EQUAL(deadline_ms, T0 + 5000 + 4 * MINUTE);
	CU_ASSERT_EQUAL(lb_be16_get(flow.xlat_port), 1024);
	/* the remote resets it: 15 s from then, by the entry that it came to */
	s.now_ms = T0 + 9000;
	(void)say(
	    &s, TCP, remote(0), 443, address(203, 0, 113, 1), 1024, LB_TCP_RST);
	CU_ASSERT_EQUAL(read_flows(&s, &outbound, &flow, &deadline_ms), 1);
	CU_ASSERT_EQUAL(flow.state, LB_CONN_CLOSING_RST);
	CU_ASSERT_EQUAL(deadline_ms, T0 + 9000 + 15000);
	/* both entries refer to the member, of whom there is one flow */
	lb_usage_count(&s.world->tables, false, 0, UINT32_MAX, &usage);
	CU_ASSERT_EQUAL(usage.member[flow.member], 2);
	CU_ASSERT_EQUAL(usage.member_second[flow.member], 1);
	CU_ASSERT_EQUAL(usage.rule[flow.rule], 2);
	CU_ASSERT_EQUAL(usage.rule_second[flow.rule], 1);
	site_close(&s);
}

/* --- 13.6: crossing a tier --------------------------------------------------
 */

static void
test_tiers(void)
{
	struct site s;
	const char *rule = "outbound_rules: [{ name: o, pool: p, "
			   "frontends: [f0] }]\n";

	site_open(&s, 50, 1, "", rule);
	for (unsigned i = 0; i < 600; i++)
		CU_ASSERT_EQUAL(
		    leaves(&s, TCP, 0, (uint16_t)(5000 + i), 0, 443, SYN),
		    1024 + i);
	site_swap(&s, 51, 1, "", rule);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 9999, 0, 443, SYN), 0);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 50, 9999, 0, 443, SYN), 1024 + 600);
	CU_ASSERT_EQUAL(expire(&s, s.now_ms), 88); /* of the 512 reclaimed */
	CU_ASSERT_EQUAL(leaves(&s, TCP, 50, 9998, 0, 443, SYN), 1024 + 512);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5000, 0, 443, ACK), 1024);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5511, 0, 443, ACK), 1535);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5512, 0, 443, ACK), 0);
	/* fewer members: more ports, and nothing lost */
	site_swap(&s, 50, 1, "", rule);
	CU_ASSERT_EQUAL(expire(&s, s.now_ms), 0);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 0, 5511, 0, 443, ACK), 1535);
	CU_ASSERT_NOT_EQUAL(leaves(&s, TCP, 0, 9999, 0, 443, SYN), 0);
	/* who is gone keeps what it has, and opens no more */
	CU_ASSERT_EQUAL(leaves(&s, TCP, 50, 9998, 0, 443, ACK), 1536);
	CU_ASSERT_EQUAL(leaves(&s, TCP, 50, 1, 0, 443, SYN), 0);
	CU_ASSERT_EQUAL(s.result.reason, LB_REASON_SNAT_NO_FLOW);
	site_close(&s);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "13.5 release", test_releases },
		{ "13.10 idle", test_idle },
		{ "the same again while closing", test_again },
		{ "read as one flow", test_read },
		{ "13.6 crossing tiers", test_tiers },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat_release", tests);
}
