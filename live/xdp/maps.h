/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_MAPS_H
#define LIVE_XDP_MAPS_H
/*
 * The world in the kernel: every map, in one place.  The loader sets the
 * sizes; mmapable ones are read and expired by user space in place.
 *
 *   conn4, conn6    the connection table, one value per bucket
 *   snat_ports      which SNAT ports are in use
 *   plan            [0] = the plan in force: one value that is all its rows
 *   luts            lookup tables, arrays of rows of 32 member ids
 *   member_state    one word per member id
 *   classes         the timeout classes, one value
 *   scratch         one packet's work, per CPU
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "model/path/plan.h"
#include "model/path/scratch.h"
#include "model/path/table.h"

struct classes_value {
	struct lb_class class[LB_CLASS_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct lb_bucket4);
} conn4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct lb_bucket6);
} conn6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct lb_port_bucket);
} snat_ports SEC(".maps");

/*
 * Plans are maps of one value, all of one size, so that the lookups are
 * inlined and a row is an addition away: with a map of rows each row cost a
 * call (measured: doc/decisions.md).  The loader sets the value's size.
 */
struct plan_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, LB_ROW_BYTES);
};

/* Rows of a lookup table: any number of them.  Sizes, not types: clang 14
 * leaves types out of the BTF that only an inner map names. */
struct rows_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, LB_ROW_BYTES);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__array(values, struct plan_map);
} plan SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, LB_LUT_MAX);
	__type(key, uint32_t);
	__array(values, struct rows_map);
} luts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} member_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct classes_value);
} classes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct lb_scratch);
} scratch SEC(".maps");

/* Buckets - 1, set before loading: the verifier folds them in. */
volatile const uint32_t conn4_mask = 0;
volatile const uint32_t conn6_mask = 0;
volatile const uint32_t ports_mask = 0;
/* Rows that a plan may have. */
volatile const uint32_t plan_rows = 1;

#endif
