/* SPDX-License-Identifier: MIT */
/* What a plan keeps of the one before it: ids, tables, bits, classes. */
#include "model/plan/plan_parts.h"
#include "tests/model/plan_text.h"

/* --- lb_ids_assign ------------------------------------------------------- */

/* clang-format off */
static const struct ids {
	const char *what;
	/* By id: a name, behind it a digit of the address if it matters;
	 * "-": free; NULL: the end. */
	const char *before[5];
	const char *wanted[5];
	uint16_t ids[5];
	uint32_t top;
} id_rows[] = {
	{ "first time", { NULL }, { "a", "b" }, { 0, 1 }, 2 },
	{ "the same", { "a", "b" }, { "a", "b" }, { 0, 1 }, 2 },
	{ "another order", { "a", "b", "c" }, { "c", "a", "b" }, { 2, 0, 1 },
	    3 },
	{ "one more", { "a", "b" }, { "x", "b", "a" }, { 2, 1, 0 }, 3 },
	{ "who went keeps his", { "a", "b" }, { "b", "x" }, { 1, 2 }, 3 },
	{ "the lowest free", { "a", "-", "b", "-" }, { "x", "y", "z" },
	    { 1, 3, 4 }, 5 },
	{ "free ones on top fall off", { "a", "-", "-" }, { "a" }, { 0 }, 1 },
	{ "nobody", { "-", "-" }, { NULL }, { 0 }, 0 },
	{ "twice the same name", { "a" }, { "a", "a" }, { 0, 1 }, 2 },
	{ "another address", { "a1", "b1" }, { "a2", "b1" }, { 2, 1 }, 3 },
	{ "back at the old one", { "a1", "b1", "a2" }, { "a1", "b1" },
	    { 0, 1 }, 3 },
	{ "addresses change hands", { "a1", "b2" }, { "a2", "b1" }, { 2, 3 },
	    4 },
};
/* clang-format on */

/* What it is called, without its digit; NULL: "-". */
static const char *
letter_of(const char *text)
{
	static const char *const letters[] = { "a", "b", "c", "x", "y", "z" };

	for (size_t i = 0; i < LB_COUNT(letters); i++)
		if (*text == *letters[i])
			return letters[i];
	return NULL;
}

static struct lb_id_names
names_of(const char *const *texts, struct lb_id_name *names)
{
	uint32_t n = 0;

	for (; n < 5 && texts[n] != NULL; n++) {
		names[n] =
		    (struct lb_id_name){ "", letter_of(texts[n]), { { 0 } } };
		if (strlen(texts[n]) > 1)
			names[n].address.word[1] = (uint64_t)texts[n][1];
	}
	return (struct lb_id_names){ names, n };
}

static void
test_ids(void)
{
	for (size_t i = 0; i < LB_COUNT(id_rows); i++) {
		const struct ids *row = &id_rows[i];
		struct lb_id_name had[5], wants[5];
		struct lb_id_names before = names_of(row->before, had);
		struct lb_id_names wanted = names_of(row->wanted, wants);
		uint16_t ids[5];
		uint32_t top;
		UNIT_EQUAL(
		    row->what, lb_ids_assign(&before, &wanted, ids, &top), 0);
		UNIT_EQUAL(row->what, top, row->top);
		for (uint32_t w = 0; w < wanted.count; w++)
			UNIT_EQUAL(row->what, ids[w], row->ids[w]);
	}
}

/* Ids 0 .. 65534 and no more. */
static void
test_ids_used_up(void)
{
	static struct lb_id_name wanted[LB_MEMBER_MAX + 1];
	static char names[LB_MEMBER_MAX + 1][8];
	static uint16_t ids[LB_MEMBER_MAX + 1];
	struct lb_id_names nobody = { NULL, 0 };
	struct lb_id_names all = { wanted, LB_MEMBER_MAX };
	struct lb_id_names too_many = { wanted, LB_MEMBER_MAX + 1 };
	struct lb_id_names one = { &wanted[LB_MEMBER_MAX], 1 };
	uint32_t top;

	for (unsigned i = 0; i <= LB_MEMBER_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%u", i);
		wanted[i] = (struct lb_id_name){ "", names[i], { { 0 } } };
	}
	CU_ASSERT_EQUAL(lb_ids_assign(&nobody, &all, ids, &top), 0);
	CU_ASSERT_EQUAL(top, LB_MEMBER_MAX);
	CU_ASSERT_EQUAL(ids[LB_MEMBER_MAX - 1], LB_MEMBER_MAX - 1);
	CU_ASSERT_EQUAL(lb_ids_assign(&nobody, &too_many, ids, &top), 1);
	CU_ASSERT_EQUAL(lb_ids_assign(&all, &one, ids, &top), 1);
}

/* --- members and rules over reloads -------------------------------------- */

#define MEMBERS(list) "pools: [{ name: p, members: [" list "] }]\n"
#define A             "{ name: a, address: 10.0.0.1 },"
#define A_MOVED       "{ name: a, address: 10.0.0.9 },"
#define B             "{ name: b, address: 10.0.0.2 },"
#define C             "{ name: c, address: 10.0.0.3 },"

static const struct lb_member *
member_row(const struct lb_plan *plan, uint16_t id)
{
	const struct lb_member *rows =
	    (const void *)&plan->rows[lb_plan_header_of(plan)->member_at];

	return &rows[id];
}

static bool
same_slots(const struct lb_plan *a, const struct lb_plan *b, uint32_t lut)
{
	return memcmp(a->luts[lut].slots, b->luts[lut].slots,
		   a->luts[lut].size * sizeof(uint16_t)) == 0;
}

/* A reload that only reorders moves nothing: the same rows and slots. */
static void
test_reorder(void)
{
	struct made one = make(HEAD MEMBERS(A B C) "rules:\n" RULE(
				   "r", "p", "1", "") RULE("s", "p", "2", ""),
	    NULL, NULL);
	struct made two = make(HEAD MEMBERS(C A B) "rules:\n" RULE(
				   "s", "p", "2", "") RULE("r", "p", "1", ""),
	    one.plan, NULL);

	CU_ASSERT_EQUAL(one.plan->row_count, two.plan->row_count);
	CU_ASSERT_EQUAL(memcmp(one.plan->rows, two.plan->rows,
			    one.plan->row_count * sizeof(struct lb_row)),
	    0);
	CU_ASSERT_TRUE(same_slots(one.plan, two.plan, 0));
	drop(&one);
	drop(&two);
}

/* b goes, c comes; then b's id is given back. */
static void
test_tombstone(void)
{
	static struct lb_usage used;
	struct made one = make(
	    HEAD MEMBERS(A B) "rules:\n" RULE("r", "p", "1", ""), NULL, NULL);
	struct made two =
	    make(HEAD MEMBERS(A C) "rules:\n" RULE("r", "p", "1", ""), one.plan,
		&used);
	struct lb_plan *plan = two.plan;

	CU_ASSERT_EQUAL(member_id(plan, "p", "a"), 0);
	CU_ASSERT_EQUAL(member_id(plan, "p", "b"), 1);
	CU_ASSERT_EQUAL(member_id(plan, "p", "c"), 2);
	CU_ASSERT_TRUE(plan->members[1].tombstone);
	CU_ASSERT_EQUAL(plan->members[1].pool_index, -1);
	CU_ASSERT_EQUAL(member_row(plan, 1)->live, 1);
	CU_ASSERT_TRUE(lb_addr_same(
	    &member_row(plan, 1)->addr, &member_row(one.plan, 1)->addr));
	CU_ASSERT_EQUAL(plan->member_state[1], 0);
	for (uint32_t s = 0; s < plan->luts[0].size; s++)
		CU_ASSERT_NOT_EQUAL(plan->luts[0].slots[s], 1);

	used.member[1] = 1; /* b still has connections */
	struct made three =
	    make(HEAD MEMBERS(A C) "rules:\n" RULE("r", "p", "1", ""), two.plan,
		&used);
	CU_ASSERT_EQUAL(member_id(three.plan, "p", "b"), 1);
	used.member[1] = 0; /* and now he has none */
	struct made four =
	    make(HEAD MEMBERS(A C) "rules:\n" RULE("r", "p", "1", ""),
		three.plan, &used);
	CU_ASSERT_EQUAL(member_id(four.plan, "p", "b"), LB_NONE);
	CU_ASSERT_EQUAL(member_row(four.plan, 1)->live, 0);
	CU_ASSERT_EQUAL(member_id(four.plan, "p", "c"), 2);
	/* the id is free for somebody else, or for b again */
	struct made five = make(
	    HEAD MEMBERS(
		"{ name: d, address: 10.0.0.4 }," A B C) "rules:\n" RULE("r",
		"p", "1", ""),
	    four.plan, &used);
	CU_ASSERT_EQUAL(member_id(five.plan, "p", "d"), 1);
	CU_ASSERT_EQUAL(member_id(five.plan, "p", "b"), 3);
	drop(&one), drop(&two), drop(&three), drop(&four), drop(&five);
}

/* Another machine under a's name: the one before leaves like any other, its row
 * still leads to where its connections are, and NAT's port is the new one's. */
static void
test_moves(void)
{
#define NAT                                                                    \
	"nat_rules: [{ name: n, frontend: f, pool: p, protocol: tcp, "         \
	"frontend_ports: 5000-5010, backend_port: 22 }]\n"
	static struct lb_usage used;
	struct made one =
	    make(HEAD MEMBERS(A B) NAT "rules:\n" RULE("r", "p", "1", ""), NULL,
		NULL);
	struct made two =
	    make(HEAD MEMBERS(A_MOVED B) NAT "rules:\n" RULE("r", "p", "1", ""),
		one.plan, NULL);
	const struct lb_plan *plan = two.plan;
	const struct lb_addr *old = &member_row(one.plan, 0)->addr;

	CU_ASSERT_EQUAL(plan->member_count, 3);
	CU_ASSERT_EQUAL(plan->member_ids[0], 2);
	CU_ASSERT_EQUAL(plan->member_ids[1], 1);
	CU_ASSERT_TRUE(plan->members[0].tombstone);
	CU_ASSERT_TRUE(lb_addr_same(&member_row(plan, 0)->addr, old));
	CU_ASSERT_FALSE(lb_addr_same(&member_row(plan, 2)->addr, old));
	CU_ASSERT_EQUAL(plan->member_state[0], 0);
	for (uint32_t s = 0; s < plan->luts[0].size; s++) {
		uint16_t was = one.plan->luts[0].slots[s];
		CU_ASSERT_EQUAL(plan->luts[0].slots[s], was == 0 ? 2 : was);
	}
	CU_ASSERT_EQUAL(plan->mappings[0].port, one.plan->mappings[0].port);
	CU_ASSERT_EQUAL(plan->mappings[0].rule, one.plan->mappings[0].rule);
	CU_ASSERT_EQUAL(plan->mappings[0].member, 2);

	used.member[0] = 1; /* connections to where it was */
	struct made three =
	    make(HEAD MEMBERS(A_MOVED B) NAT "rules:\n" RULE("r", "p", "1", ""),
		two.plan, &used);
	CU_ASSERT_TRUE(three.plan->members[0].tombstone);
	used.member[0] = 0;
	struct made four =
	    make(HEAD MEMBERS(A_MOVED B) NAT "rules:\n" RULE("r", "p", "1", ""),
		three.plan, &used);
	CU_ASSERT_PTR_NULL(four.plan->members[0].name);
	/* and back, before it was forgotten */
	struct made back =
	    make(HEAD MEMBERS(A B) NAT "rules:\n" RULE("r", "p", "1", ""),
		three.plan, NULL);
	CU_ASSERT_EQUAL(back.plan->member_ids[0], 0);
	CU_ASSERT_TRUE(back.plan->members[2].tombstone);
	drop(&one), drop(&two), drop(&three), drop(&four), drop(&back);
#undef NAT
}

/* Who comes back before he was forgotten is who he was. */
static void
test_comes_back(void)
{
	struct made one = make(
	    HEAD MEMBERS(A B) "rules:\n" RULE("r", "p", "1", ""), NULL, NULL);
	struct made two = make(
	    HEAD MEMBERS(A) "rules:\n" RULE("r", "p", "1", ""), one.plan, NULL);
	struct made three =
	    make(HEAD MEMBERS(C B A) "rules:\n" RULE("r", "p", "1", ""),
		two.plan, NULL);

	CU_ASSERT_EQUAL(member_id(three.plan, "p", "b"), 1);
	CU_ASSERT_FALSE(three.plan->members[1].tombstone);
	CU_ASSERT_EQUAL(member_id(three.plan, "p", "c"), 2);
	drop(&one), drop(&two), drop(&three);
}

static void
test_rule_tombstone(void)
{
	static struct lb_usage used;
	struct made one =
	    make(HEAD MEMBERS(A) "rules:\n" RULE("r", "p", "1",
		     ", idle_timeout: 90s") RULE("s", "p", "2", ""),
		NULL, NULL);
	/* r goes; s becomes another rule in all but its name */
	struct made two =
	    make(HEAD MEMBERS(A) "rules:\n" RULE("t", "p", "3", "")
		     RULE("s", "p", "4", ", distribution: source-ip"),
		one.plan, &used);
	const struct lb_rule *r = rule_row(two.plan, "r");

	CU_ASSERT_EQUAL(rule_id(two.plan, "s"), 1);
	CU_ASSERT_EQUAL(rule_id(two.plan, "t"), 2);
	CU_ASSERT_EQUAL(rule_row(two.plan, "s")->mode, LB_MODE_SOURCE_IP);
	CU_ASSERT_TRUE(two.plan->rules[0].tombstone);
	CU_ASSERT_EQUAL(r->live, 1);
	CU_ASSERT_EQUAL(r->lut, LB_NONE);
	CU_ASSERT_EQUAL(lb_be16_get(r->frontend_port), 1);
	CU_ASSERT_EQUAL(two.plan->classes[r->class_tcp].open_ms, 90000);
	struct made three =
	    make(HEAD MEMBERS(A) "rules:\n" RULE("s", "p", "4", ""), two.plan,
		&used);
	CU_ASSERT_EQUAL(rule_id(three.plan, "r"), LB_NONE);
	CU_ASSERT_EQUAL(lb_plan_rule_row(three.plan, 0)->live, 0);
	CU_ASSERT_TRUE(three.plan->rules[2].tombstone); /* t, just gone */
	drop(&one), drop(&two), drop(&three);
}

/* --- lookup tables and bits ---------------------------------------------- */

static void
test_lut_indices(void)
{
	struct made one =
	    make(HEAD POOLS PROBES "rules:\n" RULE("r", "p", "1", "")
		     RULE("s", "p", "2", ", probe: t") RULE("t", "q", "3", ""),
		NULL, NULL);
	/* the first is no longer needed; a new one must not take its place
	 * while the plan before is in force */
	struct made two =
	    make(HEAD POOLS PROBES "rules:\n" RULE("n", "p", "4", ", probe: u")
		     RULE("t", "q", "3", "") RULE("s", "p", "2", ", probe: t"),
		one.plan, NULL);
	CU_ASSERT_EQUAL(rule_row(two.plan, "s")->lut, 1);
	CU_ASSERT_EQUAL(rule_row(two.plan, "t")->lut, 2);
	CU_ASSERT_EQUAL(rule_row(two.plan, "n")->lut, 3);
	CU_ASSERT_PTR_NULL(two.plan->luts[0].slots);
	CU_ASSERT_EQUAL(rule_row(two.plan, "s")->probe, 1);
	CU_ASSERT_EQUAL(rule_row(two.plan, "n")->probe, 2);
	struct made three =
	    make(HEAD POOLS PROBES "rules:\n" RULE("n", "p", "4", ", probe: u")
		     RULE("m", "q", "5", ", probe: u"),
		two.plan, NULL);
	CU_ASSERT_EQUAL(rule_row(three.plan, "m")->lut, 0);
	CU_ASSERT_EQUAL(rule_row(three.plan, "n")->lut, 3);
	CU_ASSERT_EQUAL(rule_row(three.plan, "n")->probe, 2);
	CU_ASSERT_EQUAL(three.plan->lut_count, 4);
	drop(&one), drop(&two), drop(&three);
}

/* --- timeout classes ----------------------------------------------------- */

/* clang-format off */
static const struct class_row {
	const char *rule;
	bool udp;
	uint32_t half_ms, open_ms;
} class_rows[] = {
	{ "r1", false, 60000, 240000 },
	{ "r2", false, 60000, 240000 }, /* shared */
	{ "r3", false, 30000, 30000 },  /* half-open no longer than open */
	{ "r4", true, 240000, 240000 }, /* UDP: one time for all states */
	{ "r5", false, 60000, 240000 },
	{ "r5", true, 240000, 240000 },
	{ "r6", true, 30000, 30000 },   /* the same as r3's */
};
/* clang-format on */

static void
test_classes(void)
{
	struct made m = make(
	    HEAD MEMBERS(A) "rules:\n" RULE("r1", "p", "1", "")
		RULE("r2", "p", "2", "") RULE("r3", "p", "3",
		    ", idle_timeout: 30s") "  - { name: r4, frontend: f, pool: "
					   "p, protocol: udp,\n"
					   "      frontend_port: 4, "
					   "connection_tracking: true }\n"
					   "  - { name: r5, pool: p, protocol: "
					   "all, frontend_port: 0,\n"
					   "      connection_tracking: true }\n"
					   "  - { name: r6, frontend: f, pool: "
					   "p, protocol: udp,\n"
					   "      frontend_port: 6, "
					   "connection_tracking: true,\n"
					   "      idle_timeout: 30s }\n"
					   "forwarding: { ha_next_hop: r5 }\n",
	    NULL, NULL);

	CU_ASSERT_EQUAL(m.plan->class_count, 3);
	for (size_t i = 0; i < LB_COUNT(class_rows); i++) {
		const struct class_row *row = &class_rows[i];
		const struct lb_rule *rule = rule_row(m.plan, row->rule);
		struct lb_class class =
		    m.plan
			->classes[row->udp ? rule->class_udp : rule->class_tcp];
		UNIT_ROW(row->rule, class.half_ms == row->half_ms);
		UNIT_ROW(row->rule, class.open_ms == row->open_ms);
	}
	drop(&m);
}

/* A class keeps its number while entries may have it. */
static void
test_class_numbers(void)
{
	static struct lb_usage used;
	struct made one = make(HEAD MEMBERS(A) "rules:\n" RULE(
				   "r", "p", "1", ", idle_timeout: 70s")
				   RULE("s", "p", "2", ", idle_timeout: 80s"),
	    NULL, NULL);
	struct made two = make(HEAD MEMBERS(A) "rules:\n" RULE(
				   "r", "p", "1", ", idle_timeout: 90s")
				   RULE("s", "p", "2", ", idle_timeout: 80s"),
	    one.plan, &used);
	CU_ASSERT_EQUAL(two.plan->classes[0].open_ms, 70000);
	CU_ASSERT_EQUAL(rule_row(two.plan, "s")->class_tcp, 1);
	CU_ASSERT_EQUAL(rule_row(two.plan, "r")->class_tcp, 2);
	used.timeout_class[0] = 1;
	struct made three = make(HEAD MEMBERS(A) "rules:\n" RULE(
				     "r", "p", "1", ", idle_timeout: 100s"),
	    two.plan, &used);
	CU_ASSERT_EQUAL(three.plan->classes[0].open_ms, 70000);
	CU_ASSERT_EQUAL(rule_row(three.plan, "r")->class_tcp, 3);
	used.timeout_class[0] = 0; /* the last entry of it has ended */
	struct made four = make(HEAD MEMBERS(A) "rules:\n" RULE(
				    "r", "p", "1", ", idle_timeout: 110s"),
	    three.plan, &used);
	CU_ASSERT_EQUAL(rule_row(four.plan, "r")->class_tcp, 0);
	drop(&one), drop(&two), drop(&three), drop(&four);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "ids", test_ids },
		{ "ids used up", test_ids_used_up },
		{ "another order", test_reorder },
		{ "a member goes", test_tombstone },
		{ "a member moves", test_moves },
		{ "a member comes back", test_comes_back },
		{ "a rule goes", test_rule_tombstone },
		{ "tables and bits stay", test_lut_indices },
		{ "timeout classes", test_classes },
		{ "timeout classes stay", test_class_numbers },
		CU_TEST_INFO_NULL,
	};

	return unit_main("plan_reload", tests);
}
