/* SPDX-License-Identifier: MIT */
/* Lookup tables: how even, how long to build, and how many slots of members
 * that are still there move when one goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/hash_key.h"
#include "model/lut.h"
#include "model/names.h"
#include "tests/bench/bench.h"

#define SIZE        65537u
#define ROUNDS      7u
#define MEMBERS_MAX 1000u

static double
now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

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

static void
one(enum lb_algorithm algorithm, unsigned count)
{
	static uint16_t before[SIZE], after[SIZE];
	static char names[MEMBERS_MAX][16];
	static struct lb_lut_member members[MEMBERS_MAX];
	char name[64];
	double least = 1e9;
	const struct lb_lut_shape shape = { .algorithm = algorithm,
		.hash_key = lb_hash_key_default,
		.size = SIZE };
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "backend-%u", i + 1);
		members[i] =
		    (struct lb_lut_member){ names[i], (uint16_t)i, true };
	}
	unsigned rounds =
	    algorithm == LB_RENDEZVOUS && count > 100 ? 1 : ROUNDS;
	for (unsigned i = 0; i < rounds; i++) {
		double from = now_ms();
		if (lb_lut_fill(&shape, members, count, before) != 0)
			return;
		if (now_ms() - from < least)
			least = now_ms() - from;
	}
	unsigned gone = count / 2;
	members[gone].eligible = false;
	if (lb_lut_fill(&shape, members, count, after) != 0)
		return;
	bool headline = algorithm == LB_MAGLEV && count == 1000;
	const char *text = lb_algorithm_name(algorithm);
	(void)snprintf(
	    name, sizeof(name), "lookup_build_%s_%u_ms", text, count);
	bench_say(headline ? "lookup_build_ms" : name, least, "ms",
	    headline ? BENCH_AT_MOST : BENCH_NO_GOAL, 2);
	(void)snprintf(
	    name, sizeof(name), "lookup_peak_to_average_%s_%u", text, count);
	bench_say(headline ? "lookup_peak_to_average" : name,
	    peak_to_average(before, count), "x",
	    headline ? BENCH_AT_MOST : BENCH_NO_GOAL, 1.02);
	(void)snprintf(
	    name, sizeof(name), "lookup_moved_needlessly_%s_%u", text, count);
	bench_say(name, needless(before, after, gone), "%", BENCH_NO_GOAL, 0);
}

int
bench_lookup(void)
{
	static const unsigned counts[] = { 2, 10, 100, 1000 };
	for (int algorithm = 0; algorithm < LB_ALGORITHM_COUNT; algorithm++)
		for (size_t i = 0; i < LB_COUNT(counts); i++)
			one((enum lb_algorithm)algorithm, counts[i]);
	return 0;
}
