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
#define SNAPLEN_AT        16u
#define LINK_TYPE_AT      20u

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
	uint32_t header_bytes;
	uint32_t snaplen; /* UINT32_MAX: any */
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
	uint32_t bytes =
	    header->caplen < c->snaplen ? header->caplen : c->snaplen;
	p->captured_bytes = bytes;
	p->wire_bytes = header->len > bytes ? header->len : bytes;
	r->at += c->header_bytes + header->caplen;
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

/*
 * Takes from the header what libpcap does not tell; and takes the snapshot
 * length out of it.  libpcap cuts longer packets to it without telling how
 * many bytes it left out, and no later offset would be known: they are cut
 * here.
 */
static void
read_header(struct classic *c, uint8_t *head)
{
	bool big = head[0] == 0xa1;
	uint32_t magic = get32(head, big);
	uint32_t snaplen = get32(head + SNAPLEN_AT, big);

	c->header_bytes = magic == MAGIC_LONGER ? 24 : 16;
	c->snaplen = snaplen == 0 ? UINT32_MAX : snaplen;
	c->interface.link_type =
	    (int)(get32(head + LINK_TYPE_AT, big) & LINK_TYPE_MASK);
	c->interface.snaplen = snaplen;
	c->interface.units_per_s = magic == MAGIC_NS ? LB_NS_PER_S : 1000000;
	c->reader.big_endian = big;
	memset(head + SNAPLEN_AT, 0, sizeof(snaplen));
}

static bool
open_pcap(struct classic *c, struct trace_input *in, char *why)
{
	char said[PCAP_ERRBUF_SIZE] = "no memory";
	uint8_t head[TRACE_INPUT_HEAD_BYTES] = { 0 };
	size_t head_bytes;
	const uint8_t *is = trace_input_head(in, &head_bytes);

	memcpy(head, is, head_bytes);
	if (head_bytes >= FILE_HEADER_BYTES)
		read_header(c, head);
	c->file = trace_input_stream(in, head);
	if (c->file != NULL)
		c->pcap = pcap_fopen_offline_with_tstamp_precision(
		    c->file, PCAP_TSTAMP_PRECISION_NANO, said);
	const char *broken = trace_input_why(in);
	if (c->pcap == NULL)
		(void)snprintf(
		    why, TRACE_WHY_BYTES, "%s", broken != NULL ? broken : said);
	return c->pcap != NULL;
}

struct trace_reader *
trace_classic_open(struct trace_input *in, char why[TRACE_WHY_BYTES])
{
	struct classic *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)snprintf(why, TRACE_WHY_BYTES, "no memory");
		return NULL;
	}
	if (!open_pcap(c, in, why)) {
		classic_close(&c->reader);
		return NULL;
	}
	c->input = in;
	c->reader.format = "pcap";
	c->reader.interfaces = &c->interface;
	c->reader.interface_count = 1;
	c->reader.at = FILE_HEADER_BYTES;
	c->reader.next = classic_next;
	c->reader.close = classic_close;
	return &c->reader;
}
