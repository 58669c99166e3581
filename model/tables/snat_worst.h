/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SNAT_WORST_H
#define MODEL_SNAT_WORST_H
/*
 * The destinations that members use most SNAT ports towards: those that run
 * out first, since a port that is in use towards one is free for all others.
 * Read from the tables while packets go on, bucket by bucket.
 */
#include "model/tables/expire.h"
#include "model/tables/snat_gauges.h"

/* (Gauge, destination) pairs that are kept, or pieces of them: of more those
 * with the fewest ports go. */
#define LB_SNAT_WORST_MAX (1u << 17)

struct lb_snat_destination {
	struct lb_addr addr; /* 0: any (udp_snat: port) */
	lb_be16 port;        /* 0: any (UDP) */
	uint32_t ports;      /* in use towards it */
};

struct lb_snat_worst;

/*
 * lb_snat_worst_new - nothing read yet.
 *
 * The gauges must have been read from the plan; neither need outlive the call.
 * NULL: no memory.  32 KiB for each address and protocol, 4 MiB for pairs.
 */
struct lb_snat_worst *lb_snat_worst_new(
    const struct lb_plan *plan, const struct lb_snat_gauges *gauges);
void lb_snat_worst_free(struct lb_snat_worst *worst); /* NULL is fine */

/* Adds buckets [from, from + count) of the port records.  Cost: linear in
 * count; now and then LB_SNAT_WORST_MAX pairs are sorted. */
void lb_snat_worst_add(struct lb_snat_worst *worst,
    const struct lb_tables *tables, uint32_t from, uint32_t count);

/* All were added: how many destinations of a gauge are in out, the most ports
 * first; ties in order of addresses. */
size_t lb_snat_worst_of(struct lb_snat_worst *worst, uint32_t gauge,
    struct lb_snat_destination *out, size_t max);

#endif
