/* SPDX-License-Identifier: MIT */
#include "tests/support/frame.h"

#include <assert.h>
#include <string.h>

#define put16 frame_put16
#define get16 frame_get16

#define TAGS_MAX    3u /* one more than we read */
#define PADDING_MAX 255u

enum {
	ETH_BYTES = 14,
	TAG_BYTES = 4,
	IP4_BYTES = 20,
	IP6_BYTES = 40,
	EXT_BYTES = 8,
	TCP_BYTES = 20,
	UDP_BYTES = 8,
	ICMP_BYTES = 8,
};

/* --- bytes and sums ------------------------------------------------------ */

void
frame_put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void
put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

uint32_t
frame_get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

/* RFC 1071, word by word: slow and plain, for this is the yardstick. */
static uint64_t
sum_of(const uint8_t *data, size_t bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += get16(data + i);
	if (bytes % 2 != 0)
		sum += (uint64_t)data[bytes - 1] << 8;
	return sum;
}

static uint16_t
checksum_of(uint64_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 9293 3.1, RFC 8200 8.1: both families' pseudo-headers add up alike. */
static uint64_t
pseudo_sum(const uint8_t *ip, uint32_t proto, size_t l4_bytes)
{
	uint64_t sum = proto + (l4_bytes & 0xffff) + (l4_bytes >> 16);

	if (ip[0] >> 4 == 4)
		return sum + sum_of(ip + 12, 8);
	return sum + sum_of(ip + 8, 32);
}

/* --- reading ------------------------------------------------------------- */

/* An IP packet's places; l4 NULL: it has no transport header that is here. */
struct place {
	const uint8_t *ip, *l4, *end; /* end: of what is here of it */
	uint32_t proto, header_bytes; /* header_bytes: IPv4's */
	size_t l4_bytes;              /* by the header's word */
	bool cut, fragment;
};

static bool
find_ip4(const uint8_t *ip, const uint8_t *end, struct place *p)
{
	if (end - ip < IP4_BYTES || ip[0] >> 4 != 4)
		return false;
	uint32_t header = (ip[0] & 15u) * 4, total = get16(ip + 2);
	if (header < IP4_BYTES || end - ip < (ptrdiff_t)header)
		return false;
	if (total != 0 && total < header)
		return false;
	size_t here = (size_t)(end - ip);
	if (total == 0)
		total = (uint32_t)here;
	p->ip = ip;
	p->header_bytes = header;
	p->proto = ip[9];
	p->fragment = (get16(ip + 6) & 0x3fff) != 0;
	p->cut = total > here;
	p->end = p->cut ? end : ip + total;
	p->l4_bytes = total - header;
	p->l4 = (get16(ip + 6) & 0x1fff) == 0 ? ip + header : NULL;
	return true;
}

/* Bytes of an extension header; 0: that is none. */
static size_t
extension_bytes(const uint8_t *ext, uint32_t proto)
{
	switch (proto) {
	case FRAME_HOP_BY_HOP:
	case FRAME_ROUTING:
	case FRAME_DESTINATION:
		return (ext[1] + 1u) * 8;
	case FRAME_AUTHENTICATION:
		return (ext[1] + 2u) * 4;
	case FRAME_FRAGMENT:
		return 8;
	default:
		return 0;
	}
}

static bool
find_ip6(const uint8_t *ip, const uint8_t *end, struct place *p)
{
	if (end - ip < IP6_BYTES || ip[0] >> 4 != 6)
		return false;
	size_t at = IP6_BYTES, here = (size_t)(end - ip);
	size_t total = IP6_BYTES + get16(ip + 4);
	bool later = false;

	p->proto = ip[6];
	p->fragment = false;
	while (!later && at + EXT_BYTES <= here) {
		const uint8_t *ext = ip + at;
		size_t bytes = extension_bytes(ext, p->proto);
		if (bytes == 0)
			break;
		if (p->proto == FRAME_FRAGMENT) {
			later = (get16(ext + 2) & 0xfff8) != 0;
			p->fragment |= (get16(ext + 2) & 0xfff9) != 0;
		}
		p->proto = ext[0];
		at += bytes;
	}
	if (total == IP6_BYTES) /* its length is elsewhere */
		total = here > at ? here : at;
	if (at > total)
		return false;
	p->ip = ip;
	p->header_bytes = 0;
	p->cut = total > here;
	p->end = p->cut ? end : ip + total;
	p->l4_bytes = total - at;
	p->l4 = later || at > here ? NULL : ip + at;
	return true;
}

static bool
find_in_frame(const uint8_t *data, const uint8_t *end, struct place *p)
{
	if (end - data < ETH_BYTES)
		return false;
	uint32_t type = get16(data + 12);
	const uint8_t *ip = data + ETH_BYTES;
	for (unsigned tag = 0; tag < LB_VLAN_MAX; tag++) {
		if ((type != 0x8100 && type != 0x88a8) || end - ip < TAG_BYTES)
			break;
		type = get16(ip + 2);
		ip += TAG_BYTES;
	}
	if (type == 0x0800)
		return find_ip4(ip, end, p);
	return type == 0x86dd && find_ip6(ip, end, p);
}

/* --- checksums of what is there ------------------------------------------ */

static struct frame_sum
sum_made(uint64_t sum)
{
	return (struct frame_sum){ true, (uint16_t)(sum % 0xffff) };
}

static struct frame_sum
ip_sum(const struct place *p)
{
	if (p->header_bytes == 0)
		return (struct frame_sum){ false, 0 };
	return sum_made(sum_of(p->ip, p->header_bytes));
}

/* Where in its segment a protocol's checksum is; 0: we know of none. */
static ptrdiff_t
checksum_at(uint32_t proto)
{
	switch (proto) {
	case LB_PROTO_TCP:
		return 16;
	case LB_PROTO_UDP:
		return 6;
	case LB_PROTO_ICMP:
	case LB_PROTO_ICMP6:
		return 2;
	default:
		return 0;
	}
}

/* What the checksum covers: to the end of the IP packet, but for UDP, which
 * says itself. */
static size_t
covered_bytes(const struct place *p)
{
	size_t bytes = p->l4_bytes;

	if (p->proto == LB_PROTO_UDP && get16(p->l4 + 4) != 0)
		bytes = get16(p->l4 + 4);
	return bytes;
}

static struct frame_sum
l4_sum(const struct place *p, bool *cut)
{
	ptrdiff_t at = checksum_at(p->proto);

	*cut = false;
	if (at == 0 || p->l4 == NULL || p->end - p->l4 < at + 2)
		return (struct frame_sum){ false, 0 };
	if (p->proto == LB_PROTO_UDP && get16(p->l4 + at) == 0)
		return (struct frame_sum){ false, 0 };
	size_t bytes = covered_bytes(p), here = (size_t)(p->end - p->l4);
	if (bytes < (size_t)at + 2) /* covers not even itself */
		return (struct frame_sum){ false, 0 };
	uint64_t sum = 0;
	if (p->proto != LB_PROTO_ICMP)
		sum = pseudo_sum(p->ip, p->proto, bytes);
	*cut = bytes > here;
	return sum_made(sum + sum_of(p->l4, *cut ? here : bytes));
}

static bool
is_error(const struct place *p)
{
	uint32_t type = p->l4[0];

	if (p->proto == LB_PROTO_ICMP6)
		return type >= 1 && type <= 4;
	return p->proto == LB_PROTO_ICMP &&
	       (type == 3 || type == 4 || type == 11 || type == 12);
}

void
frame_sums(const uint8_t *data, uint32_t bytes, struct frame_sums *sums)
{
	struct place p, quoted;
	bool cut, quoted_cut;

	*sums = (struct frame_sums){ .right = false };
	if (!find_in_frame(data, data + bytes, &p))
		return;
	sums->ip = ip_sum(&p);
	sums->l4 = l4_sum(&p, &cut);
	sums->right = !p.cut && !p.fragment && !cut &&
		      (!sums->ip.has || sums->ip.sum == 0) &&
		      (!sums->l4.has || sums->l4.sum == 0);
	if (p.fragment || p.l4 == NULL || p.end - p.l4 < ICMP_BYTES ||
	    !is_error(&p))
		return;
	const uint8_t *inner = p.l4 + ICMP_BYTES;
	bool found = p.header_bytes != 0 ? find_ip4(inner, p.end, &quoted)
					 : find_ip6(inner, p.end, &quoted);
	if (!found)
		return;
	sums->quoted_ip = ip_sum(&quoted);
	sums->quoted_l4 = l4_sum(&quoted, &quoted_cut);
}

static bool
same_sum(const struct frame_sum *a, const struct frame_sum *b)
{
	return a->has == b->has && a->sum == b->sum;
}

const char *
frame_sums_differ(const struct frame_sums *a, const struct frame_sums *b)
{
	if (!same_sum(&a->ip, &b->ip))
		return "IP header checksum";
	if (!same_sum(&a->l4, &b->l4))
		return "transport checksum";
	if (!same_sum(&a->quoted_ip, &b->quoted_ip))
		return "quoted IP header checksum";
	if (!same_sum(&a->quoted_l4, &b->quoted_l4))
		return "quoted transport checksum";
	return NULL;
}

/* --- writing ------------------------------------------------------------- */

/* Headers at their longest are 190 bytes, and padding is as much. */
#define ROOM_BESIDE_PAYLOAD 512u

/* So many bytes more at the end, zeroed: frame_build() sees to it that they
 * fit. */
static uint8_t *
grow(struct frame *f, uint32_t bytes)
{
	assert(bytes <= sizeof(f->data) - f->bytes);
	uint8_t *at = memset(f->data + f->bytes, 0, bytes);
	f->bytes += bytes;
	return at;
}

static void
put_link(struct frame *f, const struct frame_spec *spec, uint32_t type)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	uint8_t *at = grow(f, ETH_BYTES);

	memcpy(at, macs, sizeof(macs));
	at += sizeof(macs);
	for (unsigned tag = 0; tag < spec->tags; tag++) {
		put16(at, tag == 0 && spec->tags > 1 ? 0x88a8 : 0x8100);
		put16(at + 2, 100 + tag);
		at = grow(f, TAG_BYTES) + TAG_BYTES - 2;
	}
	put16(at, type);
	f->l3 = (uint16_t)f->bytes;
}

static void
put_ip4(struct frame *f, const struct frame_spec *spec, uint32_t l4_bytes)
{
	uint32_t header = IP4_BYTES + 4u * spec->ip_option_words;
	uint8_t *ip = grow(f, header);

	memset(ip + IP4_BYTES, 1, header - IP4_BYTES); /* no-operations */
	ip[0] = (uint8_t)(0x40 | header / 4);
	put16(ip + 2, header + l4_bytes);
	put16(ip + 6, (spec->dont_fragment ? 0x4000u : 0) |
			  (spec->more_fragments ? 0x2000u : 0) |
			  (spec->fragment_offset & 0x1fffu));
	ip[8] = spec->ttl != 0 ? spec->ttl : 64;
	ip[9] = spec->proto;
	memcpy(ip + 12, (const uint8_t *)&spec->src + 12, 4);
	memcpy(ip + 16, (const uint8_t *)&spec->dst + 12, 4);
	put16(ip + 10, checksum_of(sum_of(ip, header)));
}

static uint32_t
ext_bytes(const struct frame_spec *spec, unsigned i)
{
	uint32_t unit = spec->exts[i] == FRAME_AUTHENTICATION ? 4 : 8;

	return EXT_BYTES + spec->ext_more[i] * unit;
}

static void
put_extension(struct frame *f, const struct frame_spec *spec, unsigned i)
{
	uint8_t *ext = grow(f, ext_bytes(spec, i));

	ext[1] = spec->ext_more[i];
	ext[0] = i + 1 < spec->ext_count ? spec->exts[i + 1] : spec->proto;
	if (spec->exts[i] == FRAME_FRAGMENT) {
		put16(ext + 2, (uint32_t)spec->fragment_offset << 3 |
				   spec->more_fragments);
		put32(ext + 4, 0x01020304);
	} else if (spec->exts[i] != FRAME_AUTHENTICATION) {
		ext[2] = 1; /* PadN, and a type of routing nobody knows */
		ext[3] = 0;
	}
}

static void
put_ip6(struct frame *f, const struct frame_spec *spec, uint32_t l4_bytes)
{
	uint8_t *ip = grow(f, IP6_BYTES);
	uint32_t payload = l4_bytes;

	for (unsigned i = 0; i < spec->ext_count; i++)
		payload += ext_bytes(spec, i);
	ip[0] = 0x60;
	put16(ip + 4, payload);
	ip[6] = spec->ext_count > 0 ? spec->exts[0] : spec->proto;
	ip[7] = spec->ttl != 0 ? spec->ttl : 64;
	memcpy(ip + 8, &spec->src, 16);
	memcpy(ip + 24, &spec->dst, 16);
	for (unsigned i = 0; i < spec->ext_count; i++)
		put_extension(f, spec, i);
}

static uint32_t
transport_bytes(const struct frame_spec *spec)
{
	if (spec->fragment_offset != 0)
		return 0;
	switch (spec->proto) {
	case LB_PROTO_TCP:
		return TCP_BYTES + 4u * spec->tcp_option_words;
	case LB_PROTO_UDP:
		return UDP_BYTES;
	case LB_PROTO_ICMP:
	case LB_PROTO_ICMP6:
		return ICMP_BYTES;
	default:
		return 0;
	}
}

static void
put_transport(struct frame *f, const struct frame_spec *spec)
{
	uint32_t header = transport_bytes(spec);
	uint8_t *l4 = grow(f, header);

	f->l4 = (uint16_t)(f->bytes - header);
	if (header == 0)
		return;
	switch (spec->proto) {
	case LB_PROTO_TCP:
		memset(l4 + TCP_BYTES, 1, header - TCP_BYTES);
		put16(l4, spec->sport);
		put16(l4 + 2, spec->dport);
		put32(l4 + 4, spec->seq);
		put32(l4 + 8, spec->ack);
		l4[12] = (uint8_t)(header / 4 << 4);
		l4[13] = spec->tcp_flags;
		put16(l4 + 14, 0xffff);
		break;
	case LB_PROTO_UDP:
		put16(l4, spec->sport);
		put16(l4 + 2, spec->dport);
		put16(l4 + 4, UDP_BYTES + spec->payload_bytes);
		break;
	default:
		l4[0] = spec->icmp_type;
		l4[1] = spec->icmp_code;
		break;
	}
}

static void
put_payload(struct frame *f, const struct frame_spec *spec)
{
	uint8_t *at = grow(f, spec->payload_bytes);

	for (uint32_t i = 0; i < spec->payload_bytes; i++)
		at[i] = spec->payload != NULL ? spec->payload[i]
					      : (uint8_t)(i * 7 + 1);
}

static void
put_checksum(struct frame *f, const struct frame_spec *spec)
{
	ptrdiff_t at = checksum_at(spec->proto);
	uint8_t *l4 = f->data + f->l4;
	size_t bytes = f->bytes - f->l4;

	if (at == 0 || spec->fragment_offset != 0 ||
	    (spec->proto == LB_PROTO_UDP && spec->no_checksum))
		return;
	uint64_t sum = sum_of(l4, bytes);
	if (spec->proto != LB_PROTO_ICMP)
		sum += pseudo_sum(f->data + f->l3, spec->proto, bytes);
	uint16_t checksum = checksum_of(sum);
	if (checksum == 0 && spec->proto == LB_PROTO_UDP)
		checksum = 0xffff;
	put16(l4 + at, checksum);
}

void
frame_mend_ip(struct frame *f, uint32_t l3)
{
	uint8_t *ip = f->data + l3;

	put16(ip + 10, 0);
	put16(ip + 10, checksum_of(sum_of(ip, (ip[0] & 15u) * (size_t)4)));
}

static uint32_t
at_most(uint32_t value, uint32_t max)
{
	return value < max ? value : max;
}

/* An error about spec->quoted, as a packet with a payload. */
static void
build_quoting(struct frame *f, const struct frame_spec *spec)
{
	struct frame_spec error = *spec;
	struct frame about;

	assert(spec->quoted->quoted == NULL);
	frame_build(&about, spec->quoted);
	uint32_t there = about.bytes - about.l3;
	error.quoted = NULL;
	error.payload = about.data + about.l3;
	error.payload_bytes =
	    spec->quote_bytes == 0 ? there : spec->quote_bytes;
	assert(error.payload_bytes <= there);
	frame_build(f, &error);
	f->quoted_l3 = (uint16_t)(f->l4 + ICMP_BYTES);
	f->quoted_l4 = (uint16_t)(f->quoted_l3 + about.l4 - about.l3);
}

void
frame_build(struct frame *f, const struct frame_spec *wanted)
{
	if (wanted->quoted != NULL) {
		build_quoting(f, wanted);
		return;
	}
	struct frame_spec spec = *wanted;
	bool six = !lb_addr_is_v4(&spec.src);

	spec.tags = (uint8_t)at_most(spec.tags, TAGS_MAX);
	spec.ext_count = (uint8_t)at_most(spec.ext_count, FRAME_EXT_MAX);
	spec.ip_option_words = (uint8_t)at_most(spec.ip_option_words, 10);
	spec.tcp_option_words = (uint8_t)at_most(spec.tcp_option_words, 10);
	spec.payload_bytes =
	    at_most(spec.payload_bytes, FRAME_BYTES_MAX - ROOM_BESIDE_PAYLOAD);
	uint32_t l4_bytes = transport_bytes(&spec) + spec.payload_bytes;

	f->bytes = 0;
	f->l3 = 0;
	if (!spec.raw)
		put_link(f, &spec, six ? 0x86dd : 0x0800);
	if (six)
		put_ip6(f, &spec, l4_bytes);
	else
		put_ip4(f, &spec, l4_bytes);
	put_transport(f, &spec);
	put_payload(f, &spec);
	put_checksum(f, &spec);
	(void)grow(f, at_most(spec.padding_bytes, PADDING_MAX));
}

void
frame_build_error(struct frame *f, const struct frame_spec *spec,
    const struct frame *about, uint32_t quote_bytes)
{
	struct frame_spec error = *spec;
	uint32_t there = about->bytes - about->l3;

	error.proto =
	    lb_addr_is_v4(&spec->src) ? LB_PROTO_ICMP : LB_PROTO_ICMP6;
	error.payload = about->data + about->l3;
	error.payload_bytes = quote_bytes < there ? quote_bytes : there;
	frame_build(f, &error);
}
