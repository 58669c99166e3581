/* SPDX-License-Identifier: MIT */
/*
 * pcapng files.  libpcap 1.10 gives up in the middle of those whose interfaces
 * differ in link type or snapshot length, or whose sections differ in byte
 * order, when a pipe can no longer be begun again: so it reads none of them
 * here.  What both can read they read alike; a test sees to it.
 *
 * Source: IETF draft-ietf-opsawg-pcapng; its appendix has the obsolete packet
 * block.
 */
#include "traces/reader.h"

#include <endian.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
	BLOCK_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
};

enum {
	OPTION_END = 0,
	OPTION_IF_NAME = 2,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_TSOFFSET = 14,
};

#define ORDER_MAGIC          0x1a2b3c4du
#define BLOCK_HEADER_BYTES   8u  /* type, length */
#define BLOCK_AROUND_BYTES   12u /* those, and the length again at the end */
#define SECTION_BODY_BYTES   16u
#define INTERFACE_BODY_BYTES 8u
#define SIMPLE_BODY_BYTES    4u
#define PACKET_BODY_BYTES    20u
#define OPTION_HEADER_BYTES  4u

/* No packet comes near it; a length beyond is a damaged one. */
#define BLOCK_BYTES_MAX ((16u << 20) + 4096u)
/* Each takes memory for as long as the file is read. */
#define INTERFACES_MAX 65536u
/* At first: stays in the cache beside what the packets are used for. */
#define BUFFER_BYTES (1u << 18)

/* An interface's time stamps. */
struct clock {
	uint64_t units_per_s;
	uint64_t ns_per_unit; /* 0: no whole number, or an offset */
	int64_t offset_s;
};

struct pcapng {
	struct trace_reader reader;
	struct trace_input *input;
	/* begin..end: read, and not yet given out */
	uint8_t *buffer;
	size_t begin, end, room;
	struct clock *clocks; /* beside reader.interfaces */
	size_t interfaces_room;
	size_t section_first; /* its interface 0 */
	bool swapped;         /* the section's byte order is not ours */
};

struct block {
	uint32_t type;
	uint32_t bytes; /* of its body */
	const uint8_t *body;
};

static int damage(struct pcapng *ng, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int
damage(struct pcapng *ng, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(ng->reader.why, sizeof(ng->reader.why), format, args);
	va_end(args);
	return TRACE_DAMAGED;
}

static uint16_t
get16(const struct pcapng *ng, const uint8_t *from)
{
	uint16_t value;

	memcpy(&value, from, sizeof(value));
	return ng->swapped ? __builtin_bswap16(value) : value;
}

static uint32_t
get32(const struct pcapng *ng, const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return ng->swapped ? __builtin_bswap32(value) : value;
}

static uint64_t
get64(const struct pcapng *ng, const uint8_t *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof(value));
	return ng->swapped ? __builtin_bswap64(value) : value;
}

/* --- blocks -------------------------------------------------------------- */

/* Room for `bytes` from begin on. */
static bool
make_room(struct pcapng *ng, size_t bytes)
{
	if (bytes > ng->room) {
		size_t room = ng->room * 2 > bytes ? ng->room * 2 : bytes;
		uint8_t *buffer = realloc(ng->buffer, room);
		if (buffer == NULL)
			return false;
		ng->buffer = buffer;
		ng->room = room;
	}
	memmove(ng->buffer, ng->buffer + ng->begin, ng->end - ng->begin);
	ng->end -= ng->begin;
	ng->begin = 0;
	return true;
}

/* Reads until `bytes` are there, from begin on: TRACE_PACKET; TRACE_END when
 * the file ends before the first of them. */
static int
read_more(struct pcapng *ng, size_t bytes)
{
	if (!make_room(ng, bytes))
		return damage(ng, "no memory for a block of %zu bytes", bytes);
	while (ng->end - ng->begin < bytes) {
		ssize_t got = trace_input_read(
		    ng->input, ng->buffer + ng->end, ng->room - ng->end);
		if (got < 0)
			return damage(ng, "%s", trace_input_why(ng->input));
		if (got > 0)
			ng->end += (size_t)got;
		else if (ng->end == ng->begin)
			return TRACE_END;
		else
			return damage(ng,
			    "it is cut off: of a block's %zu bytes "
			    "there are %zu",
			    bytes, ng->end - ng->begin);
	}
	return TRACE_PACKET;
}

static int
need(struct pcapng *ng, size_t bytes)
{
	return LB_LIKELY(ng->end - ng->begin >= bytes) ? TRACE_PACKET
						       : read_more(ng, bytes);
}

/* A section header says how to read it and what follows. */
static int
read_order(struct pcapng *ng)
{
	int status = need(ng, BLOCK_AROUND_BYTES);
	uint32_t magic;

	if (status != TRACE_PACKET)
		return status;
	memcpy(
	    &magic, ng->buffer + ng->begin + BLOCK_HEADER_BYTES, sizeof(magic));
	if (magic != ORDER_MAGIC && magic != __builtin_bswap32(ORDER_MAGIC))
		return damage(ng, "a section's byte order mark is 0x%08x",
		    be32toh(magic));
	ng->swapped = magic != ORDER_MAGIC;
	ng->reader.big_endian = ng->swapped == (BYTE_ORDER == LITTLE_ENDIAN);
	return TRACE_PACKET;
}

/* The next block, whole and in the buffer. */
static int
read_block(struct pcapng *ng, struct block *b)
{
	int status = need(ng, BLOCK_HEADER_BYTES);

	if (LB_UNLIKELY(status != TRACE_PACKET))
		return status;
	b->type = get32(ng, ng->buffer + ng->begin);
	if (LB_UNLIKELY(b->type == BLOCK_SECTION)) {
		status = read_order(ng);
		if (status != TRACE_PACKET)
			return status;
	}
	uint32_t bytes = get32(ng, ng->buffer + ng->begin + 4);
	if (LB_UNLIKELY(bytes < BLOCK_AROUND_BYTES || bytes % 4 != 0 ||
			bytes > BLOCK_BYTES_MAX))
		return damage(ng, "a block of %u bytes, which can't be", bytes);
	status = need(ng, bytes);
	if (LB_UNLIKELY(status != TRACE_PACKET))
		return status;

	const uint8_t *at = ng->buffer + ng->begin;
	if (LB_UNLIKELY(get32(ng, at + bytes - 4) != bytes))
		return damage(ng,
		    "a block of %u bytes that ends with a length of %u", bytes,
		    get32(ng, at + bytes - 4));
	b->body = at + BLOCK_HEADER_BYTES;
	b->bytes = bytes - BLOCK_AROUND_BYTES;
	return TRACE_PACKET;
}

/* On to the block behind it.  Its bytes stay until more is read. */
static void
leave_block(struct pcapng *ng, const struct block *b)
{
	ng->begin += b->bytes + BLOCK_AROUND_BYTES;
	ng->reader.at += b->bytes + BLOCK_AROUND_BYTES;
}

/* --- sections and interfaces --------------------------------------------- */

static int
open_section(struct pcapng *ng, const struct block *b)
{
	if (b->bytes < SECTION_BODY_BYTES)
		return damage(ng, "a section header of %u bytes", b->bytes);
	uint16_t version = get16(ng, b->body + 4);
	if (version != 1)
		return damage(ng,
		    "version %u of pcapng, of which only 1 is known", version);
	ng->section_first = ng->reader.interface_count;
	return TRACE_PACKET;
}

static bool
make_interface_room(struct pcapng *ng)
{
	size_t room = ng->interfaces_room == 0 ? 8 : ng->interfaces_room * 2;

	if (ng->reader.interface_count < ng->interfaces_room)
		return true;
	void *at = reallocarray(
	    ng->reader.interfaces, room, sizeof(*ng->reader.interfaces));
	if (at == NULL)
		return false;
	ng->reader.interfaces = at;
	at = reallocarray(ng->clocks, room, sizeof(*ng->clocks));
	if (at == NULL)
		return false;
	ng->clocks = at;
	ng->interfaces_room = room;
	return true;
}

/* if_tsresol: a negative power of ten, of two with the high bit. */
static int
read_resolution(struct pcapng *ng, struct clock *clock, uint8_t said)
{
	const unsigned power = said & 0x7f;

	if (power > (said & 0x80 ? 63 : 19))
		return damage(ng,
		    "an interface's time stamps have a resolution "
		    "of %s^-%u s, finer than can be counted",
		    said & 0x80 ? "2" : "10", power);
	clock->units_per_s = said & 0x80 ? UINT64_C(1) << power : 1;
	for (unsigned i = 0; !(said & 0x80) && i < power; i++)
		clock->units_per_s *= 10;
	return TRACE_PACKET;
}

/* For people to read: what came out of a file may be anything. */
static void
read_name(struct trace_interface *interface, const uint8_t *from, size_t bytes)
{
	char *name = interface->name;

	if (bytes > sizeof(interface->name) - 1)
		bytes = sizeof(interface->name) - 1;
	memcpy(name, from, bytes);
	name[bytes] = '\0';
	for (; *name != '\0'; name++)
		if (*name < ' ' || *name > '~')
			*name = '?';
}

static int
read_option(
    struct pcapng *ng, uint16_t code, const uint8_t *value, uint16_t bytes)
{
	struct trace_interface *interface =
	    &ng->reader.interfaces[ng->reader.interface_count];
	struct clock *clock = &ng->clocks[ng->reader.interface_count];

	if ((code == OPTION_IF_TSRESOL && bytes != 1) ||
	    (code == OPTION_IF_TSOFFSET && bytes != 8))
		return damage(
		    ng, "an interface's option %u has %u bytes", code, bytes);
	if (code == OPTION_IF_TSRESOL)
		return read_resolution(ng, clock, value[0]);
	if (code == OPTION_IF_TSOFFSET)
		clock->offset_s = (int64_t)get64(ng, value);
	if (code == OPTION_IF_NAME)
		read_name(interface, value, bytes);
	return TRACE_PACKET;
}

static int
read_options(struct pcapng *ng, const uint8_t *at, uint32_t left)
{
	int status = TRACE_PACKET;

	while (status == TRACE_PACKET && left >= OPTION_HEADER_BYTES) {
		uint16_t code = get16(ng, at), bytes = get16(ng, at + 2);
		uint32_t whole = OPTION_HEADER_BYTES + ((bytes + 3u) & ~3u);
		if (code == OPTION_END)
			break;
		if (whole > left)
			return damage(ng,
			    "an interface's option %u of %u bytes goes beyond "
			    "its block",
			    code, bytes);
		status = read_option(ng, code, at + OPTION_HEADER_BYTES, bytes);
		at += whole;
		left -= whole;
	}
	return status;
}

static int
add_interface(struct pcapng *ng, const struct block *b)
{
	size_t i = ng->reader.interface_count;

	if (b->bytes < INTERFACE_BODY_BYTES)
		return damage(
		    ng, "an interface description of %u bytes", b->bytes);
	if (i >= INTERFACES_MAX)
		return damage(ng, "more than %u interfaces", INTERFACES_MAX);
	if (!make_interface_room(ng))
		return damage(ng, "no memory for %zu interfaces", i);
	ng->reader.interfaces[i] = (struct trace_interface){
		.link_type = get16(ng, b->body),
		.snaplen = get32(ng, b->body + 4),
	};
	struct clock *clock = &ng->clocks[i];
	*clock = (struct clock){ .units_per_s = 1000000 };
	int status = read_options(ng, b->body + INTERFACE_BODY_BYTES,
	    b->bytes - INTERFACE_BODY_BYTES);
	if (status != TRACE_PACKET)
		return status;
	ng->reader.interfaces[i].units_per_s = clock->units_per_s;
	if (clock->offset_s == 0 && LB_NS_PER_S % clock->units_per_s == 0)
		clock->ns_per_unit = LB_NS_PER_S / clock->units_per_s;
	ng->reader.interface_count++;
	return TRACE_PACKET;
}

/* --- packets ------------------------------------------------------------- */

/* The general way, where a product may not fit. */
static uint64_t
scale_time(const struct clock *clock, uint64_t units)
{
	uint64_t s = units / clock->units_per_s;
	uint64_t rest = units % clock->units_per_s;
	__int128 ns = ((__int128)s + clock->offset_s) * (int64_t)LB_NS_PER_S;

	ns += (__int128)rest * (int64_t)LB_NS_PER_S / clock->units_per_s;
	if (ns < 0)
		return 0;
	return ns > (__int128)UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

/* Since 1970; what lies before or after all that can be told is its edge. */
static uint64_t
time_ns(const struct clock *clock, uint64_t units)
{
	uint64_t ns;

	if (LB_UNLIKELY(clock->ns_per_unit == 0))
		return scale_time(clock, units);
	return __builtin_mul_overflow(units, clock->ns_per_unit, &ns)
		   ? UINT64_MAX
		   : ns;
}

/* What a packet block says, before it is believed. */
struct stamp {
	uint32_t interface;
	uint64_t units;
	uint32_t captured_bytes, wire_bytes;
	uint32_t at; /* of the packet's bytes, in the block's body */
};

static int
give(struct pcapng *ng, const struct block *b, const struct stamp *stamp,
    struct trace_packet *p, size_t *interface)
{
	size_t i = ng->section_first + stamp->interface;
	uint32_t bytes = stamp->captured_bytes;

	if (LB_UNLIKELY(i >= ng->reader.interface_count))
		return damage(ng,
		    "a packet of interface %u, which has not been described",
		    stamp->interface);
	if (LB_UNLIKELY(bytes > b->bytes - stamp->at))
		return damage(ng,
		    "a packet of %u bytes in a block with room for %u", bytes,
		    b->bytes - stamp->at);
	/* As libpcap does for classic files. */
	uint32_t snaplen = ng->reader.interfaces[i].snaplen;
	if (LB_UNLIKELY(snaplen != 0 && bytes > snaplen))
		bytes = snaplen;

	p->time_ns = time_ns(&ng->clocks[i], stamp->units);
	p->data = b->body + stamp->at;
	p->captured_bytes = bytes;
	p->wire_bytes = stamp->wire_bytes > bytes ? stamp->wire_bytes : bytes;
	*interface = i;
	leave_block(ng, b);
	return TRACE_PACKET;
}

/* The enhanced block and the obsolete one differ in the first four bytes. */
static int
give_packet(struct pcapng *ng, const struct block *b, struct trace_packet *p,
    size_t *interface)
{
	const uint8_t *body = b->body;

	if (LB_UNLIKELY(b->bytes < PACKET_BODY_BYTES))
		return damage(ng, "a packet block of %u bytes", b->bytes);
	const struct stamp stamp = {
		.interface = b->type == BLOCK_ENHANCED ? get32(ng, body)
						       : get16(ng, body),
		.units =
		    (uint64_t)get32(ng, body + 4) << 32 | get32(ng, body + 8),
		.captured_bytes = get32(ng, body + 12),
		.wire_bytes = get32(ng, body + 16),
		.at = PACKET_BODY_BYTES,
	};
	return give(ng, b, &stamp, p, interface);
}

/* Of the section's first interface, without a time, as long as that one's
 * snapshot length lets it. */
static int
give_simple(struct pcapng *ng, const struct block *b, struct trace_packet *p,
    size_t *interface)
{
	size_t first = ng->section_first;

	if (b->bytes < SIMPLE_BODY_BYTES)
		return damage(ng, "a packet block of %u bytes", b->bytes);
	struct stamp stamp = {
		.captured_bytes = get32(ng, b->body),
		.wire_bytes = get32(ng, b->body),
		.at = SIMPLE_BODY_BYTES,
	};
	if (first < ng->reader.interface_count) {
		uint32_t snaplen = ng->reader.interfaces[first].snaplen;
		if (snaplen != 0 && stamp.captured_bytes > snaplen)
			stamp.captured_bytes = snaplen;
	}
	return give(ng, b, &stamp, p, interface);
}

/* A block that holds no packet. */
static int
take_block(struct pcapng *ng, const struct block *b)
{
	int status = TRACE_PACKET;

	if (b->type == BLOCK_SECTION)
		status = open_section(ng, b);
	else if (b->type == BLOCK_INTERFACE)
		status = add_interface(ng, b);
	if (status == TRACE_PACKET)
		leave_block(ng, b);
	return status;
}

static int
pcapng_next(struct trace_reader *r, struct trace_packet *p, size_t *interface)
{
	struct pcapng *ng = (struct pcapng *)r;
	struct block b = { 0 };
	int status;

	while ((status = read_block(ng, &b)) == TRACE_PACKET) {
		if (b.type == BLOCK_ENHANCED || b.type == BLOCK_PACKET)
			return give_packet(ng, &b, p, interface);
		if (b.type == BLOCK_SIMPLE)
			return give_simple(ng, &b, p, interface);
		status = take_block(ng, &b);
		if (status != TRACE_PACKET)
			break;
	}
	return status;
}

/* --- opening ------------------------------------------------------------- */

bool
trace_is_pcapng(const uint8_t *head, size_t bytes)
{
	return bytes >= 4 && !memcmp(head, "\x0a\x0d\x0d\x0a", 4);
}

static void
pcapng_close(struct trace_reader *r)
{
	struct pcapng *ng = (struct pcapng *)r;

	free(ng->buffer);
	free(ng->clocks);
	free(r->interfaces);
	free(ng);
}

struct trace_reader *
trace_pcapng_open(struct trace_input *in, char why[TRACE_WHY_BYTES])
{
	struct pcapng *ng = calloc(1, sizeof(*ng));
	struct block first = { 0 };

	if (ng != NULL)
		ng->buffer = malloc(BUFFER_BYTES);
	if (ng == NULL || ng->buffer == NULL) {
		(void)snprintf(why, TRACE_WHY_BYTES, "no memory");
		free(ng);
		return NULL;
	}
	ng->room = BUFFER_BYTES;
	ng->input = in;
	ng->reader.format = "pcapng";
	ng->reader.next = pcapng_next;
	ng->reader.close = pcapng_close;
	int status = read_block(ng, &first);
	if (status == TRACE_PACKET)
		status = take_block(ng, &first);
	if (status != TRACE_PACKET) {
		memcpy(why, ng->reader.why, TRACE_WHY_BYTES);
		pcapng_close(&ng->reader);
		return NULL;
	}
	return &ng->reader;
}
