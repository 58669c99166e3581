/* SPDX-License-Identifier: MIT */
/* sim/run/run.c and its players, without configuration: who gets what counted.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"
#include "tests/sim/scene.h"
#include "tests/unit.h"

#define CLIENT4 FRAME_V4(192, 0, 2, 1)
#define SERVER4 FRAME_V4(203, 0, 113, 10)
#define CLIENT6 FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)
#define SERVER6 FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2)

static const struct frame_spec request = { .src = CLIENT4,
	.dst = SERVER4,
	.proto = LB_PROTO_UDP,
	.sport = 40000,
	.dport = 5683,
	.payload_bytes = 10 };
static const struct frame_spec answer = { .src = SERVER4,
	.dst = CLIENT4,
	.proto = LB_PROTO_UDP,
	.sport = 5683,
	.dport = 40000,
	.payload_bytes = 100 };
static const struct frame_spec syn = { .src = CLIENT4,
	.dst = SERVER4,
	.proto = LB_PROTO_TCP,
	.sport = 40000,
	.dport = 443,
	.tcp_flags = LB_TCP_SYN };

static void
test_request_and_answer(void)
{
	struct scene s;

	scene_open(&s);
	scene_add(&s, 0, &request);
	scene_add(&s, 5, &answer);
	scene_add(&s, 2500, &request);
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->input.packets, 3);
	CU_ASSERT_EQUAL(r->input.bytes, 38 + 128 + 38);
	CU_ASSERT_EQUAL(r->input.flows, 1);
	CU_ASSERT_EQUAL(r->input.role_port, 1);
	CU_ASSERT_EQUAL(r->input.duration_ns, 2500 * LB_NS_PER_MS);
	CU_ASSERT_EQUAL_FATAL(r->case_count, 3);
	CU_ASSERT_STRING_EQUAL(r->cases[1].name, "source-ip");
	for (size_t i = 0; i < r->case_count; i++) {
		CU_ASSERT_EQUAL_FATAL(r->cases[i].rule_count, 1);
		const struct sim_rule *rule = &r->cases[i].rules[0];
		CU_ASSERT_STRING_EQUAL(rule->name, "all");
		CU_ASSERT_STRING_EQUAL(rule->distribution, r->cases[i].name);
		CU_ASSERT_EQUAL(rule->flows, 1);
		CU_ASSERT_EQUAL(rule->connections, 1);
		CU_ASSERT_EQUAL(rule->key_count, 1);
		CU_ASSERT_EQUAL_FATAL(rule->backend_count, 4);
		CU_ASSERT_STRING_EQUAL(rule->backends[3].name, "backend-4");
		const struct sim_backend *b = scene_backend(rule);
		CU_ASSERT_EQUAL(b->flows, 1);
		CU_ASSERT_EQUAL(b->packets, 3);
		CU_ASSERT_EQUAL(b->packets_in, 2);
		CU_ASSERT_EQUAL(b->bytes, 38 + 128 + 38);
		CU_ASSERT_EQUAL(b->bytes_in, 38 + 38);
	}
	sim_record_free(r);
	scene_close(&s);
}

/* Both families are one rule over one pool. */
static void
test_families(void)
{
	struct scene s;
	struct frame_spec six = syn;

	six.src = (struct lb_addr)CLIENT6;
	six.dst = (struct lb_addr)SERVER6;
	scene_open(&s);
	for (uint16_t i = 0; i < 200; i++) {
		struct frame_spec four = syn;
		four.sport = six.sport = (uint16_t)(40000 + i);
		scene_add(&s, i, &four);
		scene_add(&s, i, &six);
	}
	struct sim_record *r = scene_play(&s, NULL);
	const struct sim_rule *rule = &r->cases[0].rules[0];
	CU_ASSERT_EQUAL(r->cases[0].rule_count, 1);
	CU_ASSERT_EQUAL(rule->flows, 400);
	CU_ASSERT_EQUAL(rule->connections, 400);
	CU_ASSERT_EQUAL(rule->key_count, 400);
	CU_ASSERT_EQUAL(r->input.role_syn, 400);
	for (size_t b = 0; b < 4; b++)
		CU_ASSERT(rule->backends[b].flows > 50);
	/* Two clients: two keys, whatever their ports. */
	CU_ASSERT_EQUAL(r->cases[1].rules[0].key_count, 2);
	sim_record_free(r);
	scene_close(&s);
}

/* An affinity key is a client, or a client and a protocol, to any server. */
static void
test_keys(void)
{
	struct scene s;
	static const size_t expect[3] = { 8, 2, 4 };

	scene_open(&s);
	for (unsigned i = 0; i < 8; i++) {
		struct frame_spec p = (i & 1) != 0 ? syn : request;
		if ((i & 2) != 0)
			p.src = (struct lb_addr)FRAME_V4(192, 0, 2, 2);
		if ((i & 4) != 0)
			p.dst = (struct lb_addr)FRAME_V4(203, 0, 113, 11);
		scene_add(&s, i, &p);
	}
	struct sim_record *r = scene_play(&s, NULL);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(r->cases[i].rules[0].key_count, expect[i]);
	CU_ASSERT_EQUAL(r->cases[1].rules[0].keys[0].flows, 4);
	sim_record_free(r);
	scene_close(&s);
}

/* A datagram's fragments stay together, and so do an answer's. */
static void
test_fragments(void)
{
	struct scene s;
	struct frame_spec head = request, tail = request;
	struct frame_spec answer_head = answer, answer_tail = answer;

	head.more_fragments = answer_head.more_fragments = true;
	tail.fragment_offset = answer_tail.fragment_offset = 64;
	scene_open(&s);
	scene_add(&s, 0, &head);
	scene_add(&s, 1, &tail);
	scene_add(&s, 2, &answer_head);
	scene_add(&s, 3, &answer_tail);
	struct sim_record *r = scene_play(&s, NULL);
	/* One with ports, one without; roles by the head's ports for both. */
	CU_ASSERT_EQUAL(r->input.flows, 2);
	CU_ASSERT_EQUAL(r->input.role_port, 2);
	for (size_t i = 0; i < r->case_count; i++) {
		const struct sim_rule *rule = &r->cases[i].rules[0];
		CU_ASSERT_EQUAL(scene_backend(rule)->packets, 4);
		CU_ASSERT_EQUAL(scene_backend(rule)->packets_in, 2);
		CU_ASSERT_EQUAL(rule->flows, 2);
		CU_ASSERT_EQUAL(rule->key_count, 1);
		CU_ASSERT_EQUAL(rule->keys[0].flows, 2);
		CU_ASSERT_EQUAL(r->cases[i].reply_suppressed, 0);
	}
	sim_record_free(r);
	scene_close(&s);
}

/* Where a server answers in fragments and its client asked in one piece, the
 * tail has no client packet of its own flow; its head's member sent it. */
static void
test_fragmented_answer(void)
{
	struct scene s;
	struct frame_spec head = answer, tail = answer;

	head.more_fragments = true;
	tail.fragment_offset = 64;
	scene_open(&s);
	scene_add(&s, 0, &request);
	scene_add(&s, 1, &head);
	scene_add(&s, 2, &tail);
	struct sim_record *r = scene_play(&s, NULL);
	for (size_t i = 0; i < r->case_count; i++) {
		CU_ASSERT_EQUAL(r->cases[i].reply_suppressed, 0);
		CU_ASSERT_EQUAL(r->cases[i].rules[0].packets, 3);
		CU_ASSERT_EQUAL(r->cases[i].rules[0].flows, 1);
	}
	CU_ASSERT_EQUAL(r->input.flows, 2);
	sim_record_free(r);
	scene_close(&s);
}

/* Nobody asked: there is no member to answer. */
static void
test_only_answers(void)
{
	struct scene s;

	scene_open(&s);
	scene_add(&s, 0, &answer);
	scene_add(&s, 1, &answer);
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].reply_suppressed, 2);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].flows, 0);
	CU_ASSERT_EQUAL(r->input.flows, 1);
	sim_record_free(r);
	s.settings.reverse = true;
	r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].reply_suppressed, 0);
	CU_ASSERT_EQUAL(scene_backend(&r->cases[0].rules[0])->packets_in, 2);
	sim_record_free(r);
	scene_close(&s);
}

static void
add_unplayable(struct scene *s)
{
	struct frame f;
	struct frame_spec other = request, icmp = request, cut = syn;

	other.proto = 47; /* GRE */
	icmp.proto = LB_PROTO_ICMP;
	icmp.icmp_type = 8;
	scene_add(s, 0, &other);
	scene_add(s, 1, &icmp);
	frame_build(&f, &cut);
	scene_add_frame(s, 2, &f, f.l4 + 4, f.bytes);  /* snapped */
	scene_add_frame(s, 3, &f, f.l4 + 4, f.l4 + 4); /* never was longer */
	frame_put16(f.data + 12, 0x0806);
	scene_add_frame(s, 4, &f, f.bytes, f.bytes); /* ARP */
}

static void
test_skipped(void)
{
	struct scene s;

	scene_open(&s);
	add_unplayable(&s);
	scene_add(&s, 5000, &request);
	scene_add(&s, 6000, &request);
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->input.packets, 7);
	CU_ASSERT_EQUAL(r->input.other_protocol, 1);
	CU_ASSERT_EQUAL(r->input.icmp, 1);
	CU_ASSERT_EQUAL(r->input.truncated, 1);
	CU_ASSERT_EQUAL(r->input.malformed, 1);
	CU_ASSERT_EQUAL(r->input.not_ip, 1);
	/* Time begins with the first packet that is played. */
	CU_ASSERT_EQUAL(r->input.duration_ns, 1000 * LB_NS_PER_MS);
	CU_ASSERT_EQUAL(r->input.flows, 1);
	sim_record_free(r);
	scene_close(&s);
}

/* What the transport header gets wrong is the engine's to drop; the answers
 * have no member then. */
static void
test_malformed(void)
{
	struct scene s;
	struct frame f;

	scene_open(&s);
	frame_build(&f, &request);
	frame_put16(f.data + f.l4 + 4, 4); /* a UDP length below its header's */
	scene_add_frame(&s, 0, &f, f.bytes, f.bytes);
	scene_add(&s, 1, &answer);
	scene_add(&s, 2, &request);
	scene_add(&s, 3, &answer);
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(scene_drops(&r->cases[0], "malformed"), 1);
	CU_ASSERT_EQUAL(r->cases[0].reply_suppressed, 1);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].packets, 2);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].flows, 1);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].connections, 1);
	sim_record_free(r);
	scene_close(&s);
}

/* Bytes are the IP packet's on the wire, however little was captured; with
 * length 0, as offload leaves it, the frame's less its link header. */
static void
test_lengths(void)
{
	struct scene s;
	struct frame f;
	struct frame_spec padded = request;

	padded.padding_bytes = 8;
	scene_open(&s);
	scene_add(&s, 0, &padded); /* 38 */
	frame_build(&f, &request);
	scene_add_frame(&s, 1, &f, f.l4 + 8, f.bytes); /* 38 */
	frame_build(&f, &syn);
	frame_put16(f.data + f.l3 + 2, 0);
	frame_mend_ip(&f, f.l3);
	scene_add_frame(&s, 2, &f, f.bytes, 7014); /* 7000 */
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->input.bytes, 38 + 38 + 7000);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].bytes, 38 + 38 + 7000);
	sim_record_free(r);
	scene_close(&s);
}

static void
test_vip(void)
{
	struct scene s;
	struct frame_spec other = request, web = syn;

	other.dst = (struct lb_addr)FRAME_V4(203, 0, 113, 11);
	web.dst = other.dst;
	scene_open(&s);
	scene_add(&s, 0, &request);
	scene_add(&s, 1, &answer);
	scene_add(&s, 2, &other);
	scene_add(&s, 3, &web);
	s.settings.vip =
	    (struct sim_vip){ .kind = SIM_VIP_ADDRESS, .addr = SERVER4 };
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].packets, 2);
	CU_ASSERT_EQUAL(scene_drops(&r->cases[0], "no_rule"), 2);
	CU_ASSERT_EQUAL(r->input.flows, 3);
	sim_record_free(r);

	s.settings.vip = (struct sim_vip){ .kind = SIM_VIP_AUTO };
	r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].flows, 2);
	/* Both directions of a flow that is not asked for. */
	CU_ASSERT_EQUAL(scene_drops(&r->cases[0], "no_rule"), 2);
	CU_ASSERT_EQUAL(r->cases[0].reply_suppressed, 0);
	sim_record_free(r);

	s.settings.vip = (struct sim_vip){
		.kind = SIM_VIP_ADDRESS, .addr = other.dst, .port = 443
	};
	r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].flows, 1);
	CU_ASSERT_EQUAL(scene_drops(&r->cases[0], "no_rule"), 3);
	CU_ASSERT_EQUAL(r->input.busiest_count, 3);
	CU_ASSERT_STRING_EQUAL(r->input.busiest[0].address, "203.0.113.10");
	CU_ASSERT_EQUAL(r->input.busiest[0].port, 5683);
	sim_record_free(r);
	scene_close(&s);
}

static void
test_empty(void)
{
	struct scene s;

	scene_open(&s);
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT_EQUAL(r->input.packets, 0);
	CU_ASSERT_EQUAL(r->input.duration_ns, 0);
	CU_ASSERT_FALSE(r->partial);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].backend_count, 4);
	sim_record_free(r);
	scene_close(&s);
}

/* Two files, taken with two clocks that agree: by time, not file by file. */
static void
test_merge(void)
{
	struct scene asked, answered;

	scene_open(&asked);
	scene_open(&answered);
	for (uint64_t i = 0; i < 50; i++) {
		scene_add(&asked, i * 10, &request);
		scene_add(&answered, i * 10 + 5, &answer);
	}
	/* The answers' file is named first, and still comes second. */
	const char *paths[] = { answered.path, "/nonexistent/x.pcap",
		asked.path };
	asked.settings.paths = paths;
	asked.settings.path_count = 3;
	CU_ASSERT_EQUAL(fflush(answered.file), 0);
	struct sim_record *r = scene_play(&asked, NULL);
	CU_ASSERT_EQUAL(r->input.packets, 100);
	CU_ASSERT_EQUAL(r->cases[0].reply_suppressed, 0);
	CU_ASSERT_EQUAL(r->input.backwards, 0);
	CU_ASSERT(r->partial);
	CU_ASSERT(r->input.files[1].unreadable);
	CU_ASSERT_STRING_EQUAL(r->input.files[1].name, "x.pcap");
	CU_ASSERT_PTR_NOT_NULL(r->input.files[1].error);
	CU_ASSERT_PTR_NULL(r->input.files[2].error);
	sim_record_free(r);
	scene_close(&answered);
	scene_close(&asked);
}

static char *
json_of(const struct sim_record *record, size_t *bytes)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, bytes);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(report_json(record, f), 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
	return text;
}

/* Our maps are keyed anew in each run, and nobody may notice. */
static void
test_deterministic(void)
{
	struct scene s;
	size_t bytes[2];
	char *text[2];

	scene_open(&s);
	for (uint32_t i = 0; i < 3000; i++) {
		struct frame_spec p = (i & 1) != 0 ? syn : request;
		p.sport = (uint16_t)(i * 7919 % 1000 + 1024);
		p.src.word[1] += (uint64_t)(i % 97) << 56;
		scene_add(&s, i, &p);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct sim_record *r = scene_play(&s, NULL);
		text[i] = json_of(r, &bytes[i]);
		sim_record_free(r);
	}
	CU_ASSERT_EQUAL(bytes[0], bytes[1]);
	CU_ASSERT(bytes[0] > 1000);
	CU_ASSERT_STRING_EQUAL(text[0], text[1]);
	free(text[0]);
	free(text[1]);
	scene_close(&s);
}

static bool
stop_at_once(void *arg, uint64_t packets, uint64_t read, uint64_t total)
{
	(void)read, (void)total;
	*(uint64_t *)arg = packets;
	return packets == 0;
}

static void
test_interrupted(void)
{
	struct scene s;
	uint64_t packets = 0;

	scene_open(&s);
	for (unsigned i = 0; i < 20000; i++)
		scene_add(&s, i, &request);
	s.settings.progress = stop_at_once;
	s.settings.progress_arg = &packets;
	struct sim_record *r = scene_play(&s, NULL);
	CU_ASSERT(r->interrupted);
	CU_ASSERT(r->partial);
	CU_ASSERT_EQUAL(r->input.packets, packets);
	CU_ASSERT(packets > 0 && packets < 20000);
	sim_record_free(r);
	scene_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "request and answer", test_request_and_answer },
		{ "both families", test_families },
		{ "keys", test_keys },
		{ "fragments", test_fragments },
		{ "a fragmented answer", test_fragmented_answer },
		{ "only answers", test_only_answers },
		{ "skipped", test_skipped },
		{ "malformed", test_malformed },
		{ "lengths", test_lengths },
		{ "vip", test_vip },
		{ "empty", test_empty },
		{ "several files", test_merge },
		{ "deterministic", test_deterministic },
		{ "interrupted", test_interrupted },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim/run", tests);
}
