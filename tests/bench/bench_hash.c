/* SPDX-License-Identifier: MIT */
/*
 * What does an attacker gain who knows everything but the key, chooses flows
 * and sees the members' shares?  He looks for a difference D such that a flow
 * and its neighbour at distance D meet the same member more often than one
 * time in n: then what he learned about some flows tells about others.
 *
 * For many keys and structured differences: the share of pairs that meet,
 * as a z score; the largest of all.  An ideal hash gives about the largest of
 * as many normal draws.  A hash that is linear, or no key at all, shows what
 * the test does with a bad one.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model/lut/hash_key.h"
#include "tests/bench/bench.h"

#define KEYS    64u
#define FLOWS   8192u
#define MEMBERS 4u

struct flow {
	uint64_t src_dst, w1;
};

typedef uint64_t hash_fn(const uint8_t key[16],
    const struct lb_hash_key *schedule, const struct flow *f);

static uint64_t
ours(const uint8_t key[16], const struct lb_hash_key *schedule,
    const struct flow *f)
{
	(void)key;
	return lb_hash4(schedule, LB_HASH_AFFINITY, f->src_dst, f->w1);
}

static uint64_t
siphash(const uint8_t key[16], const struct lb_hash_key *schedule,
    const struct flow *f)
{
	(void)schedule;
	return lb_siphash(key, f, sizeof(*f));
}

/* The control: keyed, but only at the ends. */
static uint64_t
linear(const uint8_t key[16], const struct lb_hash_key *schedule,
    const struct flow *f)
{
	(void)key;
	return (f->src_dst * UINT64_C(0x9e3779b97f4a7c15) +
		   f->w1 * UINT64_C(0xd6e8feb86659fd93)) ^
	       schedule->end[0];
}

static struct flow
flow_of(uint32_t i)
{
	uint64_t src = __builtin_bswap32(0x0a000000u + i / 64);
	uint64_t port = __builtin_bswap16((uint16_t)(1024 + i % 64 * 401));
	return (struct flow){ src | UINT64_C(0x0a7100cb) << 32,
		port | UINT64_C(0x3316) << 16 | UINT64_C(17) << 32 };
}

/* Difference d: bit d of the source address, the port, or both. */
static struct flow
neighbour(struct flow f, unsigned d)
{
	if (d < 32)
		f.src_dst ^= UINT64_C(1) << d;
	else if (d < 48)
		f.w1 ^= UINT64_C(1) << (d - 32);
	else {
		f.w1 ^= UINT64_C(1) << (d - 48);
		f.src_dst ^= UINT64_C(1) << (d - 48 + 8);
	}
	return f;
}

static unsigned
member(uint64_t hash)
{
	return lb_hash_slot(hash, 65537) % MEMBERS;
}

static double
largest_z(hash_fn *hash)
{
	double most = 0;
	for (unsigned k = 0; k < KEYS; k++) {
		uint8_t key[16] = { (uint8_t)k, 0x5a };
		struct lb_hash_key schedule;
		lb_hash_key_make(key, &schedule);
		for (unsigned d = 0; d < 64; d++) {
			unsigned meet = 0;
			for (uint32_t i = 0; i < FLOWS; i++) {
				struct flow f = flow_of(i);
				struct flow g = neighbour(f, d);
				meet += member(hash(key, &schedule, &f)) ==
					member(hash(key, &schedule, &g));
			}
			double p = 1.0 / MEMBERS;
			double z =
			    fabs(meet - FLOWS * p) / sqrt(FLOWS * p * (1 - p));
			if (z > most)
				most = z;
		}
	}
	return most;
}

static double
native_ns(hash_fn *hash)
{
	struct lb_hash_key schedule;
	struct timespec from, to;
	uint64_t sum = 0;
	lb_hash_key_make(lb_hash_key_default, &schedule);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint32_t i = 0; i < 1000000; i++) {
		struct flow f = flow_of(i ^ (uint32_t)(sum & 1));
		sum += hash(lb_hash_key_default, &schedule, &f);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	return ((double)(to.tv_sec - from.tv_sec) * 1e9 +
		   (double)(to.tv_nsec - from.tv_nsec)) /
	       1e6;
}

int
bench_hash(void)
{
	/* The largest of 4,096 |normal| draws is about 3.7; where both ends of
	 * a pair are among the flows it counts twice, which makes that 5.2. */
	bench_say("hash_attack_z", largest_z(ours), "sd", BENCH_AT_MOST, 5.2);
	bench_say("hash_attack_z_siphash24", largest_z(siphash), "sd",
	    BENCH_NO_GOAL, 0);
	bench_say("hash_attack_z_linear_control", largest_z(linear), "sd",
	    BENCH_NO_GOAL, 0);
	double one = native_ns(ours);
	bench_say("hash_native_ns", one, "ns", BENCH_NO_GOAL, 0);
	bench_say("hash_siphash24_vs_ours", native_ns(siphash) / one, "x",
	    BENCH_NO_GOAL, 0);
	return 0;
}
