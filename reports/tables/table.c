/* SPDX-License-Identifier: MIT */
#include "reports/report.h"
#include "reports/words/input.h"
#include "reports/stats/bootstrap.h"
#include "reports/tables/failover_table.h"
#include "reports/stats/snat.h"
#include "reports/words/failover_evenness.h"
#include "reports/words/failover_words.h"
#include "reports/words/finding.h"
#include "reports/text/lines.h"
#include "reports/words/nats.h"
#include "reports/tables/shares.h"
#include "reports/stats/stats.h"
#include "reports/text/text.h"
#include "model/config/names.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The comparison as a person reads it, 80 columns where the numbers allow:
 * plain ASCII, aligned, no colour. */

#define FAIRNESS_COLUMNS "  %-8s %5s %11s %8s %12s %7s"

static void
print_files(FILE *to, const struct sim_input *in)
{
	for (size_t i = 0; i < in->file_count; i++) {
		const struct sim_file *file = &in->files[i];
		if (file->error == NULL)
			continue;
		report_put_name(to, file->name, SIZE_MAX, false);
		report_put(to, ": ");
		report_put_name(to, file->error, SIZE_MAX, false);
		report_put(to, "\n");
	}
}

static void
print_input(FILE *to, const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	const struct report_counted skipped[] = {
		{ "not IP", in->not_ip },
		{ "truncated", in->truncated },
		{ "malformed", in->malformed },
		{ "of another protocol", in->other_protocol },
		{ "ICMP", in->icmp },
		{ "of flows beyond --max-flows", in->over_limit },
	};
	char span[REPORT_TEXT_BYTES];

	if (in->file_count == 1) {
		report_put_name(to, in->files[0].name, SIZE_MAX, false);
		report_put(to, ": ");
	} else if (in->file_count > 1) {
		report_print(to, "%zu files: ", in->file_count);
	}
	report_put_count(to, in->packets);
	report_put(to, in->packets == 1 ? " packet, " : " packets, ");
	report_put_count(to, in->flows);
	report_put(to, in->flows == 1 ? " flow, " : " flows, ");
	report_put(to, report_span(span, &report_terminal, in->duration_ns));
	if (in->loop > 1)
		report_print(to, ", in %u rounds", in->loop);
	report_put(to, "\n");
	report_put_counted(to, "not replayed: ", skipped,
	    sizeof(skipped) / sizeof(skipped[0]));
	if (in->role_first > 0) {
		report_put_count(to, in->role_first);
		report_put(to,
		    " flows show no SYN or known port: who spoke first is "
		    "the client\n");
	}
	if (in->backwards > 0) {
		report_put(to, "the clock ran back at ");
		report_put_count(to, in->backwards);
		report_put(to, " packets, which were held at the latest time "
			       "before\n");
	}
	if (in->gaps > 0) {
		report_put_count(to, in->gaps);
		report_print(to, " gap%s shortened, by %s in all\n",
		    in->gaps == 1 ? " was" : "s were",
		    report_span(span, &report_terminal, in->gaps_cut_ns));
	}
	print_files(to, in);
	if (report_is_partial(record))
		report_print(to, "PARTIAL: some input %s\n",
		    in->over_limit > 0 ? "was left out" : "could not be read");
	if (record->interrupted)
		report_put(
		    to, record->synthetic
			    ? "INTERRUPTED: what there was until then\n"
			    : "INTERRUPTED: what was replayed until then\n");
}

static const char *
in_words(const struct sim_rule *rule, enum report_unit unit, double p,
    const char *excuse)
{
	if (rule->backend_count < 2 || report_total(rule, unit) == 0)
		return "nothing to test";
	if (isnan(p))
		return "too few keys to test";
	if (p < 0.05 && excuse != NULL)
		return excuse;
	if (p < 0.01)
		return "worse than perfect";
	if (p < 0.05)
		return "perhaps worse";
	return "like a perfect hash";
}

/* "0.985-0.992": 95 % */
static const char *
range_text(char *to, size_t bytes, const struct report_range *of)
{
	char low[REPORT_TEXT_BYTES], high[REPORT_TEXT_BYTES];

	if (isnan(of->low))
		return "-";
	report_format(to, bytes, "%s-%s", report_index(low, of->low),
	    report_index(high, of->high));
	return to;
}

static void
print_fairness(FILE *to, const struct sim_rule *rule, enum report_unit unit,
    uint64_t seed, const char *excuse)
{
	char jain[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	char like[REPORT_TEXT_BYTES], p_text[REPORT_TEXT_BYTES];
	char of[2 * REPORT_TEXT_BYTES], range[2 * REPORT_TEXT_BYTES];
	const struct report_script *s = &report_terminal;
	struct report_fairness f;

	if (report_fairness(rule, unit, &f) != 0)
		return;
	double p = report_p_value(rule, unit, seed);
	struct report_intervals interval = report_bootstrap(rule, unit, seed);
	report_format(of, sizeof(of), "%s of %zu",
	    report_digits(like, s, f.effective_backends),
	    report_fair(rule).count);
	if (!isnan(p) && p < 0.0001)
		report_format(p_text, sizeof(p_text), "<0.0001");
	else
		report_digits(p_text, s, p);
	report_print(to, FAIRNESS_COLUMNS "  %s\n", report_unit_name(unit),
	    report_index(jain, f.jain),
	    range_text(range, sizeof(range), &interval.jain),
	    report_index(expected, f.expected_jain), of, p_text,
	    in_words(rule, unit, p, excuse));
}

/* What made it uneven, if it is, besides the hash; NULL: nothing. */
static const char *
excuse_of(const struct sim_case *c, const struct sim_rule *rule,
    enum report_unit unit)
{
	if (report_is_disturbed(c, rule))
		return "members were out";
	return c->hairpins > 0 && unit != REPORT_FLOWS ? "hairpins went dead"
						       : NULL;
}

static void
print_rule(FILE *to, const struct sim_case *c, const struct sim_rule *rule,
    uint64_t seed)
{
	report_put(to, "\n");
	report_put_name(to, c->name, SIZE_MAX, false);
	if (c->rule_count > 1) {
		report_put(to, ", rule ");
		report_put_name(to, rule->name, SIZE_MAX, false);
	}
	report_put(to, " (");
	if (strcmp(c->name ? c->name : "", rule->distribution) != 0)
		report_print(to, "%s, ", rule->distribution);
	report_print(to, "%s, ", rule->algorithm);
	report_put_count(to, rule->key_count);
	report_put(to, rule->key_count == 1 ? " key)\n" : " keys)\n");

	report_put_shares(to, rule, seed);
	report_print(to, FAIRNESS_COLUMNS "\n", "evenness", "Jain", "interval",
	    "perfect", "behaves like", "p");
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		print_fairness(to, rule, u, seed, excuse_of(c, rule, u));
}

/* What no rule takes is left alone, though it is counted by a reason. */
static uint64_t
dropped(const struct sim_case *c, const struct sim_drop *drop)
{
	if (strcmp(drop->reason, lb_reason_name(LB_REASON_NO_RULE)) != 0)
		return drop->packets;
	return drop->packets > c->passed ? drop->packets - c->passed : 0;
}

static void
print_case(FILE *to, const struct sim_case *c, uint64_t seed)
{
	for (size_t i = 0; i < c->rule_count; i++)
		print_rule(to, c, &c->rules[i], seed);
	report_put_nats(to, c);

	struct report_counted *drops =
	    calloc(c->drop_count + 2, sizeof(*drops));
	if (drops == NULL)
		return;
	for (size_t i = 0; i < c->drop_count; i++)
		drops[i] = (struct report_counted){ c->drops[i].reason,
			dropped(c, &c->drops[i]) };
	const char *head = "  dropped packets: ";
	if (c->rule_count != 1 || report_nat_packets(c) > 0)
		head = "\ndropped packets of all rules: ";
	report_put_counted(to, head, drops, c->drop_count);
	free(drops);
	const struct report_counted other[] = {
		{ "not ours, left alone (no_rule)", c->passed },
		{ "untracked (table full)", c->untracked },
		{ "replies suppressed", c->reply_suppressed },
		{ "hairpins, unanswered", c->hairpin_packets },
	};
	report_put_counted(to, "  ", other, sizeof(other) / sizeof(other[0]));
}

void
report_table(const struct sim_record *record, FILE *to)
{
	print_input(to, record);
	for (size_t i = 0; i < record->case_count; i++)
		print_case(to, &record->cases[i], record->seed);
	report_put_failover_table(to, record);
	report_put_snat_table(to, record);
	char *verdict = report_verdict(record, &report_terminal), *state = NULL;
	if (verdict != NULL && verdict[0] != '\0')
		report_put(to, "\n");
	for (char *line = verdict ? strtok_r(verdict, "\n", &state) : NULL;
	     line != NULL; line = strtok_r(NULL, "\n", &state))
		report_put_wrapped(to, line);
	free(verdict);
}
