/* SPDX-License-Identifier: MIT */
#include "model/lut/hash_key.h"
#include "model/config/names.h"
#include "tests/model/plan_text.h"

static const struct lb_member *
member_rows(const struct lb_plan *plan)
{
	return (const void *)&plan->rows[lb_plan_header_of(plan)->member_at];
}

/* --- endpoints ----------------------------------------------------------- */

static const char many_kinds[] =
    "load_balancer: { sku: fairlead }\n"
    "frontends:\n"
    "  - { name: plain, address: 192.0.2.1 }\n"
    "  - { name: floats, address: 192.0.2.2 }\n"
    "  - { name: ha, address: 192.0.2.3 }\n"
    "  - { name: ha-floats, address: 192.0.2.4 }\n"
    "  - { name: idle, address: 192.0.2.5 }\n"
    "  - { name: six, address: 2001:db8::1 }\n"
    "pools:\n"
    "  - { name: p, members: [{ name: a, address: 10.0.0.1 },\n"
    "      { name: b, address: 10.0.0.2 }] }\n"
    "  - { name: h, members: [{ name: a, address: 10.0.1.1 }] }\n"
    "  - { name: s, members: [{ name: a, address: 2001:db8::2 }] }\n"
    "rules:\n"
    "  - { name: web, frontend: plain, pool: p, protocol: tcp, outbound_snat: "
    "false,\n"
    "      frontend_port: 80, backend_port: 8080 }\n"
    "  - { name: dns, frontend: plain, pool: p, protocol: udp, outbound_snat: "
    "false,\n"
    "      frontend_port: 53 }\n"
    "  - { name: float, frontend: floats, pool: p, protocol: tcp, "
    "outbound_snat: false,\n"
    "      frontend_port: 80, floating_ip: true }\n"
    "  - { name: ha, frontend: ha, pool: h, protocol: all, outbound_snat: "
    "false,\n"
    "      frontend_port: 0 }\n"
    "  - { name: hop, frontend: ha-floats, pool: p, protocol: all, "
    "outbound_snat: false,\n"
    "      frontend_port: 0, floating_ip: true }\n"
    "  - { name: web6, frontend: six, pool: s, protocol: tcp, outbound_snat: "
    "false,\n"
    "      frontend_port: 80 }\n"
    "  - { name: hop6, pool: s, protocol: all, outbound_snat: false, "
    "frontend_port: 0 }\n"
    "forwarding:\n"
    "  ha_next_hop: [hop, hop6]\n"
    "  local_addresses: [10.0.0.254, 192.0.2.1]\n"
    "  local_subnets: [10.0.0.77/24, 2001:db8::/33, 0.0.0.0/0]\n";

#define OURS   LB_ADDRESS_OURS
#define FRONT  (LB_ADDRESS_OURS | LB_ADDRESS_FRONTEND)
#define MEMBER LB_ADDRESS_MEMBER
/* clang-format off */
static const struct endpoint {
	const char *addr;
	uint8_t proto;
	uint16_t port;
	uint8_t kind; /* LB_ENDPOINT_EMPTY: no kind knows it */
	uint8_t flags;
	const char *rule, *reply; /* NULL: none */
} endpoints[] = {
	{ "192.0.2.1",   0,   0, LB_ENDPOINT_ADDRESS, FRONT, NULL, NULL },
	{ "192.0.2.2",   0,   0, LB_ENDPOINT_ADDRESS, FRONT, NULL, NULL },
	{ "192.0.2.3",   0,   0, LB_ENDPOINT_ADDRESS, FRONT, "ha", NULL },
	{ "192.0.2.4",   0,   0, LB_ENDPOINT_ADDRESS, FRONT, "hop", NULL },
	{ "192.0.2.5",   0,   0, LB_ENDPOINT_ADDRESS, FRONT, NULL, NULL },
	{ "2001:db8::1", 0,   0, LB_ENDPOINT_ADDRESS, FRONT, NULL, NULL },
	{ "10.0.0.254",  0,   0, LB_ENDPOINT_ADDRESS, OURS, NULL, NULL },
	{ "10.0.1.1",    0,   0, LB_ENDPOINT_ADDRESS, MEMBER, NULL, "ha" },
	{ "10.0.0.1",    0,   0, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
	{ "2001:db8::2", 0,   0, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
	{ "192.0.2.1",   6,  80, LB_ENDPOINT_FRONTEND, 0, "web", NULL },
	{ "192.0.2.1",  17,  53, LB_ENDPOINT_FRONTEND, 0, "dns", NULL },
	{ "192.0.2.1",  17,  80, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
	{ "192.0.2.1",   6,  53, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
	{ "192.0.2.2",   6,  80, LB_ENDPOINT_FRONTEND, 0, "float", NULL },
	{ "192.0.2.3",   6,  80, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
	{ "2001:db8::1", 6,  80, LB_ENDPOINT_FRONTEND, 0, "web6", NULL },
	{ "10.0.0.1",    6, 8080, LB_ENDPOINT_REPLY, 0, NULL, "web" },
	{ "10.0.0.2",    6, 8080, LB_ENDPOINT_REPLY, 0, NULL, "web" },
	{ "10.0.0.2",   17,  53, LB_ENDPOINT_REPLY, 0, NULL, "dns" },
	{ "10.0.0.1",    6,  80, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
	{ "10.0.1.1",    6,  80, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
	{ "2001:db8::2", 6,  80, LB_ENDPOINT_REPLY, 0, NULL, "web6" },
	/* who answers echoes: the first rule with members */
	{ "192.0.2.1",   1,   0, LB_ENDPOINT_FRONTEND, 0, "web", NULL },
	{ "192.0.2.2",   1,   0, LB_ENDPOINT_FRONTEND, 0, "float", NULL },
	{ "192.0.2.3",   1,   0, LB_ENDPOINT_FRONTEND, 0, "ha", NULL },
	{ "192.0.2.4",   1,   0, LB_ENDPOINT_FRONTEND, 0, "hop", NULL },
	{ "2001:db8::1", 58,  0, LB_ENDPOINT_FRONTEND, 0, "web6", NULL },
	{ "192.0.2.5",   1,   0, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
	{ "2001:db8::1", 1,   0, LB_ENDPOINT_EMPTY, 0, NULL, NULL },
};

static const struct flags {
	const char *rule;
	uint16_t flags;
} rule_flags[] = {
	{ "web", 0 },
	{ "float", LB_RULE_FLOATING | LB_RULE_ONE_SIDED },
	{ "ha", LB_RULE_ANY_PORT },
	{ "hop", LB_RULE_ANY_PORT | LB_RULE_FLOATING | LB_RULE_ONE_SIDED },
	{ "hop6", LB_RULE_ANY_PORT | LB_RULE_FLOATING | LB_RULE_ONE_SIDED },
};
/* clang-format on */

/* The endpoint table of a plan's rows. */
static struct lb_endpoints
table_of(const struct lb_plan *plan)
{
	const struct lb_plan_header *header = lb_plan_header_of(plan);

	return (struct lb_endpoints){
		.slots = (void *)&plan->rows[header->endpoint_at],
		.row_count = header->endpoint_mask + 1,
	};
}

static const struct lb_endpoint *
find(const struct lb_plan *plan, const struct endpoint *row, uint8_t kind)
{
	struct lb_endpoints table = table_of(plan);
	struct lb_endpoint key = {
		.port = lb_be16_of(row->port), .proto = row->proto, .kind = kind
	};

	CU_ASSERT_TRUE(lb_addr_of_text(row->addr, &key.addr));
	return lb_endpoints_find(&table, &key);
}

static uint16_t
rule_or_none(const struct lb_plan *plan, const char *rule)
{
	return rule == NULL ? LB_NONE : rule_id(plan, rule);
}

/* Of the three kinds of key only that one is there which should be. */
static void
check_endpoint(const struct lb_plan *plan, const struct endpoint *row)
{
	char what[80];

	(void)snprintf(
	    what, sizeof(what), "%s %u/%u", row->addr, row->proto, row->port);
	for (int kind = LB_ENDPOINT_ADDRESS; kind <= LB_ENDPOINT_REPLY;
	     kind++) {
		const struct lb_endpoint *slot = find(plan, row, (uint8_t)kind);
		UNIT_ROW(what, (slot != NULL) == (kind == row->kind));
		if (slot == NULL)
			continue;
		UNIT_EQUAL(what, slot->flags, row->flags);
		UNIT_EQUAL(what, slot->rule, rule_or_none(plan, row->rule));
		UNIT_EQUAL(what, slot->reply, rule_or_none(plan, row->reply));
	}
}

static void
test_endpoints(void)
{
	struct made m = make(many_kinds, NULL, NULL);
	struct lb_endpoints table = table_of(m.plan);
	unsigned used = 0;

	for (size_t i = 0; i < LB_COUNT(endpoints); i++)
		check_endpoint(m.plan, &endpoints[i]);
	for (uint32_t s = 0; s < 2 * table.row_count; s++)
		used += table.slots[s].kind != LB_ENDPOINT_EMPTY;
	CU_ASSERT_EQUAL(used, 8 + 4 + 5 + 5); /* no key twice */
	for (size_t i = 0; i < LB_COUNT(rule_flags); i++)
		UNIT_ROW(rule_flags[i].rule,
		    rule_row(m.plan, rule_flags[i].rule)->flags ==
			rule_flags[i].flags);
	drop(&m);
}

static void
test_l2dsr(void)
{
	struct made m = make("frontends: [{ name: f, address: 192.0.2.1 }]\n"
			     "pools: [{ name: p, members: [\n"
			     "  { name: a, address: 10.0.0.1 }] }]\n"
			     "rules: [{ name: r, frontend: f, pool: p,\n"
			     "  protocol: tcp, frontend_port: 80 }]\n"
			     "forwarding: { mode: l2dsr }\n",
	    NULL, NULL);
	const struct endpoint reply = { "10.0.0.1", 6, 80, 0, 0, NULL, NULL };

	CU_ASSERT_PTR_NULL(find(m.plan, &reply, LB_ENDPOINT_REPLY));
	CU_ASSERT_EQUAL(
	    rule_row(m.plan, "r")->flags, LB_RULE_FLOATING | LB_RULE_ONE_SIDED);
	drop(&m);
}

/* 20,000 members, one rule: every key found, half of the slots at most, and
 * most keys where the reader looks first. */
static void
test_large_table(void)
{
	struct lb_config *config = lb_config_zero(20000, LB_MODE_FIVE_TUPLE);
	struct lb_problems problems = { 0 };
	UNIT_NEED(config);
	config->rules[0].floating_ip = config->rules[1].floating_ip = false;
	config->frontends = calloc(2, sizeof(*config->frontends));
	UNIT_NEED(config->frontends);
	config->frontend_count = 2;
	for (int i = 0; i < 2; i++) {
		config->rules[i].frontend = i;
		config->rules[i].proto = 0;
		config->rules[i].frontend_port = 80;
		config->rules[i].backend_port = 80;
	}
	CU_ASSERT_TRUE(
	    lb_addr_of_text("192.0.2.1", &config->frontends[0].address));
	CU_ASSERT_TRUE(
	    lb_addr_of_text("2001:db8::1", &config->frontends[1].address));
	struct lb_plan *plan = lb_plan_compile(config, NULL, NULL, &problems);
	UNIT_NEED(plan);
	struct lb_endpoints table = table_of(plan);
	unsigned used = 0, first = 0;
	for (uint32_t s = 0; s < 2 * table.row_count; s++) {
		const struct lb_endpoint *slot = &table.slots[s];
		if (slot->kind == LB_ENDPOINT_EMPTY)
			continue;
		used++;
		CU_ASSERT_PTR_EQUAL(lb_endpoints_find(&table, slot), slot);
		first += s / 2 == ((uint32_t)lb_endpoint_hash(&slot->addr,
				       slot->port, slot->proto, slot->kind) &
				      (table.row_count - 1));
	}
	CU_ASSERT_EQUAL(used, 2 * 2 * 20000 + 2 * 2 + 2 + 2);
	CU_ASSERT_TRUE(used <= table.row_count);
	CU_ASSERT_TRUE(first > used * 8 / 10);
	lb_plan_free(plan);
	free(config->frontends);
	config->frontends = NULL;
	config->frontend_count = 0;
	lb_config_free(config);
}

/* --- the other rows ------------------------------------------------------ */

static void
check_subnet(const struct lb_subnet *subnet, const char *addr, const char *mask)
{
	struct lb_addr wanted;

	CU_ASSERT_TRUE(lb_addr_of_text(addr, &wanted));
	CU_ASSERT_TRUE(lb_addr_same(&subnet->addr, &wanted));
	CU_ASSERT_TRUE(lb_addr_of_text(mask, &wanted));
	CU_ASSERT_TRUE(lb_addr_same(&subnet->mask, &wanted));
}

static void
test_rows(void)
{
	struct made m = make(many_kinds, NULL, NULL);
	const struct lb_plan_header *header = lb_plan_header_of(m.plan);
	const struct lb_rule *web = rule_row(m.plan, "web");
	struct lb_hash_key key;

	CU_ASSERT_EQUAL(header->version, LB_PLAN_VERSION);
	CU_ASSERT_EQUAL(header->row_count, m.plan->row_count);
	CU_ASSERT_EQUAL(header->rule_count, 7);
	CU_ASSERT_EQUAL(header->member_count, 4);
	CU_ASSERT_EQUAL(header->next_hop_rule4, rule_id(m.plan, "hop"));
	CU_ASSERT_EQUAL(header->next_hop_rule6, rule_id(m.plan, "hop6"));
	lb_hash_key_make(lb_hash_key_default, &key);
	CU_ASSERT_EQUAL(memcmp(&m.plan->rows[1], &key, sizeof(key)), 0);
	CU_ASSERT_EQUAL(web->live, 1);
	CU_ASSERT_EQUAL(web->id, rule_id(m.plan, "web"));
	CU_ASSERT_EQUAL(lb_be16_get(web->frontend_port), 80);
	CU_ASSERT_EQUAL(lb_be16_get(web->backend_port), 8080);
	CU_ASSERT_EQUAL(web->lut_size, 65537);
	CU_ASSERT_EQUAL(rule_row(m.plan, "ha")->frontend_port.raw, 0);
	CU_ASSERT_PTR_NULL(lb_plan_rule_row(m.plan, 7));
	uint16_t b = member_id(m.plan, "p", "b");
	char text[46];
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_text(&member_rows(m.plan)[b].addr, text, sizeof(text)),
	    "10.0.0.2");
	CU_ASSERT_EQUAL(member_rows(m.plan)[b].live, 1);
	CU_ASSERT_EQUAL_FATAL(header->subnet_count, 3);
	const struct lb_subnet *subnets =
	    (const void *)&m.plan->rows[header->subnet_at];
	check_subnet(
	    &subnets[0], "10.0.0.0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00");
	check_subnet(&subnets[1], "2001:db8::", "ffff:ffff:8000::");
	check_subnet(&subnets[2], "0.0.0.0", "ffff:ffff:ffff:ffff:ffff:ffff::");
	CU_ASSERT_EQUAL(header->subnet_at + 2, header->row_count);
	drop(&m);
}

/* clang-format off */
static const struct buckets {
	uint64_t entries;
	uint32_t buckets;
} bucket_rows[] = {
	{ 0, 1 }, { 1, 1 }, { 5, 1 }, { 6, 2 }, { 10, 2 }, { 11, 4 },
	{ 1000000, 262144 }, { 1 << 20, 262144 }, { 1398101, 262144 },
	{ 1398102, 524288 }, { LB_ENTRIES_MAX, 1u << 28 },
	{ UINT64_MAX, 1u << 28 },
};
/* clang-format on */

static void
test_buckets(void)
{
	struct lb_config *config = lb_config_zero(1, LB_MODE_FIVE_TUPLE);
	struct lb_problems problems = { 0 };

	UNIT_NEED(config);
	for (size_t i = 0; i < LB_COUNT(bucket_rows); i++) {
		config->entries = bucket_rows[i].entries;
		config->entries6 = bucket_rows[i].entries;
		struct lb_plan *plan =
		    lb_plan_compile(config, NULL, NULL, &problems);
		UNIT_NEED(plan);
		CU_ASSERT_EQUAL(plan->buckets4, bucket_rows[i].buckets);
		CU_ASSERT_EQUAL(plan->buckets6, bucket_rows[i].buckets);
		lb_plan_free(plan);
	}
	lb_config_free(config);
}

/* Zero configuration: the families differ in nothing but addresses. */
static void
test_zero(void)
{
	struct lb_config *config = lb_config_zero(7, LB_MODE_SOURCE_IP_ANY_DST);
	struct lb_problems problems = { 0 };
	UNIT_NEED(config);
	struct lb_plan *plan = lb_plan_compile(config, NULL, NULL, &problems);
	UNIT_NEED(plan);
	const struct lb_plan_header *header = lb_plan_header_of(plan);

	CU_ASSERT_EQUAL(header->next_hop_rule4, 0);
	CU_ASSERT_EQUAL(header->next_hop_rule6, 1);
	CU_ASSERT_EQUAL(plan->lut_count, 2);
	for (uint32_t s = 0; s < plan->luts[0].size; s++)
		CU_ASSERT_EQUAL(
		    plan->luts[0].slots[s] + 7, plan->luts[1].slots[s]);
	char text[46];
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_text(&member_rows(plan)[6].addr, text, sizeof(text)),
	    "198.18.0.7");
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_text(&member_rows(plan)[13].addr, text, sizeof(text)),
	    "2001:2::7");
	CU_ASSERT_EQUAL(
	    lb_plan_rule_row(plan, 0)->mode, LB_MODE_SOURCE_IP_ANY_DST);
	lb_plan_free(plan);
	lb_config_free(config);
}

/* --- lookup tables ------------------------------------------------------- */

static void
test_luts(void)
{
	struct made m = make(HEAD POOLS PROBES
	    "rules:\n" RULE("r1", "p", "1", "") RULE("r2", "p", "2", "")
		RULE("r3", "p", "3", ", probe: t")
		    RULE("r4", "p", "4", ", probe: u") RULE("r5", "p", "5",
			", probe: t, no_healthy_backends: all-probed-up")
			RULE("r6", "p", "6", ", algorithm: rendezvous")
			    RULE("r7", "q", "7", ", probe: t") RULE("r8", "p",
				"8", ", no_healthy_backends: all-probed-up"),
	    NULL, NULL);
	static const uint8_t luts[] = { 0, 0, 1, 2, 3, 4, 5, 0 };
	static const uint8_t bits[] = { 0, 0, 1, 2, 3, 0, 1, 0 };

	CU_ASSERT_EQUAL(m.plan->lut_count, 6);
	for (uint16_t id = 0; id < 8; id++) {
		const struct lb_rule *row = lb_plan_rule_row(m.plan, id);
		CU_ASSERT_EQUAL(row->lut, luts[id]);
		CU_ASSERT_EQUAL(row->probe, bits[id]);
		CU_ASSERT_EQUAL(row->lut_size, 101);
	}
	for (uint32_t l = 0; l < m.plan->lut_count; l++) {
		const uint16_t *slots = m.plan->luts[l].slots;
		for (unsigned s = 0; s < 101; s++)
			CU_ASSERT_TRUE(slots[s] < m.plan->member_count);
		for (unsigned s = 101; s < 128; s++)
			CU_ASSERT_EQUAL(slots[s], LB_NONE);
	}
	drop(&m);
}

/* --- health -------------------------------------------------------------- */

#define ADMIN_NONE LB_ADMIN_NONE
/* AZ 13.8, and what follows from it.  Member a, beside b and c which are as
 * `others` says. */
static const struct health_row {
	const char *what;
	enum lb_admin_state admin;
	bool up;
	bool others;
	enum lb_all_down all_down;
	bool eligible;
} health_rows[] = {
	/* clang-format off */
	{ "up", ADMIN_NONE, true, true, LB_ALL_PROBED_DOWN, true },
	{ "up alone", ADMIN_NONE, true, false, LB_ALL_PROBED_UP, true },
	{ "down, others up", ADMIN_NONE, false, true, LB_ALL_PROBED_DOWN, false },
	{ "the same, all-probed-up", ADMIN_NONE, false, true, LB_ALL_PROBED_UP,
	    false },
	{ "all down", ADMIN_NONE, false, false, LB_ALL_PROBED_DOWN, false },
	{ "all down is up", ADMIN_NONE, false, false, LB_ALL_PROBED_UP, true },
	{ "admin up", LB_ADMIN_UP, false, true, LB_ALL_PROBED_DOWN, true },
	{ "admin up alone", LB_ADMIN_UP, false, false, LB_ALL_PROBED_DOWN, true },
	{ "admin down", LB_ADMIN_DOWN, true, true, LB_ALL_PROBED_DOWN, false },
	{ "admin down, all-probed-up", LB_ADMIN_DOWN, true, true,
	    LB_ALL_PROBED_UP, false },
	{ "admin down, others down", LB_ADMIN_DOWN, true, false,
	    LB_ALL_PROBED_UP, false },
	/* clang-format on */
};

struct answers {
	const struct lb_plan *plan;
	uint16_t a;
	bool a_up, others_up;
	unsigned asked;
};

static bool
answer(void *arg, int probe, uint16_t member)
{
	struct answers *answers = arg;

	CU_ASSERT_EQUAL(probe, 0); /* u is no rule's */
	answers->asked++;
	return member == answers->a ? answers->a_up : answers->others_up;
}

static unsigned
slots_of(const struct lb_plan *plan, uint32_t lut, uint16_t member)
{
	unsigned count = 0;

	for (uint32_t s = 0; s < plan->luts[lut].size; s++)
		count += plan->luts[lut].slots[s] == member;
	return count;
}

static void
check_health(struct made *m, const struct health_row *row)
{
	struct answers answers = { m->plan, member_id(m->plan, "p", "a"),
		row->up, row->others, 0 };
	const char *rule = row->all_down == LB_ALL_PROBED_UP ? "up" : "down";
	const struct lb_rule *probed = rule_row(m->plan, rule);
	uint16_t blind = rule_row(m->plan, "blind")->lut;

	m->config->pools[0].members[0].admin_state = row->admin;
	UNIT_ROW(row->what,
	    lb_plan_health(m->plan, m->config, answer, &answers) == 0);
	uint32_t state = m->plan->member_state[answers.a];
	UNIT_ROW(row->what, (state >> probed->probe & 1) == row->eligible);
	UNIT_ROW(row->what,
	    (slots_of(m->plan, probed->lut, answers.a) > 0) == row->eligible);
	/* without a probe only the admin state counts */
	UNIT_ROW(row->what, (state & 1) == (row->admin != LB_ADMIN_DOWN));
	UNIT_ROW(row->what, (slots_of(m->plan, blind, answers.a) > 0) ==
				(row->admin != LB_ADMIN_DOWN));
	UNIT_ROW(row->what, answers.asked > 0);
}

static void
test_health(void)
{
	struct made m = make(HEAD POOLS PROBES
	    "rules:\n" RULE("down", "p", "1", ", probe: t") RULE(
		"up", "p", "2", ", probe: t, no_healthy_backends: AllProbedUp")
		RULE("blind", "p", "3", ""),
	    NULL, NULL);
	const uint16_t *slots = m.plan->luts[0].slots;

	for (size_t i = 0; i < LB_COUNT(health_rows); i++)
		check_health(&m, &health_rows[i]);
	/* tables are where they were: who maps them need not map anew */
	CU_ASSERT_PTR_EQUAL(m.plan->luts[0].slots, slots);
	drop(&m);
}

static bool
always(void *arg, int probe, uint16_t member)
{
	(void)probe, (void)member;
	return *(bool *)arg;
}

static void
test_health_nobody(void)
{
	struct made m =
	    make(HEAD POOLS PROBES "rules:\n" RULE("r", "p", "1", ", probe: t"),
		NULL, NULL);
	bool up = false;

	CU_ASSERT_EQUAL(lb_plan_health(m.plan, m.config, always, &up), 0);
	CU_ASSERT_EQUAL(slots_of(m.plan, 0, LB_NONE), 101);
	up = true;
	CU_ASSERT_EQUAL(lb_plan_health(m.plan, m.config, always, &up), 0);
	CU_ASSERT_EQUAL(slots_of(m.plan, 0, LB_NONE), 0);
	drop(&m);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "endpoints", test_endpoints },
		{ "l2dsr", test_l2dsr },
		{ "a large endpoint table", test_large_table },
		{ "header, rules, members, subnets", test_rows },
		{ "buckets", test_buckets },
		{ "zero configuration", test_zero },
		{ "lookup tables are shared", test_luts },
		{ "health", test_health },
		{ "nobody is healthy", test_health_nobody },
		CU_TEST_INFO_NULL,
	};

	return unit_main("plan", tests);
}
