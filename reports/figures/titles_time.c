/* SPDX-License-Identifier: MIT */
/* Titles of shares over time: who leads, and how long. */
#include "reports/figures/titles_parts.h"
#include "reports/text/text.h"
#include <stdlib.h>

#define PICTURE (&report_picture)
#define MOSTLY  0.5 /* of the time: leads, else the lead changes */

struct report_lead
report_lead(const struct sim_record *record, const struct sim_rule *rule)
{
	struct report_lead lead = { 0 };
	size_t n = rule->backend_count;
	size_t *led = calloc(n > 0 ? n : 1, sizeof(*led));

	for (size_t bin = 0;
	     led != NULL && rule->slices != NULL && bin < record->bin_count;
	     bin++) {
		const struct sim_slice *at = &rule->slices[bin * n];
		size_t most = 0, ties = 0;
		for (size_t i = 0; i < n; i++) {
			if (at[i].bytes > at[most].bytes)
				most = i;
		}
		for (size_t i = 0; i < n; i++)
			ties += at[i].bytes == at[most].bytes;
		if (n == 0 || at[most].bytes == 0)
			continue;
		lead.pieces++;
		led[most] += ties == 1;
	}
	for (size_t i = 0; led != NULL && i < n; i++) {
		if (led[i] > lead.led) {
			lead.led = led[i];
			lead.leader = i;
		}
	}
	free(led);
	return lead;
}

char *
report_time_title(const struct sim_record *record,
    const struct report_subject *s, const char *which)
{
	struct report_lead lead = report_lead(record, s->rule);
	char share[REPORT_TEXT_BYTES];

	if (lead.pieces == 0)
		return report_compose("No traffic%s", which);
	if (s->rule->backend_count == 1)
		return report_compose("One backend carries everything");
	if (lead.pieces == 1)
		return report_compose("All traffic%s came at one time", which);
	double part = (double)lead.led / (double)lead.pieces;
	char *name = report_title_backend(s->rule, lead.leader), *text;
	if (name == NULL)
		return NULL;
	report_percent(share, PICTURE, part);
	if (lead.led == lead.pieces)
		text = report_compose(
		    "%s is the busiest all the time%s", name, which);
	else if (part >= MOSTLY)
		text = report_compose("%s is the busiest for %s of the time "
				      "with traffic%s",
		    name, share, which);
	else
		text = report_compose("The lead changes%s: %s has it longest, "
				      "for %s of the time with traffic",
		    which, name, share);
	free(name);
	return text;
}
