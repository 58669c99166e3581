/* SPDX-License-Identifier: MIT */
#include "traces/link.h"

#include <endian.h>
#include <pcap/pcap.h>
#include <string.h>

/* As files number them, which libpcap's DLT_ are on some system only. */
enum {
	LINK_NULL = 0,
	LINK_RAW_DLT = 12,         /* DLT_RAW, put in by mistake */
	LINK_RAW_DLT_OPENBSD = 14, /* the same on OpenBSD */
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,
};

enum {
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,
};

/* Devices under Linux whose packets' protocol is no EtherType. */
enum {
	ARPHRD_FRAD = 770,
	ARPHRD_RADIOTAP = 803,
	ARPHRD_NETLINK = 824,
};

#define FAMILY_BYTES 4u
#define VLAN_BYTES   4u

enum trace_link_form
trace_link_form(int link_type)
{
	switch (link_type) {
	case TRACE_LINK_ETHERNET:
		return TRACE_FORM_ETHERNET;
	case LINK_NULL:
		return TRACE_FORM_NULL;
	case LINK_LOOP:
		return TRACE_FORM_LOOP;
	case LINK_RAW_DLT:
	case LINK_RAW_DLT_OPENBSD:
	case LINK_RAW:
		return TRACE_FORM_IP;
	case LINK_IPV4:
		return TRACE_FORM_IP4;
	case LINK_IPV6:
		return TRACE_FORM_IP6;
	case LINK_SLL:
		return TRACE_FORM_SLL;
	case LINK_SLL2:
		return TRACE_FORM_SLL2;
	default:
		return TRACE_FORM_UNREAD;
	}
}

/* --- stripping ----------------------------------------------------------- */

static uint32_t
get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

/* Takes `bytes` off the front.  False when there are not as many: nothing is
 * left, which parses as truncated or, all of it captured, as malformed. */
static bool
take(struct trace_packet *p, uint32_t bytes)
{
	bool whole = p->captured_bytes >= bytes;
	uint32_t captured = whole ? bytes : p->captured_bytes;
	uint32_t wire = bytes < p->wire_bytes ? bytes : p->wire_bytes;

	p->data += captured;
	p->captured_bytes -= captured;
	p->wire_bytes -= wire;
	return whole;
}

/*
 * The address family as an IP version, 0 for others.  The BSDs and macOS have
 * three numbers for IPv6, Linux a fourth.  The order is the writing machine's,
 * which need not be the file's: families are small numbers.
 */
static uint32_t
family_version(const uint8_t *from, bool network_order)
{
	uint32_t family;

	memcpy(&family, from, sizeof(family));
	family = be32toh(family);
	if (!network_order && family > UINT16_MAX)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return 4;
	case 10:
	case 24:
	case 28:
	case 30:
		return 6;
	default:
		return 0;
	}
}

/* How many bytes a Linux header has; what its packet is and its device. */
static uint32_t
cooked_header(enum trace_link_form form, const struct trace_packet *p,
    uint32_t *protocol, uint32_t *device)
{
	const uint8_t *h = p->data;
	uint32_t bytes = form == TRACE_FORM_SLL ? 16 : 20;

	if (p->captured_bytes < bytes)
		return bytes;
	*protocol = get16(form == TRACE_FORM_SLL ? h + 14 : h);
	*device = get16(form == TRACE_FORM_SLL ? h + 2 : h + 8);
	return bytes;
}

static bool
is_tag(uint32_t protocol)
{
	return protocol == ETHERTYPE_VLAN || protocol == ETHERTYPE_QINQ ||
	       protocol == ETHERTYPE_QINQ_OLD;
}

/* Takes the header and the tags behind it.  False: cut off within. */
static bool
take_cooked(
    enum trace_link_form form, struct trace_packet *p, uint32_t *version)
{
	uint32_t protocol = 0, device = 0;

	if (!take(p, cooked_header(form, p, &protocol, &device)))
		return false;
	if (device == ARPHRD_FRAD || device == ARPHRD_RADIOTAP ||
	    device == ARPHRD_NETLINK)
		return true;
	for (unsigned tags = 0; is_tag(protocol) && tags < LB_VLAN_MAX;
	     tags++) {
		if (!take(p, VLAN_BYTES))
			return false;
		protocol = get16(p->data - 2);
	}
	*version = protocol == ETHERTYPE_IP4   ? 4
		   : protocol == ETHERTYPE_IP6 ? 6
					       : 0;
	return true;
}

static bool
take_family(
    enum trace_link_form form, struct trace_packet *p, uint32_t *version)
{
	const uint8_t *family = p->data;

	if (!take(p, FAMILY_BYTES))
		return false;
	*version = family_version(family, form == TRACE_FORM_LOOP);
	return true;
}

/* Takes the link header and says which IP version should follow: 0 none. */
static bool
take_header(
    enum trace_link_form form, struct trace_packet *p, uint32_t *version)
{
	switch (form) {
	case TRACE_FORM_NULL:
	case TRACE_FORM_LOOP:
		return take_family(form, p, version);
	case TRACE_FORM_SLL:
	case TRACE_FORM_SLL2:
		return take_cooked(form, p, version);
	case TRACE_FORM_IP4:
		*version = 4;
		return true;
	case TRACE_FORM_IP6:
		*version = 6;
		return true;
	default:
		return true;
	}
}

void
trace_link_strip(enum trace_link_form form, struct trace_packet *p)
{
	uint32_t version = 0;

	p->link = TRACE_RAW_IP;
	if (form == TRACE_FORM_UNREAD)
		p->link = TRACE_UNREAD;
	else if (form == TRACE_FORM_ETHERNET)
		p->link = TRACE_ETHERNET;
	else if (take_header(form, p, &version) && form != TRACE_FORM_IP &&
		 (version == 0 ||
		     (p->captured_bytes > 0 && p->data[0] >> 4 != version)))
		p->link = TRACE_NOT_IP;
}

/* --- names --------------------------------------------------------------- */

int
trace_link_dlt(int link_type)
{
	/* Below 100 a file has the DLT_ that all systems agree on; 100 to 106
	 * stand for those that they don't; above they are equal. */
	switch (link_type) {
	case 100:
		return DLT_ATM_RFC1483;
	case LINK_RAW:
	case LINK_RAW_DLT_OPENBSD:
		return DLT_RAW;
	case 102:
		return DLT_SLIP_BSDOS;
	case 103:
		return DLT_PPP_BSDOS;
	case 106:
		return DLT_ATM_CLIP;
	default:
		return link_type;
	}
}

const char *
trace_link_name(int link_type)
{
	return pcap_datalink_val_to_name(trace_link_dlt(link_type));
}
