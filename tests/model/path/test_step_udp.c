/* SPDX-License-Identifier: MIT */
/* model/path/step.c: UDP, with and without connection tracking. */
#include "model/path/step.h"

#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0 RIG_START_MS

static struct rig rig;

/* What a tracked entry becomes; state 0: there is none. */
enum became { KEPT, MADE, CHOSEN, NOT };

/* clang-format off */
static const struct row {
	const char *what;
	enum rig_rule rule;
	const char *history;
	bool down; /* the member that the history went to */
	char event;
	uint8_t expect_state;
	enum became became;
} rows[] = {
	{ "first packet", RIG_COAP, "", false, 'D', LB_CONN_HALF, MADE },
	{ "reply to nobody", RIG_COAP, "", false, 'd', 0, NOT },
	{ "second packet", RIG_COAP, "D", false, 'D', LB_CONN_HALF, KEPT },
	{ "reply", RIG_COAP, "D", false, 'd', LB_CONN_OPEN, KEPT },
	{ "after the reply", RIG_COAP, "Dd", false, 'D', LB_CONN_OPEN, KEPT },
	{ "second reply", RIG_COAP, "DdD", false, 'd', LB_CONN_OPEN, KEPT },
	{ "half-open, down", RIG_COAP, "D", true, 'D', LB_CONN_HALF, CHOSEN },
	{ "open, down", RIG_COAP, "Dd", true, 'D', LB_CONN_HALF, CHOSEN },
	{ "down, it answers yet", RIG_COAP, "D", true, 'd', LB_CONN_OPEN,
	  KEPT },
	{ "floating, first", RIG_FLOAT_COAP, "", false, 'D', LB_CONN_HALF,
	  MADE },
	{ "floating, second", RIG_FLOAT_COAP, "D", false, 'D', LB_CONN_OPEN,
	  KEPT },
	{ "floating, third", RIG_FLOAT_COAP, "DD", false, 'D', LB_CONN_OPEN,
	  KEPT },
	{ "floating, half-open, down", RIG_FLOAT_COAP, "D", true, 'D',
	  LB_CONN_HALF, CHOSEN },
	{ "floating, open, down", RIG_FLOAT_COAP, "DD", true, 'D',
	  LB_CONN_HALF, CHOSEN },
	{ "IPv6, first packet", RIG_COAP6, "", false, 'D', LB_CONN_HALF,
	  MADE },
	{ "IPv6, reply", RIG_COAP6, "D", false, 'd', LB_CONN_OPEN, KEPT },
	{ "IPv6, open, down", RIG_COAP6, "Dd", true, 'D', LB_CONN_HALF,
	  CHOSEN },
};
/* clang-format on */

static unsigned
facts_of(enum became became)
{
	switch (became) {
	case KEPT:
		return LB_FACT_HIT;
	case MADE:
		return LB_FACT_MADE;
	case CHOSEN:
		return LB_FACT_MADE | LB_FACT_RECHOSEN;
	default:
		return 0;
	}
}

static enum rig_pool
pool_of(enum rig_rule rule)
{
	return (enum rig_pool)rig.config.rules[rule].pool;
}

static void
walk_row(const struct row *row)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, row->rule, 41000);
	t.member = rig_member(&rig, pool_of(row->rule), 0);
	(void)talk_all(&t, row->history, T0);
	uint16_t old = t.member;
	if (row->down)
		rig_health(&rig, old, false);
	const struct lb_result *r = talk_say(&t, row->event, T0 + 500);
	unsigned other = LB_FACT_REPLY | LB_FACT_OPENED;
	UNIT_EQUAL(row->what, r->verdict, LB_FORWARD);
	UNIT_EQUAL(row->what, r->state, row->expect_state);
	UNIT_EQUAL(row->what, r->facts & ~other, facts_of(row->became));
	if (row->became == NOT) {
		UNIT_EQUAL(row->what, lb_live_count(&rig.world->tables), 0);
	} else {
		UNIT_EQUAL(row->what, lb_live_count(&rig.world->tables), 1);
		UNIT_EQUAL(
		    row->what, lb_ctl_state(*rig_ctl(&rig)), row->expect_state);
		UNIT_EQUAL(
		    row->what, rig_deadline_ms(&rig), T0 + 500 + RIG_IDLE_MS);
	}
	if (row->became == KEPT)
		UNIT_EQUAL(row->what, r->member, old);
	if (row->became == CHOSEN)
		UNIT_ROW(row->what, r->member != old);
	rig_close(&rig);
}

static void
test_tracked(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		walk_row(&rows[i]);
}

/* Its timeout is the rule's idle timeout in every state. */
static const struct life_row {
	enum rig_rule rule;
	const char *history;
} lives[] = { { RIG_COAP, "D" }, { RIG_COAP, "Dd" }, { RIG_FLOAT_COAP, "D" },
	{ RIG_FLOAT_COAP, "DD" }, { RIG_COAP6, "Dd" } };

static void
walk_life(const struct life_row *row, bool over)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, row->rule, 41001);
	(void)talk_all(&t, row->history, T0);
	(void)talk_say(&t, 'D', T0 + RIG_IDLE_MS - (over ? 0 : 1));
	UNIT_EQUAL(row->history, rig.result.facts & LB_FACT_MADE,
	    over ? LB_FACT_MADE : 0);
	rig_close(&rig);
}

static void
test_tracked_life(void)
{
	for (size_t i = 0; i < LB_COUNT(lives); i++) {
		walk_life(&lives[i], false);
		walk_life(&lives[i], true);
	}
}

/* tcp_reset says nothing about UDP: no numbers are kept of it. */
static void
test_tracked_no_numbers(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_COAP, 41002);
	(void)talk_all(&t, "DDdDdD", T0);
	const struct lb_tables *tables = &rig.world->tables;
	CU_ASSERT_EQUAL(
	    tables->conn4[rig.result.bucket].entry[rig.result.way].w3, 0);
	rig_close(&rig);
}

/*
 * Untracked: a pure function of key and healthy set.  AZ 2.5: a flow leaves a
 * member that went down, and 1.2: it comes back with it.
 */
static void
walk_untracked(enum rig_rule rule)
{
	uint16_t first[64];
	rig_open(&rig);
	rig_start(&rig);
	for (uint16_t i = 0; i < 64; i++) {
		struct talk t = talk_open(&rig, rule, (uint16_t)(2000 + i));
		(void)talk_all(&t, "DdDD", T0);
		first[i] = t.member;
		CU_ASSERT_EQUAL(rig.result.facts, 0);
	}
	uint16_t gone = rig_member(&rig, pool_of(rule), 1);
	rig_health(&rig, gone, false);
	for (uint16_t i = 0; i < 64; i++) {
		struct talk t = talk_open(&rig, rule, (uint16_t)(2000 + i));
		(void)talk_all(&t, "D", T0);
		CU_ASSERT_NOT_EQUAL(t.member, gone);
	}
	rig_health(&rig, gone, true);
	for (uint16_t i = 0; i < 64; i++) {
		struct talk t = talk_open(&rig, rule, (uint16_t)(2000 + i));
		(void)talk_all(&t, "D", T0 + 5);
		CU_ASSERT_EQUAL(t.member, first[i]);
	}
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 0);
	rig_close(&rig);
}

static void
test_untracked(void)
{
	walk_untracked(RIG_DNS);
	walk_untracked(RIG_SOURCE_UDP);
	walk_untracked(RIG_DNS6);
}

/* A port-0 rule for TCP and UDP: only its TCP is tracked. */
static void
test_any_port(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_ANY, 41003);
	t.proto = LB_PROTO_UDP;
	(void)talk_all(&t, "Dd", T0);
	CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_REPLY);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 0);
	t.proto = LB_PROTO_TCP;
	(void)talk_all(&t, "S", T0);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 1);
	rig_close(&rig);
	/* with tracking both are, and they are two flows */
	rig_open(&rig);
	rig.rules[RIG_ANY].connection_tracking = true;
	rig_start(&rig);
	t = talk_open(&rig, RIG_ANY, 41003);
	t.proto = LB_PROTO_UDP;
	(void)talk_all(&t, "D", T0);
	t.proto = LB_PROTO_TCP;
	(void)talk_all(&t, "S", T0);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 2);
	rig_close(&rig);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "tracked", test_tracked },
		{ "how long tracked flows last", test_tracked_life },
		{ "no reset numbers", test_tracked_no_numbers },
		{ "untracked", test_untracked },
		{ "any port", test_any_port },
		CU_TEST_INFO_NULL,
	};
	return unit_main("step, UDP", tests);
}
