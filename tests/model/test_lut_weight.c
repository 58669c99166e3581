/* SPDX-License-Identifier: MIT */
/* Lookup tables with weights. */
#include <math.h>
#include <string.h>

#include "model/lut/hash_key.h"
#include "model/lut/lut.h"
#include "tests/unit.h"

#define SIZE        65537u
#define MEMBERS_MAX 1000u

static uint16_t slots[SIZE], other[SIZE];
static char names[MEMBERS_MAX][16];
static struct lb_lut_member members[MEMBERS_MAX];

static const char *const algorithms[LB_ALGORITHM_COUNT] = {
	[LB_MAGLEV] = "maglev",
	[LB_RENDEZVOUS] = "rendezvous",
	[LB_MODULO] = "modulo",
	[LB_STABLE] = "stable",
};

/* Their ids are their places in the list. */
static void
make_members(unsigned count, const unsigned *weights, unsigned weight_count)
{
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "vm-%u", i);
		members[i] = (struct lb_lut_member){ names[i], (uint16_t)i,
			true, (uint16_t)weights[i % weight_count] };
	}
}

static void
fill(int algorithm, unsigned count, uint32_t size, uint16_t *out)
{
	struct lb_lut_shape shape = { (enum lb_algorithm)algorithm, size,
		lb_hash_key_default };

	CU_ASSERT_EQUAL_FATAL(lb_lut_fill(&shape, members, count, out), 0);
}

/* --- shares -------------------------------------------------------------- */

/* How far a member is from his share at most, in slots; and as a part of the
 * share at most, of those who have 100 slots and more. */
static void
furthest(unsigned count, uint32_t size, double *slots_off, double *part_off)
{
	unsigned has[MEMBERS_MAX] = { 0 };
	double sum = 0;

	for (uint32_t s = 0; s < size; s++)
		has[slots[s]]++;
	for (unsigned i = 0; i < count; i++)
		sum += members[i].eligible ? members[i].weight : 0;
	*slots_off = *part_off = 0;
	for (unsigned i = 0; i < count; i++) {
		double due =
		    members[i].eligible ? size * members[i].weight / sum : 0;
		double off = fabs(has[i] - due);
		*slots_off = fmax(*slots_off, off);
		if (due >= 100)
			*part_off = fmax(*part_off, off / due);
		CU_ASSERT_TRUE(due > 0 || has[i] == 0);
	}
}

/* clang-format off */
static const struct share {
	const char *what;
	unsigned count, weights[5], weight_count;
	uint32_t size;
	/* maglev and modulo are off by rounding; rendezvous by chance, n p q,
	 * of which this is so many standard deviations */
	double slots_max;
	double part_max; /* stable: where members are drained */
} shares[] = {
	{ "2 to 1",               2, { 200, 100 },               2, SIZE, 2, 0 },
	{ "1 to 1,000",           2, { 1, 1000 },                2, SIZE, 2, 0 },
	{ "ten, 1 to 5",         10, { 1, 2, 3, 4, 5 },          5, SIZE, 4, 0 },
	{ "a hundred",          100, { 100, 50, 200, 1, 77 },    5, SIZE, 8, 0 },
	{ "one drained",         10, { 100, 100, 100, 100, 0 },  5, SIZE, 2, 0.05 },
	{ "a thousand",        1000, { 100, 50, 200, 1, 77 },    5, SIZE, 12, 0 },
	{ "a small table",       10, { 1, 2, 3, 4, 5 },          5,  101, 3, 0 },
};
/* clang-format on */

static void
test_shares(void)
{
	for (size_t i = 0; i < LB_COUNT(shares); i++)
		for (int a = 0; a < LB_ALGORITHM_COUNT; a++) {
			const struct share *row = &shares[i];
			double slots_off, part_off;
			make_members(
			    row->count, row->weights, row->weight_count);
			fill(a, row->count, row->size, slots);
			furthest(row->count, row->size, &slots_off, &part_off);
			bool good =
			    a == LB_RENDEZVOUS
				? part_off < 5 / sqrt(100) &&
				      slots_off < 5 * sqrt(row->size) / 2
				: slots_off <= row->slots_max ||
				      (a == LB_STABLE &&
					  part_off <= row->part_max);
			if (!good)
				(void)fprintf(stderr,
				    "  %s: off by %g slots, "
				    "%g of a share\n",
				    algorithms[a], slots_off, part_off);
			UNIT_ROW(row->what, good);
		}
}

/* Members down: stable's bound is 1/20 over the share by weight. */
static void
test_shares_down(void)
{
	static const unsigned weights[] = { 100, 50, 200, 10, 77 };
	double slots_off, part_off;

	for (unsigned down = 1; down <= 20; down++) {
		make_members(100, weights, 5);
		for (unsigned i = 0; i < down; i++)
			members[i * 5 + i % 5].eligible = false;
		fill(LB_STABLE, 100, SIZE, slots);
		furthest(100, SIZE, &slots_off, &part_off);
		CU_ASSERT_TRUE(part_off <= 0.08);
		unsigned has[100] = { 0 };
		double sum = 0;
		for (uint32_t s = 0; s < SIZE; s++)
			has[slots[s]]++;
		for (unsigned i = 0; i < 100; i++)
			sum += members[i].eligible ? members[i].weight : 0;
		for (unsigned i = 0; i < 100; i++) {
			double due = SIZE * members[i].weight / sum;
			CU_ASSERT_TRUE(has[i] <= fmax(due * 1.05, due + 2));
		}
	}
}

/* --- changes ------------------------------------------------------------- */

/* Of the slots that neither were nor are the changed member's: moved, in
 * parts of the table. */
static double
moved_needlessly(int algorithm, unsigned count, unsigned changed,
    unsigned before, unsigned after)
{
	static const unsigned same[] = { 100 };
	unsigned moved = 0;

	make_members(count, same, 1);
	members[changed].weight = (uint16_t)before;
	fill(algorithm, count, SIZE, slots);
	members[changed].weight = (uint16_t)after;
	fill(algorithm, count, SIZE, other);
	for (uint32_t s = 0; s < SIZE; s++)
		moved += slots[s] != other[s] && slots[s] != changed &&
			 other[s] != changed;
	return (double)moved / SIZE;
}

/* clang-format off */
static const struct change {
	const char *what;
	unsigned count, before, after;
	double maglev_max, stable_max;
} changes[] = {
	{ "10, halved",        10, 100,   50, 0.02, 0.02 },
	{ "10, doubled",       10, 100,  200, 0.02, 0.02 },
	{ "10, drained",       10, 100,    0, 0.01, 0.0 },
	{ "10, back",          10,   0,  100, 0.01, 0.0 },
	{ "100, halved",      100, 100,   50, 0.02, 0.02 },
	{ "100, doubled",     100, 100,  200, 0.02, 0.02 },
	{ "100, drained",     100, 100,    0, 0.01, 0.0 },
	{ "1,000, drained",  1000, 100,    0, 0.01, 0.0 },
	{ "1,000, doubled",  1000, 100,  200, 0.03, 0.03 },
};
/* clang-format on */

static void
test_changes(void)
{
	for (size_t i = 0; i < LB_COUNT(changes); i++) {
		const struct change *row = &changes[i];
		double needless[LB_ALGORITHM_COUNT];
		for (int a = 0; a < LB_ALGORITHM_COUNT; a++)
			needless[a] = moved_needlessly(a, row->count,
			    row->count / 3, row->before, row->after);
		UNIT_ROW(row->what, needless[LB_RENDEZVOUS] == 0);
		UNIT_ROW(row->what, needless[LB_MAGLEV] <= row->maglev_max);
		UNIT_ROW(row->what, needless[LB_STABLE] <= row->stable_max);
		UNIT_ROW(row->what, needless[LB_MODULO] > 0.3);
		(void)printf("  %-16s maglev %.3f %%, stable %.3f %%, modulo "
			     "%.0f %%\n",
		    row->what, 100 * needless[LB_MAGLEV],
		    100 * needless[LB_STABLE], 100 * needless[LB_MODULO]);
	}
}

/* --- none ---------------------------------------------------------------- */

/* clang-format off */
static const struct golden {
	int algorithm;
	unsigned count;
	uint64_t digest; /* of the tables before there were weights */
} goldens[] = {
	{ LB_MAGLEV,       7, UINT64_C(0x02425ea96c17062f) },
	{ LB_MAGLEV,      70, UINT64_C(0x4aa428fb54301765) },
	{ LB_MAGLEV,     700, UINT64_C(0x563f0f17c724c221) },
	{ LB_RENDEZVOUS,   7, UINT64_C(0xaa5d3062ece24941) },
	{ LB_RENDEZVOUS,  70, UINT64_C(0x0609081476475f65) },
	{ LB_RENDEZVOUS, 700, UINT64_C(0x44ba0260805b21d8) },
	{ LB_MODULO,       7, UINT64_C(0x03707800722295bd) },
	{ LB_MODULO,      70, UINT64_C(0xfe87ad4ede90b18f) },
	{ LB_MODULO,     700, UINT64_C(0xa9275b50d02e0c3d) },
	{ LB_STABLE,       7, UINT64_C(0x5cf46c39c3ff4f3c) },
	{ LB_STABLE,      70, UINT64_C(0x45409be1c898bcc4) },
	{ LB_STABLE,     700, UINT64_C(0xfb66e000dee0d208) },
};
/* clang-format on */

/* Who weigh the same, whatever it is, are as without weights: to the slot. */
static void
test_unweighted(void)
{
	static const unsigned weights[] = { 1, 37, 100, LB_WEIGHT_MAX };

	for (size_t w = 0; w < LB_COUNT(weights); w++)
		for (size_t i = 0; i < LB_COUNT(goldens); i++) {
			const struct golden *row = &goldens[i];
			make_members(row->count, &weights[w], 1);
			for (unsigned m = 0; m < row->count; m++) {
				members[m].id = (uint16_t)(100 + m);
				members[m].eligible = m % 5 != 3;
			}
			fill(row->algorithm, row->count, SIZE, slots);
			UNIT_EQUAL(algorithms[row->algorithm],
			    lb_siphash(
				lb_hash_key_default, slots, sizeof(slots)),
			    row->digest);
		}
}

static void
test_nobody(void)
{
	static const unsigned none[] = { 0 };

	for (int a = 0; a < LB_ALGORITHM_COUNT; a++) {
		make_members(3, none, 1);
		fill(a, 3, 101, slots);
		for (int s = 0; s < 101; s++)
			CU_ASSERT_EQUAL(slots[s], LB_NONE);
		members[1].weight = 1; /* but he is down */
		members[1].eligible = false;
		fill(a, 3, 101, slots);
		for (int s = 0; s < 101; s++)
			CU_ASSERT_EQUAL(slots[s], LB_NONE);
	}
}

/* Any weights, any health, tables of few slots: nobody gets what is not his,
 * every slot is filled. */
static void
test_any(void)
{
	uint64_t state = 1;

	for (unsigned round = 0; round < 600; round++) {
		static const uint32_t sizes[] = { 1, 2, 7, 101, 1009 };
		unsigned count = 1 + round % 60, weights[60], takers = 0;
		uint32_t size = sizes[round % 5];
		for (unsigned i = 0; i < count; i++) {
			state = state * UINT64_C(6364136223846793005) + 1;
			unsigned drawn = (unsigned)(state >> 40);
			weights[i] = drawn % 3 == 0 ? 0 : drawn % 1001;
		}
		make_members(count, weights, count);
		for (unsigned i = 0; i < count; i++) {
			state = state * UINT64_C(6364136223846793005) + 1;
			members[i].eligible = (state >> 40) % 4 != 0;
			takers += members[i].eligible && weights[i] > 0;
		}
		for (int a = 0; a < LB_ALGORITHM_COUNT; a++) {
			fill(a, count, size, slots);
			for (uint32_t s = 0; s < size; s++) {
				if (takers == 0) {
					CU_ASSERT_EQUAL(slots[s], LB_NONE);
					continue;
				}
				CU_ASSERT_TRUE_FATAL(slots[s] < count);
				CU_ASSERT_TRUE(members[slots[s]].eligible);
				CU_ASSERT_TRUE(weights[slots[s]] > 0);
			}
		}
	}
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "shares by weight", test_shares },
		{ "shares with members down", test_shares_down },
		{ "a weight changes", test_changes },
		{ "no weights, no change", test_unweighted },
		{ "nobody weighs anything", test_nobody },
		{ "any weights", test_any },
		CU_TEST_INFO_NULL,
	};

	return unit_main("lut weights", tests);
}
