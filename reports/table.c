/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "reports/finding.h"
#include "reports/shares.h"
#include "reports/stats.h"
#include "reports/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The comparison as a person reads it, 80 columns where the numbers allow:
 * plain ASCII, aligned, no colour. */
#define LINE_COLUMNS 80

static void
print_count(FILE *to, uint64_t value)
{
	char text[REPORT_TEXT_BYTES];
	report_put(to, report_count(text, &report_terminal, value));
}

/* An outside name, at most `columns` wide; padded to that when `pad`. */
static void
print_name(FILE *to, const char *raw, size_t columns, bool pad)
{
	char *name = report_clean(raw, true);
	if (name == NULL)
		return;
	report_shorten(name, columns);
	report_put(to, name);
	for (size_t i = report_columns(name); pad && i < columns; i++)
		report_put(to, " ");
	free(name);
}

struct counted {
	const char *what;
	uint64_t count;
};

/* "not replayed: 3 not IP, 1 ICMP"; nothing when all are 0. */
static void
print_counted(FILE *to, const char *head, const struct counted *of, size_t n)
{
	const char *before = head;
	for (size_t i = 0; i < n; i++) {
		if (of[i].count == 0)
			continue;
		report_put(to, before);
		print_count(to, of[i].count);
		report_print(to, " %s", of[i].what);
		before = ", ";
	}
	if (before != head)
		report_put(to, "\n");
}

static void
print_files(FILE *to, const struct sim_input *in)
{
	for (size_t i = 0; i < in->file_count; i++) {
		const struct sim_file *file = &in->files[i];
		if (file->error == NULL)
			continue;
		print_name(to, file->name, SIZE_MAX, false);
		report_put(to, ": ");
		print_name(to, file->error, SIZE_MAX, false);
		if (!file->unreadable) {
			report_put(to, " (after ");
			print_count(to, file->packets);
			report_put(to, " packets)");
		}
		report_put(to, "\n");
	}
}

static void
print_input(FILE *to, const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	const struct counted skipped[] = {
		{ "not IP", in->not_ip },
		{ "truncated", in->truncated },
		{ "malformed", in->malformed },
		{ "of another protocol", in->other_protocol },
		{ "ICMP", in->icmp },
		{ "of flows beyond --max-flows", in->over_limit },
	};
	char span[REPORT_TEXT_BYTES];

	if (in->file_count == 1) {
		print_name(to, in->files[0].name, SIZE_MAX, false);
		report_put(to, ": ");
	} else if (in->file_count > 1) {
		report_print(to, "%zu files: ", in->file_count);
	}
	print_count(to, in->packets);
	report_put(to, in->packets == 1 ? " packet, " : " packets, ");
	print_count(to, in->flows);
	report_put(to, in->flows == 1 ? " flow, " : " flows, ");
	report_put(to, report_span(span, &report_terminal, in->duration_ns));
	if (in->loop > 1)
		report_print(to, ", in %u rounds", in->loop);
	report_put(to, "\n");
	print_counted(to, "not replayed: ", skipped,
	    sizeof(skipped) / sizeof(skipped[0]));
	if (in->role_first > 0) {
		print_count(to, in->role_first);
		report_put(to,
		    " flows show no SYN or known port: who spoke first is "
		    "the client\n");
	}
	if (in->backwards > 0) {
		report_put(to, "the clock ran back at ");
		print_count(to, in->backwards);
		report_put(to, " packets, which were held at the latest time "
			       "before\n");
	}
	if (in->gaps > 0) {
		print_count(to, in->gaps);
		report_print(to, " gap%s shortened, by %s in all\n",
		    in->gaps == 1 ? " was" : "s were",
		    report_span(span, &report_terminal, in->gaps_cut_ns));
	}
	print_files(to, in);
	if (record->partial)
		report_print(to, "PARTIAL: some input %s\n",
		    in->over_limit > 0 ? "was left out" : "could not be read");
	if (record->interrupted)
		report_put(to, "INTERRUPTED: what was replayed until then\n");
}

static const char *
in_words(const struct sim_rule *rule, enum report_unit unit, double p)
{
	if (rule->backend_count < 2 || report_total(rule, unit) == 0)
		return "nothing to test";
	if (isnan(p))
		return "too few keys to test";
	if (p < 0.01)
		return "worse than a perfect one";
	if (p < 0.05)
		return "perhaps worse than that";
	return "like a perfect hash";
}

static void
print_fairness(
    FILE *to, const struct sim_rule *rule, enum report_unit unit, uint64_t seed)
{
	char jain[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	char like[REPORT_TEXT_BYTES], p_text[REPORT_TEXT_BYTES];
	char of[2 * REPORT_TEXT_BYTES];
	const struct report_script *s = &report_terminal;
	struct report_fairness f;

	if (report_fairness(rule, unit, &f) != 0)
		return;
	double p = report_p_value(rule, unit, seed);
	report_format(of, sizeof(of), "%s of %zu",
	    report_digits(like, s, f.effective_backends), rule->backend_count);
	if (!isnan(p) && p < 0.0001)
		report_format(p_text, sizeof(p_text), "<0.0001");
	else
		report_digits(p_text, s, p);
	report_print(to, "  %-8s %6s %13s %13s %8s  %s\n",
	    report_unit_name(unit), report_index(jain, f.jain),
	    report_index(expected, f.expected_jain), of, p_text,
	    in_words(rule, unit, p));
}

static void
print_rule(FILE *to, const struct sim_case *c, const struct sim_rule *rule,
    uint64_t seed)
{
	report_put(to, "\n");
	print_name(to, c->name, SIZE_MAX, false);
	if (c->rule_count > 1) {
		report_put(to, ", rule ");
		print_name(to, rule->name, SIZE_MAX, false);
	}
	report_put(to, " (");
	if (strcmp(c->name ? c->name : "", rule->distribution) != 0)
		report_print(to, "%s, ", rule->distribution);
	report_print(to, "%s, ", rule->algorithm);
	print_count(to, rule->key_count);
	report_put(to, rule->key_count == 1 ? " key)\n" : " keys)\n");

	report_put_shares(to, rule, seed);
	report_print(to, "  %-8s %6s %13s %13s %8s\n", "evenness", "Jain",
	    "perfect hash", "behaves like", "p");
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		print_fairness(to, rule, u, seed);
}

static void
print_case(FILE *to, const struct sim_case *c, uint64_t seed)
{
	for (size_t i = 0; i < c->rule_count; i++)
		print_rule(to, c, &c->rules[i], seed);

	struct counted *drops = calloc(c->drop_count + 2, sizeof(*drops));
	if (drops == NULL)
		return;
	for (size_t i = 0; i < c->drop_count; i++)
		drops[i] =
		    (struct counted){ c->drops[i].reason, c->drops[i].packets };
	const char *head = "  dropped packets: ";
	if (c->rule_count != 1)
		head = "\ndropped packets of all rules: ";
	print_counted(to, head, drops, c->drop_count);
	free(drops);
	const struct counted other[] = {
		{ "untracked (table full)", c->untracked },
		{ "replies suppressed", c->reply_suppressed },
	};
	print_counted(to, "  ", other, sizeof(other) / sizeof(other[0]));
}

/* One line, broken at words to LINE_COLUMNS; its indentation stays, what
 * follows hangs by two. */
static void
print_wrapped(FILE *to, char *line)
{
	size_t indent = strspn(line, " "), used = indent;
	char *state = NULL;

	report_print(to, "%*s", (int)indent, "");
	for (char *word = strtok_r(line, " ", &state); word != NULL;
	     word = strtok_r(NULL, " ", &state)) {
		size_t columns = report_columns(word);
		if (used > indent && used + 1 + columns > LINE_COLUMNS) {
			report_print(to, "\n%*s", (int)indent + 2, "");
			used = indent + 2;
		} else if (used > indent) {
			report_put(to, " ");
			used++;
		}
		report_put(to, word);
		used += columns;
	}
	report_put(to, "\n");
}

void
report_table(const struct sim_record *record, FILE *to)
{
	print_input(to, record);
	for (size_t i = 0; i < record->case_count; i++)
		print_case(to, &record->cases[i], record->seed);
	char *verdict = report_verdict(record), *state = NULL;
	if (verdict != NULL && verdict[0] != '\0')
		report_put(to, "\n");
	for (char *line = verdict ? strtok_r(verdict, "\n", &state) : NULL;
	     line != NULL; line = strtok_r(NULL, "\n", &state))
		print_wrapped(to, line);
	free(verdict);
}
