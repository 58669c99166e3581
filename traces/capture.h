/* SPDX-License-Identifier: MIT */
#ifndef TRACES_CAPTURE_H
#define TRACES_CAPTURE_H
/*
 * A capture file, read packet by packet: pcap or pcapng, as it is or packed
 * with gzip.  Its bytes say which, its name says nothing.  What is damaged
 * ends the reading; what stood before it has been given out.
 *
 * Link types read: Ethernet, raw IP, BSD loopback (NULL, LOOP) and Linux
 * cooked (SLL, SLL2).  All headers but Ethernet's are taken off.
 */
#include "model/path/packet.h"

enum trace_link {
	TRACE_ETHERNET,
	TRACE_RAW_IP,
	TRACE_NOT_IP, /* its link header said so */
	TRACE_UNREAD, /* of an interface whose link type is not read */
};

struct trace_packet {
	uint64_t time_ns;    /* since 1970, as captured; may run backwards;
				0: not told */
	const uint8_t *data; /* valid until the next trace_next() */
	uint32_t captured_bytes;
	uint32_t wire_bytes; /* >= captured_bytes */
	enum trace_link link;
};

enum trace_status {
	TRACE_PACKET,  /* *p is one more packet */
	TRACE_END,     /* the file ended where it should */
	TRACE_DAMAGED, /* the rest cannot be read, or none of it could: see
			  trace_error() */
};

struct trace;

/*
 * trace_open - open a capture.
 *
 * path    a file; "-" is standard input, which stays open.
 * filter  a pcap-filter(7) expression, NULL: none.  Where interfaces differ
 *         in link type it must fit one of them; of those that it does not
 *         fit nothing passes.
 * error   on NULL: one line that names the file, what is wrong and how to
 *         mend it; at least 256 bytes.
 *
 * Returns NULL when it can't be read at all (missing, empty, not a capture,
 * only link types that we don't read, a wrong filter: then *usage is true).
 * Of pcapng it reads up to the first packet.
 */
struct trace *trace_open(const char *path, const char *filter, bool *usage,
    char *error, size_t error_bytes);
void trace_close(struct trace *t); /* NULL is fine */

/* Once it has said TRACE_END or TRACE_DAMAGED it goes on saying so. */
int trace_next(struct trace *t, struct trace_packet *p); /* enum trace_status */

/*
 * After TRACE_DAMAGED: one line; and where the damage begins, as an offset into
 * the capture, unpacked.  UINT64_MAX: it has no one place.
 */
const char *trace_error(const struct trace *t);
uint64_t trace_damaged_at(const struct trace *t);

/*
 * What the file says of itself.  Interfaces appear as they are read, every
 * section's anew: ask at the end.  A classic capture has one.  Valid until the
 * next trace_next().
 */
struct trace_interface {
	int link_type;        /* LINKTYPE_ of the file, as tcpdump.org lists */
	char name[32];        /* printable ASCII; "": not told */
	uint32_t snaplen;     /* 0: no limit, or not told */
	uint64_t units_per_s; /* of its time stamps; 1 or more */
	uint64_t packets;     /* given out */
};

struct trace_info {
	const char *format;  /* "pcap", "pcapng" */
	const char *packing; /* "gzip"; NULL: not compressed */
	bool big_endian;     /* of several sections: the latest */
	const struct trace_interface *interfaces;
	size_t interface_count;
};

void trace_info(const struct trace *t, struct trace_info *info);

/* "EN10MB", "LINUX_SLL2"; NULL: nobody knows. */
const char *trace_link_name(int link_type);

/* For progress: of the file, not of the packets. */
uint64_t trace_bytes_read(const struct trace *t);  /* 0 from a pipe */
uint64_t trace_bytes_total(const struct trace *t); /* 0: unknown, a pipe */

/* Parses the packet by its link type: enum lb_parsed. */
int trace_parse(const struct trace_packet *p, struct lb_packet *out);

/*
 * SHA-256 of a file, as 64 hexadecimal digits and a NUL.  -1: unreadable, or
 * no regular file ("-" too): a pipe can be read only once, and not by us.
 */
int trace_sha256(const char *path, char hex[65]);

#endif
