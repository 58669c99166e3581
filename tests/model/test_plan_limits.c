/* SPDX-License-Identifier: MIT */
/* Configurations that are good but more than a plan can hold: refused with
 * one error, and just below that compiled. */
#include "model/lut/lut.h"
#include "model/plan/plan.h"

#include "tests/model/plan_text.h"

/* A configuration of one frontend, one pool of member_count members, and
 * rule_count floating rules on ports 1, 2 ...; not checked. */
static struct lb_config *
config_make(unsigned member_count, unsigned rule_count)
{
	struct lb_config *config = lb_config_zero(1, LB_MODE_FIVE_TUPLE);
	struct lb_config *large =
	    lb_config_zero(member_count, LB_MODE_FIVE_TUPLE);

	UNIT_NEED(config);
	UNIT_NEED(large);
	struct lb_config_pool pool = config->pools[0];
	config->pools[0] = large->pools[0];
	large->pools[0] = pool;
	lb_config_free(large);
	struct lb_config_rule *rules = calloc(rule_count, sizeof(*rules));
	UNIT_NEED(rules);
	for (unsigned r = 0; r < rule_count; r++) {
		rules[r] = config->rules[0];
		rules[r].proto = LB_PROTO_TCP;
		rules[r].frontend_port = (uint16_t)(r + 1);
		rules[r].table_size = 7;
		CU_ASSERT_TRUE_FATAL(asprintf(&rules[r].name, "r%u", r) > 0);
	}
	free(config->rules[0].name);
	free(config->rules[1].name);
	free(config->rules);
	config->rules = rules;
	config->rule_count = rule_count;
	config->next_hop_rule4 = config->next_hop_rule6 = -1;
	return config;
}

/* Compiles and frees; what is said must have `part` in it. */
static bool
compiles(struct lb_config *config, const char *part)
{
	struct lb_problems problems = { 0 };
	struct lb_plan *plan = lb_plan_compile(config, NULL, NULL, &problems);
	bool done = plan != NULL;

	CU_ASSERT_EQUAL(problems.error_count, done ? 0 : 1);
	if (!done && problems.count == 1)
		UNIT_ROW(problems.at[0].what,
		    strstr(problems.at[0].what, part) != NULL);
	lb_problems_free(&problems);
	lb_plan_free(plan);
	lb_config_free(config);
	return done;
}

static struct lb_config *
with_timeouts(unsigned count)
{
	struct lb_config *config = config_make(1, count);

	for (unsigned r = 0; r < count; r++)
		config->rules[r].idle_timeout_ms = UINT64_C(1000) * (r + 1);
	return config;
}

static void
test_timeouts(void)
{
	CU_ASSERT_TRUE(compiles(with_timeouts(60), ""));
	CU_ASSERT_FALSE(compiles(with_timeouts(61), "60 distinct timeouts"));
}

static struct lb_config *
with_probes(unsigned count)
{
	struct lb_config *config = config_make(1, count);

	config->probes = calloc(count, sizeof(*config->probes));
	UNIT_NEED(config->probes);
	config->probe_count = count;
	for (unsigned r = 0; r < count; r++) {
		config->rules[r].probe = (int)r;
		CU_ASSERT_TRUE_FATAL(
		    asprintf(&config->probes[r].name, "q%u", r) > 0);
	}
	return config;
}

static void
test_probes(void)
{
	CU_ASSERT_TRUE(compiles(with_probes(31), ""));
	CU_ASSERT_FALSE(compiles(with_probes(32), "more than 31 probes"));
}

/* Bits that the plan before used are taken when there is no other. */
static void
test_probes_change(void)
{
	struct lb_config *one = with_probes(31), *two = with_probes(31);
	struct lb_problems problems = { 0 };

	for (unsigned p = 0; p < 30; p++)
		two->probes[p].name[0] = 'n';
	struct lb_plan *before = lb_plan_compile(one, NULL, NULL, &problems);
	UNIT_NEED(before);
	struct lb_plan *after = lb_plan_compile(two, before, NULL, &problems);
	UNIT_NEED(after);
	uint32_t bits = 0;
	for (uint32_t p = 0; p < after->probe_count; p++)
		bits |= UINT32_C(1) << after->probes[p].bit;
	CU_ASSERT_EQUAL(bits, 0xfffffffe);
	CU_ASSERT_EQUAL(after->probes[30].bit, before->probes[30].bit);
	lb_plan_free(before);
	lb_plan_free(after);
	lb_config_free(one);
	lb_config_free(two);
}

static struct lb_config *
with_tables(unsigned count, uint32_t size, enum lb_algorithm algorithm,
    unsigned members)
{
	struct lb_config *config = config_make(members, count);

	for (unsigned r = 0; r < count; r++) {
		config->rules[r].table_size = size + r;
		config->rules[r].algorithm = algorithm;
	}
	return config;
}

static void
test_tables(void)
{
	CU_ASSERT_TRUE(compiles(with_tables(4096, 1, LB_MODULO, 1), ""));
	CU_ASSERT_FALSE(compiles(with_tables(4097, 1, LB_MODULO, 1),
	    "more than 4096 lookup tables"));
	CU_ASSERT_FALSE(
	    compiles(with_tables(300, (1 << 20) - 300, LB_MODULO, 1),
		"'r256' the lookup tables of all rules"));
	CU_ASSERT_FALSE(compiles(with_tables(9, 1 << 20, LB_RENDEZVOUS, 32000),
	    "'r0' the lookup tables of all rules"));
	CU_ASSERT_TRUE(
	    compiles(with_tables(1, LB_LUT_PRIME_MAX, LB_STABLE, 32000), ""));
}

static struct lb_config *
with_replies(unsigned members, unsigned rules)
{
	struct lb_config *config = config_make(members, rules);

	config->frontends = calloc(1, sizeof(*config->frontends));
	UNIT_NEED(config->frontends);
	config->frontend_count = 1;
	for (unsigned r = 0; r < rules; r++) {
		config->rules[r].frontend = 0;
		config->rules[r].floating_ip = false;
		config->rules[r].backend_port = (uint16_t)(r + 1);
	}
	return config;
}

static void
test_endpoints(void)
{
	CU_ASSERT_TRUE(compiles(with_replies(1000, 100), ""));
	CU_ASSERT_FALSE(compiles(with_replies(32000, 33), "more than 1048576"));
}

/* Members of two generations, one of them only remembered. */
static void
test_ids(void)
{
	struct lb_config *one = config_make(32767, 1);
	struct lb_config *two = config_make(32767, 1);
	struct lb_problems problems = { 0 };
	static struct lb_usage used;

	struct lb_plan *before = lb_plan_compile(one, NULL, NULL, &problems);
	UNIT_NEED(before);
	for (size_t m = 0; m < two->pools[0].member_count; m++)
		two->pools[0].members[m].name[0] = 'n'; /* everybody is new */
	struct lb_plan *after = lb_plan_compile(two, before, NULL, &problems);
	UNIT_NEED(after);
	CU_ASSERT_EQUAL(after->member_count, 65535);
	for (size_t m = 0; m < two->pools[0].member_count; m++)
		two->pools[0].members[m].name[0] = 'o'; /* and again */
	CU_ASSERT_PTR_NULL(lb_plan_compile(two, after, NULL, &problems));
	CU_ASSERT_EQUAL(problems.error_count, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(problems.at[0].what, "65535 members"));
	/* with the first generation forgotten there is room */
	struct lb_plan *third = lb_plan_compile(two, after, &used, &problems);
	CU_ASSERT_PTR_NOT_NULL(third);
	lb_plan_free(third);
	lb_plan_free(before);
	lb_plan_free(after);
	lb_config_free(one);
	lb_config_free(two);
	lb_problems_free(&problems);
}

/* An address whose hash as a key is f(wanted): turns the first step back. */
static struct lb_addr
address_that_hashes(uint64_t wanted, uint64_t low)
{
	uint64_t h = (low ^ (uint64_t)LB_ENDPOINT_ADDRESS << 24) *
		     UINT64_C(0x9e3779b97f4a7c15);

	h ^= h >> 32;
	return (struct lb_addr){ { wanted - h, low } };
}

/* Keys that all want the same two rows: four fit, and no more. */
static void
test_collisions(void)
{
	struct lb_config *config = config_make(1, 1);
	struct lb_problems problems = { 0 };
	const uint64_t wanted = 3; /* two different rows of four */

	config->local_addresses = calloc(5, sizeof(struct lb_addr));
	UNIT_NEED(config->local_addresses);
	for (uint64_t i = 0; i < 5; i++)
		config->local_addresses[i] =
		    address_that_hashes(wanted, i << 32 | 7);
	config->local_address_count = 4;
	struct lb_plan *plan = lb_plan_compile(config, NULL, NULL, &problems);
	CU_ASSERT_PTR_NOT_NULL(plan);
	lb_plan_free(plan);
	config->local_address_count = 5;
	CU_ASSERT_FALSE(compiles(config, "made to collide"));
	lb_problems_free(&problems);
}

/* What lb_config_check() would have refused does no harm. */
static void
test_unchecked(void)
{
	CU_ASSERT_FALSE(
	    compiles(with_tables(1, 0, LB_MODULO, 1), "`table_size`"));
	CU_ASSERT_FALSE(
	    compiles(with_tables(1, UINT32_MAX, LB_MODULO, 1), "`table_size`"));
	CU_ASSERT_FALSE(
	    compiles(with_tables(1, 65536, LB_MAGLEV, 1), "`table_size`"));
	CU_ASSERT_FALSE(
	    compiles(with_tables(1, 65536, LB_STABLE, 1), "`table_size`"));
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "timeouts", test_timeouts },
		{ "probes", test_probes },
		{ "probes that change", test_probes_change },
		{ "lookup tables", test_tables },
		{ "endpoints", test_endpoints },
		{ "ids", test_ids },
		{ "keys that collide", test_collisions },
		{ "unchecked", test_unchecked },
		CU_TEST_INFO_NULL,
	};

	return unit_main("plan_limits", tests);
}
