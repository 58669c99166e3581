/* SPDX-License-Identifier: MIT */
#ifndef MODEL_EXPIRE_PARTS_H
#define MODEL_EXPIRE_PARTS_H
/* The two halves of lb_expire(): load-balanced flows (expire.c) and outbound
 * ones (expire_snat.c). */
#include "model/tables/expire.h"

/* One way of either family, as pointers into the table. */
struct lb_way {
	uint64_t *ctl, *w1; /* w2 and w3 follow w1 */
	const uint64_t *addr;
};

struct lb_way lb_way_of(
    const struct lb_tables *tables, bool six, uint32_t bucket, uint32_t way);

/* Ends an outbound flow's entry, when its time has come; *flow is its fact,
 * and says afterwards how the flow ended. */
bool lb_expire_snat(const struct lb_tables *tables, bool six,
    const struct lb_way *way, uint64_t ctl, uint32_t now_ms,
    struct lb_expired *flow);

/* Joins an outbound flow's two entries: *flow, the fact of SNAT_OUT, says
 * afterwards what holds for both.  Returns when they end if nothing touches
 * either. */
uint32_t lb_snat_join(const struct lb_tables *tables, bool six,
    const struct lb_way *way, uint64_t ctl, struct lb_expired *flow);

#endif
