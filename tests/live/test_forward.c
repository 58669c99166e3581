/* SPDX-License-Identifier: MIT */
/*
 * live/xdp/forward.bpf.c by test runs: what becomes of one frame, by what is
 * known of its member's next hop.  Tags come off and go on, hop limits count,
 * checksums stay right, and every packet is counted once.  (Clients' next hops
 * are the kernel's, which a test run has none of: tests/live/forward.sh.)
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "live/bpf/engine.h"
#include "live/xdp/forward_io.h"
#include "tests/support/frame.h"

#define TEST_SKIPPED 77
#define OUT_IFINDEX  7u /* nobody has to have it: nothing is sent */

static const char config_text[] =
    "load_balancer: { sku: fairlead }\n"
    "frontends:\n"
    "  - { name: four, address: 192.0.2.1 }\n"
    "  - { name: six, address: 2001:db8::1 }\n"
    "pools:\n"
    "  - { name: p4, members: [{ name: a, address: 10.0.0.1 }] }\n"
    "  - { name: p6, members: [{ name: a, address: 2001:db8:1::1 }] }\n"
    "rules:\n"
    "  - { name: u4, frontend: four, pool: p4, protocol: udp,\n"
    "      frontend_port: 53, backend_port: 5353 }\n"
    "  - { name: u6, frontend: six, pool: p6, protocol: udp,\n"
    "      frontend_port: 53, backend_port: 5353 }\n"
    "connection_table: { entries: 100 }\n";

enum port_row { PORT_PLAIN, PORT_VLAN, PORT_SMALL, PORT_KERNEL, PORT_COUNT };

static const struct forward_port ports[PORT_COUNT] = {
	[PORT_PLAIN] = { .ifindex = OUT_IFINDEX,
	    .mtu = 1500,
	    .mac = { 2, 0, 0, 0, 0, 0xaa } },
	[PORT_VLAN] = { .ifindex = OUT_IFINDEX,
	    .mtu = 1500,
	    .vlan = 5,
	    .mac = { 2, 0, 0, 0, 0, 0xab } },
	[PORT_SMALL] = { .ifindex = OUT_IFINDEX,
	    .mtu = 100,
	    .mac = { 2, 0, 0, 0, 0, 0xac } },
	[PORT_KERNEL] = { .ifindex = OUT_IFINDEX,
	    .flags = FORWARD_PORT_KERNEL,
	    .mac = { 2, 0, 0, 0, 0, 0xad } },
};

#define NO_HOP (-1)

static const uint8_t neighbour[6] = { 2, 0, 0, 0, 0, 0x11 };

enum counted {
	COUNT_SENT,
	COUNT_HANDED,
	COUNT_PASSED,
	COUNT_UNREAD,
	COUNT_TTL,
	COUNT_TOO_BIG,
	COUNT_ECHO_TOO_BIG,
	COUNT_ANSWERED
};

/* A frame from a client; what becomes of it. */
struct row {
	const char *what;
	int hop; /* enum port_row of the member, or NO_HOP */
	bool six, other_port, not_ip, echo;
	uint8_t tags, ttl; /* as it comes */
	uint32_t payload;
	uint32_t action; /* enum xdp_action */
	enum counted counted;
	uint32_t tags_out; /* where it is sent */
};

static const struct row rows[] = {
	/* clang-format off */
	{ "IPv4",          PORT_PLAIN, 0, 0, 0, 0, 0, 64, 40, XDP_REDIRECT, COUNT_SENT, 0 },
	{ "IPv6",          PORT_PLAIN, 1, 0, 0, 0, 0, 64, 40, XDP_REDIRECT, COUNT_SENT, 0 },
	{ "a tag comes off", PORT_PLAIN, 0, 0, 0, 0, 1, 64, 40, XDP_REDIRECT, COUNT_SENT, 0 },
	{ "two come off",  PORT_PLAIN, 1, 0, 0, 0, 2, 64, 40, XDP_REDIRECT, COUNT_SENT, 0 },
	{ "a tag goes on", PORT_VLAN,  0, 0, 0, 0, 0, 64, 40, XDP_REDIRECT, COUNT_SENT, 1 },
	{ "another tag",   PORT_VLAN,  1, 0, 0, 0, 1, 64, 40, XDP_REDIRECT, COUNT_SENT, 1 },
	{ "one for two",   PORT_VLAN,  0, 0, 0, 0, 2, 64, 40, XDP_REDIRECT, COUNT_SENT, 1 },
	{ "no neighbour",  NO_HOP,     0, 0, 0, 0, 0, 64, 40, XDP_PASS, COUNT_HANDED, 0 },
	{ "no neighbour, IPv6", NO_HOP, 1, 0, 0, 0, 0, 64, 40, XDP_PASS, COUNT_HANDED, 0 },
	{ "just the MTU",  PORT_SMALL, 0, 0, 0, 0, 0, 64, 72, XDP_REDIRECT, COUNT_SENT, 0 },
	{ "over the MTU",  PORT_SMALL, 0, 0, 0, 0, 0, 64, 73, XDP_PASS, COUNT_HANDED, 0 },
	{ "over the MTU, IPv6", PORT_SMALL, 1, 0, 0, 0, 0, 64, 73, XDP_DROP, COUNT_TOO_BIG, 0 },
	{ "takes no frames", PORT_KERNEL, 0, 0, 0, 0, 0, 64, 40, XDP_PASS, COUNT_HANDED, 0 },
	{ "TTL 2",         PORT_PLAIN, 0, 0, 0, 0, 0, 2, 40, XDP_REDIRECT, COUNT_SENT, 0 },
	{ "TTL 1",         PORT_PLAIN, 0, 0, 0, 0, 0, 1, 40, XDP_DROP, COUNT_TTL, 0 },
	{ "hop limit 1",   PORT_PLAIN, 1, 0, 0, 0, 0, 1, 40, XDP_DROP, COUNT_TTL, 0 },
	{ "hop limit 1, no neighbour", NO_HOP, 1, 0, 0, 0, 0, 1, 40, XDP_DROP, COUNT_TTL, 0 },
	{ "not ours",      PORT_PLAIN, 0, 1, 0, 0, 1, 1, 40, XDP_PASS, COUNT_PASSED, 0 },
	{ "not IP",        PORT_PLAIN, 0, 0, 1, 0, 0, 64, 40, XDP_PASS, COUNT_UNREAD, 0 },
	{ "an echo",       NO_HOP,     0, 0, 0, 1, 0, 3, 56, XDP_TX, COUNT_ANSWERED, 0 },
	{ "an echo, tags", NO_HOP,     0, 0, 0, 1, 2, 64, 56, XDP_TX, COUNT_ANSWERED, 2 },
	{ "an echo, IPv6", NO_HOP,     1, 0, 0, 1, 1, 1, 56, XDP_TX, COUNT_ANSWERED, 1 },
	{ "an echo, the shortest", NO_HOP, 0, 0, 0, 1, 0, 255, 0, XDP_TX, COUNT_ANSWERED, 0 },
	{ "an echo too big", NO_HOP,   0, 0, 0, 1, 0, 64, 57, XDP_DROP, COUNT_ECHO_TOO_BIG, 0 },
	/* clang-format on */
};

struct test {
	struct live_engine *engine;
	uint64_t *next_hops; /* mapped */
	int program, total;
	const struct row *row;
	unsigned failed;
	uint64_t hop_words[PORT_COUNT];
};

static void
check(struct test *t, bool right, const char *what)
{
	if (right)
		return;
	(void)printf("%s: %s\n", t->row->what, what);
	t->failed++;
}

static struct forward_total
total_of(const struct test *t)
{
	static struct forward_total each[1024];
	struct forward_total sum = { 0 };
	uint64_t *to = (uint64_t *)&sum;
	uint32_t zero = 0;
	const size_t words = sizeof(sum) / sizeof(*to);
	const int cpus = libbpf_num_possible_cpus();
	if (cpus > 1024 || bpf_map_lookup_elem(t->total, &zero, each) != 0)
		return sum;
	for (int cpu = 0; cpu < cpus; cpu++)
		for (size_t w = 0; w < words; w++)
			to[w] += ((const uint64_t *)&each[cpu])[w];
	return sum;
}

static uint64_t
dropped(const struct forward_total *total)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < LB_REASON_COUNT; i++)
		sum += total->dropped[i];
	return sum;
}

static uint64_t
counter(const struct forward_total *total, enum counted which)
{
	switch (which) {
	case COUNT_SENT:
		return total->sent;
	case COUNT_HANDED:
		return total->handed;
	case COUNT_PASSED:
		return total->passed;
	case COUNT_UNREAD:
		return total->unread;
	case COUNT_ANSWERED:
		return total->answered;
	case COUNT_ECHO_TOO_BIG:
		return total->dropped[LB_REASON_ECHO_TOO_BIG];
	case COUNT_TOO_BIG:
		return total->dropped[LB_REASON_TOO_BIG];
	default:
		return total->dropped[LB_REASON_TTL];
	}
}

static void
make_frame(const struct row *row, struct frame *f)
{
	const struct lb_addr client4 = FRAME_V4(198, 51, 100, 7);
	const struct lb_addr client6 =
	    FRAME_V6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 7);
	const struct lb_addr four = FRAME_V4(192, 0, 2, 1);
	const struct lb_addr six = FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
	frame_build(
	    f, &(struct frame_spec){ .src = row->six ? client6 : client4,
		   .dst = row->six ? six : four,
		   .proto = !row->echo ? LB_PROTO_UDP
			    : row->six ? LB_PROTO_ICMP6
				       : LB_PROTO_ICMP,
		   .icmp_type = row->six ? LB_ECHO_REQUEST6 : LB_ECHO_REQUEST4,
		   .sport = 40000,
		   .dport = row->other_port ? 54 : 53,
		   .tags = row->tags,
		   .ttl = row->ttl,
		   .payload_bytes = row->payload });
	if (row->not_ip)
		frame_put16(f->data + 12, 0x0806); /* ARP */
}

/* The link header that goes out, and the packet behind it. */
static void
check_sent(
    struct test *t, const struct frame *in, const uint8_t *out, uint32_t bytes)
{
	const struct row *row = t->row;
	const struct forward_port *port = &ports[row->hop];
	uint32_t l3 = 14 + 4 * row->tags_out;
	check(t, bytes - l3 == in->bytes - in->l3, "its length");
	check(t, memcmp(out, neighbour, 6) == 0, "destination MAC");
	check(t, memcmp(out + 6, port->mac, 6) == 0, "source MAC");
	if (row->tags_out > 0)
		check(t,
		    frame_get16(out + 12) == 0x8100 &&
			frame_get16(out + 14) == port->vlan,
		    "tag");
	check(t, frame_get16(out + l3 - 2) == (row->six ? 0x86dd : 0x0800),
	    "ethertype");
	check(t, out[l3 + (row->six ? 7 : 8)] == row->ttl - 1, "hop limit");
}

/* The same frame from the other end, as if new. */
static void
check_answer(
    struct test *t, const struct frame *in, const uint8_t *out, uint32_t bytes)
{
	struct frame_sums sums;
	const bool six = t->row->six;
	const size_t src = in->l3 + (six ? 8u : 12u), length = six ? 16 : 4;
	frame_sums(out, bytes, &sums);
	check(t, bytes == in->bytes, "its length");
	check(t, sums.right, "checksums");
	check(t, memcmp(out, in->data + 6, 6) == 0, "destination MAC");
	check(t, memcmp(out + 6, in->data, 6) == 0, "source MAC");
	check(t, memcmp(out + 12, in->data + 12, in->l3 - 12u) == 0, "tags");
	check(t,
	    memcmp(out + src, in->data + src + length, length) == 0 &&
		memcmp(out + src + length, in->data + src, length) == 0,
	    "addresses");
	check(t, out[in->l3 + (six ? 7 : 8)] == 64, "hop limit");
	check(
	    t, out[in->l4] == (six ? LB_ECHO_REPLY6 : LB_ECHO_REPLY4), "type");
}

static void
check_edited(struct test *t, const uint8_t *out, uint32_t bytes, uint32_t l3)
{
	struct frame_sums sums;
	const uint8_t member4[4] = { 10, 0, 0, 1 };
	const uint8_t member6[16] = { 0x20, 1, 0xd, 0xb8, 0, 1, [15] = 1 };
	frame_sums(out, bytes, &sums);
	check(t, sums.right, "checksums");
	check(t,
	    t->row->six ? memcmp(out + l3 + 24, member6, 16) == 0
			: memcmp(out + l3 + 16, member4, 4) == 0,
	    "destination");
	check(t, frame_get16(out + l3 + (t->row->six ? 42 : 22)) == 5353,
	    "destination port");
}

static void
run(struct test *t, const struct row *row)
{
	struct frame in;
	uint8_t out[FRAME_BYTES_MAX] = { 0 };
	t->row = row;
	make_frame(row, &in);
	for (uint32_t id = 0; id < 2; id++)
		t->next_hops[id] =
		    row->hop == NO_HOP ? 0 : t->hop_words[row->hop];
	struct forward_total before = total_of(t);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in.data,
	    .data_size_in = in.bytes, .data_out = out,
	    .data_size_out = sizeof(out), .repeat = 1);
	if (bpf_prog_test_run_opts(t->program, &opts) != 0) {
		check(t, false, strerror(errno));
		return;
	}
	struct forward_total after = total_of(t);
	check(t, opts.retval == row->action, "action");
	check(t, after.packets == before.packets + 1, "not counted");
	check(t,
	    counter(&after, row->counted) == counter(&before, row->counted) + 1,
	    "counted as something else");
	if (row->counted == COUNT_SENT) {
		check_sent(t, &in, out, opts.data_size_out);
		check_edited(
		    t, out, opts.data_size_out, 14 + 4 * row->tags_out);
	} else if (row->counted == COUNT_HANDED) {
		check_edited(t, out, opts.data_size_out, in.l3);
		check(t, out[in.l3 + (row->six ? 7 : 8)] == row->ttl,
		    "the hop limit is the kernel's to count");
	} else if (row->counted == COUNT_ANSWERED) {
		check_answer(t, &in, out, opts.data_size_out);
	} else {
		check(t,
		    opts.data_size_out == in.bytes &&
			memcmp(out, in.data, in.bytes) == 0,
		    "it was touched");
	}
}

static int
load(struct test *t, const struct lb_plan *plan)
{
	char error[512];
	const uint64_t made_ns = 1;
	const struct live_size sizes[] = { { "rule_traffic", 16 },
		{ "member_traffic", 16 } };
	const struct live_constant constants[] = {
		{ "made_ns", &made_ns, sizeof(made_ns) },
	};
	const struct live_setup setup = { NULL, 0, sizes, 2, constants, 1 };
	t->engine = live_engine_load_with(
	    "forward.bpf.o", plan, &setup, error, sizeof(error));
	if (t->engine == NULL) {
		(void)printf("%s\n", error);
		return errno == EPERM ? TEST_SKIPPED : 1;
	}
	t->program = live_engine_program(t->engine, "fairlead_forward");
	t->total = live_engine_map(t->engine, "total");
	t->next_hops = live_engine_mmap(
	    t->engine, "next_hops", FORWARD_MEMBERS * sizeof(*t->next_hops));
	if (t->program < 0 || t->total < 0 || t->next_hops == NULL)
		return 1;
	for (uint32_t row = 0; row < PORT_COUNT; row++) {
		(void)bpf_map_update_elem(
		    live_engine_map(t->engine, "ports"), &row, &ports[row], 0);
		memcpy(&t->hop_words[row], neighbour, sizeof(neighbour));
		t->hop_words[row] |= (uint64_t)(row + 1)
				     << FORWARD_HOP_PORT_SHIFT;
	}
	return 0;
}

/* Rules and members add up to what went on. */
static void
check_shares(struct test *t, const char *map, uint64_t packets)
{
	static struct forward_share each[1024];
	uint64_t sum = 0;
	for (uint32_t id = 0; id < 2; id++) {
		memset(each, 0, sizeof(each));
		(void)bpf_map_lookup_elem(
		    live_engine_map(t->engine, map), &id, each);
		for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
			sum += each[cpu].in.packets;
	}
	check(t, sum == packets, map);
}

int
main(void)
{
	struct lb_problems problems = { 0 };
	struct test t = { 0 };
	struct lb_config *config =
	    lb_config_read(config_text, strlen(config_text), "test", &problems);
	struct lb_plan *plan =
	    config != NULL ? lb_plan_compile(config, NULL, NULL, &problems)
			   : NULL;
	lb_problems_print(&problems, "test", stdout);
	lb_problems_free(&problems);
	int status = plan != NULL ? load(&t, plan) : 1;
	for (size_t i = 0; status == 0 && i < LB_COUNT(rows); i++)
		run(&t, &rows[i]);
	if (status == 0) {
		struct forward_total all = total_of(&t);
		t.row = &(struct row){ .what = "in the end" };
		check(&t,
		    all.packets == all.unread + all.passed + all.sent +
				       all.handed + all.answered +
				       dropped(&all),
		    "not every packet is accounted for");
		check_shares(&t, "rule_traffic", all.sent + all.handed);
		check_shares(&t, "member_traffic", all.sent + all.handed);
		(void)printf(
		    "%zu frames, %u wrong\n", LB_COUNT(rows), t.failed);
		status = t.failed != 0;
	}
	if (t.next_hops != NULL)
		(void)munmap(
		    t.next_hops, FORWARD_MEMBERS * sizeof(*t.next_hops));
	live_engine_free(t.engine);
	lb_plan_free(plan);
	lb_config_free(config);
	return status;
}
