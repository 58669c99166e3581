/* SPDX-License-Identifier: MIT */
/* Lookup tables: how even, how long to build, and how many slots of members
 * that are still there move when one goes; maglev and stable also with others
 * down already (doc/decisions.md 18). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/lut/hash_key.h"
#include "model/lut/lut.h"
#include "model/config/names.h"
#include "tests/bench/bench.h"
#include "tests/support/chance.h"

#define SIZE        65537u
#define ROUNDS      7u
#define MEMBERS_MAX 1000u
#define SEEDS       20u

static double
now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* members: who is up. */
static double
peak_to_average(const uint16_t *slots, unsigned members)
{
	static unsigned count[MEMBERS_MAX];
	unsigned most = 0;
	memset(count, 0, sizeof(count));
	for (uint32_t i = 0; i < SIZE; i++)
		if (++count[slots[i]] > most)
			most = count[slots[i]];
	return (double)most * members / SIZE;
}

/* Slots whose old member is still there, and which moved all the same. */
static double
needless(const uint16_t *before, const uint16_t *after, unsigned gone)
{
	uint32_t moved = 0;
	for (uint32_t i = 0; i < SIZE; i++)
		moved += before[i] != gone && before[i] != after[i];
	return 100.0 * moved / SIZE;
}

static char names[MEMBERS_MAX][16];
static struct lb_lut_member members[MEMBERS_MAX];

/* backend-1 .., ids 0 .., all up. */
static void
make_members(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "backend-%u", i + 1);
		members[i] = (struct lb_lut_member){ names[i], (uint16_t)i,
			true, LB_WEIGHT_DEFAULT };
	}
}

/* Fills, and returns how long it took in ms; without memory forever. */
static double
fill_ms(enum lb_algorithm algorithm, unsigned count, const uint8_t *key,
    uint16_t *slots)
{
	const struct lb_lut_shape shape = { algorithm, SIZE, key };
	double from = now_ms();

	return lb_lut_fill(&shape, members, count, slots) == 0 ? now_ms() - from
							       : HUGE_VAL;
}

static void
one(enum lb_algorithm algorithm, unsigned count)
{
	static uint16_t before[SIZE], after[SIZE];
	const uint8_t *key = lb_hash_key_default;
	char name[64];
	double least = HUGE_VAL;

	make_members(count);
	unsigned rounds =
	    algorithm == LB_RENDEZVOUS && count > 100 ? 1 : ROUNDS;
	for (unsigned i = 0; i < rounds; i++)
		least = fmin(least, fill_ms(algorithm, count, key, before));
	unsigned gone = count / 2;
	members[gone].eligible = false;
	if (isinf(least) || isinf(fill_ms(algorithm, count, key, after)))
		return;
	bool headline = algorithm == LB_MAGLEV && count == 1000;
	enum bench_goal goal =
	    headline || (algorithm == LB_STABLE && count == 1000)
		? BENCH_AT_MOST
		: BENCH_NO_GOAL;
	const char *text = lb_algorithm_name(algorithm);
	(void)snprintf(
	    name, sizeof(name), "lookup_build_%s_%u_ms", text, count);
	bench_say(headline ? "lookup_build_ms" : name, least, "ms", goal, 2);
	(void)snprintf(
	    name, sizeof(name), "lookup_peak_to_average_%s_%u", text, count);
	bench_say(headline ? "lookup_peak_to_average" : name,
	    peak_to_average(before, count), "x", goal, 1.02);
	(void)snprintf(
	    name, sizeof(name), "lookup_moved_needlessly_%s_%u", text, count);
	bench_say(name, needless(before, after, gone), "%", BENCH_NO_GOAL, 0);
}

/* --- with others down ---------------------------------------------------- */

/* Of SEEDS keys and sets of members that are down. */
struct calm {
	double at_once;     /* %, mean: all of them go at once */
	double mean, worst; /* %: one more goes */
	double peak;        /* the most */
	double ms;          /* to fill with them down, the least */
};

static unsigned
draw_up(struct chance *chance, unsigned count)
{
	unsigned member;

	do
		member = chance_below(chance, count);
	while (!members[member].eligible);
	return member;
}

/* Slots that differ and whose old member is still up. */
static double
moved_from_up(const uint16_t *before, const uint16_t *after)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < SIZE; i++)
		moved += before[i] != after[i] && members[before[i]].eligible;
	return 100.0 * moved / SIZE;
}

/* Returns false without memory. */
static bool
add_seed(enum lb_algorithm algorithm, unsigned count, unsigned down,
    uint64_t seed, struct calm *calm)
{
	static uint16_t base[SIZE], before[SIZE], after[SIZE];
	struct chance chance = { seed };
	uint8_t key[16];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)chance_next(&chance);
	make_members(count);
	if (isinf(fill_ms(algorithm, count, key, base)))
		return false;
	for (unsigned i = 0; i < down; i++)
		members[draw_up(&chance, count)].eligible = false;
	double ms = fill_ms(algorithm, count, key, before);
	if (isinf(ms))
		return false;
	calm->ms = fmin(calm->ms, ms);
	calm->at_once += moved_from_up(base, before) / SEEDS;
	calm->peak = fmax(calm->peak, peak_to_average(before, count - down));
	members[draw_up(&chance, count)].eligible = false;
	if (isinf(fill_ms(algorithm, count, key, after)))
		return false;
	double moved = moved_from_up(before, after);
	calm->mean += moved / SEEDS;
	calm->worst = fmax(calm->worst, moved);
	return true;
}

static void
with_down(enum lb_algorithm algorithm, unsigned count, unsigned down)
{
	struct calm calm = { .ms = HUGE_VAL };
	enum bench_goal goal =
	    algorithm == LB_STABLE ? BENCH_AT_MOST : BENCH_NO_GOAL;
	char name[64];

	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		if (!add_seed(algorithm, count, down, seed, &calm))
			return;
	const struct {
		const char *what, *unit;
		double value;
		enum bench_goal goal;
		double at_most;
	} rows[] = {
		{ "at_once", "%", calm.at_once, goal, 0 },
		{ "one_more", "%", calm.mean, goal, 0.1 },
		{ "one_more_worst", "%", calm.worst, goal, 0.1 },
		{ "peak", "x", calm.peak, goal, 1.05 },
		{ "fill", "ms", calm.ms, BENCH_NO_GOAL, 0 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		(void)snprintf(name, sizeof(name), "lookup_%s_%u_%u_down_%s",
		    lb_algorithm_name(algorithm), count, down, rows[i].what);
		bench_say(name, rows[i].value, rows[i].unit, rows[i].goal,
		    rows[i].at_most);
	}
}

static void
further_failures(void)
{
	static const unsigned counts[] = { 10, 100, 1000 };
	static const unsigned percents[] = { 0, 1, 5, 10, 20 };

	bench_heading("lookup tables with members down: of slots whose member "
		      "stays up, % that move as they go at once, and when one "
		      "more goes");
	for (size_t i = 0; i < LB_COUNT(counts); i++) {
		for (size_t p = 0; p < LB_COUNT(percents); p++) {
			unsigned down = counts[i] * percents[p] / 100;
			if (down == 0 && percents[p] > 0)
				continue;
			with_down(LB_MAGLEV, counts[i], down);
			with_down(LB_STABLE, counts[i], down);
		}
	}
}

int
bench_lookup(void)
{
	static const unsigned counts[] = { 2, 10, 100, 1000 };
	for (int algorithm = 0; algorithm < LB_ALGORITHM_COUNT; algorithm++)
		for (size_t i = 0; i < LB_COUNT(counts); i++)
			one((enum lb_algorithm)algorithm, counts[i]);
	further_failures();
	return 0;
}
