/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SNAT_H
#define MODEL_SNAT_H
/*
 * How many SNAT ports a member has: Azure's default table, what may be asked
 * for by hand, and what rules take away.
 *
 * Source: AZ 4.1 to 4.3, 13.1 to 13.3.
 */
#include "model/config/config.h"
#include "model/path/plan.h"

#define LB_SNAT_PORTS          64000u /* per address and protocol */
#define LB_SNAT_UNIT           8u     /* ports that are given out together */
#define LB_SNAT_UNITS          (LB_SNAT_PORTS / LB_SNAT_UNIT)
#define LB_SNAT_PORTS_MAX      64000u /* per member and rule */
#define LB_SNAT_PORT_FIRST     1024u
#define LB_SNAT_PORT_FIRST_MAX (65536u - LB_SNAT_PORTS)
#define LB_SNAT_DEFAULT        1024u /* per member, at most, by default table */

/*
 * lb_snat_default - ports of each of `members` over `frontends` addresses.
 *
 * Beyond 1,000 members, where Azure says nothing: 32 per address, or what
 * fits.
 */
uint32_t lb_snat_default(uint64_t members, uint64_t frontends);

/* The most that `members` can each have; `blocks` units are taken by rules. */
uint32_t lb_snat_most(uint64_t members, uint64_t frontends, uint64_t blocks);

enum lb_snat_fault {
	LB_SNAT_FITS,
	LB_SNAT_NOT_EIGHTS, /* no multiple of 8 */
	LB_SNAT_TOO_MANY,   /* more than a rule may give one member */
	LB_SNAT_NO_ROOM,    /* more than the addresses have */
};

/* What is wrong with so many ports per member, the first of these. */
enum lb_snat_fault lb_snat_check(
    uint64_t ports, uint64_t members, uint64_t frontends, uint64_t blocks);

/*
 * lb_snat_share - the units of member i's on the j-th of f addresses, when it
 * has `units` of them: even, and over all members even again.
 */
uint32_t lb_snat_share(uint32_t units, uint32_t f, uint32_t i, uint32_t j);

/* Units of 8 ports of one address; bit u: ports 8 u to 8 u + 7. */
#define LB_SNAT_UNIT_WORDS (65536 / LB_SNAT_UNIT / 64)
struct lb_snat_units {
	uint64_t bits[LB_SNAT_UNIT_WORDS];
};

static inline bool
lb_snat_has(const struct lb_snat_units *units, uint32_t unit)
{
	return (units->bits[unit / 64] >> (unit % 64) & 1) != 0;
}

/* Adds the units that these ports lie in. */
void lb_snat_take(
    struct lb_snat_units *units, uint16_t first_port, uint16_t last_port);
uint32_t lb_snat_count(const struct lb_snat_units *units);

/* The units that rules take from the frontends of an outbound rule. */
uint64_t lb_snat_blocks(
    const struct lb_config *config, const struct lb_config_outbound *outbound);

/*
 * lb_snat_free - the units that members may have, when rules' ports lie in
 * those of `taken`.  They are the 64,000 ports from first_port on (1024): a
 * rule's port below or above costs the topmost one instead.
 */
void lb_snat_free(const struct lb_snat_units *taken, uint32_t first_port,
    struct lb_snat_units *out);

#endif
