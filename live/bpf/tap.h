/* SPDX-License-Identifier: MIT */
#ifndef LIVE_BPF_TAP_H
#define LIVE_BPF_TAP_H
/*
 * Packets that the forwarding program hands to the control process: those that
 * someone captures, and those that want an answer which the program itself
 * does not make (ICMP errors about what ended here).
 *
 * They come as the client's side sees them: from a client as it sent it, to a
 * client as it was sent on.  Bounded: when the control process is behind, or
 * there are too many a second, they are not handed over, and counted.
 */
#include <uv.h>

#include "live/bpf/engine.h"

enum live_tap_kind {
	LIVE_TAP_CAPTURED,    /* somebody captures this frontend */
	LIVE_TAP_TTL,         /* its hop limit ended here: Time Exceeded */
	LIVE_TAP_TOO_BIG,     /* for the way on, and it may not be fragmented */
	LIVE_TAP_UNREACHABLE, /* an echo to a frontend, and nobody is up */
	LIVE_TAP_CLAIMED,     /* ARP, ND: another says it has a frontend */
	LIVE_TAP_KINDS
};

struct live_tap_packet {
	enum live_tap_kind kind;
	uint32_t ifindex;     /* where it came in */
	uint32_t mtu;         /* LIVE_TAP_TOO_BIG: of the way on, bytes of IP */
	uint64_t time_ns;     /* CLOCK_REALTIME */
	uint32_t wire_bytes;  /* from the link header on */
	uint32_t bytes;       /* of those, that are here */
	const uint8_t *frame; /* from the link header on; for this call only */
};

typedef void live_tap_heard(void *arg, const struct live_tap_packet *packet);

struct live_tap_counts {
	uint64_t handed[LIVE_TAP_KINDS];
	uint64_t lost; /* of any kind, for want of room */
};

struct live_tap;

/*
 * live_tap_open - hear the packets of a loaded program, in the loop's turn.
 *
 * Returns NULL and errno.  live_tap_use() after another program was loaded and
 * attached: 0, or -errno with the one before still in use.  A capture goes on.
 * live_tap_close() before the loop ends, which closes its handles.
 */
struct live_tap *live_tap_open(uv_loop_t *loop,
    const struct live_engine *engine, live_tap_heard *heard, void *arg);
int live_tap_use(struct live_tap *tap, const struct live_engine *engine);
void live_tap_close(struct live_tap *tap); /* NULL is fine */

/*
 * live_tap_capture - capture from now on what goes to and from one frontend.
 *
 * frontend  its address; NULL: of all.  With a port (0: all of them) and a
 *           protocol (0: TCP and UDP).
 * snap      bytes of each packet at most.
 *
 * What a client sent is taken before anything is decided about it, dropped
 * packets too; what goes to a client, when it is on its way.  ICMP errors go
 * by the packet that they quote; what has no port (a later fragment, an echo)
 * is taken whatever the port.  Of all frontends: what is ours.
 *
 * One at a time: -EBUSY while there is another.  It ends by itself seconds
 * after the control process did.  Cost: with no capture, a load and a branch a
 * packet; with one, copying it.
 */
int live_tap_capture(struct live_tap *tap, const struct lb_addr *frontend,
    uint16_t port, uint8_t protocol, uint32_t snap);
void live_tap_capture_end(struct live_tap *tap);

struct live_tap_counts live_tap_count(const struct live_tap *tap);

#endif
