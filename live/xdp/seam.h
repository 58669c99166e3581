/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_SEAM_H
#define LIVE_XDP_SEAM_H
/*
 * The seam (model/path/seam.h) over BPF maps.  ctx is not looked at, but has
 * to look used: clang hands rubbish to arguments that it knows nobody reads,
 * and the verifier refuses rubbish in a call of a global function.
 */
#include "live/xdp/maps.h"
#include "model/path/seam.h"

LB_API struct lb_scratch *
lb_scratch(uint64_t ctx)
{
	uint32_t zero = 0;
	lb_forget(ctx);
	return bpf_map_lookup_elem(&scratch, &zero);
}

LB_API uint32_t
lb_bucket_index(uint64_t ctx, bool six, uint32_t hash)
{
	lb_forget(ctx);
	return hash & (six ? conn6_mask : conn4_mask);
}

LB_API struct lb_bucket4 *
lb_bucket4(uint64_t ctx, uint32_t index)
{
	uint32_t at = lb_bucket_index(ctx, false, index);
	return bpf_map_lookup_elem(&conn4, &at);
}

LB_API struct lb_bucket6 *
lb_bucket6(uint64_t ctx, uint32_t index)
{
	uint32_t at = lb_bucket_index(ctx, true, index);
	return bpf_map_lookup_elem(&conn6, &at);
}

LB_API struct lb_port_bucket *
lb_port_bucket(uint64_t ctx, uint32_t index)
{
	uint32_t at = index & ports_mask;
	lb_forget(ctx);
	return bpf_map_lookup_elem(&snat_ports, &at);
}

LB_API const struct lb_class *
lb_classes(uint64_t ctx)
{
	uint32_t zero = 0;
	lb_forget(ctx);
	struct classes_value *value = bpf_map_lookup_elem(&classes, &zero);
	return value != NULL ? value->class : NULL;
}

LB_API const struct lb_plan_ref *
lb_plan_in_force(uint64_t ctx)
{
	uint32_t zero = 0;
	lb_forget(ctx);
	void *in_force = bpf_map_lookup_elem(&plan, &zero);
	return in_force != NULL ? bpf_map_lookup_elem(in_force, &zero) : NULL;
}

LB_API const struct lb_row *
lb_plan_row(const struct lb_plan_ref *ref, uint32_t index)
{
	uint64_t at = index, rows = plan_rows; /* a power of two */
	if (at >= rows)
		return NULL;
	return (const struct lb_row *)ref + lb_bound(at, rows - 1);
}

LB_API uint16_t
lb_lut_member(uint64_t ctx, uint16_t lut, uint32_t slot)
{
	uint32_t which = lut, row_index = slot / LB_LUT_SLOTS_PER_ROW;
	uint32_t in_row = slot % LB_LUT_SLOTS_PER_ROW;
	lb_forget(ctx);
	void *rows = bpf_map_lookup_elem(&luts, &which);
	if (rows == NULL)
		return LB_NONE;
	const uint16_t *row = bpf_map_lookup_elem(rows, &row_index);
	lb_forget(in_row);
	if (row == NULL || in_row >= LB_LUT_SLOTS_PER_ROW)
		return LB_NONE;
	return row[in_row];
}

LB_API uint32_t
lb_member_state(uint64_t ctx, uint16_t member)
{
	uint32_t id = member;
	lb_forget(ctx);
	uint32_t *state = bpf_map_lookup_elem(&member_state, &id);
	return state != NULL ? *state : 0;
}

#endif
