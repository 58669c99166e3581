/* SPDX-License-Identifier: MIT */
/* model/path/hash.c: frozen, keyed, and as good as chance. */
#include "model/path/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tests/support/chance.h"
#include "tests/support/frame.h"
#include "tests/unit.h"

/* --- known answers --------------------------------------------------------
 *
 * Reckoned by a Python program that knows RFC 4418's NH and the finish from
 * hash.h's words alone.  They change only when the hash is changed on purpose:
 * then every instance that shares a key must change with it.
 */

/* The key: SplitMix64 from 1. */
static const struct lb_hash_key known_key = {
	.nh = { 0x89025cc1, 0x910a2dec, 0x658eec67, 0xbeeb8da1, 0xfb32555e,
	    0xf893a2ee, 0xee42c90b, 0x71c18690, 0xd101b5b9, 0x71bb54d8,
	    0x90150280, 0xc34d0bff },
	.end = { 0xe099ec6cd7363ca5, 0x85e7bb0f12278575 },
};

#define ONES4 FRAME_V4(255, 255, 255, 255)
#define ONES6                                                                  \
	FRAME_V6(0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff)
#define CLIENT4 FRAME_V4(198, 51, 100, 7)
#define SERVER4 FRAME_V4(203, 0, 113, 10)
#define CLIENT6 FRAME_V6(0x2001, 0xdb8, 0xc, 0, 0, 0, 0, 7)
#define SERVER6 FRAME_V6(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, 0x10)

/* clang-format off */
static const struct known_row {
	struct lb_addr src, dst;
	uint16_t sport, dport;
	uint8_t proto;
	bool six;
	uint64_t expect_flow, expect_affinity;
} known[] = {
	{ FRAME_V4(0, 0, 0, 0), FRAME_V4(0, 0, 0, 0), 0, 0, 0, false,
	  0x278be03469b29648, 0x2d728a695652ad10 },
	{ CLIENT4, SERVER4, 40000, 80, 6, false,
	  0x1d3e6a77faf7beae, 0x84b5aadedb8a1330 },
	{ CLIENT4, SERVER4, 40001, 80, 6, false,
	  0x63ce585a39040cec, 0x803fe053c1aacd7d },
	{ CLIENT4, SERVER4, 40000, 80, 17, false,
	  0xcc88bdc774c18b72, 0x8a6b0b052ea41b94 },
	{ SERVER4, CLIENT4, 80, 40000, 6, false,
	  0x4ec97d9063c1379c, 0xe071f099fe05676c },
	{ ONES4, ONES4, 65535, 65535, 255, false,
	  0xee1c954bab1658f4, 0xbb6d9eaae0a3daaa },
	{ { { 0, 0 } }, { { 0, 0 } }, 0, 0, 0, true,
	  0xc72be37a47b25f1f, 0xcdbbbc6fb60727da },
	{ CLIENT6, SERVER6, 40000, 80, 6, true,
	  0x659927a39c39a4f9, 0x6e6540389ef51846 },
	{ CLIENT6, SERVER6, 40000, 80, 17, true,
	  0xa865fb13c60471c3, 0xbb0fedb6e6572dc6 },
	{ SERVER6, CLIENT6, 80, 40000, 6, true,
	  0x2c15b549a9a89ca2, 0x5ec78a16f2467ab2 },
	{ CLIENT4, SERVER4, 40000, 80, 6, true,
	  0x618c361d64636466, 0xe56edb683e815dd4 },
	{ ONES6, ONES6, 65535, 65535, 255, true,
	  0x20bb162769b9fc55, 0xdd56addddc514106 },
};
/* clang-format on */

/* A flow as the hash takes it; IPv4 uses addr[0] alone. */
struct flow {
	uint64_t addr[4], ports_proto;
	bool six;
};

static uint64_t
hash_of(
    const struct lb_hash_key *key, enum lb_hash_use use, const struct flow *f)
{
	return f->six ? lb_hash6(key, use, f->addr, f->ports_proto)
		      : lb_hash4(key, use, f->addr[0], f->ports_proto);
}

static void
test_known(void)
{
	for (size_t i = 0; i < LB_COUNT(known); i++) {
		const struct known_row *row = &known[i];
		struct flow f = { .six = row->six };
		f.ports_proto = lb_be16_of(row->sport).raw |
				(uint64_t)lb_be16_of(row->dport).raw << 16 |
				(uint64_t)row->proto << 32;
		f.addr[0] = row->six
				? row->src.word[0]
				: lb_addr_v4_raw(&row->src) |
				      (uint64_t)lb_addr_v4_raw(&row->dst) << 32;
		f.addr[1] = row->src.word[1];
		f.addr[2] = row->dst.word[0];
		f.addr[3] = row->dst.word[1];
		CU_ASSERT_EQUAL(
		    hash_of(&known_key, LB_HASH_FLOW, &f), row->expect_flow);
		CU_ASSERT_EQUAL(hash_of(&known_key, LB_HASH_AFFINITY, &f),
		    row->expect_affinity);
	}
}

/* --- the same, another way ------------------------------------------------
 *
 * From 32-bit words, with schoolbook products of 16-bit digits.
 */

static uint64_t
product(uint32_t a, uint32_t b)
{
	uint64_t low = a & 0xffff, high = a >> 16;
	return low * (b & 0xffff) + (low * (b >> 16) << 16) +
	       (high * (b & 0xffff) << 16) + (high * (b >> 16) << 32);
}

static uint64_t
times(uint64_t a, uint64_t b)
{
	uint64_t sum = 0;
	for (unsigned bit = 0; bit < 64; bit++)
		if ((b >> bit & 1) != 0)
			sum += a << bit;
	return sum;
}

/* words: in the order in which the key's are used up. */
static uint64_t
reference(const struct lb_hash_key *key, enum lb_hash_use use,
    const uint32_t *words, unsigned count)
{
	uint64_t h = key->end[use];
	for (unsigned i = 0; i < count; i += 2)
		h += product(
		    words[i] + key->nh[i], words[i + 1] + key->nh[i + 1]);
	h ^= h >> 32;
	h = times(h, UINT64_C(0xd6e8feb86659fd93));
	h ^= h >> 29;
	h = times(h, UINT64_C(0x9e3779b97f4a7c15));
	return h ^ h >> 32;
}

static void
random_key(struct chance *c, struct lb_hash_key *key)
{
	for (unsigned i = 0; i < LB_COUNT(key->nh); i++)
		key->nh[i] = (uint32_t)chance_next(c);
	for (unsigned i = 0; i < LB_COUNT(key->end); i++)
		key->end[i] = chance_next(c);
}

static void
random_flow(struct chance *c, bool six, struct flow *f)
{
	f->six = six;
	for (unsigned i = 0; i < 4; i++)
		f->addr[i] = chance_next(c);
	f->ports_proto = chance_next(c) >> 24;
}

static void
test_reference(void)
{
	struct chance c = { 1 };
	for (unsigned n = 0; n < 20000; n++) {
		struct lb_hash_key key;
		struct flow f = { .six = false };
		uint32_t words[10];
		const uint64_t *order[] = { &f.addr[0], &f.ports_proto,
			&f.addr[1], &f.addr[2], &f.addr[3] };
		enum lb_hash_use use =
		    n % 4 < 2 ? LB_HASH_FLOW : LB_HASH_AFFINITY;
		random_key(&c, &key);
		random_flow(&c, n % 2 != 0, &f);
		for (unsigned i = 0; i < 5; i++)
			memcpy(&words[2 * i], order[i], 8);
		CU_ASSERT_EQUAL(hash_of(&key, use, &f),
		    reference(&key, use, words, f.six ? 10 : 4));
	}
}

/* --- avalanche ------------------------------------------------------------ */

#define TRIALS 2048u
/* Six standard deviations of a binomial of 2048 halves: of the 50,000 counts
 * below, chance alone would break this once in 10,000 seeds. */
#define FLIPS_OFF 136u

enum kind { RANDOM_KEYS, ONE_KEY, NEAR_FLOWS };

/* Flips one input bit of many flows; counts how often each output bit flips.
 */
static void
walk_bit(enum kind kind, bool six, unsigned bit)
{
	unsigned flips[2][64] = { { 0 } };
	struct chance c = { 77 + bit };
	struct lb_hash_key key = known_key;
	struct flow f;
	const unsigned addr_bits = six ? 256 : 64;
	random_flow(&c, six, &f);
	for (unsigned n = 0; n < TRIALS; n++) {
		if (kind != ONE_KEY)
			random_key(&c, &key);
		if (kind == NEAR_FLOWS)
			f.ports_proto = UINT64_C(0x600500000) + n;
		else
			random_flow(&c, six, &f);
		struct flow g = f;
		if (bit < addr_bits)
			g.addr[bit / 64] ^= UINT64_C(1) << bit % 64;
		else
			g.ports_proto ^= UINT64_C(1) << (bit - addr_bits);
		for (unsigned use = 0; use < 2; use++) {
			uint64_t x = hash_of(&key, (enum lb_hash_use)use, &f) ^
				     hash_of(&key, (enum lb_hash_use)use, &g);
			for (unsigned out = 0; out < 64; out++)
				flips[use][out] += (unsigned)(x >> out) & 1;
		}
	}
	for (unsigned out = 0; out < 128; out++) {
		unsigned n = flips[out / 64][out % 64];
		if (n < TRIALS / 2 - FLIPS_OFF || n > TRIALS / 2 + FLIPS_OFF)
			(void)fprintf(stderr,
			    "  six %d, kind %u, bit %u, out %u: %u of %u\n",
			    six, (unsigned)kind, bit, out, n, TRIALS);
		CU_ASSERT(
		    n >= TRIALS / 2 - FLIPS_OFF && n <= TRIALS / 2 + FLIPS_OFF);
	}
}

static void
test_avalanche(void)
{
	for (unsigned six = 0; six < 2; six++)
		for (unsigned bit = 0; bit < (six ? 256 : 64) + 40; bit++)
			for (unsigned kind = 0; kind < 3; kind++)
				walk_bit((enum kind)kind, six != 0, bit);
}

/* Each bit of the key counts, where it is used: half of the answer changes. */
static void
test_key_bits(void)
{
	struct chance c = { 5 };
	for (unsigned bit = 0; bit < 10 * 32 + 64; bit++) {
		for (unsigned six = 0; six < 2; six++) {
			unsigned flipped = 0;
			bool used = six || bit < 4 * 32 || bit >= 10 * 32;
			for (unsigned n = 0; n < 64; n++) {
				struct lb_hash_key a, b;
				struct flow f;
				random_key(&c, &a);
				random_flow(&c, six != 0, &f);
				b = a;
				if (bit < 10 * 32)
					b.nh[bit / 32] ^= 1u << bit % 32;
				else
					b.end[0] ^= UINT64_C(1)
						    << (bit - 10 * 32);
				flipped += (unsigned)__builtin_popcountll(
				    hash_of(&a, LB_HASH_FLOW, &f) ^
				    hash_of(&b, LB_HASH_FLOW, &f));
			}
			/* of 4,096 bits; six deviations */
			if (used)
				CU_ASSERT(flipped > 2048 - 192 &&
					  flipped < 2048 + 192);
			if (!used)
				CU_ASSERT_EQUAL(flipped, 0);
		}
	}
}

/* --- evenness ------------------------------------------------------------- */

#define FLOWS 65536u
#define CELLS 1024u

/* Flows as they come: one thing counts up, the rest stays. */
enum series {
	SOURCE_PORTS,
	PORTS_BOTH,      /* 256 by 256 */
	PORTS_AS_LOADED, /* the wire's order, so that the high byte counts */
	SOURCES,
	SOURCES_AS_LOADED,
	DESTINATIONS,
	SOURCES_AND_PORTS, /* 256 by 256 */
	STRIDES, /* 16 bits of the source, from bit i up: 16 of them */
	SERIES = STRIDES + 16
};

static void
flow_of(unsigned series, uint32_t i, bool six, struct flow *f)
{
	uint64_t *src = &f->addr[six ? 1 : 0];
	uint64_t *dst = &f->addr[six ? 3 : 0];
	memset(f, 0, sizeof(*f));
	f->six = six;
	f->addr[0] = six ? 0xb80d0120 : 0x0700a8c00864a8c0;
	f->ports_proto = UINT64_C(0x6) << 32 | 0x5000u << 16 | 0x409c;
	if (series == SOURCE_PORTS)
		f->ports_proto ^= i;
	else if (series == PORTS_AS_LOADED)
		f->ports_proto ^= __builtin_bswap16((uint16_t)i);
	else if (series == PORTS_BOTH)
		f->ports_proto ^= (i & 0xff) | (i >> 8) << 16;
	else if (series == SOURCES)
		*src ^= i;
	else if (series == SOURCES_AS_LOADED)
		*src ^= (uint64_t)__builtin_bswap16((uint16_t)i) << 16;
	else if (series == DESTINATIONS)
		*dst ^= (uint64_t)i << 48;
	else if (series == SOURCES_AND_PORTS) {
		*src ^= (uint64_t)(i & 0xff) << 24;
		f->ports_proto ^= i >> 8;
	} else
		*src ^= (uint64_t)i << (series - STRIDES);
}

/* How many standard deviations a chi-square is above what chance gives. */
static double
above_chance(const unsigned *counts, unsigned cells)
{
	double expect = (double)FLOWS / cells, sum = 0;
	for (unsigned i = 0; i < cells; i++)
		sum += (counts[i] - expect) * (counts[i] - expect) / expect;
	return (sum - (cells - 1)) / sqrt(2.0 * (cells - 1));
}

/* The parts of an answer that decide something, in CELLS cells each. */
enum part {
	BUCKET,      /* low bits, as a mask takes them */
	BUCKET_HIGH, /* the bucket's high bits in a table of 2^20 */
	TAG,
	TAG_HIGH,
	SLOT,
	BUCKET_AND_TAG,  /* 32 by 32 */
	BUCKET_AND_SLOT, /* 32 by 32: the two uses */
	TAG_AND_SLOT,
	PARTS
};

static unsigned
cell_of(enum part part, uint64_t flow, uint64_t affinity)
{
	switch (part) {
	case BUCKET:
		return (unsigned)flow % CELLS;
	case BUCKET_HIGH:
		return (unsigned)(flow >> 10) % CELLS;
	case TAG:
		return lb_hash_tag(flow) % CELLS;
	case TAG_HIGH:
		return lb_hash_tag(flow) >> 22;
	case SLOT:
		return lb_hash_slot(affinity, CELLS);
	case BUCKET_AND_TAG:
		return (unsigned)(flow % 32) << 5 | lb_hash_tag(flow) >> 27;
	case BUCKET_AND_SLOT:
		return (unsigned)(flow % 32) << 5 | lb_hash_slot(affinity, 32);
	default:
		return lb_hash_tag(flow) >> 27 << 5 |
		       lb_hash_slot(affinity, 32);
	}
}

static void
walk_series(const struct lb_hash_key *key, unsigned series, bool six)
{
	static unsigned counts[PARTS][CELLS];
	memset(counts, 0, sizeof(counts));
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct flow f;
		flow_of(series, i, six, &f);
		uint64_t flow = hash_of(key, LB_HASH_FLOW, &f);
		uint64_t affinity = hash_of(key, LB_HASH_AFFINITY, &f);
		for (unsigned p = 0; p < PARTS; p++)
			counts[p][cell_of((enum part)p, flow, affinity)]++;
	}
	for (unsigned p = 0; p < PARTS; p++) {
		double above = above_chance(counts[p], CELLS);
		if (above > 6)
			(void)fprintf(stderr,
			    "  series %u, six %d, part %u: %.1f\n", series, six,
			    p, above);
		CU_ASSERT(above < 6);
	}
}

static void
test_even(void)
{
	struct chance c = { 4 };
	for (unsigned k = 0; k < 3; k++) {
		struct lb_hash_key key;
		random_key(&c, &key);
		for (unsigned series = 0; series < SERIES; series++) {
			walk_series(&key, series, false);
			walk_series(&key, series, true);
		}
	}
}

/* Tables of a prime number of slots: every slot is as likely. */
static void
test_slots(void)
{
	static unsigned counts[1009];
	struct chance c = { 9 };
	struct lb_hash_key key;
	random_key(&c, &key);
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct flow f;
		flow_of(SOURCES_AS_LOADED, i, false, &f);
		counts[lb_hash_slot(
		    hash_of(&key, LB_HASH_AFFINITY, &f), LB_COUNT(counts))]++;
	}
	CU_ASSERT(above_chance(counts, LB_COUNT(counts)) < 6);
	CU_ASSERT_EQUAL(lb_hash_slot(0, 65537), 0);
	CU_ASSERT_EQUAL(lb_hash_slot(UINT64_MAX, 65537), 65536);
	CU_ASSERT_EQUAL(lb_hash_slot(UINT64_MAX, 1), 0);
	CU_ASSERT_EQUAL(lb_hash_slot(UINT64_MAX, 1u << 20), (1u << 20) - 1);
	CU_ASSERT_EQUAL(lb_hash_slot(UINT32_MAX, 1u << 20), 0);
}

/* --- independence --------------------------------------------------------- */

/* No bit of one use says anything about a bit of the other. */
static void
test_uses_independent(void)
{
	static unsigned same[64][64];
	const unsigned flows = 8192;
	struct chance c = { 11 };
	struct lb_hash_key key;
	random_key(&c, &key);
	for (uint32_t i = 0; i < flows; i++) {
		struct flow f;
		flow_of(SOURCE_PORTS, i, false, &f);
		uint64_t a = hash_of(&key, LB_HASH_FLOW, &f);
		uint64_t b = hash_of(&key, LB_HASH_AFFINITY, &f);
		for (unsigned x = 0; x < 64; x++)
			for (unsigned y = 0; y < 64; y++)
				same[x][y] += (a >> x & 1) == (b >> y & 1);
	}
	/* six deviations of 8,192 halves: 271 */
	for (unsigned x = 0; x < 64; x++)
		for (unsigned y = 0; y < 64; y++)
			CU_ASSERT(same[x][y] > flows / 2 - 272 &&
				  same[x][y] < flows / 2 + 272);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* A million neighbours: none the same in all 64 bits. */
static void
test_no_collision(void)
{
	const size_t count = 1u << 20;
	uint64_t *all = malloc(count * sizeof(*all));
	for (unsigned six = 0; six < 2; six++) {
		for (size_t i = 0; i < count; i++) {
			struct flow f;
			flow_of(SOURCES_AND_PORTS, (uint32_t)i & 0xffff,
			    six != 0, &f);
			f.addr[six ? 3 : 0] ^= (uint64_t)(i >> 16) << 60;
			all[i] = hash_of(&known_key, LB_HASH_FLOW, &f);
		}
		qsort(all, count, sizeof(*all), by_value);
		size_t collisions = 0;
		for (size_t i = 1; i < count; i++)
			collisions += all[i] == all[i - 1];
		CU_ASSERT_EQUAL(collisions, 0);
	}
	free(all);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "known answers", test_known },
		{ "reckoned another way", test_reference },
		{ "avalanche", test_avalanche },
		{ "every bit of the key", test_key_bits },
		{ "evenness", test_even },
		{ "slots", test_slots },
		{ "the two uses are independent", test_uses_independent },
		{ "no collision", test_no_collision },
		CU_TEST_INFO_NULL,
	};
	return unit_main("hash", tests);
}
