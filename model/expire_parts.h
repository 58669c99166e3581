/* SPDX-License-Identifier: MIT */
#ifndef MODEL_EXPIRE_PARTS_H
#define MODEL_EXPIRE_PARTS_H
/* The two halves of lb_expire(): load-balanced flows (expire.c) and outbound
 * ones (expire_snat.c). */
#include "model/expire.h"

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

/* When an outbound flow ends if nothing touches either of its entries; *flow:
 * the fact of SNAT_OUT. */
uint32_t lb_snat_deadline_ms(const struct lb_tables *tables, bool six,
    const struct lb_way *way, uint64_t ctl, const struct lb_expired *flow);

#endif
