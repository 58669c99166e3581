/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the readers and of the compiler fails once: nothing
 * crashes, nothing leaks (run it with the sanitizers), and nobody takes the
 * result for a good one.  Linked with --wrap for the functions below.
 */
#include <stdarg.h>

#include "model/plan/plan.h"
#include "tests/model/config_text.h"

static const char good[] =
    "load_balancer: { sku: fairlead }\n"
    "frontends: [{ name: f, address: 192.0.2.1, zones: [1] }]\n"
    "pools: [{ name: p, members: [{ name: a, address: 10.0.0.1 },\n"
    "  { name: b, address: 10.0.0.2, admin_state: up }] },\n"
    "  { name: q, members: [{ name: c, address: 10.0.0.3 },\n"
    "  { name: d, address: 10.0.0.4 }] }]\n"
    "probes: [{ name: t, protocol: http, port: 1, request_path: /,\n"
    "  host: h, source: 10.0.0.9 }, { name: u, protocol: udp, port: 1,\n"
    "  payload: \"0x01\", expect: x }, { name: d, protocol: dns, port: 1,\n"
    "  dns_name: n }, { name: c, protocol: coap, port: 1,\n"
    "  psk_identity: i, psk_file: k }]\n"
    "rules:\n"
    "  - { name: r, frontend: f, pool: p, probe: t, protocol: tcp,\n"
    "      frontend_port: 80, table_size: 7 }\n"
    "  - { name: s, frontend: f, pool: p, protocol: udp, table_size: 7,\n"
    "      frontend_port: 80, algorithm: rendezvous }\n"
    "  - { name: u, frontend: f, pool: q, probe: t, protocol: tcp,\n"
    "      frontend_port: 81, table_size: 7, algorithm: stable }\n"
    "forwarding: { interfaces: [eth0], local_addresses: [10.0.0.9],\n"
    "  local_subnets: [10.0.0.0/8] }\n";

static const char bad[] = "frontends: [{ name: f, name: g, addres: x }]\n"
			  "rules: [{ name: r, frontend: q, pool: p }]\n"
			  "pools: [{ name: p, members: [x] }]\n";

/* --- allocations that fail ----------------------------------------------- */

static long until_failure; /* 0: none will fail (any more) */
static unsigned failures;

static bool
fails(void)
{
	if (until_failure == 0 || --until_failure > 0)
		return false;
	failures++;
	return true;
}

#define WRAP(type, function, parameters, arguments, nothing)                   \
	type __real_##function parameters;                                     \
	type __wrap_##function parameters;                                     \
	type __wrap_##function parameters                                      \
	{                                                                      \
		return fails() ? (nothing) : __real_##function arguments;      \
	}

/* clang-format off */
WRAP(void *, malloc, (size_t a), (a), NULL)
WRAP(void *, calloc, (size_t a, size_t b), (a, b), NULL)
WRAP(void *, realloc, (void *p, size_t a), (p, a), NULL)
WRAP(void *, reallocarray, (void *p, size_t a, size_t b), (p, a, b), NULL)
WRAP(void *, aligned_alloc, (size_t a, size_t b), (a, b), NULL)
WRAP(char *, strdup, (const char *s), (s), NULL)
WRAP(int, vasprintf, (char **p, const char *f, va_list a), (p, f, a), -1)
/* clang-format on */

/* --- the work ------------------------------------------------------------ */

static bool
up(void *arg, int probe, uint16_t member)
{
	(void)arg, (void)probe;
	return member % 2 == 0; /* of each pool one: stable refills */
}

/* Returns whether all of it was done. */
static bool
work(const char *text)
{
	struct lb_problems problems;
	struct lb_config *config = config_of(text, &problems);
	struct lb_plan *plan = NULL, *again = NULL;
	bool done = false;

	if (config != NULL)
		plan = lb_plan_compile(config, NULL, NULL, &problems);
	if (plan != NULL)
		again = lb_plan_compile(config, plan, NULL, &problems);
	if (again != NULL) {
		done = lb_plan_health(again, config, up, NULL) == 0;
		until_failure = 0;
		/* what failed for lack of memory can be repeated */
		CU_ASSERT_EQUAL(lb_plan_health(again, config, up, NULL), 0);
		CU_ASSERT_EQUAL(
		    again->member_state[1] & UINT32_C(1) << again->luts[0].bit,
		    UINT32_C(1) << again->luts[0].bit); /* admin up */
	}
	CU_ASSERT_FALSE(done && problems.error_count > 0);
	lb_plan_free(again);
	lb_plan_free(plan);
	lb_config_free(config);
	lb_problems_free(&problems);
	return done;
}

static void
each_fails(const char *text, bool is_good)
{
	unsigned tried = 0;

	do {
		failures = 0;
		until_failure = ++tried;
		bool done = work(text);
		until_failure = 0;
		CU_ASSERT_EQUAL(done, is_good && failures == 0);
	} while (failures > 0);
	CU_ASSERT_TRUE(tried > 50);
}

static void
test_good(void)
{
	each_fails(good, true);
}

static void
test_bad(void)
{
	each_fails(bad, false);
}

static void
test_zero(void)
{
	struct lb_config *config;

	for (long tried = 1;; tried++) {
		failures = 0;
		until_failure = tried;
		config = lb_config_zero(3, LB_MODE_FIVE_TUPLE);
		until_failure = 0;
		CU_ASSERT_EQUAL(config == NULL, failures > 0);
		if (config != NULL)
			break;
	}
	lb_config_free(config);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "a good configuration", test_good },
		{ "a bad one", test_bad },
		{ "zero configuration", test_zero },
		CU_TEST_INFO_NULL,
	};

	return unit_main("no_memory", tests);
}
