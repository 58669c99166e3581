/* SPDX-License-Identifier: MIT */
#include "live/bpf/referee_print.h"

#include <stdarg.h>
#include <string.h>

#include "model/config/names.h"
#include "model/path/table.h"

#define TEXT_BYTES    160u
#define LABEL_COLUMNS 9
#define DUMP_COLUMNS  16u

/* One row of the comparison, as text. */
struct row {
	char text[2][TEXT_BYTES];
};

static void say(char *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds to what is there. */
static void
say(char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text + used, TEXT_BYTES - used, format, args);
	va_end(args);
}

char *
referee_facts_text(uint32_t facts, char *text, size_t bytes)
{
	static const struct {
		uint32_t fact;
		const char *name;
	} names[] = {
		{ LB_FACT_MADE, "made" },
		{ LB_FACT_HIT, "hit" },
		{ LB_FACT_UNTRACKED, "untracked" },
		{ LB_FACT_REPLY, "reply" },
		{ LB_FACT_OPENED, "opened" },
		{ LB_FACT_CLOSING, "closing" },
		{ LB_FACT_ICMP, "icmp" },
		{ LB_FACT_RECHOSEN, "rechosen" },
		{ LB_FACT_SNAT, "snat" },
		{ LB_FACT_EVICTED, "evicted" },
	};
	size_t used = 0;

	(void)snprintf(text, bytes, "-");
	for (size_t i = 0; i < LB_COUNT(names) && used < bytes; i++)
		if ((facts & names[i].fact) != 0)
			used += (size_t)snprintf(text + used, bytes - used,
			    "%s%s", used > 0 ? " " : "", names[i].name);
	return text;
}

static const char *
state_name(unsigned state)
{
	static const char *const names[] = { "empty", "busy", "half",
		"answered", "open", "closing-fin", "closing-rst" };

	return state < LB_COUNT(names) ? names[state] : "?";
}

static void
rule_text(char *text, unsigned id, const struct lb_plan *plan)
{
	if (id == LB_NONE)
		say(text, "none");
	else if (plan != NULL && id < plan->rule_count &&
		 plan->rules[id].name != NULL)
		say(text, "%s", plan->rules[id].name);
	else
		say(text, "id %u", id);
}

static void
member_text(char *text, unsigned id, const struct lb_plan *plan)
{
	char address[46];

	if (id == LB_NONE) {
		say(text, "none");
		return;
	}
	if (plan == NULL || id >= plan->member_count ||
	    plan->members[id].name == NULL) {
		say(text, "id %u", id);
		return;
	}
	const struct lb_plan_member *member = &plan->members[id];
	say(text, "%s %s", member->name,
	    lb_addr_text(&member->address, address, sizeof(address)));
}

static void
entry_text(char *text, const struct lb_result *r)
{
	if ((r->facts & (LB_FACT_MADE | LB_FACT_HIT)) == 0) {
		say(text, "none");
		return;
	}
	say(text, "bucket %u way %u, %s", r->bucket, r->way,
	    state_name(r->state));
}

static void
address_text(char *text, const char *what, const struct lb_addr *addr)
{
	char address[46];

	say(text, "%s%s %s", *text != '\0' ? ", " : "", what,
	    lb_addr_text(addr, address, sizeof(address)));
}

static void
edit_text(char *text, const struct lb_edit *e)
{
	if ((e->what & LB_EDIT_SRC) != 0)
		address_text(text, "src", &e->src);
	if ((e->what & LB_EDIT_SPORT) != 0)
		say(text, " sport %u", lb_be16_get(e->sport));
	if ((e->what & LB_EDIT_DST) != 0)
		address_text(text, "dst", &e->dst);
	if ((e->what & LB_EDIT_DPORT) != 0)
		say(text, " dport %u", lb_be16_get(e->dport));
	if ((e->what & (LB_EDIT_QUOTED_SRC | LB_EDIT_QUOTED_DST)) != 0) {
		bool src = (e->what & LB_EDIT_QUOTED_SRC) != 0;
		address_text(
		    text, src ? "quoted src" : "quoted dst", &e->quoted);
		say(text, " port %u", lb_be16_get(e->quoted_port));
	}
	if ((e->what & LB_EDIT_ECHO) != 0)
		say(text, ", an echo's reply");
	if (*text == '\0')
		say(text, "none");
}

static void
print_row(const char *label, const struct row *row, FILE *to)
{
	bool same = strcmp(row->text[0], row->text[1]) == 0;

	(void)fprintf(to, "  %-*s %s%s\n", LABEL_COLUMNS, label,
	    same ? "" : "native  ", row->text[0]);
	if (!same)
		(void)fprintf(
		    to, "  %-*s kernel  %s\n", LABEL_COLUMNS, "", row->text[1]);
}

static void
print_results(
    const struct lb_result *r[2], const struct lb_plan *plan, FILE *to)
{
	struct row rows[7] = { 0 };
	static const char *const labels[] = { "verdict", "reason", "rule",
		"member", "facts", "entry", "edit" };

	for (int i = 0; i < 2; i++) {
		char facts[TEXT_BYTES];
		say(rows[0].text[i], "%s", lb_verdict_name(r[i]->verdict));
		say(rows[1].text[i], "%s", lb_reason_name(r[i]->reason));
		rule_text(rows[2].text[i], r[i]->rule, plan);
		member_text(rows[3].text[i], r[i]->member, plan);
		say(rows[4].text[i], "%s",
		    referee_facts_text(r[i]->facts, facts, sizeof(facts)));
		entry_text(rows[5].text[i], r[i]);
		edit_text(rows[6].text[i], &r[i]->edit);
	}
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		print_row(labels[i], &rows[i], to);
}

/* --- bytes --------------------------------------------------------------- */

static void
print_bytes(
    const char *label, const struct referee_side *side, uint32_t from, FILE *to)
{
	(void)fprintf(to, "  %-6s %04x ", label, from);
	for (uint32_t i = from; i < from + DUMP_COLUMNS; i++)
		if (i < side->bytes)
			(void)fprintf(to, " %02x", side->frame[i]);
	(void)fputc('\n', to);
}

static bool
byte_differs(
    const struct referee_side *a, const struct referee_side *b, uint32_t i)
{
	if (i >= a->bytes || i >= b->bytes)
		return i < a->bytes || i < b->bytes;
	return a->frame[i] != b->frame[i];
}

static void
print_marks(const struct referee_side *a, const struct referee_side *b,
    uint32_t from, FILE *to)
{
	char marks[3 * DUMP_COLUMNS + 1] = "";
	size_t last = 0;

	memset(marks, ' ', sizeof(marks) - 1);
	for (uint32_t i = 0; i < DUMP_COLUMNS; i++) {
		if (!byte_differs(a, b, from + i))
			continue;
		last = 3 * i + 3;
		marks[last - 2] = marks[last - 1] = '^';
	}
	(void)fprintf(to, "  %-6s %4s %.*s\n", "", "", (int)last, marks);
}

/* Lines on which both agree once, the others under each other. */
static void
print_dump(const struct referee_side *a, const struct referee_side *b, FILE *to)
{
	uint32_t bytes = a->bytes > b->bytes ? a->bytes : b->bytes;

	for (uint32_t at = 0; at < bytes; at += DUMP_COLUMNS) {
		bool same = true;
		for (uint32_t i = at; i < at + DUMP_COLUMNS; i++)
			same = same && !byte_differs(a, b, i);
		if (same) {
			print_bytes("", a, at, to);
			continue;
		}
		print_bytes("native", a, at, to);
		print_bytes("kernel", b, at, to);
		print_marks(a, b, at, to);
	}
}

void
referee_print(
    const struct referee_answer *a, const struct lb_plan *plan, FILE *to)
{
	const struct referee_side *sides[2] = { &a->native, &a->kernel };
	struct row parsed = { 0 }, applied = { 0 }, bytes = { 0 };

	if (a->differs != NULL)
		(void)fprintf(
		    to, "  %-*s %s\n", LABEL_COLUMNS, "differs", a->differs);
	for (int i = 0; i < 2; i++) {
		say(parsed.text[i], "%s", lb_parsed_name(sides[i]->parsed));
		say(applied.text[i], "%d", sides[i]->applied);
		say(bytes.text[i], "%u%s", sides[i]->bytes,
		    a->cut ? ", cut to that" : "");
	}
	print_row("parse", &parsed, to);
	if (sides[0]->parsed == LB_PARSED && sides[1]->parsed == LB_PARSED) {
		const struct lb_result *results[2] = { &sides[0]->result,
			&sides[1]->result };
		print_results(results, plan, to);
		print_row("apply", &applied, to);
	}
	print_row("bytes", &bytes, to);
	print_dump(sides[0], sides[1], to);
}
