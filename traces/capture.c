/* SPDX-License-Identifier: MIT */
#include "traces/capture.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "traces/filter.h"
#include "traces/reader.h"

/* A name, a reason from below and words of our own. */
#define ERROR_BYTES (TRACE_WHY_BYTES + 512u)

/* lb_parse()'s limit: an IP packet of 65,535 bytes behind a header with tags.
 * Captures of offloaded traffic have longer ones; no header lies that far. */
#define PARSE_BYTES_MAX (65535u + 14u + 4u * LB_VLAN_MAX)

struct trace {
	struct trace_input *input;
	struct trace_reader *reader;
	struct trace_filter *filter; /* NULL: none */
	char *name;
	uint64_t packet_count; /* given out */
	uint64_t unread_count; /* of those, TRACE_UNREAD */
	uint64_t damaged_at;
	int status; /* enum trace_status of the last trace_next() */
	/* The first packet and where it came from, read while opening. */
	struct trace_packet first;
	size_t first_interface;
	int first_status;
	bool has_first;
	char error[ERROR_BYTES];
};

/* One line: what came out of a file may hold line ends and worse. */
static void say(struct trace *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct trace *t, const char *format, ...)
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

/* What people hand over instead of a capture. */
static const char *
mend_format(const uint8_t *head, size_t head_bytes)
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

	for (size_t i = 0; i < LB_COUNT(rows); i++)
		if (head_bytes >= rows[i].magic_bytes &&
		    !memcmp(head, rows[i].magic, rows[i].magic_bytes))
			return rows[i].mend;
	return "give a pcap or pcapng file, as tcpdump -w and Wireshark write "
	       "them";
}

static bool
open_reader(struct trace *t, const char *path)
{
	char why[TRACE_WHY_BYTES];
	size_t head_bytes;

	t->input = trace_input_open(path, why);
	if (t->input == NULL) {
		say(t, "%s: %s", t->name, why);
		return false;
	}
	const uint8_t *head = trace_input_head(t->input, &head_bytes);
	t->reader = trace_is_pcapng(head, head_bytes)
			? trace_pcapng_open(t->input, why)
			: trace_classic_open(t->input, why);
	if (t->reader == NULL)
		say(t, "%s: is not a readable capture (%s); %s", t->name, why,
		    mend_format(head, head_bytes));
	return t->reader != NULL;
}

static int
read_packet(struct trace *t, struct trace_packet *p, size_t *interface)
{
	if (LB_LIKELY(!t->has_first))
		return t->reader->next(t->reader, p, interface);
	t->has_first = false;
	*p = t->first;
	*interface = t->first_interface;
	return t->first_status;
}

static enum trace_link_form
form_of(const struct trace *t, size_t interface)
{
	return trace_link_form(t->reader->interfaces[interface].link_type);
}

static bool
has_readable(const struct trace *t)
{
	for (size_t i = 0; i < t->reader->interface_count; i++)
		if (form_of(t, i) != TRACE_FORM_UNREAD)
			return true;
	return false;
}

/* "LINUX_CAN20B (CAN 2.0B)", or as much of it as is known. */
static const char *
describe_link(int link_type, char *to, size_t room)
{
	const char *name = trace_link_name(link_type);
	const char *meaning =
	    pcap_datalink_val_to_description(trace_link_dlt(link_type));
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", link_type);
	(void)snprintf(to, room, "%s (%s)", name != NULL ? name : number,
	    meaning != NULL ? meaning : "unknown");
	return to;
}

static void
say_link_unread(struct trace *t, int link_type)
{
	char link[128];

	say(t,
	    "%s: has link type %s; only Ethernet, raw IP, BSD loopback and "
	    "Linux cooked are read: capture on an Ethernet interface or on "
	    "\"any\" (tcpdump -i any -w FILE)",
	    t->name, describe_link(link_type, link, sizeof(link)));
}

/*
 * Refuses what would be read in vain: a classic file tells its link type, of
 * pcapng the interfaces come before the first packet.  Without a packet any
 * pcapng is a good one.
 */
static bool
check_links(struct trace *t)
{
	struct trace_reader *r = t->reader;
	size_t unread = 0;

	if (!strcmp(r->format, "pcapng")) {
		t->first_status = r->next(r, &t->first, &t->first_interface);
		t->has_first = true;
		if (t->first_status != TRACE_PACKET)
			return true;
		unread = t->first_interface;
	}
	if (has_readable(t))
		return true;
	say_link_unread(t, r->interfaces[unread].link_type);
	return false;
}

/* It must fit one of the interfaces; of none yet, Ethernet. */
static bool
set_filter(struct trace *t, const char *expression)
{
	bool fits = false;

	t->filter = trace_filter_new(expression);
	if (t->filter == NULL) {
		say(t, "%s: no memory", t->name);
		return false;
	}
	for (size_t i = 0; i < t->reader->interface_count && !fits; i++)
		fits = form_of(t, i) != TRACE_FORM_UNREAD &&
		       trace_filter_fits(t->filter, form_of(t, i));
	if (!fits && !has_readable(t))
		fits = trace_filter_fits(t->filter, TRACE_FORM_ETHERNET);
	if (!fits)
		say(t,
		    "%s: wrong filter \"%s\" (%s); pcap-filter(7) has the "
		    "grammar",
		    t->name, expression, trace_filter_why(t->filter));
	return fits;
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
	t->damaged_at = UINT64_MAX;
	t->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	if (t->name == NULL) {
		say(t, "%s: no memory", path);
		goto fail;
	}
	if (!open_reader(t, path) || !check_links(t))
		goto fail;
	if (filter != NULL && !set_filter(t, filter)) {
		*usage = t->filter != NULL;
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
	if (t->reader != NULL)
		t->reader->close(t->reader);
	trace_input_close(t->input);
	trace_filter_free(t->filter);
	free(t->name);
	free(t);
}

/* --- reading ------------------------------------------------------------- */

static void
say_damaged(struct trace *t)
{
	t->damaged_at = t->reader->at;
	say(t,
	    "%s: damaged at byte %ju%s, after %ju %spacket%s (%s); the rest "
	    "is left out",
	    t->name, (uintmax_t)t->damaged_at,
	    trace_input_packing(t->input) != NULL ? " (unpacked)" : "",
	    (uintmax_t)t->packet_count, t->filter != NULL ? "matching " : "",
	    t->packet_count == 1 ? "" : "s", t->reader->why);
}

/* The interface of a file that had packets of unread ones only. */
static int
unread_link(const struct trace *t)
{
	const struct trace_reader *r = t->reader;
	size_t i = 0;

	while (i + 1 < r->interface_count && r->interfaces[i].packets == 0)
		i++;
	return r->interfaces[i].link_type;
}

static int
stop(struct trace *t, int status)
{
	t->status = status;
	if (status == TRACE_DAMAGED) {
		say_damaged(t);
	} else if (t->unread_count > 0 && t->unread_count == t->packet_count) {
		t->status = TRACE_DAMAGED;
		say_link_unread(t, unread_link(t));
	}
	return t->status;
}

/* Takes the link header off; false: the filter does not let it pass. */
static bool
unwrap(struct trace *t, size_t interface, struct trace_packet *p)
{
	int link_type = t->reader->interfaces[interface].link_type;

	if (LB_UNLIKELY(t->filter != NULL))
		return trace_filter_strip(
		    t->filter, trace_link_form(link_type), p);
	if (LB_LIKELY(link_type == TRACE_LINK_ETHERNET))
		p->link = TRACE_ETHERNET;
	else
		trace_link_strip(trace_link_form(link_type), p);
	return true;
}

int
trace_next(struct trace *t, struct trace_packet *p)
{
	size_t interface;

	if (LB_UNLIKELY(t->status != TRACE_PACKET))
		return t->status;
	do {
		int status = read_packet(t, p, &interface);
		if (LB_UNLIKELY(status != TRACE_PACKET))
			return stop(t, status);
	} while (!unwrap(t, interface, p));

	t->packet_count++;
	t->unread_count += p->link == TRACE_UNREAD;
	t->reader->interfaces[interface].packets++;
	return TRACE_PACKET;
}

int
trace_parse(const struct trace_packet *p, struct lb_packet *out)
{
	uint32_t bytes = p->captured_bytes;

	if (bytes > PARSE_BYTES_MAX)
		bytes = PARSE_BYTES_MAX;
	if (LB_LIKELY(p->link == TRACE_ETHERNET))
		return lb_parse(p->data, p->data + bytes, p->wire_bytes, out);
	if (p->link == TRACE_RAW_IP)
		return lb_parse_ip(
		    p->data, p->data + bytes, p->wire_bytes, out);
	*out = (struct lb_packet){ 0 };
	return LB_PARSED_NOT_IP;
}

/* --- asking -------------------------------------------------------------- */

const char *
trace_error(const struct trace *t)
{
	return t->error;
}

uint64_t
trace_damaged_at(const struct trace *t)
{
	return t->damaged_at;
}

void
trace_info(const struct trace *t, struct trace_info *info)
{
	*info = (struct trace_info){
		.format = t->reader->format,
		.packing = trace_input_packing(t->input),
		.big_endian = t->reader->big_endian,
		.interfaces = t->reader->interfaces,
		.interface_count = t->reader->interface_count,
	};
}

uint64_t
trace_bytes_read(const struct trace *t)
{
	if (trace_input_bytes_total(t->input) == 0)
		return 0;
	return trace_input_packing(t->input) != NULL
		   ? trace_input_bytes_unpacked(t->input)
		   : t->reader->at;
}

uint64_t
trace_bytes_total(const struct trace *t)
{
	return trace_input_bytes_total(t->input);
}
