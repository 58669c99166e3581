/* SPDX-License-Identifier: MIT */
/* model/tables/expire.c: the sweeper.  Its races: path/test_conn_race.c. */
#include "model/tables/expire.h"

#include <string.h>
#include "tests/support/chance.h"
#include "tests/support/table_fault.h"
#include "tests/support/talk.h"
#include "tests/unit.h"

#define T0        RIG_START_MS
#define FACTS_MAX 600u

static struct rig rig;
static struct lb_expired facts[FACTS_MAX];

static void
begin(uint64_t entries)
{
	rig_open(&rig);
	rig.config.entries = rig.config.entries6 = entries;
	rig_start(&rig);
}

static uint32_t
buckets(bool six)
{
	const struct lb_tables *t = &rig.world->tables;
	return six ? t->buckets6 : t->buckets4;
}

/* A whole sweep of both families; how many ended. */
static uint32_t
sweep(uint32_t now_ms)
{
	struct lb_expired_list list = { facts, FACTS_MAX, 0 };
	for (unsigned six = 0; six < 2; six++)
		CU_ASSERT_EQUAL(lb_expire(&rig.world->tables, six != 0, now_ms,
				    0, UINT32_MAX, &list),
		    buckets(six != 0));
	CU_ASSERT_PTR_NULL(table_fault(&rig.world->tables, rig.plan));
	return list.count;
}

/* --- when ----------------------------------------------------------------- */

/* clang-format off */
static const struct life_row {
	const char *what;
	enum rig_rule rule;
	const char *history; /* letters as in talk.h */
	uint8_t state;
	uint32_t life_ms;
} lives[] = {
	{ "half-open", RIG_HTTP, "S", LB_CONN_HALF, 60000 },
	{ "answered", RIG_HTTP, "Sb", LB_CONN_ANSWERED, 60000 },
	{ "open", RIG_HTTP, "SbA", LB_CONN_OPEN, 240000 },
	{ "FIN", RIG_HTTP, "SbAF", LB_CONN_CLOSING_FIN, 240000 },
	{ "RST", RIG_HTTP, "SbAr", LB_CONN_CLOSING_RST, 15000 },
	{ "idle 30 s, open", RIG_BRIEF, "SbA", LB_CONN_OPEN, 30000 },
	{ "idle 30 s, FIN", RIG_BRIEF, "SbAF", LB_CONN_CLOSING_FIN, 30000 },
	{ "UDP", RIG_COAP, "D", LB_CONN_HALF, 240000 },
	{ "UDP, open", RIG_COAP, "Dd", LB_CONN_OPEN, 240000 },
	{ "floating", RIG_FLOAT_HTTP, "SA", LB_CONN_OPEN, 240000 },
	{ "IPv6, half-open", RIG_HTTP6, "S", LB_CONN_HALF, 60000 },
	{ "IPv6, open", RIG_HTTP6, "SbA", LB_CONN_OPEN, 240000 },
	{ "IPv6, UDP", RIG_COAP6, "Dd", LB_CONN_OPEN, 240000 },
};
/* clang-format on */

static void
expect_fact(const char *what, const struct talk *t, const struct lb_expired *f)
{
	UNIT_ROW(what, lb_addr_same(&f->src, &t->client));
	UNIT_ROW(what, lb_addr_same(&f->dst, &t->frontend));
	UNIT_EQUAL(what, lb_be16_get(f->sport), t->client_port);
	UNIT_EQUAL(what, lb_be16_get(f->dport), t->frontend_port);
	UNIT_EQUAL(what, f->proto, t->proto);
	UNIT_EQUAL(what, f->member, t->member);
}

static void
walk_life(const struct life_row *row, uint32_t start_ms)
{
	begin(80);
	struct talk t = talk_open(&rig, row->rule, 50000);
	(void)talk_all(&t, row->history, start_ms);
	uint64_t *at = rig_ctl(&rig);
	uint64_t ctl = *at;
	UNIT_EQUAL(row->what, rig_deadline_ms(&rig),
	    (uint32_t)(start_ms + row->life_ms));
	UNIT_EQUAL(row->what, sweep(start_ms), 0);
	UNIT_EQUAL(row->what, sweep(start_ms - 10), 0); /* its clock lags */
	UNIT_EQUAL(row->what, sweep(start_ms + row->life_ms - 1), 0);
	UNIT_EQUAL(row->what, *at, ctl); /* not even looked at */
	UNIT_EQUAL(row->what, lb_live_count(&rig.world->tables), 1);
	UNIT_EQUAL(row->what, sweep(start_ms + row->life_ms), 1);
	expect_fact(row->what, &t, &facts[0]);
	UNIT_EQUAL(row->what, facts[0].state, row->state);
	UNIT_EQUAL(row->what, facts[0].rule, rig_rule(&rig, row->rule));
	UNIT_EQUAL(row->what, facts[0].bucket, rig.result.bucket);
	UNIT_EQUAL(row->what, facts[0].seen_ms, start_ms);
	/* gone, but for a version that nobody had */
	UNIT_EQUAL(row->what, lb_live_count(&rig.world->tables), 0);
	UNIT_EQUAL(row->what, *at, lb_ctl_claim(ctl) & LB_CTL_VERSION_MASK);
	UNIT_EQUAL(row->what, sweep(start_ms + row->life_ms), 0);
	rig_close(&rig);
}

static void
test_lives(void)
{
	static const uint32_t starts_ms[] = { T0, 0, UINT32_MAX - 100,
		0x7ffffff0, 0x80000000 };
	for (size_t i = 0; i < LB_COUNT(lives); i++)
		for (size_t s = 0; s < LB_COUNT(starts_ms); s++)
			walk_life(&lives[i], starts_ms[s]);
}

/* The numbers that a reset needs. */
static void
test_reset_numbers(void)
{
	begin(80);
	struct talk t = talk_open(&rig, RIG_RESET, 50001);
	(void)talk_all(&t, "SbADdADdA", T0);
	CU_ASSERT_EQUAL(sweep(T0 + RIG_IDLE_MS), 1);
	CU_ASSERT_EQUAL(facts[0].client_ack, t.member_seq);
	CU_ASSERT_EQUAL(facts[0].client_end, t.client_seq);
	rig_close(&rig);
}

/* --- where ---------------------------------------------------------------- */

#define FLOWS 400u

static void
fill(enum rig_rule rule)
{
	begin(500);
	for (uint16_t i = 0; i < FLOWS; i++) {
		struct talk t = talk_open(&rig, rule, (uint16_t)(1000 + i));
		(void)talk_all(&t, "S", T0);
	}
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), FLOWS);
}

/* Nobody wants to know: all the same. */
static void
test_no_list(void)
{
	fill(RIG_HTTP);
	CU_ASSERT_EQUAL(lb_expire(&rig.world->tables, false, T0 + 60000, 0,
			    UINT32_MAX, NULL),
	    buckets(false));
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 0);
	rig_close(&rig);
}

static void
walk_resume(enum rig_rule rule, bool six, uint32_t max, uint32_t step)
{
	bool told[FLOWS] = { false };
	uint32_t from = 0, total = 0, turns = 0;
	fill(rule);
	while (from < buckets(six) && turns++ < 100000) {
		struct lb_expired_list list = { facts, max, 0 };
		uint32_t next = lb_expire(
		    &rig.world->tables, six, T0 + 60000, from, step, &list);
		CU_ASSERT(next <= buckets(six) && next >= from &&
			  next - from <= step);
		CU_ASSERT(next > from || list.count > 0);
		for (uint32_t i = 0; i < list.count; i++) {
			uint32_t n = lb_be16_get(facts[i].sport) - 1000u;
			CU_ASSERT(
			    facts[i].bucket >= from && facts[i].bucket < next);
			CU_ASSERT(n < FLOWS && !told[n]);
			told[n] = true;
		}
		total += list.count;
		from = next;
	}
	CU_ASSERT_EQUAL(total, FLOWS);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 0);
	rig_close(&rig);
}

/* A full list stops the sweep before a bucket, which is where it goes on:
 * each flow is told once. */
static void
test_resume(void)
{
	static const uint32_t maxes[] = { LB_WAYS, LB_WAYS + 1, 15, 100,
		FACTS_MAX };
	static const uint32_t steps[] = { 1, 7, 64, UINT32_MAX };
	for (size_t m = 0; m < LB_COUNT(maxes); m++) {
		for (size_t s = 0; s < LB_COUNT(steps); s++) {
			walk_resume(RIG_HTTP, false, maxes[m], steps[s]);
			walk_resume(RIG_HTTP6, true, maxes[m], steps[s]);
		}
	}
}

/* A list that is full already, and a table that ends. */
static void
test_ends(void)
{
	fill(RIG_HTTP);
	const struct lb_tables *t = &rig.world->tables;
	struct lb_expired_list full = { facts, FACTS_MAX,
		FACTS_MAX - LB_WAYS + 1 };
	CU_ASSERT_EQUAL(lb_expire(t, false, T0 + 60000, 3, 9, &full), 3);
	CU_ASSERT_EQUAL(full.count, FACTS_MAX - LB_WAYS + 1);
	CU_ASSERT_EQUAL(lb_live_count(t), FLOWS);
	struct lb_expired_list list = { facts, FACTS_MAX, 0 };
	uint32_t n = buckets(false);
	CU_ASSERT_EQUAL(lb_expire(t, false, T0 + 60000, 3, 0, &list), 3);
	CU_ASSERT_EQUAL(lb_expire(t, false, T0 + 60000, n, 5, &list), n);
	CU_ASSERT_EQUAL(list.count, 0);
	CU_ASSERT_EQUAL(lb_expire(t, false, T0 + 60000, n - 1, 5, &list), n);
	for (uint32_t i = 0; i < list.count; i++)
		CU_ASSERT_EQUAL(facts[i].bucket, n - 1);
	rig_close(&rig);
}

/* --- what is left alone --------------------------------------------------- */

static void
test_left_alone(void)
{
	/* clang-format off */
	static const struct {
		const char *what;
		uint64_t or, and;
	} rows[] = {
		{ "SNAT from no address", (uint64_t)LB_KIND_SNAT_OUT << 6,
		  UINT64_MAX },
		{ "being written", LB_CONN_BUSY << LB_CTL_STATE_SHIFT,
		  ~LB_CTL_STATE_MASK },
	};
	/* clang-format on */
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		begin(80);
		struct talk t = talk_open(&rig, RIG_HTTP, 50002);
		(void)talk_all(&t, "S", T0);
		uint64_t *at = rig_ctl(&rig);
		*at = (*at & rows[i].and) | rows[i].or ;
		uint64_t ctl = *at;
		struct lb_expired_list list = { facts, FACTS_MAX, 0 };
		(void)lb_expire(&rig.world->tables, false, T0 + 1000000, 0,
		    UINT32_MAX, &list);
		UNIT_EQUAL(rows[i].what, list.count, 0);
		UNIT_EQUAL(rows[i].what, *at, ctl);
		rig_close(&rig);
	}
}

/* --- counting ------------------------------------------------------------- */

static struct lb_usage usage;

/* Ids that anything refers to. */
static unsigned
used(const uint32_t *counts, size_t count)
{
	unsigned sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += counts[i] > 0;
	return sum;
}

static void
count_usage(void)
{
	memset(&usage, 0, sizeof(usage));
	for (unsigned six = 0; six < 2; six++) {
		/* in two parts */
		uint32_t half = buckets(six != 0) / 2;
		lb_usage_count(&rig.world->tables, six != 0, 0, half, &usage);
		lb_usage_count(
		    &rig.world->tables, six != 0, half, UINT32_MAX, &usage);
	}
}

static void
test_usage(void)
{
	static const struct {
		enum rig_rule rule;
		const char *history;
	} flows[] = { { RIG_HTTP, "SbA" }, { RIG_BRIEF, "S" },
		{ RIG_COAP, "D" }, { RIG_ANY6, "S" } };
	unsigned member[RIG_IDS_MAX] = { 0 }, rule[RIG_RULES] = { 0 };
	begin(80);
	count_usage();
	CU_ASSERT_EQUAL(used(usage.member, LB_COUNT(usage.member)), 0);
	for (size_t i = 0; i < LB_COUNT(flows); i++) {
		struct talk t = talk_open(&rig, flows[i].rule, 50004);
		(void)talk_all(&t, flows[i].history, T0);
		member[t.member]++;
		rule[rig_rule(&rig, flows[i].rule)]++;
	}
	count_usage();
	for (unsigned i = 0; i < RIG_IDS_MAX; i++)
		CU_ASSERT_EQUAL(usage.member[i], member[i]);
	for (unsigned i = 0; i < RIG_RULES; i++)
		CU_ASSERT_EQUAL(usage.rule[i], rule[i]);
	/* three pairs of timeouts: TCP's, the brief one's, UDP's */
	CU_ASSERT_EQUAL(
	    used(usage.timeout_class, LB_COUNT(usage.timeout_class)), 3);
	CU_ASSERT_EQUAL(usage.state[0][LB_CONN_OPEN], 1);
	CU_ASSERT_EQUAL(usage.state[0][LB_CONN_HALF], 2);
	CU_ASSERT_EQUAL(usage.state[1][LB_CONN_HALF], 1);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 4);
	CU_ASSERT_EQUAL(sweep(T0 + 30000), 1); /* the brief one */
	count_usage();
	CU_ASSERT_EQUAL(usage.rule[rig_rule(&rig, RIG_BRIEF)], 0);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 3);
	CU_ASSERT_EQUAL(sweep(T0 + RIG_IDLE_MS), 3);
	count_usage();
	CU_ASSERT_EQUAL(used(usage.rule, LB_COUNT(usage.rule)), 0);
	rig_close(&rig);
}

/* A part of a table is that part. */
static void
test_usage_part(void)
{
	begin(500);
	struct talk a = talk_open(&rig, RIG_HTTP, 50006);
	(void)talk_all(&a, "S", T0);
	uint32_t bucket = rig.result.bucket;
	memset(&usage, 0, sizeof(usage));
	lb_usage_count(
	    &rig.world->tables, false, bucket + 1, UINT32_MAX, &usage);
	lb_usage_count(&rig.world->tables, false, 0, bucket, &usage);
	lb_usage_count(&rig.world->tables, true, 0, UINT32_MAX, &usage);
	CU_ASSERT_EQUAL(usage.member[a.member], 0);
	lb_usage_count(&rig.world->tables, false, bucket, 1, &usage);
	CU_ASSERT_EQUAL(usage.member[a.member], 1);
	rig_close(&rig);
}

/* Tables of just the size that they say, so that a sanitizer sees a step
 * beyond their end. */
static void
test_nothing_beyond(void)
{
	struct lb_expired_list list = { facts, FACTS_MAX, 0 };
	fill(RIG_HTTP);
	struct lb_tables t = rig.world->tables;
	const size_t bytes4 = t.buckets4 * sizeof(*t.conn4);
	const size_t bytes6 = t.buckets6 * sizeof(*t.conn6);
	t.conn4 = memcpy(malloc(bytes4), t.conn4, bytes4);
	t.conn6 = memcpy(malloc(bytes6), t.conn6, bytes6);
	CU_ASSERT_EQUAL(lb_live_count(&t), FLOWS);
	for (unsigned six = 0; six < 2; six++) {
		lb_usage_count(&t, six != 0, 1, UINT32_MAX, &usage);
		(void)lb_expire(&t, six != 0, T0 + 60000, 1, UINT32_MAX, &list);
		(void)lb_expire(&t, six != 0, T0 + 60000, 0, 1, &list);
	}
	CU_ASSERT_EQUAL(list.count, FLOWS);
	CU_ASSERT_EQUAL(lb_live_count(&t), 0);
	free(t.conn4);
	free(t.conn6);
	rig_close(&rig);
}

/* A way being written may be anybody's: it counts. */
static void
test_usage_busy(void)
{
	begin(80);
	struct talk t = talk_open(&rig, RIG_HTTP, 50005);
	(void)talk_all(&t, "S", T0);
	*rig_ctl(&rig) = lb_ctl_with_state(*rig_ctl(&rig), LB_CONN_BUSY);
	count_usage();
	CU_ASSERT_EQUAL(usage.member[t.member], 1);
	CU_ASSERT_EQUAL(lb_live_count(&rig.world->tables), 0);
	rig_close(&rig);
}

/* --- nobody waits for the sweeper ----------------------------------------- */

/* One conversation among many, at random times; returns what became of it. */
static uint32_t
say_something(struct chance *c, struct talk *talks, uint32_t *now_ms)
{
	static const char letters[] = "SSSAADFRbbaadfr";
	struct talk *t = &talks[chance_below(c, 64)];
	uint32_t kind = chance_below(c, 100);
	*now_ms += kind < 90   ? chance_below(c, 2000)
		   : kind < 99 ? chance_below(c, 20000)
			       : chance_below(c, 300000);
	char letter = letters[chance_below(c, sizeof(letters) - 1)];
	if (t->proto == LB_PROTO_UDP)
		letter = letter >= 'a' ? 'd' : 'D';
	if (t->member == LB_NONE && letter >= 'a')
		letter = 'S';
	if (t->proto == LB_PROTO_UDP && letter == 'S')
		letter = 'D';
	(void)talk_say(t, letter, *now_ms);
	return rig.result.verdict << 24 | (uint32_t)rig.result.member << 8 |
	       (rig.result.facts & LB_FACT_HIT) | rig.result.state;
}

static void
walk_random(uint32_t sweep_percent, uint32_t *answers, uint32_t count)
{
	static struct talk talks[64];
	struct chance c = { 12 }, sweeps = { 13 }, health = { 14 };
	uint32_t now_ms = UINT32_MAX - 5000000;
	begin(10000);
	for (uint16_t i = 0; i < 64; i++)
		talks[i] = talk_open(&rig,
		    i % 4 == 0   ? RIG_COAP
		    : i % 4 == 1 ? RIG_BRIEF
		    : i % 4 == 2 ? RIG_HTTP6
				 : RIG_HTTP,
		    (uint16_t)(3000 + i));
	for (uint32_t i = 0; i < count; i++) {
		answers[i] = say_something(&c, talks, &now_ms);
		if (chance_percent(&sweeps, sweep_percent))
			(void)sweep(now_ms + chance_below(&sweeps, 2));
		if (chance_percent(&health, 2))
			rig_health(&rig,
			    rig_member(&rig, RIG_WEB, chance_below(&health, 3)),
			    chance_percent(&health, 60));
	}
	rig_close(&rig);
}

/* No answer depends on when the sweeper came by, or whether. */
static void
test_sweeper_is_invisible(void)
{
	static uint32_t never[3000], seldom[3000], often[3000];
	walk_random(0, never, LB_COUNT(never));
	walk_random(3, seldom, LB_COUNT(seldom));
	walk_random(60, often, LB_COUNT(often));
	CU_ASSERT_EQUAL(memcmp(never, seldom, sizeof(never)), 0);
	CU_ASSERT_EQUAL(memcmp(never, often, sizeof(never)), 0);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "when", test_lives },
		{ "reset numbers", test_reset_numbers },
		{ "no list", test_no_list },
		{ "a full list", test_resume },
		{ "ends", test_ends },
		{ "left alone", test_left_alone },
		{ "usage", test_usage },
		{ "usage of a part", test_usage_part },
		{ "nothing beyond", test_nothing_beyond },
		{ "usage, a way being written", test_usage_busy },
		{ "the sweeper is invisible", test_sweeper_is_invisible },
		CU_TEST_INFO_NULL,
	};
	return unit_main("expire", tests);
}
