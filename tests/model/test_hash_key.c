/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "model/lut/hash_key.h"
#include "tests/unit.h"

/* Aumasson and Bernstein's vectors: key 00 01 .. 0f, input 00 01 .. n-1;
 * n = 15 is the paper's own example. */
static const uint64_t published[] = {
	0x726fdb47dd0e0e31,
	0x74f839c593dc67fd,
	0x0d6c8009d9a94f5a,
	0x85676696d7fb7e2d,
	0xcf2794e0277187b7,
	0x18765564cd99a68d,
	0xcbc9466e58fee3ce,
	0xab0200f58b01d137,
	0x93f5f5799a932462,
	0x9e0082df0ba9e4b0,
	0x7a5dbbc594ddb9f3,
	0xf4b32f46226bada7,
	0x751e8fbc860ee5fb,
	0x14ea5627c0843d90,
	0xf723ca908e7af2ee,
	0xa129ca6149be45e5,
	0x3f2acc7f57c29bdb,
};
#define LONGEST      63
#define LONGEST_HASH UINT64_C(0x958a324ceb064572)

static void
test_siphash(void)
{
	uint8_t key[16], input[LONGEST];

	for (size_t i = 0; i < sizeof(input); i++) {
		input[i] = (uint8_t)i;
		if (i < sizeof(key))
			key[i] = (uint8_t)i;
	}
	for (size_t n = 0; n < LB_COUNT(published); n++)
		CU_ASSERT_EQUAL(lb_siphash(key, input, n), published[n]);
	CU_ASSERT_EQUAL(lb_siphash(key, input, LONGEST), LONGEST_HASH);
}

/* Input need not be aligned, and only `bytes` of it are read. */
static void
test_siphash_anywhere(void)
{
	static const char text[] = "fairlead";
	uint8_t key[16] = { 0 }, memory[64];

	for (size_t at = 0; at < 8; at++) {
		memset(memory, (int)at, sizeof(memory));
		memcpy(memory + at, text, sizeof(text));
		CU_ASSERT_EQUAL(lb_siphash(key, memory + at, sizeof(text)),
		    lb_siphash(key, text, sizeof(text)));
	}
}

static void
test_schedule(void)
{
	const uint8_t key[16] = "0123456789abcdef";
	uint8_t text[14] = "fairlead hash";
	struct lb_hash_key schedule, again;
	uint64_t words[8];

	lb_hash_key_make(key, &schedule);
	memcpy(words, &schedule, sizeof(words));
	for (uint8_t i = 0; i < 8; i++) {
		text[13] = i;
		CU_ASSERT_EQUAL(words[i], lb_siphash(key, text, 14));
	}
	lb_hash_key_make(key, &again);
	CU_ASSERT_EQUAL(memcmp(&schedule, &again, sizeof(schedule)), 0);
	lb_hash_key_make(lb_hash_key_default, &again);
	CU_ASSERT_NOT_EQUAL(memcmp(&schedule, &again, sizeof(schedule)), 0);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "SipHash-2-4, published vectors", test_siphash },
		{ "input anywhere", test_siphash_anywhere },
		{ "schedule", test_schedule },
		CU_TEST_INFO_NULL,
	};

	return unit_main("hash_key", tests);
}
