/* SPDX-License-Identifier: MIT */
/* model/scenario/scenario.c: what is read, and every mistake at its place. */
#include <stddef.h>
#include <string.h>

#include "model/scenario/scenario.h"
#include "tests/unit.h"

static struct lb_scenario *
read_text(const char *text, struct lb_problems *problems)
{
	*problems = (struct lb_problems){ 0 };
	return lb_scenario_read(text, strlen(text), problems);
}

static void
test_whole(void)
{
	static const char text[] =
	    "seed: 42\n"
	    "traffic:\n"
	    "  - { capture: coap.pcap, speed: 0.5, loop: 3 }\n"
	    "  - { capture: /b.pcap, speed: 0.5, loop: 3 }\n"
	    "faults:\n"
	    "  - { at: 30s, member: vm-2, state: crashed }\n"
	    "  - { at: 10s, member: vm-1, admin_state: down }\n"
	    "  - { at: 1m, member: vm-2, state: Http_Error }\n"
	    "assertions:\n"
	    "  - { metric: jain, rule: coap, unit: bytes, at_least: 0.95 }\n"
	    "  - { metric: share, rule: '*', backend: b, case: c, at_least: 1%,"
	    " at_most: 30% }\n"
	    "  - { metric: drops, reason: no_rule, equals: 0 }\n";
	static const char *const expect[] = {
		"jain.bytes(coap) >= 0.95",
		"share(*, b, c) >= 0.01",
		"share(*, b, c) <= 0.3",
		"drops(no_rule) == 0",
	};
	struct lb_problems problems;
	struct lb_scenario *s = read_text(text, &problems);

	UNIT_NEED(s);
	CU_ASSERT_EQUAL(problems.count, 0);
	CU_ASSERT_TRUE(s->seed_set && s->seed == 42);
	CU_ASSERT_EQUAL(s->capture_count, 2);
	CU_ASSERT_STRING_EQUAL(s->captures[1], "/b.pcap");
	CU_ASSERT_EQUAL(s->speed_millionths, 500000);
	CU_ASSERT_EQUAL(s->loop, 3);
	CU_ASSERT_EQUAL_FATAL(s->fault_count, 3);
	CU_ASSERT_EQUAL(s->faults[0].at_ms, 30000);
	CU_ASSERT_EQUAL(s->faults[0].kind, LB_FAULT_CRASHED);
	CU_ASSERT_STRING_EQUAL(s->faults[0].member, "vm-2");
	CU_ASSERT_EQUAL(s->faults[1].kind, LB_FAULT_ADMIN_DOWN);
	CU_ASSERT_EQUAL(s->faults[2].kind, LB_FAULT_HTTP_ERROR);
	CU_ASSERT_EQUAL_FATAL(s->assertion_count, LB_COUNT(expect));
	for (size_t i = 0; i < LB_COUNT(expect); i++) {
		const struct lb_assertion *a = &s->assertions[i];
		char *shown = lb_assertion_text(a, a->rule, a->case_name);
		UNIT_NEED(shown);
		CU_ASSERT_STRING_EQUAL(shown, expect[i]);
		free(shown);
	}
	lb_scenario_free(s);
	lb_problems_free(&problems);
}

/* --- what surrounds the balancer ------------------------------------------ */

static void
test_root(void)
{
	static const char text[] =
	    "duration: 2m\nwarm_up: 10s\ninitial: unknown\n"
	    "replications: 30\nprecision: 5%\ninstances: 4\necmp: modulo\n"
	    "modes: [source-ip, SourceIPProtocol]\n"
	    "algorithms: [maglev, stable]\n"
	    "links:\n"
	    "  clients: { latency: 35ms, jitter: 2ms, loss: 0.1% }\n"
	    "  backends: { latency: 250us, jitter: 900ns, loss: 0.000001 }\n";
	struct lb_problems problems;
	struct lb_scenario *s = read_text(text, &problems);

	UNIT_NEED(s);
	CU_ASSERT_EQUAL(s->scene.duration_ms, 120000);
	CU_ASSERT_EQUAL(s->scene.warm_up_ms, 10000);
	CU_ASSERT_TRUE(s->scene.members_start_unknown);
	CU_ASSERT_EQUAL(s->replications, 30);
	CU_ASSERT_EQUAL(s->precision_millionths, 50000);
	CU_ASSERT_EQUAL(s->scene.instances, 4);
	CU_ASSERT_EQUAL(s->scene.ecmp, LB_ECMP_MODULO);
	CU_ASSERT_EQUAL(s->modes,
	    1u << LB_MODE_SOURCE_IP | 1u << LB_MODE_SOURCE_IP_PROTOCOL);
	CU_ASSERT_EQUAL(s->algorithms, 1u << LB_MAGLEV | 1u << LB_STABLE);
	CU_ASSERT_EQUAL(s->scene.client_link.latency_ns, 35000000);
	CU_ASSERT_EQUAL(s->scene.client_link.jitter_ns, 2000000);
	CU_ASSERT_EQUAL(s->scene.client_link.loss, 1000);
	CU_ASSERT_EQUAL(s->scene.member_link.latency_ns, 250000);
	CU_ASSERT_EQUAL(s->scene.member_link.jitter_ns, 900);
	CU_ASSERT_EQUAL(s->scene.member_link.loss, 1);
	lb_scenario_free(s);
	lb_problems_free(&problems);
}

/* Nothing said: the defaults of scene.h. */
static void
test_silent(void)
{
	const struct lb_scene defaults = lb_scene_defaults();
	struct lb_problems problems;
	struct lb_scenario *s = read_text("seed: 1", &problems);

	UNIT_NEED(s);
	CU_ASSERT_EQUAL(s->scene.instances, 1);
	CU_ASSERT_EQUAL(s->scene.duration_ms, 0);
	CU_ASSERT_EQUAL(
	    s->scene.client_link.latency_ns, defaults.client_link.latency_ns);
	CU_ASSERT_EQUAL(
	    s->scene.member_link.latency_ns, defaults.member_link.latency_ns);
	CU_ASSERT_EQUAL(s->modes, 0);
	CU_ASSERT_EQUAL(s->algorithms, 0);
	CU_ASSERT_EQUAL(s->replications, 0);
	CU_ASSERT_EQUAL(s->precision_millionths, 0);
	CU_ASSERT_EQUAL(s->scene.traffic_count, 0);
	lb_scenario_free(s);
	lb_problems_free(&problems);
}

static void
test_servers(void)
{
	static const char text[] =
	    "backends:\n"
	    "  - { member: vm-1, service_time: 1500us, distribution:"
	    " exponential,\n"
	    "      concurrency: 4, queue: 0, ports: [80, 443],"
	    " probe_answer: status }\n"
	    "  - { member: '*', probe_answer: hang }\n"
	    "failures:\n"
	    "  - { member: vm-1, state: refusing, mean_up: 1h, mean_down:"
	    " 30s }\n"
	    "  - { member: '*', mean_up: 24h, mean_down: 5m }\n";
	struct lb_problems problems;
	struct lb_scenario *s = read_text(text, &problems);

	UNIT_NEED(s);
	const struct lb_scene *scene = &s->scene;
	CU_ASSERT_EQUAL_FATAL(scene->server_count, 2);
	const struct lb_server *one = &scene->servers[0], *all = one + 1;
	CU_ASSERT_STRING_EQUAL(one->member, "vm-1");
	CU_ASSERT_EQUAL(one->where.line, 2);
	CU_ASSERT_EQUAL(one->where.column, 15);
	CU_ASSERT_EQUAL(one->service_ns, 1500000);
	CU_ASSERT_EQUAL(one->distribution, LB_SERVICE_EXPONENTIAL);
	CU_ASSERT_EQUAL(one->concurrency, 4);
	CU_ASSERT_EQUAL(one->queue, 0);
	CU_ASSERT_EQUAL_FATAL(one->port_count, 2);
	CU_ASSERT_EQUAL(one->ports[0], 80);
	CU_ASSERT_EQUAL(one->ports[1], 443);
	CU_ASSERT_EQUAL(one->probe_answer, LB_PROBE_ANSWER_STATUS);
	CU_ASSERT_PTR_NULL(all->member);
	CU_ASSERT_EQUAL(all->service_ns, 0);
	CU_ASSERT_EQUAL(all->concurrency, 0);
	CU_ASSERT_EQUAL(all->queue, UINT32_MAX);
	CU_ASSERT_PTR_NULL(all->ports);
	CU_ASSERT_EQUAL(all->probe_answer, LB_PROBE_ANSWER_HANG);
	CU_ASSERT_EQUAL_FATAL(scene->failure_count, 2);
	CU_ASSERT_STRING_EQUAL(scene->failures[0].member, "vm-1");
	CU_ASSERT_EQUAL(scene->failures[0].kind, LB_FAULT_REFUSING);
	CU_ASSERT_EQUAL(scene->failures[0].mean_up_ms, 3600000);
	CU_ASSERT_EQUAL(scene->failures[0].mean_down_ms, 30000);
	CU_ASSERT_PTR_NULL(scene->failures[1].member);
	CU_ASSERT_EQUAL(scene->failures[1].kind, LB_FAULT_CRASHED);
	lb_scenario_free(s);
	lb_problems_free(&problems);
}

/* Every state and whom it befalls. */
static void
test_faults(void)
{
	static const struct {
		const char *text;
		struct lb_fault is;
	} rows[] = {
		{ "member: m, state: up", { .kind = LB_FAULT_UP } },
		{ "member: m, state: off", { .kind = LB_FAULT_OFF } },
		{ "member: m, state: hanging", { .kind = LB_FAULT_HANGING } },
		{ "member: m, state: deaf", { .kind = LB_FAULT_DEAF } },
		{ "member: m, state: slow, factor: 2.5",
		    { .kind = LB_FAULT_SLOW, .factor = 2500000 } },
		{ "member: m, state: flapping, period: 6s",
		    { .kind = LB_FAULT_FLAPPING, .period_ms = 6000 } },
		{ "member: m, state: removed", { .kind = LB_FAULT_REMOVED } },
		{ "member: m, state: added", { .kind = LB_FAULT_ADDED } },
		{ "member: m, admin_state: none",
		    { .kind = LB_FAULT_ADMIN_NONE } },
		{ "member: m, admin_state: up", { .kind = LB_FAULT_ADMIN_UP } },
		{ "member: m, weight: 3",
		    { .kind = LB_FAULT_WEIGHT, .weight = 3 } },
		{ "zone: 2, state: down",
		    { .kind = LB_FAULT_ZONE_DOWN, .number = 2 } },
		{ "zone: 31, state: up",
		    { .kind = LB_FAULT_ZONE_UP, .number = 31 } },
		{ "instance: 1, state: down",
		    { .kind = LB_FAULT_INSTANCE_DOWN, .number = 1 } },
		{ "instance: 3, state: up",
		    { .kind = LB_FAULT_INSTANCE_UP, .number = 3 } },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct lb_fault *is = &rows[i].is;
		struct lb_problems problems;
		char text[160];
		(void)snprintf(text, sizeof(text),
		    "instances: 3\nfaults: [ { at: 7s, %s } ]", rows[i].text);
		struct lb_scenario *s = read_text(text, &problems);

		UNIT_NEED(s);
		CU_ASSERT_EQUAL_FATAL(s->fault_count, 1);
		const struct lb_fault *got = &s->faults[0];
		UNIT_EQUAL(rows[i].text, got->at_ms, 7000);
		UNIT_EQUAL(rows[i].text, got->kind, is->kind);
		UNIT_EQUAL(rows[i].text, got->factor, is->factor);
		UNIT_EQUAL(rows[i].text, got->period_ms, is->period_ms);
		UNIT_EQUAL(rows[i].text, got->weight, is->weight);
		UNIT_EQUAL(rows[i].text, got->number, is->number);
		UNIT_EQUAL(rows[i].text, got->member != NULL,
		    lb_fault_subject(is->kind) < LB_FAULT_OF_ZONE);
		UNIT_EQUAL(rows[i].text, got->where.line, 2);
		lb_scenario_free(s);
		lb_problems_free(&problems);
	}
}

/* --- traffic -------------------------------------------------------------- */

#define FIELD(member)                                                          \
#member, offsetof(struct lb_traffic, member),                          \
	    sizeof(((struct lb_traffic *)0)->member)

/* clang-format off */
static const struct {
	const char *profile, *text;
	const char *name;
	size_t offset, bytes;
	uint64_t is;
} keys[] = {
	{ "web", "port: 8080", FIELD(port), 8080 },
	{ "web", "start: 5s", FIELD(start_ms), 5000 },
	{ "web", "stop: 1m", FIELD(stop_ms), 60000 },
	{ "web", "rate: 50/s", FIELD(rate), 50000000 },
	{ "web", "rate: 0.5", FIELD(rate), 500000 },
	{ "dns", "rate: 3/min", FIELD(rate), 50000 },
	{ "udp", "rate: 1/h", FIELD(rate), 278 },
	{ "web", "arrivals: constant", FIELD(arrivals), LB_ARRIVALS_CONSTANT },
	{ "web", "arrivals: beta", FIELD(arrivals), LB_ARRIVALS_BETA },
	{ "web", "arrivals: bursts, burst_factor: 4", FIELD(burst_factor), 4000000 },
	{ "web", "arrivals: bursts, burst: 2s", FIELD(burst_ms), 2000 },
	{ "web", "arrivals: bursts, burst_every: 1m", FIELD(burst_every_ms), 60000 },
	{ "long-lived", "clients: 16000000", FIELD(clients), 16000000 },
	{ "udp", "zipf: 0.8", FIELD(zipf), 800000 },
	{ "web", "requests: 2.5", FIELD(requests), 2500000 },
	{ "web", "think: 250ms", FIELD(think_ms), 250 },
	{ "coap-devices", "request_size: 12", FIELD(request_bytes), 12 },
	{ "web", "sizes: hadoop", FIELD(sizes), LB_SIZES_HADOOP },
	{ "web", "size_min: 4000", FIELD(size_min), 4000 },
	{ "web", "size_max: 4000000000", FIELD(size_max), 4000000000 },
	{ "udp", "sizes: bounded-pareto, alpha: 1.05", FIELD(alpha), 1050000 },
	{ "dns", "tries: 3", FIELD(tries), 3 },
	{ "udp", "timeout: 250ms", FIELD(timeout_ms), 250 },
	{ "long-lived", "connections: 20000", FIELD(connections), 20000 },
	{ "long-lived", "ramp: 0s", FIELD(ramp_ms), 0 },
	{ "long-lived", "keepalive: 0s", FIELD(keepalive_ms), 0 },
	{ "long-lived", "message_every: 30s", FIELD(message_every_ms), 30000 },
	{ "syn-flood", "sources: fixed", FIELD(sources), LB_SOURCES_FIXED },
	{ "syn-flood", "sources: pool, clients: 7", FIELD(clients), 7 },
	{ "coap-devices", "devices: 10000", FIELD(devices), 10000 },
	{ "coap-devices", "addresses: 4", FIELD(addresses), 4 },
	{ "coap-devices", "period: 24h", FIELD(period_ms), 86400000 },
	{ "coap-devices", "jitter: 0s", FIELD(jitter_ms), 0 },
	{ "coap-devices", "confirmable: 80%", FIELD(confirmable), 800000 },
	{ "coap-devices", "observe: true", FIELD(observe), 1 },
	{ "coap-devices", "observe: yes, notify_every: 5s", FIELD(notify_every_ms), 5000 },
	{ "coap-devices", "observe: on, confirm_every: 3", FIELD(confirm_every), 3 },
	{ "coap-devices", "nat_timeout: 2m", FIELD(nat_timeout_ms), 120000 },
	{ "coap-devices", "source_port: 5683", FIELD(source_port), 5683 },
};
/* clang-format on */

static uint64_t
value_of(const struct lb_traffic *t, size_t offset, size_t bytes)
{
	const char *at = (const char *)t + offset;
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	if (bytes == 1)
		return *at == 1;
	memcpy(&two, at, sizeof(two));
	if (bytes == sizeof(two))
		return two;
	memcpy(&four, at, sizeof(four));
	if (bytes == sizeof(four))
		return four;
	memcpy(&eight, at, sizeof(eight));
	return eight;
}

/* Each key alone, and nothing else of the profile's defaults is touched. */
static void
test_keys(void)
{
	for (size_t i = 0; i < LB_COUNT(keys); i++) {
		struct lb_problems problems;
		char text[200];

		(void)snprintf(text, sizeof(text),
		    "duration: 2m\ntraffic:\n  - { profile: %s, %s }",
		    keys[i].profile, keys[i].text);
		struct lb_scenario *s = read_text(text, &problems);
		UNIT_NEED(s);
		CU_ASSERT_EQUAL_FATAL(s->scene.traffic_count, 1);
		UNIT_EQUAL(keys[i].text,
		    value_of(
			&s->scene.traffic[0], keys[i].offset, keys[i].bytes),
		    keys[i].is);
		lb_scenario_free(s);
		lb_problems_free(&problems);
	}
}

static void
test_profiles(void)
{
	for (unsigned p = 0; p < LB_PROFILE_COUNT; p++) {
		const struct lb_traffic defaults =
		    lb_traffic_defaults((enum lb_profile)p);
		struct lb_problems problems;
		char text[160];

		(void)snprintf(text, sizeof(text),
		    "duration: 2m\ntraffic:\n  - { profile: %s,\n"
		    "    rule: r, server: 192.0.2.7, first_client: 10.1.0.0 }",
		    lb_profile_name(p));
		struct lb_scenario *s = read_text(text, &problems);
		UNIT_NEED(s);
		CU_ASSERT_EQUAL_FATAL(s->scene.traffic_count, 1);
		const struct lb_traffic *t = &s->scene.traffic[0];
		UNIT_EQUAL(lb_profile_name(p), t->profile, p);
		UNIT_EQUAL(lb_profile_name(p), t->rate, defaults.rate);
		UNIT_EQUAL(lb_profile_name(p), t->size_min, defaults.size_min);
		UNIT_EQUAL(lb_profile_name(p), t->devices, defaults.devices);
		CU_ASSERT_STRING_EQUAL(t->rule, "r");
		CU_ASSERT_EQUAL(t->rule_at.line, 4);
		CU_ASSERT_EQUAL(t->rule_at.column, 11);
		CU_ASSERT_EQUAL(
		    lb_addr_v4_raw(&t->server), __builtin_bswap32(0xc0000207));
		CU_ASSERT_EQUAL(lb_addr_v4_raw(&t->first_client),
		    __builtin_bswap32(0x0a010000));
		lb_scenario_free(s);
		lb_problems_free(&problems);
	}
}

/* --- mistakes ------------------------------------------------------------- */

#define SYNTHETIC "duration: 9s\ntraffic: [ { profile: "

/* clang-format off */
static const struct {
	const char *text;
	unsigned line, column;
	const char *says;
} mistakes[] = {
	{ "", 1, 1, "nothing in it" },
	{ "[]", 1, 1, "" },
	{ "asertions: []", 1, 1, "assertions" },
	{ "hypervisor: 1", 1, 1, "doc/scenario.yaml shows every key" },
	{ "seed: -1", 1, 7, "" },
	/* the root */
	{ "duration: 120", 1, 11, "has no unit" },
	{ "duration: 0s", 1, 11, "1ms to 876000h" },
	{ "duration: 876001h", 1, 11, "1ms to 876000h" },
	{ "{ duration: 10s, warm_up: 10s }", 1, 27, "nothing would be counted" },
	{ "initial: down", 1, 10, "up and unknown" },
	{ "replications: 0", 1, 15, "from 1 to 100000" },
	{ "replications: 100001", 1, 15, "from 1 to 100000" },
	{ "precision: 0%", 1, 12, "write 5%" },
	{ "precision: 101%", 1, 12, "part of a whole" },
	{ "precision: 0.00001%", 1, 12, "part of a whole" },
	{ "modes: five-tuple", 1, 8, "a list is wanted" },
	{ "modes: [five-tupel]", 1, 9, "source-ip-protocol" },
	{ "algorithms: [maglev, maglov]", 1, 22, "rendezvous" },
	{ "instances: 0", 1, 12, "from 1 to 64" },
	{ "instances: 65", 1, 12, "from 1 to 64" },
	{ "ecmp: hash", 1, 7, "hash-threshold and modulo" },
	/* links and backends */
	{ "links: { client: { loss: 1% } }", 1, 10, "did you mean `clients`?" },
	{ "links: { clients: { latency: 2m } }", 1, 30, "like 500us" },
	{ "links: { clients: { latency: 11s } }", 1, 30, "0s to 10s" },
	{ "links: { clients: { loss: 1.5 } }", 1, 27, "write 5% or 0.05" },
	{ "backends: [ { queue: 3, concurrency: 1 } ]", 1, 13, "a backend needs `member`" },
	{ "backends: [ { member: a, queue: 3 } ]", 1, 33, "say `concurrency`" },
	{ "backends: [ { member: a, concurrency: 0 } ]", 1, 39, "from 1 to" },
	{ "backends: [ { member: a, service_time: 1 } ]", 1, 40, "ns, us, ms or s" },
	{ "backends: [ { member: a, distribution: normal } ]", 1, 40, "lognormal" },
	{ "backends: [ { member: a, ports: [80, 0] } ]", 1, 38, "write 1 to 65535" },
	{ "backends: [ { member: a, ports: 80 } ]", 1, 33, "a list is wanted" },
	{ "backends: [ { member: a, probe_answer: bad } ]", 1, 40, "good, status and hang" },
	{ "backends: [ { member: '*' }, { member: a } ]", 1, 30, "put that last" },
	/* faults */
	{ "faults: [ { member: m, state: up } ]", 1, 11, "`at`" },
	{ "faults: [ m ]", 1, 11, "a map is wanted" },
	{ "faults: [ { at: 1s, state: up } ]", 1, 11, "one `member`, `zone` or `instance`" },
	{ "faults: [ { at: 1s, zone: 1, instance: 1, state: up } ]", 1, 11, "one `member`, `zone` or `instance`" },
	{ "faults: [ { at: 1s, member: m } ]", 1, 11, "either `state`" },
	{ "faults: [ { at: 1s, member: m, state: up, admin_state: up } ]", 1, 11, "either `state`" },
	{ "faults: [ { at: 1s, member: m, weight: 2, admin_state: up } ]", 1, 11, "or `weight`" },
	{ "faults: [ { at: 1s, member: m, state: ill } ]", 1, 39, "hanging" },
	{ "faults: [ { at: 1s, member: m, admin_state: off } ]", 1, 45, "none, up, down" },
	{ "faults: [ { at: 1s, member: m, weight: 1001 } ]", 1, 40, "from 0 to 1000" },
	{ "faults: [ { at: 1s, member: m, state: slow } ]", 1, 11, "`state: slow` needs `factor`" },
	{ "faults: [ { at: 1s, member: m, state: slow, factor: 0 } ]", 1, 53, "0.000001 to 1000000" },
	{ "faults: [ { at: 1s, member: m, state: off, factor: 2 } ]", 1, 52, "only `state: slow`" },
	{ "faults: [ { at: 1s, member: m, weight: 2, period: 2s } ]", 1, 51, "only `state: flapping`" },
	{ "faults: [ { at: 1s, member: m, state: flapping } ]", 1, 11, "needs `period`" },
	{ "faults: [ { at: 1s, member: m, state: flapping, period: 1ms } ]", 1, 57, "100ms to 24h" },
	{ "faults: [ { at: 1s, zone: 0, state: up } ]", 1, 27, "from 1 to 31" },
	{ "faults: [ { at: 1s, zone: 1, state: crashed } ]", 1, 37, "up and down" },
	{ "faults: [ { at: 1s, zone: 1 } ]", 1, 11, "a zone needs `state`" },
	{ "faults: [ { at: 1s, zone: 1, state: up, weight: 1 } ]", 1, 49, "members have that" },
	{ "faults: [ { at: 1s, instance: 2, state: up } ]", 1, 31, "from 1 to 1" },
	{ "faults: [ { at: 30, member: m, state: up } ]", 1, 17, "" },
	{ "faults: [ { at: 876001h, member: m, state: up } ]", 1, 17, "876000h" },
	{ "failures: [ { member: m, mean_up: 1s } ]", 1, 13, "`mean_down`" },
	{ "failures: [ { member: m, mean_up: 1ms, mean_down: 1s } ]", 1, 35, "100ms to" },
	{ "failures: [ { member: m, mean_up: 1s, mean_down: 1s, state: slow } ]", 1, 61, "crashed, refusing" },
	{ "failures: [ { mean_up: 1s, mean_down: 1s } ]", 1, 13, "`member`" },
	/* traffic */
	{ "traffic: [ { profile: web } ]", 1, 23, "`duration: 120s`" },
	{ "traffic: [ { profile: web }, { profile: dns } ]", 1, 23, "`duration: 120s`" },
	{ "traffic: [ { profil: web } ]", 1, 14, "did you mean `profile`?" },
	{ "traffic: [ { speed: 2 } ]", 1, 12, "capture" },
	{ "traffic: [ { capture: a, speed: 0 } ]", 1, 33, "a factor" },
	{ "traffic: [ { capture: a, loop: 0 } ]", 1, 32, "at least once" },
	{ "traffic: [ { capture: a }, { capture: b, loop: 2 } ]", 1, 48, "the same `loop`" },
	{ "traffic: [ { capture: a, profile: web } ]", 1, 35, "make it two" },
	{ "traffic: [ { capture: a, devices: 3 } ]", 1, 35, "for the profile coap-devices" },
	{ SYNTHETIC "smtp } ]", 2, 23, "web, long-lived, syn-flood, dns, udp and coap-devices" },
	{ SYNTHETIC "web, loop: 2 } ]", 2, 34, "it is for a `capture`" },
	{ SYNTHETIC "web, timeout: 2s } ]", 2, 37, "profiles dns and udp" },
	{ SYNTHETIC "web, devices: 2 } ]", 2, 37, "it is for the profile coap-devices" },
	{ SYNTHETIC "coap-devices, rate: 1/s } ]", 2, 43, "web, syn-flood, dns and udp" },
	{ SYNTHETIC "syn-flood, requests: 2 } ]", 2, 44, "for the profile web" },
	{ SYNTHETIC "web, rate: 0/s } ]", 2, 34, "write 50/s" },
	{ SYNTHETIC "web, rate: 5/d } ]", 2, 34, "write 50/s" },
	{ SYNTHETIC "web, rate: 10000001/s } ]", 2, 34, "at most 10000000/s" },
	{ SYNTHETIC "web, arrivals: often } ]", 2, 38, "poisson, constant, bursts and beta" },
	{ SYNTHETIC "web, burst: 1s } ]", 2, 35, "only `arrivals: bursts` has a use" },
	{ SYNTHETIC "web, arrivals: bursts, burst: 10s } ]", 2, 53, "shorter than `burst_every`" },
	{ SYNTHETIC "web, clients: 16000001 } ]", 2, 37, "from 1 to 16000000" },
	{ SYNTHETIC "web, zipf: 11 } ]", 2, 34, "from 0 to 10" },
	{ SYNTHETIC "web, requests: 0.5 } ]", 2, 38, "from 1 to 1000000" },
	{ SYNTHETIC "web, think: 25h } ]", 2, 35, "0s to 24h" },
	{ SYNTHETIC "web, sizes: big } ]", 2, 35, "bounded-pareto" },
	{ SYNTHETIC "web, size_min: 5, size_max: 4 } ]", 2, 51, "`size_min`, 5, is at most" },
	{ SYNTHETIC "web, sizes: cache, size_min: 5 } ]", 2, 52, "only `sizes: constant` or `bounded-pareto`" },
	{ SYNTHETIC "web, sizes: constant, alpha: 2 } ]", 2, 52, "only `sizes: bounded-pareto`" },
	{ SYNTHETIC "udp, sizes: web-search } ]", 2, 35, "no datagram holds" },
	{ SYNTHETIC "udp, request_size: 1473 } ]", 2, 42, "1 to 1472 bytes in udp" },
	{ SYNTHETIC "dns, request_size: 30 } ]", 2, 42, "31 to 271 bytes in dns" },
	{ SYNTHETIC "coap-devices, size_min: 11 } ]", 2, 47, "12 to 1472 bytes" },
	{ SYNTHETIC "udp, sizes: bounded-pareto, size_max: 1473 } ]", 2, 61, "in a datagram" },
	{ SYNTHETIC "dns, tries: 0 } ]", 2, 35, "from 1 to 16" },
	{ SYNTHETIC "dns, timeout: 0s } ]", 2, 37, "1ms to 1h" },
	{ SYNTHETIC "long-lived, connections: 20000001 } ]", 2, 48, "20000000" },
	{ SYNTHETIC "long-lived, connections: 20000000, clients: 708 } ]", 2, 48, "at least `clients: 709`" },
	{ SYNTHETIC "coap-devices, devices: 338785 } ]", 2, 46, "at least `addresses: 13`" },
	{ SYNTHETIC "coap-devices, arrivals: poisson } ]", 2, 47, "with beta" },
	{ SYNTHETIC "coap-devices, jitter: 61s } ]", 2, 45, "at most `period`" },
	{ SYNTHETIC "coap-devices, notify_every: 1s } ]", 2, 51, "only `observe: true`" },
	{ SYNTHETIC "coap-devices, confirmable: 120% } ]", 2, 50, "part of a whole" },
	{ SYNTHETIC "coap-devices, observe: maybe } ]", 2, 46, "neither true nor false" },
	{ SYNTHETIC "syn-flood, sources: many } ]", 2, 43, "random, pool and fixed" },
	{ SYNTHETIC "syn-flood, clients: 9 } ]", 2, 43, "only `sources: pool`" },
	{ SYNTHETIC "web, start: 9s } ]", 2, 35, "nothing is sent" },
	{ SYNTHETIC "web, start: 5s, stop: 5s } ]", 2, 45, "stops before it starts" },
	{ SYNTHETIC "web, port: 0 } ]", 2, 34, "from 1 to 65535" },
	{ SYNTHETIC "web, server: example.com } ]", 2, 36, "IPv4 or IPv6 address" },
	{ SYNTHETIC "web, server: 0.0.0.0 } ]", 2, 36, "nobody's address" },
	{ SYNTHETIC "web, server: '::' } ]", 2, 36, "nobody's address" },
	{ SYNTHETIC "web, server: 224.0.0.251 } ]", 2, 36, "multicast" },
	{ SYNTHETIC "web, server: 255.255.255.255 } ]", 2, 36, "reserved" },
	{ SYNTHETIC "web, server: 'ff02::1' } ]", 2, 36, "multicast" },
	{ SYNTHETIC "web, server: '::ffff:10.0.0.4' } ]", 2, 36, "write 10.0.0.4" },
	{ SYNTHETIC "web, from_pool: p, server: 0.0.0.0 } ]", 2, 50, "nobody's address" },
	{ SYNTHETIC "web, first_client: 0.0.0.1 } ]", 2, 42, "nobody's address" },
	{ SYNTHETIC "web, first_client: 223.255.255.0 } ]", 2, 42, "no 1000 addresses" },
	{ SYNTHETIC "web, server: '::1', first_client: 10.0.0.1 } ]", 2, 57, "the other family" },
	{ SYNTHETIC "web, from_pool: p } ]", 2, 12, "needs `server`" },
	{ SYNTHETIC "web, from_pool: p, server: 192.0.2.1, rule: r } ]", 2, 67, "either this or `from_pool`" },
	{ SYNTHETIC "udp, from_pool: p, server: 192.0.2.1, clients: 3 } ]", 2, 70, "whose members are its clients" },
	{ SYNTHETIC "syn-flood, from_pool: p, server: 192.0.2.1 } ]", 2, 45, "web, long-lived, dns and udp" },
	{ SYNTHETIC "web, close: fini } ]", 2, 35, "fin, reset and never" },
	{ SYNTHETIC "udp, close: fin } ]", 2, 35, "for the profile web" },
	{ SYNTHETIC "web, tries: 0 } ]", 2, 35, "from 1 to 16" },
	{ SYNTHETIC "web, first_client: 255.255.255.0 } ]", 2, 42, "reserved" },
	{ "duration: 9s\ntraffic:\n- { profile: coap-devices, devices: 20000000, addresses: 800 }\n"
	  "- { profile: long-lived, connections: 1 }\n", 3, 1, "20000001 connections and devices" },
	/* assertions */
	{ "assertions: [ { rule: a, at_most: 1 } ]", 1, 15, "metric" },
	{ "assertions: [ { metric: max_shar, at_most: 1 } ]", 1, 25,
	    "did you mean max_share?" },
	{ "assertions: [ { metric: snat_peak_share, rule: a, at_most: 1 } ]",
	    1, 48, "rule" },
	{ "assertions: [ { metric: snat_fail, at_most: 1 } ]", 1, 25,
	    "did you mean snat_failed?" },
	{ "assertions: [ { metric: packets_lost, at_most: 1s } ]", 1, 48,
	    "no number" },
	{ "assertions: [ { metric: time_to_detect, at_most: 1% } ]", 1, 50,
	    "no time like 10s" },
	{ "assertions: [ { metric: jain } ]", 1, 15, "`at_least`" },
	{ "assertions: [ { metric: jain, at_most: much } ]", 1, 40, "no number" },
	{ "assertions: [ { metric: keys, unit: bytes, at_most: 1 } ]", 1, 37, "has no unit" },
	{ "assertions: [ { metric: jain, unit: bits, at_most: 1 } ]", 1, 37, "not one of" },
	{ "assertions: [ { metric: drops, rule: a, at_most: 1 } ]", 1, 38, "has no rule" },
	{ "assertions: [ { metric: jain, backend: a, at_most: 1 } ]", 1, 40, "has no backend" },
	{ "assertions: [ { metric: share, rule: a, at_most: 1 } ]", 1, 15, "backend" },
};
/* clang-format on */

static void
test_mistakes(void)
{
	for (size_t i = 0; i < LB_COUNT(mistakes); i++) {
		struct lb_problems problems;
		struct lb_scenario *s = read_text(mistakes[i].text, &problems);

		UNIT_ROW(mistakes[i].text, s == NULL);
		UNIT_EQUAL(mistakes[i].text, problems.error_count, 1);
		if (problems.count > 0) {
			const struct lb_problem *p = &problems.at[0];
			UNIT_EQUAL(
			    mistakes[i].text, p->where.line, mistakes[i].line);
			UNIT_EQUAL(mistakes[i].text, p->where.column,
			    mistakes[i].column);
			if (strstr(p->what, mistakes[i].says) == NULL)
				(void)fprintf(stderr, "  %s\n", p->what);
			UNIT_ROW(mistakes[i].text,
			    strstr(p->what, mistakes[i].says) != NULL);
		}
		lb_scenario_free(s);
		lb_problems_free(&problems);
	}
}

/* --- doc/scenario.yaml ---------------------------------------------------- */

static char *
read_doc(size_t *bytes)
{
	const char *src = getenv("SRC");
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/doc/scenario.yaml",
	    src == NULL ? "." : src);
	FILE *file = fopen(path, "re");
	char *text = calloc(1, 1 << 20);
	UNIT_NEED(file);
	UNIT_NEED(text);
	*bytes = fread(text, 1, (1 << 20) - 1, file);
	(void)fclose(file);
	return text;
}

/* As a key: at the beginning of a line or after a bracket, with a colon. */
static bool
has_key(const char *text, const char *key)
{
	size_t bytes = strlen(key);

	for (const char *at = strstr(text, key); at != NULL;
	     at = strstr(at + 1, key))
		if ((at == text || strchr(" \n{", at[-1]) != NULL) &&
		    at[bytes] == ':')
			return true;
	return false;
}

static void
test_doc(void)
{
#define X(section, key, text) text,
	static const char *const all[] = { LB_SCENARIO_KEYS(X) LB_LINKS_KEYS(
	    X) LB_LINK_KEYS(X) LB_SERVER_KEYS(X) LB_TRAFFIC_KEYS(X)
		    LB_FAULT_KEYS(X) LB_FAILURES_KEYS(X) LB_ASSERTION_KEYS(X) };
#undef X
	struct lb_problems problems = { 0 };
	size_t bytes;
	char *text = read_doc(&bytes);
	struct lb_scenario *s = lb_scenario_read(text, bytes, &problems);

	lb_problems_print(&problems, "doc/scenario.yaml", stderr);
	CU_ASSERT_PTR_NOT_NULL(s);
	CU_ASSERT_EQUAL(problems.count, 0);
	for (size_t i = 0; i < LB_COUNT(all); i++)
		UNIT_ROW(all[i], has_key(text, all[i]));
	lb_problems_free(&problems);
	lb_scenario_free(s);
	free(text);
}

/* All in one go, in the order of the file. */
static void
test_all_at_once(void)
{
	struct lb_problems problems;
	struct lb_scenario *s = read_text("duration: 1\n"
					  "traffic: [ { profile: wb } ]\n"
					  "assertions:\n"
					  "  - { metric: jian, at_most: 1 }\n"
					  "  - { metric: cv, at_most: x }\n",
	    &problems);

	CU_ASSERT_PTR_NULL(s);
	CU_ASSERT_EQUAL_FATAL(problems.count, 4);
	for (unsigned i = 1; i < 4; i++)
		CU_ASSERT_TRUE(
		    problems.at[i - 1].where.line < problems.at[i].where.line);
	lb_problems_free(&problems);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "a whole one", test_whole },
		{ "the root and links", test_root },
		{ "nothing said", test_silent },
		{ "backends and failures", test_servers },
		{ "faults", test_faults },
		{ "every key of traffic", test_keys },
		{ "every profile", test_profiles },
		{ "mistakes", test_mistakes },
		{ "all at once", test_all_at_once },
		{ "doc/scenario.yaml has every key", test_doc },
		CU_TEST_INFO_NULL,
	};

	return unit_main("scenario", tests);
}
