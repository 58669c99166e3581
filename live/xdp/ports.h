/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_PORTS_H
#define LIVE_XDP_PORTS_H
/* The interfaces, as the control process keeps them: all that the kernel has,
 * those with the program among them. */
#include "live/xdp/forward_io.h"
#include "live/xdp/maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FORWARD_PORTS_MAX);
	__type(key, uint32_t);
	__type(value, struct forward_port);
} ports SEC(".maps");

/* Interface index to row of ports, for what the kernel's routing names. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FORWARD_PORTS_MAX);
	__type(key, uint32_t);
	__type(value, uint32_t);
} port_rows SEC(".maps");

/* NULL: not known. */
LB_INLINE const struct forward_port *
port_of(uint32_t ifindex)
{
	const uint32_t *row = bpf_map_lookup_elem(&port_rows, &ifindex);
	return row != NULL ? bpf_map_lookup_elem(&ports, row) : NULL;
}

/* Out by the way it came in.  A veth's far end takes XDP_TX only with a
 * program of its own: FORWARD_PORT_TX says who else does. */
LB_INLINE int
send_back(const struct xdp_md *ctx)
{
	uint32_t ifindex = ctx->ingress_ifindex;
	const struct forward_port *port = port_of(ifindex);
	if (port != NULL && (port->flags & FORWARD_PORT_TX) == 0)
		return (int)bpf_redirect(ifindex, 0);
	return XDP_TX;
}

#endif
