/* SPDX-License-Identifier: MIT */
#include "traces/capture.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stays in the cache beside what its reader works on: faster than 1 MiB. */
#define TRACE_BUFFER_BYTES (1u << 18)
#define TRACE_ERROR_BYTES  (PCAP_ERRBUF_SIZE + 512u)

/* lb_parse()'s limit: an IP packet of 65,535 bytes behind a header with tags.
 * Captures of offloaded traffic have longer ones; no header lies that far. */
#define TRACE_PARSE_BYTES_MAX (65535u + 14u + 4u * LB_VLAN_MAX)

struct trace {
	pcap_t *pcap; /* once open, it closes the file */
	FILE *file;
	char *buffer; /* the file's; outlives it */
	char *name;
	uint64_t bytes_total;
	uint64_t packet_count;
	int status; /* enum trace_status of the last trace_next() */
	enum trace_link link;
	struct trace_interface interface;
	bool filtered;
	char error[TRACE_ERROR_BYTES];
};

/* One line: what came out of a file may hold line ends and worse. */
static void trace_say(struct trace *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
trace_say(struct trace *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(t->error, sizeof(t->error), format, args);
	va_end(args);
	for (char *c = t->error; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/* --- opening ------------------------------------------------------------- */

static FILE *
trace_open_stream(const char *path)
{
	if (strcmp(path, "-") != 0)
		return fopen(path, "rb");

	/* A stream of our own: our buffer does not outlive us in stdin's. */
	int fd = dup(STDIN_FILENO);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
	if (file == NULL && fd >= 0)
		(void)close(fd);
	return file;
}

static bool
trace_open_file(struct trace *t, const char *path)
{
	struct stat st;

	t->file = trace_open_stream(path);
	if (t->file == NULL) {
		trace_say(t,
		    "%s: can't be opened: %m; check its name and "
		    "permissions",
		    t->name);
		return false;
	}
	if (fstat(fileno(t->file), &st) == 0) {
		if (S_ISDIR(st.st_mode)) {
			trace_say(t,
			    "%s: is a directory; name the captures in it",
			    t->name);
			return false;
		}
		if (S_ISREG(st.st_mode))
			t->bytes_total = (uint64_t)st.st_size;
	}
	/* glibc takes a size only together with a buffer. */
	(void)setvbuf(t->file, t->buffer, _IOFBF, TRACE_BUFFER_BYTES);

	int first = getc(t->file);
	if (first == EOF) {
		if (ferror(t->file))
			trace_say(t, "%s: can't be read: %m", t->name);
		else
			trace_say(t,
			    "%s: is empty (0 bytes), not even a capture's "
			    "header; capture again",
			    t->name);
		return false;
	}
	(void)ungetc(first, t->file);
	return true;
}

/* What people hand over instead of a capture.  NULL: no idea. */
static const char *
trace_mend_format(FILE *file)
{
	static const struct {
		const char *magic;
		size_t magic_bytes;
		const char *mend;
	} rows[] = {
		{ "\x1f\x8b", 2, "it is compressed: unpack it with gzip -d" },
		{ "\x28\xb5\x2f\xfd", 4,
		    "it is compressed: unpack it with zstd -d" },
		{ "\xfd\x37zXZ", 5, "it is compressed: unpack it with xz -d" },
		{ "BZh", 3, "it is compressed: unpack it with bzip2 -d" },
		{ "PK\x03\x04", 4, "it is an archive: unpack it with unzip" },
	};
	char head[8] = { 0 };

	/* Fails for a pipe, whose beginning is gone. */
	if (pread(fileno(file), head, sizeof(head), 0) > 0)
		for (size_t i = 0; i < LB_COUNT(rows); i++)
			if (!memcmp(head, rows[i].magic, rows[i].magic_bytes))
				return rows[i].mend;
	return "give a pcap or pcapng file, as tcpdump -w and Wireshark write "
	       "them";
}

static bool
trace_open_pcap(struct trace *t)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	t->pcap = pcap_fopen_offline_with_tstamp_precision(
	    t->file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (t->pcap == NULL)
		trace_say(t, "%s: is not a readable capture (%s); %s", t->name,
		    why, trace_mend_format(t->file));
	return t->pcap != NULL;
}

static const char *
trace_mend_link(int link)
{
	switch (link) {
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
		return "capture on one interface instead of \"any\"";
	case DLT_NULL:
	case DLT_LOOP:
		return "capture on another interface than the loopback";
	default:
		return "capture on an Ethernet interface";
	}
}

static bool
trace_choose_link(struct trace *t)
{
	int link = pcap_datalink(t->pcap);

	t->interface.link_type = link;
	t->interface.snaplen = (uint32_t)pcap_snapshot(t->pcap);
	t->interface.units_per_s = 1000000;
	switch (link) {
	case DLT_EN10MB:
		t->link = TRACE_ETHERNET;
		return true;
	case DLT_RAW:
	case 14: /* OpenBSD's DLT_RAW, as its old captures have it */
	case DLT_IPV4:
	case DLT_IPV6:
		t->link = TRACE_RAW_IP;
		return true;
	default:
		break;
	}

	char number[16];
	const char *name = pcap_datalink_val_to_name(link);
	const char *meaning = pcap_datalink_val_to_description(link);
	(void)snprintf(number, sizeof(number), "%d", link);
	trace_say(t,
	    "%s: has link type %s (%s); only Ethernet and raw IP are read: "
	    "%s (tcpdump -i eth0 -w FILE)",
	    t->name, name != NULL ? name : number,
	    meaning != NULL ? meaning : "unknown", trace_mend_link(link));
	return false;
}

static bool
trace_set_filter(struct trace *t, const char *filter)
{
	struct bpf_program program;

	if (pcap_compile(t->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) !=
	    0) {
		trace_say(t,
		    "%s: wrong filter \"%s\" (%s); pcap-filter(7) has the "
		    "grammar",
		    t->name, filter, pcap_geterr(t->pcap));
		return false;
	}
	int set = pcap_setfilter(t->pcap, &program);
	if (set != 0)
		trace_say(t, "%s: filter \"%s\" can't be used (%s)", t->name,
		    filter, pcap_geterr(t->pcap));
	pcap_freecode(&program);
	t->filtered = true;
	return set == 0;
}

struct trace *
trace_open(const char *path, const char *filter, bool *usage, char *error,
    size_t error_bytes)
{
	*usage = false;
	struct trace *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		(void)snprintf(error, error_bytes, "%s: no memory", path);
		return NULL;
	}
	t->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	t->buffer = malloc(TRACE_BUFFER_BYTES);
	if (t->name == NULL || t->buffer == NULL) {
		trace_say(t, "%s: no memory", path);
		goto fail;
	}
	if (!trace_open_file(t, path) || !trace_open_pcap(t) ||
	    !trace_choose_link(t))
		goto fail;
	if (filter != NULL && !trace_set_filter(t, filter)) {
		*usage = true;
		goto fail;
	}
	return t;
fail:
	(void)snprintf(error, error_bytes, "%s", t->error);
	trace_close(t);
	return NULL;
}

void
trace_close(struct trace *t)
{
	if (t == NULL)
		return;
	if (t->pcap != NULL)
		pcap_close(t->pcap);
	else if (t->file != NULL)
		(void)fclose(t->file);
	free(t->buffer);
	free(t->name);
	free(t);
}

/* --- reading ------------------------------------------------------------- */

/*
 * libpcap reads a classic file's seconds, unsigned until 2106, as signed; and
 * gives on whatever a damaged record calls a fraction of a second.
 */
static uint64_t
trace_time_ns(const struct timeval *captured)
{
	uint64_t s = (uint64_t)captured->tv_sec;
	uint64_t ns = (uint64_t)captured->tv_usec; /* is in ns: we asked so */

	if (captured->tv_sec < 0)
		s = (uint32_t)captured->tv_sec;
	if (s >= UINT64_MAX / LB_NS_PER_S)
		return UINT64_MAX;
	if (ns >= LB_NS_PER_S)
		ns = LB_NS_PER_S - 1;
	return s * LB_NS_PER_S + ns;
}

static int
trace_stop(struct trace *t, int got)
{
	t->status = TRACE_END;
	if (got != PCAP_ERROR_BREAK) {
		t->status = TRACE_DAMAGED;
		trace_say(t,
		    "%s: damaged after %ju %spacket%s (%s); the rest is "
		    "left out",
		    t->name, (uintmax_t)t->packet_count,
		    t->filtered ? "matching " : "",
		    t->packet_count == 1 ? "" : "s", pcap_geterr(t->pcap));
	}
	return t->status;
}

int
trace_next(struct trace *t, struct trace_packet *p)
{
	struct pcap_pkthdr *header;
	const uint8_t *data;

	if (LB_UNLIKELY(t->status != TRACE_PACKET))
		return t->status;
	int got = pcap_next_ex(t->pcap, &header, &data);
	if (LB_UNLIKELY(got != 1))
		return trace_stop(t, got);

	t->packet_count++;
	p->time_ns = trace_time_ns(&header->ts);
	p->data = data;
	/* libpcap has read that much; what the header says of the wire may
	 * be nonsense. */
	p->captured_bytes = header->caplen;
	p->wire_bytes =
	    header->len > header->caplen ? header->len : header->caplen;
	p->link = t->link;
	t->interface.packets++;
	return TRACE_PACKET;
}

void
trace_info(const struct trace *t, struct trace_info *info)
{
	*info = (struct trace_info){
		.format = "pcap",
		.big_endian = pcap_is_swapped(t->pcap) != 0,
		.interfaces = &t->interface,
		.interface_count = 1,
	};
}

const char *
trace_link_name(int link_type)
{
	return pcap_datalink_val_to_name(link_type);
}

const char *
trace_error(const struct trace *t)
{
	return t->error;
}

uint64_t
trace_bytes_read(const struct trace *t)
{
	off_t at = ftello(t->file);

	return at < 0 ? 0 : (uint64_t)at;
}

uint64_t
trace_bytes_total(const struct trace *t)
{
	return t->bytes_total;
}

int
trace_parse(const struct trace_packet *p, struct lb_packet *out)
{
	uint32_t bytes = p->captured_bytes;

	if (bytes > TRACE_PARSE_BYTES_MAX)
		bytes = TRACE_PARSE_BYTES_MAX;
	return p->link == TRACE_RAW_IP
		   ? lb_parse_ip(p->data, p->data + bytes, p->wire_bytes, out)
		   : lb_parse(p->data, p->data + bytes, p->wire_bytes, out);
}
