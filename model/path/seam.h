/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_SEAM_H
#define MODEL_PATH_SEAM_H
/*
 * THE SEAM: everything the path needs of the world, in its own words.  Two
 * bodies: model/tables/world.c over plain memory, live/xdp/seam.h over BPF
 * maps. Nothing else differs between the two builds.
 *
 * Every pointer may be NULL (in BPF: the map has no such row; natively: the
 * same, so that the answers agree) and is good until this step returns.
 */
#include "model/path/plan.h"
#include "model/path/scratch.h"
#include "model/path/table.h"

LB_API struct lb_scratch *lb_scratch(uint64_t ctx);

/* A bucket of the connection table; `index` is taken modulo its size. */
LB_API struct lb_bucket4 *lb_bucket4(uint64_t ctx, uint32_t index);
LB_API struct lb_bucket6 *lb_bucket6(uint64_t ctx, uint32_t index);

/* A bucket of the SNAT ports in use; the same. */
LB_API struct lb_port_bucket *lb_port_bucket(uint64_t ctx, uint32_t index);

/* The index of that bucket, for those who are told about an entry. */
LB_API uint32_t lb_bucket_index(uint64_t ctx, bool six, uint32_t hash);

/* The LB_CLASS_MAX timeout classes. */
LB_API const struct lb_class *lb_classes(uint64_t ctx);

/* The plan in force: look it up once per packet and keep it, so that a packet
 * never sees rows of two plans. */
struct lb_plan_ref;
LB_API const struct lb_plan_ref *lb_plan_in_force(uint64_t ctx);
LB_API const struct lb_row *lb_plan_row(
    const struct lb_plan_ref *ref, uint32_t index);

/* The member in a slot of a lookup table; LB_NONE when there is none. */
LB_API uint16_t lb_lut_member(uint64_t ctx, uint16_t lut, uint32_t slot);

/* Bit p: the member is eligible under its pool's p-th probe. */
LB_API uint32_t lb_member_state(uint64_t ctx, uint16_t member);

#endif
