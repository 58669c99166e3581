/* SPDX-License-Identifier: MIT */
#ifndef TRACES_FILTER_H
#define TRACES_FILTER_H
/*
 * One pcap-filter(7) expression, for packets of several link types.  It is
 * compiled for each when the first packet of that type comes.
 */
#include "traces/input.h"
#include "traces/link.h"

struct trace_filter;

/* NULL: no memory. */
struct trace_filter *trace_filter_new(const char *expression);
void trace_filter_free(struct trace_filter *f); /* NULL is fine */

/* Whether it can be compiled for packets of that form. */
bool trace_filter_fits(struct trace_filter *f, enum trace_link_form form);

/* After trace_filter_fits() said no: libpcap's words. */
const char *trace_filter_why(const struct trace_filter *f);

/*
 * Whether a packet passes; nothing does where the filter does not fit, nor
 * from interfaces that we don't read.  The packet's link header is taken off
 * on the way: filters may ask for it.
 */
bool trace_filter_strip(
    struct trace_filter *f, enum trace_link_form form, struct trace_packet *p);

#endif
