/* SPDX-License-Identifier: MIT */
/* Random123's known answers, and that an address is all that counts. */
#include <stdbool.h>
#include <string.h>

#include "sim/events/philox.h"
#include "tests/unit.h"

static void
known_answers(void)
{
	static const struct {
		const char *row;
		uint32_t counter[4], key[2], out[4];
	} rows[] = {
		{ "zeros", { 0, 0, 0, 0 }, { 0, 0 },
		    { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
		{ "ones", { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u },
		    { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
		{ "pi", { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
		    { 0xa4093822, 0x299f31d0 },
		    { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t out[4];
		sim_philox(rows[i].counter, rows[i].key, out);
		UNIT_ROW(rows[i].row, memcmp(out, rows[i].out, 16) == 0);
	}
}

static void
every_part_of_an_address_counts(void)
{
	static const struct {
		uint64_t seed;
		uint32_t entity;
		uint64_t n;
	} rows[] = { { 1, 0, 0 }, { 2, 0, 0 }, { UINT64_C(1) << 32, 0, 0 },
		{ 1, 1, 0 }, { 1, 0, 1 }, { 1, 0, UINT64_C(1) << 32 } };
	uint32_t out[sizeof(rows) / sizeof(rows[0])][4], again[4];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sim_draw(rows[i].seed, SIM_DRAW_HASH_KEY, rows[i].entity,
		    rows[i].n, out[i]);
		for (size_t j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(memcmp(out[i], out[j], 16), 0);
	}
	sim_draw(1, SIM_DRAW_HASH_KEY, 0, 0, again);
	CU_ASSERT_EQUAL(memcmp(again, out[0], 16), 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "known answers", known_answers },
		{ "addresses", every_part_of_an_address_counts },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/philox", tests);
}
