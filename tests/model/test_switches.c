/* SPDX-License-Identifier: MIT */
/* Both sides of the switches that planning and validation look at
 * (doc/decisions.md 40), and that every one of them is in that table. */
#include <stdarg.h>
#include <stdlib.h>

#include "model/config/config_new.h"
#include "model/config/names.h"
#include "model/config/snat.h"
#include "tests/model/plan_text.h"

static char text[1 << 19];
static size_t bytes;

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
put(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bytes +=
	    (size_t)vsnprintf(text + bytes, sizeof(text) - bytes, format, args);
	va_end(args);
}

static void
begin(const char *balancer)
{
	bytes = 0;
	put("load_balancer: { %s }\n", balancer);
}

/* --- as read -------------------------------------------------------------- */

static void
test_read(void)
{
	for (unsigned s = 0; s < LB_SWITCH_COUNT; s++) {
		for (unsigned otherwise = 0; otherwise < 2; otherwise++) {
			struct lb_problems problems;
			const char *key = lb_switch_key(s);
			bytes = 0;
			put("load_balancer: { %s: %s }\n", key,
			    lb_switch_name(s, otherwise != 0));
			struct lb_config *config = config_of(text, &problems);
			UNIT_NEED(config);
			for (unsigned o = 0; o < LB_SWITCH_COUNT; o++)
				UNIT_EQUAL(key, config->otherwise[o],
				    o == s && otherwise);
			lb_config_free(config);
			lb_problems_free(&problems);
		}
	}
}

#define BALANCER(rest) "load_balancer: { " rest " }\n"

/* clang-format off */
static const struct said mistakes[] = {
	{ "switch", BALANCER("hairpin: never"), 1, 27,
	    "'never' is not one of observed and always-fails", NULL },
	{ "first port, low", BALANCER("snat_first_port: 1016"), 1, 35,
	    "1024 to 1536", NULL },
	{ "first port, high", BALANCER("snat_first_port: 1544"), 1, 35,
	    "1024 to 1536", NULL },
	{ "first port, no unit", BALANCER("snat_first_port: 1030"), 1, 35,
	    "use 1024", NULL },
	{ "first port, last", BALANCER("snat_first_port: 1536"), 0, 0, NULL,
	    NULL },
	{ "closed at once", BALANCER("rst_timeout: 0s"), 1, 31,
	    "use 1ms to 24h", NULL },
	{ "closed for long", BALANCER("fin_timeout: 25h"), 1, 31,
	    "use 1ms to 24h", NULL },
	/* 3.1's conflict: TCPRST22 against the API's text */
#define IDLE(ranges, rest) BALANCER("idle_timeouts: " ranges) \
	"frontends: [{ name: f, address: 192.0.2.1 }]\n" \
	"pools: [{ name: p, members: [{ name: a, address: 10.0.0.1 }] }]\n" \
	rest
#define RULES(idle) "rules: [{ name: r, frontend: f, pool: p, " \
	"protocol: tcp, frontend_port: 80, idle_timeout: " idle " }]\n"
#define NATS(idle) "nat_rules: [{ name: n, frontend: f, pool: p, member: a, " \
	"protocol: tcp, frontend_port: 80, backend_port: 80, " \
	"idle_timeout: " idle " }]\n"
#define OUTS(idle) "outbound_rules: [{ name: o, frontends: [f], pool: p, " \
	"idle_timeout: " idle " }]\n"
	{ "rule, current", IDLE("current", RULES("100m")), 0, 0, NULL, NULL },
	{ "rule, api", IDLE("api", RULES("31m")), 4, 90, "4m to 30m", NULL },
	{ "rule, api", IDLE("api", RULES("30m")), 0, 0, NULL, NULL },
	{ "NAT, current", IDLE("current", NATS("100m")), 0, 0, NULL, NULL },
	{ "NAT, api", IDLE("api", NATS("31m")), 4, 123, "4m to 30m", NULL },
	{ "outbound, current", IDLE("current", OUTS("120m")), 0, 0, NULL,
	    NULL },
	{ "outbound, api", IDLE("api", OUTS("101m")), 4, 68, "4m to 100m",
	    NULL },
	{ "outbound, api", IDLE("api", OUTS("100m")), 0, 0, NULL, NULL },
};
/* clang-format on */

static void
test_mistakes(void)
{
	for (size_t i = 0; i < LB_COUNT(mistakes); i++)
		check_said(&mistakes[i], false);
}

/* --- outbound_frontends --------------------------------------------------- */

/* The public addresses that a pool with rules on three frontends has ports
 * of. */
static unsigned
addresses_of(const char *balancer, const char *pool)
{
	struct lb_plan_block first = { 0 };
	unsigned count = 0;

	begin(balancer);
	put("frontends: [{ name: f, address: 203.0.113.1 },\n"
	    "  { name: g, address: 203.0.113.2 },\n"
	    "  { name: h, address: 203.0.113.3 }]\n"
	    "pools: [{ name: %s, members: [{ name: a, address: 10.0.0.1 }] }]\n"
	    "rules:\n",
	    pool);
	for (unsigned i = 0; i < 3; i++)
		put("  - { name: r%u, frontend: %c, pool: %s, protocol: tcp, "
		    "frontend_port: 80, backend_port: %u }\n",
		    i, 'f' + (char)i, pool, 8080 + i);
	struct made made = make(text, NULL, NULL);
	for (uint32_t b = 0; b < made.plan->block_count; b++) {
		const struct lb_plan_block *block = &made.plan->blocks[b];
		if (b > 0 && block->row.address == first.row.address)
			continue;
		first = *block;
		count++;
	}
	unsigned ports = lb_plan_snat_ports(
	    made.plan, member_id(made.plan, pool, "a"), false);
	CU_ASSERT_EQUAL(ports, 1024); /* min(1024 f, 1024) */
	drop(&made);
	return count;
}

static void
test_frontends(void)
{
	static const struct {
		const char *balancer;
		unsigned addresses;
	} rows[] = {
		{ "sku: standard", 3 },
		{ "outbound_frontends: fill-first", 3 },
		{ "outbound_frontends: single", 1 },
		{ "sku: basic", 1 }, /* AZ 4.7 */
		{ "sku: basic, outbound_frontends: all", 3 },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++)
		UNIT_EQUAL(rows[i].balancer,
		    addresses_of(rows[i].balancer, "p"), rows[i].addresses);
}

/* --- snat_first_port ------------------------------------------------------ */

static void
test_first_port(void)
{
	static const struct {
		const char *balancer;
		unsigned first;
	} rows[] = { { "sku: standard", 1024 },
		{ "snat_first_port: 1032", 1032 },
		{ "snat_first_port: 1536", 1536 } };

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		begin(rows[i].balancer);
		put("frontends: [{ name: f, address: 203.0.113.1 }]\n"
		    "pools: [{ name: p, members: [{ name: a, "
		    "address: 10.0.0.1 }] }]\n"
		    "outbound_rules: [{ name: o, frontends: [f], pool: p, "
		    "protocol: tcp, ports_per_member: 64000 }]\n");
		struct made made = make(text, NULL, NULL);
		CU_ASSERT_EQUAL(made.plan->block_count, 1);
		UNIT_EQUAL(rows[i].balancer, made.plan->blocks[0].row.first,
		    rows[i].first);
		UNIT_EQUAL(rows[i].balancer, made.plan->blocks[0].row.last,
		    rows[i].first + 63999);
		drop(&made);
	}
}

/* --- max_members ---------------------------------------------------------- */

/* As many as so many members could have, less what a rule takes (AZ 4.3). */
static void
test_max_members(void)
{
	begin("sku: standard");
	put("frontends: [{ name: f, address: 203.0.113.1 }]\n"
	    "pools: [{ name: p, members: [\n");
	for (unsigned i = 0; i < 10; i++)
		put("  { name: m%u, address: 10.0.0.%u },\n", i, i);
	put("] }]\nrules: [{ name: r, frontend: f, pool: p, protocol: tcp, "
	    "frontend_port: 80, outbound_snat: false }]\n"
	    "outbound_rules: [{ name: o, frontends: [f], pool: p, "
	    "protocol: tcp, max_members: 10 }]\n");
	struct made made = make(text, NULL, NULL);
	for (uint16_t id = 0; id < 10; id++)
		CU_ASSERT_EQUAL(lb_plan_snat_ports(made.plan, id, false), 6392);
	drop(&made);
}

/* --- ports_beyond_1000 ---------------------------------------------------- */

static void
put_large(const char *balancer, unsigned members, const char *rest)
{
	begin(balancer);
	put("frontends: [{ name: f, address: 203.0.113.1 }]\n"
	    "pools: [{ name: p, members: [\n");
	for (unsigned i = 0; i < members; i++)
		put("  { name: m%u, address: 10.0.%u.%u },\n", i, i >> 8,
		    i & 255);
	put("] }]\n%s", rest);
}

static void
test_beyond_1000(void)
{
#define OUT(more)                                                              \
	"outbound_rules: [{ name: o, frontends: [f], pool: p" more " }]\n"
#define IMPLICIT                                                               \
	"rules: [{ name: r, frontend: f, pool: p, protocol: tcp, "             \
	"frontend_port: 80 }]\n"
	static const struct {
		const char *balancer, *rest;
		unsigned members, ports;
		const char *refused;
	} rows[] = {
		{ "ports_beyond_1000: 32", OUT(""), 1001, 32, NULL },
		{ "ports_beyond_1000: none", OUT(""), 1000, 32, NULL },
		{ "ports_beyond_1000: none", OUT(""), 1001, 0,
		    "give `ports_per_member`" },
		{ "ports_beyond_1000: none", OUT(", ports_per_member: 16"),
		    1001, 16, NULL },
		{ "ports_beyond_1000: 32", IMPLICIT, 1001, 32, NULL },
		{ "ports_beyond_1000: none", IMPLICIT, 1001, 0, NULL },
		{ "ports_beyond_1000: none", IMPLICIT, 1000, 32, NULL },
	};

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		put_large(rows[i].balancer, rows[i].members, rows[i].rest);
		if (rows[i].refused != NULL) {
			struct lb_problems problems;
			UNIT_ROW(rows[i].refused,
			    config_of(text, &problems) == NULL &&
				problems.error_count == 1);
			for (size_t p = 0; p < problems.count; p++)
				UNIT_ROW(rows[i].refused,
				    problems.at[p].warning ||
					strstr(problems.at[p].what,
					    rows[i].refused) != NULL);
			lb_problems_free(&problems);
			continue;
		}
		struct made made = make(text, NULL, NULL);
		UNIT_EQUAL(rows[i].balancer,
		    lb_plan_snat_ports(
			made.plan, member_id(made.plan, "p", "m0"), false),
		    rows[i].ports);
		drop(&made);
	}
}

/* --- whose idle timeout and tcp_reset count (AZ 3.2, 3.1) ------------------
 */

/* clang-format off */
static const struct precedence {
	const char *what, *frontend, *rule, *nat, *outbound;
	unsigned of_rule, of_nat, of_outbound; /* minutes */
	bool rule_resets, nat_resets, outbound_resets;
} precedences[] = {
	{ "nothing said", "", "", "", "", 4, 4, 4, false, false, false },
	{ "each its own", "", ", idle_timeout: 5m, tcp_reset: true",
	  ", idle_timeout: 6m", ", idle_timeout: 7m", 5, 6, 7, true, false,
	  false },
	{ "a frontend's", ", idle_timeout: 9m", "", ", tcp_reset: true", "", 9,
	  9, 4, false, true, false },
	{ "a frontend's beats theirs", ", idle_timeout: 9m",
	  ", idle_timeout: 5m", ", idle_timeout: 6m",
	  ", idle_timeout: 7m, tcp_reset: true", 9, 9, 7, false, false, true },
};
/* clang-format on */

static unsigned
minutes_of(const struct lb_plan *plan, const char *rule)
{
	return plan->classes[rule_row(plan, rule)->class_tcp].open_ms / 60000;
}

static bool
resets(const struct lb_plan *plan, const char *rule)
{
	return (rule_row(plan, rule)->flags & LB_RULE_TCP_RESET) != 0;
}

static void
test_precedence(void)
{
	for (size_t i = 0; i < LB_COUNT(precedences); i++) {
		const struct precedence *row = &precedences[i];
		begin("sku: standard");
		put("frontends: [{ name: f, address: 203.0.113.1%s }]\n",
		    row->frontend);
		put("pools: [{ name: p, members: [{ name: a, "
		    "address: 10.0.0.1 }] }]\nrules: [{ name: r, frontend: f, "
		    "pool: p, protocol: tcp, frontend_port: 80, "
		    "outbound_snat: false%s }]\n",
		    row->rule);
		put("nat_rules: [{ name: n, frontend: f, pool: p, member: a, "
		    "protocol: tcp, frontend_port: 22, backend_port: 22%s }]\n",
		    row->nat);
		put("outbound_rules: [{ name: o, frontends: [f], pool: p%s "
		    "}]\n",
		    row->outbound);
		struct made made = make(text, NULL, NULL);
		UNIT_EQUAL(row->what, minutes_of(made.plan, "r"), row->of_rule);
		UNIT_EQUAL(
		    row->what, minutes_of(made.plan, "n/a"), row->of_nat);
		UNIT_EQUAL(
		    row->what, minutes_of(made.plan, "/o"), row->of_outbound);
		UNIT_EQUAL(row->what, resets(made.plan, "r"), row->rule_resets);
		UNIT_EQUAL(
		    row->what, resets(made.plan, "n/a"), row->nat_resets);
		UNIT_EQUAL(
		    row->what, resets(made.plan, "/o"), row->outbound_resets);
		drop(&made);
	}
}

/* What rules let out by themselves has a public address's fixed 4 minutes,
 * and no resets, whatever the rule and its frontend say. */
static void
test_implicit(void)
{
	begin("sku: standard");
	put("frontends: [{ name: f, address: 203.0.113.1, idle_timeout: 9m }]\n"
	    "pools: [{ name: p, members: [{ name: a, address: 10.0.0.1 }] }]\n"
	    "rules: [{ name: r, frontend: f, pool: p, protocol: tcp, "
	    "frontend_port: 80, idle_timeout: 9m, tcp_reset: true }]\n");
	struct made made = make(text, NULL, NULL);
	CU_ASSERT_EQUAL_FATAL(made.plan->block_count, 1);
	CU_ASSERT_EQUAL(
	    made.plan->classes[made.plan->blocks[0].row.class].open_ms, 240000);
	drop(&made);
}

/* --- doc/decisions.md ----------------------------------------------------- */

static bool
has_row(const char *table, const char *key)
{
	char cell[96];

	(void)snprintf(cell, sizeof(cell), "`%s:", key);
	return strstr(table, cell) != NULL;
}

/* Decision 40's table has every key that is a switch. */
static void
test_decisions(void)
{
#define X(section, key, text) text,
	static const char *const keys[] = { LB_BALANCER_KEYS(X) };
#undef X
	const char *src = getenv("SRC");
	char path[4096];
	char *all = calloc(1, 1 << 20);

	(void)snprintf(
	    path, sizeof(path), "%s/doc/decisions.md", src == NULL ? "." : src);
	FILE *file = fopen(path, "re");
	UNIT_NEED(file);
	UNIT_NEED(all);
	(void)fread(all, 1, (1 << 20) - 1, file);
	(void)fclose(file);
	const char *table = strstr(all, "\n## 40. ");
	UNIT_NEED(table);
	for (size_t i = 0; i < LB_COUNT(keys); i++)
		if (strcmp(keys[i], "sku") != 0 &&
		    strcmp(keys[i], "hash_key") != 0)
			UNIT_ROW(keys[i], has_row(table, keys[i]));
	free(all);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "as read", test_read },
		{ "one mistake each, idle_timeouts", test_mistakes },
		{ "outbound_frontends", test_frontends },
		{ "snat_first_port", test_first_port },
		{ "max_members", test_max_members },
		{ "ports_beyond_1000", test_beyond_1000 },
		{ "whose idle timeout counts", test_precedence },
		{ "what is let out by rules", test_implicit },
		{ "doc/decisions.md has every switch", test_decisions },
		CU_TEST_INFO_NULL,
	};

	return unit_main("switches", tests);
}
