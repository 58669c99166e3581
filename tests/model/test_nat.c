/* SPDX-License-Identifier: MIT */
/* Inbound NAT rules (AZ 5.5, 13.10): as read, as refused, and who gets which
 * port, also when members come and go. */
#include "tests/model/plan_text.h"

#define CODE_CONFIG                                                            \
	"RulesOfSameLoadBalancerTypeUseSameBackendPortProtocolAndIPConfig"

/* clang-format off */
#define AZURE "load_balancer: { sku: standard }\n"
#define OURS "load_balancer: { sku: fairlead }\n"
#define BASIC "load_balancer: { sku: basic }\n"
/* line 2 to 9 */
#define BASE \
	"frontends:\n" \
	"  - { name: f, address: 203.0.113.1 }\n" \
	"  - { name: s, address: 2001:db8::1 }\n" \
	"pools:\n" \
	"  - { name: p, members: [{ name: a_0, address: 10.0.0.4 },\n" \
	"      { name: b_7, address: 10.0.0.5 }, { name: c_2, address: 10.0.0.6 }] }\n" \
	"  - { name: q, members: [{ name: a_0, address: 10.0.1.4 }, { name: x, address: 10.0.1.5 }] }\n" \
	"  - { name: twin, members: [{ name: c_2, address: 10.0.0.6 }] }\n"
/* line 10 on: NAT rules, one a line, what stands after the name */
#define NATS BASE "nat_rules:\n"
#define NAT(name, rest) "  - { name: " name ", frontend: f, " rest " }\n"
#define SSH "protocol: tcp, backend_port: 22, "
#define LB(name, rest) "  - { name: " name ", frontend: f, pool: p, " rest " }\n"

static const struct said rows[] = {
	{ "single member", AZURE NATS
	    NAT("n", SSH "frontend_port: 2201, member: b_7"), 0, 0, NULL, NULL },
	{ "a member that two pools have, one machine", AZURE NATS
	    NAT("n", SSH "frontend_port: 2201, member: c_2"), 0, 0, NULL, NULL },
	{ "two machines of one name", AZURE NATS
	    NAT("n", SSH "frontend_port: 2201, member: a_0"), 11, 91,
	    "say which with `pool`", NULL },
	{ "which is said", AZURE NATS
	    NAT("n", SSH "frontend_port: 2201, pool: q, member: a_0"), 0, 0,
	    NULL, NULL },
	{ "nobody", AZURE NATS
	    NAT("n", SSH "frontend_port: 2201, member: z"), 11, 91,
	    "no pool has a member 'z'", NULL },
	{ "nobody there", AZURE NATS
	    NAT("n", SSH "frontend_port: 2201, pool: twin, member: x"), 11, 103,
	    "pool 'twin' has no member 'x'", NULL },
	{ "no target", AZURE NATS NAT("n", SSH "frontend_port: 2201"), 11, 5,
	    "needs `pool`", NULL },
	{ "no port", AZURE NATS NAT("n", SSH "pool: p"), 11, 5,
	    "needs `frontend_port`", NULL },
	{ "no backend port", AZURE NATS
	    NAT("n", "protocol: tcp, frontend_port: 1, member: x"), 11, 5,
	    "needs `backend_port`", NULL },
	/* 13.10: v2 NAT 500..502, 3 members; 4th: blocked */
	{ "pool range, full", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-502, pool: p"), 0, 0, NULL, NULL },
	{ "pool range, too small", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-501, pool: p"), 11, 78,
	    "2 frontend ports for the 3 members", NULL },
	{ "one port for a pool of three", AZURE NATS
	    NAT("n", SSH "frontend_port: 500, pool: p"), 11, 77,
	    "1 frontend port for the 3", NULL },
	{ "both ways", AZURE NATS
	    NAT("n", SSH "frontend_port: 1, frontend_ports: 1-3, pool: p"), 11,
	    96, "exclude each other", NULL },
	{ "no range", AZURE NATS
	    NAT("n", SSH "frontend_ports: 502-500, pool: p"), 11, 78,
	    "no range of ports", NULL },
	{ "half a range", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-, pool: p"), 11, 78,
	    "no range of ports", NULL },
	{ "port 0", AZURE NATS NAT("n", SSH "frontend_port: 0, member: x"), 11,
	    77, "1 to 65534", NULL },
	{ "port 65535", AZURE NATS
	    NAT("n", SSH "frontend_port: 65535, member: x"), 11, 77,
	    "1 to 65534", NULL },
	{ "port 65535, fairlead", OURS NATS
	    NAT("n", SSH "frontend_port: 65535, member: x"), 0, 0, NULL, NULL },
	{ "backend port 0", AZURE NATS
	    NAT("n", "protocol: tcp, backend_port: 0, frontend_port: 1, "
	    "member: x"), 11, 58, "0 is no port", NULL },
	{ "idle 3m", AZURE NATS
	    NAT("n", SSH "frontend_port: 1, member: x, idle_timeout: 3m"), 11,
	    105, "4m to 100m", NULL },
	{ "basic has no reset", BASIC NATS
	    NAT("n", SSH "frontend_port: 1, member: x, tcp_reset: true"), 11,
	    102, "no `tcp_reset`", NULL },
	{ "families", AZURE NATS "  - { name: n, frontend: s, " SSH
	    "frontend_port: 1, pool: p, member: c_2 }\n", 11, 86,
	    "of the other family", NULL },
	{ "l2dsr changes no ports", AZURE NATS
	    NAT("n", SSH "frontend_port: 2201, member: x")
	    "forwarding: { mode: l2dsr }\n", 11, 58, "l2dsr changes no ports",
	    NULL },
	{ "l2dsr, the same port", AZURE NATS
	    NAT("n", SSH "frontend_port: 22, member: x")
	    "forwarding: { mode: l2dsr }\n", 0, 0, NULL, NULL },
	/* 5.5: the legacy pool */
	{ "instances", AZURE NATS
	    NAT("n", SSH "frontend_ports: 50000-50007, pool: p, "
	    "assignment: instance"), 0, 0, NULL, NULL },
	{ "an instance beyond", AZURE NATS
	    NAT("n", SSH "frontend_ports: 50000-50006, pool: p, "
	    "assignment: instance"), 11, 112, "port 50007", NULL },
	{ "no instance", AZURE NATS
	    NAT("n", SSH "frontend_ports: 50000-50007, pool: q, "
	    "assignment: instance"), 11, 112, "'x' has no number", NULL },
	{ "rules and legacy pools", AZURE NATS
	    NAT("n", SSH "frontend_ports: 50000-50007, pool: p, "
	    "assignment: instance")
	    NAT("m", "protocol: udp, backend_port: 22, frontend_port: 1, "
	    "member: x"), 11, 112, "one kind", NULL },
	{ "rules and legacy pools, fairlead", OURS NATS
	    NAT("n", SSH "frontend_ports: 50000-50007, pool: p, "
	    "assignment: instance")
	    NAT("m", "protocol: udp, backend_port: 22, frontend_port: 1, "
	    "member: x"), 0, 0, NULL, NULL },
	/* 5.4, 5.5: conflicts */
	{ "ranges side by side", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-502, pool: p")
	    NAT("m", SSH "frontend_ports: 503-505, pool: q"), 0, 0, NULL, NULL },
	{ "ranges overlap", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-502, pool: p")
	    NAT("m", SSH "frontend_ports: 502-505, pool: q"), 12, 78,
	    "NAT rule 'n' and NAT rule 'm' share ports", NULL },
	{ "ranges overlap, other protocol", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-502, pool: p")
	    NAT("m", "protocol: udp, backend_port: 1, frontend_ports: 502-505, "
	    "pool: q"), 0, 0, NULL, NULL },
	{ "a rule's port in a range", AZURE NATS
	    NAT("n", "protocol: all, backend_port: 22, "
	    "frontend_ports: 500-502, pool: p")
	    "rules:\n" LB("r", "protocol: udp, frontend_port: 501"), 11, 78,
	    "rule 'r' and NAT rule 'n' share ports", NULL },
	{ "one backend port, two NAT rules", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-502, pool: p")
	    NAT("m", SSH "frontend_port: 600, pool: twin"), 12, 58,
	    "NAT rule 'n' and NAT rule 'm' send the same", CODE_CONFIG },
	{ "one backend port, a rule too", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-502, pool: p")
	    "rules:\n" LB("r", "protocol: tcp, frontend_port: 22"), 11, 58,
	    "rule 'r' and NAT rule 'n' send the same", CODE_CONFIG },
	{ "one backend port, floating", AZURE NATS
	    NAT("n", SSH "frontend_ports: 500-502, pool: p, floating_ip: true")
	    "rules:\n" LB("r", "protocol: tcp, frontend_port: 22"), 0, 0, NULL,
	    NULL },
	{ "a name twice", AZURE NATS
	    NAT("n", SSH "frontend_port: 1, member: b_7")
	    NAT("n", SSH "frontend_port: 2, member: x"), 12, 13,
	    "a second NAT rule called 'n'", NULL },
};
/* clang-format on */

static void
test_rows(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check_said(&rows[i], false);
}

/* --- who gets which port ------------------------------------------------- */

/* "a=500 b=501": by mapping, in the order of their names. */
static bool
ports_are(const struct lb_plan *plan, const char *wanted)
{
	char text[512] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < plan->mapping_count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%s=%u", i > 0 ? " " : "",
		    plan->members[plan->mappings[i].member].name,
		    plan->mappings[i].port);
	if (strcmp(text, wanted) != 0)
		(void)fprintf(stderr, "%s, not %s\n", text, wanted);
	return strcmp(text, wanted) == 0;
}

#define POOL_OF(members)                                                       \
	OURS "frontends: [{ name: f, address: 192.0.2.1 }]\n"                  \
	     "pools: [{ name: p, members: [" members "] }]\n"                  \
	     "nat_rules: [{ name: n, frontend: f, protocol: tcp, pool: p,\n"   \
	     "  frontend_ports: 500-502, backend_port: 22 }]\n"
#define A "{ name: a, address: 10.0.0.1 }"
#define B "{ name: b, address: 10.0.0.2 }"
#define C "{ name: c, address: 10.0.0.3 }"
#define D "{ name: d, address: 10.0.0.4 }"

/* 13.10: "remove member on 501: others keep 500, 502", and on from there.
 * Each step is compiled against the one before. */
static const struct step {
	const char *what, *text, *ports;
} steps[] = {
	{ "as they stand", POOL_OF(A "," B "," C), "a=500 b=501 c=502" },
	{ "the one on 501 goes", POOL_OF(A "," C), "a=500 c=502" },
	{ "a new one takes it", POOL_OF(D "," C "," A), "d=501 c=502 a=500" },
	{ "another order", POOL_OF(A "," D "," C), "a=500 d=501 c=502" },
	{ "two go", POOL_OF(D), "d=501" },
	{ "one is back on its own port", POOL_OF(D "," C), "d=501 c=502" },
	{ "one whose port has gone", POOL_OF(B "," D "," C),
	    "b=500 d=501 c=502" },
	{ "all go", POOL_OF(""), "" },
};

static void
test_steps(void)
{
	struct made before = { NULL, NULL };

	for (size_t i = 0; i < LB_COUNT(steps); i++) {
		struct made made = make(steps[i].text, before.plan, NULL);
		UNIT_ROW(steps[i].what, ports_are(made.plan, steps[i].ports));
		drop(&before);
		before = made;
	}
	drop(&before);
}

/* Once nothing refers to it any more a removed mapping is forgotten. */
static void
test_forgotten(void)
{
	static struct lb_usage used;
	struct made full = make(POOL_OF(A "," B), NULL, NULL);
	struct made less = make(POOL_OF(B), full.plan, &used);
	struct made none = make(POOL_OF(B), less.plan, &used);

	CU_ASSERT_NOT_EQUAL(rule_id(less.plan, "n/a"), LB_NONE);
	CU_ASSERT_TRUE(less.plan->rules[rule_id(less.plan, "n/a")].tombstone);
	CU_ASSERT_EQUAL(rule_id(none.plan, "n/a"), LB_NONE);
	CU_ASSERT_FALSE(none.plan->rules[rule_id(none.plan, "n/b")].tombstone);
	drop(&none);
	drop(&less);
	drop(&full);
}

/* NAT pool start 50000, instance 7: 50007 (13.10); the numbers of an example
 * of Azure's: 0 to 5 are 3389 to 3394 (5.5). */
static void
test_instances(void)
{
	struct made legacy = make(OURS
	    "frontends: [{ name: f, address: 192.0.2.1 }]\n"
	    "pools: [{ name: p, members: [{ name: w_7, address: 10.0.0.1 },\n"
	    "    { name: w_0, address: 10.0.0.2 },\n"
	    "    { name: w-005, address: 10.0.0.3 }] }]\n"
	    "nat_rules: [{ name: n, frontend: f, protocol: all, pool: p,\n"
	    "  frontend_ports: 50000-50119, backend_port: 3389,\n"
	    "  assignment: instance }]\n",
	    NULL, NULL);
	uint16_t number;

	CU_ASSERT_TRUE(
	    ports_are(legacy.plan, "w_7=50007 w_0=50000 w-005=50005"));
	drop(&legacy);
	CU_ASSERT_FALSE(lb_nat_instance("web", &number));
	CU_ASSERT_FALSE(lb_nat_instance("web65536", &number));
	CU_ASSERT_FALSE(lb_nat_instance("web99999999999999999999", &number));
	CU_ASSERT_TRUE(lb_nat_instance("web65535", &number));
	CU_ASSERT_EQUAL(number, 65535);
	CU_ASSERT_TRUE(lb_nat_instance("7", &number));
	CU_ASSERT_EQUAL(number, 7);
}

/* --- rows ---------------------------------------------------------------- */

static void
test_row(void)
{
	struct made made = make(OURS
	    "frontends: [{ name: f, address: 192.0.2.1 }]\n"
	    "pools: [{ name: p, members: [" A "," B "] }]\n"
	    "rules: [{ name: n, frontend: f, protocol: tcp, pool: p,\n"
	    "    frontend_port: 80, table_size: 101 }]\n"
	    "nat_rules: [{ name: n, frontend: f, protocol: tcp, pool: p,\n"
	    "    frontend_ports: 500-502, backend_port: 22, tcp_reset: true,\n"
	    "    idle_timeout: 9m }]\n",
	    NULL, NULL);
	const struct lb_rule *row = rule_row(made.plan, "n/b");

	UNIT_NEED(row);
	CU_ASSERT_EQUAL(row->flags, LB_RULE_FIXED | LB_RULE_TCP_RESET);
	CU_ASSERT_EQUAL(row->lut, member_id(made.plan, "p", "b"));
	CU_ASSERT_EQUAL(lb_be16_get(row->frontend_port), 501);
	CU_ASSERT_EQUAL(lb_be16_get(row->backend_port), 22);
	CU_ASSERT_EQUAL(made.plan->classes[row->class_tcp].open_ms, 540000);
	CU_ASSERT_EQUAL(made.plan->classes[row->class_tcp].half_ms, 60000);
	/* rules and NAT rules have names of their own */
	CU_ASSERT_EQUAL(
	    made.plan->rules[rule_id(made.plan, "n")].rule_index, 0);
	CU_ASSERT_EQUAL(
	    made.plan->rules[rule_id(made.plan, "n/a")].rule_index, -1);
	drop(&made);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "one mistake each", test_rows },
		{ "members come and go", test_steps },
		{ "removed ones are forgotten", test_forgotten },
		{ "instances", test_instances },
		{ "a mapping's rule", test_row },
		CU_TEST_INFO_NULL,
	};

	return unit_main("nat", tests);
}
