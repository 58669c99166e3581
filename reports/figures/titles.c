/* SPDX-License-Identifier: MIT */
#include "reports/figures/titles.h"
#include "reports/words/input.h"
#include "reports/words/failover_words.h"
#include "reports/words/nats.h"
#include "reports/figures/figure.h"
#include "reports/study/pieces.h"
#include "reports/stats/snat.h"
#include "reports/text/text.h"
#include "model/config/names.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS  44
#define WHICH_COLUMNS 30
#define PICTURE       (&report_picture)
#define ROUNDING      1e-9
#define MOSTLY        0.5 /* of the time: leads, else the lead changes */

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

/* A backend's name, not too long for a sentence. */
static char *
backend_name(const struct sim_rule *rule, size_t index)
{
	char *name = report_clean(rule->backends[index].name, true);
	if (name != NULL)
		report_shorten(name, NAME_COLUMNS);
	return name;
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

/* --- one subject ---------------------------------------------------------- */

/* Backends beyond what a perfect hash rarely leaves. */
static size_t
count_outside(const struct report_subject *s, enum report_unit unit)
{
	const struct report_range *perfect = &s->by[unit].perfect;
	const struct report_fair fair = report_fair(s->rule);
	size_t n = s->rule->backend_count, outside = 0;
	double total = (double)s->by[unit].total;
	struct report_range *each =
	    report_perfect_ranges(s->rule, unit, s->seed);

	for (size_t i = 0; i < n; i++) {
		const struct sim_backend *b = &s->rule->backends[i];
		double load = (double)report_backend_load(b, unit);
		double off = load * report_fair_one_in(&fair, b) / total - 1;
		const struct report_range *range =
		    each != NULL ? &each[i] : perfect;
		outside +=
		    off < range->low - ROUNDING || off > range->high + ROUNDING;
	}
	free(each);
	return outside;
}

/* On all backends, for a title. */
static char *
spread_of(const struct report_subject *s, const char *which)
{
	char outside[REPORT_TEXT_BYTES], all[REPORT_TEXT_BYTES];
	size_t count = count_outside(s, REPORT_BYTES);

	if (s->rule->backend_count == 1)
		return report_compose("One backend carries everything");
	report_count(outside, PICTURE, count);
	return report_compose("%s of the %s backends %s outside the range in "
			      "which a perfect hash leaves 95\xe2\x80\xaf%% of "
			      "them by bytes%s",
	    count == 0 ? "None" : outside,
	    report_count(all, PICTURE, s->rule->backend_count),
	    count < 2 ? "is" : "are", which);
}

/* On the busiest, for a panel. */
static char *
deviation_of(const struct report_subject *s)
{
	const struct sim_rule *rule = s->rule;
	char share[REPORT_TEXT_BYTES], fair[REPORT_TEXT_BYTES];
	size_t busiest = report_busiest(rule, REPORT_BYTES);
	const struct report_fair by = report_fair(rule);
	double even = report_fair_share(&by, &rule->backends[busiest]);

	if (rule->backend_count == 1)
		return report_compose("One backend carries everything");
	char *name = backend_name(rule, busiest), *text;
	if (name == NULL)
		return NULL;
	text = report_compose("%s carries %s of the bytes, %s %s", name,
	    report_percent(
		share, PICTURE, report_share(rule, REPORT_BYTES, busiest)),
	    by.equal ? "fair is" : "its share by weight is",
	    report_round_percent(fair, PICTURE, even));
	free(name);
	return text;
}

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

static char *
time_of(const struct sim_record *record, const struct report_subject *s,
    const char *which)
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
	char *name = backend_name(s->rule, lead.leader), *text;
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

static int
descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x < y) - (x > y);
}

double
report_busier_half(const struct sim_rule *rule, enum report_unit unit)
{
	const struct report_fair fair = report_fair(rule);
	size_t n = rule->backend_count;
	double *load = calloc(n > 0 ? n : 1, sizeof(*load)), total = 0, sum = 0;

	for (size_t i = 0; load != NULL && i < n; i++)
		load[i] = (double)report_backend_load(&rule->backends[i], unit);
	if (load != NULL) {
		n = report_fair_loads(&fair, rule, load);
		qsort(load, n, sizeof(*load), descending);
	}
	for (size_t i = 0; load != NULL && i < n; i++) {
		total += load[i];
		sum += i < (n + 1) / 2 ? load[i] : 0;
	}
	free(load);
	return total > 0 ? sum / total : NAN;
}

static char *
lorenz_of(const struct report_subject *s, const char *which, bool panel)
{
	char share[REPORT_TEXT_BYTES], gini[REPORT_TEXT_BYTES];
	char half[REPORT_TEXT_BYTES], all[REPORT_TEXT_BYTES];
	char even[REPORT_TEXT_BYTES];
	const struct report_fair fair = report_fair(s->rule);
	const char *weighed = fair.equal ? "" : " for their weight";
	size_t n = fair.count, busier = (n + 1) / 2;

	if (n < 2)
		return report_compose("One backend carries everything");
	report_percent(
	    share, PICTURE, report_busier_half(s->rule, REPORT_BYTES));
	report_round_percent(even, PICTURE, (double)busier / (double)n);
	report_index(gini, s->by[REPORT_BYTES].is.gini);
	if (panel)
		return report_compose("The busier half carries %s of the "
				      "bytes%s (Gini %s)",
		    share, weighed, gini);
	if (n == 2)
		return report_compose("The busier of 2 backends carries %s of "
				      "the bytes%s%s (Gini %s)",
		    share, weighed, which, gini);
	return report_compose("The %s busier of %s backends carry %s of the "
			      "bytes%s%s where an even split gives %s (Gini "
			      "%s)",
	    report_count(half, PICTURE, busier), report_count(all, PICTURE, n),
	    share, weighed, which, even, gini);
}

static char *
keys_of(const struct report_subject *s, const char *which, bool panel)
{
	const struct sim_rule *rule = s->rule;
	char most[REPORT_TEXT_BYTES], as[REPORT_TEXT_BYTES];
	char count[REPORT_TEXT_BYTES];
	uint64_t heaviest = 0, total = 0;

	for (size_t i = 0; i < rule->key_count; i++) {
		total += rule->keys[i].bytes;
		if (rule->keys[i].bytes > heaviest)
			heaviest = rule->keys[i].bytes;
	}
	if (total == 0)
		return report_compose("No key carries anything%s", which);
	if (rule->key_count == 1)
		return report_compose(
		    "There is a single key%s: no hash can spread it", which);
	report_percent(most, PICTURE, (double)heaviest / (double)total);
	if (panel)
		return report_compose("%s keys, by bytes as hard to spread as "
				      "%s equal ones",
		    report_count(count, PICTURE, rule->key_count),
		    report_digits(
			as, PICTURE, s->by[REPORT_BYTES].effective_keys));
	return report_compose("The heaviest of %s keys%s carries %s of the "
			      "bytes: as hard to spread as %s equal keys",
	    report_count(count, PICTURE, rule->key_count), which, most,
	    report_digits(as, PICTURE, s->by[REPORT_BYTES].effective_keys));
}

static char *
predicted_of(const struct report_study *study, const struct report_subject *s,
    const char *which)
{
	char is[REPORT_TEXT_BYTES], expected[REPORT_TEXT_BYTES];
	if (s->is_disturbed)
		return report_compose(
		    "Members were out for part of the run%s: Jain %s by bytes, "
		    "a perfect hash with all of them in gives %s",
		    which, report_index(is, s->by[REPORT_BYTES].is.jain),
		    report_index(
			expected, s->by[REPORT_BYTES].is.expected_jain));
	for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++) {
		if (!report_is_less_even(study, s, (enum report_unit)u))
			continue;
		return report_compose(
		    "Less even than the keys allow%s: Jain %s by %s, a perfect "
		    "hash gives %s",
		    which, report_index(is, s->by[u].is.jain),
		    report_unit_name((enum report_unit)u),
		    report_index(expected, s->by[u].is.expected_jain));
	}
	return report_compose("As even as the keys allow%s: Jain %s by bytes, "
			      "a perfect hash gives %s",
	    which, report_index(is, s->by[REPORT_BYTES].is.jain),
	    report_index(expected, s->by[REPORT_BYTES].is.expected_jain));
}

static char *
modes_of(const struct report_subject *s, const char *which)
{
	char like[REPORT_TEXT_BYTES], count[REPORT_TEXT_BYTES];
	return report_compose("By bytes the load behaves like %s of %s %s%s",
	    report_digits(
		like, PICTURE, s->by[REPORT_BYTES].is.effective_backends),
	    report_count(count, PICTURE, report_fair(s->rule).count),
	    s->rule->backend_count == 1 ? "backend" : "backends", which);
}

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

static char *
response_of(const struct sim_case *c, const char *which)
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
static char *
failure_on(const struct report_study *study, enum report_figure figure,
    const struct report_subject *s, const char *which)
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

static char *
finding_on(const struct report_study *study, enum report_figure figure,
    const struct report_subject *s, const char *which, bool panel)
{
	if (s->by[REPORT_BYTES].total == 0)
		return report_compose("No traffic%s", which);
	if (figure == REPORT_FIGURE_FAILOVER && s->of->failover_count == 0)
		return report_compose("Nothing failed%s", which);
	if (figure >= REPORT_FIGURE_FAILOVER)
		return failure_on(study, figure, s, which);
	switch (figure) {
	case REPORT_FIGURE_DEVIATION:
		return panel ? deviation_of(s) : spread_of(s, which);
	case REPORT_FIGURE_TIME:
		return time_of(study->record, s, which);
	case REPORT_FIGURE_LORENZ:
		return lorenz_of(s, which, panel);
	case REPORT_FIGURE_KEYS:
		return keys_of(s, which, panel);
	case REPORT_FIGURE_PREDICTED:
		return predicted_of(study, s, which);
	default:
		return modes_of(s, which);
	}
}

/* --- all of them ---------------------------------------------------------- */

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
predicted_title(const struct report_study *study)
{
	size_t worse = 0, all = study->count;
	for (size_t i = 0; i < all; i++)
		if (study->subjects[i].is_disturbed)
			return report_compose(
			    "Members were out for part of the run: what is "
			    "uneven is not the hash\xe2\x80\x99s doing alone");
	for (size_t i = 0; i < all; i++)
		for (unsigned u = 0; u < REPORT_UNIT_COUNT; u++)
			if (report_is_less_even(study, &study->subjects[i],
				(enum report_unit)u)) {
				worse++;
				break;
			}
	const char *what = study->ranking.count > 0 ? "modes" : "rules";
	if (worse == 0)
		return all == 2
			   ? report_compose(
				 "Both %s are as even as their keys allow: "
				 "what is uneven is the traffic",
				 what)
			   : report_compose(
				 "All %zu %s are as even as their keys allow: "
				 "what is uneven is the traffic",
				 all, what);
	return report_compose("%zu of %zu %s %s less even than the keys allow",
	    worse, all, what, worse == 1 ? "is" : "are");
}

static char *
response_title(const struct report_study *study)
{
	const struct sim_record *record = study->record;
	const struct sim_case *c =
	    study->chosen != NULL ? study->chosen->of : record->cases;
	char *which = of_which_case(record, c);
	char *text = which != NULL ? response_of(c, which) : NULL;

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
		return report_idle_title(study->record);
	if (figure == REPORT_FIGURE_MODES && study->ranking.count > 0)
		return first_of_verdict(study);
	if (figure == REPORT_FIGURE_PREDICTED && study->count > 1)
		return predicted_title(study);
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

static char *
left_out(const struct report_study *study)
{
	if (study->left_out == 0)
		return report_compose("%s", "");
	return report_compose(" %zu rules with less traffic are left out; "
			      "summary.json has all.",
	    study->left_out);
}

static char *
time_subtitle(const struct report_study *study)
{
	char piece[REPORT_TEXT_BYTES];
	struct report_pieces pieces;

	if (report_pieces_make(&pieces, study->record, study->chosen->rule) !=
	    0)
		return NULL;
	report_span(piece, PICTURE, pieces.piece_ns);
	report_pieces_free(&pieces);
	return report_compose(
	    "Share of the bytes each backend got, both directions, in pieces "
	    "of %s; above it, how much there was. Silence is grey; a long one "
	    "is cut short and named.",
	    piece);
}

static const char *const methods[REPORT_FIGURE_COUNT] = {
	[REPORT_FIGURE_MODES] =
	    "Jain\xe2\x80\x99s index of the backends\xe2\x80\x99 loads, 1 is "
	    "even; dot: measured, bar: its 95\xe2\x80\xaf% interval over keys, "
	    "diamond: what a perfect hash gives on the same keys.",
	[REPORT_FIGURE_DEVIATION] =
	    "How far each backend is from its fair share; "
	    "+100\xe2\x80\xaf% is twice the fair share. Grey: where a perfect "
	    "hash of this traffic leaves 95\xe2\x80\xaf% of backends. "
	    "Whiskers, where keys are many enough: 95\xe2\x80\xaf% interval "
	    "over keys.",
	[REPORT_FIGURE_LORENZ] =
	    "Lorenz curve: what share of the load the least loaded backends "
	    "carry together. Dashed: even. Grey: where 95\xe2\x80\xaf% of "
	    "perfect hashes of the same keys lie.",
	[REPORT_FIGURE_KEYS] =
	    "A key is what the hash cannot divide further: the ten heaviest by "
	    "bytes, which backend their first packet went to, and the rest.",
	[REPORT_FIGURE_PREDICTED] =
	    "Unevenness (coefficient of variation, 0 is even) of the "
	    "backends\xe2\x80\x99 loads; dot: measured, grey: where "
	    "95\xe2\x80\xaf% of perfect hashes of the same keys lie, diamond: "
	    "their mean. p: how often one of them is as uneven.",
	[REPORT_FIGURE_FAILOVER] =
	    "Above: each fault, when a probe first failed, when it was marked "
	    "down, when the first flow went elsewhere, when it was back. "
	    "Middle: share of the bytes each backend got. Below: what clients "
	    "lost. Cases in which the same happened are drawn once.",
	[REPORT_FIGURE_KEPT] =
	    "Flows that had one backend all the time, that moved, and that "
	    "moved though their backend was well; open TCP connections that "
	    "moved or lost their backend. Counted once a fault.",
	[REPORT_FIGURE_DETECT] =
	    "From the fault until it was marked down, in each replication. "
	    "Grey: the range that the probe\xe2\x80\x99s interval, timeout and "
	    "threshold allow; diamond: the mean, with its 95\xe2\x80\xaf% "
	    "interval.",
	[REPORT_FIGURE_RESPONSE] =
	    "Share of the answered requests that took longer, to 1/16 of the "
	    "time; dots: the median and the 99th percentile.",
	[REPORT_FIGURE_SNAT] =
	    "Ports that members held, the most in each piece of time, against "
	    "those they have; a port is held until its flow\xe2\x80\x99s "
	    "release time is over. Marks: 75\xe2\x80\xaf% (high usage) and all "
	    "of them; a row of several members shows the fullest. "
	    "Below: packets that found no port; Erlang\xe2\x80\x99s "
	    "formula is of clients that do not try again.",
};

char *
report_subtitle(const struct report_study *study, enum report_figure figure)
{
	char *rest = figure != REPORT_FIGURE_SNAT ? left_out(study)
						  : report_compose("%s", "");
	char *method;

	if (figure == REPORT_FIGURE_TIME && study->chosen != NULL)
		method = time_subtitle(study);
	else
		method = report_compose("%s", methods[figure]);
	char *text = rest != NULL && method != NULL
			 ? report_compose("%s%s", method, rest)
			 : NULL;
	free(rest);
	free(method);
	return text;
}

static bool
has_nat_traffic(const struct sim_record *record)
{
	for (size_t i = 0; i < record->case_count; i++)
		if (report_nat_packets(&record->cases[i]) > 0)
			return true;
	return false;
}

char *
report_why_empty(const struct report_study *study)
{
	const struct sim_input *in = &study->record->input;
	char count[REPORT_TEXT_BYTES], *name = report_input_name(study->record),
				       *text;

	if (name == NULL)
		return NULL;
	report_count(count, PICTURE, in->packets);
	if (report_snat_case(study->record) != SIZE_MAX)
		text = report_compose("Nothing was balanced: the "
				      "members\xe2\x80\x99 own connections "
				      "are all there was.");
	else if (has_nat_traffic(study->record))
		text = report_compose("Nothing was balanced: inbound NAT rules "
				      "carried all there was.");
	else if (in->packets == 0)
		text = report_compose(
		    "Nothing was balanced: %s has no packets.", name);
	else if (in->flows == 0)
		text = report_compose(
		    "Nothing was balanced: of the packets of %s (%s) none "
		    "could be replayed; those skipped are counted below.",
		    name, count);
	else
		text = report_compose(
		    "Nothing was balanced: of the packets of %s (%s) none "
		    "reached a backend; those dropped are counted below.",
		    name, count);
	free(name);
	return text;
}

/* "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80" */
static void
put_end(char *to, size_t bytes, const struct lb_addr *addr, int port,
    size_t columns)
{
	char text[64];
	(void)lb_addr_text(addr, text, sizeof(text));
	if (columns > 0)
		report_shorten(text, columns);
	if (port < 0)
		report_format(to, bytes, "%s", text);
	else if (strchr(text, ':') != NULL)
		report_format(to, bytes, "[%s]:%d", text, port);
	else
		report_format(to, bytes, "%s:%d", text, port);
}

char *
report_key_name(const struct sim_heavy *key, size_t columns)
{
	char client[80], server[80];

	put_end(client, sizeof(client), &key->client,
	    key->has_ports ? key->client_port : -1, columns);
	put_end(server, sizeof(server), &key->server,
	    key->has_ports ? key->server_port : -1, columns);
	return report_compose("%s%s%s%s%s",
	    key->has_proto ? lb_proto_name(key->proto) : "",
	    key->has_proto ? " " : "", client,
	    key->has_server ? " \xe2\x86\x92 " : "",
	    key->has_server ? server : "");
}
