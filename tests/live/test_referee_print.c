/* SPDX-License-Identifier: MIT */
/* live/bpf/referee_print.c: two answers that differ, as a person sees them. */
#include <stdlib.h>
#include <string.h>

#include "live/bpf/referee_print.h"
#include "tests/unit.h"

/* Both builds say this; rows change one thing of what the kernel says. */
static void
agree(struct referee_answer *a)
{
	struct referee_side side = {
		.parsed = LB_PARSED,
		.result = {
			.verdict = LB_FORWARD,
			.facts = LB_FACT_MADE,
			.bucket = 12,
			.member = 2,
			.rule = 1,
			.way = 3,
			.state = LB_CONN_HALF,
			.edit = { .what = LB_EDIT_DST | LB_EDIT_DPORT,
			    .dst = lb_addr_v4(0x0400000a), /* 10.0.0.4 */
			    .dport = lb_be16_of(8080) },
		},
		.bytes = 20,
	};

	for (uint32_t i = 0; i < side.bytes; i++)
		side.frame[i] = (uint8_t)i;
	*a = (struct referee_answer){ .native = side, .kernel = side };
}

static void
change_nothing(struct referee_answer *a)
{
	(void)a;
}

static void
change_verdict(struct referee_answer *a)
{
	struct lb_result *r = &a->kernel.result;

	r->verdict = LB_DROP;
	r->reason = LB_REASON_NO_HEALTHY_BACKEND;
	r->member = LB_NONE;
	r->rule = LB_NONE;
	r->facts = LB_FACT_HIT | LB_FACT_REPLY;
	r->edit.what = 0;
	a->differs = "verdict";
}

static void
change_entry(struct referee_answer *a)
{
	a->kernel.result.state = LB_CONN_CLOSING_RST;
	a->kernel.result.facts = 0;
	a->native.result.state = 99; /* nobody's */
}

static void
change_edit(struct referee_answer *a)
{
	struct lb_edit *e = &a->kernel.result.edit;

	e->what = LB_EDIT_SRC | LB_EDIT_SPORT | LB_EDIT_QUOTED_DST;
	e->src = lb_addr_v4(0x0a7100cb); /* 203.0.113.10 */
	e->sport = lb_be16_of(80);
	e->quoted = e->src;
	e->quoted_port = lb_be16_of(443);
	a->native.result.edit.what = LB_EDIT_QUOTED_SRC;
	a->native.result.edit.quoted = (struct lb_addr){ { 0xfd, 0 } };
}

static void
change_byte(struct referee_answer *a)
{
	a->kernel.frame[1] = 0xff;
	a->kernel.frame[17] = 0xee;
	a->differs = "bytes";
}

static void
change_length(struct referee_answer *a)
{
	a->kernel.bytes = 18;
	a->cut = true;
}

static void
change_parse(struct referee_answer *a)
{
	a->native.parsed = LB_PARSED_MALFORMED;
}

/* clang-format off */
#define DUMP \
	"         0000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n" \
	"         0010  10 11 12 13\n"

static const struct row {
	const char *what;
	void (*change)(struct referee_answer *a);
	const char *lines[4]; /* all of which must be there */
} rows[] = {
	{ "what both say is said once", change_nothing, {
	    "  parse     parsed\n  verdict   forward\n  reason    none\n"
	    "  rule      id 1\n  member    id 2\n  facts     made\n"
	    "  entry     bucket 12 way 3, half\n"
	    "  edit      dst 10.0.0.4 dport 8080\n"
	    "  apply     0\n  bytes     20\n" DUMP } },
	{ "a verdict", change_verdict, {
	    "  differs   verdict\n",
	    "  verdict   native  forward\n            kernel  drop\n"
	    "  reason    native  none\n"
	    "            kernel  no_healthy_backend\n"
	    "  rule      native  id 1\n            kernel  none\n"
	    "  member    native  id 2\n            kernel  none\n"
	    "  facts     native  made\n            kernel  hit reply\n",
	    "  edit      native  dst 10.0.0.4 dport 8080\n"
	    "            kernel  none\n" } },
	{ "an entry", change_entry, {
	    "  facts     native  made\n            kernel  -\n"
	    "  entry     native  bucket 12 way 3, ?\n"
	    "            kernel  none\n" } },
	{ "an edit", change_edit, {
	    "  edit      native  quoted src fd00:: port 0\n"
	    "            kernel  src 203.0.113.10 sport 80, "
	    "quoted dst 203.0.113.10 port 443\n" } },
	{ "bytes", change_byte, {
	    "  differs   bytes\n",
	    "  bytes     20\n"
	    "  native 0000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n"
	    "  kernel 0000  00 ff 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n"
	    "                  ^^\n"
	    "  native 0010  10 11 12 13\n"
	    "  kernel 0010  10 ee 12 13\n"
	    "                  ^^\n" } },
	{ "a length", change_length, {
	    "  bytes     native  20, cut to that\n"
	    "            kernel  18, cut to that\n",
	    "  native 0010  10 11 12 13\n"
	    "  kernel 0010  10 11\n"
	    "                     ^^ ^^\n" } },
	{ "a parse", change_parse, {
	    "  parse     native  malformed\n            kernel  parsed\n"
	    "  bytes     20\n" DUMP } },
};
/* clang-format on */

static char *
printed(const struct referee_answer *a, const struct lb_plan *plan)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		abort();
	referee_print(a, plan, to);
	(void)fclose(to);
	return text;
}

static void
expect(const struct row *row, const char *text)
{
	for (size_t k = 0; k < LB_COUNT(row->lines); k++) {
		const char *line = row->lines[k];
		bool there = line == NULL || strstr(text, line) != NULL;
		UNIT_ROW(row->what, there);
		if (!there)
			(void)fprintf(stderr, "%s---\n%s", line, text);
	}
}

static void
test_rows(void)
{
	static struct referee_answer a;

	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		agree(&a);
		rows[i].change(&a);
		char *text = printed(&a, NULL);
		expect(&rows[i], text);
		free(text);
	}
}

static void
test_names(void)
{
	static struct referee_answer a;
	struct lb_problems problems = { 0 };
	struct lb_config *config = lb_config_zero(4, LB_MODE_FIVE_TUPLE);
	struct lb_plan *plan = lb_plan_compile(config, NULL, NULL, &problems);

	agree(&a);
	a.kernel.result.member = 9999;
	char *text = printed(&a, plan);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(text, "  rule      all6\n"
			 "  member    native  backend-3 198.18.0.3\n"
			 "            kernel  id 9999\n"));
	free(text);
	lb_plan_free(plan);
	lb_config_free(config);
}

static void
test_facts(void)
{
	static const struct {
		uint32_t facts;
		size_t room;
		const char *text;
	} facts[] = {
		{ 0, 40, "-" }, { LB_FACT_MADE, 40, "made" },
		{ LB_FACT_MADE | LB_FACT_RECHOSEN, 40, "made rechosen" },
		{ 0xffffff, 80,
		    "made hit untracked reply opened closing icmp rechosen "
		    "snat evicted" },
		{ 0xff, 8, "made hi" }, /* what fits */
	};
	char text[96];

	for (size_t i = 0; i < LB_COUNT(facts); i++)
		UNIT_ROW(facts[i].text,
		    strcmp(
			referee_facts_text(facts[i].facts, text, facts[i].room),
			facts[i].text) == 0);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "rows", test_rows },
		{ "names", test_names },
		{ "facts", test_facts },
		CU_TEST_INFO_NULL,
	};

	return unit_main("referee_print", tests);
}
