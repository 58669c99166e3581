/* SPDX-License-Identifier: MIT */
/*
 * live/probe/health.c: who is new is no candidate before he answered; answers
 * decide per (probe, address); what was known is carried over a reload and a
 * restart, by the names of probes.
 */
#include <stdlib.h>
#include <string.h>

#include "live/bpf/memo.h"
#include "live/probe/health.h"
#include "model/config/names.h"
#include "tests/unit.h"

#define A "10.0.0.1"
#define B "10.0.0.2"
#define C "10.0.0.3"

/* Two pools that share address A; `t` is probed for both, `u` for one. */
#define CONFIG(probes, more)                                                   \
	"load_balancer: { sku: fairlead }\n"                                   \
	"frontends: [{ name: f, address: 192.0.2.1 }]\n"                       \
	"pools:\n"                                                             \
	"  - { name: p, members: [{ name: a, address: " A " },\n"              \
	"      { name: b, address: " B " }" more "] }\n"                       \
	"  - { name: q, members: [{ name: x, address: " A " }] }\n"            \
	"probes: [" probes "]\n"                                               \
	"rules:\n"                                                             \
	"  - { name: r1, frontend: f, pool: p, probe: t, protocol: tcp,\n"     \
	"      frontend_port: 1, table_size: 101 }\n"                          \
	"  - { name: r2, frontend: f, pool: q, probe: t, protocol: tcp,\n"     \
	"      frontend_port: 2, backend_port: 3, table_size: 101 }\n"         \
	"  - { name: r3, frontend: f, pool: p, probe: u, protocol: tcp,\n"     \
	"      frontend_port: 3, backend_port: 4, table_size: 101 }\n"

#define T        "{ name: t, protocol: tcp, port: 1 }"
#define U        "{ name: u, protocol: tcp, port: 2, probe_threshold: 2 }"
#define AS_FIRST CONFIG(T ", " U, "")
/* The probes change places, and a member comes. */
#define AS_LATER CONFIG(U ", " T, ", { name: c, address: " C " }")

struct made {
	struct lb_config *config;
	struct lb_plan *plan;
	struct live_health *health;
};

static struct made
make(const char *text, const struct lb_plan *before,
    const struct live_health *health)
{
	struct lb_problems problems = { 0 };
	struct made m = { .config = lb_config_read(
			      text, strlen(text), "test", &problems) };
	lb_problems_print(&problems, "test", stderr);
	UNIT_NEED(m.config);
	m.plan = lb_plan_compile(m.config, before, NULL, &problems);
	lb_problems_free(&problems);
	UNIT_NEED(m.plan);
	m.health = live_health_new(m.config, m.plan, health);
	UNIT_NEED(m.health);
	return m;
}

static void
made_free(struct made *m)
{
	live_health_free(m->health);
	lb_plan_free(m->plan);
	lb_config_free(m->config);
}

static int
probe_of(const struct made *m, const char *name)
{
	return strcmp(m->config->probes[0].name, name) == 0 ? 0 : 1;
}

static bool
is_up(const struct made *m, const char *probe, const char *pool,
    const char *member)
{
	for (uint32_t id = 0; id < m->plan->member_count; id++)
		if (strcmp(m->plan->members[id].pool, pool) == 0 &&
		    strcmp(m->plan->members[id].name, member) == 0)
			return live_health_up(
			    m->health, probe_of(m, probe), (uint16_t)id);
	CU_FAIL("no such member");
	return false;
}

static enum lb_health_change
answer(const struct made *m, const char *probe, const char *address,
    enum lb_answer what)
{
	struct lb_addr addr;
	CU_ASSERT(lb_addr_of_text(address, &addr));
	return live_health_answer(
	    m->health, probe_of(m, probe), &addr, what, 1000);
}

/* All three answered well, as often as their probes want. */
static void
come_up(const struct made *m)
{
	CU_ASSERT_EQUAL(answer(m, "t", A, LB_ANSWER_GOOD), LB_HEALTH_WENT_UP);
	CU_ASSERT_EQUAL(answer(m, "t", B, LB_ANSWER_GOOD), LB_HEALTH_WENT_UP);
	CU_ASSERT_EQUAL(answer(m, "u", A, LB_ANSWER_GOOD), LB_HEALTH_STILL);
	CU_ASSERT(!is_up(m, "u", "p", "a"));
	CU_ASSERT_EQUAL(answer(m, "u", A, LB_ANSWER_GOOD), LB_HEALTH_WENT_UP);
	CU_ASSERT_EQUAL(answer(m, "u", B, LB_ANSWER_GOOD), LB_HEALTH_STILL);
	CU_ASSERT_EQUAL(answer(m, "u", B, LB_ANSWER_GOOD), LB_HEALTH_WENT_UP);
}

static enum lb_health_state
state_of(const struct made *m, const char *probe, const char *address)
{
	struct lb_addr addr;
	CU_ASSERT(lb_addr_of_text(address, &addr));
	const struct lb_health *health =
	    live_health_of(m->health, probe_of(m, probe), &addr);
	UNIT_NEED(health);
	return health->state;
}

/* A is down by t, in both pools; all else is up. */
static void
check_a_is_down(const struct made *m)
{
	CU_ASSERT(!is_up(m, "t", "p", "a"));
	CU_ASSERT(!is_up(m, "t", "q", "x"));
	CU_ASSERT(is_up(m, "t", "p", "b"));
	CU_ASSERT(is_up(m, "u", "p", "a"));
	CU_ASSERT(is_up(m, "u", "p", "b"));
}

static void
test_new(void)
{
	struct made m = make(AS_FIRST, NULL, NULL);
	CU_ASSERT_EQUAL(state_of(&m, "t", A), LB_HEALTH_UNKNOWN);
	CU_ASSERT(!is_up(&m, "t", "p", "a"));
	CU_ASSERT(!is_up(&m, "t", "q", "x"));
	CU_ASSERT(!is_up(&m, "u", "p", "b"));
	/* no probe of a rule looks at q by u */
	CU_ASSERT_EQUAL(
	    answer(&m, "u", "10.9.9.9", LB_ANSWER_GOOD), LB_HEALTH_STILL);
	come_up(&m);
	CU_ASSERT(is_up(&m, "t", "q", "x"));
	made_free(&m);
	m = make(AS_FIRST, NULL, NULL);
	CU_ASSERT_EQUAL(
	    answer(&m, "t", A, LB_ANSWER_SILENT), LB_HEALTH_WENT_DOWN);
	made_free(&m);
}

/* By all of the pools' rules: nobody new means that nobody gets flows, or
 * everybody where the rule says so. */
static void
test_new_in_plan(void)
{
	struct made m = make(AS_FIRST, NULL, NULL);
	CU_ASSERT_EQUAL(
	    lb_plan_health(m.plan, m.config, live_health_up, m.health), 0);
	for (uint32_t id = 0; id < m.plan->member_count; id++)
		CU_ASSERT_EQUAL(m.plan->member_state[id] & ~1u, 0);
	come_up(&m);
	CU_ASSERT_EQUAL(
	    lb_plan_health(m.plan, m.config, live_health_up, m.health), 0);
	for (uint32_t id = 0; id < m.plan->member_count; id++)
		CU_ASSERT_NOT_EQUAL(m.plan->member_state[id] & ~1u, 0);
	made_free(&m);
}

static void
test_answers(void)
{
	struct made m = make(AS_FIRST, NULL, NULL);
	come_up(&m);
	CU_ASSERT_EQUAL(answer(&m, "t", A, LB_ANSWER_GOOD), LB_HEALTH_STILL);
	CU_ASSERT_EQUAL(
	    answer(&m, "t", A, LB_ANSWER_REFUSED), LB_HEALTH_WENT_DOWN);
	check_a_is_down(&m);
	CU_ASSERT_EQUAL(
	    answer(&m, "u", "10.9.9.9", LB_ANSWER_REFUSED), LB_HEALTH_STILL);
	CU_ASSERT_EQUAL(answer(&m, "t", A, LB_ANSWER_GOOD), LB_HEALTH_WENT_UP);
	CU_ASSERT(is_up(&m, "t", "q", "x"));
	made_free(&m);
}

static void
test_reload(void)
{
	struct made m = make(AS_FIRST, NULL, NULL);
	come_up(&m);
	(void)answer(&m, "t", A, LB_ANSWER_REFUSED);
	struct made n = make(AS_LATER, m.plan, m.health);
	check_a_is_down(&n);
	CU_ASSERT_EQUAL(state_of(&n, "t", C), LB_HEALTH_UNKNOWN);
	CU_ASSERT(!is_up(&n, "t", "p", "c"));
	made_free(&n);
	made_free(&m);
}

static void
test_restart(void)
{
	static uint32_t words[LIVE_HEALTH_WORDS];
	size_t bytes;
	struct made m = make(AS_FIRST, NULL, NULL);
	come_up(&m);
	(void)answer(&m, "t", A, LB_ANSWER_REFUSED);
	live_health_write(m.health, words);
	void *memo = live_memo_write(m.plan, &bytes);
	UNIT_NEED(memo);
	made_free(&m);

	struct lb_plan *before = live_memo_read(memo, bytes);
	UNIT_NEED(before);
	struct made n = make(AS_LATER, before, NULL);
	live_health_adopt(n.health, before, words);
	check_a_is_down(&n);
	CU_ASSERT_EQUAL(state_of(&n, "t", C), LB_HEALTH_UNKNOWN);
	CU_ASSERT(!is_up(&n, "t", "p", "c"));
	CU_ASSERT_EQUAL(answer(&n, "t", A, LB_ANSWER_GOOD), LB_HEALTH_WENT_UP);
	made_free(&n);
	lb_plan_free(before);
	free(memo);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "who is new is unknown", test_new },
		{ "and no candidate", test_new_in_plan },
		{ "answers decide", test_answers },
		{ "a reload carries them over", test_reload },
		{ "so does a restart", test_restart },
		CU_TEST_INFO_NULL,
	};
	return unit_main("live health", tests);
}
