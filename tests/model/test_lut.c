/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "model/lut/hash_key.h"
#include "model/lut/lut.h"
#include "tests/unit.h"

#define SIZE        65537u
#define MEMBERS_MAX 1000u

static uint16_t slots[SIZE], other[SIZE];
static char names[MEMBERS_MAX][16];
static struct lb_lut_member members[MEMBERS_MAX];

/* count members vm-0 .., ids 100 .., all eligible. */
static void
make_members(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "vm-%u", i);
		members[i] = (struct lb_lut_member){ names[i],
			(uint16_t)(100 + i), true, LB_WEIGHT_DEFAULT };
	}
}

static int
fill(enum lb_algorithm algorithm, unsigned count, uint32_t size, uint16_t *out)
{
	struct lb_lut_shape shape = { algorithm, size, lb_hash_key_default };

	return lb_lut_fill(&shape, members, count, out);
}

/* The largest share, times the count: 1 is perfectly even. */
static double
peak_to_average(unsigned count, uint32_t size)
{
	static unsigned shares[MEMBERS_MAX];
	unsigned peak = 0;

	memset(shares, 0, sizeof(shares));
	for (uint32_t s = 0; s < size; s++) {
		unsigned member = slots[s] - 100u;
		CU_ASSERT_TRUE_FATAL(member < count);
		shares[member]++;
		if (shares[member] > peak)
			peak = shares[member];
	}
	return (double)peak * count / size;
}

/* clang-format off */
static const struct balance {
	const char *what;
	enum lb_algorithm algorithm;
	unsigned count;
	uint32_t size;
	double peak_max;
} balances[] = {
	{ "maglev, 1 member",          LB_MAGLEV,        1, SIZE,  1.0 },
	{ "maglev, 2 members",         LB_MAGLEV,        2, SIZE,  1.0001 },
	{ "maglev, 100 members",       LB_MAGLEV,      100, SIZE,  1.01 },
	{ "maglev, 1,000 members",     LB_MAGLEV,     1000, SIZE,  1.02 },
	{ "maglev, a small prime",     LB_MAGLEV,       10,  101,  1.1 },
	{ "maglev, as many as slots",  LB_MAGLEV,      101,  101,  1.0 },
	{ "maglev, one slot",          LB_MAGLEV,        3,    1,  3.0 },
	{ "stable, 1 member",          LB_STABLE,        1, SIZE,  1.0 },
	{ "stable, 1,000 members",     LB_STABLE,     1000, SIZE,  1.02 },
	{ "stable, as many as slots",  LB_STABLE,      101,  101,  1.0 },
	{ "stable, one slot",          LB_STABLE,        3,    1,  3.0 },
	{ "rendezvous, 1 member",      LB_RENDEZVOUS,    1, SIZE,  1.0 },
	{ "rendezvous, 4 members",     LB_RENDEZVOUS,    4, SIZE,  1.03 },
	{ "rendezvous, 100 members",   LB_RENDEZVOUS,  100, SIZE,  1.15 },
	{ "rendezvous, any size",      LB_RENDEZVOUS,    7, 1000,  1.3 },
	{ "modulo, 100 members",       LB_MODULO,      100, SIZE,  1.002 },
	{ "modulo, any size",          LB_MODULO,        4, 1000,  1.0 },
};
/* clang-format on */

static void
test_balance(void)
{
	for (size_t i = 0; i < LB_COUNT(balances); i++) {
		const struct balance *b = &balances[i];
		make_members(b->count);
		memset(slots, 0, sizeof(slots));
		UNIT_ROW(
		    b->what, fill(b->algorithm, b->count, b->size, slots) == 0);
		UNIT_ROW(
		    b->what, peak_to_average(b->count, b->size) <= b->peak_max);
	}
}

/* Instances that list the members in another order agree. */
static void
test_order(void)
{
	for (int a = 0; a < LB_ALGORITHM_COUNT; a++) {
		unsigned count = 50;
		make_members(count);
		CU_ASSERT_EQUAL(
		    fill((enum lb_algorithm)a, count, SIZE, slots), 0);
		for (unsigned i = 0; i < count; i++) {
			unsigned j = (i * 7 + 3) % count;
			struct lb_lut_member kept = members[i];
			members[i] = members[j];
			members[j] = kept;
		}
		CU_ASSERT_EQUAL(
		    fill((enum lb_algorithm)a, count, SIZE, other), 0);
		CU_ASSERT_EQUAL(memcmp(slots, other, sizeof(slots)), 0);
	}
}

/* Of the slots that had not been the removed member's: how many moved. */
static double
moved_needlessly(enum lb_algorithm algorithm, unsigned count, unsigned gone)
{
	unsigned moved = 0;

	make_members(count);
	CU_ASSERT_EQUAL(fill(algorithm, count, SIZE, slots), 0);
	members[gone].eligible = false;
	CU_ASSERT_EQUAL(fill(algorithm, count, SIZE, other), 0);
	for (uint32_t s = 0; s < SIZE; s++) {
		CU_ASSERT_NOT_EQUAL_FATAL(other[s], 100 + gone);
		moved += slots[s] != other[s] && slots[s] != 100 + gone;
	}
	return (double)moved / SIZE;
}

static void
test_removal(void)
{
	/* design.md 2: maglev rebuilt moves 0.58 % at 100 and 1,000 */
	CU_ASSERT_TRUE(moved_needlessly(LB_MAGLEV, 100, 37) < 0.02);
	CU_ASSERT_TRUE(moved_needlessly(LB_MAGLEV, 1000, 999) < 0.02);
	CU_ASSERT_EQUAL(moved_needlessly(LB_STABLE, 1000, 999), 0.0);
	CU_ASSERT_EQUAL(moved_needlessly(LB_RENDEZVOUS, 100, 37), 0.0);
	CU_ASSERT_TRUE(moved_needlessly(LB_MODULO, 100, 37) > 0.5);
}

/* Who is not eligible counts for nothing: as if he were not there.  (Not so
 * in stable tables, which have a test of their own.) */
static void
test_eligible_only(void)
{
	for (int a = 0; a < LB_ALGORITHM_COUNT; a++) {
		if (a == LB_STABLE)
			continue;
		make_members(10);
		members[9].eligible = false;
		CU_ASSERT_EQUAL(fill((enum lb_algorithm)a, 10, SIZE, slots), 0);
		CU_ASSERT_EQUAL(fill((enum lb_algorithm)a, 9, SIZE, other), 0);
		CU_ASSERT_EQUAL(memcmp(slots, other, sizeof(slots)), 0);
	}
}

static void
test_nobody(void)
{
	for (int a = 0; a < LB_ALGORITHM_COUNT; a++) {
		make_members(3);
		for (int i = 0; i < 3; i++)
			members[i].eligible = false;
		for (unsigned count = 0; count <= 3; count += 3) {
			memset(slots, 0, sizeof(slots));
			CU_ASSERT_EQUAL(
			    fill((enum lb_algorithm)a, count, 101, slots), 0);
			for (int s = 0; s < 101; s++)
				CU_ASSERT_EQUAL(slots[s], LB_NONE);
			CU_ASSERT_EQUAL(slots[101], 0);
		}
	}
}

static void
test_key_decides(void)
{
	const uint8_t key[16] = "another key here";
	unsigned same = 0;

	make_members(100);
	CU_ASSERT_EQUAL(fill(LB_MAGLEV, 100, SIZE, slots), 0);
	struct lb_lut_shape shape = { LB_MAGLEV, SIZE, key };
	CU_ASSERT_EQUAL(lb_lut_fill(&shape, members, 100, other), 0);
	for (uint32_t s = 0; s < SIZE; s++)
		same += slots[s] == other[s];
	CU_ASSERT_TRUE(same < SIZE / 50); /* 1/100 by chance */
}

/* clang-format off */
static const struct size_row {
	const char *what;
	enum lb_algorithm algorithm;
	uint32_t size;
	bool fits;
} sizes[] = {
	{ "0",                 LB_MAGLEV,     0,                   false },
	{ "1",                 LB_MAGLEV,     1,                   true },
	{ "2",                 LB_MAGLEV,     2,                   true },
	{ "4",                 LB_MAGLEV,     4,                   false },
	{ "9",                 LB_MAGLEV,     9,                   false },
	{ "65536",             LB_MAGLEV,     65536,               false },
	{ "65537",             LB_MAGLEV,     65537,               true },
	{ "a square: 251 251", LB_MAGLEV,     63001,               false },
	{ "the largest prime", LB_MAGLEV,     LB_LUT_PRIME_MAX,    true },
	{ "no prime above",    LB_MAGLEV,     LB_LUT_PRIME_MAX + 2, false },
	{ "2^20",              LB_MAGLEV,     LB_LUT_SIZE_MAX,     false },
	{ "65536, stable",     LB_STABLE,     65536,               false },
	{ "65537, stable",     LB_STABLE,     65537,               true },
	{ "2^20, modulo",      LB_MODULO,     LB_LUT_SIZE_MAX,     true },
	{ "2^20 + 7",          LB_MAGLEV,     LB_LUT_SIZE_MAX + 7, false },
	{ "too large",         LB_RENDEZVOUS, LB_LUT_SIZE_MAX + 1, false },
	{ "0, modulo",         LB_MODULO,     0,                   false },
};
/* clang-format on */

static void
test_sizes(void)
{
	static uint16_t large[LB_LUT_SIZE_MAX];

	make_members(3);
	for (size_t i = 0; i < LB_COUNT(sizes); i++) {
		const struct size_row *row = &sizes[i];
		UNIT_ROW(row->what,
		    lb_lut_size_fits(row->algorithm, row->size) == row->fits);
		UNIT_ROW(row->what, fill(row->algorithm, 3, row->size, large) ==
					(row->fits ? 0 : -1));
	}
	for (uint32_t n = LB_LUT_PRIME_MAX + 1; n <= LB_LUT_SIZE_MAX; n++)
		CU_ASSERT_FALSE(lb_lut_size_fits(LB_MAGLEV, n));
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "balance, every slot filled", test_balance },
		{ "any order of members", test_order },
		{ "a member removed", test_removal },
		{ "eligible members only", test_eligible_only },
		{ "nobody eligible", test_nobody },
		{ "the key decides", test_key_decides },
		{ "sizes", test_sizes },
		CU_TEST_INFO_NULL,
	};

	return unit_main("lut", tests);
}
