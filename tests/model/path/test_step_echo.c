/* SPDX-License-Identifier: MIT */
/* model/path/echo.c: who asks a frontend for an echo. */
#include "model/path/step.h"

#include <string.h>
#include "tests/support/rig.h"
#include "tests/unit.h"

#define T0 RIG_START_MS

static struct rig rig;

/* Members of the frontend's pools that are up. */
enum up { ALL, ONE, NOBODY };

#define OWN6   FRAME_V6(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 2)
#define CLIENT RIG_CLIENT4
#define SIX    RIG_CLIENT6

/* clang-format off */
static const struct row {
	const char *what;
	enum rig_frontend to;
	struct lb_addr from;
	enum up up;
	unsigned data; /* bytes behind the 8 of the header */
	uint8_t type, code;
	bool fragment; /* the first of several */
	unsigned verdict, reason;
} rows[] = {
	/* azure-load-balancer.md 5.8 */
	{ "all up", RIG_VIP, CLIENT, ALL, 56, 8, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "one of three up", RIG_VIP, CLIENT, ONE, 56, 8, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "nobody up", RIG_VIP, CLIENT, NOBODY, 56, 8, 0, false, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND },
	{ "no rule", RIG_BARE, CLIENT, ALL, 56, 8, 0, false, LB_DROP, LB_REASON_NO_RULE },
	{ "65 bytes", RIG_VIP, CLIENT, ALL, 57, 8, 0, false, LB_DROP, LB_REASON_ECHO_TOO_BIG },
	{ "no data", RIG_VIP, CLIENT, ALL, 0, 8, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "an odd number of bytes", RIG_VIP, CLIENT, ALL, 13, 8, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "large, nobody up", RIG_VIP, CLIENT, NOBODY, 1000, 8, 0, false, LB_DROP, LB_REASON_ECHO_TOO_BIG },
	/* the same for IPv6, all ports and floating IP */
	{ "IPv6", RIG_VIP6, SIX, ALL, 56, 128, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "IPv6, one up", RIG_VIP6, SIX, ONE, 56, 128, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "IPv6, nobody up", RIG_VIP6, SIX, NOBODY, 56, 128, 0, false, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND },
	{ "IPv6, 65 bytes", RIG_VIP6, SIX, ALL, 57, 128, 0, false, LB_DROP, LB_REASON_ECHO_TOO_BIG },
	{ "any port", RIG_HA, CLIENT, ALL, 56, 8, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "any port, nobody up", RIG_HA6, SIX, NOBODY, 56, 128, 0, false, LB_DROP, LB_REASON_NO_HEALTHY_BACKEND },
	{ "floating IP", RIG_FLOAT, CLIENT, ALL, 56, 8, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "another code", RIG_VIP, CLIENT, ALL, 56, 8, 3, false, LB_ANSWER, LB_REASON_NONE },
	/* what is no request */
	{ "a reply", RIG_VIP, CLIENT, ALL, 56, 0, 0, false, LB_PASS, LB_REASON_NO_RULE },
	{ "a timestamp", RIG_VIP, CLIENT, ALL, 12, 13, 0, false, LB_PASS, LB_REASON_NO_RULE },
	{ "IPv6, a reply", RIG_VIP6, SIX, ALL, 56, 129, 0, false, LB_PASS, LB_REASON_NO_RULE },
	{ "IPv6 has no type 8", RIG_VIP6, SIX, ALL, 56, 8, 0, false, LB_PASS, LB_REASON_NO_RULE },
	{ "a fragment", RIG_VIP, CLIENT, ALL, 56, 8, 0, true, LB_DROP, LB_REASON_FRAGMENT },
	/* who is nobody to answer to */
	{ "from 0.0.0.0", RIG_VIP, FRAME_V4(0, 0, 0, 0), ALL, 56, 8, 0, false, LB_DROP, LB_REASON_MALFORMED },
	{ "from 127.0.0.1", RIG_VIP, FRAME_V4(127, 0, 0, 1), ALL, 56, 8, 0, false, LB_DROP, LB_REASON_MALFORMED },
	{ "from 224.0.0.1", RIG_VIP, FRAME_V4(224, 0, 0, 1), ALL, 56, 8, 0, false, LB_DROP, LB_REASON_MALFORMED },
	{ "from all", RIG_VIP, FRAME_V4(255, 255, 255, 255), ALL, 56, 8, 0, false, LB_DROP, LB_REASON_MALFORMED },
	{ "from 223.255.255.255", RIG_VIP, FRAME_V4(223, 255, 255, 255), ALL, 56, 8, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "from ::", RIG_VIP6, FRAME_V6(0, 0, 0, 0, 0, 0, 0, 0), ALL, 56, 128, 0, false, LB_DROP, LB_REASON_MALFORMED },
	{ "from ::1", RIG_VIP6, FRAME_V6(0, 0, 0, 0, 0, 0, 0, 1), ALL, 56, 128, 0, false, LB_DROP, LB_REASON_MALFORMED },
	{ "from ::2", RIG_VIP6, FRAME_V6(0, 0, 0, 0, 0, 0, 0, 2), ALL, 56, 128, 0, false, LB_ANSWER, LB_REASON_NONE },
	{ "from ff02::1", RIG_VIP6, FRAME_V6(0xff02, 0, 0, 0, 0, 0, 0, 1), ALL, 56, 128, 0, false, LB_DROP, LB_REASON_MALFORMED },
	{ "from fe80::1", RIG_VIP6, FRAME_V6(0xfe80, 0, 0, 0, 0, 0, 0, 1), ALL, 56, 128, 0, false, LB_ANSWER, LB_REASON_NONE },
};
/* clang-format on */

static void
set_up(enum up up)
{
	for (unsigned pool = 0; pool < RIG_POOLS; pool++)
		for (unsigned i = 0; i < RIG_MEMBERS; i++)
			rig_health(&rig, rig_member(&rig, pool, i),
			    up == ALL || (up == ONE && i == 1));
}

static struct frame_spec
echo_of(const struct row *row)
{
	return (struct frame_spec){
		.src = row->from,
		.dst = rig_frontend(&rig, row->to),
		.proto =
		    lb_addr_is_v4(&row->from) ? LB_PROTO_ICMP : LB_PROTO_ICMP6,
		.icmp_type = row->type,
		.icmp_code = row->code,
		.more_fragments = row->fragment,
		.payload_bytes = row->data,
	};
}

static void
test_rows(void)
{
	rig_open(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct frame_spec echo = echo_of(row);
		set_up(row->up);
		(void)rig_send(&rig, &echo, T0);
		UNIT_EQUAL(row->what, rig.result.verdict, row->verdict);
		UNIT_EQUAL(row->what, rig.result.reason, row->reason);
		UNIT_EQUAL(row->what, rig.result.facts, 0);
		UNIT_EQUAL(row->what, rig.result.rule, LB_NONE);
		if (row->verdict != LB_ANSWER)
			continue;
		struct frame_spec reply = echo;
		reply.src = echo.dst;
		reply.dst = echo.src;
		reply.icmp_type = row->type == 8 ? 0 : 129;
		UNIT_ROW(row->what, rig_left_as(&rig, &reply));
	}
	rig_close(&rig);
}

/* To others' addresses it is theirs to answer. */
static void
test_others(void)
{
	static const struct lb_addr others[] = { RIG_OWN4, RIG_ROUTER4,
		RIG_NEAR4, OWN6 };
	rig_open(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < LB_COUNT(others); i++) {
		bool four = lb_addr_is_v4(&others[i]);
		struct frame_spec echo = { .dst = others[i],
			.proto = four ? LB_PROTO_ICMP : LB_PROTO_ICMP6,
			.icmp_type = four ? 8 : 128,
			.payload_bytes = 56 };
		echo.src = four ? (struct lb_addr)CLIENT : (struct lb_addr)SIX;
		(void)rig_send(&rig, &echo, T0);
		CU_ASSERT_EQUAL(rig.result.verdict, LB_PASS);
	}
	rig_close(&rig);
}

static unsigned
verdict_of_echo(void)
{
	struct frame_spec echo = echo_of(&rows[0]);
	return rig_send(&rig, &echo, T0)->verdict;
}

/* Of several pools of a frontend one is enough, whichever rule has it; and
 * when rules go, so does what they answered for. */
static void
test_several_pools(void)
{
	rig_open(&rig);
	rig.rules[RIG_COAP].pool = RIG_NVA;
	rig_start(&rig);
	set_up(ALL);
	for (unsigned i = 0; i < RIG_MEMBERS; i++)
		rig_health(&rig, rig_member(&rig, RIG_WEB, i), false);
	CU_ASSERT_EQUAL(verdict_of_echo(), LB_ANSWER);
	for (unsigned i = 0; i < RIG_MEMBERS; i++)
		rig_health(&rig, rig_member(&rig, RIG_NVA, i), false);
	CU_ASSERT_EQUAL(verdict_of_echo(), LB_DROP);
	rig_health(&rig, rig_member(&rig, RIG_WEB, 2), true);
	CU_ASSERT_EQUAL(verdict_of_echo(), LB_ANSWER);
	/* all of that frontend's rules go to another */
	for (unsigned r = 0; r < RIG_RULES; r++)
		if (rig.rules[r].frontend == RIG_VIP)
			rig.rules[r].frontend = RIG_BARE;
	rig_swap(&rig);
	CU_ASSERT_EQUAL(verdict_of_echo(), LB_DROP);
	CU_ASSERT_EQUAL(rig.result.reason, LB_REASON_NO_RULE);
	rig_close(&rig);
}

/* A pool without members is as good as no rule. */
static void
test_no_members(void)
{
	rig_open(&rig);
	rig.pools[RIG_WEB].member_count = 0;
	rig_start(&rig);
	CU_ASSERT_EQUAL(verdict_of_echo(), LB_DROP);
	CU_ASSERT_EQUAL(rig.result.reason, LB_REASON_NO_RULE);
	rig_close(&rig);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "AZ 5.8, and who asks", test_rows },
		{ "others' addresses", test_others },
		{ "several pools", test_several_pools },
		{ "no members", test_no_members },
		CU_TEST_INFO_NULL,
	};
	return unit_main("model/path/echo", tests);
}
