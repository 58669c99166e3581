/* SPDX-License-Identifier: MIT */
#ifndef LIVE_XDP_TAP_H
#define LIVE_XDP_TAP_H
/*
 * Frames for the control process: what it captures, and what wants an answer
 * that is made there.  Copied into a ring, whole where that was asked for,
 * fragments of the buffer too.
 *
 * With nobody capturing a packet pays a load and a branch; all that follows is
 * out of line.
 */
#include "live/xdp/forward_io.h"
#include "model/path/scratch.h"

#define TAP_HEAD_BYTES ((uint32_t)sizeof(struct forward_tapped))
#define TAP_NS_PER_S   1000000000u
#define TAP_RECORD_MAX (FORWARD_SNAP_MAX + TAP_HEAD_BYTES)

/* As enum live_tap_kind. */
enum tap_kind {
	TAP_CAPTURED,
	TAP_TTL,
	TAP_TOO_BIG,
	TAP_UNREACHABLE,
	TAP_CLAIMED
};

/* How a frontend is named in a packet. */
struct tap_name {
	const struct lb_addr *addr;
	lb_be16 port;
	uint8_t proto;
	bool portless; /* a later fragment, an echo */
};

/* Those handed over in this second, and who was not; per CPU. */
struct tap_count {
	uint64_t second;
	uint64_t wants; /* in that second */
	uint64_t lost;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FORWARD_TAP_BYTES);
} tap_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct tap_count);
} tap_counts SEC(".maps");

volatile struct forward_tap tap SEC(".data.tap") = { 0 };

/* The ring takes records of sizes that are constants only. */
LB_INLINE int
tap_put(struct xdp_md *ctx, const struct forward_tapped *head, uint32_t record)
{
	struct forward_tapped *to = bpf_ringbuf_reserve(&tap_ring, record, 0);
	if (to == NULL)
		return -1;
	/* One less, so that 0 is out of bounds too: Linux 6.1's verifier learns
	 * nothing from a comparison with 0. */
	uint32_t less = head->bytes - 1;
	*to = *head;
	lb_forget(less);
	if (less >= record - TAP_HEAD_BYTES ||
	    bpf_xdp_load_bytes(ctx, 0, to + 1, less + 1) != 0) {
		bpf_ringbuf_discard(to, 0);
		return -1;
	}
	bpf_ringbuf_submit(to, 0);
	return 0;
}

/*
 * tap_frame - hand over a frame as it is now, at most `snap` bytes of it.
 *
 * Global: verified once, not on each of the ways that lead here.
 */
__attribute__((noinline)) int
tap_frame(struct xdp_md *ctx, uint32_t kind, uint32_t mtu, uint32_t snap)
{
	uint32_t zero = 0;
	struct forward_tapped head = { .time_ns = bpf_ktime_get_ns(),
		.kind = kind,
		.ifindex = ctx->ingress_ifindex,
		.mtu = mtu,
		.wire_bytes = (uint32_t)bpf_xdp_get_buff_len(ctx) };
	head.bytes = head.wire_bytes < snap ? head.wire_bytes : snap;
	uint32_t record = head.bytes + TAP_HEAD_BYTES;
	int rc = record <= 256     ? tap_put(ctx, &head, 256)
		 : record <= 2048  ? tap_put(ctx, &head, 2048)
		 : record <= 16384 ? tap_put(ctx, &head, 16384)
				   : tap_put(ctx, &head, TAP_RECORD_MAX);
	struct tap_count *count = bpf_map_lookup_elem(&tap_counts, &zero);
	if (rc != 0 && count != NULL)
		count->lost++;
	return rc;
}

/* A packet that wants an answer: whole, but not too many of them. */
LB_INLINE void
tap_wants(struct xdp_md *ctx, uint32_t kind, uint32_t mtu)
{
	uint32_t zero = 0;
	struct tap_count *count = bpf_map_lookup_elem(&tap_counts, &zero);
	if (count == NULL)
		return;
	uint64_t second = bpf_ktime_get_coarse_ns() / TAP_NS_PER_S;
	if (count->second != second) {
		count->second = second;
		count->wants = 0;
	}
	if (count->wants >= FORWARD_WANTS_PER_S) {
		count->lost++;
		return;
	}
	count->wants++;
	(void)tap_frame(ctx, kind, mtu, FORWARD_WANTS_BYTES);
}

/* Is somebody capturing at all? */
LB_INLINE bool
tap_is_on(void)
{
	return LB_UNLIKELY(tap.snap != 0);
}

LB_INLINE bool
tap_is_of(const struct tap_name *name)
{
	lb_be16 port = { tap.port.raw };
	if (bpf_ktime_get_ns() >= tap.until_ns)
		return false;
	if (!tap.any && (tap.frontend.word[0] != name->addr->word[0] ||
			    tap.frontend.word[1] != name->addr->word[1]))
		return false;
	if (name->portless)
		return true;
	return (port.raw == 0 || port.raw == name->port.raw) &&
	       (tap.proto == 0 || tap.proto == name->proto);
}

LB_INLINE bool
tap_names_no_port(const struct lb_headers *h)
{
	return h->fragment == LB_FRAGMENT_LATER ||
	       (h->proto != LB_PROTO_TCP && h->proto != LB_PROTO_UDP);
}

/* A frame to a frontend, before anything is done to it. */
LB_INLINE void
tap_from_client(struct xdp_md *ctx, const struct lb_scratch *s)
{
	const struct lb_packet *pkt = &s->packet;
	const bool error = (pkt->notes & LB_NOTE_ICMP_ERROR) != 0;
	struct tap_name name = { .addr = &pkt->ip.dst,
		.port = error ? pkt->quoted.sport : pkt->ip.dport,
		.proto = error ? pkt->quoted.proto : pkt->ip.proto,
		.portless = !error && tap_names_no_port(&pkt->ip) };
	if (tap.any && s->result.rule == LB_NONE &&
	    s->result.verdict == LB_PASS)
		return;
	if (tap_is_of(&name))
		(void)tap_frame(ctx, TAP_CAPTURED, 0, tap.snap);
}

/* A frame from a frontend, after everything was done to it. */
LB_INLINE void
tap_to_client(struct xdp_md *ctx, const struct lb_scratch *s)
{
	const struct lb_packet *pkt = &s->packet;
	const struct lb_edit *edit = &s->result.edit;
	const bool error = (edit->what & LB_EDIT_QUOTED_DST) != 0;
	const bool moved = (edit->what & LB_EDIT_SPORT) != 0;
	struct tap_name name = {
		.addr = (edit->what & LB_EDIT_SRC) != 0 ? &edit->src
			: error                         ? &edit->quoted
							: &pkt->ip.src,
		.port = error   ? edit->quoted_port
			: moved ? edit->sport
				: pkt->ip.sport,
		.proto = error ? edit->quoted_proto : pkt->ip.proto,
		.portless = !error && tap_names_no_port(&pkt->ip),
	};
	if (tap_is_of(&name))
		(void)tap_frame(ctx, TAP_CAPTURED, 0, tap.snap);
}

#endif
