/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SNAT_GAUGES_H
#define MODEL_SNAT_GAUGES_H
/*
 * How full members are of their SNAT ports: a gauge for each (member, public
 * address, protocol), and Azure's two health events about it.  What a gauge
 * reads is its reader's affair, the simulator's or that of `live`: each has an
 * array of its own beside.
 *
 * Source: AZ 4.6, 9.1, 9.2.
 */
#include "model/plan/plan.h"

struct lb_snat_gauge {
	uint16_t member; /* id */
	uint8_t number;  /* of the address, in the plan */
	bool udp;
	uint32_t next;      /* of the same member and protocol, from 1; 0 */
	uint32_t allocated; /* ports, by the plan read last; 0: none now */
};

/* Zero is none. */
struct lb_snat_gauges {
	struct lb_snat_gauge *at; /* in order of the plan's blocks */
	uint32_t count, room;
	uint32_t *first;       /* [member_count * 2], from 1; 0: none */
	uint32_t member_count; /* ids that there is room for */
};

void lb_snat_gauges_free(struct lb_snat_gauges *gauges);

/*
 * lb_snat_gauges_read - the gauges of another plan.
 *
 * Those that are there stay where they are: members keep their ids from plan
 * to plan, addresses their numbers.  0; -1 without memory, when some of the
 * new ones may be missing.  Cost: O(blocks).
 */
int lb_snat_gauges_read(
    struct lb_snat_gauges *gauges, const struct lb_plan *plan);

/* The gauge of a member's flows by an address; -1: there is none. */
int lb_snat_gauge_find(const struct lb_snat_gauges *gauges, uint16_t member,
    uint8_t number, bool udp);

/* The same, made if need be: of ports that are the member's no more, and still
 * in use.  -1: no memory. */
int lb_snat_gauge_make(
    struct lb_snat_gauges *gauges, uint16_t member, uint8_t number, bool udp);

/* The first of a member's, by which the others are found; -1: none. */
int lb_snat_gauge_head(
    const struct lb_snat_gauges *gauges, uint16_t member, bool udp);

/* Where what is not of one address counts: the member's first that has ports,
 * or just its first; -1: none. */
int lb_snat_gauge_first(
    const struct lb_snat_gauges *gauges, uint16_t member, bool udp);

/* Has no other of the same member and protocol ports? */
bool lb_snat_gauge_is_only(const struct lb_snat_gauges *gauges, uint32_t gauge);

/* --- health events --------------------------------------------------------
 */

enum lb_snat_event {
	LB_SNAT_HIGH,      /* HighSnatPortUsage: over 75 % are used */
	LB_SNAT_EXHAUSTED, /* SnatPortExhaustion: a flow got none */
	LB_SNAT_EVENTS
};

#define LB_SNAT_REPEAT_NS (5 * 60 * UINT64_C(1000000000))

const char *lb_snat_event_name(unsigned event); /* Azure's */

/* What was told of a gauge; zero: nothing. */
struct lb_snat_alarm {
	bool told[LB_SNAT_EVENTS];
	uint64_t last_ns[LB_SNAT_EVENTS];
};

/* Is that more than 75 %? */
static inline bool
lb_snat_is_high(uint64_t used, uint64_t allocated)
{
	return used * 4 > allocated * 3;
}

/* An event has its reason: is it to be told, by a clock that never runs back?
 * It was not in the last LB_SNAT_REPEAT_NS; it is from now on. */
bool lb_snat_tell(
    struct lb_snat_alarm *alarm, enum lb_snat_event event, uint64_t now_ns);

#endif
