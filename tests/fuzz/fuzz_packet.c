/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as packets, any number of them at any times, under a rich plan
 * whose members come and go.  Beyond not crashing: two worlds fed the same
 * agree, though what the parser left unset differs; edits fit and change only
 * what they name, and right checksums stay right; the tables stay in order.
 */
#include <stdlib.h>
#include <string.h>
#include "model/path/apply.h"
#include "model/path/step.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/packet_input.h"
#include "tests/support/edit_scope.h"
#include "tests/support/rig.h"
#include "tests/support/table_fault.h"

#define PLANS      4u
#define PACKET_MAX 65550u

/* Each plan was compiled after the one before, so that ids mean the same in
 * all of them; the last knows all ids. */
static struct rig rigs[PLANS];
static struct lb_world *worlds[2];
static unsigned plan_now;
static bool stale; /* some plan's health is not as at the start */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* --- the plans ------------------------------------------------------------ */

static void
change_config(struct rig *rig, unsigned plan)
{
	struct lb_config_member keep = rig->members[RIG_WEB][0];
	rig->config.entries = rig->config.entries6 = 20; /* 4 buckets */
	if (plan == 1) { /* members change places, one is gone */
		rig->members[RIG_WEB][0] = rig->members[RIG_WEB][2];
		rig->members[RIG_WEB][2] = keep;
		rig->pools[RIG_WEB6].member_count = 2;
		rig->rules[RIG_HTTP].backend_port = 8888;
		rig->rules[RIG_DNS].connection_tracking = true;
	} else if (plan == 2) { /* Basic, and a next hop */
		rig->config.sku = LB_SKU_BASIC;
		rig->config.next_hop_rule4 = rig->config.next_hop_rule6 =
		    RIG_NEXT;
		rig->rules[RIG_COAP].name = (char *)"coap-new";
		rig->rules[RIG_COAP].idle_timeout_ms = 60000;
		rig->rules[RIG_ANY].tcp_reset = true;
	} else if (plan == 3) { /* everything floats, nothing is left out */
		rig->config.forwarding = LB_FORWARDING_L2DSR;
		rig->pools[RIG_NVA].member_count = 1;
	}
}

static void
make_plans(void)
{
	const struct lb_plan *before = NULL;
	for (unsigned i = 0; i < PLANS; i++) {
		struct lb_problems problems = { 0 };
		rig_open(&rigs[i]);
		change_config(&rigs[i], i);
		rigs[i].plan =
		    lb_plan_compile(&rigs[i].config, before, NULL, &problems);
		must(rigs[i].plan != NULL &&
		     rigs[i].plan->member_count <= RIG_IDS_MAX);
		lb_problems_free(&problems);
		before = rigs[i].plan;
	}
	for (unsigned w = 0; w < 2; w++) {
		worlds[w] = lb_world_new(rigs[0].plan);
		must(worlds[w] != NULL);
	}
}

static bool
is_up(void *arg, int probe, uint16_t member)
{
	const struct rig *rig = arg;
	(void)probe;
	return !rig->down[member];
}

static void
set_health(uint16_t member, bool up)
{
	for (unsigned i = 0; i < PLANS; i++) {
		rigs[i].down[member] = !up;
		must(lb_plan_health(
			 rigs[i].plan, &rigs[i].config, is_up, &rigs[i]) == 0);
	}
	stale = true;
}

static void
swap_plan(unsigned plan)
{
	plan_now = plan % PLANS;
	for (unsigned w = 0; w < 2; w++) {
		lb_world_swap(worlds[w], rigs[plan_now].plan);
		/* entries may be of any plan's classes */
		memcpy(worlds[w]->classes, rigs[PLANS - 1].plan->classes,
		    sizeof(worlds[w]->classes));
	}
}

static void
start_over(void)
{
	if (worlds[0] == NULL)
		make_plans();
	for (unsigned i = 0; stale && i < PLANS; i++) {
		memset(rigs[i].down, 0, sizeof(rigs[i].down));
		must(lb_plan_health(
			 rigs[i].plan, &rigs[i].config, is_up, &rigs[i]) == 0);
	}
	stale = false;
	for (unsigned w = 0; w < 2; w++) {
		const struct lb_tables *t = &worlds[w]->tables;
		memset(t->conn4, 0, t->buckets4 * sizeof(*t->conn4));
		memset(t->conn6, 0, t->buckets6 * sizeof(*t->conn6));
		/* and what earlier packets left in the scratch differs */
		memset(&worlds[w]->scratch, w == 0 ? 0 : 0xa5,
		    sizeof(worlds[w]->scratch));
	}
	swap_plan(0);
}

/* --- what must hold ------------------------------------------------------- */

static void
check_tables(void)
{
	const struct lb_tables *a = &worlds[0]->tables;
	const struct lb_tables *b = &worlds[1]->tables;
	const char *fault = table_fault(a, rigs[PLANS - 1].plan);
	if (fault != NULL) {
		(void)fprintf(stderr, "%s\n", fault);
		abort();
	}
	must(memcmp(a->conn4, b->conn4, a->buckets4 * sizeof(*a->conn4)) == 0);
	must(memcmp(a->conn6, b->conn6, a->buckets6 * sizeof(*a->conn6)) == 0);
}

static bool
same_headers(const struct lb_headers *a, const struct lb_headers *b)
{
	return lb_addr_same(&a->src, &b->src) &&
	       lb_addr_same(&a->dst, &b->dst) && a->sport.raw == b->sport.raw &&
	       a->dport.raw == b->dport.raw && a->l3 == b->l3 &&
	       a->l4 == b->l4 && a->family == b->family &&
	       a->proto == b->proto && a->fragment == b->fragment &&
	       a->l4_bytes == b->l4_bytes;
}

/* Parsed twice, into memory that held different things, it is the same. */
static void
check_same_packet(const struct lb_packet *a, const struct lb_packet *b)
{
	must(same_headers(&a->ip, &b->ip));
	must(a->ip_bytes == b->ip_bytes && a->notes == b->notes &&
	     a->payload_bytes == b->payload_bytes &&
	     a->tcp_flags == b->tcp_flags && a->icmp_type == b->icmp_type);
	if (a->ip.proto == LB_PROTO_TCP && a->ip.fragment != LB_FRAGMENT_LATER)
		must(a->seq == b->seq && a->ack == b->ack);
	if ((a->notes & LB_NOTE_ICMP_ERROR) != 0)
		must(same_headers(&a->quoted, &b->quoted));
}

static void
check_packet(const struct lb_packet *pkt, size_t bytes)
{
	must(pkt->ip.family == 4 || pkt->ip.family == 6);
	must(lb_addr_is_v4(&pkt->ip.src) == (pkt->ip.family == 4));
	must(lb_addr_is_v4(&pkt->ip.dst) == (pkt->ip.family == 4));
	must(pkt->ip.l3 < pkt->ip.l4 && pkt->ip.l4 <= bytes);
	if (pkt->ip.fragment != LB_FRAGMENT_LATER)
		must(pkt->ip.l4 + 8u <= bytes);
	if ((pkt->notes & LB_NOTE_ICMP_ERROR) != 0) {
		must(pkt->quoted.family == pkt->ip.family);
		must(pkt->quoted.l4 + 4u <= bytes);
		must(pkt->quoted.l4_bytes >= 4 &&
		     pkt->quoted.l4_bytes <= bytes - pkt->quoted.l4);
	}
}

static void
check_result(const struct lb_result *r)
{
	const struct lb_plan *plan = rigs[PLANS - 1].plan;
	must(r->verdict < LB_VERDICT_COUNT && r->reason < LB_REASON_COUNT);
	must(r->member == LB_NONE || r->member < plan->member_count);
	must(r->rule == LB_NONE || r->rule < plan->rule_count);
	must(lb_result_sends(r) == (r->reason == LB_REASON_NONE));
	if (r->verdict == LB_PASS)
		must(r->edit.what == 0 && r->facts == 0);
	if ((r->facts & LB_FACT_MADE) != 0)
		must(r->state == LB_CONN_HALF);
	if ((r->facts & LB_FACT_HIT) != 0)
		must(r->state >= LB_CONN_HALF);
	must((r->facts & (LB_FACT_HIT | LB_FACT_MADE)) !=
	     (LB_FACT_HIT | LB_FACT_MADE));
}

static void
check_same_result(const struct lb_result *a, const struct lb_result *b)
{
	must(a->verdict == b->verdict && a->reason == b->reason &&
	     a->facts == b->facts && a->bucket == b->bucket &&
	     a->member == b->member && a->rule == b->rule && a->way == b->way &&
	     a->state == b->state && a->edit.what == b->edit.what);
}

static void
check_edit(
    const uint8_t *data, size_t bytes, const struct lb_edit *edit, bool raw)
{
	uint8_t *out = malloc(bytes);
	must(out != NULL);
	memcpy(out, data, bytes);
	must(lb_apply(out, out + bytes, edit) == 0);
	for (size_t i = 0; i < bytes; i++)
		if (out[i] != data[i])
			must(edit->what != 0 && edit_may_change(edit, i));
	if (!raw) {
		struct frame_sums before, after;
		frame_sums(data, (uint32_t)bytes, &before);
		frame_sums(out, (uint32_t)bytes, &after);
		must(!before.right || after.right);
		must(before.ip.sum == after.ip.sum);
	}
	free(out);
}

/* --- records -------------------------------------------------------------- */

static void
one_packet(
    const uint8_t *data, size_t bytes, uint32_t wire, bool raw, uint32_t now_ms)
{
	struct lb_packet pkt[2];
	struct lb_result result[2];
	int parsed[2];
	for (unsigned w = 0; w < 2; w++) {
		memset(&pkt[w], w == 0 ? 0xa5 : 0x5a, sizeof(pkt[w]));
		memset(&result[w], w == 0 ? 0xa5 : 0x5a, sizeof(result[w]));
		parsed[w] = raw ? lb_parse_ip(data, data + bytes, wire, &pkt[w])
				: lb_parse(data, data + bytes, wire, &pkt[w]);
	}
	must(parsed[0] == parsed[1] && parsed[0] >= 0 &&
	     parsed[0] < LB_PARSED_COUNT);
	if (bytes >= wire)
		must(parsed[0] != LB_PARSED_TRUNCATED);
	else
		must(parsed[0] != LB_PARSED_MALFORMED || bytes > 0);
	if (parsed[0] != LB_PARSED)
		return;
	check_same_packet(&pkt[0], &pkt[1]);
	check_packet(&pkt[0], bytes);
	for (unsigned w = 0; w < 2; w++)
		lb_step(lb_world_ctx(worlds[w]), &pkt[w], now_ms, &result[w]);
	check_result(&result[0]);
	check_same_result(&result[0], &result[1]);
	if (lb_result_sends(&result[0]))
		for (unsigned w = 0; w < 2; w++)
			check_edit(data, bytes, &result[w].edit, raw);
}

static void
sweep(uint32_t now_ms)
{
	static struct lb_expired facts[2][64];
	for (unsigned six = 0; six < 2; six++) {
		struct lb_expired_list list[2] = { { facts[0], 64, 0 },
			{ facts[1], 64, 0 } };
		uint32_t end[2];
		for (unsigned w = 0; w < 2; w++)
			end[w] = lb_expire(&worlds[w]->tables, six != 0, now_ms,
			    0, UINT32_MAX, &list[w]);
		must(end[0] == end[1] && list[0].count == list[1].count);
	}
	check_tables();
}

/* A packet's bytes, in memory of just that size. */
static void
packet_record(
    const uint8_t *header, const uint8_t *data, size_t bytes, uint32_t now_ms)
{
	uint8_t *copy = malloc(bytes + 1);
	must(copy != NULL);
	memcpy(copy + 1, data, bytes); /* at an odd address, for once */
	one_packet(copy + 1, bytes, (uint32_t)bytes + header[3] * 7u,
	    (header[0] & 15) % INPUT_WHAT_COUNT == INPUT_IP, now_ms);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const uint8_t *at = data, *end = data + bytes;
	uint32_t now_ms = RIG_START_MS;
	start_over();
	while (end - at >= (ptrdiff_t)INPUT_HEADER_BYTES) {
		const uint8_t *header = at;
		unsigned what = (header[0] & 15) % INPUT_WHAT_COUNT;
		at += INPUT_HEADER_BYTES;
		now_ms += input_delays_ms[header[0] >> 4];
		if (what == INPUT_SWEEP) {
			sweep(now_ms);
		} else if (what == INPUT_HEALTH) {
			set_health(
			    header[1] % RIG_IDS_MAX, (header[2] & 1) != 0);
		} else if (what == INPUT_PLAN) {
			swap_plan(header[1]);
		} else {
			size_t n = header[1] | (size_t)header[2] << 8;
			if (n > (size_t)(end - at))
				n = (size_t)(end - at);
			packet_record(header, at, n, now_ms);
			at += n;
		}
	}
	check_tables();
	return 0;
}
