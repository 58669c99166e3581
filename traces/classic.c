/* SPDX-License-Identifier: MIT */
/*
 * Classic pcap files, by libpcap: microseconds and nanoseconds, both byte
 * orders, and the modified formats that libpcap knows.
 */
#include "traces/reader.h"

#include <endian.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define FILE_HEADER_BYTES 24u

/* pcap-savefile(5), as the first four bytes read in the file's order. */
#define MAGIC_US     0xa1b2c3d4u
#define MAGIC_NS     0xa1b23c4du
#define MAGIC_LONGER 0xa1b2cd34u /* A. Kuznetsov's: 8 bytes more a record */

/* The upper bits tell of frame check sequences. */
#define LINK_TYPE_MASK 0x03ffffffu

struct classic {
	struct trace_reader reader;
	struct trace_interface interface; /* the one that reader points to */
	struct trace_input *input;
	pcap_t *pcap; /* once open, it closes the file */
	FILE *file;
	uint64_t start; /* where ftello() was when all began */
	uint32_t header_bytes;
	uint32_t snaplen;
};

/*
 * libpcap reads a classic file's seconds, unsigned until 2106, as signed; and
 * gives on whatever a damaged record calls a fraction of a second.
 */
static uint64_t
time_ns(const struct timeval *captured)
{
	uint64_t s = (uint32_t)captured->tv_sec;
	uint64_t ns = (uint64_t)captured->tv_usec; /* is in ns: we asked so */

	return s * LB_NS_PER_S + (ns < LB_NS_PER_S ? ns : LB_NS_PER_S - 1);
}

static int
stop(struct classic *c, int got)
{
	const char *broken = trace_input_why(c->input);

	if (got == PCAP_ERROR_BREAK)
		return TRACE_END;
	(void)snprintf(c->reader.why, sizeof(c->reader.why), "%s",
	    broken != NULL ? broken : pcap_geterr(c->pcap));
	return TRACE_DAMAGED;
}

static int
classic_next(struct trace_reader *r, struct trace_packet *p, size_t *interface)
{
	struct classic *c = (struct classic *)r;
	struct pcap_pkthdr *header;

	int got = pcap_next_ex(c->pcap, &header, &p->data);
	if (LB_UNLIKELY(got != 1))
		return stop(c, got);

	p->time_ns = time_ns(&header->ts);
	/* libpcap has read that much; what the header says of the wire may
	 * be nonsense. */
	p->captured_bytes = header->caplen;
	p->wire_bytes =
	    header->len > header->caplen ? header->len : header->caplen;
	r->at += c->header_bytes + header->caplen;
	/* It cuts what is longer than the file says packets are: only the
	 * stream knows how much it read. */
	if (LB_UNLIKELY(header->caplen == c->snaplen))
		r->at = (uint64_t)ftello(c->file) - c->start;
	*interface = 0;
	return TRACE_PACKET;
}

static void
classic_close(struct trace_reader *r)
{
	struct classic *c = (struct classic *)r;

	if (c->pcap != NULL)
		pcap_close(c->pcap);
	else if (c->file != NULL)
		(void)fclose(c->file);
	free(c);
}

/* --- opening ------------------------------------------------------------- */

static uint32_t
get32(const uint8_t *from, bool big)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return big ? be32toh(value) : le32toh(value);
}

/* What libpcap does not tell of a header that it took. */
static void
read_header(struct classic *c, const uint8_t *head)
{
	bool big = head[0] == 0xa1;
	uint32_t magic = get32(head, big);

	c->header_bytes = magic == MAGIC_LONGER ? 24 : 16;
	c->interface.link_type =
	    (int)(get32(head + FILE_HEADER_BYTES - 4, big) & LINK_TYPE_MASK);
	c->interface.units_per_s = magic == MAGIC_NS ? LB_NS_PER_S : 1000000;
	c->reader.big_endian = big;
}

struct trace_reader *
trace_classic_open(struct trace_input *in, char why[TRACE_WHY_BYTES])
{
	char said[PCAP_ERRBUF_SIZE] = "no memory";
	size_t head_bytes;
	const uint8_t *head = trace_input_head(in, &head_bytes);
	struct classic *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->file = trace_input_stream(in, &c->start);
	if (c != NULL && c->file != NULL)
		c->pcap = pcap_fopen_offline_with_tstamp_precision(
		    c->file, PCAP_TSTAMP_PRECISION_NANO, said);
	if (c == NULL || c->pcap == NULL || head_bytes < FILE_HEADER_BYTES) {
		const char *broken = trace_input_why(in);
		(void)snprintf(
		    why, TRACE_WHY_BYTES, "%s", broken != NULL ? broken : said);
		if (c != NULL)
			classic_close(&c->reader);
		return NULL;
	}
	c->input = in;
	c->snaplen = (uint32_t)pcap_snapshot(c->pcap);
	c->interface.snaplen = c->snaplen;
	read_header(c, head);
	c->reader.format = "pcap";
	c->reader.interfaces = &c->interface;
	c->reader.interface_count = 1;
	c->reader.at = FILE_HEADER_BYTES;
	c->reader.next = classic_next;
	c->reader.close = classic_close;
	return &c->reader;
}
