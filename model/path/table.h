/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_TABLE_H
#define MODEL_PATH_TABLE_H
/*
 * The connection table's memory: set-associative, 8 ways.  A bucket is one
 * cache line of control words and 8 entries; natively an anonymous mapping,
 * in BPF an mmapable array, so that user space reads and expires it in place.
 *
 * Who writes what (several CPUs at once, and one sweeper):
 *   ctl       compare-and-swap only; EMPTY/expired -> BUSY (claim), BUSY ->
 *             HALF (publish, by exchange), then only forward.
 *   key, ids  the claimer, while BUSY.
 *   seen      any CPU, a plain 32-bit store of now; the last one wins.
 *   seq words packets from the client only; a lost update can only be an
 *             older number.
 */
#include "model/path/addr.h"

#define LB_WAYS 8u

enum lb_conn_state {
	LB_CONN_EMPTY,
	LB_CONN_BUSY,     /* claimed, being written or swept */
	LB_CONN_HALF,     /* the client spoke */
	LB_CONN_ANSWERED, /* and the member did; still half-open */
	LB_CONN_OPEN,
	LB_CONN_CLOSING_FIN,
	LB_CONN_CLOSING_RST,
};

enum lb_conn_kind { LB_KIND_LB, LB_KIND_SNAT_OUT, LB_KIND_SNAT_IN };

/* ctl = tag:32 | version:16 | state:8 | kind:2 | class:6 */
#define LB_CTL_STATE_SHIFT   8
#define LB_CTL_VERSION_SHIFT 16
#define LB_CTL_TAG_SHIFT     32
#define LB_CTL_STATE_MASK    (UINT64_C(0xff) << LB_CTL_STATE_SHIFT)
#define LB_CTL_VERSION_MASK  (UINT64_C(0xffff) << LB_CTL_VERSION_SHIFT)

/*
 * An entry's words after its address words (one for IPv4, four for IPv6):
 *   w1  sport | dport << 16 | proto << 32 | fe << 40 | xlat_port << 48
 *   w2  member | rule << 16 | seen_ms << 32
 *   w3  client_ack | client_end << 32
 */
#define LB_W1_KEY_MASK UINT64_C(0xffffffffff) /* ports and protocol */

LB_LAYOUT_BEGIN
struct lb_entry4 {
	uint64_t addr; /* source | destination << 32, as on the wire */
	uint64_t w1, w2, w3;
};

struct lb_entry6 {
	uint64_t addr[4]; /* source, destination */
	uint64_t w1, w2, w3;
	uint64_t spare;
};

struct lb_bucket4 {
	uint64_t ctl[LB_WAYS];
	struct lb_entry4 entry[LB_WAYS];
};

struct lb_bucket6 {
	uint64_t ctl[LB_WAYS];
	struct lb_entry6 entry[LB_WAYS];
};
LB_LAYOUT_END

_Static_assert(sizeof(struct lb_bucket4) == 320, "five cache lines");
_Static_assert(sizeof(struct lb_bucket6) == 576, "nine cache lines");

LB_INLINE uint32_t
lb_ctl_state(uint64_t ctl)
{
	return (uint32_t)(ctl >> LB_CTL_STATE_SHIFT) & 0xff;
}

LB_INLINE uint32_t
lb_ctl_tag(uint64_t ctl)
{
	return (uint32_t)(ctl >> LB_CTL_TAG_SHIFT);
}

LB_INLINE uint32_t
lb_ctl_kind(uint64_t ctl)
{
	return (uint32_t)(ctl >> 6) & 3;
}

LB_INLINE uint32_t
lb_ctl_class(uint64_t ctl)
{
	return (uint32_t)ctl & 63;
}

LB_INLINE uint64_t
lb_ctl_with_state(uint64_t ctl, uint32_t state)
{
	return (ctl & ~LB_CTL_STATE_MASK) | (uint64_t)state
						<< LB_CTL_STATE_SHIFT;
}

/* The same way, claimed: the next version, BUSY. */
LB_INLINE uint64_t
lb_ctl_claim(uint64_t ctl)
{
	uint64_t version =
	    (ctl + (UINT64_C(1) << LB_CTL_VERSION_SHIFT)) & LB_CTL_VERSION_MASK;
	return lb_ctl_with_state(
	    (ctl & ~LB_CTL_VERSION_MASK) | version, LB_CONN_BUSY);
}

LB_INLINE uint16_t
lb_w2_member(uint64_t w2)
{
	return (uint16_t)w2;
}

LB_INLINE uint16_t
lb_w2_rule(uint64_t w2)
{
	return (uint16_t)(w2 >> 16);
}

LB_INLINE uint32_t
lb_w2_seen(uint64_t w2)
{
	return (uint32_t)(w2 >> 32);
}

#endif
