/* SPDX-License-Identifier: MIT */
/* When faults are noticed: sim/outage.c on a plan, without packets. */
#include <math.h>

#include "sim/outage.h"
#include "sim/run.h"
#include "tests/model/plan_text.h"

#define S_NS  UINT64_C(1000000000)
#define AT_MS UINT64_C(600000)
#define GRID  250u /* instants in an interval */

#define MEMBERS_OF_P                                                           \
	"pools:\n"                                                             \
	"  - { name: p, members: [{ name: a, address: 10.0.0.1 },\n"           \
	"      { name: b, address: 10.0.0.2 },\n"                              \
	"      { name: c, address: 10.0.0.3 }] }\n"

/* A configuration, and what of a run an outage needs. */
struct stage {
	struct lb_config *config;
	struct sim_player *player;
	struct sim_settings settings;
};

static struct stage
make_stage(const char *text)
{
	struct lb_problems problems = { 0 };
	struct stage stage = { .config = config_of(text, &problems) };

	lb_problems_print(&problems, "stage", stderr);
	UNIT_NEED(stage.config);
	const struct sim_case_settings settings = { "case", stage.config };
	stage.player = sim_player_new(&settings, false, false, &problems);
	UNIT_NEED(stage.player);
	lb_problems_free(&problems);
	return stage;
}

static struct stage
make_probed(const char *probe, const char *more)
{
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    HEAD MEMBERS_OF_P "probes:\n  - { name: t, port: 1, %s }\n"
			      "rules:\n" RULE("r", "p", "1", ", probe: t%s"),
	    probe, more);
	return make_stage(text);
}

/* The stage frees it. */
static struct sim_outage *
new_outage(
    struct stage *m, const struct lb_fault *faults, size_t count, uint64_t seed)
{
	sim_outage_free(m->player->outage);
	m->settings.faults = faults;
	m->settings.fault_count = count;
	m->settings.seed = seed;
	m->player->outage = sim_outage_new(m->player, &m->settings, NULL);
	UNIT_NEED(m->player->outage);
	return m->player->outage;
}

static void
drop_stage(struct stage *m)
{
	sim_player_free(m->player);
	lb_config_free(m->config);
}

/* The one fault's time to detection, member b; SIM_NO_TIME. */
static uint64_t
detect_ns(struct stage *m, enum lb_fault_kind kind, uint64_t at_ms,
    uint64_t seed, uint64_t *phase_ns)
{
	char name[] = "b";
	struct lb_fault fault = {
		.at_ms = at_ms, .member = name, .kind = kind
	};
	struct sim_outage *o = new_outage(m, &fault, 1, seed);
	uint64_t found_ns;

	CU_ASSERT_EQUAL(
	    sim_outage_advance(o, (at_ms + 4000000) * LB_NS_PER_MS), 0);
	CU_ASSERT_EQUAL_FATAL(o->failover_count, 1);
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
			struct stage m = make_probed(f->probe, "");
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
			drop_stage(&m);
		}
	}
}

/* A fault at the instant of a tick comes just after it, whether the probe was
 * asleep or awake. */
static void
test_at_a_tick(void)
{
	char a[] = "a", b[] = "b";
	struct stage m = make_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = AT_MS, .member = b, .kind = LB_FAULT_REFUSING },
		{ .at_ms = AT_MS + 5000,
		    .member = a,
		    .kind = LB_FAULT_REFUSING }
	};

	for (size_t first = 0; first < 2; first++) {
		struct sim_outage *o =
		    new_outage(&m, &faults[first], 2 - first, 1);
		o->probers[0].phase_ns = 0; /* AT_MS is a tick, too */
		CU_ASSERT_EQUAL(sim_outage_advance(o, 2000 * S_NS), 0);
		for (size_t i = 0; i < o->failover_count; i++)
			CU_ASSERT_EQUAL(o->failovers[i].detected_ns, 5 * S_NS);
	}
	drop_stage(&m);
}

/* The mean over replications: within 99.9 % of (k - 1/2) I + W. */
static void
test_replications(void)
{
	const unsigned n = 1000;
	struct stage m =
	    make_probed("protocol: tcp, interval: 5s, probe_threshold: 2", "");
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
	drop_stage(&m);
}

/* --- what follows -------------------------------------------------------- */

static bool
is_candidate(const struct stage *m, const char *name)
{
	const struct lb_plan *plan = m->player->plan;
	const struct lb_rule *r = rule_row(plan, "r");

	return (plan->member_state[member_id(plan, "p", name)] >> r->probe &
		   1) != 0;
}

static void
test_down_and_up(void)
{
	char b[] = "b";
	struct stage m =
	    make_probed("protocol: tcp, interval: 5s, probe_threshold: 2", "");
	struct lb_fault faults[] = {
		{ .at_ms = 75000, .member = b, .kind = LB_FAULT_UP },
		{ .at_ms = 30000, .member = b, .kind = LB_FAULT_CRASHED }
	}; /* in any order */
	struct sim_outage *o = new_outage(&m, faults, 2, 1);

	o->probers[0].phase_ns = 2 * S_NS;
	/* ticks at 32, 37; silent at 37, 42 */
	CU_ASSERT_EQUAL(sim_outage_advance(o, 42 * S_NS - 1), 0);
	CU_ASSERT_TRUE(is_candidate(&m, "b"));
	CU_ASSERT_EQUAL(sim_outage_advance(o, 42 * S_NS), 0);
	CU_ASSERT_FALSE(is_candidate(&m, "b"));
	CU_ASSERT_TRUE(is_candidate(&m, "a"));
	/* good at 77, 82 */
	CU_ASSERT_EQUAL(sim_outage_advance(o, 82 * S_NS - 1), 0);
	CU_ASSERT_FALSE(is_candidate(&m, "b"));
	CU_ASSERT_EQUAL(sim_outage_advance(o, 82 * S_NS), 0);
	CU_ASSERT_TRUE(is_candidate(&m, "b"));
	CU_ASSERT_EQUAL_FATAL(o->failover_count, 1);
	CU_ASSERT_EQUAL(o->failovers[0].at_ns, 30 * S_NS);
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, 12 * S_NS);
	CU_ASSERT_EQUAL(o->failovers[0].restored_ns, 52 * S_NS);
	CU_ASSERT_EQUAL_FATAL(o->log_count, 5);
	static const struct {
		uint64_t at_s;
		enum sim_event_kind kind;
		const char *what;
	} log[] = {
		{ 30, SIM_EVENT_FAULT, "crashed" },
		{ 37, SIM_EVENT_PROBE_FAILED,
		    "Up_Probe_ApproachingUnhealthyThreshold" },
		{ 42, SIM_EVENT_MEMBER_DOWN, "Down_Probe_TcpProbeTimeout" },
		{ 75, SIM_EVENT_FAULT, "up" },
		{ 82, SIM_EVENT_MEMBER_UP, "Up_Probe_Success" },
	};
	for (size_t i = 0; i < LB_COUNT(log); i++) {
		CU_ASSERT_EQUAL(o->log[i].at_ns, log[i].at_s * S_NS);
		CU_ASSERT_EQUAL(o->log[i].kind, log[i].kind);
		CU_ASSERT_STRING_EQUAL(o->log[i].what, log[i].what);
		CU_ASSERT_STRING_EQUAL(o->log[i].member, "b");
	}
	drop_stage(&m);
}

/* Gone and back between two ticks: nobody saw it. */
static void
test_too_short(void)
{
	char b[] = "b";
	struct stage m = make_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = 30000, .member = b, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 31000, .member = b, .kind = LB_FAULT_UP }
	};
	struct sim_outage *o = new_outage(&m, faults, 2, 1);

	o->probers[0].phase_ns = 2 * S_NS;
	CU_ASSERT_EQUAL(sim_outage_advance(o, 1000 * S_NS), 0);
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(o->failovers[0].restored_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(o->log_count, 2);
	drop_stage(&m);
}

static void
test_admin(void)
{
	char b[] = "b";
	struct stage m = make_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = 30000, .member = b, .kind = LB_FAULT_ADMIN_DOWN },
		{ .at_ms = 40000,
		    .member = b,
		    .kind = LB_FAULT_CRASHED }, /* unheeded, but found out */
		{ .at_ms = 60000, .member = b, .kind = LB_FAULT_ADMIN_UP },
		{ .at_ms = 90000, .member = b, .kind = LB_FAULT_ADMIN_NONE }
	};
	static const bool after[] = { false, false, true, false };
	struct sim_outage *o = new_outage(&m, faults, 4, 1);

	CU_ASSERT_TRUE(is_candidate(&m, "b"));
	for (size_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(
		    sim_outage_advance(o, faults[i].at_ms * LB_NS_PER_MS), 0);
		CU_ASSERT_EQUAL(is_candidate(&m, "b"), after[i]);
	}
	CU_ASSERT_EQUAL_FATAL(o->failover_count, 2);
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, 0);
	CU_ASSERT_EQUAL(o->failovers[0].restored_ns, 30 * S_NS);
	CU_ASSERT_TRUE(o->failovers[1].detected_ns <= 10 * S_NS);
	/* what the operator wrote is not written to */
	CU_ASSERT_EQUAL(
	    m.config->pools[0].members[1].admin_state, LB_ADMIN_NONE);
	drop_stage(&m);
}

static void
test_all_down(void)
{
	char name[][2] = { "a", "b", "c" };
	struct lb_fault faults[3];

	for (int saved = 0; saved <= 1; saved++) {
		struct stage m = make_probed("protocol: tcp, interval: 5s",
		    saved ? ", no_healthy_backends: all-probed-up" : "");
		for (size_t i = 0; i < 3; i++)
			faults[i] = (struct lb_fault){ .at_ms = 30000,
				.member = name[i],
				.kind = LB_FAULT_REFUSING };
		struct sim_outage *o = new_outage(&m, faults, 3, 1);
		CU_ASSERT_EQUAL(sim_outage_advance(o, 36 * S_NS), 0);
		for (size_t i = 0; i < 3; i++) {
			CU_ASSERT_EQUAL(is_candidate(&m, name[i]), saved == 1);
			CU_ASSERT_TRUE(o->failovers[i].detected_ns <= 5 * S_NS);
		}
		drop_stage(&m);
	}
}

/* A hundred years, of which nothing is asked while nothing can change. */
static void
test_quiet(void)
{
	char b[] = "b";
	struct stage m = make_probed("protocol: tcp, interval: 10ms", "");
	struct lb_fault faults[] = {
		{ .at_ms = 1000, .member = b, .kind = LB_FAULT_CRASHED },
		{ .at_ms = LB_FAULT_AT_MAX_MS,
		    .member = b,
		    .kind = LB_FAULT_UP }
	};
	struct sim_outage *o = new_outage(&m, faults, 2, 1);

	CU_ASSERT_EQUAL(sim_outage_advance(o, UINT64_MAX - 1), 0);
	CU_ASSERT_TRUE(sim_events_taken(o->events) < 20);
	CU_ASSERT_TRUE(is_candidate(&m, "b"));
	CU_ASSERT_NOT_EQUAL(o->failovers[0].restored_ns, SIM_NO_TIME);
	drop_stage(&m);
}

static void
test_check(void)
{
	char b[] = "b", x[] = "x", what[160];
	struct lb_scene scene = lb_scene_defaults();
	struct stage m = make_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = 1, .member = b, .kind = LB_FAULT_OFF },
		{ .at_ms = 1, .member = x, .kind = LB_FAULT_OFF },
		{ .at_ms = 1, .kind = LB_FAULT_ZONE_DOWN, .number = 3 },
		{ .at_ms = 1, .kind = LB_FAULT_INSTANCE_DOWN, .number = 2 },
	};
	static const char *const words[] = { NULL, "'x'", "zone is 3",
		"instance is 2, and there are 1" };

	for (size_t i = 0; i < LB_COUNT(faults); i++) {
		struct sim_settings s = { .faults = &faults[i],
			.fault_count = 1 };
		CU_ASSERT_TRUE(sim_outage_wanted(&s));
		bool good = sim_outage_check(m.config, &s, what, sizeof(what));
		CU_ASSERT_EQUAL(good, words[i] == NULL);
		CU_ASSERT_TRUE(good || strstr(what, words[i]) != NULL);
	}
	scene.instances = 2;
	m.settings.faults = &faults[3];
	m.settings.fault_count = 1;
	m.settings.scene = &scene;
	CU_ASSERT_TRUE(
	    sim_outage_check(m.config, &m.settings, what, sizeof(what)));
	drop_stage(&m);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the closed form on a grid", test_grid },
		{ "at a tick", test_at_a_tick },
		{ "the mean of replications", test_replications },
		{ "down and up", test_down_and_up },
		{ "too short to be seen", test_too_short },
		{ "admin states", test_admin },
		{ "all down", test_all_down },
		{ "quiet years", test_quiet },
		{ "strangers", test_check },
		CU_TEST_INFO_NULL,
	};

	return unit_main("outage", tests);
}
