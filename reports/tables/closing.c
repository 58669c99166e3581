/* SPDX-License-Identifier: MIT */
/* The last lines for a person: how much it was, how fast it came in the
 * captures' time, and how even it went out. */
#include "reports/report.h"
#include "reports/stats/stats.h"
#include "reports/text/lines.h"
#include "reports/text/text.h"
#include <math.h>
#include <stdlib.h>

#define NS_PER_S     1e9
#define BALANCES_MAX 6u /* lines; there is a table above */
#define NAME_COLUMNS 40

/* "20.7 kbit/s" */
static char *
bit_rate(char *to, double bits_per_s)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T" };
	char digits[REPORT_TEXT_BYTES];
	unsigned i = 0;

	for (; bits_per_s >= 1000 && i + 1 < 5; i++)
		bits_per_s /= 1000;
	report_format(to, REPORT_TEXT_BYTES, "%s %sbit/s",
	    report_digits(digits, &report_terminal, bits_per_s), prefixes[i]);
	return to;
}

static uint64_t
packets_played(const struct sim_input *in)
{
	return in->packets - in->not_ip - in->truncated - in->malformed -
	       in->other_protocol - in->icmp - in->over_limit;
}

static void
put_amount(FILE *to, const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	char packets[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];
	char span[REPORT_TEXT_BYTES], rate[REPORT_TEXT_BYTES];
	char bits[REPORT_TEXT_BYTES], flows[REPORT_TEXT_BYTES];
	const struct report_script *s = &report_terminal;
	uint64_t counted_ns = in->duration_ns > record->warm_up_ns
				  ? in->duration_ns - record->warm_up_ns
				  : 0;
	double seconds = (double)counted_ns / NS_PER_S;

	report_print(to, "packets  %s replayed, %s bytes, in %s",
	    report_count(packets, s, packets_played(in)),
	    report_count(bytes, s, in->bytes),
	    report_span(span, s, counted_ns));
	if (record->warm_up_ns > 0)
		report_print(to, " after a warm-up of %s",
		    report_span(span, s, record->warm_up_ns));
	if (seconds > 0)
		report_print(to, ": %s/s, %s",
		    report_digits(
			rate, s, (double)packets_played(in) / seconds),
		    bit_rate(bits, 8 * (double)in->bytes / seconds));
	report_print(to, "\nflows    %s", report_count(flows, s, in->flows));
	if (seconds > 0)
		report_print(to, ": %s/s",
		    report_digits(rate, s, (double)in->flows / seconds));
	report_put(to, "\n");
}

/* False when there is nothing to say of it. */
static bool
put_balance(FILE *to, const char *head, const struct sim_case *c,
    const struct sim_rule *rule)
{
	char text[REPORT_TEXT_BYTES];
	struct report_fairness flows, bytes;

	if (report_fairness(rule, REPORT_FLOWS, &flows) != 0 ||
	    report_fairness(rule, REPORT_BYTES, &bytes) != 0 ||
	    isnan(flows.jain))
		return false;
	report_put(to, head);
	report_put_name(to, c->name, NAME_COLUMNS, false);
	if (c->rule_count > 1) {
		report_put(to, ", ");
		report_put_name(to, rule->name, NAME_COLUMNS, false);
	}
	report_print(
	    to, ": Jain %s by flows, ", report_index(text, flows.jain));
	report_print(to, "%s by bytes\n", report_index(text, bytes.jain));
	return true;
}

void
report_closing(const struct sim_record *record, FILE *to)
{
	const char *head = "balance  ";
	unsigned said = 0;

	report_put(to, "\n");
	put_amount(to, record);
	for (size_t i = 0; i < record->case_count; i++)
		for (size_t r = 0; r < record->cases[i].rule_count; r++) {
			const struct sim_case *c = &record->cases[i];
			if (said == BALANCES_MAX ||
			    !put_balance(to, head, c, &c->rules[r]))
				continue;
			head = "         ";
			said++;
		}
}
