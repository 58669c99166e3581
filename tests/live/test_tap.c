/* SPDX-License-Identifier: MIT */
/*
 * live/bpf/tap.c over test runs of the forwarding program: which packets of a
 * frontend are captured and how they look, how much of them, which want an
 * answer, and that a flood of those is cut off.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "live/bpf/tap.h"
#include "live/xdp/forward_io.h"
#include "tests/support/frame.h"

#define TEST_SKIPPED 77
#define SMALL_MTU    1400u
#define HEARD_MAX    4096u

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
    "  - { name: t4, frontend: four, pool: p4, protocol: tcp,\n"
    "      frontend_port: 80, backend_port: 8080 }\n"
    "  - { name: u6, frontend: six, pool: p6, protocol: udp,\n"
    "      frontend_port: 53, backend_port: 5353 }\n"
    "connection_table: { entries: 100 }\n";

#define CLIENT4   FRAME_V4(198, 51, 100, 7)
#define CLIENT6   FRAME_V6(0x2001, 0xdb8, 9, 0, 0, 0, 0, 7)
#define FRONTEND4 FRAME_V4(192, 0, 2, 1)
#define FRONTEND6 FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)
#define MEMBER4   FRAME_V4(10, 0, 0, 1)
#define OTHER4    FRAME_V4(203, 0, 113, 9)

static const struct frame_spec dns4 = { .src = CLIENT4,
	.dst = FRONTEND4,
	.proto = LB_PROTO_UDP,
	.sport = 40000,
	.dport = 53,
	.payload_bytes = 40 };
static const struct frame_spec dns6 = { .src = CLIENT6,
	.dst = FRONTEND6,
	.proto = LB_PROTO_UDP,
	.sport = 40000,
	.dport = 53,
	.payload_bytes = 40 };
static const struct frame_spec web4 = { .src = CLIENT4,
	.dst = FRONTEND4,
	.proto = LB_PROTO_TCP,
	.sport = 40000,
	.dport = 80,
	.tcp_flags = LB_TCP_SYN };
static const struct frame_spec no_rule4 = { .src = CLIENT4,
	.dst = FRONTEND4,
	.proto = LB_PROTO_UDP,
	.sport = 40000,
	.dport = 54,
	.payload_bytes = 40 };
static const struct frame_spec reply4 = { .src = MEMBER4,
	.dst = CLIENT4,
	.proto = LB_PROTO_UDP,
	.sport = 5353,
	.dport = 40000,
	.payload_bytes = 60 };
static const struct frame_spec passing4 = { .src = CLIENT4,
	.dst = OTHER4,
	.proto = LB_PROTO_UDP,
	.sport = 40000,
	.dport = 53,
	.payload_bytes = 40 };
static const struct frame_spec fragment4 = { .src = CLIENT4,
	.dst = FRONTEND4,
	.proto = LB_PROTO_UDP,
	.fragment_offset = 100,
	.payload_bytes = 40 };
/* From a router, about what the frontend sent. */
static const struct frame_spec answered4 = { .src = FRONTEND4,
	.dst = CLIENT4,
	.proto = LB_PROTO_UDP,
	.sport = 53,
	.dport = 40000,
	.payload_bytes = 40 };
static const struct frame_spec error4 = { .src = OTHER4,
	.dst = FRONTEND4,
	.proto = LB_PROTO_ICMP,
	.icmp_type = 3,
	.icmp_code = 1,
	.quoted = &answered4 };

/* What is captured, which packet comes, and whether it is. */
struct row {
	const char *what;
	const struct frame_spec *frame;
	bool any, six; /* six: the other frontend is captured */
	uint16_t port;
	uint8_t proto;
	uint32_t snap;
	uint32_t captured; /* bytes of it; 0: not */
};

#define WHOLE 65535u

static const struct row rows[] = {
	/* clang-format off */
	{ "to it",             &dns4,      0, 0,  0,  0, WHOLE, 82 },
	{ "cut",               &dns4,      0, 0,  0,  0, 60, 60 },
	{ "to the other",      &dns4,      0, 1,  0,  0, WHOLE, 0 },
	{ "IPv6",              &dns6,      0, 1,  0,  0, WHOLE, 102 },
	{ "to any",            &dns6,      1, 0,  0,  0, WHOLE, 102 },
	{ "its port",          &dns4,      0, 0, 53,  0, WHOLE, 82 },
	{ "another port",      &dns4,      0, 0, 80,  0, WHOLE, 0 },
	{ "another protocol",  &dns4,      0, 0, 53,  6, WHOLE, 0 },
	{ "its protocol",      &web4,      0, 0,  0,  6, WHOLE, 54 },
	{ "no rule",           &no_rule4,  0, 0,  0,  0, WHOLE, 82 },
	{ "no rule, of any",   &no_rule4,  1, 0,  0,  0, WHOLE, 0 },
	{ "passing by",        &passing4,  1, 0,  0,  0, WHOLE, 0 },
	{ "a reply",           &reply4,    0, 0,  0,  0, WHOLE, 102 },
	{ "a reply's port",    &reply4,    0, 0, 53, 17, WHOLE, 102 },
	{ "the member's port", &reply4,    0, 0, 5353, 17, WHOLE, 0 },
	{ "a reply of any",    &reply4,    1, 0,  0,  0, WHOLE, 102 },
	{ "another's reply",   &reply4,    0, 1,  0,  0, WHOLE, 0 },
	{ "a later fragment",  &fragment4, 0, 0, 53, 17, WHOLE, 74 },
	{ "an error",          &error4,    0, 0, 53, 17, WHOLE, 110 },
	{ "another's error",   &error4,    0, 0, 80,  6, WHOLE, 0 },
	/* clang-format on */
};

struct heard {
	struct live_tap_packet packet;
	uint8_t frame[FRAME_BYTES_MAX];
};

struct test {
	uv_loop_t loop;
	struct live_engine *engine;
	struct live_tap *tap;
	int program;
	uint64_t *next_hops; /* mapped */
	struct heard last;
	uint32_t heard[LIVE_TAP_KINDS];
	const char *what;
	unsigned failed;
};

static void
check(struct test *t, bool right, const char *what)
{
	if (right)
		return;
	(void)printf("%s: %s\n", t->what, what);
	t->failed++;
}

static void
on_packet(void *arg, const struct live_tap_packet *packet)
{
	struct test *t = arg;
	t->heard[packet->kind]++;
	t->last.packet = *packet;
	if (packet->bytes <= sizeof(t->last.frame))
		memcpy(t->last.frame, packet->frame, packet->bytes);
}

/* What the ring holds, heard. */
static void
hear(struct test *t)
{
	for (int turn = 0; turn < 4; turn++)
		(void)uv_run(&t->loop, UV_RUN_NOWAIT);
}

static int
send_frame(struct test *t, const uint8_t *data, uint32_t bytes, int times)
{
	static uint8_t out[1 << 17];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data,
	    .data_size_in = bytes, .data_out = out,
	    .data_size_out = sizeof(out), .repeat = 1);
	while (times-- > 0)
		if (bpf_prog_test_run_opts(t->program, &opts) != 0) {
			check(t, false, strerror(errno));
			return -1;
		}
	return (int)opts.retval;
}

static void
forget(struct test *t)
{
	hear(t);
	memset(t->heard, 0, sizeof(t->heard));
	memset(&t->last, 0, sizeof(t->last));
}

static uint64_t
realtime_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * LB_NS_PER_S + (uint64_t)now.tv_nsec;
}

static void
check_frame(struct test *t, const struct row *row, const struct frame *f)
{
	const struct heard *h = &t->last;
	uint64_t now = realtime_ns();
	check(t, h->packet.bytes == row->captured, "its bytes");
	check(t, h->packet.wire_bytes == f->bytes, "its length on the wire");
	check(t,
	    h->packet.time_ns <= now + 10 * LB_NS_PER_MS &&
		h->packet.time_ns + 10 * LB_NS_PER_S > now,
	    "its time");
	if (row->frame != &reply4) {
		check(t, memcmp(h->frame, f->data, row->captured) == 0,
		    "it is not as the client sent it");
		return;
	}
	const uint8_t frontend[4] = { 192, 0, 2, 1 };
	check(t, memcmp(h->frame + 26, frontend, 4) == 0, "its source");
	check(t, frame_get16(h->frame + 34) == 53, "its source port");
}

static void
run_row(struct test *t, const struct row *row)
{
	const struct lb_addr four = FRONTEND4, six = FRONTEND6;
	struct frame f;
	t->what = row->what;
	forget(t);
	frame_build(&f, row->frame);
	check(t,
	    live_tap_capture(t->tap,
		row->any   ? NULL
		: row->six ? &six
			   : &four,
		row->port, row->proto, row->snap) == 0,
	    "no capture");
	check(t, live_tap_capture(t->tap, NULL, 0, 0, 1) == -EBUSY, "another");
	(void)send_frame(t, f.data, f.bytes, 1);
	hear(t);
	check(t, t->heard[LIVE_TAP_CAPTURED] == (row->captured != 0),
	    row->captured != 0 ? "it is not captured" : "it is captured");
	if (t->heard[LIVE_TAP_CAPTURED] == 1 && row->captured != 0)
		check_frame(t, row, &f);
	live_tap_capture_end(t->tap);
	forget(t);
	(void)send_frame(t, f.data, f.bytes, 1);
	hear(t);
	check(t, t->heard[LIVE_TAP_CAPTURED] == 0, "captured after its end");
}

/* In a buffer of several pieces: longer than a page. */
static void
run_long(struct test *t)
{
	static const uint32_t lengths[] = { 223, 224, 225, 2016, 2017, 3000,
		9000, 16352, 16353, 40000 };
	static uint8_t data[40000];
	struct frame f;
	frame_build(&f, &dns4);
	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	memcpy(data, f.data, f.bytes);
	check(t, live_tap_capture(t->tap, NULL, 0, 0, WHOLE) == 0, "capture");
	for (size_t i = 0; i < LB_COUNT(lengths); i++) {
		char what[32];
		(void)snprintf(what, sizeof(what), "%u bytes", lengths[i]);
		t->what = what;
		forget(t);
		(void)send_frame(t, data, lengths[i], 1);
		hear(t);
		uint32_t kept = t->last.packet.bytes < sizeof(t->last.frame)
				    ? t->last.packet.bytes
				    : 0;
		check(t, t->last.packet.bytes == lengths[i], "its bytes");
		check(t, memcmp(t->last.frame, data, kept) == 0, "other bytes");
	}
	live_tap_capture_end(t->tap);
}

/* What wants an answer comes whole and as it came, and not without end. */
static void
run_wants(struct test *t, enum live_tap_kind kind)
{
	struct frame_spec spec = dns4;
	struct frame f;
	t->what = kind == LIVE_TAP_TTL ? "TTL 1" : "too big";
	if (kind == LIVE_TAP_TTL)
		spec.ttl = 1;
	else
		spec.payload_bytes = SMALL_MTU - 27;
	forget(t);
	frame_build(&f, &spec);
	if (kind == LIVE_TAP_TOO_BIG) { /* what may be fragmented is */
		check(t, send_frame(t, f.data, f.bytes, 1) == XDP_PASS,
		    "it may be fragmented: action");
		hear(t);
		check(t, t->heard[kind] == 0, "it may be fragmented");
		spec.dont_fragment = true;
		frame_build(&f, &spec);
	}
	check(t, send_frame(t, f.data, f.bytes, 1) == XDP_DROP, "action");
	hear(t);
	const struct live_tap_packet *p = &t->last.packet;
	check(t, t->heard[kind] == 1, "nobody heard of it");
	check(t,
	    p->wire_bytes == f.bytes &&
		p->bytes == (f.bytes < FORWARD_WANTS_BYTES
				    ? f.bytes
				    : FORWARD_WANTS_BYTES),
	    "its bytes");
	check(t, memcmp(t->last.frame, f.data, p->bytes) == 0,
	    "it is not as the client sent it");
	check(t, p->mtu == (kind == LIVE_TAP_TOO_BIG ? SMALL_MTU : 0), "mtu");
	check(t, p->ifindex == 1, "where it came in"); /* a test run: lo */
	struct live_tap_counts before = live_tap_count(t->tap);
	uint64_t began = realtime_ns();
	(void)send_frame(t, f.data, f.bytes, 3000);
	hear(t);
	uint64_t most =
	    FORWARD_WANTS_PER_S * (2 + (realtime_ns() - began) / LB_NS_PER_S);
	struct live_tap_counts after = live_tap_count(t->tap);
	uint64_t handed = after.handed[kind] - before.handed[kind];
	check(t, handed <= most, "too many were handed over");
	check(t, handed + after.lost - before.lost == 3000, "not all counted");
}

/* A network where the kernel is asked for the way to a client, and forwards,
 * but knows none: then it is left to it. */
static int
network(void)
{
	int rc = unshare(CLONE_NEWNET);
	FILE *f = rc == 0 ? fopen("/proc/sys/net/ipv4/ip_forward", "w") : NULL;
	if (f == NULL) {
		(void)printf("no network namespace: %s\n", strerror(errno));
		return TEST_SKIPPED;
	}
	(void)fputs("1", f);
	return fclose(f) == 0 ? 0 : 1;
}

static int
load(struct test *t, const struct lb_plan *plan)
{
	char error[512];
	const struct live_size sizes[] = { { "rule_traffic", 16 },
		{ "member_traffic", 16 } };
	const struct live_setup setup = { NULL, 0, sizes, 2, NULL, 0 };
	const struct forward_port port = { .ifindex = 7, .mtu = SMALL_MTU };
	uint32_t row = 0;
	t->engine = live_engine_load_with(
	    "forward.bpf.o", plan, &setup, error, sizeof(error));
	if (t->engine == NULL) {
		(void)printf("%s\n", error);
		return errno == EPERM ? TEST_SKIPPED : 1;
	}
	t->program = live_engine_program(t->engine, "fairlead_forward");
	t->next_hops = live_engine_mmap(
	    t->engine, "next_hops", FORWARD_MEMBERS * sizeof(*t->next_hops));
	t->tap = live_tap_open(&t->loop, t->engine, on_packet, t);
	if (t->program < 0 || t->next_hops == NULL || t->tap == NULL)
		return 1;
	(void)bpf_map_update_elem(
	    live_engine_map(t->engine, "ports"), &row, &port, 0);
	for (uint32_t id = 0; id < 2; id++)
		t->next_hops[id] =
		    UINT64_C(0x112233) | UINT64_C(1) << FORWARD_HOP_PORT_SHIFT;
	return 0;
}

/* Another program in place of this one: what was asked for goes on. */
static void
run_again(struct test *t, const struct lb_plan *plan)
{
	struct live_engine *before = t->engine;
	struct live_tap *tap = t->tap;
	uint64_t *hops = t->next_hops;
	struct frame f;
	t->what = "another program";
	check(t, live_tap_capture(tap, NULL, 0, 0, WHOLE) == 0, "capture");
	check(t, load(t, plan) == 0, "load");
	live_tap_close(t->tap);
	t->tap = tap;
	check(t, live_tap_use(tap, t->engine) == 0, "use");
	(void)munmap(hops, FORWARD_MEMBERS * sizeof(*hops));
	live_engine_free(before);
	forget(t);
	frame_build(&f, &dns4);
	(void)send_frame(t, f.data, f.bytes, 1);
	hear(t);
	check(t, t->heard[LIVE_TAP_CAPTURED] == 1, "it is not captured");
	live_tap_capture_end(tap);
}

static void
run_all(struct test *t, const struct lb_plan *plan)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		run_row(t, &rows[i]);
	run_long(t);
	run_wants(t, LIVE_TAP_TTL);
	/* A new second, or what is left of this one's is not enough. */
	uv_sleep(1100);
	run_wants(t, LIVE_TAP_TOO_BIG);
	run_again(t, plan);
}

static void
end(struct test *t)
{
	live_tap_close(t->tap);
	hear(t); /* closing handles */
	(void)uv_loop_close(&t->loop);
	if (t->next_hops != NULL)
		(void)munmap(
		    t->next_hops, FORWARD_MEMBERS * sizeof(*t->next_hops));
	live_engine_free(t->engine);
}

int
main(void)
{
	static struct test t;
	struct lb_problems problems = { 0 };
	struct lb_config *config =
	    lb_config_read(config_text, strlen(config_text), "test", &problems);
	struct lb_plan *plan =
	    config != NULL ? lb_plan_compile(config, NULL, NULL, &problems)
			   : NULL;
	lb_problems_print(&problems, "test", stdout);
	lb_problems_free(&problems);
	int status = 1;
	if (plan != NULL && uv_loop_init(&t.loop) == 0) {
		status = network();
		if (status == 0)
			status = load(&t, plan);
		if (status == 0) {
			run_all(&t, plan);
			(void)printf("%zu captures, %u wrong\n", LB_COUNT(rows),
			    t.failed);
			status = t.failed != 0;
		}
		end(&t);
	}
	lb_plan_free(plan);
	lb_config_free(config);
	return status;
}
