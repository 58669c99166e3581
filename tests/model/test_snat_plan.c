/* SPDX-License-Identifier: MIT */
/* Outbound SNAT as planned: how many ports (AZ 13.1 to 13.3), what is refused
 * (4.3, 4.8), and who keeps which when members come and go (13.6). */
#include "model/config/snat.h"

#include <stdlib.h>
#include "tests/model/plan_text.h"

/* --- 13.1: default(n, f) -------------------------------------------------- */

static void
test_default(void)
{
	static const struct {
		unsigned n, f, ports;
	} rows[] = { { 1, 1, 1024 }, { 1, 5, 1024 }, { 50, 1, 1024 },
		{ 51, 1, 512 }, { 100, 1, 512 }, { 100, 2, 1024 },
		{ 100, 3, 1024 }, { 101, 1, 256 }, { 101, 4, 1024 },
		{ 101, 5, 1024 }, { 200, 4, 1024 }, { 201, 1, 128 },
		{ 201, 8, 1024 }, { 400, 1, 128 }, { 401, 1, 64 },
		{ 401, 16, 1024 }, { 800, 1, 64 }, { 801, 1, 32 },
		{ 801, 32, 1024 }, { 1000, 1, 32 },
		/* undefined in docs: what fits */
		{ 1001, 1, 32 }, { 2000, 1, 32 }, { 2001, 1, 24 },
		{ 5000, 1, 8 }, { 8001, 1, 0 } };
	char name[32];

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		(void)snprintf(
		    name, sizeof(name), "%u/%u", rows[i].n, rows[i].f);
		UNIT_EQUAL(
		    name, lb_snat_default(rows[i].n, rows[i].f), rows[i].ports);
	}
	/* "always <= 64,000" */
	for (unsigned n = 1; n <= 1000; n++)
		CU_ASSERT_TRUE(n * lb_snat_default(n, 1) <= LB_SNAT_PORTS);
}

/* --- 13.2: manual --------------------------------------------------------- */

static void
test_manual(void)
{
	static const struct {
		unsigned f, n, ports;
		enum lb_snat_fault fault;
	} rows[] = { { 1, 1, 64000, LB_SNAT_FITS },
		{ 1, 2, 32000, LB_SNAT_FITS }, { 1, 7, 10000, LB_SNAT_NO_ROOM },
		{ 2, 7, 10000, LB_SNAT_FITS }, { 1, 4, 21000, LB_SNAT_NO_ROOM },
		{ 1, 10, 6400, LB_SNAT_FITS }, { 1, 10, 6408, LB_SNAT_NO_ROOM },
		{ 1, 3, 21333, LB_SNAT_NOT_EIGHTS },
		{ 1, 1, 64008, LB_SNAT_TOO_MANY },
		{ 7, 1, 64008, LB_SNAT_TOO_MANY }, { 1, 51, 0, LB_SNAT_FITS } };
	static const struct {
		unsigned f, n, most;
	} most[] = { { 1, 3, 21328 }, { 1, 6, 10664 }, { 1, 7, 9136 },
		{ 1, 9, 7104 }, { 1, 63, 1008 }, { 1, 64, 1000 },
		{ 2, 3, 42664 }, { 2, 7, 18280 }, { 3, 15, 12800 },
		{ 7, 1, 64000 }, { 1, 5000, 8 }, { 1, 8001, 0 },
		{ 16, 100, 10240 } /* 13.10: a /28 prefix, 100 VMs */ };
	char name[32];

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		(void)snprintf(name, sizeof(name), "%u/%u %u", rows[i].f,
		    rows[i].n, rows[i].ports);
		UNIT_EQUAL(name,
		    lb_snat_check(rows[i].ports, rows[i].n, rows[i].f, 0),
		    rows[i].fault);
	}
	for (size_t i = 0; i < LB_COUNT(most); i++) {
		(void)snprintf(
		    name, sizeof(name), "most %u/%u", most[i].f, most[i].n);
		UNIT_EQUAL(
		    name, lb_snat_most(most[i].n, most[i].f, 0), most[i].most);
	}
	/* rules' blocks of 8 count */
	CU_ASSERT_EQUAL(lb_snat_most(1, 1, 1), 63992);
	CU_ASSERT_EQUAL(lb_snat_most(1, 1, 9000), 0);
}

/* Shares add up, and no address gives more than it has, when the sum fits. */
static void
test_share(void)
{
	for (uint32_t f = 1; f <= 9; f++)
		for (uint32_t n = 1; n <= 40; n++) {
			uint32_t units = lb_snat_most(n, f, 0) / LB_SNAT_UNIT;
			uint32_t given[9] = { 0 };
			for (uint32_t i = 0; i < n; i++) {
				uint32_t sum = 0;
				for (uint32_t j = 0; j < f; j++) {
					uint32_t one =
					    lb_snat_share(units, f, i, j);
					sum += one;
					given[j] += one;
				}
				CU_ASSERT_EQUAL(sum, units);
			}
			for (uint32_t j = 0; j < f; j++)
				CU_ASSERT_TRUE(given[j] <= LB_SNAT_UNITS);
		}
}

/* --- 13.3: rules' blocks of 8 --------------------------------------------- */

static void
test_blocks(void)
{
	static const struct {
		const char *what;
		uint16_t ports[3];
		unsigned left;
	} rows[] = { { "80", { 80 }, 63992 }, { "80, 81", { 80, 81 }, 63992 },
		{ "80, 87", { 80, 87 }, 63992 },
		{ "80, 88", { 80, 88 }, 63984 },
		{ "80, 443", { 80, 443 }, 63984 },
		{ "80, 443, 3389", { 80, 443, 3389 }, 63976 },
		{ "65535", { 65535 }, 63992 } };

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_snat_units taken = { 0 }, free_units;
		for (unsigned p = 0; p < 3 && rows[i].ports[p] != 0; p++)
			lb_snat_take(
			    &taken, rows[i].ports[p], rows[i].ports[p]);
		lb_snat_free(&taken, LB_SNAT_PORT_FIRST, &free_units);
		UNIT_EQUAL(
		    rows[i].what, lb_snat_count(&free_units) * 8, rows[i].left);
		for (unsigned p = 0; p < 3 && rows[i].ports[p] != 0; p++)
			UNIT_ROW(rows[i].what,
			    !lb_snat_has(&free_units, rows[i].ports[p] / 8));
	}
	struct lb_snat_units all = { 0 }, none;
	lb_snat_take(&all, 0, 65535);
	lb_snat_free(&all, LB_SNAT_PORT_FIRST, &none);
	CU_ASSERT_EQUAL(lb_snat_count(&none), 0);
}

/* --- what is refused ------------------------------------------------------ */

#define PREFIX      "SpecifiedAllocatedOutboundPortsForOutboundRule"
#define CODE_EIGHTS PREFIX "IsNotAMultipleOfEight"
#define CODE_MANY   PREFIX "ExceedsTotalNumberOfAllowedPortsPerRule"
#define CODE_ROOM   PREFIX "ExceedsTotalNumberOfAvailablePorts"
#define CODE_FRONTEND                                                          \
	"MoreThanOneOutboundRuleUsingSameFrontendIPConfigurationAndProtocol"   \
	"IsNotSupported"
#define CODE_RULE                                                              \
	"LoadBalancingRuleMustDisableSNATSinceSameFrontendIPConfigurationIs"   \
	"ReferencedByOutboundRule"

/* clang-format off */
#define AZURE "load_balancer: { sku: standard }\n"
#define OURS "load_balancer: { sku: fairlead }\n"
#define BASIC "load_balancer: { sku: basic }\n"
/* line 2 to 9 */
#define BASE \
	"frontends:\n" \
	"  - { name: f, address: 203.0.113.1 }\n" \
	"  - { name: g, address: 203.0.113.2 }\n" \
	"  - { name: i, address: 10.1.0.1 }\n" \
	"  - { name: s, address: 2001:db8::1 }\n" \
	"pools:\n" \
	"  - { name: p, members: [{ name: a, address: 10.0.0.4 }, { name: b, address: 10.0.0.5 }] }\n" \
	"outbound_rules:\n"
#define OUT(rest) "  - { name: o, " rest " }\n"

static const struct said said[] = {
	{ "all by default", AZURE BASE OUT("pool: p, frontends: [f]"), 0, 0,
	    NULL, NULL },
	{ "no eights", AZURE BASE OUT("pool: p, frontends: [f], "
	    "ports_per_member: 1001"), 10, 59, "use 1000", CODE_EIGHTS },
	{ "too many", AZURE BASE OUT("pool: p, frontends: [f], "
	    "ports_per_member: 64008"), 10, 59, "at most 64000", CODE_MANY },
	{ "no room", AZURE BASE OUT("pool: p, frontends: [f], "
	    "ports_per_member: 32008"), 10, 59, "use 32000, or more", CODE_ROOM },
	{ "two frontends", AZURE BASE OUT("pool: p, frontends: [f, g], "
	    "ports_per_member: 32008"), 0, 0, NULL, NULL },
	{ "a rule's block", AZURE BASE OUT("pool: p, frontends: [f], "
	    "ports_per_member: 32000") "rules: [{ name: r, frontend: f, "
	    "pool: p, protocol: tcp, frontend_port: 80, outbound_snat: false "
	    "}]\n", 10, 59, "use 31992, or more", CODE_ROOM },
	{ "for so many members", AZURE BASE OUT("pool: p, frontends: [f], "
	    "max_members: 10"), 0, 0, NULL, NULL },
	{ "for fewer than there are", AZURE BASE OUT("pool: p, "
	    "frontends: [f], max_members: 1"), 10, 54, "has 2 members",
	    CODE_ROOM },
	{ "twice the same", AZURE BASE OUT("pool: p, frontends: [f], "
	    "max_members: 10, ports_per_member: 8"), 10, 54, "leave one out",
	    NULL },
	{ "idle 120m", AZURE BASE OUT("pool: p, frontends: [f], "
	    "idle_timeout: 120m"), 0, 0, NULL, NULL },
	{ "idle 121m", AZURE BASE OUT("pool: p, frontends: [f], "
	    "idle_timeout: 121m"), 10, 55, "4m to 120m", NULL },
	{ "internal", AZURE BASE OUT("pool: p, frontends: [i]"), 10, 36,
	    "is internal", NULL },
	{ "internal, fairlead", OURS BASE OUT("pool: p, frontends: [i]"), 0, 0,
	    NULL, NULL },
	{ "the other family", AZURE BASE OUT("pool: p, frontends: [s]"), 10,
	    22, "other family", NULL },
	{ "basic", BASIC BASE OUT("pool: p, frontends: [f]"), 10, 5,
	    "sku basic has no outbound rules", NULL },
	{ "l2dsr", AZURE BASE OUT("pool: p, frontends: [f]")
	    "forwarding: { mode: l2dsr }\n", 10, 5, "use mode nat", NULL },
	{ "no frontend", AZURE BASE OUT("pool: p, frontends: []"), 10, 36,
	    "needs a frontend", NULL },
	{ "an unknown one", AZURE BASE OUT("pool: p, frontends: [x]"), 10, 36,
	    "no frontend is called 'x'", NULL },
	{ "a frontend twice", AZURE BASE OUT("pool: p, frontends: [f]")
	    "  - { name: q, pool: p, frontends: [g, f], protocol: udp }\n", 11,
	    36, "same frontend 'f'", CODE_FRONTEND },
	{ "another protocol", AZURE BASE OUT("pool: p, frontends: [f], "
	    "protocol: tcp")
	    "  - { name: q, pool: p, frontends: [g, f], protocol: udp }\n", 0,
	    0, NULL, NULL },
	{ "a rule that lets out, too", AZURE BASE
	    OUT("pool: p, frontends: [f]") "rules:\n  - { name: r, "
	    "frontend: f, pool: p, protocol: tcp, frontend_port: 80 }\n", 12, 5,
	    "outbound_snat: false", CODE_RULE },
};
/* clang-format on */

static void
test_said(void)
{
	for (size_t i = 0; i < LB_COUNT(said); i++)
		check_said(&said[i], false);
}

/* --- who has which -------------------------------------------------------- */

/* A pool of n members m0.. over f frontends f0.., and `rest`. */
static char *
text_of(unsigned n, unsigned f, const char *rest)
{
	size_t bytes = 4096 + (size_t)n * 64, used = 0;
	char *text = malloc(bytes);

	UNIT_NEED(text);
#define SAY(...)                                                               \
	used += (size_t)snprintf(text + used, bytes - used, __VA_ARGS__)
	SAY("load_balancer: { sku: fairlead }\nfrontends:\n");
	for (unsigned i = 0; i < f; i++)
		SAY("  - { name: f%u, address: 203.0.113.%u }\n", i, i + 1);
	SAY("pools:\n  - name: p\n    members:\n");
	for (unsigned i = 0; i < n; i++)
		SAY("      - { name: m%u, address: 10.0.%u.%u }\n", i, i / 200,
		    i % 200 + 1);
	SAY("%s", rest);
#undef SAY
	return text;
}

static struct made
make_of(unsigned n, unsigned f, const char *rest, const struct lb_plan *before)
{
	char *text = text_of(n, f, rest);
	struct made made = make(text, before, NULL);

	free(text);
	return made;
}

static uint32_t
ports_of(const struct lb_plan *plan, const char *member, bool udp)
{
	return lb_plan_snat_ports(plan, member_id(plan, "p", member), udp);
}

static bool
has_port(const struct lb_plan *plan, const char *member, uint16_t port)
{
	uint16_t id = member_id(plan, "p", member);

	for (uint32_t i = 0; i < plan->block_count; i++)
		if (plan->blocks[i].member == id && !plan->blocks[i].udp &&
		    plan->blocks[i].row.first <= port &&
		    plan->blocks[i].row.last >= port)
			return true;
	return false;
}

/* No port is two members', none is a rule's, none is below 1024 or above
 * 65023 (invariant 3). */
static void
check_disjoint(const char *what, const struct lb_plan *plan)
{
	static uint16_t owner[LB_SNAT_ADDRESS_MAX][2][65536];
	bool good = true;

	memset(owner, 0xff, sizeof(owner));
	for (uint32_t i = 0; i < plan->block_count; i++) {
		const struct lb_plan_block *b = &plan->blocks[i];
		good &= b->row.first >= 1024 && b->row.last <= 65023 &&
			b->row.first <= b->row.last;
		for (uint32_t port = b->row.first; port <= b->row.last;
		     port++) {
			if ((plan->units[b->row.address][b->udp][port / 64] >>
				    (port / 8 % 8) &
				1) == 0)
				continue;
			uint16_t *o = &owner[b->row.address][b->udp][port];
			good &= *o == LB_NONE || *o == b->member;
			*o = b->member;
		}
	}
	UNIT_ROW(what, good);
}

#define OUT_RULE(frontends, more)                                              \
	"outbound_rules: [{ name: o, pool: p, frontends: " frontends more      \
	" }]\n"
#define LB_RULE(name, f, port, more)                                           \
	"  - { name: " name ", frontend: " f ", pool: p, frontend_port: " port \
	", table_size: 101, " more " }\n"

/* clang-format off */
static const struct {
	const char *what;
	unsigned n, f;
	const char *rest;
	uint32_t tcp, udp; /* of m0 */
} plans[] = {
	{ "no rule", 3, 1, "rules: []\n", 0, 0 },
	{ "outbound rule, default", 51, 1, OUT_RULE("[f0]", ""), 512, 512 },
	{ "outbound rule, manual", 3, 1,
	    OUT_RULE("[f0]", ", ports_per_member: 21328"), 21328, 21328 },
	{ "outbound rule, TCP", 3, 1, OUT_RULE("[f0]", ", protocol: tcp"), 1024,
	    0 },
	{ "for 10 members", 3, 1, OUT_RULE("[f0]", ", max_members: 10"), 6400,
	    6400 },
	{ "three frontends", 100, 3, OUT_RULE("[f0, f1, f2]", ""), 1024, 1024 },
	{ "as many as there are", 15, 3,
	    OUT_RULE("[f0, f1, f2]", ", ports_per_member: 12800"), 12800,
	    12800 },
	/* 4.8: implicit, of that protocol only */
	{ "a rule's protocol", 3, 1, "rules:\n"
	    LB_RULE("r", "f0", "80", "protocol: tcp"), 1024, 0 },
	{ "both protocols", 3, 1, "rules:\n"
	    LB_RULE("r", "f0", "80", "protocol: tcp")
	    LB_RULE("u", "f0", "53", "protocol: udp"), 1024, 1024 },
	{ "two frontends", 60, 2, "rules:\n"
	    LB_RULE("r", "f0", "80", "protocol: tcp")
	    LB_RULE("u", "f1", "81", "protocol: tcp"), 1024, 0 },
	{ "a frontend counts once", 60, 2, "rules:\n"
	    LB_RULE("r", "f0", "80", "protocol: tcp")
	    LB_RULE("u", "f0", "81", "protocol: tcp"), 512, 0 },
	{ "disabled", 3, 1, "rules:\n"
	    LB_RULE("r", "f0", "80", "protocol: tcp, outbound_snat: false"), 0,
	    0 },
	/* an outbound rule goes before, for its protocol */
	{ "which goes first", 3, 2, "rules:\n"
	    LB_RULE("r", "f0", "80", "protocol: tcp")
	    LB_RULE("u", "f0", "53", "protocol: udp")
	    OUT_RULE("[f1]", ", protocol: tcp, ports_per_member: 80"), 80,
	    1024 },
	{ "l2dsr", 3, 1, "rules:\n"
	    LB_RULE("r", "f0", "80", "protocol: tcp")
	    "forwarding: { mode: l2dsr }\n", 0, 0 },
};
/* clang-format on */

static void
test_plans(void)
{
	for (size_t i = 0; i < LB_COUNT(plans); i++) {
		struct made made =
		    make_of(plans[i].n, plans[i].f, plans[i].rest, NULL);
		UNIT_EQUAL(plans[i].what, ports_of(made.plan, "m0", false),
		    plans[i].tcp);
		UNIT_EQUAL(plans[i].what, ports_of(made.plan, "m0", true),
		    plans[i].udp);
		UNIT_EQUAL(plans[i].what, ports_of(made.plan, "m2", false),
		    plans[i].tcp);
		check_disjoint(plans[i].what, made.plan);
		drop(&made);
	}
}

/* Internal frontends let nobody out (AZ 4.8). */
static void
test_internal(void)
{
	struct made made = make("frontends: [{ name: f, address: 10.9.9.9 }]\n"
				"pools: [{ name: p, members: [{ name: a, "
				"address: 10.0.0.1 }] }]\n"
				"rules: [{ name: r, frontend: f, pool: p, "
				"protocol: tcp, frontend_port: 80 }]\n",
	    NULL, NULL);

	CU_ASSERT_EQUAL(made.plan->block_count, 0);
	drop(&made);
}

/* 13.6: 50 -> 51: 512 each, the lower half kept; and back: nothing lost. */
static void
test_tiers(void)
{
	struct made fifty = make_of(50, 1, OUT_RULE("[f0]", ""), NULL);
	struct made more = make_of(51, 1, OUT_RULE("[f0]", ""), fifty.plan);
	struct made back = make_of(50, 1, OUT_RULE("[f0]", ""), more.plan);

	CU_ASSERT_EQUAL(ports_of(fifty.plan, "m7", false), 1024);
	CU_ASSERT_TRUE(has_port(fifty.plan, "m7", 1024 + 7 * 1024));
	CU_ASSERT_TRUE(has_port(fifty.plan, "m7", 1024 + 7 * 1024 + 1023));
	CU_ASSERT_EQUAL(ports_of(more.plan, "m7", false), 512);
	CU_ASSERT_TRUE(has_port(more.plan, "m7", 1024 + 7 * 1024));
	CU_ASSERT_TRUE(has_port(more.plan, "m7", 1024 + 7 * 1024 + 511));
	CU_ASSERT_FALSE(has_port(more.plan, "m7", 1024 + 7 * 1024 + 512));
	CU_ASSERT_EQUAL(ports_of(more.plan, "m50", false), 512);
	CU_ASSERT_TRUE(has_port(more.plan, "m50", 1024 + 512));
	CU_ASSERT_EQUAL(ports_of(back.plan, "m7", false), 1024);
	CU_ASSERT_TRUE(has_port(back.plan, "m7", 1024 + 7 * 1024));
	CU_ASSERT_TRUE(has_port(back.plan, "m7", 1024 + 7 * 1024 + 511));
	check_disjoint("fifty", fifty.plan);
	check_disjoint("one more", more.plan);
	check_disjoint("back", back.plan);
	/* 100 -> 101: 512 -> 256 */
	struct made hundred = make_of(100, 1, OUT_RULE("[f0]", ""), back.plan);
	struct made last = make_of(101, 1, OUT_RULE("[f0]", ""), hundred.plan);
	CU_ASSERT_EQUAL(ports_of(hundred.plan, "m99", true), 512);
	CU_ASSERT_EQUAL(ports_of(last.plan, "m99", true), 256);
	check_disjoint("last", last.plan);
	drop(&last);
	drop(&hundred);
	drop(&back);
	drop(&more);
	drop(&fifty);
}

/* Order in the file means nothing, also where shares are odd. */
static void
test_order(void)
{
#define MEMBER(n) "{ name: m" n ", address: 10.0.0." n " }"
#define POOL(a, b, c)                                                          \
	OURS "frontends: [{ name: f0, address: 203.0.113.1 },\n"               \
	     "    { name: f1, address: 203.0.113.2 },\n"                       \
	     "    { name: f2, address: 203.0.113.3 },\n"                       \
	     "    { name: f3, address: 203.0.113.4 }]\n"                       \
	     "pools: [{ name: p, members: [" MEMBER(a) "," MEMBER(             \
		 b) "," MEMBER(c) "] }]\n"
#define R0 LB_RULE("r", "f0", "80", "protocol: tcp")
#define R1 LB_RULE("u", "f1", "81", "protocol: tcp")
#define O0 "  - { name: o, pool: p, frontends: [f2], protocol: udp }\n"
#define O1                                                                     \
	"  - { name: q, pool: p, frontends: [f3], protocol: udp, "             \
	"ports_per_member: 88 }\n"
	struct made one =
	    make(POOL("1", "2", "3") "rules:\n" R0 R1 "outbound_rules:\n" O0 O1,
		NULL, NULL);
	struct made two =
	    make(POOL("3", "1", "2") "rules:\n" R1 R0 "outbound_rules:\n" O1 O0,
		one.plan, NULL);

	CU_ASSERT_EQUAL_FATAL(one.plan->row_count, two.plan->row_count);
	CU_ASSERT_EQUAL(memcmp(one.plan->rows, two.plan->rows,
			    one.plan->row_count * sizeof(struct lb_row)),
	    0);
	drop(&two);
	drop(&one);
}

/* A new rule's port takes its unit out of somebody's block. */
static void
test_new_rule(void)
{
	struct made made =
	    make_of(2, 1, OUT_RULE("[f0]", ", ports_per_member: 80"), NULL);
	struct made next = make_of(2, 1,
	    OUT_RULE("[f0]", ", ports_per_member: 80") "rules:\n" LB_RULE(
		"r", "f0", "1040", "protocol: tcp, outbound_snat: false"),
	    made.plan);

	CU_ASSERT_EQUAL(ports_of(next.plan, "m0", false), 80);
	CU_ASSERT_TRUE(has_port(next.plan, "m0", 1024));
	/* 1024..1103 less 1040..1047, and 8 behind m1's 1104..1183 */
	CU_ASSERT_TRUE(has_port(next.plan, "m0", 1184));
	CU_ASSERT_FALSE(has_port(next.plan, "m0", 1192));
	uint16_t snat = next.plan->blocks[0].row.address;
	CU_ASSERT_EQUAL(
	    next.plan->units[snat][0][1040 / 64] >> (1040 / 8 % 8) & 1, 0);
	check_disjoint("new rule", next.plan);
	drop(&next);
	drop(&made);
}

/* --- rows ----------------------------------------------------------------- */

static void
test_rows(void)
{
	struct made made = make_of(3, 2,
	    OUT_RULE("[f1, f0]",
		", protocol: tcp, idle_timeout: 9m, "
		"tcp_reset: true, ports_per_member: 160") "rules: []\n",
	    NULL);
	const struct lb_plan *plan = made.plan;
	const struct lb_plan_header *header = lb_plan_header_of(plan);
	const struct lb_rule *rule = rule_row(plan, "/o");

	UNIT_NEED(rule);
	CU_ASSERT_EQUAL(rule->flags, LB_RULE_TCP_RESET);
	CU_ASSERT_EQUAL(plan->classes[rule->class_tcp].open_ms, 540000);
	/* two frontends, three members: in the rule's order */
	CU_ASSERT_EQUAL_FATAL(plan->block_count, 6);
	CU_ASSERT_EQUAL(header->snat_count, 2);
	const struct lb_snat_block *blocks =
	    (const void *)&plan->rows[header->block_at];
	const struct lb_addr *addresses =
	    (const void *)&plan->rows[header->snat_at];
	for (uint32_t i = 0; i < 6; i++) {
		CU_ASSERT_EQUAL(blocks[i].first, 1024 + i / 2 * 80);
		CU_ASSERT_EQUAL(blocks[i].last, 1024 + i / 2 * 80 + 79);
		CU_ASSERT_EQUAL(blocks[i].rule, rule->id);
		CU_ASSERT_TRUE(lb_addr_same(&addresses[blocks[i].address],
		    &made.config->frontends[i % 2 == 0 ? 1 : 0].address));
	}
	drop(&made);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "13.1 default allocation", test_default },
		{ "13.2 manual allocation", test_manual },
		{ "shares of several frontends", test_share },
		{ "13.3 rules' blocks", test_blocks },
		{ "one mistake each", test_said },
		{ "ports of a member", test_plans },
		{ "internal frontends", test_internal },
		{ "13.6 crossing tiers", test_tiers },
		{ "order means nothing", test_order },
		{ "a new rule's block", test_new_rule },
		{ "rows", test_rows },
		CU_TEST_INFO_NULL,
	};

	return unit_main("snat_plan", tests);
}
