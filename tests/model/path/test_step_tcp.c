/* SPDX-License-Identifier: MIT */
/* model/path/step.c: how TCP moves an entry, and when it is over. */
#include "model/path/step.h"

#include <string.h>
#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0 RIG_START_MS

static struct rig rig;

/* --- every event in every state ------------------------------------------- */

/* The histories that lead into each state. */
enum state { NONE, HALF, ANSWERED, OPEN, FIN, RST, STATES };

static const char *const nat_history[STATES] = { "", "S", "Sb", "SbA", "SbAF",
	"SbAR" };
static const char *const one_sided_history[STATES] = { "", "S", NULL, "SA",
	"SAF", "SAR" };

static const uint8_t conn_state[STATES] = { LB_CONN_EMPTY, LB_CONN_HALF,
	LB_CONN_ANSWERED, LB_CONN_OPEN, LB_CONN_CLOSING_FIN,
	LB_CONN_CLOSING_RST };

#define EVENTS "SBADFRbadfr"

/*
 * A cell: the state afterwards (H, W for answered, O, F, R, or - for none),
 * and what became of the entry:
 *   =  kept, and its time is now      .  kept, and its time is as it was
 *   +  made                           *  made again, by another choice
 *   -  there is none
 */
struct matrix {
	const char *what;
	enum rig_rule rule;
	bool one_sided, down;
	const char *cells[STATES];
};

/* clang-format off */
static const struct matrix matrices[] = {
	{ "nat, member up", RIG_HTTP, false, false, {
	/*                S  B  A  D  F  R  b  a  d  f  r */
	[NONE] =         "H+ H+ H+ H+ H+ -- -- -- -- -- --",
	[HALF] =         "H= H= H= H= F= R= W= W= W= F= R=",
	[ANSWERED] =     "W= O= O= O= F= R= W= W= W= F= R=",
	[OPEN] =         "O= O= O= O= F= R= O= O= O= F= R=",
	[FIN] =          "H* F. F. F. F. R= F. F. F. F. R=",
	[RST] =          "H* R. R. R. R. R. R. R. R. R. R." } },
	{ "nat, member down", RIG_HTTP, false, true, {
	/*                S  B  A  D  F  R  b  a  d  f  r */
	[NONE] =         "H+ H+ H+ H+ H+ -- -- -- -- -- --",
	[HALF] =         "H* H= H= H= F= R= W= W= W= F= R=",
	[ANSWERED] =     "H* O= O= O= F= R= W= W= W= F= R=",
	[OPEN] =         "O= O= O= O= F= R= O= O= O= F= R=",
	[FIN] =          "H* F. F. F. F. R= F. F. F. F. R=",
	[RST] =          "H* R. R. R. R. R. R. R. R. R. R." } },
	{ "floating, member up", RIG_FLOAT_HTTP, true, false, {
	/*                S  B  A  D  F  R */
	[NONE] =         "H+ H+ H+ H+ H+ --",
	[HALF] =         "H= O= O= O= F= R=",
	[OPEN] =         "O= O= O= O= F= R=",
	[FIN] =          "H* F. F. F. F. R=",
	[RST] =          "H* R. R. R. R. R." } },
	{ "floating, member down", RIG_FLOAT_HTTP, true, true, {
	/*                S  B  A  D  F  R */
	[HALF] =         "H* O= O= O= F= R=",
	[OPEN] =         "O= O= O= O= F= R=",
	[FIN] =          "H* F. F. F. F. R=",
	[RST] =          "H* R. R. R. R. R." } },
	{ "any port, member up", RIG_ANY, false, false, {
	/*                S  B  A  D  F  R  b  a  d  f  r */
	[NONE] =         "H+ H+ H+ H+ H+ -- -- -- -- -- --",
	[HALF] =         "H= H= H= H= F= R= W= W= W= F= R=",
	[ANSWERED] =     "W= O= O= O= F= R= W= W= W= F= R=",
	[OPEN] =         "O= O= O= O= F= R= O= O= O= F= R=",
	[FIN] =          "H* F. F. F. F. R= F. F. F. F. R=",
	[RST] =          "H* R. R. R. R. R. R. R. R. R. R." } },
	{ "IPv6, member up", RIG_HTTP6, false, false, {
	/*                S  B  A  D  F  R  b  a  d  f  r */
	[NONE] =         "H+ H+ H+ H+ H+ -- -- -- -- -- --",
	[HALF] =         "H= H= H= H= F= R= W= W= W= F= R=",
	[ANSWERED] =     "W= O= O= O= F= R= W= W= W= F= R=",
	[OPEN] =         "O= O= O= O= F= R= O= O= O= F= R=",
	[FIN] =          "H* F. F. F. F. R= F. F. F. F. R=",
	[RST] =          "H* R. R. R. R. R. R. R. R. R. R." } },
	{ "IPv6, member down", RIG_HTTP6, false, true, {
	/*                S  B  A  D  F  R  b  a  d  f  r */
	[HALF] =         "H* H= H= H= F= R= W= W= W= F= R=",
	[ANSWERED] =     "H* O= O= O= F= R= W= W= W= F= R=",
	[OPEN] =         "O= O= O= O= F= R= O= O= O= F= R=",
	[FIN] =          "H* F. F. F. F. R= F. F. F. F. R=",
	[RST] =          "H* R. R. R. R. R. R. R. R. R. R." } },
};
/* clang-format on */

static uint32_t
timeout_ms(uint32_t state)
{
	return state == LB_CONN_OPEN || state == LB_CONN_CLOSING_FIN ? 240000
	       : state == LB_CONN_CLOSING_RST                        ? 15000
								     : 60000;
}

static uint8_t
state_of(char letter)
{
	const char *at = strchr("-HWOFR", letter);
	return conn_state[at - "-HWOFR"];
}

static unsigned
moved_facts(uint8_t was, uint8_t is)
{
	if (was == is)
		return 0;
	if (is == LB_CONN_OPEN)
		return LB_FACT_OPENED;
	return is >= LB_CONN_CLOSING_FIN ? LB_FACT_CLOSING : 0u;
}

/* One cell, its entry being in state `was` since T0. */
static void
expect_cell(const char *what, const char *cell, uint8_t was, uint16_t old)
{
	const struct lb_result *r = &rig.result;
	const unsigned reply = r->facts & LB_FACT_REPLY;
	UNIT_EQUAL(what, r->verdict, LB_FORWARD);
	UNIT_EQUAL(what, r->state, state_of(cell[0]));
	if (cell[1] == '-') {
		UNIT_EQUAL(what, r->facts, reply);
		UNIT_EQUAL(what, lb_live_count(&rig.world->tables), 0);
		return;
	}
	UNIT_EQUAL(what, lb_live_count(&rig.world->tables), 1);
	UNIT_EQUAL(what, lb_ctl_state(*rig_ctl(&rig)), state_of(cell[0]));
	uint32_t seen = cell[1] == '.' ? T0 : T0 + 1000;
	UNIT_EQUAL(what, rig_seen_ms(&rig), seen);
	UNIT_EQUAL(what, rig_deadline_ms(&rig), seen + timeout_ms(r->state));
	if (cell[1] == '=' || cell[1] == '.') {
		UNIT_EQUAL(what, r->facts,
		    reply | LB_FACT_HIT | moved_facts(was, r->state));
		UNIT_EQUAL(what, r->member, old);
	} else if (cell[1] == '+') {
		UNIT_EQUAL(what, r->facts, LB_FACT_MADE);
	} else {
		UNIT_EQUAL(what, r->facts, LB_FACT_MADE | LB_FACT_RECHOSEN);
	}
}

static void
walk_cell(
    const struct matrix *m, enum state state, char event, const char *cell)
{
	char what[80];
	(void)snprintf(what, sizeof(what), "%s, state %u, event %c", m->what,
	    (unsigned)state, event);
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, m->rule, 40000);
	const char *const *history =
	    m->one_sided ? one_sided_history : nat_history;
	t.member =
	    rig_member(&rig, (enum rig_pool)rig.config.rules[m->rule].pool, 0);
	(void)talk_all(&t, history[state], T0);
	uint16_t old = t.member;
	if (state != NONE)
		UNIT_EQUAL(
		    what, lb_ctl_state(*rig_ctl(&rig)), conn_state[state]);
	if (m->down)
		rig_health(&rig, old, false);
	(void)talk_say(&t, event, T0 + 1000);
	expect_cell(what, cell, conn_state[state], old);
	/* who was chosen when the old member was out is another */
	if (m->down && (cell[1] == '*' || cell[1] == '+'))
		UNIT_ROW(what, rig.result.member != old);
	rig_close(&rig);
}

static void
test_matrix(void)
{
	for (size_t i = 0; i < LB_COUNT(matrices); i++) {
		const struct matrix *m = &matrices[i];
		for (unsigned state = 0; state < STATES; state++) {
			const char *cell = m->cells[state];
			for (const char *e = EVENTS;
			     cell != NULL && *cell != '\0'; e++) {
				walk_cell(m, (enum state)state, *e, cell);
				cell += cell[2] == ' ' ? 3 : 2;
			}
		}
	}
}

/* --- when an entry is over ------------------------------------------------ */

/* clang-format off */
static const struct life_row {
	const char *what;
	enum rig_rule rule;
	uint32_t life_ms;
	const char *history;
} lives[] = {
	{ "half-open", RIG_HTTP, 60000, "S" },
	{ "answered", RIG_HTTP, 60000, "Sb" },
	{ "open", RIG_HTTP, 240000, "SbA" },
	{ "after FIN", RIG_HTTP, 240000, "SbAF" },
	{ "after the member's FIN", RIG_HTTP, 240000, "SbAf" },
	{ "after RST", RIG_HTTP, 15000, "SbAR" },
	{ "after the member's RST", RIG_HTTP, 15000, "SbAr" },
	{ "RST after FIN", RIG_HTTP, 15000, "SbAFr" },
	{ "half-open, idle 30 s", RIG_BRIEF, 30000, "S" },
	{ "answered, idle 30 s", RIG_BRIEF, 30000, "Sb" },
	{ "open, idle 30 s", RIG_BRIEF, 30000, "SbA" },
	{ "after FIN, idle 30 s", RIG_BRIEF, 30000, "SbAF" },
	{ "after RST, idle 30 s", RIG_BRIEF, 15000, "SbAR" },
	{ "floating, half-open", RIG_FLOAT_HTTP, 60000, "S" },
	{ "floating, open", RIG_FLOAT_HTTP, 240000, "SA" },
	{ "IPv6, half-open", RIG_HTTP6, 60000, "S" },
	{ "IPv6, open", RIG_HTTP6, 240000, "SbA" },
	{ "IPv6, after RST", RIG_HTTP6, 15000, "SbAR" },
};
/* clang-format on */

/* Path times at which the world may have been made: time wraps. */
static const uint32_t starts_ms[] = { RIG_START_MS, 0, UINT32_MAX - 5,
	0x7fffffff };

static void
walk_life(const struct life_row *row, uint32_t start_ms, uint32_t idle_ms)
{
	bool alive = idle_ms < row->life_ms;
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, row->rule, 40001);
	(void)talk_all(&t, row->history, start_ms);
	uint16_t old = t.member;
	UNIT_EQUAL(row->what, rig_deadline_ms(&rig),
	    (uint32_t)(start_ms + row->life_ms));
	/* the member is out, so that a new choice shows */
	rig_health(&rig, old, false);
	const struct lb_result *r = talk_say(&t, 'A', start_ms + idle_ms);
	UNIT_EQUAL(row->what, r->facts & (LB_FACT_HIT | LB_FACT_MADE),
	    alive ? LB_FACT_HIT : LB_FACT_MADE);
	UNIT_EQUAL(row->what, r->member == old, alive);
	UNIT_EQUAL(row->what, lb_live_count(&rig.world->tables), 1);
	rig_close(&rig);
}

static void
test_lives(void)
{
	for (size_t i = 0; i < LB_COUNT(lives); i++) {
		for (size_t s = 0; s < LB_COUNT(starts_ms); s++) {
			walk_life(&lives[i], starts_ms[s], 0);
			walk_life(
			    &lives[i], starts_ms[s], lives[i].life_ms - 1);
			walk_life(&lives[i], starts_ms[s], lives[i].life_ms);
			walk_life(
			    &lives[i], starts_ms[s], lives[i].life_ms + 1);
			walk_life(&lives[i], starts_ms[s], 0x7fffffff);
		}
	}
}

/* AZ 13.10: keepalive every 200 s, idle timeout 4 min: never expires. */
static void
test_keepalive(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 40002);
	uint32_t now = UINT32_MAX - 1000000; /* it wraps on the way */
	(void)talk_all(&t, "SbA", now);
	uint16_t member = t.member;
	rig_health(&rig, member, false);
	for (unsigned i = 0; i < 50; i++) {
		now += 200000;
		(void)talk_say(&t, i % 2 == 0 ? 'A' : 'a', now);
		CU_ASSERT_EQUAL(rig.result.member, member);
		CU_ASSERT_NOT_EQUAL(rig.result.facts & LB_FACT_HIT, 0);
	}
	rig_close(&rig);
}

/* Another CPU's clock lags: what is seen in the future is not ages ago. */
static void
test_clock_lags(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 40003);
	(void)talk_all(&t, "SbA", T0);
	for (uint32_t lag = 1; lag <= 64; lag *= 4) {
		(void)talk_say(&t, 'A', T0 - lag);
		CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_HIT);
	}
	(void)talk_say(&t, 'A', T0 + 100);
	CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_HIT);
	rig_close(&rig);
}

/* A closing entry's time is that of the first FIN, whatever comes after. */
static void
test_closing_time(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 40004);
	(void)talk_all(&t, "SbAF", T0);
	rig_health(&rig, t.member, false);
	for (uint32_t s = 1; s < 240; s += 17) {
		(void)talk_say(&t, s % 2 != 0 ? 'A' : 'f', T0 + s * 1000);
		CU_ASSERT_EQUAL(rig_deadline_ms(&rig), T0 + 240000);
		CU_ASSERT_EQUAL(
		    rig.result.facts & ~(unsigned)LB_FACT_REPLY, LB_FACT_HIT);
	}
	(void)talk_say(&t, 'A', T0 + 240000);
	CU_ASSERT_EQUAL(rig.result.facts, LB_FACT_MADE | LB_FACT_RECHOSEN);
	rig_close(&rig);
}

/* --- what else moves an entry --------------------------------------------- */

/* Whatever else is set in the flags: FIN and RST close, SYN without ACK does
 * not open. */
static void
test_odd_flags(void)
{
	for (unsigned flags = 0; flags < 256; flags++) {
		rig_open(&rig);
		rig_start(&rig);
		struct talk t = talk_open(&rig, RIG_HTTP, 40005);
		(void)talk_all(&t, "SbA", T0);
		struct frame_spec spec = talk_packet(&t, 'A');
		spec.tcp_flags = (uint8_t)flags;
		(void)rig_send(&rig, &spec, T0 + 1);
		CU_ASSERT_EQUAL(rig.result.state,
		    (flags & LB_TCP_RST) != 0   ? LB_CONN_CLOSING_RST
		    : (flags & LB_TCP_FIN) != 0 ? LB_CONN_CLOSING_FIN
						: LB_CONN_OPEN);
		CU_ASSERT_EQUAL(rig.result.member, t.member);
		rig_close(&rig);
	}
}

/* A SYN flood, answered by the server, leaves nothing open. */
static void
test_flood_answered(void)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 40006);
	(void)talk_all(&t, "SbbSbSb", T0);
	CU_ASSERT_EQUAL(rig.result.state, LB_CONN_ANSWERED);
	rig_close(&rig);
}

/* The reset numbers: the highest ACK and the highest end that the client
 * sent, whatever the members' numbers are, and only with tcp_reset. */
static void
expect_reset(uint32_t ack, uint32_t end)
{
	const struct lb_result *r = &rig.result;
	const struct lb_entry4 *e =
	    &rig.world->tables.conn4[r->bucket].entry[r->way];
	CU_ASSERT_EQUAL((uint32_t)e->w3, ack);
	CU_ASSERT_EQUAL((uint32_t)(e->w3 >> 32), end);
}

static void
walk_reset(uint32_t client_first, uint32_t member_first)
{
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_RESET, 40007);
	t.client_seq = client_first;
	t.member_seq = member_first;
	(void)talk_all(&t, "S", T0);
	expect_reset(0, client_first + 1);
	(void)talk_all(&t, "b", T0);
	expect_reset(0, client_first + 1);
	(void)talk_all(&t, "A", T0);
	expect_reset(member_first + 1, client_first + 1);
	(void)talk_all(&t, "Dd", T0);
	expect_reset(member_first + 1, client_first + 101);
	(void)talk_all(&t, "A", T0);
	expect_reset(member_first + 101, client_first + 101);
	/* a keep-alive probe: one before what was said last */
	struct frame_spec probe = talk_packet(&t, 'A');
	probe.seq--;
	(void)rig_send(&rig, &probe, T0 + 5);
	expect_reset(member_first + 101, client_first + 101);
	/* an old segment, late */
	probe.seq -= 50;
	probe.ack -= 50;
	(void)rig_send(&rig, &probe, T0 + 6);
	expect_reset(member_first + 101, client_first + 101);
	/* what is no ACK acknowledges nothing, whatever its field says */
	probe = talk_packet(&t, 'A');
	probe.tcp_flags = 0;
	probe.ack += 5000;
	(void)rig_send(&rig, &probe, T0 + 7);
	expect_reset(member_first + 101, client_first + 101);
	(void)talk_all(&t, "F", T0 + 7);
	expect_reset(member_first + 101, client_first + 102);
	rig_close(&rig);
}

static void
test_reset_numbers(void)
{
	static const uint32_t firsts[] = { 0, 1, 0x7fffffff, 0x80000000,
		0xc0000000, 0xfffffff0, 0xffffffff };
	for (size_t c = 0; c < LB_COUNT(firsts); c++)
		for (size_t m = 0; m < LB_COUNT(firsts); m++)
			walk_reset(firsts[c], firsts[m]);
	/* not asked for: not kept */
	rig_open(&rig);
	rig_start(&rig);
	struct talk t = talk_open(&rig, RIG_HTTP, 40008);
	(void)talk_all(&t, "SbADdAF", T0);
	expect_reset(0, 0);
	rig_close(&rig);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "every event in every state", test_matrix },
		{ "when an entry is over", test_lives },
		{ "keepalive", test_keepalive },
		{ "a clock lags", test_clock_lags },
		{ "closing time", test_closing_time },
		{ "odd flags", test_odd_flags },
		{ "an answered flood", test_flood_answered },
		{ "reset numbers", test_reset_numbers },
		CU_TEST_INFO_NULL,
	};
	return unit_main("step, TCP", tests);
}
