/* SPDX-License-Identifier: MIT */
/*
 * A reload loses no packet: new flows, untracked ones and tracked ones go
 * through the kernel's program without a pause while plans are swapped that
 * add members, remove all of them and lead rules to other lookup tables.
 * Every flow has a member to go to, in each plan and between any two.
 *
 * FAIRLEAD_ROUNDS: how often through all plans.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "live/bpf/engine.h"
#include "live/xdp/referee_io.h"
#include "model/config/names.h"
#include "tests/model/plan_text.h"
#include "tests/support/frame.h"

#define ROUNDS_DEFAULT 12u
#define TRACKED_FLOWS  64u
#define PAUSE_US       3000
#define TEST_SKIPPED   77
#define NOW_MS         1000u
#define OTHERS         UINT32_C(0x80000000) /* flows that are new, too */

/* What a plan is made of: members of three pools, the pool of two rules, and
 * the probe of a third one. */
struct step {
	const char *what, *p, *q, *pool, *probe;
};

#define MEMBER(name, last) "{ name: " name ", address: 10.0.0." last " }"
#define AB                 MEMBER("a", "1") ", " MEMBER("b", "2")
#define CD                 MEMBER("c", "3") ", " MEMBER("d", "4")
#define EF                 MEMBER("e", "5") ", " MEMBER("f", "6")

static const struct step steps[] = {
	{ "two members", AB, EF, "p", "u" },
	{ "two members more", AB ", " CD, EF, "p", "u" },
	{ "without the first ones", CD, EF, "p", "u" },
	{ "others in their place", AB, EF, "p", "u" },
	{ "another probe", AB, EF, "p", "v" },
	{ "the other pool", CD, EF, "q", "v" },
	{ "others there, too", CD, AB, "q", "v" },
	{ "back, to a slot below", CD, AB, "p", "u" },
};

static const struct step unknown = { "members nobody knows",
	MEMBER("i", "9") ", " MEMBER("j", "10"), AB, "p", "u" };

struct sender {
	struct live_engine *engine;
	struct referee_io *io;
	int program;
	atomic_bool stop;
	uint64_t sent, made, lost[LB_REASON_COUNT], unsent, moved;
};

static struct live_engine *engine;
static struct made now; /* in force */

/* --- plans --------------------------------------------------------------- */

static const char *
text_of(const struct step *step, unsigned more_rules)
{
	static char text[512 * 1024];
	int at = snprintf(text, sizeof(text),
	    "load_balancer: { sku: fairlead }\n"
	    "frontends: [{ name: f, address: 192.0.2.1 }]\n"
	    "connection_table: { entries: 4000 }\n"
	    "probes:\n"
	    "  - { name: u, protocol: tcp, port: 1 }\n"
	    "  - { name: v, protocol: tcp, port: 2 }\n"
	    "pools:\n"
	    "  - { name: p, members: [%s] }\n"
	    "  - { name: q, members: [%s] }\n"
	    "  - { name: r, members: [" MEMBER("g", "7") ", " MEMBER("h",
		"8") "] }\n"
		     "rules:\n"
		     "  - { name: syn, frontend: f, pool: %s, protocol: tcp,\n"
		     "      frontend_port: 80, outbound_snat: false }\n"
		     "  - { name: untracked, frontend: f, pool: %s, protocol: "
		     "udp,\n"
		     "      frontend_port: 53, outbound_snat: false,\n"
		     "      connection_tracking: false }\n"
		     "  - { name: tracked, frontend: f, pool: r, protocol: "
		     "udp,\n"
		     "      frontend_port: 54, outbound_snat: false, probe: "
		     "%s,\n"
		     "      connection_tracking: true }\n",
	    step->p, step->q, step->pool, step->pool, step->probe);
	for (unsigned i = 0; i < more_rules; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at,
		    "  - { name: more%u, frontend: f, pool: p, protocol: tcp,\n"
		    "      frontend_port: %u, outbound_snat: false }\n",
		    i, 1000 + i);
	return text;
}

/* Against the plan in force, of whose tombstones only those stay that entries
 * still refer to. */
static struct made
plan_of(const struct step *step, unsigned more_rules)
{
	static struct lb_usage used;
	const struct lb_tables *tables = live_engine_tables(engine);
	memset(&used, 0, sizeof(used));
	lb_usage_count(tables, false, 0, tables->buckets4, &used);
	return make(text_of(step, more_rules), now.plan, &used);
}

/* --- packets ------------------------------------------------------------- */

static void
send_one(struct sender *s, const struct frame_spec *spec)
{
	struct frame f;
	uint8_t out[2048];
	frame_build(&f, spec);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f.data,
	    .data_size_in = f.bytes, .data_out = out,
	    .data_size_out = sizeof(out), .repeat = 1);
	s->io->now_ms = NOW_MS;
	if (bpf_prog_test_run_opts(s->program, &opts) != 0) {
		s->unsent++;
		return;
	}
	const struct lb_result *result = &s->io->result;
	s->sent++;
	s->made += (result->facts & LB_FACT_MADE) != 0;
	if (result->verdict != LB_FORWARD)
		s->lost[result->reason]++;
	else if ((result->facts & LB_FACT_RECHOSEN) != 0)
		s->moved++;
}

/* The n-th new flow, or of the flows that stay; see steps. */
static void
send_all(struct sender *s, uint32_t n)
{
	struct frame_spec spec = {
		.src = lb_addr_v4(203u | (n >> 8 & 0xffffff00u)),
		.dst = lb_addr_v4(192u | 2u << 16 | 1u << 24),
		.sport = (uint16_t)n,
		.proto = LB_PROTO_TCP,
		.tcp_flags = LB_TCP_SYN,
		.dport = 80,
	};
	send_one(s, &spec);
	spec.proto = LB_PROTO_UDP;
	spec.dport = 53;
	send_one(s, &spec);
	spec.src = lb_addr_v4(198u);
	spec.sport = (uint16_t)(1024 + n % TRACKED_FLOWS);
	spec.dport = 54;
	send_one(s, &spec);
}

static void *
keep_sending(void *arg)
{
	struct sender *s = arg;
	for (uint32_t n = 0; !atomic_load(&s->stop); n++)
		send_all(s, n);
	return NULL;
}

static void
sender_open(struct sender *s)
{
	*s = (struct sender){ .engine = engine };
	s->program = live_engine_program(engine, "fairlead_referee");
	s->io = live_engine_mmap(engine, "referee", sizeof(*s->io));
	UNIT_NEED(s->io);
}

static void
check_nothing_lost(const struct sender *s)
{
	(void)printf("\n  %ju packets, %ju entries made; ", (uintmax_t)s->sent,
	    (uintmax_t)s->made);
	CU_ASSERT(s->made > 0);
	CU_ASSERT_EQUAL(s->unsent, 0);
	for (unsigned i = 0; i < LB_REASON_COUNT; i++)
		UNIT_EQUAL(lb_reason_name(i), s->lost[i], 0);
	UNIT_EQUAL("flows that left their member", s->moved, 0);
}

/* --- the tests ----------------------------------------------------------- */

static unsigned
rounds(void)
{
	const char *text = getenv("FAIRLEAD_ROUNDS");
	return text != NULL ? (unsigned)strtoul(text, NULL, 0) : ROUNDS_DEFAULT;
}

static void
test_reloads(void)
{
	struct sender s;
	pthread_t thread;
	sender_open(&s);
	if (pthread_create(&thread, NULL, keep_sending, &s) != 0)
		abort();
	for (unsigned i = 1; i <= rounds() * LB_COUNT(steps); i++) {
		const struct step *step = &steps[i % LB_COUNT(steps)];
		struct made next = plan_of(step, 0);
		(void)usleep(PAUSE_US);
		UNIT_EQUAL(step->what, live_engine_swap(engine, next.plan), 0);
		drop(&now);
		now = next;
	}
	atomic_store(&s.stop, true);
	(void)pthread_join(thread, NULL);
	check_nothing_lost(&s);
}

/* Refused: the plan in force goes on with its own tables. */
static void
test_outgrown(void)
{
	struct sender s;
	struct made next = plan_of(&unknown, 1500);
	CU_ASSERT_EQUAL(live_engine_swap(engine, next.plan), -E2BIG);
	sender_open(&s);
	for (uint32_t n = 0; n < 2000; n++)
		send_all(&s, OTHERS + n);
	check_nothing_lost(&s);
	drop(&next);
}

/* Before there are tests that could fail. */
static int
load(void)
{
	char error[512] = "no memory";
	const char *text = text_of(&steps[0], 0);
	struct lb_problems problems = { 0 };
	now.config = lb_config_read(text, strlen(text), "test", &problems);
	if (now.config != NULL)
		now.plan = lb_plan_compile(now.config, NULL, NULL, &problems);
	if (now.plan != NULL)
		engine = live_engine_load(
		    "referee.bpf.o", now.plan, error, sizeof(error));
	int code = errno;
	lb_problems_print(&problems, "test", stdout);
	lb_problems_free(&problems);
	if (engine != NULL)
		return 0;
	(void)printf("%s\n", error);
	return code == EPERM ? TEST_SKIPPED : EXIT_FAILURE;
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "no reload loses a packet", test_reloads },
		{ "a plan without room changes nothing", test_outgrown },
		CU_TEST_INFO_NULL,
	};
	int status = load();
	if (status == 0)
		status = unit_main("swap", tests);
	live_engine_free(engine);
	drop(&now);
	return status;
}
