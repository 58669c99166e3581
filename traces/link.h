/* SPDX-License-Identifier: MIT */
#ifndef TRACES_LINK_H
#define TRACES_LINK_H
/*
 * What stands in front of the IP packet, by the file's link type.
 *
 * Source: tcpdump.org/linktypes.html and its LINKTYPE_LINUX_SLL and
 * LINKTYPE_LINUX_SLL2 pages.
 */
#include "traces/capture.h"

#define TRACE_LINK_ETHERNET 1 /* as files number it */

enum trace_link_form {
	TRACE_FORM_UNREAD, /* one that we don't read */
	TRACE_FORM_ETHERNET,
	TRACE_FORM_IP,
	TRACE_FORM_IP4,
	TRACE_FORM_IP6,
	TRACE_FORM_NULL, /* BSD loopback: an address family, in some order */
	TRACE_FORM_LOOP, /* OpenBSD's: the same in network order */
	TRACE_FORM_SLL,  /* Linux "any" */
	TRACE_FORM_SLL2,
	TRACE_FORM_COUNT
};

enum trace_link_form trace_link_form(int link_type);

/* Takes the link header off a packet, Ethernet's excepted, and says in p->link
 * what is left. */
void trace_link_strip(enum trace_link_form form, struct trace_packet *p);

/* libpcap's number for what a file calls link_type. */
int trace_link_dlt(int link_type);

#endif
