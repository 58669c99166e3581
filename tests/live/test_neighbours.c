/* SPDX-License-Identifier: MIT */
/*
 * live/xdp/neighbours.h by test runs of the whole program: crafted questions
 * for addresses that are ours and that are not, right, wrong, cut short; what
 * is answered, to the byte, and that all else passes as it came.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/bpf/engine.h"
#include "live/net/announce.h"
#include "live/net/raw.h"
#include "live/xdp/forward_io.h"

#define TEST_SKIPPED 77
#define IN_IFINDEX   1u /* a test run comes by the loopback interface */
#define FRAME_MAX    256u
#define NO_CHANGE    0xff

static const char config_text[] =
    "load_balancer: { sku: fairlead }\n"
    "frontends: [{ name: four, address: 192.0.2.1 }]\n"
    "pools: [{ name: p4, members: [{ name: a, address: 10.0.0.1 }] }]\n"
    "rules:\n"
    "  - { name: u4, frontend: four, pool: p4, protocol: udp,\n"
    "      frontend_port: 53 }\n"
    "connection_table: { entries: 100 }\n";

static const uint8_t own_mac[6] = { 2, 0, 0, 0, 0, 0xaa };
static const uint8_t asker_mac[6] = { 2, 0, 0, 0, 0, 0x11 };
static const uint8_t four[4] = { 192, 0, 2, 1 };
static const uint8_t asker4[4] = { 192, 0, 2, 77 };
static const uint8_t six[16] = { 0x20, 1, 0xd, 0xb8, [13] = 1, 2, 3 };
static const uint8_t asker6[16] = { 0xfe, 0x80, [15] = 7 };
static const uint8_t group6[16] = { 0xff, 2, [11] = 1, 0xff, 1, 2, 3 };
static const uint8_t all6[16] = { 0xff, 2, [15] = 1 };

enum source { FROM_ASKER, FROM_NOBODY, FROM_US };

/* A question; what is wrong with it. */
struct row {
	const char *what;
	bool nd, to_one; /* to one: to the address itself, not to all */
	enum source from;
	uint8_t tags;
	uint8_t options[24], option_bytes; /* ND */
	uint8_t at, value; /* a byte of it, from its IP or ARP header on,
			      changed before the checksum is made */
	bool wrong_sum;
	uint8_t less, more; /* bytes at the end */
	bool answered;
};

#define MAC_OPTION   { 1, 1, 2, 0, 0, 0, 0, 0x11 }, 8
#define NONCE_OPTION { 14, 1, 1, 2, 3, 4, 5, 6 }, 8
#define NO_OPTION    { 0 }, 0
#define AS_IS        NO_CHANGE, 0

static const struct row rows[] = {
	/* clang-format off */
	{ "ARP",            0, 0, FROM_ASKER, 0, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ARP, padded",    0, 0, FROM_ASKER, 0, NO_OPTION, AS_IS, 0, 0, 18, 1 },
	{ "ARP, a tag",     0, 0, FROM_ASKER, 1, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ARP, two tags",  0, 0, FROM_ASKER, 2, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ARP, three tags", 0, 0, FROM_ASKER, 3, NO_OPTION, AS_IS, 0, 0, 0, 0 },
	{ "ARP to one",     0, 1, FROM_ASKER, 0, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "a probe",        0, 0, FROM_NOBODY, 0, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "gratuitous",     0, 0, FROM_US, 0, NO_OPTION, AS_IS, 0, 0, 0, 0 },
	{ "ARP, cut",       0, 0, FROM_ASKER, 0, NO_OPTION, AS_IS, 0, 1, 0, 0 },
	{ "ARP, a tag, cut", 0, 0, FROM_ASKER, 1, NO_OPTION, AS_IS, 0, 1, 0, 0 },
	{ "ARP, cut to its link header", 0, 0, FROM_ASKER, 0, NO_OPTION, AS_IS, 0, 28, 0, 0 },
	{ "other hardware", 0, 0, FROM_ASKER, 0, NO_OPTION, 1, 6, 0, 0, 0, 0 },
	{ "other protocol", 0, 0, FROM_ASKER, 0, NO_OPTION, 3, 1, 0, 0, 0, 0 },
	{ "length of link addresses", 0, 0, FROM_ASKER, 0, NO_OPTION, 4, 8, 0, 0, 0, 0 },
	{ "length of addresses", 0, 0, FROM_ASKER, 0, NO_OPTION, 5, 16, 0, 0, 0, 0 },
	{ "a reply",        0, 0, FROM_ASKER, 0, NO_OPTION, 7, 2, 0, 0, 0, 0 },
	{ "RARP's",         0, 0, FROM_ASKER, 0, NO_OPTION, 7, 3, 0, 0, 0, 0 },
	{ "a group asks",   0, 0, FROM_ASKER, 0, NO_OPTION, 8, 3, 0, 0, 0, 0 },
	{ "not ours",       0, 0, FROM_ASKER, 0, NO_OPTION, 27, 2, 0, 0, 0, 0 },

	{ "ND",             1, 0, FROM_ASKER, 0, MAC_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ND, a tag",      1, 0, FROM_ASKER, 1, MAC_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ND, two tags",   1, 0, FROM_ASKER, 2, MAC_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ND, no option",  1, 0, FROM_ASKER, 0, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ND to one",      1, 1, FROM_ASKER, 0, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ND to one, two tags", 1, 1, FROM_ASKER, 2, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "ND, padded",     1, 0, FROM_ASKER, 0, MAC_OPTION, AS_IS, 0, 0, 9, 1 },
	{ "two options",    1, 0, FROM_ASKER, 0, { 14, 1, 1, 2, 3, 4, 5, 6, 1, 1, 2, 0, 0, 0, 0, 0x11 }, 16, AS_IS, 0, 0, 0, 1 },
	{ "a long option",  1, 0, FROM_ASKER, 0, { 14, 2, 1, 1, 2, 3, 4, 5, 1, 1, 3, 0, 0, 0, 0, 1, 1, 1, 2, 0, 0, 0, 0, 0x11 }, 24, AS_IS, 0, 0, 0, 1 },
	{ "DAD",            1, 0, FROM_NOBODY, 0, NO_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "DAD, a nonce",   1, 0, FROM_NOBODY, 1, NONCE_OPTION, AS_IS, 0, 0, 0, 1 },
	{ "DAD with a link address", 1, 0, FROM_NOBODY, 0, MAC_OPTION, AS_IS, 0, 0, 0, 0 },
	{ "DAD to one",     1, 1, FROM_NOBODY, 0, NO_OPTION, AS_IS, 0, 0, 0, 0 },
	{ "from us",        1, 0, FROM_US, 0, MAC_OPTION, AS_IS, 0, 0, 0, 0 },
	{ "checksum",       1, 0, FROM_ASKER, 0, MAC_OPTION, AS_IS, 1, 0, 0, 0 },
	{ "hop limit 254",  1, 0, FROM_ASKER, 0, MAC_OPTION, 7, 254, 0, 0, 0, 0 },
	{ "a code",         1, 0, FROM_ASKER, 0, MAC_OPTION, 41, 1, 0, 0, 0, 0 },
	{ "ND, not ours",   1, 0, FROM_ASKER, 0, MAC_OPTION, 63, 4, 0, 0, 0, 0 },
	{ "another group",  1, 0, FROM_ASKER, 0, MAC_OPTION, 39, 4, 0, 0, 0, 0 },
	{ "to all nodes",   1, 0, FROM_ASKER, 0, MAC_OPTION, 35, 0, 0, 0, 0, 0 },
	{ "a group asks",   1, 0, FROM_ASKER, 0, MAC_OPTION, 8, 0xff, 0, 0, 0, 0 },
	{ "a router's",     1, 0, FROM_ASKER, 0, MAC_OPTION, 40, 133, 0, 0, 0, 0 },
	{ "an advertisement", 1, 0, FROM_ASKER, 0, MAC_OPTION, 40, 136, 0, 0, 0, 0 },
	{ "option without length", 1, 0, FROM_ASKER, 0, { 1, 0, 2 }, 8, AS_IS, 0, 0, 0, 0 },
	{ "option too long", 1, 0, FROM_ASKER, 0, { 1, 2, 2 }, 8, AS_IS, 0, 0, 0, 0 },
	{ "option far too long", 1, 0, FROM_ASKER, 0, { 1, 255, 2 }, 8, AS_IS, 0, 0, 0, 0 },
	{ "a group's link address", 1, 0, FROM_ASKER, 0, { 1, 1, 3, 0, 0, 0, 0, 1 }, 8, AS_IS, 0, 0, 0, 0 },
	{ "length not of eights", 1, 0, FROM_ASKER, 0, MAC_OPTION, 5, 31, 0, 0, 0, 0 },
	{ "no length",      1, 0, FROM_ASKER, 0, MAC_OPTION, 5, 0, 0, 0, 0, 0 },
	{ "too short",      1, 0, FROM_ASKER, 0, NO_OPTION, 5, 16, 0, 0, 0, 0 },
	{ "longer than the frame", 1, 0, FROM_ASKER, 0, NO_OPTION, 5, 32, 0, 0, 0, 0 },
	{ "far too long",   1, 0, FROM_ASKER, 0, NO_OPTION, 4, 0xff, 0, 0, 0, 0 },
	{ "ND, cut",        1, 0, FROM_ASKER, 0, MAC_OPTION, AS_IS, 0, 1, 0, 0 },
	{ "ND, cut in its target", 1, 0, FROM_ASKER, 0, NO_OPTION, AS_IS, 0, 10, 0, 0 },
	/* clang-format on */
};

struct test {
	struct live_engine *engine;
	int program;
	unsigned failed;
};

struct bytes {
	uint8_t at[FRAME_MAX];
	size_t count, l3;
};

static void
put(struct bytes *b, const void *from, size_t count)
{
	memcpy(b->at + b->count, from, count);
	b->count += count;
}

static void
put16(struct bytes *b, unsigned value)
{
	const uint8_t two[2] = { (uint8_t)(value >> 8), (uint8_t)value };
	put(b, two, 2);
}

static void
put_link(struct bytes *b, const struct row *row, const uint8_t to[6],
    const uint8_t from[6])
{
	put(b, to, 6);
	put(b, from, 6);
	for (unsigned i = 0; i < row->tags; i++) {
		put16(b, i == 0 && row->tags > 1 ? 0x88a8 : 0x8100);
		put16(b, 5 + i);
	}
	put16(b, row->nd ? 0x86dd : 0x0806);
	b->l3 = b->count;
}

static void
put_arp(struct bytes *b, unsigned op, const uint8_t mac[6],
    const uint8_t sender[4], const uint8_t target_mac[6],
    const uint8_t target[4])
{
	put16(b, 1);
	put16(b, 0x0800);
	put16(b, 0x0604);
	put16(b, op);
	put(b, mac, 6);
	put(b, sender, 4);
	put(b, target_mac, 6);
	put(b, target, 4);
}

/* The ICMPv6 part without checksum; put_sum() makes it. */
static void
put_nd(struct bytes *b, const uint8_t src[16], const uint8_t dst[16],
    unsigned type, unsigned flags, const uint8_t *options, size_t bytes)
{
	const uint8_t head[4] = { 0x60 };
	const uint8_t rest[4] = { (uint8_t)flags };
	put(b, head, 4);
	put16(b, (unsigned)(24 + bytes));
	put16(b, IPPROTO_ICMPV6 << 8 | 255);
	put(b, src, 16);
	put(b, dst, 16);
	put16(b, type << 8);
	put16(b, 0);
	put(b, rest, 4);
	put(b, six, 16);
	put(b, options, bytes);
}

static void
put_sum(struct bytes *b)
{
	struct lb_addr src, dst;
	uint8_t *ip = b->at + b->l3;
	const size_t bytes = b->count - b->l3 - 40;
	memcpy(&src, ip + 8, 16);
	memcpy(&dst, ip + 24, 16);
	uint16_t sum = live_raw_checksum(
	    ip + 40, bytes, live_raw_pseudo(&src, &dst, IPPROTO_ICMPV6, bytes));
	memcpy(ip + 42, &sum, 2);
}

static void
make_question(const struct row *row, struct bytes *b)
{
	static const uint8_t everybody[6] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t group[6] = { 0x33, 0x33, 0xff, 1, 2, 3 };
	static const uint8_t nobody[16];
	*b = (struct bytes){ .count = 0 };
	put_link(b, row,
	    row->to_one ? own_mac
	    : row->nd   ? group
			: everybody,
	    asker_mac);
	if (row->nd)
		put_nd(b,
		    row->from == FROM_US       ? six
		    : row->from == FROM_NOBODY ? nobody
					       : asker6,
		    row->to_one ? six : group6, 135, 0, row->options,
		    row->option_bytes);
	else
		put_arp(b, 1, asker_mac,
		    row->from == FROM_US       ? four
		    : row->from == FROM_NOBODY ? nobody
					       : asker4,
		    nobody, four);
	if (row->at != NO_CHANGE)
		b->at[b->l3 + row->at] = row->value;
	if (row->nd)
		put_sum(b);
	if (row->wrong_sum)
		b->at[b->l3 + 43] ^= 1;
	b->count = b->count - row->less + row->more;
}

static void
make_answer(const struct row *row, struct bytes *b)
{
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const uint8_t nobody[4];
	const bool dad = row->from == FROM_NOBODY;
	const uint8_t option[8] = { 2, 1, 2, 0, 0, 0, 0, 0xaa };
	*b = (struct bytes){ .count = 0 };
	put_link(b, row, row->nd && dad ? group : asker_mac, own_mac);
	if (!row->nd) {
		put_arp(b, 2, own_mac, four, asker_mac, dad ? nobody : asker4);
		b->count += row->more;
		return;
	}
	put_nd(b, six, dad ? all6 : asker6, 136, dad ? 0xa0 : 0xe0, option, 8);
	put_sum(b);
}

static void
run(struct test *t, const struct row *row)
{
	struct bytes in, expected;
	uint8_t out[2 * FRAME_MAX] = { 0 };
	make_question(row, &in);
	expected = in;
	if (row->answered)
		make_answer(row, &expected);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in.at,
	    .data_size_in = (uint32_t)in.count, .data_out = out,
	    .data_size_out = sizeof(out), .repeat = 1);
	const char *wrong = NULL;
	if (bpf_prog_test_run_opts(t->program, &opts) != 0)
		wrong = strerror(errno);
	else if (opts.retval != (row->answered ? XDP_TX : XDP_PASS))
		wrong = row->answered ? "not answered" : "does not pass";
	else if (opts.data_size_out != expected.count ||
		 memcmp(out, expected.at, expected.count) != 0)
		wrong = row->answered ? "another answer" : "it was touched";
	if (wrong == NULL)
		return;
	(void)printf("%s: %s\n", row->what, wrong);
	t->failed++;
}

static void
own(const struct test *t, const void *addr)
{
	uint32_t one = 1;
	(void)bpf_map_update_elem(
	    live_engine_map(t->engine, "owned"), addr, &one, 0);
}

static int
load(struct test *t, const struct lb_plan *plan)
{
	char error[512];
	const uint32_t ifindex = IN_IFINDEX, row = 3;
	uint32_t raw;
	struct forward_port port = { .ifindex = IN_IFINDEX,
		.flags = FORWARD_PORT_TX };
	t->engine =
	    live_engine_load("forward.bpf.o", plan, error, sizeof(error));
	if (t->engine == NULL) {
		(void)printf("%s\n", error);
		return errno == EPERM ? TEST_SKIPPED : 1;
	}
	memcpy(port.mac, own_mac, sizeof(port.mac));
	memcpy(&raw, four, sizeof(raw));
	const struct lb_addr v4 = lb_addr_v4(raw);
	t->program = live_engine_program(t->engine, "fairlead_forward");
	(void)bpf_map_update_elem(
	    live_engine_map(t->engine, "ports"), &row, &port, 0);
	(void)bpf_map_update_elem(
	    live_engine_map(t->engine, "port_rows"), &ifindex, &row, 0);
	own(t, &v4);
	own(t, six);
	return t->program >= 0 ? 0 : 1;
}

/* What we say ourselves is what others would be heard to claim. */
static void
check_announcement(struct test *t, const void *addr)
{
	struct lb_addr said, heard = { { 0 } };
	uint8_t frame[LIVE_ANNOUNCEMENT_BYTES], mac[6] = { 0 };
	memcpy(&said, addr, sizeof(said));
	const size_t bytes = live_announcement(&said, own_mac, true, frame);
	const size_t needed = lb_addr_is_v4(&said) ? bytes : bytes - 8;
	bool right = bytes <= sizeof(frame) &&
		     live_claim_read(frame, bytes, &heard, mac) &&
		     lb_addr_same(&said, &heard) &&
		     memcmp(mac, own_mac, sizeof(mac)) == 0;
	for (size_t less = 0; right && less < needed; less++)
		right = !live_claim_read(frame, less, &heard, mac);
	if (right)
		return;
	(void)printf("an announcement is not read as it was made\n");
	t->failed++;
}

int
main(void)
{
	struct lb_problems problems = { 0 };
	struct test t = { 0 };
	uint32_t raw;
	struct lb_config *config =
	    lb_config_read(config_text, strlen(config_text), "test", &problems);
	struct lb_plan *plan =
	    config != NULL ? lb_plan_compile(config, NULL, NULL, &problems)
			   : NULL;
	lb_problems_print(&problems, "test", stdout);
	lb_problems_free(&problems);
	int status = plan != NULL ? load(&t, plan) : 1;
	memcpy(&raw, four, sizeof(raw));
	const struct lb_addr v4 = lb_addr_v4(raw);
	check_announcement(&t, &v4);
	check_announcement(&t, six);
	for (size_t i = 0; status == 0 && i < LB_COUNT(rows); i++)
		run(&t, &rows[i]);
	if (status == 0) {
		(void)printf(
		    "%zu frames, %u wrong\n", LB_COUNT(rows), t.failed);
		status = t.failed != 0;
	}
	live_engine_free(t.engine);
	lb_plan_free(plan);
	lb_config_free(config);
	return status;
}
