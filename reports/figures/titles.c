/* SPDX-License-Identifier: MIT */
/* Which title each picture has; the titles themselves are beside this. */
#include "reports/figures/titles_parts.h"
#include "reports/stats/snat.h"
#include "reports/text/text.h"
#include "reports/figures/figure.h"
#include "reports/words/nats.h"
#include <stdlib.h>
#include <string.h>

#define WHICH_COLUMNS 30

static const struct {
	const char *name, *heading;
} figures[REPORT_FIGURE_COUNT] = {
	[REPORT_FIGURE_MODES] = { "modes", "The modes compared" },
	[REPORT_FIGURE_DEVIATION] = { "deviation",
	    "Deviation from the fair share" },
	[REPORT_FIGURE_TIME] = { "time", "Share over time" },
	[REPORT_FIGURE_LORENZ] = { "lorenz", "How unequal overall" },
	[REPORT_FIGURE_KEYS] = { "keys", "The heaviest keys" },
	[REPORT_FIGURE_PREDICTED] = { "predicted",
	    "Predicted against measured" },
	[REPORT_FIGURE_FAILOVER] = { "failover", "What the failures did" },
	[REPORT_FIGURE_KEPT] = { "kept", "Flows kept, moved and broken" },
	[REPORT_FIGURE_DETECT] = { "detect", "Time to notice" },
	[REPORT_FIGURE_RESPONSE] = { "response", "Response times" },
	[REPORT_FIGURE_SNAT] = { "snat", "Ports in use" },
};

const char *
report_figure_name(enum report_figure figure)
{
	return figures[figure].name;
}

const char *
report_figure_heading(enum report_figure figure)
{
	return figures[figure].heading;
}

bool
report_figure_is_wanted(
    const struct report_study *study, enum report_figure figure)
{
	if (report_art(figure)->wanted != NULL)
		return report_art(figure)->wanted(study);
	if (study->chosen == NULL)
		return false;
	switch (figure) {
	case REPORT_FIGURE_TIME:
		return study->record->bin_ns > 0 &&
		       study->chosen->rule->slices != NULL;
	case REPORT_FIGURE_KEYS:
		return study->chosen->rule->heavy_count > 0;
	default:
		/* of the others each subject has a panel */
		return report_figure_panels(study, figure) > 0;
	}
}

/* " with five-tuple", " by rule web"; "" when there is but one. */
static char *
of_which(const struct report_study *study, const struct report_subject *s)
{
	if (study->count + study->left_out == 1)
		return report_compose("%s", "");
	char *name = strdup(s->name), *text = NULL;
	if (name != NULL) {
		report_shorten(name, WHICH_COLUMNS);
		text = report_compose(
		    s->of->rule_count == 1 ? " with %s" : " by %s", name);
	}
	free(name);
	return text;
}

/* What failures did is a case's, of all its rules together. */
static char *
of_which_case(const struct sim_record *record, const struct sim_case *c)
{
	if (record->case_count == 1)
		return report_compose("%s", "");
	char *name = report_clean(c->name, true), *text = NULL;
	if (name != NULL) {
		report_shorten(name, WHICH_COLUMNS);
		text = report_compose(" with %s", name);
	}
	free(name);
	return text;
}

static char *
finding_on(const struct report_study *study, enum report_figure figure,
    const struct report_subject *s, const char *which, bool panel)
{
	if (s->by[REPORT_BYTES].total == 0)
		return report_compose("No traffic%s", which);
	if (figure == REPORT_FIGURE_FAILOVER && s->of->failover_count == 0)
		return report_compose("Nothing failed%s", which);
	if (figure >= REPORT_FIGURE_FAILOVER)
		return report_failure_title(study, figure, s, which);
	switch (figure) {
	case REPORT_FIGURE_DEVIATION:
		return panel ? report_deviation_title(s)
			     : report_spread_title(s, which);
	case REPORT_FIGURE_TIME:
		return report_time_title(study->record, s, which);
	case REPORT_FIGURE_LORENZ:
		return report_lorenz_title(s, which, panel);
	case REPORT_FIGURE_KEYS:
		return report_keys_title(s, which, panel);
	case REPORT_FIGURE_PREDICTED:
		return report_predicted_title(study, s, which);
	default:
		return report_modes_title(s, which);
	}
}

/* The first of the verdict's sentences, without its full stop. */
static char *
first_of_verdict(const struct report_study *study)
{
	char *text = strdup(study->verdict);
	if (text == NULL)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	size_t length = strlen(text);
	if (length > 0 && text[length - 1] == '.')
		text[length - 1] = '\0';
	return text;
}

static char *
response_title(const struct report_study *study)
{
	const struct sim_record *record = study->record;
	const struct sim_case *c =
	    study->chosen != NULL ? study->chosen->of : record->cases;
	char *which = of_which_case(record, c);
	char *text = which != NULL ? report_response_title(c, which) : NULL;

	free(which);
	return text;
}

char *
report_title(const struct report_study *study, enum report_figure figure)
{
	/* outbound traffic is no rule's, and no more are clients */
	if (figure == REPORT_FIGURE_SNAT)
		return report_snat_finding(study->record);
	if (figure == REPORT_FIGURE_RESPONSE)
		return response_title(study);
	if (study->chosen == NULL)
		return report_idle_title(study->record, &report_picture);
	if (figure == REPORT_FIGURE_MODES && study->ranking.count > 0)
		return first_of_verdict(study);
	if (figure == REPORT_FIGURE_PREDICTED && study->count > 1)
		return report_predicted_overall(study);
	const struct report_subject *of = study->chosen;
	if (figure == REPORT_FIGURE_FAILOVER &&
	    report_figure_panels(study, figure) > 0)
		of = report_figure_subject(
		    study, figure, report_key_panel(study));
	char *which = figure >= REPORT_FIGURE_FAILOVER
			  ? of_which_case(study->record, of->of)
			  : of_which(study, of);
	if (which == NULL)
		return NULL;
	char *text = finding_on(study, figure, of, which, false);
	free(which);
	return text;
}

char *
report_panel_title(const struct report_study *study, enum report_figure figure,
    const struct report_subject *subject)
{
	char *finding = finding_on(study, figure, subject, "", true);
	if (finding == NULL || study->count + study->left_out == 1)
		return finding;
	bool of_case = figure >= REPORT_FIGURE_FAILOVER;
	if (of_case && study->record->case_count == 1)
		return finding;
	char *name =
	    report_clean(of_case ? subject->of->name : subject->name, true);
	char *text =
	    name != NULL ? report_compose("%s: %s", name, finding) : NULL;
	free(finding);
	free(name);
	return text;
}
