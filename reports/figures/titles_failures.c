/* SPDX-License-Identifier: MIT */
/* Titles of what failures did and clients saw. */
#include "reports/figures/titles_parts.h"
#include "reports/stats/snat.h"
#include "reports/words/failover_words.h"
#include "reports/text/text.h"
#include "reports/stats/failover.h"
#include <math.h>
#include <stdlib.h>

#define PICTURE (&report_picture)

static char *
kept_of(const struct report_subject *s, const char *which)
{
	char moved[REPORT_TEXT_BYTES], needless[REPORT_TEXT_BYTES];
	char broken[REPORT_TEXT_BYTES];
	const struct sim_case *c = s->of;
	double sums[] = { report_sum(c, REPORT_MOVED),
		report_sum(c, REPORT_NEEDLESS), report_sum(c, REPORT_BROKEN) };

	if (isnan(sums[0]))
		return report_compose("%s of %s flows that changed balancer "
				      "got another backend%s",
		    report_count(moved, PICTURE, c->rehomed_moved),
		    report_count(needless, PICTURE, c->rehomed), which);
	report_count(moved, PICTURE, (uint64_t)sums[0]);
	report_count(needless, PICTURE, (uint64_t)sums[1]);
	report_count(broken, PICTURE, (uint64_t)sums[2]);
	return report_compose("%s flow%s moved%s, %s needlessly, and %s open "
			      "connection%s broke",
	    moved, sums[0] == 1 ? "" : "s", which, needless, broken,
	    sums[2] == 1 ? "" : "s");
}

static char *
detect_of(const struct sim_record *record, const struct report_subject *s)
{
	struct report_spread all;
	char mean[REPORT_TEXT_BYTES], most[REPORT_TEXT_BYTES];
	char *text = NULL;

	if (report_spread_make(&all, record, s->case_index, REPORT_ALL_FAULTS,
		REPORT_DETECTED) == 0)
		text = report_compose(
		    "Faults were noticed after %s on average, and after %s "
		    "at the latest, in %zu replications",
		    report_moment(mean, PICTURE, all.mean),
		    report_moment(most, PICTURE, all.max),
		    report_replications(record));
	report_spread_free(&all);
	return text;
}

char *
report_response_title(const struct sim_case *c, const char *which)
{
	struct report_response r = report_response_of(&c->clients);
	char p50[REPORT_TEXT_BYTES], p99[REPORT_TEXT_BYTES];

	if (isnan(r.p50))
		return report_compose("No request was answered%s", which);
	return report_compose("Half of the requests were answered within %s, "
			      "99\xe2\x80\xaf%% within %s%s",
	    report_moment(p50, PICTURE, r.p50),
	    report_moment(p99, PICTURE, r.p99), which);
}

/* What failures did. */
char *
report_failure_title(const struct report_study *study,
    enum report_figure figure, const struct report_subject *s,
    const char *which)
{
	char *text, *title;

	switch (figure) {
	case REPORT_FIGURE_KEPT:
		return kept_of(s, which);
	case REPORT_FIGURE_DETECT:
		return detect_of(study->record, s);
	case REPORT_FIGURE_SNAT:
		return report_snat_title(s->of);
	default:
		title = report_failover_title(s->of);
		text =
		    title != NULL ? report_compose("%s%s", title, which) : NULL;
		free(title);
		return text;
	}
}
