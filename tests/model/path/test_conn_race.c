/* SPDX-License-Identifier: MIT */
/* model/path/conn.c, model/tables/expire.c: what another CPU or the sweeper
 * does between two instructions of ours.  Source: mechanism.md 4 to 8. */
#include "model/path/conn.h"

#include <string.h>
#include "tests/support/meanwhile.h"
#include "tests/support/talk.h"
#include "tests/unit.h"

#define OURS   300u /* keys of bench_set_key() */
#define THEIRS 301u
#define WAY    2u
#define NOW_MS 1000000u

static bool six; /* the family of the row at hand */

/* --- what they do --------------------------------------------------------- */

static uint64_t
ctl(uint32_t version, uint32_t state)
{
	return bench_ctl_of(BENCH_TAG, version, state, LB_KIND_LB);
}

/* Into a way, without disturbing the key that we look for. */
static void
they_put(uint32_t way, uint64_t control, uint64_t n)
{
	struct lb_scratch keep = *bench_scratch();
	bench_put(six, way, control, n);
	*bench_scratch() = keep;
}

static void
they_claim(void)
{
	bench_ctl(six)[WAY] = ctl(8, LB_CONN_BUSY);
}

static void
they_replace(void)
{
	they_put(WAY, bench_ctl_of(BENCH_TAG ^ 1, 8, LB_CONN_HALF, 0), THEIRS);
}

/* Another flow of the same tag, under the same key words but for one. */
static void
they_replace_same_tag(void)
{
	they_put(WAY, ctl(8, LB_CONN_HALF), THEIRS);
}

static void
they_open(void)
{
	bench_ctl(six)[WAY] = ctl(7, LB_CONN_OPEN);
}

static void
they_reset(void)
{
	bench_ctl(six)[WAY] = ctl(7, LB_CONN_CLOSING_RST);
}

static void
they_empty(void)
{
	bench_ctl(six)[WAY] =
	    bench_ctl_of(0, 8, LB_CONN_EMPTY, 0) & LB_CTL_VERSION_MASK;
}

static void
they_make_ours(void)
{
	they_put(0, ctl(1, LB_CONN_HALF), OURS);
}

static void
they_begin_ours(void)
{
	bench_ctl(six)[0] = ctl(1, LB_CONN_BUSY);
}

static void
they_make_theirs(void)
{
	they_put(0, bench_ctl_of(BENCH_TAG ^ 1, 1, LB_CONN_HALF, 0), THEIRS);
}

/* Every way is claimed and published anew. */
static void
they_take_all(void)
{
	for (uint32_t way = 0; way < LB_WAYS; way++)
		bench_ctl(six)[way] += UINT64_C(1) << LB_CTL_VERSION_SHIFT;
}

static void
they_open_all(void)
{
	for (uint32_t way = 0; way < LB_WAYS; way++)
		they_put(way,
		    bench_ctl_of(BENCH_TAG ^ (8 + way), 9, LB_CONN_OPEN, 0),
		    400 + way);
	for (uint32_t way = 0; way < LB_WAYS; way++)
		bench_entry(six, way)[six ? 5 : 2] = (uint64_t)NOW_MS << 32;
}

static void
they_touch(void)
{
	uint64_t *w2 = &bench_entry(six, WAY)[six ? 5 : 2];
	*w2 = (*w2 & UINT32_MAX) | (uint64_t)NOW_MS << 32;
}

static void
they_do_nothing(void)
{
}

/* --- find ----------------------------------------------------------------- */

/* Our entry is found by its key, and changes before we look again. */
/* clang-format off */
static const struct find_row {
	const char *what;
	void (*does)(void);
	int expect;
	uint32_t expect_state;
} finds[] = {
	{ "nothing", they_do_nothing, (int)WAY, LB_CONN_HALF },
	{ "it opens: the newer state counts", they_open, (int)WAY,
	  LB_CONN_OPEN },
	{ "it is claimed", they_claim, LB_CONN_MISS, 0 },
	{ "it is another's", they_replace, LB_CONN_MISS, 0 },
	{ "it is another's of our tag", they_replace_same_tag, LB_CONN_MISS,
	  0 },
	{ "it is swept", they_empty, LB_CONN_MISS, 0 },
};
/* clang-format on */

static void
walk_find(const struct find_row *row)
{
	const struct meanwhile script[] = { { MEANWHILE_READS_ENTRIES,
	    row->does } };
	bench_open();
	bench_put(six, WAY, ctl(7, LB_CONN_HALF), OURS);
	meanwhile_start(six, script, 1);
	int way = bench_find(six, BENCH_HASH(six));
	UNIT_EQUAL(row->what, meanwhile_stop(), 1);
	UNIT_EQUAL(row->what, (unsigned)way, (unsigned)row->expect);
	if (way >= 0)
		UNIT_EQUAL(row->what, lb_ctl_state(bench_scratch()->hit.ctl),
		    row->expect_state);
	bench_close();
}

/* It moved from a lower way to a higher one while we were looking: that is
 * found, or not; but never what is not ours. */
static void
test_find(void)
{
	for (unsigned family = 0; family < 2; family++) {
		six = family != 0;
		for (size_t i = 0; i < LB_COUNT(finds); i++)
			walk_find(&finds[i]);
	}
}

/* --- make ----------------------------------------------------------------- */

#define FULL (-2)

/* The way that we chose is taken before we claim it.  Way 0 is empty first. */
/* clang-format off */
static const struct make_row {
	const char *what;
	int prefer; /* WAY: our own entry, half-open; -1: none; FULL: none,
		     and all ways are others' */
	struct meanwhile script[3];
	unsigned steps;
	int expect;
} makes[] = {
	{ "nothing", -1, { { MEANWHILE_WRITES_CTL, they_do_nothing } }, 1, 0 },
	{ "they make ours", -1, { { MEANWHILE_WRITES_CTL, they_make_ours } },
	  1, 0 | LB_CONN_FOUND },
	{ "they begin to", -1, { { MEANWHILE_WRITES_CTL, they_begin_ours } },
	  1, LB_CONN_TAKEN },
	{ "they make theirs", -1, { { MEANWHILE_WRITES_CTL,
	  they_make_theirs } }, 1, 1 },
	{ "they fill it", -1, { { MEANWHILE_WRITES_CTL, they_open_all } }, 1,
	  LB_CONN_NO_WAY },
	{ "once, and we have the next", FULL, { { MEANWHILE_WRITES_CTL,
	  they_take_all } }, 1, 0 },
	{ "twice", FULL, { { MEANWHILE_WRITES_CTL, they_take_all },
	  { MEANWHILE_READS_ENTRIES, they_do_nothing },
	  { MEANWHILE_WRITES_CTL, they_take_all } }, 3, LB_CONN_LOST },
	{ "anew, nothing", (int)WAY, { { MEANWHILE_WRITES_CTL,
	  they_do_nothing } }, 1, (int)WAY },
	{ "anew, it opens", (int)WAY, { { MEANWHILE_WRITES_CTL,
	  they_open } }, 1, (int)WAY | LB_CONN_FOUND },
	{ "anew, they claim it", (int)WAY, { { MEANWHILE_WRITES_CTL,
	  they_claim } }, 1, LB_CONN_TAKEN },
	{ "anew, it is swept", (int)WAY, { { MEANWHILE_WRITES_CTL,
	  they_empty } }, 1, 0 },
};
/* clang-format on */

static void
walk_make(const struct make_row *row)
{
	bench_open();
	if (row->prefer >= 0) {
		bench_put(six, WAY, ctl(7, LB_CONN_HALF), OURS);
		CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), (int)WAY);
	}
	for (uint32_t way = 0; row->prefer == FULL && way < LB_WAYS; way++)
		bench_put(six, way,
		    bench_ctl_of(way, 1, LB_CONN_HALF, LB_KIND_LB), 500);
	bench_set_key(six, OURS);
	meanwhile_start(six, row->script, row->steps);
	int way = bench_make(six, BENCH_HASH(six), NOW_MS, row->prefer);
	UNIT_EQUAL(row->what, meanwhile_stop(), row->steps);
	UNIT_EQUAL(row->what, (unsigned)way, (unsigned)row->expect);
	/* our key is there once, or not at all */
	unsigned copies = 0;
	for (uint32_t i = 0; i < LB_WAYS; i++)
		copies += lb_ctl_state(bench_ctl(six)[i]) >= LB_CONN_HALF &&
			  bench_stands(six, i, OURS);
	UNIT_EQUAL(row->what, copies, way >= 0);
	if (way >= 0 && (way & LB_CONN_FOUND) != 0)
		UNIT_EQUAL(row->what, bench_scratch()->hit.ctl,
		    bench_ctl(six)[way & 7]);
	bench_close();
}

static void
test_make(void)
{
	for (unsigned family = 0; family < 2; family++) {
		six = family != 0;
		for (size_t i = 0; i < LB_COUNT(makes); i++)
			walk_make(&makes[i]);
	}
}

/* --- advance -------------------------------------------------------------- */

/* clang-format off */
static const struct advance_row {
	const char *what;
	void (*does)(void);
	uint32_t to;
	int expect;
	uint32_t expect_version, expect_state;
} advances[] = {
	{ "nothing", they_do_nothing, LB_CONN_OPEN, 1, 7, LB_CONN_OPEN },
	{ "they open it too", they_open, LB_CONN_OPEN, 0, 7, LB_CONN_OPEN },
	{ "they open it, we close it", they_open, LB_CONN_CLOSING_FIN, 1, 7,
	  LB_CONN_CLOSING_FIN },
	{ "they reset it, we close it", they_reset, LB_CONN_CLOSING_FIN, 0, 7,
	  LB_CONN_CLOSING_RST },
	{ "they claim it", they_claim, LB_CONN_OPEN, 0, 8, LB_CONN_BUSY },
	{ "it is another's of our tag", they_replace_same_tag, LB_CONN_OPEN,
	  0, 8, LB_CONN_HALF },
};
/* clang-format on */

static void
walk_advance(const struct advance_row *row)
{
	const struct meanwhile script[] = { { MEANWHILE_WRITES_CTL,
	    row->does } };
	bench_open();
	bench_put(six, WAY, ctl(7, LB_CONN_HALF), OURS);
	meanwhile_start(six, script, 1);
	int moved = bench_advance(six, WAY, ctl(7, LB_CONN_HALF), row->to);
	UNIT_EQUAL(row->what, meanwhile_stop(), 1);
	UNIT_EQUAL(row->what, moved, row->expect);
	UNIT_EQUAL(row->what, bench_ctl(six)[WAY],
	    ctl(row->expect_version, row->expect_state));
	bench_close();
}

static void
test_advance(void)
{
	for (unsigned family = 0; family < 2; family++) {
		six = family != 0;
		for (size_t i = 0; i < LB_COUNT(advances); i++)
			walk_advance(&advances[i]);
	}
}

/* --- the sweeper ---------------------------------------------------------- */

/* It saw a silent entry; a packet comes before it claims it. */
/* clang-format off */
static const struct sweep_row {
	const char *what;
	void (*does)(void);
	uint32_t expect_facts, expect_version, expect_state;
} sweeps[] = {
	{ "nothing", they_do_nothing, 1, 8, LB_CONN_EMPTY },
	{ "a packet of it", they_touch, 0, 8, LB_CONN_HALF },
	{ "one that opens it", they_open, 0, 7, LB_CONN_OPEN },
	{ "a newcomer claims it", they_claim, 0, 8, LB_CONN_BUSY },
};
/* clang-format on */

static void
walk_sweep(const struct sweep_row *row)
{
	static struct lb_expired facts[LB_WAYS];
	struct lb_expired_list list = { facts, LB_WAYS, 0 };
	const struct meanwhile script[] = { { MEANWHILE_WRITES_CTL,
	    row->does } };
	bench_open();
	bench_put(six, WAY, ctl(7, LB_CONN_HALF), OURS);
	bench_entry(six, WAY)[six ? 5 : 2] = (uint64_t)(NOW_MS - BENCH_HALF_MS)
					     << 32;
	meanwhile_start(six, script, 1);
	(void)lb_expire(
	    &bench_rig.world->tables, six, NOW_MS, BENCH_BUCKET(six), 1, &list);
	UNIT_EQUAL(row->what, meanwhile_stop(), 1);
	UNIT_EQUAL(row->what, list.count, row->expect_facts);
	uint64_t expect = ctl(row->expect_version, row->expect_state);
	if (row->expect_state == LB_CONN_EMPTY)
		expect &= LB_CTL_VERSION_MASK;
	UNIT_EQUAL(row->what, bench_ctl(six)[WAY], expect);
	bench_close();
}

static void
test_sweep(void)
{
	for (unsigned family = 0; family < 2; family++) {
		six = family != 0;
		for (size_t i = 0; i < LB_COUNT(sweeps); i++)
			walk_sweep(&sweeps[i]);
	}
}

/* --- a whole packet ------------------------------------------------------- */

/* What they wrote for the flow: the same but for the member. */
static struct lb_bucket4 before, theirs;

static void
they_write_bucket(void)
{
	memcpy(bench_ctl(false), &theirs, sizeof(theirs));
}

/* A flow of the rule whose entry is the fifth in the bench's bucket; its port.
 */
static uint16_t
port_in_bucket(void)
{
	for (uint16_t port = 1; port < 10000; port++) {
		struct talk t = talk_open(&bench_rig, RIG_HTTP, port);
		(void)talk_say(&t, 'S', NOW_MS);
		if (bench_rig.result.bucket == BENCH_BUCKET(false) &&
		    bench_rig.result.way == 4)
			return port;
	}
	return 0;
}

/* Two CPUs meet the first packet of a flow: the second goes where the first
 * sent it, though by now it would choose another. */
static void
test_faster(void)
{
	static const struct meanwhile script[] = { { MEANWHILE_WRITES_CTL,
	    they_write_bucket } };
	six = false;
	bench_open();
	uint16_t port = port_in_bucket();
	struct talk t = talk_open(&bench_rig, RIG_HTTP, port);
	memcpy(&theirs, bench_ctl(false), sizeof(theirs));
	before = theirs;
	before.ctl[4] = 0;
	uint16_t ours = lb_w2_member(theirs.entry[4].w2);
	uint16_t other = rig_other(&bench_rig, RIG_WEB, ours);
	theirs.entry[4].w2 ^= ours ^ other;
	memcpy(bench_ctl(false), &before, sizeof(before));
	meanwhile_start(false, script, 1);
	(void)talk_say(&t, 'S', NOW_MS);
	CU_ASSERT_EQUAL(meanwhile_stop(), 1);
	CU_ASSERT_EQUAL(bench_rig.result.verdict, LB_FORWARD);
	CU_ASSERT_EQUAL(bench_rig.result.facts, LB_FACT_HIT);
	CU_ASSERT_EQUAL(bench_rig.result.member, other);
	struct lb_addr address = rig_address(&bench_rig, other);
	CU_ASSERT(lb_addr_same(&bench_rig.result.edit.dst, &address));
	CU_ASSERT_EQUAL(lb_be16_get(bench_rig.result.edit.dport), 8080);
	bench_close();
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "find", test_find },
		{ "make", test_make },
		{ "advance", test_advance },
		{ "the sweeper", test_sweep },
		{ "somebody was faster", test_faster },
		CU_TEST_INFO_NULL,
	};
	return unit_main("conn, races", tests);
}
