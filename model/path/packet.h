/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_PACKET_H
#define MODEL_PATH_PACKET_H
/*
 * One packet, parsed once: where its headers are, who talks to whom, and
 * nothing that only a rule could decide.  Everything after lb_parse() works
 * on this struct; only lb_apply() touches the bytes again.
 *
 * Read: Ethernet II, up to LB_VLAN_MAX tags (802.1Q, 802.1ad), IPv4 with
 * options, IPv6 with up to LB_EXT_MAX extension headers, TCP, UDP, ICMP,
 * ICMPv6, fragments, and the packet that an ICMP error quotes.
 *
 * Source: IEEE 802.1Q; RFC 791, 792, 768, 9293, 8200, 4443.
 */
#include "model/path/addr.h"

#define LB_VLAN_MAX 2u
#define LB_EXT_MAX  6u

enum lb_proto {
	LB_PROTO_ICMP = 1,
	LB_PROTO_TCP = 6,
	LB_PROTO_UDP = 17,
	LB_PROTO_ICMP6 = 58,
};

enum lb_echo {
	LB_ECHO_REPLY4 = 0,
	LB_ECHO_REQUEST4 = 8, /* RFC 792 */
	LB_ECHO_REQUEST6 = 128,
	LB_ECHO_REPLY6 = 129, /* RFC 4443 4 */
};

/* lb_parse()'s answers.  A packet that is not LB_PARSED never reaches step. */
enum lb_parsed {
	LB_PARSED,
	LB_PARSED_NOT_IP,         /* no IPv4, no IPv6 inside */
	LB_PARSED_TRUNCATED,      /* headers go beyond what was captured */
	LB_PARSED_MALFORMED,      /* headers contradict themselves */
	LB_PARSED_OTHER_PROTOCOL, /* neither TCP, UDP, ICMP nor ICMPv6 */
	LB_PARSED_COUNT
};

enum lb_tcp_flag {
	LB_TCP_FIN = 0x01,
	LB_TCP_SYN = 0x02,
	LB_TCP_RST = 0x04,
	LB_TCP_ACK = 0x10,
};

/* RFC 791: MF set or an offset.  Only a fragment without offset has ports. */
enum lb_fragment { LB_FRAGMENT_NO, LB_FRAGMENT_FIRST, LB_FRAGMENT_LATER };

enum lb_packet_note {
	LB_NOTE_L4_BAD = 0x1,     /* the transport header contradicts itself */
	LB_NOTE_ICMP_ERROR = 0x2, /* `quoted` is the packet it is about */
};

LB_LAYOUT_BEGIN
/* Addresses, ports and offsets of one IP packet, outer or quoted. */
struct lb_headers {
	struct lb_addr src, dst;
	lb_be16 sport, dport; /* 0 without ports */
	uint16_t l3, l4;      /* offsets from the start of the frame, bytes */
	uint8_t family;       /* 4 or 6 */
	uint8_t proto;        /* enum lb_proto */
	uint8_t fragment;     /* enum lb_fragment */
	uint8_t zero;
	uint32_t l4_bytes; /* behind l4: by the IP length, UINT32_MAX if
			      that is 0; of a quoted packet: quoted */
};

struct lb_packet {
	struct lb_headers ip;
	struct lb_headers quoted; /* meaningful with LB_NOTE_ICMP_ERROR */
	uint32_t seq, ack;        /* TCP, host order */
	uint32_t ip_bytes;        /* IP length on the wire; 0: header says 0 */
	uint32_t payload_bytes;   /* TCP payload by the headers */
	uint8_t tcp_flags;        /* enum lb_tcp_flag, all eight bits */
	uint8_t notes;            /* enum lb_packet_note */
	uint8_t icmp_type;
	uint8_t zero[5];
};
LB_LAYOUT_END

/*
 * lb_parse - read an Ethernet frame.
 *
 * data..end    the bytes that were captured, at most 65,535 + link header.
 * wire_bytes   the frame's length on the wire; 0: all was captured.  Decides
 *              only between truncated (more was on the wire) and malformed.
 *
 * Returns enum lb_parsed.  What could be read is in *pkt in any case.
 * Cost:    constant (bounded loops).  State: none.  Targets: both.
 */
LB_API int lb_parse(const uint8_t *data, const uint8_t *end,
    uint32_t wire_bytes, struct lb_packet *pkt);

/* The same for a packet that starts with its IP header (link type RAW). */
LB_API int lb_parse_ip(const uint8_t *data, const uint8_t *end,
    uint32_t wire_bytes, struct lb_packet *pkt);

LB_INLINE bool
lb_packet_is_bare_syn(const struct lb_packet *pkt)
{
	return pkt->ip.proto == LB_PROTO_TCP &&
	       (pkt->tcp_flags & (LB_TCP_SYN | LB_TCP_ACK)) == LB_TCP_SYN;
}

#endif
