/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_FORWARD_IO_H
#define LIVE_XDP_FORWARD_IO_H
/*
 * What the forwarding program and the control process share besides the world
 * (live/xdp/maps.h): where members are reached, and what was counted.
 */
#include "model/path/result.h"

/*
 * Of everything that is pinned, the tables' memory included.  Pins carry it in
 * their path: another version leaves them alone and begins anew.
 */
#define FORWARD_LAYOUT 4u

#define FORWARD_MEMBERS   65536u /* rows of next_hops: every id */
#define FORWARD_PORTS_MAX 1024u
#define FORWARD_OWNED_MAX 4096u /* addresses that are answered for */

/*
 * The next hop of a member, one word so that no packet reads half of an old
 * and half of a new one: the neighbour's address (6 bytes as on the wire),
 * then the port's row + 1 in the highest 16 bits.  0: not known.
 */
#define FORWARD_HOP_PORT_SHIFT 48

enum forward_port_flag {
	FORWARD_PORT_TX = 0x1, /* XDP_TX does what a redirect to itself does */
	FORWARD_PORT_KERNEL = 0x2, /* takes no redirected frames */
};

LB_LAYOUT_BEGIN
/* An interface that packets leave by. */
struct forward_port {
	uint32_t ifindex; /* that takes the frame: of a VLAN, the one below */
	uint32_t mtu;     /* bytes of IP; 0: not known */
	uint16_t vlan;    /* tag to send with; 0: none */
	uint8_t flags;    /* enum forward_port_flag */
	uint8_t mac[6];   /* the interface's own */
	uint8_t zero[3];
};

struct forward_traffic {
	uint64_t packets;
	uint64_t bytes; /* of IP */
	uint64_t syns;  /* of the packets: TCP's that begin a connection */
};

/* New outbound flows of one protocol. */
struct forward_begun {
	uint64_t opened; /* that got a SNAT port */
	uint64_t failed; /* packets that wanted one when none was left */
};

/* Of a rule or a member; per CPU. */
struct forward_share {
	struct forward_traffic in;  /* from clients */
	struct forward_traffic out; /* to clients */
	struct forward_begun tcp, udp;
};

/* What the program hands to the control process (live/bpf/tap.h).  The ring's
 * size in bytes, a power of two. */
#define FORWARD_TAP_BYTES (4u << 20)
/* Packets that want an answer, handed over a second and CPU: a flood of them
 * is worth no more to who sends it. */
#define FORWARD_WANTS_PER_S 512u
/* As much as an ICMPv6 error may quote (RFC 4443 2.4 c), and the link header.
 */
#define FORWARD_WANTS_BYTES 1304u
/* The longest frame there is, and more. */
#define FORWARD_SNAP_MAX 66000u

/*
 * What is captured now: in a section of its own (.data.tap), which the control
 * process has mapped.  snap is written last, and first when it ends.
 */
struct forward_tap {
	struct lb_addr frontend;
	uint64_t until_ns; /* a lease, by bpf_ktime_get_ns(): who captures may
			      have died */
	uint32_t snap;     /* bytes of a packet at most; 0: nothing at all */
	lb_be16 port;      /* 0: all */
	uint8_t proto;     /* 0: all */
	uint8_t any;       /* of all frontends */
};

/* What stands in the ring before a frame's bytes. */
struct forward_tapped {
	uint64_t time_ns; /* bpf_ktime_get_ns() */
	uint32_t kind;    /* enum live_tap_kind */
	uint32_t ifindex, mtu;
	uint32_t wire_bytes, bytes;
	uint32_t zero;
};

/* packets = unread + passed + sent + handed + answered + all of dropped; per
 * CPU. */
struct forward_total {
	uint64_t packets;
	uint64_t unread;    /* no IP packet that the engine reads; passed */
	uint64_t passed;    /* not ours */
	uint64_t sent;      /* to their next hop */
	uint64_t handed;    /* edited, then left to the kernel to route */
	uint64_t answered;  /* by the program itself, to where they came from */
	uint64_t untracked; /* of those: an entry was wanted, none was made */
	uint64_t evicted;   /* of those: one was made in place of a live one */
	uint64_t dropped[LB_REASON_COUNT];
};
LB_LAYOUT_END

#endif
