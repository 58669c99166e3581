/* SPDX-License-Identifier: MIT */
/* Packets on links: how long they take, how many are lost, and that the same
 * ones are. */
#include <math.h>

#include "sim/traffic/links.h"
#include "tests/unit.h"

#define PACKETS  200000u
#define INTERVAL 3.29 /* standard deviations: 99.9 % */

static const struct {
	const char *row;
	struct lb_link link;
} links[] = {
	{ "plain", { .latency_ns = 20000000 } },
	{ "jitter", { .latency_ns = 20000000, .jitter_ns = 999 } },
	{ "lossy", { .latency_ns = 5, .loss = 12345 } },
	{ "both", { .jitter_ns = 1000000000, .loss = 500000 } },
	{ "cut", { .loss = 1000000 } },
	{ "endless", { .jitter_ns = UINT64_MAX - 1, .loss = 1 } },
};

/* What became of so many packets. */
struct sum {
	double delay_ns;
	uint32_t got;
	bool is_within; /* each */
};

static struct sum
cross(const struct lb_link *link)
{
	struct sum sum = { .is_within = true };
	struct sim_dice dice;

	sim_dice_init(&dice, 4);
	for (uint64_t n = 0; n < PACKETS; n++) {
		uint64_t delay_ns;

		if (!sim_link_cross(
			link, &dice, SIM_DRAW_CLIENT_LINK, 0, n, &delay_ns))
			continue;
		sum.got++;
		sum.delay_ns += (double)delay_ns;
		sum.is_within &= delay_ns >= link->latency_ns &&
				 delay_ns - link->latency_ns <= link->jitter_ns;
	}
	return sum;
}

static void
delay_and_loss_are_as_asked(void)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		const struct lb_link *link = &links[i].link;
		struct sum sum = cross(link);
		double jitter = (double)link->jitter_ns, got = sum.got;
		double mean = (double)link->latency_ns + jitter / 2;
		double loss = (double)link->loss / 1e6;

		UNIT_ROW(links[i].row, sum.is_within);
		UNIT_ROW(links[i].row,
		    fabs(1 - got / PACKETS - loss) <=
			INTERVAL * sqrt(loss * (1 - loss) / PACKETS));
		UNIT_ROW(links[i].row,
		    got == 0 || fabs(sum.delay_ns / got - mean) <=
				    INTERVAL * jitter / sqrt(12 * got));
	}
}

static void
an_address_is_all_that_counts(void)
{
	const struct lb_link *link = &links[3].link;
	struct sim_dice a, b;
	unsigned same = 0;

	sim_dice_init(&a, 4);
	sim_dice_init(&b, 4);
	for (uint64_t n = 1000; n-- > 0;) {
		uint64_t one, two, other;
		bool came =
		    sim_link_cross(link, &a, SIM_DRAW_CLIENT_LINK, 1, n, &one);

		(void)sim_dice_bits(&b, SIM_DRAW_SIZE, 0, n);
		CU_ASSERT_EQUAL(
		    sim_link_cross(link, &b, SIM_DRAW_CLIENT_LINK, 1, n, &two),
		    came);
		CU_ASSERT_TRUE(!came || one == two);
		same += sim_link_cross(link, &b, SIM_DRAW_MEMBER_LINK, 1, n,
			    &other) == came;
	}
	CU_ASSERT_TRUE(same > 400 && same < 600);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "delay and loss", delay_and_loss_are_as_asked },
		{ "addresses", an_address_is_all_that_counts },
		CU_TEST_INFO_NULL,
	};
	return unit_main("sim/links", tests);
}
