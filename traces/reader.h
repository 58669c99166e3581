/* SPDX-License-Identifier: MIT */
#ifndef TRACES_READER_H
#define TRACES_READER_H
/*
 * A file format: it turns an input into packets as they stand there, link
 * header and all, and tells of the interfaces they came from.  classic.c and
 * pcapng.c are the two there are.
 */
#include "traces/capture.h"
#include "traces/input.h"

struct trace_reader {
	const char *format;
	bool big_endian; /* of pcapng: its latest section */
	struct trace_interface *interfaces;
	size_t interface_count;
	/* Where the next packet is looked for, in the unpacked bytes; of what
	 * is damaged, where that begins. */
	uint64_t at;
	char why[TRACE_WHY_BYTES]; /* after TRACE_DAMAGED: one phrase */

	/*
	 * enum trace_status.  Of the packet all is filled in but its link;
	 * *interface is where it came from.
	 */
	int (*next)(
	    struct trace_reader *r, struct trace_packet *p, size_t *interface);
	void (*close)(struct trace_reader *r);
};

/* NULL: it is none of these; why says what is wrong with it.  The input is
 * not closed by either. */
struct trace_reader *trace_classic_open(
    struct trace_input *in, char why[TRACE_WHY_BYTES]);
struct trace_reader *trace_pcapng_open(
    struct trace_input *in, char why[TRACE_WHY_BYTES]);

/* By its first bytes. */
bool trace_is_pcapng(const uint8_t *head, size_t bytes);

#endif
