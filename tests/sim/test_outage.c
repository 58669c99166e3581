/* SPDX-License-Identifier: MIT */
/* What follows of faults: who is out and in again, zones, pools.  When probes
 * notice them: test_outage_probes.c. */
#include "tests/model/plan_text.h"
#include "tests/sim/outage_stage.h"

#define S_NS UINT64_C(1000000000)

/* --- what follows -------------------------------------------------------- */

static void
test_down_and_up(void)
{
	char b[] = "b";
	struct outage_stage m = outage_probed(
	    "protocol: tcp, interval: 5s, probe_threshold: 2", "");
	struct lb_fault faults[] = {
		{ .at_ms = 75000, .member = b, .kind = LB_FAULT_UP },
		{ .at_ms = 30000, .member = b, .kind = LB_FAULT_CRASHED }
	}; /* in any order */
	struct sim_outage *o = outage_begin(&m, faults, 2, 1);

	o->probers[0].phase_ns = 2 * S_NS;
	/* ticks at 32, 37; silent at 37, 42 */
	CU_ASSERT_EQUAL(sim_outage_advance(o, 42 * S_NS - 1), 0);
	CU_ASSERT_TRUE(outage_candidate(&m, "b"));
	CU_ASSERT_EQUAL(sim_outage_advance(o, 42 * S_NS), 0);
	CU_ASSERT_FALSE(outage_candidate(&m, "b"));
	CU_ASSERT_TRUE(outage_candidate(&m, "a"));
	/* good at 77, 82 */
	CU_ASSERT_EQUAL(sim_outage_advance(o, 82 * S_NS - 1), 0);
	CU_ASSERT_FALSE(outage_candidate(&m, "b"));
	CU_ASSERT_EQUAL(sim_outage_advance(o, 82 * S_NS), 0);
	CU_ASSERT_TRUE(outage_candidate(&m, "b"));
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
	outage_drop(&m);
}

/* Gone and back between two ticks: nobody saw it. */
static void
test_too_short(void)
{
	char b[] = "b";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = 30000, .member = b, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 31000, .member = b, .kind = LB_FAULT_UP }
	};
	struct sim_outage *o = outage_begin(&m, faults, 2, 1);

	o->probers[0].phase_ns = 2 * S_NS;
	CU_ASSERT_EQUAL(sim_outage_advance(o, 1000 * S_NS), 0);
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(o->failovers[0].restored_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(o->log_count, 2);
	outage_drop(&m);
}

static void
test_admin(void)
{
	char b[] = "b";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = 30000, .member = b, .kind = LB_FAULT_ADMIN_DOWN },
		{ .at_ms = 40000,
		    .member = b,
		    .kind = LB_FAULT_CRASHED }, /* unheeded, but found out */
		{ .at_ms = 60000, .member = b, .kind = LB_FAULT_ADMIN_UP },
		{ .at_ms = 90000, .member = b, .kind = LB_FAULT_ADMIN_NONE }
	};
	static const bool after[] = { false, false, true, false };
	struct sim_outage *o = outage_begin(&m, faults, 4, 1);

	CU_ASSERT_TRUE(outage_candidate(&m, "b"));
	for (size_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(
		    sim_outage_advance(o, faults[i].at_ms * LB_NS_PER_MS), 0);
		CU_ASSERT_EQUAL(outage_candidate(&m, "b"), after[i]);
	}
	CU_ASSERT_EQUAL_FATAL(o->failover_count, 2);
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, 0);
	CU_ASSERT_EQUAL(o->failovers[0].restored_ns, 30 * S_NS);
	CU_ASSERT_TRUE(o->failovers[1].detected_ns <= 10 * S_NS);
	/* what the operator wrote is not written to */
	CU_ASSERT_EQUAL(
	    m.config->pools[0].members[1].admin_state, LB_ADMIN_NONE);
	outage_drop(&m);
}

/* Upgraded behind an operator's back: its probes are content again at 57 s, or
 * never were otherwise, but the operator lets it in at 80 s. */
static void
test_admin_holds(void)
{
	char b[] = "b";
	static const struct {
		enum lb_fault_kind off, on;
		uint64_t restored_ns;
	} rows[] = {
		{ LB_FAULT_ADMIN_DOWN, LB_FAULT_ADMIN_NONE, 50 * S_NS },
		{ LB_FAULT_ADMIN_DOWN, LB_FAULT_ADMIN_UP, 50 * S_NS },
		{ LB_FAULT_ADMIN_NONE, LB_FAULT_ADMIN_NONE, 27 * S_NS },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct outage_stage m =
		    outage_probed("protocol: tcp, interval: 5s", "");
		struct lb_fault faults[] = {
			{ .at_ms = 20000, .member = b, .kind = rows[i].off },
			{ .at_ms = 30000,
			    .member = b,
			    .kind = LB_FAULT_REFUSING },
			{ .at_ms = 55000, .member = b, .kind = LB_FAULT_UP },
			{ .at_ms = 80000, .member = b, .kind = rows[i].on }
		};
		struct sim_outage *o = outage_begin(&m, faults, 4, 1);
		o->probers[0].phase_ns = 2 * S_NS;
		CU_ASSERT_EQUAL(sim_outage_advance(o, 100 * S_NS), 0);
		CU_ASSERT_FATAL(o->failover_count > 0);
		const struct sim_failover *f =
		    &o->failovers[o->failover_count - 1];
		CU_ASSERT_EQUAL(f->detected_ns, 2 * S_NS);
		CU_ASSERT_EQUAL(f->restored_ns, rows[i].restored_ns);
		outage_drop(&m);
	}
}

/* One fault after another: the second finds it out already, unless it is back
 * by then. */
static void
test_out_already(void)
{
	char b[] = "b";
	static const struct {
		uint64_t up_ms, again_ms, detected_ns, soonest_ns, restored_ns;
	} rows[] = {
		{ 41000, 41500, 0, SIM_NO_TIME, 30500 * LB_NS_PER_MS },
		{ 71000, 40000, 0, SIM_NO_TIME, 32 * S_NS },
		{ 41000, 50000, 2 * S_NS, 0, 22 * S_NS },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct outage_stage m =
		    outage_probed("protocol: tcp, interval: 5s", "");
		struct lb_fault faults[] = { { .at_ms = 30000,
						 .member = b,
						 .kind = LB_FAULT_REFUSING },
			{ .at_ms = rows[i].up_ms,
			    .member = b,
			    .kind = LB_FAULT_UP },
			{ .at_ms = rows[i].again_ms,
			    .member = b,
			    .kind = LB_FAULT_REFUSING },
			{ .at_ms = 71000, .member = b, .kind = LB_FAULT_UP } };
		struct sim_outage *o = outage_begin(&m, faults, 4, 1);
		o->probers[0].phase_ns = 2 * S_NS;
		CU_ASSERT_EQUAL(sim_outage_advance(o, 100 * S_NS), 0);
		CU_ASSERT_EQUAL_FATAL(o->failover_count, 2);
		const struct sim_failover *f = &o->failovers[1];
		CU_ASSERT_EQUAL(f->detected_ns, rows[i].detected_ns);
		CU_ASSERT_EQUAL(f->soonest_ns, rows[i].soonest_ns);
		CU_ASSERT_EQUAL(f->restored_ns, rows[i].restored_ns);
		if (rows[i].detected_ns == 0)
			CU_ASSERT_EQUAL(f->failed_ns, SIM_NO_TIME);
		outage_drop(&m);
	}
}

static void
test_all_down(void)
{
	char name[][2] = { "a", "b", "c" };
	struct lb_fault faults[3];

	for (int saved = 0; saved <= 1; saved++) {
		struct outage_stage m =
		    outage_probed("protocol: tcp, interval: 5s",
			saved ? ", no_healthy_backends: all-probed-up" : "");
		for (size_t i = 0; i < 3; i++)
			faults[i] = (struct lb_fault){ .at_ms = 30000,
				.member = name[i],
				.kind = LB_FAULT_REFUSING };
		struct sim_outage *o = outage_begin(&m, faults, 3, 1);
		CU_ASSERT_EQUAL(sim_outage_advance(o, 36 * S_NS), 0);
		for (size_t i = 0; i < 3; i++) {
			CU_ASSERT_EQUAL(
			    outage_candidate(&m, name[i]), saved == 1);
			CU_ASSERT_TRUE(o->failovers[i].detected_ns <= 5 * S_NS);
		}
		outage_drop(&m);
	}
}

/* A hundred years, of which nothing is asked while nothing can change. */
static void
test_quiet(void)
{
	char b[] = "b";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 10ms", "");
	struct lb_fault faults[] = {
		{ .at_ms = 1000, .member = b, .kind = LB_FAULT_CRASHED },
		{ .at_ms = LB_FAULT_AT_MAX_MS,
		    .member = b,
		    .kind = LB_FAULT_UP }
	};
	struct sim_outage *o = outage_begin(&m, faults, 2, 1);

	CU_ASSERT_EQUAL(sim_outage_advance(o, UINT64_MAX - 1), 0);
	CU_ASSERT_TRUE(sim_events_taken(o->events) < 20);
	CU_ASSERT_TRUE(outage_candidate(&m, "b"));
	CU_ASSERT_NOT_EQUAL(o->failovers[0].restored_ns, SIM_NO_TIME);
	outage_drop(&m);
}

static void
test_check(void)
{
	char b[] = "b", x[] = "x", what[160];
	struct lb_scene scene = lb_scene_defaults();
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
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
	outage_drop(&m);
}

/* --- flapping ------------------------------------------------------------ */

/* Down and up every half period; one failover; damping keeps it out. */
static void
test_flapping(void)
{
	char b[] = "b";
	static const struct {
		const char *probe;
		uint64_t period_ms;
		unsigned downs; /* until 300 s */
		bool detected, certain;
	} rows[] = {
		{ "protocol: tcp, interval: 5s", 40000, 8, true, true },
		{ "protocol: tcp, interval: 5s, flap_damping: 1h", 40000, 2,
		    true, true },
		{ "protocol: tcp, interval: 5s, probe_threshold: 5", 40000, 0,
		    false, false },
		{ "protocol: tcp, interval: 5s, probe_threshold: 4", 40000, 7,
		    true, true },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct outage_stage m = outage_probed(rows[i].probe, "");
		struct lb_fault faults[] = {
			{ .at_ms = 10000,
			    .member = b,
			    .kind = LB_FAULT_FLAPPING,
			    .period_ms = rows[i].period_ms },
			{ .at_ms = 300000, .member = b, .kind = LB_FAULT_UP },
		};
		struct sim_outage *o = outage_begin(&m, faults, 2, 1);
		unsigned downs = 0;
		o->probers[0].phase_ns = 2 * S_NS;
		CU_ASSERT_EQUAL(sim_outage_advance(o, 299 * S_NS), 0);
		for (size_t n = 0; n < o->log_count; n++)
			downs += o->log[n].kind == SIM_EVENT_MEMBER_DOWN;
		UNIT_EQUAL(rows[i].probe, downs, rows[i].downs);
		UNIT_EQUAL(rows[i].probe, o->failover_count, 1);
		const struct sim_failover *f = &o->failovers[0];
		UNIT_EQUAL(rows[i].probe, f->detected_ns != SIM_NO_TIME,
		    rows[i].detected);
		UNIT_EQUAL(rows[i].probe, f->latest_ns != SIM_NO_TIME,
		    rows[i].certain);
		UNIT_ROW(rows[i].probe, f->restored_ns == SIM_NO_TIME);
		/* 10 s, 50 s, .. 290 s */
		UNIT_EQUAL(rows[i].probe,
		    sim_outage_condition(o, member_id(m.player->plan, "p", "b"))
			.epoch,
		    8);
		CU_ASSERT_EQUAL(sim_outage_advance(o, 9999 * S_NS), 0);
		UNIT_EQUAL(rows[i].probe, outage_candidate(&m, "b"), true);
		UNIT_EQUAL(rows[i].probe, f->restored_ns != SIM_NO_TIME,
		    rows[i].detected);
		UNIT_EQUAL(rows[i].probe, sim_outage_next_ns(o), SIM_NEVER);
		outage_drop(&m);
	}
}

/* Another fault ends it, and one that never ends does not go on for ever. */
static void
test_flapping_ends(void)
{
	char b[] = "b";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 1h", "");
	struct lb_fault faults[] = {
		{ .at_ms = 0,
		    .member = b,
		    .kind = LB_FAULT_FLAPPING,
		    .period_ms = 1000 },
		{ .at_ms = 10250, .member = b, .kind = LB_FAULT_HANGING },
		{ .at_ms = 20000,
		    .member = b,
		    .kind = LB_FAULT_FLAPPING,
		    .period_ms = 2 },
	};
	struct sim_outage *o = outage_begin(&m, faults, 3, 1);
	uint16_t id = member_id(m.player->plan, "p", "b");

	CU_ASSERT_EQUAL(sim_outage_advance(o, 15 * S_NS), 0);
	CU_ASSERT_EQUAL(sim_outage_condition(o, id).state, LB_FAULT_HANGING);
	CU_ASSERT_EQUAL(sim_outage_condition(o, id).epoch, 11);
	CU_ASSERT_EQUAL(sim_outage_condition(o, id).epoch_ns, 10 * S_NS);
	CU_ASSERT_EQUAL(sim_outage_advance(o, 5000 * S_NS), 0);
	CU_ASSERT_EQUAL(sim_outage_condition(o, id).state, LB_FAULT_UP);
	CU_ASSERT_TRUE(sim_events_taken(o->events) < SIM_FLAPS_MAX + 200);
	outage_drop(&m);
}

/* --- zones --------------------------------------------------------------- */

#define ZONES                                                                  \
	"load_balancer: { sku: fairlead }\n"                                   \
	"frontends:\n"                                                         \
	"  - { name: f, address: 192.0.2.1 }\n"                                \
	"  - { name: one, address: 192.0.2.2, zones: [1] }\n"                  \
	"  - { name: all, address: 192.0.2.3, zones: [1, 2, 3] }\n"            \
	"pools:\n"                                                             \
	"  - { name: p, members: [\n"                                          \
	"      { name: a, address: 10.0.0.1, zone: 1 },\n"                     \
	"      { name: b, address: 10.0.0.2, zone: 1 },\n"                     \
	"      { name: c, address: 10.0.0.3, zone: 2 }] }\n"                   \
	"  - { name: q, members: [\n"                                          \
	"      { name: d, address: 10.0.0.4, zone: 1 }] }\n"                   \
	"probes:\n"                                                            \
	"  - { name: t, protocol: tcp, port: 1, interval: 5s }\n"              \
	"  - { name: u, protocol: tcp, port: 1, interval: 8s,\n"               \
	"      probe_threshold: 2 }\n"                                         \
	"rules:\n" RULE("r", "p", "1", ", probe: t")                           \
	    RULE("s", "q", "2", ", probe: u")

static struct lb_addr
address(const char *text)
{
	struct lb_addr made;

	CU_ASSERT_TRUE(lb_addr_of_text(text, &made));
	return made;
}

/* A zone is out when the last of its members is; a member is dead while the
 * zone or itself is. */
static void
test_zone(void)
{
	char b[] = "b";
	struct outage_stage m = outage_stage(ZONES);
	struct lb_fault faults[] = {
		{ .at_ms = 30000, .kind = LB_FAULT_ZONE_DOWN, .number = 1 },
		{ .at_ms = 60000, .member = b, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 90000, .kind = LB_FAULT_ZONE_UP, .number = 1 },
		{ .at_ms = 120000, .member = b, .kind = LB_FAULT_UP },
	};
	struct sim_outage *o = outage_begin(&m, faults, 4, 1);
	const uint16_t id_b = member_id(m.player->plan, "p", "b");
	const struct lb_addr f = address("192.0.2.1"),
			     one = address("192.0.2.2"),
			     all = address("192.0.2.3");

	o->probers[0].phase_ns = 2 * S_NS; /* silent at 37 */
	o->probers[1].phase_ns = 0;        /* ticks at 32, 40; known at 48 */
	CU_ASSERT_FALSE(m.player->routed);
	CU_ASSERT_EQUAL(sim_outage_advance(o, 30 * S_NS), 0);
	CU_ASSERT_TRUE(m.player->routed);
	CU_ASSERT_TRUE(sim_outage_cuts(o, &one));
	CU_ASSERT_FALSE(sim_outage_cuts(o, &all) || sim_outage_cuts(o, &f));
	CU_ASSERT_EQUAL(sim_outage_advance(o, 48 * S_NS - 1), 0);
	CU_ASSERT_FALSE(outage_candidate(&m, "a") || outage_candidate(&m, "b"));
	CU_ASSERT_TRUE(outage_candidate(&m, "c"));
	CU_ASSERT_EQUAL(o->failovers[0].failed_ns, 7 * S_NS);
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(sim_outage_advance(o, 48 * S_NS), 0);
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, 18 * S_NS);
	CU_ASSERT_EQUAL(o->failovers[0].soonest_ns, 16 * S_NS);
	CU_ASSERT_EQUAL(o->failovers[0].latest_ns, 24 * S_NS);
	CU_ASSERT_STRING_EQUAL(o->failovers[0].member, "zone 1");
	CU_ASSERT_STRING_EQUAL(o->failovers[0].fault, "zone-down");
	/* dead already: nothing is to be found of b, it is out */
	CU_ASSERT_EQUAL(sim_outage_advance(o, 100 * S_NS), 0);
	CU_ASSERT_EQUAL(o->failovers[1].soonest_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(o->failovers[1].detected_ns, 0);
	CU_ASSERT_EQUAL(o->failovers[0].window_ns, 30 * S_NS);
	CU_ASSERT_EQUAL(o->failovers[1].window_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(sim_outage_condition(o, id_b).state, LB_FAULT_CRASHED);
	CU_ASSERT_EQUAL(sim_outage_condition(o, id_b).epoch, 1);
	CU_ASSERT_TRUE(outage_candidate(&m, "a"));
	CU_ASSERT_FALSE(outage_candidate(&m, "b"));
	CU_ASSERT_FALSE(sim_outage_cuts(o, &one) || m.player->routed);
	CU_ASSERT_EQUAL(o->failovers[0].restored_ns, SIM_NO_TIME);
	/* b is good at 122 */
	CU_ASSERT_EQUAL(sim_outage_advance(o, 130 * S_NS), 0);
	CU_ASSERT_EQUAL(o->failovers[0].restored_ns, 92 * S_NS);
	unsigned zone_events = 0;
	for (size_t i = 0; i < o->log_count; i++)
		zone_events += o->log[i].kind == SIM_EVENT_ZONE_DOWN ||
			       o->log[i].kind == SIM_EVENT_ZONE_UP;
	CU_ASSERT_EQUAL(zone_events, 2);
	outage_drop(&m);
}

/* --- pools --------------------------------------------------------------- */

static double
share_of(const struct outage_stage *m, const char *name)
{
	const struct lb_plan *plan = m->player->plan;
	const struct lb_plan_lut *lut = &plan->luts[rule_row(plan, "r")->lut];
	uint16_t id = member_id(plan, "p", name);
	unsigned has = 0;

	for (uint32_t s = 0; s < lut->size; s++)
		has += lut->slots[s] == id;
	return (double)has / lut->size;
}

/* Ids stay, tables follow; who comes back is unknown at first. */
static void
test_pool(void)
{
	char b[] = "b", c[] = "c";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = 10000, .member = b, .kind = LB_FAULT_REMOVED },
		{ .at_ms = 20000,
		    .member = c,
		    .kind = LB_FAULT_WEIGHT,
		    .weight = 300 },
		{ .at_ms = 30000, .member = b, .kind = LB_FAULT_ADDED },
		{ .at_ms = 40000, .member = c, .kind = LB_FAULT_WEIGHT },
		{ .at_ms = 50000,
		    .member = c,
		    .kind = LB_FAULT_WEIGHT,
		    .weight = 100 },
	};
	struct sim_outage *o = outage_begin(&m, faults, 5, 1);
	const uint16_t id_b = member_id(m.player->plan, "p", "b");

	CU_ASSERT_EQUAL(sim_outage_advance(o, 15 * S_NS), 0);
	CU_ASSERT_EQUAL(member_id(m.player->plan, "p", "b"), id_b);
	CU_ASSERT_TRUE(m.player->plan->members[id_b].tombstone);
	CU_ASSERT_FALSE(outage_candidate(&m, "b"));
	CU_ASSERT_EQUAL(share_of(&m, "b"), 0);
	CU_ASSERT_DOUBLE_EQUAL(share_of(&m, "a"), 0.5, 0.01);
	CU_ASSERT_EQUAL(o->targets.count, 2);
	CU_ASSERT_EQUAL(sim_outage_advance(o, 25 * S_NS), 0);
	CU_ASSERT_DOUBLE_EQUAL(share_of(&m, "c"), 0.75, 0.01);
	/* b's first good answer lets it in */
	o->probers[0].phase_ns = 2 * S_NS;
	CU_ASSERT_EQUAL(sim_outage_advance(o, 30 * S_NS), 0);
	CU_ASSERT_FALSE(outage_candidate(&m, "b"));
	CU_ASSERT_EQUAL(sim_outage_advance(o, 32 * S_NS), 0);
	CU_ASSERT_TRUE(outage_candidate(&m, "b"));
	CU_ASSERT_EQUAL(member_id(m.player->plan, "p", "b"), id_b);
	CU_ASSERT_DOUBLE_EQUAL(share_of(&m, "c"), 0.6, 0.01);
	CU_ASSERT_EQUAL(sim_outage_advance(o, 45 * S_NS), 0);
	CU_ASSERT_EQUAL(share_of(&m, "c"), 0);
	CU_ASSERT_TRUE(outage_candidate(&m, "c")); /* it keeps what it has */
	CU_ASSERT_EQUAL(sim_outage_advance(o, 60 * S_NS), 0);
	CU_ASSERT_DOUBLE_EQUAL(share_of(&m, "c"), 0.333, 0.01);
	/* removed, drained: taken away; the others are not */
	CU_ASSERT_EQUAL_FATAL(o->failover_count, 2);
	CU_ASSERT_STRING_EQUAL(o->failovers[0].fault, "removed");
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, 0);
	CU_ASSERT_EQUAL(o->failovers[0].restored_ns, 22 * S_NS);
	CU_ASSERT_STRING_EQUAL(o->failovers[1].fault, "weight");
	CU_ASSERT_EQUAL(o->failovers[1].restored_ns, 10 * S_NS);
	/* what the operator wrote is not written to */
	CU_ASSERT_EQUAL(m.config->pools[0].member_count, 3);
	CU_ASSERT_EQUAL(m.config->pools[0].members[2].weight, 100);
	outage_drop(&m);
}

/* Added without having been removed: it was not there. */
static void
test_joins(void)
{
	char c[] = "c";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault fault = {
		.at_ms = 10000, .member = c, .kind = LB_FAULT_ADDED
	};
	struct sim_outage *o = outage_begin(&m, &fault, 1, 1);

	CU_ASSERT_EQUAL(share_of(&m, "c"), 0);
	CU_ASSERT_EQUAL(o->targets.count, 2);
	CU_ASSERT_EQUAL(sim_outage_advance(o, 15 * S_NS), 0);
	CU_ASSERT_TRUE(outage_candidate(&m, "c"));
	CU_ASSERT_EQUAL(o->failover_count, 0);
	outage_drop(&m);
}

/* A pool that loses everybody, and gets one back. */
static void
test_nobody_in_the_pool(void)
{
	char names[3][2] = { "a", "b", "c" };
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[4];

	for (size_t i = 0; i < 3; i++)
		faults[i] = (struct lb_fault){ .at_ms = 10000,
			.member = names[i],
			.kind = LB_FAULT_REMOVED };
	faults[3] = (struct lb_fault){
		.at_ms = 20000, .member = names[1], .kind = LB_FAULT_ADDED
	};
	struct sim_outage *o = outage_begin(&m, faults, 4, 1);
	CU_ASSERT_EQUAL(sim_outage_advance(o, 15 * S_NS), 0);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(share_of(&m, names[i]), 0);
	CU_ASSERT_EQUAL(sim_outage_advance(o, 30 * S_NS), 0);
	CU_ASSERT_EQUAL(share_of(&m, "b"), 1);
	outage_drop(&m);
}

/* A fault that nobody noticed is not detected by what happens later. */
static void
test_too_late(void)
{
	char b[] = "b";
	struct outage_stage m =
	    outage_probed("protocol: tcp, interval: 5s", "");
	struct lb_fault faults[] = {
		{ .at_ms = 30000, .member = b, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 31000, .member = b, .kind = LB_FAULT_UP },
		{ .at_ms = 60000, .member = b, .kind = LB_FAULT_CRASHED },
		{ .at_ms = 90000, .member = b, .kind = LB_FAULT_UP },
	};
	struct sim_outage *o = outage_begin(&m, faults, 4, 1);

	o->probers[0].phase_ns = 2 * S_NS;
	CU_ASSERT_EQUAL(sim_outage_advance(o, 1000 * S_NS), 0);
	CU_ASSERT_EQUAL(o->failovers[0].detected_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(o->failovers[0].failed_ns, SIM_NO_TIME);
	CU_ASSERT_EQUAL(o->failovers[1].detected_ns, 7 * S_NS);
	CU_ASSERT_EQUAL(o->failovers[1].restored_ns, 32 * S_NS);
	outage_drop(&m);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "down and up", test_down_and_up },
		{ "too short to be seen", test_too_short },
		{ "admin states", test_admin },
		{ "an operator keeps it out", test_admin_holds },
		{ "out already", test_out_already },
		{ "all down", test_all_down },
		{ "quiet years", test_quiet },
		{ "strangers", test_check },
		{ "flapping, with and without damping", test_flapping },
		{ "flapping ends", test_flapping_ends },
		{ "zones", test_zone },
		{ "removed, added, weighed", test_pool },
		{ "who joins was not there", test_joins },
		{ "a pool without members", test_nobody_in_the_pool },
		{ "unnoticed stays unnoticed", test_too_late },
		CU_TEST_INFO_NULL,
	};

	return unit_main("outage", tests);
}
