/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The generator's program, run on live frames by BPF_PROG_TEST_RUN: each frame
 * becomes the next packet and is redirected to an interface, which sends it.
 *
 * The kernel uses pages again and does not put back what was in them: a frame
 * comes as the last one who had it, the balancer under test, left it.  So all
 * header bytes are written each time.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "tests/bench/blast_io.h"

/* volatile: the loader sets it, and clang would fold it to 0. */
volatile const struct blast_template blast_template = { 0 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct blast_lane);
} blast_lanes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} blast_target SEC(".maps");

/* The checksum over sum and the parts that differ.  RFC 1071. */
LB_INLINE uint16_t
checksum(uint32_t sum, uint32_t address, uint32_t port)
{
	sum += (address & 0xffff) + (address >> 16) + port;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

LB_INLINE uint64_t
next_flow(struct blast_lane *lane)
{
	uint64_t flow = lane->next, next = flow + lane->step;
	if (next >= blast_template.flows)
		next -= blast_template.flows;
	lane->next = next;
	lane->made++;
	return flow;
}

LB_INLINE void
store16(uint8_t *data, uint32_t at, uint16_t value)
{
	if (at <= BLAST_HEAD_BYTES - sizeof(value))
		*(uint16_t *)(void *)(data + at) = value;
}

LB_INLINE int
write_packet(struct xdp_md *ctx)
{
	uint32_t zero = 0;
	uint8_t *data = (uint8_t *)(long)ctx->data;
	const uint8_t *end = (const uint8_t *)(long)ctx->data_end;
	struct blast_lane *lane = bpf_map_lookup_elem(&blast_lanes, &zero);
	if (lane == NULL || data + BLAST_HEAD_BYTES > end)
		return -1;
	uint64_t flow = next_flow(lane);
	uint32_t ports = 1u << BLAST_PORTS_LOG;
	uint32_t address = __builtin_bswap32(
	    blast_template.address + (uint32_t)(flow >> BLAST_PORTS_LOG));
	uint16_t port = __builtin_bswap16(
	    (uint16_t)(BLAST_PORT_FIRST + ((uint32_t)flow & (ports - 1))));
	for (uint32_t i = 0; i < BLAST_HEAD_BYTES / 8; i++)
		((uint64_t *)(void *)data)[i] = blast_template.head[i];
	store16(data, blast_template.address_at, (uint16_t)address);
	store16(data, blast_template.address_at + 2, (uint16_t)(address >> 16));
	store16(data, blast_template.port_at, port);
	uint16_t sum = checksum(blast_template.sum, address, port);
	store16(data, blast_template.sum_at, sum != 0 ? sum : 0xffff);
	if (blast_template.ip_sum_at != 0)
		store16(data, blast_template.ip_sum_at,
		    checksum(blast_template.ip_sum, address, 0));
	return 0;
}

SEC("xdp.frags")
int
blast(struct xdp_md *ctx)
{
	if (write_packet(ctx) != 0)
		return XDP_ABORTED;
	return (int)bpf_redirect(blast_template.ifindex, 0);
}

/* The same packets to another program, for its time without the way there. */
SEC("xdp.frags")
int
blast_into(struct xdp_md *ctx)
{
	if (write_packet(ctx) == 0)
		bpf_tail_call(ctx, &blast_target, 0);
	return XDP_ABORTED;
}

char _license[] SEC("license") = "Dual MIT/GPL";
