/* SPDX-License-Identifier: MIT */
/* When probes notice a fault, and how servers answer them. */
#include <math.h>

#include "tests/model/plan_text.h"
#include "tests/sim/outage_stage.h"

#define S_NS  UINT64_C(1000000000)
#define AT_MS UINT64_C(600000)
#define GRID  250u /* instants in an interval */

/* What is found is between the closed form's bounds, and the first failed
 * probe is W after the first tick. */
static void
check_form(const struct sim_failover *f)
{
	if (f->detected_ns == SIM_NO_TIME) {
		CU_ASSERT_EQUAL(f->soonest_ns, SIM_NO_TIME);
		CU_ASSERT_EQUAL(f->latest_ns, SIM_NO_TIME);
		CU_ASSERT_EQUAL(f->failed_ns, SIM_NO_TIME);
		return;
	}
	CU_ASSERT_TRUE(f->soonest_ns < f->detected_ns);
	CU_ASSERT_TRUE(f->detected_ns <= f->latest_ns);
	CU_ASSERT_TRUE(f->failed_ns <= f->detected_ns);
}

/* The one fault's time to detection, member b; SIM_NO_TIME. */
static uint64_t
detect_ns(struct outage_stage *m, enum lb_fault_kind kind, uint64_t at_ms,
    uint64_t seed, uint64_t *phase_ns)
{
	char name[] = "b";
	struct lb_fault fault = {
		.at_ms = at_ms, .member = name, .kind = kind
	};
	struct sim_outage *o = outage_begin(m, &fault, 1, seed);
	uint64_t found_ns;

	CU_ASSERT_EQUAL(
	    sim_outage_advance(o, (at_ms + 4000000) * LB_NS_PER_MS), 0);
	CU_ASSERT_EQUAL_FATAL(o->failover_count, 1);
	check_form(&o->failovers[0]);
	found_ns = o->failovers[0].detected_ns;
	*phase_ns = o->probers[0].phase_ns;
	CU_ASSERT_EQUAL(sim_outage_next_ns(o), SIM_NEVER); /* all sleep */
	return found_ns;
}

/* --- the closed form ----------------------------------------------------- */

/* clang-format off */
static const struct form {
	const char *probe;
	enum lb_fault_kind fault;
	uint64_t interval_ns, k, w_ns; /* design.md 3; k 0: never noticed */
} forms[] = {
	{ "protocol: tcp, interval: 5s", LB_FAULT_REFUSING, 5 * S_NS, 1, 0 },
	{ "protocol: tcp, interval: 5s, probe_threshold: 3", LB_FAULT_REFUSING,
	    5 * S_NS, 3, 0 },
	{ "protocol: tcp, interval: 5s, probe_threshold: 3", LB_FAULT_CRASHED,
	    5 * S_NS, 3, 5 * S_NS },
	{ "protocol: tcp, interval: 120s", LB_FAULT_OFF, 120 * S_NS, 1,
	    120 * S_NS },
	{ "protocol: tcp, interval: 5s", LB_FAULT_HANGING, 5 * S_NS, 0, 0 },
	{ "protocol: tcp, interval: 5s", LB_FAULT_HTTP_ERROR, 5 * S_NS, 0, 0 },
	{ "protocol: http, request_path: /, interval: 5s, probe_threshold: 4",
	    LB_FAULT_HTTP_ERROR, 5 * S_NS, 1, 0 },
	{ "protocol: http, request_path: /, interval: 5s, probe_threshold: 4",
	    LB_FAULT_REFUSING, 5 * S_NS, 1, 0 },
	{ "protocol: http, request_path: /, interval: 5s, probe_threshold: 4",
	    LB_FAULT_HANGING, 5 * S_NS, 4, 5 * S_NS },
	{ "protocol: http, request_path: /, interval: 120s, "
	    "probe_threshold: 2", LB_FAULT_HANGING, 120 * S_NS, 2, 30 * S_NS },
	{ "protocol: udp, interval: 1s, probe_threshold: 2", LB_FAULT_HANGING,
	    1 * S_NS, 2, 1 * S_NS },
	{ "protocol: coap, interval: 1s, probe_threshold: 2",
	    LB_FAULT_REFUSING, 1 * S_NS, 2, 0 },
	{ "protocol: tcp, interval: 5s", LB_FAULT_DEAF, 5 * S_NS, 0, 0 },
	{ "protocol: udp, interval: 1s, probe_threshold: 2", LB_FAULT_DEAF,
	    1 * S_NS, 2, 1 * S_NS },
	{ "protocol: http, request_path: /, interval: 40s", LB_FAULT_DEAF,
	    40 * S_NS, 1, 30 * S_NS },
	{ "protocol: dns, interval: 1s", LB_FAULT_DEAF, 1 * S_NS, 1, 1 * S_NS },
	{ "protocol: coap, interval: 1s, request_path: /x",
	    LB_FAULT_HTTP_ERROR, 1 * S_NS, 1, 0 },
};
/* clang-format on */

/* U, from the fault to the next tick: 0 < U <= I. */
static uint64_t
to_tick_ns(uint64_t at_ns, uint64_t phase_ns, uint64_t interval_ns)
{
	return interval_ns - (at_ns + interval_ns - phase_ns) % interval_ns;
}

static void
test_grid(void)
{
	for (size_t i = 0; i < LB_COUNT(forms); i++) {
		const struct form *f = &forms[i];
		for (unsigned g = 0; g < GRID; g++) {
			struct outage_stage m = outage_probed(f->probe, "");
			uint64_t phase_ns,
			    at_ms = AT_MS +
				    g * (f->interval_ns / LB_NS_PER_MS / GRID);
			uint64_t is_ns =
			    detect_ns(&m, f->fault, at_ms, g, &phase_ns);
			uint64_t u_ns = to_tick_ns(
			    at_ms * LB_NS_PER_MS, phase_ns, f->interval_ns);
			UNIT_EQUAL(f->probe, is_ns,
			    f->k == 0
				? SIM_NO_TIME
				: u_ns + (f->k - 1) * f->interval_ns + f->w_ns);
			outage_drop(&m);
		}
	}
}

/* A fault at the instant of a tick comes just after it, whether the probe was
 * asleep or awake. */
static void
test_at_a_tick(void)
{
	char a[] = "a", b[] = "b";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = AT_MS, .member = b, .kind = LB_FAULT_REFUSING },
		{ .at_ms = AT_MS + 5000,
		    .member = a,
		    .kind = LB_FAULT_REFUSING }
	};

	for (size_t first = 0; first < 2; first++) {
		struct sim_outage *o =
		    outage_begin(&m, &faults[first], 2 - first, 1);
		o->probers[0].phase_ns = 0; /* AT_MS is a tick, too */
		CU_ASSERT_EQUAL(sim_outage_advance(o, 2000 * S_NS), 0);
		for (size_t i = 0; i < o->failover_count; i++)
			CU_ASSERT_EQUAL(o->failovers[i].detected_ns, 5 * S_NS);
	}
	outage_drop(&m);
}

/* The mean over replications: within 99.9 % of (k - 1/2) I + W. */
static void
test_replications(void)
{
	const unsigned n = 1000;
	struct outage_stage m = outage_probed(
	    "protocol: tcp, interval: 5s, probe_threshold: 2", "");
	double sum_s = 0, least_s = 1e9, most_s = 0;

	for (unsigned seed = 1; seed <= n; seed++) {
		uint64_t phase_ns;
		double is_s = (double)detect_ns(&m, LB_FAULT_CRASHED, AT_MS,
				  seed, &phase_ns) /
			      1e9;
		sum_s += is_s;
		least_s = fmin(least_s, is_s);
		most_s = fmax(most_s, is_s);
	}
	double wanted_s = 1.5 * 5 + 5;
	double margin_s = 3.2905 * 5 / sqrt(12.0 * n);
	CU_ASSERT_DOUBLE_EQUAL(sum_s / n, wanted_s, margin_s);
	CU_ASSERT_TRUE(least_s >= 10 && least_s < 10.05);
	CU_ASSERT_TRUE(most_s <= 15 && most_s > 14.95);
	outage_drop(&m);
}

/* --- how servers answer -------------------------------------------------- */

/* clang-format off */
static const struct own {
	const char *what, *probe;
	struct lb_server server;
	enum lb_fault_kind state;
	uint64_t factor;
	enum lb_answer answer;
} owns[] = {
	{ "as it should be", "protocol: tcp, interval: 5s", { 0 },
	    LB_FAULT_UP, 0, LB_ANSWER_GOOD },
	{ "hangs, TCP", "protocol: tcp, interval: 5s",
	    { .probe_answer = LB_PROBE_ANSWER_HANG }, LB_FAULT_UP, 0,
	    LB_ANSWER_GOOD },
	{ "hangs, HTTP", "protocol: http, request_path: /",
	    { .probe_answer = LB_PROBE_ANSWER_HANG }, LB_FAULT_UP, 0,
	    LB_ANSWER_SILENT },
	{ "a status, HTTP", "protocol: http, request_path: /",
	    { .probe_answer = LB_PROBE_ANSWER_STATUS }, LB_FAULT_UP, 0,
	    LB_ANSWER_WRONG },
	{ "a status, TCP", "protocol: tcp",
	    { .probe_answer = LB_PROBE_ANSWER_STATUS }, LB_FAULT_UP, 0,
	    LB_ANSWER_GOOD },
	{ "a status, CoAP ping", "protocol: coap",
	    { .probe_answer = LB_PROBE_ANSWER_STATUS }, LB_FAULT_UP, 0,
	    LB_ANSWER_GOOD },
	{ "slow, in time", "protocol: udp, interval: 5s",
	    { .service_ns = S_NS }, LB_FAULT_SLOW, 5 * LB_SCENE_ONE,
	    LB_ANSWER_GOOD },
	{ "slow, too late", "protocol: udp, interval: 5s",
	    { .service_ns = S_NS }, LB_FAULT_SLOW, 5 * LB_SCENE_ONE + 1,
	    LB_ANSWER_SILENT },
	{ "slow, TCP", "protocol: tcp, interval: 5s",
	    { .service_ns = S_NS }, LB_FAULT_SLOW, 100 * LB_SCENE_ONE,
	    LB_ANSWER_GOOD },
	{ "slow by itself", "protocol: http, request_path: /, interval: 5s",
	    { .service_ns = 6 * S_NS }, LB_FAULT_UP, 0, LB_ANSWER_SILENT },
	{ "nobody listens, TCP", "protocol: tcp",
	    { .ports = (uint16_t[]){ 2, 3 }, .port_count = 2 }, LB_FAULT_UP, 0,
	    LB_ANSWER_REFUSED },
	{ "somebody listens", "protocol: tcp",
	    { .ports = (uint16_t[]){ 2, 1 }, .port_count = 2 }, LB_FAULT_UP, 0,
	    LB_ANSWER_GOOD },
	{ "nobody listens, but the other program", "protocol: tcp",
	    { .ports = (uint16_t[]){ 2 }, .port_count = 1 }, LB_FAULT_DEAF, 0,
	    LB_ANSWER_GOOD },
	{ "nobody listens, and it is off", "protocol: tcp",
	    { .ports = (uint16_t[]){ 2 }, .port_count = 1 }, LB_FAULT_OFF, 0,
	    LB_ANSWER_SILENT },
};
/* clang-format on */

static void
test_answers(void)
{
	char b[] = "b";

	for (size_t i = 0; i < LB_COUNT(owns); i++) {
		const struct own *row = &owns[i];
		struct lb_scene scene = lb_scene_defaults();
		struct lb_server servers[] = { row->server, { 0 } };
		struct lb_fault fault = { .at_ms = 1000,
			.member = b,
			.kind = row->state,
			.factor = row->factor };
		struct outage_stage m = outage_probed(row->probe, "");
		servers[0].member = b;
		scene.servers = servers;
		scene.server_count = 2;
		m.settings.scene = &scene;
		struct sim_outage *o = outage_begin(&m, &fault, 1, 1);
		CU_ASSERT_EQUAL(sim_outage_advance(o, S_NS), 0);
		uint16_t id = member_id(m.player->plan, "p", "b");
		UNIT_EQUAL(row->what,
		    sim_host_answer(
			o, &o->hosts[o->host_of[id]], &m.config->probes[0]),
		    row->answer);
		UNIT_EQUAL(row->what, sim_outage_condition(o, id).factor,
		    row->factor > 0 ? row->factor : LB_SCENE_ONE);
		/* and is it in, when that has been found out? */
		CU_ASSERT_EQUAL(sim_outage_advance(o, 200 * S_NS), 0);
		UNIT_EQUAL(row->what, outage_candidate(&m, "b"),
		    row->answer == LB_ANSWER_GOOD);
		UNIT_EQUAL(row->what, outage_candidate(&m, "a"), true);
		outage_drop(&m);
	}
}

/* A server that died and came back while its probe was under way has missed
 * it: an answer is decided when its probe is sent. */
static void
test_answer_is_fixed(void)
{
	char b[] = "b";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = 1900, .member = b, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 2100, .member = b, .kind = LB_FAULT_UP },
	};
	struct sim_outage *o = outage_begin(&m, faults, 2, 1);

	o->probers[0].phase_ns = 2 * S_NS;
	CU_ASSERT_EQUAL(sim_outage_advance(o, 7 * S_NS), 0);
	CU_ASSERT_EQUAL(
	    o->failovers[0].detected_ns, 7 * S_NS - 1900 * LB_NS_PER_MS);
	/* the tick of that very instant comes after the old probe's end */
	CU_ASSERT_EQUAL(
	    o->failovers[0].restored_ns, o->failovers[0].detected_ns);
	outage_drop(&m);
}

static void
test_unknown(void)
{
	struct lb_scene scene = lb_scene_defaults();
	struct outage_stage m = outage_probed(
	    "protocol: tcp, interval: 5s, probe_threshold: 2", "");

	scene.members_start_unknown = true;
	m.settings.scene = &scene;
	CU_ASSERT_TRUE(sim_outage_wanted(&m.settings));
	struct sim_outage *o = outage_begin(&m, NULL, 0, 1);
	uint64_t second_ns = o->probers[0].phase_ns + 5 * S_NS;
	CU_ASSERT_FALSE(outage_candidate(&m, "a"));
	CU_ASSERT_EQUAL(sim_outage_advance(o, second_ns - 1), 0);
	CU_ASSERT_FALSE(outage_candidate(&m, "a"));
	CU_ASSERT_EQUAL(sim_outage_advance(o, second_ns), 0);
	CU_ASSERT_TRUE(outage_candidate(&m, "a"));
	CU_ASSERT_TRUE(outage_candidate(&m, "c"));
	CU_ASSERT_EQUAL(sim_outage_next_ns(o), SIM_NEVER);
	outage_drop(&m);
}

/* Replications differ in their phases; the first is the bare run. */
static void
test_phases(void)
{
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	uint64_t phase_ns[3];

	for (uint32_t i = 0; i < 3; i++) {
		m.settings.replication = i;
		phase_ns[i] = outage_begin(&m, NULL, 0, 7)->probers[0].phase_ns;
	}
	CU_ASSERT_NOT_EQUAL(phase_ns[0], phase_ns[1]);
	CU_ASSERT_NOT_EQUAL(phase_ns[1], phase_ns[2]);
	m.settings.replication = 2;
	CU_ASSERT_EQUAL(
	    outage_begin(&m, NULL, 0, 7)->probers[0].phase_ns, phase_ns[2]);
	outage_drop(&m);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the closed form on a grid", test_grid },
		{ "at a tick", test_at_a_tick },
		{ "the mean of replications", test_replications },
		{ "how servers answer probes", test_answers },
		{ "an answer is decided when its probe is sent",
		    test_answer_is_fixed },
		{ "members start unknown", test_unknown },
		{ "phases by replication", test_phases },
		CU_TEST_INFO_NULL,
	};

	return unit_main("outage_probes", tests);
}
