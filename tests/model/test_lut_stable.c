/* SPDX-License-Identifier: MIT */
/*
 * `stable` tables: whatever happened before, a healthy set has one table; who
 * stays up keeps his slots; nobody gets more than the bound.  Random sets of
 * members at a fixed seed, and the points that doc/decisions.md 18 measures.
 */
#include <string.h>

#include "model/lut/hash_key.h"
#include "model/lut/lut.h"
#include "tests/support/chance.h"
#include "tests/unit.h"

#define SIZE        65537u
#define MEMBERS_MAX 1000u
#define FIRST_ID    100u
#define GOAL        (SIZE / 1000u) /* slots moved needlessly: 0.1 % */

/* A pool and its tables: the base, the last one and the one before. */
static struct pool {
	struct chance chance;
	uint8_t key[16];
	uint32_t size;
	unsigned count, up;
	char names[MEMBERS_MAX][16];
	struct lb_lut_member members[MEMBERS_MAX];
	uint16_t base[SIZE], slots[SIZE], before[SIZE];
} p;

static void
fill_into(enum lb_algorithm algorithm, uint16_t *slots)
{
	struct lb_lut_shape shape = { algorithm, p.size, p.key };

	CU_ASSERT_EQUAL_FATAL(
	    lb_lut_fill(&shape, p.members, p.count, slots), 0);
}

/* Everybody is up. */
static void
pool_make(uint64_t seed, unsigned count, uint32_t size)
{
	p.chance.state = seed;
	for (unsigned i = 0; i < 16; i++)
		p.key[i] = (uint8_t)chance_next(&p.chance);
	p.size = size;
	p.count = p.up = count;
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(p.names[i], sizeof(p.names[i]), "vm-%u", i);
		p.members[i] = (struct lb_lut_member){ p.names[i],
			(uint16_t)(FIRST_ID + i), true, LB_WEIGHT_DEFAULT };
	}
	fill_into(LB_STABLE, p.base);
	memcpy(p.slots, p.base, sizeof(p.slots));
}

static void
set_up(unsigned member, bool up)
{
	p.up += up;
	p.up -= p.members[member].eligible;
	p.members[member].eligible = up;
}

/* Somebody who is up, or who is not. */
static unsigned
draw(bool up)
{
	unsigned member;

	do
		member = chance_below(&p.chance, p.count);
	while (p.members[member].eligible != up);
	return member;
}

/* Some more go down, those that were down stay so. */
static void
take_down(unsigned count)
{
	while (count-- > 0)
		set_up(draw(true), false);
}

/* Fills the table anew; slots that changed between members that are up. */
static unsigned
moved_needlessly(enum lb_algorithm algorithm, unsigned gone)
{
	unsigned moved = 0;

	memcpy(p.before, p.slots, sizeof(p.before));
	fill_into(algorithm, p.slots);
	for (uint32_t s = 0; s < p.size; s++)
		moved +=
		    p.before[s] != p.slots[s] && p.before[s] != FIRST_ID + gone;
	return moved;
}

static unsigned
most(void)
{
	static unsigned shares[MEMBERS_MAX];
	unsigned peak = 0;

	memset(shares, 0, sizeof(shares));
	for (uint32_t s = 0; s < p.size; s++) {
		unsigned *share = &shares[p.slots[s] - FIRST_ID];
		*share += 1;
		peak = *share > peak ? *share : peak;
	}
	return peak;
}

/* lut.h: 1/20 or 2 slots over the mean, whichever is more. */
static unsigned
bound(void)
{
	unsigned twentieth = p.size * 21 / (p.up * 20);
	unsigned slots = p.size / p.up + 2;

	return twentieth > slots ? twentieth : slots;
}

static bool
is_up(uint16_t id)
{
	return p.members[id - FIRST_ID].eligible;
}

/* What holds of the table of every healthy set. */
static void
check_table(void)
{
	unsigned wrong = 0;

	for (uint32_t s = 0; s < p.size; s++) {
		bool named =
		    p.slots[s] >= FIRST_ID && p.slots[s] < FIRST_ID + p.count;
		CU_ASSERT_TRUE_FATAL(named);
		wrong += !is_up(p.slots[s]);
		wrong += is_up(p.base[s]) && p.slots[s] != p.base[s];
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_TRUE(most() <= bound());
}

static const uint32_t sizes[] = { 1, 2, 3, 7, 31, 101, 251, 1009 };

/* Sets of every kind: from one down to one up, more members than slots. */
static void
test_any_set(void)
{
	for (unsigned seed = 1; seed <= 4000; seed++) {
		struct chance c = { seed };
		uint32_t size = sizes[chance_below(&c, LB_COUNT(sizes))];
		unsigned count = chance_between(&c, 2, 60);
		pool_make(seed, count, size);
		take_down(chance_between(&c, 1, count - 1));
		fill_into(LB_STABLE, p.slots);
		check_table();
	}
}

static void
shuffle(void)
{
	for (unsigned i = p.count - 1; i > 0; i--) {
		unsigned j = chance_below(&p.chance, i + 1);
		struct lb_lut_member kept = p.members[i];
		p.members[i] = p.members[j];
		p.members[j] = kept;
	}
}

/* Failures and returns in any order end in the table of the set, which an
 * instance with another list, or none of that history, has as well. */
static void
test_purity(void)
{
	static struct lb_lut_member listed[MEMBERS_MAX];

	for (unsigned seed = 1; seed <= 300; seed++) {
		pool_make(seed, 50, 1009);
		take_down(chance_between(&p.chance, 0, 40));
		memcpy(listed, p.members, sizeof(listed));
		fill_into(LB_STABLE, p.before);
		for (unsigned step = 0; step < 10; step++) {
			bool goes = step % 2 == 0 && p.up > 1;
			set_up(draw(goes), !goes);
			fill_into(LB_STABLE, p.slots);
		}
		memcpy(p.members, listed, sizeof(listed));
		fill_into(LB_STABLE, p.slots);
		CU_ASSERT_EQUAL(
		    memcmp(p.slots, p.before, 1009 * sizeof(uint16_t)), 0);
		shuffle();
		memset(p.slots, 0, sizeof(p.slots));
		fill_into(LB_STABLE, p.slots);
		CU_ASSERT_EQUAL(
		    memcmp(p.slots, p.before, 1009 * sizeof(uint16_t)), 0);
	}
}

/* Some go, one by one, and return in another order: the way back meets the
 * same tables, and ends in the first. */
static void
test_return(void)
{
	static uint16_t tables[31][SIZE];
	unsigned gone[30];

	pool_make(11, 100, SIZE);
	for (unsigned i = 0; i < 30; i++) {
		memcpy(tables[i], p.slots, sizeof(p.slots));
		set_up(gone[i] = draw(true), false);
		fill_into(LB_STABLE, p.slots);
	}
	for (unsigned i = 30; i-- > 0;) {
		set_up(gone[i], true);
		fill_into(LB_STABLE, p.slots);
		CU_ASSERT_EQUAL(memcmp(p.slots, tables[i], sizeof(p.slots)), 0);
	}
	for (unsigned i = 0; i < 30; i++)
		set_up(gone[i], false);
	for (unsigned i = 0; i < 30; i++)
		set_up(gone[i], true);
	fill_into(LB_STABLE, p.slots);
	CU_ASSERT_EQUAL(memcmp(p.slots, p.base, sizeof(p.slots)), 0);
}

/* Members are names: ids only fill in. */
static void
test_ids(void)
{
	unsigned wrong = 0;

	pool_make(12, 100, 1009);
	take_down(30);
	fill_into(LB_STABLE, p.before);
	for (unsigned i = 0; i < p.count; i++)
		p.members[i].id = (uint16_t)(5 * p.members[i].id + 1);
	fill_into(LB_STABLE, p.slots);
	for (uint32_t s = 0; s < p.size; s++)
		wrong += p.slots[s] != 5 * p.before[s] + 1;
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
test_base_is_maglev(void)
{
	for (unsigned count = 1; count <= 1000; count *= 10) {
		pool_make(count, count, SIZE);
		fill_into(LB_MAGLEV, p.slots);
		CU_ASSERT_EQUAL(memcmp(p.slots, p.base, sizeof(p.slots)), 0);
	}
}

/* Exactly the slots of the member that goes, whoever it is. */
static void
test_first_failure(void)
{
	for (unsigned count = 2; count <= 1000; count = count * 7 + 1) {
		pool_make(count, count, SIZE);
		for (unsigned i = 0; i < count; i += count / 15 + 1) {
			memcpy(p.slots, p.base, sizeof(p.slots));
			set_up(i, false);
			CU_ASSERT_EQUAL(moved_needlessly(LB_STABLE, i), 0);
			set_up(i, true);
		}
	}
}

/* clang-format off */
static const struct point {
	const char *what;
	unsigned count, down;
} points[] = {
	{ "10, 1 down",        10,   1 },
	{ "10, 2 down",        10,   2 },
	{ "100, 1 down",      100,   1 },
	{ "100, 5 down",      100,   5 },
	{ "100, 10 down",     100,  10 },
	{ "100, 20 down",     100,  20 },
	{ "1,000, 10 down",  1000,  10 },
	{ "1,000, 50 down",  1000,  50 },
	{ "1,000, 100 down", 1000, 100 },
	{ "1,000, 200 down", 1000, 200 },
};
/* clang-format on */

/* One more fails: what moves that need not, from `algorithm`'s table. */
static unsigned
one_more(enum lb_algorithm algorithm, const struct point *at, uint64_t seed)
{
	pool_make(seed, at->count, SIZE);
	take_down(at->down);
	fill_into(algorithm, p.slots);
	unsigned gone = draw(true);
	if (algorithm == LB_STABLE) {
		check_table();
		UNIT_ROW(at->what, (uint64_t)most() * p.up * 100 <= SIZE * 105);
	}
	set_up(gone, false);
	return moved_needlessly(algorithm, gone);
}

static void
check_point(const struct point *at)
{
	unsigned stable = 0, maglev = 0;

	for (uint64_t seed = 1; seed <= 5; seed++) {
		unsigned moved = one_more(LB_STABLE, at, seed);
		UNIT_ROW(at->what, moved <= GOAL);
		stable += moved;
		maglev += one_more(LB_MAGLEV, at, seed);
	}
	UNIT_ROW(at->what, stable * 5 < maglev);
}

static void
test_points(void)
{
	for (size_t i = 0; i < LB_COUNT(points); i++)
		check_point(&points[i]);
}

/* Not only there: no failure on the way meets bounds that all grow at once. */
static void
test_every_failure(void)
{
	unsigned worst = 0;

	pool_make(13, 1000, SIZE);
	for (unsigned down = 1; down <= 200; down++) {
		unsigned gone = draw(true);
		set_up(gone, false);
		unsigned moved = moved_needlessly(LB_STABLE, gone);
		worst = moved > worst ? moved : worst;
	}
	CU_ASSERT_TRUE(worst <= GOAL);
	check_table();
}

/* A table so full of members that are down that lists alone do not fill it. */
static void
test_hardly_anybody(void)
{
	for (unsigned up = 1; up <= 5; up += 2) {
		pool_make(up, 1000, SIZE);
		take_down(1000 - up);
		fill_into(LB_STABLE, p.slots);
		check_table();
		CU_ASSERT_EQUAL(p.up, up);
	}
}

/* Nobody whom the base gives a slot is up: the others take all. */
static void
test_without_base(void)
{
	pool_make(14, 40, 7);
	for (uint32_t s = 0; s < 7; s++)
		set_up(p.base[s] - FIRST_ID, false);
	CU_ASSERT_EQUAL(p.up, 33);
	fill_into(LB_STABLE, p.slots);
	check_table();
}

static void
test_nobody(void)
{
	pool_make(15, 40, 101);
	take_down(40);
	fill_into(LB_STABLE, p.slots);
	for (uint32_t s = 0; s < p.size; s++)
		CU_ASSERT_EQUAL(p.slots[s], LB_NONE);
}

/* Who knows all but the key knows nothing of the refill either. */
static void
test_key_decides(void)
{
	unsigned refilled = 0, same = 0;

	pool_make(16, 100, SIZE);
	take_down(20);
	fill_into(LB_STABLE, p.slots);
	p.key[0] ^= 1;
	fill_into(LB_STABLE, p.before);
	for (uint32_t s = 0; s < SIZE; s++) {
		refilled += !is_up(p.base[s]);
		same += !is_up(p.base[s]) && p.slots[s] == p.before[s];
	}
	CU_ASSERT_TRUE(refilled > SIZE / 6);
	CU_ASSERT_TRUE(same < refilled / 40); /* 1/80 by chance */
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "any healthy set", test_any_set },
		{ "a function of list and set", test_purity },
		{ "a return restores the table", test_return },
		{ "ids only fill in", test_ids },
		{ "all up: maglev's table", test_base_is_maglev },
		{ "a first failure", test_first_failure },
		{ "one more, at the measured points", test_points },
		{ "one more, 200 times", test_every_failure },
		{ "hardly anybody up", test_hardly_anybody },
		{ "none of the base's members up", test_without_base },
		{ "nobody up", test_nobody },
		{ "the key decides", test_key_decides },
		CU_TEST_INFO_NULL,
	};

	return unit_main("lut_stable", tests);
}
