/* SPDX-License-Identifier: MIT */
/* model/path/conn.c: one bucket, both families. */
#include "model/path/conn.h"

#include <string.h>
#include "model/path/hash.h"
#include "tests/support/bench.h"
#include "tests/unit.h"

/* --- whom a newcomer replaces --------------------------------------------- */

/*
 * Eight ways, each a letter and its idle time in seconds (or, behind a comma,
 * milliseconds): E empty, B busy, H half-open, W answered, O open, F and R
 * closing; small letters are SNAT entries.
 */
/* clang-format off */
static const struct victim_row {
	const char *what, *ways;
	int expect;
} victims[] = {
	{ "all empty", "E E E E E E E E", 0 },
	{ "the first that is empty", "O1 H1 E O1 E H1 H1 H1", 2 },
	{ "empty before expired", "H90 O900 R90 F900 H90 H90 H90 E", 7 },
	{ "expired before closing", "F200 H60 F239 R14 O1 O1 O1 O1", 1 },
	{ "expired before half-open", "H59 W59 R15 H59 O1 O1 O1 O1", 2 },
	{ "longest idle of the expired", "H61 O240 R16 F241 W99 O1 H1 H1", 3 },
	{ "expired: any state", "R15 H61 O1 O1 O1 O1 O1 O1", 1 },
	{ "closing before half-open", "H59 H50 F0 W59 O1 O1 O1 O1", 2 },
	{ "longest idle of the closing", "F10 R12 F11 R1 H59 O1 O1 O1", 1 },
	{ "longest idle of the half-open", "H1 W20 H19 W5 O99 O99 O99 O99",
	  1 },
	{ "ties: the lowest way", "O1 O1 H7 H7 W7 O1 O1 H7", 2 },
	{ "ties of the expired", "O1 R60 H60 O1 O1 W60 O1 O1", 1 },
	{ "ties of the closing", "O1 O1 O1 R3 F3 O1 O1 O1", 3 },
	{ "never an open one", "O239 O239 O239 O239 O239 O239 O239 O239",
	  LB_CONN_NO_WAY },
	{ "to the millisecond", "O239,999 O239,999 O239,999 O239,999 O239,999 "
	  "O239,999 O239,999 O239,999", LB_CONN_NO_WAY },
	{ "but one that expired", "O239 O239 O239 O239 O240 O239 O239 O239",
	  4 },
	{ "never one that is written", "B B B B B B B B", LB_CONN_NO_WAY },
	{ "a half-open one beside", "B900 O1 B900 O1 H0 B900 O1 B900", 4 },
	{ "half-open, idle 0", "O9 O9 O9 O9 O9 O9 O9 H0", 7 },
	{ "never SNAT", "h1 w1 o1 f1 r1 h1 o1 f1", LB_CONN_NO_WAY },
	{ "nor expired SNAT", "h999 w999 o999 f999 r999 h999 o999 f999",
	  LB_CONN_NO_WAY },
	{ "one that is not", "h999 w999 o999 f999 r999 h999 H0 f999", 6 },
	/* seen by a CPU whose clock is ahead */
	{ "from the future, half-open", "O9 H-1 O9 H0 O9 O9 O9 O9", 1 },
	{ "from the future, open", "O-1 O-1 O-1 O-1 O-1 O-1 O-1 O-1",
	  LB_CONN_NO_WAY },
	{ "from the future: idle 0", "O9 H-5 O9 H1 O9 O9 O9 O9", 3 },
};
/* clang-format on */

static void
put_ways(bool six, const char *ways, uint32_t now_ms)
{
	static const char letters[] = "EBHWOFR";
	for (uint32_t way = 0; way < LB_WAYS; way++) {
		char letter = *ways++, *end = NULL;
		bool snat = letter >= 'a';
		long idle_ms = strtol(ways, &end, 10) * 1000;
		if (*end == ',')
			idle_ms += strtol(end + 1, &end, 10);
		ways = *end == ' ' ? end + 1 : end;
		uint32_t state =
		    (uint32_t)(strchr(letters, snat ? letter - 32 : letter) -
			       letters);
		uint64_t ctl =
		    state == LB_CONN_EMPTY
			? bench_ctl_of(0, way, state, 0) & ~UINT64_C(0xff)
			: bench_ctl_of(100 + way, way, state,
			      snat ? LB_KIND_SNAT_IN : LB_KIND_LB);
		bench_put(six, way, ctl, 50 + way);
		bench_entry(six, way)[six ? 5 : 2] =
		    (uint64_t)(now_ms - (uint32_t)idle_ms) << 32;
	}
}

static void
walk_victim(const struct victim_row *row, bool six, uint32_t now_ms)
{
	put_ways(six, row->ways, now_ms);
	int way = bench_victim(six, now_ms);
	UNIT_EQUAL(row->what, (unsigned)way, (unsigned)row->expect);
	if (way >= 0)
		UNIT_EQUAL(row->what, bench_scratch()->victim.ctl,
		    bench_ctl(six)[way]);
}

static void
test_victim(void)
{
	static const uint32_t nows_ms[] = { 1000000, 0, 5, 59999, UINT32_MAX,
		0x80000000, 0x7fffffff };
	bench_open();
	for (size_t i = 0; i < LB_COUNT(victims); i++)
		for (size_t n = 0; n < 2 * LB_COUNT(nows_ms); n++)
			walk_victim(&victims[i], n % 2 != 0, nows_ms[n / 2]);
	bench_close();
}

/* What victim() names, make() takes, and no other way changes by a bit. */
static void
walk_make_replaces(const struct victim_row *row, bool six)
{
	uint64_t before[8 + 8 * 8];
	const size_t words = 8 + 8 * (six ? 8u : 4u);
	put_ways(six, row->ways, 1000000);
	memcpy(before, bench_ctl(six), words * 8);
	bench_set_key(six, 1);
	int way = bench_make(six, BENCH_HASH(six), 1000000, -1);
	UNIT_EQUAL(row->what, (unsigned)way, (unsigned)row->expect);
	uint64_t *now = bench_ctl(six);
	if (way >= 0) {
		uint32_t w = (uint32_t)way;
		UNIT_EQUAL(row->what, now[w],
		    bench_ctl_of(BENCH_TAG, w + 1, LB_CONN_HALF, LB_KIND_LB));
		UNIT_ROW(row->what, bench_stands(six, w, 1));
		/* as it was, for the comparison */
		memcpy(bench_entry(six, w),
		    before + (bench_entry(six, w) - now), six ? 64 : 32);
		now[w] = before[w];
	}
	UNIT_EQUAL(row->what, memcmp(before, now, words * 8), 0);
}

static void
test_make_replaces(void)
{
	bench_open();
	for (size_t i = 0; i < LB_COUNT(victims); i++) {
		walk_make_replaces(&victims[i], false);
		walk_make_replaces(&victims[i], true);
	}
	bench_close();
}

/* --- find ----------------------------------------------------------------- */

static void
walk_find(bool six)
{
	bench_open();
	for (uint32_t way = 0; way < LB_WAYS; way++) {
		for (uint32_t state = LB_CONN_HALF;
		     state <= LB_CONN_CLOSING_RST; state++) {
			uint64_t ctl =
			    bench_ctl_of(BENCH_TAG, 9, state, LB_KIND_LB);
			bench_put(six, way, ctl, 77);
			CU_ASSERT_EQUAL(
			    bench_find(six, BENCH_HASH(six)), (int)way);
			CU_ASSERT_EQUAL(bench_scratch()->hit.ctl, ctl);
			CU_ASSERT_EQUAL(
			    bench_scratch()->hit.w2, bench_scratch()->fresh.w2);
		}
		/* not by another tag, not in another bucket */
		CU_ASSERT_EQUAL(
		    bench_find(six, BENCH_HASH(six) ^ UINT64_C(1) << 32),
		    LB_CONN_MISS);
		CU_ASSERT_EQUAL(
		    bench_find(six, BENCH_HASH(six) ^ UINT64_C(1) << 63),
		    LB_CONN_MISS);
		CU_ASSERT_EQUAL(
		    bench_find(six, BENCH_HASH(six) ^ 1), LB_CONN_MISS);
		/* nor when somebody writes there, or nobody is */
		bench_ctl(six)[way] =
		    bench_ctl_of(BENCH_TAG, 9, LB_CONN_BUSY, LB_KIND_LB);
		CU_ASSERT_EQUAL(
		    bench_find(six, BENCH_HASH(six)), LB_CONN_TAKEN);
		bench_ctl(six)[way] =
		    bench_ctl_of(BENCH_TAG ^ 1, 9, LB_CONN_BUSY, LB_KIND_LB);
		CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), LB_CONN_MISS);
		bench_ctl(six)[way] =
		    bench_ctl_of(0, 9, LB_CONN_EMPTY, LB_KIND_LB);
		CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), LB_CONN_MISS);
	}
	bench_close();
}

/* Every bit of the key counts. */
static void
walk_find_bits(bool six)
{
	bench_open();
	bench_put(six, 4, bench_ctl_of(BENCH_TAG, 0, LB_CONN_OPEN, LB_KIND_LB),
	    12345);
	struct lb_key key = bench_scratch()->key;
	const unsigned addr_bits = six ? 256 : 64;
	for (unsigned bit = 0; bit < addr_bits + 40; bit++) {
		bench_scratch()->key = key;
		uint64_t *word = bit < addr_bits
				     ? &bench_scratch()->key.addr[bit / 64]
				     : &bench_scratch()->key.w1;
		*word ^= UINT64_C(1)
			 << (bit < addr_bits ? bit % 64 : bit - addr_bits);
		CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), LB_CONN_MISS);
	}
	bench_scratch()->key = key;
	CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), 4);
	/* what stands above the key in its word does not count */
	bench_entry(six, 4)[six ? 4 : 1] |= UINT64_C(0xabcdef) << 40;
	CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), 4);
	bench_close();
}

/* Several ways of one tag: the key decides; of two the same (mechanism.md 7)
 * the lowest. */
static void
walk_find_same_tag(bool six)
{
	bench_open();
	for (uint32_t way = 0; way < LB_WAYS; way++)
		bench_put(six, way,
		    bench_ctl_of(BENCH_TAG, way, LB_CONN_HALF, LB_KIND_LB),
		    200 + way);
	for (uint32_t way = 0; way < LB_WAYS; way++) {
		bench_set_key(six, 200 + way);
		CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), (int)way);
	}
	bench_set_key(six, 199);
	CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), LB_CONN_MISS);
	bench_put(
	    six, 2, bench_ctl_of(BENCH_TAG, 0, LB_CONN_HALF, LB_KIND_LB), 206);
	CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), 2);
	/* one that is written hides nobody */
	bench_ctl(six)[0] =
	    bench_ctl_of(BENCH_TAG, 0, LB_CONN_BUSY, LB_KIND_LB);
	CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), 2);
	bench_set_key(six, 199);
	CU_ASSERT_EQUAL(bench_find(six, BENCH_HASH(six)), LB_CONN_TAKEN);
	bench_close();
}

static void
test_find(void)
{
	for (unsigned six = 0; six < 2; six++) {
		walk_find(six != 0);
		walk_find_bits(six != 0);
		walk_find_same_tag(six != 0);
	}
}

/* A tag of 0 would look like an empty way's: it is 1. */
static void
test_tag_zero(void)
{
	for (unsigned six = 0; six < 2; six++) {
		bench_open();
		bench_set_key(six != 0, 5);
		CU_ASSERT_EQUAL(
		    bench_make(six != 0, BENCH_BUCKET(six), 1000, -1), 0);
		CU_ASSERT_EQUAL(lb_ctl_tag(bench_ctl(six != 0)[0]), 1);
		CU_ASSERT_EQUAL(bench_find(six != 0, BENCH_BUCKET(six)), 0);
		CU_ASSERT_EQUAL(
		    bench_find(six != 0, BENCH_BUCKET(six) | UINT64_C(1) << 32),
		    0);
		bench_close();
	}
	CU_ASSERT_EQUAL(lb_hash_tag(0), 1);
	CU_ASSERT_EQUAL(lb_hash_tag(UINT32_MAX), 1);
	CU_ASSERT_EQUAL(lb_hash_tag(UINT64_C(2) << 32), 2);
	CU_ASSERT_EQUAL(lb_hash_tag(UINT64_MAX), UINT32_MAX);
}

/* --- make ----------------------------------------------------------------- */

/* The version grows at each claim, wraps, and touches nothing beside it. */
static void
test_version(void)
{
	bench_open();
	for (unsigned six = 0; six < 2; six++) {
		put_ways(six != 0, "O O O O O O O O", 1000);
		for (uint32_t n = 0; n < 70000; n++) {
			uint64_t ctl = bench_ctl_of(BENCH_TAG ^ n, n & 0xffff,
			    LB_CONN_HALF, LB_KIND_LB);
			if (n == 0)
				bench_ctl(six != 0)[5] = ctl;
			CU_ASSERT_EQUAL(bench_ctl(six != 0)[5], ctl);
			bench_set_key(six != 0, 3 + n);
			uint64_t hash = BENCH_HASH(six) ^ (uint64_t)(n + 1)
							      << 32;
			CU_ASSERT_EQUAL(
			    bench_make(six != 0, hash, 1000, -1), 5);
		}
	}
	bench_close();
}

/* The way that was found is claimed anew, though others are empty. */
static void
test_prefer(void)
{
	bench_open();
	for (unsigned six = 0; six < 2; six++) {
		bench_put(six != 0, 6,
		    bench_ctl_of(BENCH_TAG, 40, LB_CONN_CLOSING_FIN, 0), 8);
		int way = bench_find(six != 0, BENCH_HASH(six));
		CU_ASSERT_EQUAL(way, 6);
		bench_set_key(six != 0, 8);
		bench_scratch()->fresh.w2 = 4321;
		CU_ASSERT_EQUAL(
		    bench_make(six != 0, BENCH_HASH(six), 1000, way), 6);
		CU_ASSERT_EQUAL(bench_ctl(six != 0)[6],
		    bench_ctl_of(BENCH_TAG, 41, LB_CONN_HALF, LB_KIND_LB));
		CU_ASSERT_EQUAL(bench_entry(six != 0, 6)[six ? 5 : 2], 4321);
		CU_ASSERT_EQUAL(bench_ctl(six != 0)[0], 0);
	}
	bench_close();
}

/* Somebody was faster: what `stale` says of the way is over. */
static void
walk_lost(bool six)
{
	const uint64_t stale =
	    bench_ctl_of(BENCH_TAG, 40, LB_CONN_CLOSING_FIN, 0);
	bench_open();
	/* with the same flow: that entry counts */
	bench_put(six, 6, bench_ctl_of(BENCH_TAG, 41, LB_CONN_HALF, 0), 8);
	bench_scratch()->hit.ctl = stale;
	CU_ASSERT_EQUAL(
	    bench_make(six, BENCH_HASH(six), 1000, 6), 6 | LB_CONN_FOUND);
	CU_ASSERT_EQUAL(bench_scratch()->hit.ctl,
	    bench_ctl_of(BENCH_TAG, 41, LB_CONN_HALF, 0));
	CU_ASSERT_EQUAL(
	    bench_ctl(six)[6], bench_ctl_of(BENCH_TAG, 41, LB_CONN_HALF, 0));
	/* it is being written: by whom can't be told */
	bench_ctl(six)[6] = bench_ctl_of(BENCH_TAG, 41, LB_CONN_BUSY, 0);
	bench_scratch()->hit.ctl = stale;
	CU_ASSERT_EQUAL(
	    bench_make(six, BENCH_HASH(six), 1000, 6), LB_CONN_TAKEN);
	/* with another flow: a victim is chosen after all */
	bench_put(six, 6, bench_ctl_of(BENCH_TAG ^ 4, 41, LB_CONN_HALF, 0), 9);
	bench_set_key(six, 8);
	bench_scratch()->hit.ctl = stale;
	CU_ASSERT_EQUAL(bench_make(six, BENCH_HASH(six), 1000, 6), 0);
	CU_ASSERT(bench_stands(six, 0, 8));
	/* or there is none */
	put_ways(six, "O O O O O O O O", 1000);
	bench_set_key(six, 8);
	bench_scratch()->hit.ctl = stale;
	CU_ASSERT_EQUAL(
	    bench_make(six, BENCH_HASH(six), 1000, 6), LB_CONN_NO_WAY);
	bench_close();
}

static void
test_lost(void)
{
	walk_lost(false);
	walk_lost(true);
}

/* --- advance -------------------------------------------------------------- */

static void
walk_advance(bool six, uint32_t from, uint32_t to)
{
	const uint64_t ctl = bench_ctl_of(BENCH_TAG, 40, from, LB_KIND_LB);
	uint64_t *at = &bench_ctl(six)[2];
	bool forward = from >= LB_CONN_HALF && to > from;
	*at = ctl;
	CU_ASSERT_EQUAL(bench_advance(six, 2, ctl, to), forward);
	CU_ASSERT_EQUAL(*at, forward ? lb_ctl_with_state(ctl, to) : ctl);
	/* what was known of its state may be old */
	*at = ctl;
	CU_ASSERT_EQUAL(
	    bench_advance(six, 2, lb_ctl_with_state(ctl, LB_CONN_HALF), to),
	    forward);
	/* but not who it is */
	*at = ctl;
	CU_ASSERT_EQUAL(bench_advance(six, 2,
			    ctl ^ UINT64_C(1) << LB_CTL_VERSION_SHIFT, to),
	    0);
	CU_ASSERT_EQUAL(
	    bench_advance(six, 2, ctl ^ UINT64_C(1) << LB_CTL_TAG_SHIFT, to),
	    0);
	CU_ASSERT_EQUAL(bench_advance(six, LB_WAYS, ctl, to), 0);
	CU_ASSERT_EQUAL(*at, ctl);
}

static void
test_advance(void)
{
	bench_open();
	for (uint32_t from = 0; from <= LB_CONN_CLOSING_RST; from++)
		for (uint32_t to = LB_CONN_HALF; to <= LB_CONN_CLOSING_RST;
		     to++)
			for (unsigned six = 0; six < 2; six++)
				walk_advance(six != 0, from, to);
	bench_close();
}

/* --- time ----------------------------------------------------------------- */

/* clang-format off */
static const struct timeout_row {
	uint32_t state, half_ms, open_ms, fin_ms, rst_ms, expect_ms;
} timeouts[] = {
	{ LB_CONN_HALF, 60000, 240000, 240000, 15000, 60000 },
	{ LB_CONN_ANSWERED, 60000, 240000, 240000, 15000, 60000 },
	{ LB_CONN_OPEN, 60000, 240000, 240000, 15000, 240000 },
	{ LB_CONN_CLOSING_FIN, 60000, 240000, 240000, 15000, 240000 },
	{ LB_CONN_CLOSING_FIN, 60000, 6000000, 240000, 15000, 240000 },
	{ LB_CONN_CLOSING_FIN, 60000, 6000000, 60000, 15000, 60000 },
	{ LB_CONN_CLOSING_FIN, 30000, 30000, 240000, 15000, 30000 },
	{ LB_CONN_CLOSING_RST, 60000, 240000, 240000, 15000, 15000 },
	{ LB_CONN_CLOSING_RST, 60000, 240000, 240000, 1000, 1000 },
	{ LB_CONN_CLOSING_RST, 10000, 10000, 240000, 15000, 10000 },
	{ LB_CONN_OPEN, 60000, 6000000, 240000, 15000, 6000000 },
	{ LB_CONN_HALF, 30000, 30000, 240000, 15000, 30000 },
};

static const struct idle_row {
	uint32_t now_ms, seen_ms, expect_ms;
} idles[] = {
	{ 1000, 400, 600 },
	{ 1000, 1000, 0 },
	{ 1000, 1001, 0 },
	{ 5, UINT32_MAX, 6 },
	{ UINT32_MAX, 5, 0 }, /* 6 ahead, or nearly 2^32 ago: ahead */
	{ 0, 0x80000001, 0x7fffffff },
	{ 0, 0x80000000, 0 },
	{ 0x7fffffff, 0, 0x7fffffff },
	{ 0x80000000, 0, 0 },
};
/* clang-format on */

static void
test_time(void)
{
	struct lb_class classes[LB_CLASS_MAX] = { { 0, 0, 0, 0 } };
	for (size_t i = 0; i < LB_COUNT(timeouts); i++) {
		const struct timeout_row *row = &timeouts[i];
		uint64_t ctl = bench_ctl_of(BENCH_TAG, 3, row->state, 0);
		classes[BENCH_CLASS] = (struct lb_class){ row->half_ms,
			row->open_ms, row->fin_ms, row->rst_ms };
		CU_ASSERT_EQUAL(
		    lb_conn_timeout_ms(classes, ctl), row->expect_ms);
		for (uint32_t seen = 0; seen < 2; seen++) {
			uint32_t at = seen * (UINT32_MAX - 100);
			CU_ASSERT_FALSE(lb_conn_expired(
			    classes, ctl, at + row->expect_ms - 1, at));
			CU_ASSERT_TRUE(lb_conn_expired(
			    classes, ctl, at + row->expect_ms, at));
		}
	}
	for (size_t i = 0; i < LB_COUNT(idles); i++)
		CU_ASSERT_EQUAL(lb_idle_ms(idles[i].now_ms, idles[i].seen_ms),
		    idles[i].expect_ms);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "whom a newcomer replaces", test_victim },
		{ "and nobody else", test_make_replaces },
		{ "find", test_find },
		{ "a tag of 0", test_tag_zero },
		{ "versions", test_version },
		{ "a way claimed anew", test_prefer },
		{ "a claim lost", test_lost },
		{ "states go forward", test_advance },
		{ "timeouts and idle times", test_time },
		CU_TEST_INFO_NULL,
	};
	return unit_main("conn", tests);
}
