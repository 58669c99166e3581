/* SPDX-License-Identifier: MIT */
/* timeline.csv: a row for each piece of time in which a backend got anything,
 * so at most 240 for each backend, rule and case. */
#include "reports/text/csv.h"
#include "reports/data/products.h"
#include <inttypes.h>

#define NS_PER_MS UINT64_C(1000000)
#define MS_PER_S  UINT64_C(1000)

/* Pieces are whole milliseconds long. */
static void
print_seconds(FILE *to, uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS;

	report_print(
	    to, ",%" PRIu64 ".%03" PRIu64, ms / MS_PER_S, ms % MS_PER_S);
}

static void
print_rule(const struct sim_record *record, const struct sim_case *c,
    const struct sim_rule *rule, FILE *to)
{
	const size_t n = rule->backend_count;

	for (size_t i = 0; i < rule->slice_count; i++) {
		const struct sim_slice *slice = &rule->slices[i];
		uint64_t from_ns = i / n * record->bin_ns;
		if (slice->packets == 0 && slice->flows == 0 &&
		    slice->bytes == 0)
			continue;
		report_csv_text(to, c->name);
		report_put(to, ",");
		report_csv_text(to, rule->name);
		print_seconds(to, from_ns);
		print_seconds(to, from_ns + record->bin_ns);
		report_put(to, ",");
		report_csv_text(to, rule->backends[i % n].name);
		report_print(to, ",%" PRIu32 ",%" PRIu32 ",%" PRIu64 "\n",
		    slice->flows, slice->packets, slice->bytes);
	}
}

int
report_timeline_csv(const struct sim_record *record, FILE *to)
{
	report_put(to, "case,rule,from_s,to_s,backend,flows,packets,bytes\n");
	for (size_t c = 0; c < record->case_count; c++)
		for (size_t r = 0; r < record->cases[c].rule_count; r++)
			print_rule(record, &record->cases[c],
			    &record->cases[c].rules[r], to);
	return ferror(to) ? -1 : 0;
}
