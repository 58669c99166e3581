/* SPDX-License-Identifier: MIT */
#include "sim/events/philox.h"

#include <string.h>

#define ROUNDS 10
#define MUL_0  0xd2511f53u
#define MUL_1  0xcd9e8d57u
#define WEYL_0 0x9e3779b9u
#define WEYL_1 0xbb67ae85u

void
sim_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
	uint32_t c[4], k0 = key[0], k1 = key[1];

	memcpy(c, counter, sizeof(c));
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t a = (uint64_t)MUL_0 * c[0];
		uint64_t b = (uint64_t)MUL_1 * c[2];

		c[0] = (uint32_t)(b >> 32) ^ c[1] ^ k0;
		c[1] = (uint32_t)b;
		c[2] = (uint32_t)(a >> 32) ^ c[3] ^ k1;
		c[3] = (uint32_t)a;
		k0 += WEYL_0;
		k1 += WEYL_1;
	}
	memcpy(out, c, sizeof(c));
}

void
sim_draw(uint64_t seed, enum sim_purpose purpose, uint32_t entity, uint64_t n,
    uint32_t out[4])
{
	const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
	const uint32_t counter[4] = { (uint32_t)n, (uint32_t)(n >> 32), entity,
		purpose };

	sim_philox(counter, key, out);
}

uint64_t
sim_replication_seed(uint64_t seed, uint32_t replication)
{
	uint32_t out[4];

	if (replication == 0)
		return seed;
	sim_draw(seed, SIM_DRAW_REPLICATION, 0, replication, out);
	return (uint64_t)out[1] << 32 | out[0];
}
