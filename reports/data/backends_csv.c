/* SPDX-License-Identifier: MIT */
/* backends.csv: a row for each backend of each rule of each case, and one for
 * each NAT rule's member: of that nothing is even, and no share. */
#include "reports/text/csv.h"
#include "reports/data/products.h"
#include "reports/stats/stats.h"
#include <inttypes.h>

static void
print_row(FILE *to, const struct sim_case *c, const struct sim_rule *rule,
    size_t index)
{
	const struct sim_backend *b = &rule->backends[index];
	const struct report_fair fair = report_fair(rule);

	report_csv_text(to, c->name);
	report_put(to, ",");
	report_csv_text(to, rule->name);
	report_put(to, ",");
	report_csv_text(to, b->name);
	report_print(to,
	    ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
	    b->flows, b->packets, b->packets_in, b->bytes, b->bytes_in);
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		report_csv_ratio(to, report_share(rule, u, index));
	for (enum report_unit u = 0; u < REPORT_UNIT_COUNT; u++)
		report_csv_ratio(to,
		    report_off_fair(&fair, b, report_share(rule, u, index)));
	report_print(to, ",%" PRIu32, b->weight);
	report_csv_ratio(to, report_fair_share(&fair, b));
	report_put(to, "\n");
}

static void
print_nat(FILE *to, const struct sim_case *c, const struct sim_nat *nat)
{
	report_csv_text(to, c->name);
	report_put(to, ",");
	report_csv_text(to, nat->name);
	report_put(to, ",");
	report_csv_text(to, nat->member);
	report_print(to,
	    ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
	    ",,,,,,,,\n",
	    nat->flows, nat->packets, nat->packets_in, nat->bytes,
	    nat->bytes_in);
}

int
report_backends_csv(const struct sim_record *record, FILE *to)
{
	report_put(to, "case,rule,backend,flows,packets,packets_in,bytes,"
		       "bytes_in,share_flows,share_packets,share_bytes,"
		       "deviation_flows,deviation_packets,deviation_bytes,"
		       "weight,fair\n");
	for (size_t c = 0; c < record->case_count; c++) {
		const struct sim_case *of = &record->cases[c];
		for (size_t r = 0; r < of->rule_count; r++)
			for (size_t b = 0; b < of->rules[r].backend_count; b++)
				print_row(to, of, &of->rules[r], b);
		for (size_t n = 0; n < of->nat_count; n++)
			print_nat(to, of, &of->nats[n]);
	}
	return ferror(to) ? -1 : 0;
}
