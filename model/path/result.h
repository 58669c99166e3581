/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_RESULT_H
#define MODEL_PATH_RESULT_H
/*
 * What the path decided about one packet: a verdict, a reason, the edit as
 * data, and the facts that a simulator or a log wants to know.  Nothing here
 * points into the packet.
 */
#include "model/path/addr.h"

enum lb_verdict {
	LB_PASS,    /* not ours: leave it alone */
	LB_DROP,    /* reason says why */
	LB_FORWARD, /* apply the edit, send to `member` or to the client */
	LB_ANSWER,  /* apply the edit, send back to where it came from */
	LB_VERDICT_COUNT
};

/* Reasons, in the order and spelling of summary.json's "drops". */
#define LB_REASONS(X)                                                          \
	X(NO_RULE, "no_rule")                                                  \
	X(NO_HEALTHY_BACKEND, "no_healthy_backend")                            \
	X(FRAGMENT, "fragment")                                                \
	X(MALFORMED, "malformed")                                              \
	X(ECHO_TOO_BIG, "echo_too_big")                                        \
	X(SNAT_EXHAUSTED, "snat_exhausted")                                    \
	X(SNAT_NO_FLOW, "snat_no_flow")                                        \
	X(SNAT_CONTENDED, "snat_contended")                                    \
	X(TABLE_FULL, "table_full")                                            \
	X(TTL, "ttl")                                                          \
	X(NEXT_HOP, "next_hop")                                                \
	X(TOO_BIG, "too_big")                                                  \
	X(HAIRPIN, "hairpin")

enum lb_reason {
	LB_REASON_NONE,
#define X(name, text) LB_REASON_##name,
	LB_REASONS(X)
#undef X
	    LB_REASON_COUNT
};

enum lb_fact {
	LB_FACT_MADE = 0x01,      /* a table entry was made */
	LB_FACT_HIT = 0x02,       /* a table entry was used */
	LB_FACT_UNTRACKED = 0x04, /* an entry was wanted and none was made */
	LB_FACT_REPLY = 0x08,     /* from a member to the outside */
	LB_FACT_OPENED = 0x10,    /* the entry became open */
	LB_FACT_CLOSING = 0x20,   /* the entry went into a closing state */
	LB_FACT_ICMP = 0x40,      /* an ICMP error about a flow of ours */
	LB_FACT_RECHOSEN = 0x80,  /* the flow's old entry was claimed anew */
	LB_FACT_SNAT = 0x100,     /* a member's own flow; with REPLY: leaving */
	LB_FACT_EVICTED = 0x200,  /* made in place of one that still lived */
};

enum lb_edit_what {
	LB_EDIT_SRC = 0x01,
	LB_EDIT_DST = 0x02,
	LB_EDIT_SPORT = 0x04,
	LB_EDIT_DPORT = 0x08,
	LB_EDIT_QUOTED_SRC = 0x10, /* address and port of the quoted packet */
	LB_EDIT_QUOTED_DST = 0x20,
	LB_EDIT_ECHO = 0x40, /* a request becomes its reply */
};

LB_LAYOUT_BEGIN
struct lb_edit {
	struct lb_addr src, dst; /* new addresses, where `what` says so */
	struct lb_addr quoted;   /* the quoted packet's new endpoint */
	lb_be16 sport, dport;    /* new ports */
	lb_be16 quoted_port;
	uint16_t l3, l4; /* offsets in the frame, bytes */
	uint16_t quoted_l3, quoted_l4;
	uint16_t quoted_bytes;
	uint8_t what; /* enum lb_edit_what; 0: not a byte changes */
	uint8_t family, proto;
	uint8_t fragment; /* enum lb_fragment of the outer packet */
	uint8_t quoted_proto, quoted_fragment;
	uint8_t zero[2];
};

struct lb_result {
	uint32_t verdict; /* enum lb_verdict */
	uint32_t reason;  /* enum lb_reason; with LB_PASS too: NO_RULE */
	uint32_t facts;   /* enum lb_fact, or-ed */
	uint32_t bucket;  /* of the entry made or hit */
	uint16_t member;  /* LB_NONE: none */
	uint16_t rule;    /* LB_NONE: none */
	uint8_t way;      /* of the entry made or hit */
	uint8_t state;    /* enum lb_conn_state of it, afterwards */
	uint8_t zero[2];
	struct lb_edit edit;
};
LB_LAYOUT_END

/* Does the packet leave, edited? */
LB_INLINE bool
lb_result_sends(const struct lb_result *result)
{
	return result->verdict == LB_FORWARD || result->verdict == LB_ANSWER;
}

#endif
