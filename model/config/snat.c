/* SPDX-License-Identifier: MIT */
#include "model/config/snat.h"

uint32_t
lb_snat_most(uint64_t members, uint64_t frontends, uint64_t blocks)
{
	uint64_t units = LB_SNAT_UNITS * frontends;

	units = units > blocks ? units - blocks : 0;
	if (members > 0)
		units /= members;
	uint64_t ports = units * LB_SNAT_UNIT;
	return ports < LB_SNAT_PORTS_MAX ? (uint32_t)ports : LB_SNAT_PORTS_MAX;
}

uint32_t
lb_snat_default(uint64_t members, uint64_t frontends)
{
	static const struct {
		uint64_t members;
		uint32_t ports;
	} tiers[] = {
		{ 50, 1024 },
		{ 100, 512 },
		{ 200, 256 },
		{ 400, 128 },
		{ 800, 64 },
	};
	uint32_t ports = 32;

	for (uint32_t i = LB_COUNT(tiers); i-- > 0;)
		if (members <= tiers[i].members)
			ports = tiers[i].ports;
	uint64_t all = ports * frontends;
	uint32_t most = lb_snat_most(members, frontends, 0);
	if (all > LB_SNAT_DEFAULT)
		all = LB_SNAT_DEFAULT;
	return all < most ? (uint32_t)all : most;
}

enum lb_snat_fault
lb_snat_check(
    uint64_t ports, uint64_t members, uint64_t frontends, uint64_t blocks)
{
	if (ports % LB_SNAT_UNIT != 0)
		return LB_SNAT_NOT_EIGHTS;
	if (ports > LB_SNAT_PORTS_MAX)
		return LB_SNAT_TOO_MANY;
	if (ports != 0 && ports > lb_snat_most(members, frontends, blocks))
		return LB_SNAT_NO_ROOM;
	return LB_SNAT_FITS;
}

uint32_t
lb_snat_share(uint32_t units, uint32_t f, uint32_t i, uint32_t j)
{
	uint32_t rest = units % f;
	/* Member i's odd units go to `rest` addresses, beginning where those
	 * of member i - 1 ended. */
	uint32_t from = (uint32_t)((uint64_t)i * rest % f);

	return units / f + ((j + f - from) % f < rest);
}

void
lb_snat_take(
    struct lb_snat_units *units, uint16_t first_port, uint16_t last_port)
{
	for (uint32_t unit = first_port / LB_SNAT_UNIT;
	     unit <= last_port / LB_SNAT_UNIT; unit++)
		units->bits[unit / 64] |= UINT64_C(1) << (unit % 64);
}

uint32_t
lb_snat_count(const struct lb_snat_units *units)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < LB_SNAT_UNIT_WORDS; i++)
		count += (uint32_t)__builtin_popcountll(units->bits[i]);
	return count;
}

uint64_t
lb_snat_blocks(
    const struct lb_config *config, const struct lb_config_outbound *outbound)
{
	uint64_t blocks = 0;

	for (size_t f = 0; f < outbound->frontend_count; f++) {
		int frontend = outbound->frontends[f];
		struct lb_snat_units units = { 0 };
		for (size_t r = 0; r < config->rule_count; r++)
			if (config->rules[r].frontend == frontend &&
			    config->rules[r].frontend_port != 0)
				lb_snat_take(&units,
				    config->rules[r].frontend_port,
				    config->rules[r].frontend_port);
		for (size_t i = 0; i < config->nat_count; i++)
			if (config->nats[i].frontend == frontend)
				lb_snat_take(&units, config->nats[i].first_port,
				    config->nats[i].last_port);
		blocks += lb_snat_count(&units);
	}
	return blocks;
}

void
lb_snat_free(const struct lb_snat_units *taken, uint32_t first_port,
    struct lb_snat_units *out)
{
	const uint32_t first = first_port / LB_SNAT_UNIT;
	const uint32_t last = first + LB_SNAT_UNITS - 1;
	uint32_t outside = lb_snat_count(taken);

	*out = (struct lb_snat_units){ 0 };
	for (uint32_t unit = first; unit <= last; unit++) {
		if (lb_snat_has(taken, unit))
			outside--;
		else
			out->bits[unit / 64] |= UINT64_C(1) << (unit % 64);
	}
	for (uint32_t unit = last; outside > 0 && unit >= first; unit--) {
		uint64_t bit = UINT64_C(1) << (unit % 64);
		outside -= (out->bits[unit / 64] & bit) != 0;
		out->bits[unit / 64] &= ~bit;
	}
}
