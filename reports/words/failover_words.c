/* SPDX-License-Identifier: MIT */
#include "reports/words/failover_words.h"
#include "reports/words/failover_evenness.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MAX     3 /* faults in a verdict */
#define NAME_COLUMNS 40
#define VICTIMS_MAX  3
#define DIFFERENT    0.9 /* of the most: less is a difference */

/* How each kind is told: what follows the name, and why no probe may see it. */
struct manner {
	const char *fault, *did, *when, *unseen;
};

static const struct manner manners[] = {
	{ "crashed", "crashed", "at", NULL },
	{ "refusing", "refused all connections", "from", NULL },
	{ "http-error", "answered with errors", "from",
	    "one that only looks whether something answers does not see it. "
	    "Probe it with http, or with coap and a path" },
	{ "hanging", "hung", "from",
	    "a kernel still shakes hands with a tcp probe. Probe it with "
	    "http, coap, udp or dns" },
	{ "off", "was switched off", "at", NULL },
	{ "deaf", "fell silent while something else on it still answered",
	    "from",
	    "only one that asks the service itself sees it. Probe it with "
	    "coap, udp or dns, which take `sku: fairlead`" },
	{ "slow", "slowed down", "from",
	    "a probe sees whether it answers, not how soon" },
	{ "flapping", "began to flap", "at", NULL },
	{ "admin-down", "was set to admin state down", "at", NULL },
	{ "removed", "was taken out of its pool", "at", NULL },
	{ "added", "was added and took SNAT ports from others", "at", NULL },
	{ "zone-down", "went down", "at", NULL },
	{ "instance-down", "died", "at", NULL },
};

static const struct manner *
manner_of(const struct sim_failover *f)
{
	static const struct manner other = { "", "failed", "at", NULL };

	for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++)
		if (f->fault != NULL && strcmp(manners[i].fault, f->fault) == 0)
			return &manners[i];
	return &other;
}

/* Whom it befell. */
static char *
victim_of(const struct sim_failover *f, size_t columns)
{
	const char *instead = report_fault_is(f, "zone-down") ? "a zone"
			      : report_fault_is(f, "instance-down")
				  ? "a balancer"
				  : "a member";
	char *name = report_clean(
	    f->member != NULL && f->member[0] != '\0' ? f->member : instead,
	    true);

	if (name != NULL)
		report_shorten(name, columns);
	return name;
}

char *
report_fault_name(const struct sim_failover *f, size_t columns)
{
	static const struct {
		const char *fault, *short_name;
	} names[] = { { "refusing", "refuses" }, { "http-error", "has errors" },
		{ "hanging", "hangs" }, { "off", "off" }, { "deaf", "deaf" },
		{ "slow", "slow" }, { "flapping", "flaps" },
		{ "admin-down", "admin down" }, { "removed", "removed" },
		{ "added", "added" }, { "zone-down", "down" },
		{ "instance-down", "died" } };
	const char *what = f->fault != NULL ? f->fault : "failed";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (report_fault_is(f, names[i].fault))
			what = names[i].short_name;
	size_t room =
	    columns > strlen(what) + 6 ? columns - strlen(what) - 1 : 5;
	char *name = victim_of(f, room);
	char *text = name != NULL ? report_compose("%s %s", name, what) : NULL;
	free(name);
	return text;
}

/* In the order of report_failover_worst(), so that a title ranks by what it
 * says; of equal ones, not to be found is worse than to be found. */
bool
report_is_graver(const struct sim_failover *a, const struct sim_failover *b)
{
	const uint64_t ranks[][2] = {
		{ a->lost, b->lost }, { a->broken, b->broken },
		{ report_failed(a), report_failed(b) }, { a->moved, b->moved },
		{ report_is_probed_for(a) && a->detected_ns == SIM_NO_TIME,
		    report_is_probed_for(b) && b->detected_ns == SIM_NO_TIME }
	};

	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		if (ranks[i][0] != ranks[i][1])
			return ranks[i][0] > ranks[i][1];
	return false;
}

/* --- a sentence ----------------------------------------------------------- */

static double
seconds(uint64_t ns)
{
	return ns == SIM_NO_TIME ? NAN : (double)ns / 1e9;
}

static void
put_moment(FILE *to, const struct report_script *s, uint64_t ns)
{
	char text[REPORT_TEXT_BYTES];
	report_put(to, report_moment(text, s, seconds(ns)));
}

/* "12 flows moved"; a plural but of 1. */
static void
put_counted(FILE *to, const struct report_script *s, uint64_t count,
    const char *one, const char *many)
{
	char text[REPORT_TEXT_BYTES];
	report_print(
	    to, "%s %s", report_count(text, s, count), count == 1 ? one : many);
}

/* " (5 to 10 s expected)" */
static void
put_expected(
    FILE *to, const struct sim_failover *f, const struct report_script *s)
{
	if (f->soonest_ns == SIM_NO_TIME || f->latest_ns == SIM_NO_TIME)
		return;
	report_put(to, " (");
	if (f->soonest_ns != f->latest_ns) {
		put_moment(to, s, f->soonest_ns);
		report_put(to, " to ");
	}
	put_moment(to, s, f->latest_ns);
	report_put(to, " expected)");
}

static void
put_unnoticed(
    FILE *to, const struct sim_failover *f, const struct report_script *s)
{
	const char *unseen = manner_of(f)->unseen;

	if (f->soonest_ns != SIM_NO_TIME) {
		report_put(to, "; no probe noticed it in time");
		put_expected(to, f, s);
	} else if (unseen != NULL) {
		report_print(
		    to, "; no probe noticed, nor could one: %s", unseen);
	} else {
		report_put(to,
		    "; nobody was to notice: no probe sees this. Give its rule "
		    "a probe");
	}
}

static void
put_noticed(FILE *to, const struct sim_failover *f,
    const struct report_script *s, bool several)
{
	if (!report_is_probed_for(f))
		return;
	if (f->detected_ns == SIM_NO_TIME) {
		put_unnoticed(to, f, s);
		return;
	}
	report_put(to, several || report_fault_is(f, "zone-down")
			   ? "; their probes noticed after "
			   : "; its probe noticed after ");
	put_moment(to, s, f->detected_ns);
	put_expected(to, f, s);
}

/* What followed: the first flow elsewhere, and back. */
static void
put_recovery(FILE *to, const struct sim_failover *f,
    const struct report_script *s, bool several)
{
	if (f->rerouted_ns != SIM_NO_TIME) {
		uint64_t since = f->detected_ns != SIM_NO_TIME &&
					 f->rerouted_ns >= f->detected_ns
				     ? f->rerouted_ns - f->detected_ns
				     : f->rerouted_ns;
		report_put(to, ", and the first flow went elsewhere ");
		if (since > 0)
			put_moment(to, s, since);
		report_put(to, since > 0 ? " later" : "at once");
	}
	report_put(to, ". ");
	if (f->restored_ns != SIM_NO_TIME) {
		report_put(to, several ? "They were back " : "It was back ");
		put_moment(to, s, f->restored_ns);
		report_put(to, " after the fault. ");
	} else if (report_fault_is(f, "instance-down") ||
		   (report_is_probed_for(f) && f->detected_ns != SIM_NO_TIME)) {
		report_put(to, several ? "They did not come back. "
				       : "It did not come back. ");
	}
}

/* "of 30 requests 4 were given up, 12 answered by an error" */
static void
put_requests(
    FILE *to, const struct sim_failover *f, const struct report_script *s)
{
	const struct {
		uint64_t count;
		const char *what;
	} parts[] = { { f->given_up, "given up" },
		{ f->unanswered, "left unanswered" },
		{ f->errors, "answered by an error" } };
	char text[REPORT_TEXT_BYTES];
	bool said = false;

	if (f->requests == 1 && report_failed(f) == 0) {
		report_put(to, "the only request was not given up");
		return;
	}
	report_put(to, "of ");
	put_counted(to, s, f->requests, "request", "requests");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].count == 0)
			continue;
		report_print(to, "%s %s %s%s", said ? "," : "",
		    report_count(text, s, parts[i].count),
		    said                  ? ""
		    : parts[i].count == 1 ? "was "
					  : "were ",
		    parts[i].what);
		said = true;
	}
	if (!said)
		report_put(to, " none was given up");
}

/* until: what is counted ends there, not where the fault does. */
static void
put_harm(FILE *to, const struct sim_failover *f, const struct report_script *s,
    const char *until)
{
	char text[REPORT_TEXT_BYTES];

	if (f->lost + f->moved + f->broken == 0) {
		report_put(to, "No client packet was lost and no flow moved");
	} else {
		if (f->lost == 0)
			report_put(to, "No client packet was lost");
		else
			put_counted(to, s, f->lost, "client packet was lost",
			    "client packets were lost");
		report_put(to, f->moved == 0 ? ", no flow moved" : ", ");
		if (f->moved > 0)
			put_counted(
			    to, s, f->moved, "flow moved", "flows moved");
		if (f->needless > 0)
			report_print(to, " (%s needlessly)",
			    report_count(text, s, f->needless));
		if (f->broken > 0)
			report_put(to, ", ");
		if (f->broken > 0)
			put_counted(to, s, f->broken, "open connection broke",
			    "open connections broke");
	}
	if (f->requests > 0) {
		report_put(to, "; ");
		put_requests(to, f, s);
	}
	bool counts = f->lost + f->moved + f->broken + f->requests > 0;
	report_print(to, counts ? " until %s." : ".", until);
}

static void
put_budget(
    FILE *to, const struct sim_failover *f, const struct report_script *s)
{
	char available[REPORT_TEXT_BYTES], budget[REPORT_TEXT_BYTES];
	double is = report_outcome(f, REPORT_AVAILABILITY);

	if (isnan(is) || is >= 1 || f->window_ns == 0)
		return;
	report_print(to,
	    " That is an availability of %s, and %s of error budget.",
	    report_nines(available, s, is),
	    report_moment(budget, s, 60 * report_outcome(f, REPORT_BUDGET)));
}

bool
report_is_told_later(const struct sim_case *c, size_t index)
{
	const struct sim_failover *f = &c->failovers[index], *next = f + 1;

	return index + 1 < c->failover_count && f->at_ns == next->at_ns &&
	       f->fault != NULL && next->fault != NULL &&
	       strcmp(f->fault, next->fault) == 0;
}

/* "a", "a and b", "a, b and c", "a, b and 10 others": of first to last. */
static char *
victims_of(const struct sim_case *c, size_t first, size_t last)
{
	size_t count = last - first + 1;
	size_t named = count <= VICTIMS_MAX ? count : VICTIMS_MAX - 1;
	char *text = victim_of(&c->failovers[first], NAME_COLUMNS);

	for (size_t i = 1; i < named && text != NULL; i++) {
		char *name = victim_of(&c->failovers[first + i], NAME_COLUMNS);
		bool ends = i + 1 == count;
		char *more = name != NULL ? report_compose("%s%s%s", text,
						ends ? " and " : ", ", name)
					  : NULL;
		free(text);
		free(name);
		text = more;
	}
	if (named == count || text == NULL)
		return text;
	char *more = report_compose("%s and %zu others", text, count - named);
	free(text);
	return more;
}

char *
report_failover_words(
    const struct sim_case *c, size_t index, const struct report_script *s)
{
	const struct sim_failover *f = &c->failovers[index];
	const struct manner *manner = manner_of(f);
	size_t first = index, bytes;

	while (first > 0 && report_is_told_later(c, first - 1))
		first--;
	char *name = victims_of(c, first, index), *text = NULL;
	FILE *to = name != NULL ? open_memstream(&text, &bytes) : NULL;
	if (to != NULL) {
		report_print(to, "%s %s %s ", name, manner->did, manner->when);
		put_moment(to, s, f->at_ns);
		if (strcmp(manner->when, "from") == 0)
			report_put(to, " on");
		put_noticed(to, f, s, first < index);
		put_recovery(to, f, s, first < index);
		put_harm(to, f, s,
		    index + 1 < c->failover_count ? "the next fault"
						  : "the end");
		put_budget(to, f, s);
	}
	if (to == NULL || fclose(to) != 0) {
		free(text);
		text = NULL;
	}
	free(name);
	return text;
}

/* "45 client packets were lost": the worst of it. */
static void
put_worst(FILE *to, const struct sim_failover *f, const struct report_script *s)
{
	if (f->lost > 0)
		put_counted(to, s, f->lost, "client packet was lost",
		    "client packets were lost");
	else if (f->broken > 0)
		put_counted(to, s, f->broken, "open connection broke",
		    "open connections broke");
	else if (f->given_up > 0 && f->given_up == report_failed(f))
		put_counted(to, s, f->given_up, "request was given up",
		    "requests were given up");
	else if (report_failed(f) > 0)
		put_counted(to, s, report_failed(f), "request failed",
		    "requests failed");
	else if (f->moved > 0)
		put_counted(to, s, f->moved, "flow moved", "flows moved");
	else
		report_put(to, "nothing was lost");
}

char *
report_failover_worst(
    const struct sim_failover *f, const struct report_script *s)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		return NULL;
	put_worst(to, f, s);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

size_t
report_count_faults(const struct sim_record *record)
{
	size_t count = 0;

	for (size_t i = 0; i < record->case_count; i++)
		count += record->cases[i].failover_count;
	return count;
}

char *
report_failover_title(const struct sim_case *c)
{
	const struct report_script *s = &report_picture;
	size_t gravest = 0;
	char found[REPORT_TEXT_BYTES], more[REPORT_TEXT_BYTES] = "";
	char *text = NULL;

	if (c->failover_count == 0)
		return NULL;
	for (size_t i = 1; i < c->failover_count; i++)
		if (report_is_graver(&c->failovers[i], &c->failovers[gravest]))
			gravest = i;
	const struct sim_failover *f = &c->failovers[gravest];
	char *name = victim_of(f, NAME_COLUMNS);
	char *worst = report_failover_worst(f, s);
	if (c->failover_count > 1)
		report_format(more, sizeof(more), "; the gravest of %zu faults",
		    c->failover_count);
	report_moment(found, s, seconds(f->detected_ns));
	if (name == NULL || worst == NULL)
		text = NULL;
	else if (!report_is_probed_for(f))
		text = report_compose(
		    "%s %s: %s%s", name, manner_of(f)->did, worst, more);
	else if (f->detected_ns == SIM_NO_TIME)
		text = report_compose("%s %s, which no probe noticed; %s%s",
		    name, manner_of(f)->did, worst, more);
	else
		text = report_compose("%s %s, which was noticed after %s; %s%s",
		    name, manner_of(f)->did, found, worst, more);
	free(worst);
	free(name);
	return text;
}

/* ", 12 connections reset": only what there was. */
static void
put_mishap(FILE *to, const struct report_script *s, uint64_t count,
    const char *one, const char *many)
{
	char number[REPORT_TEXT_BYTES];

	if (count > 0)
		report_print(to, ", %s %s", report_count(number, s, count),
		    count == 1 ? one : many);
}

/* ", 7 of them by a hairpin", ", all by a hairpin" */
static void
put_part(FILE *to, const struct report_script *s, uint64_t count, uint64_t all,
    const char *how)
{
	char number[REPORT_TEXT_BYTES];

	if (count > 0 && count == all)
		report_print(to, ", %s%s", all == 1 ? "" : "all ", how);
	else if (count > 0)
		report_print(
		    to, ", %s of them %s", report_count(number, s, count), how);
}

/* The bill: what of the requests came to nothing, in parts and in time. */
static void
put_availability(
    FILE *to, const struct sim_case *c, const struct report_script *s)
{
	double budget = 60 * report_sum(c, REPORT_BUDGET);
	char text[REPORT_TEXT_BYTES];

	if (isnan(report_availability(c))) {
		report_print(to, ": nothing was asked, so there is no "
				 "availability");
		return;
	}
	report_print(to, ": availability %s",
	    report_nines(text, s, report_availability(c)));
	if (!isnan(budget))
		report_print(
		    to, ", %s of error budget", report_moment(text, s, budget));
}

static void
put_clients(FILE *to, const struct sim_case *c, const struct report_script *s)
{
	const struct sim_clients *of = &c->clients;
	struct report_response r = report_response_of(of);
	char requests[REPORT_TEXT_BYTES], answered[REPORT_TEXT_BYTES];
	char p50[REPORT_TEXT_BYTES], p99[REPORT_TEXT_BYTES];
	char gave_up[REPORT_TEXT_BYTES];

	report_print(to,
	    "%s request%s, %s answered (p50 %s, p99 %s), %s given up",
	    report_count(requests, s, of->requests),
	    of->requests == 1 ? "" : "s",
	    report_count(answered, s, of->answered),
	    report_moment(p50, s, r.p50), report_moment(p99, s, r.p99),
	    report_count(gave_up, s, of->given_up));
	put_part(to, s, of->no_port, of->given_up, "without a SNAT port");
	put_part(to, s, of->came_back, of->given_up, "by a hairpin");
	put_mishap(
	    to, s, of->errors, "answered by an error", "answered by an error");
	put_mishap(to, s, of->unanswered, "unanswered", "unanswered");
	put_mishap(to, s, report_under_way(of), "under way at the end",
	    "under way at the end");
	put_mishap(to, s, of->reset, "connection reset", "connections reset");
	put_mishap(to, s, of->refused, "refused", "refused");
	put_mishap(to, s, of->late,
	    "time a silent connection went on when "
	    "its SNAT port had been given back",
	    "times a silent connection went on when "
	    "its SNAT port had been given back");
	put_mishap(to, s, of->late_elsewhere,
	    "of them from another port, which its server does not know",
	    "of them from another port, which its server does not know");
	put_mishap(to, s, of->rebound, "device back with another port",
	    "devices back with another port");
	if (of->notifications > 0) {
		put_mishap(
		    to, s, of->notifications, "notification", "notifications");
		put_mishap(
		    to, s, of->notified, "of them arrived", "of them arrived");
	}
	put_availability(to, c, s);
}

char *
report_clients_words(const struct sim_case *c, const struct report_script *s)
{
	char *text = NULL;
	size_t bytes;

	if (c->clients.requests == 0 && c->clients.reset == 0)
		return report_compose("%s", "");
	FILE *to = open_memstream(&text, &bytes);
	if (to == NULL)
		return NULL;
	put_clients(to, c, s);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

/* --- for a verdict -------------------------------------------------------- */

/* Among the TOLD_MAX gravest; of equal ones the first. */
static bool
is_told(const struct sim_case *c, size_t index)
{
	const struct sim_failover *ours = &c->failovers[index];
	size_t graver = 0;

	for (size_t i = 0; i < c->failover_count; i++) {
		const struct sim_failover *of = &c->failovers[i];
		graver += !report_is_told_later(c, i) &&
			  (report_is_graver(of, ours) ||
			      (i < index && !report_is_graver(ours, of)));
	}
	return graver < TOLD_MAX;
}

/* --- cases beside each other ---------------------------------------------- */

/* What tells cases apart, the gravest first. */
static const struct {
	enum report_outcome outcome;
	const char *most, *what;
} differences[] = {
	{ REPORT_BROKEN, "breaks", "open connections" },
	{ REPORT_GIVEN_UP, "makes clients give up", "requests" },
	{ REPORT_LOST, "loses", "client packets" },
	{ REPORT_MOVED, "moves", "flows" },
};

static double
sum_of(const struct sim_case *c, enum report_outcome outcome)
{
	double sum = report_sum(c, outcome);

	return isnan(sum) ? 0 : sum;
}

/* "modulo breaks the most open connections, 1 144; maglev the fewest, 130"
 * False when they are alike in it, to a tenth. */
static bool
put_difference(FILE *to, const struct sim_record *record, size_t kind,
    const struct report_script *script)
{
	enum report_outcome outcome = differences[kind].outcome;
	size_t least = 0, most = 0;
	char few[REPORT_TEXT_BYTES], many[REPORT_TEXT_BYTES];

	for (size_t i = 1; i < record->case_count; i++) {
		double of = sum_of(&record->cases[i], outcome);
		if (of < sum_of(&record->cases[least], outcome))
			least = i;
		if (of > sum_of(&record->cases[most], outcome))
			most = i;
	}
	double low = sum_of(&record->cases[least], outcome);
	double high = sum_of(&record->cases[most], outcome);
	if (high - low < 2 || low > DIFFERENT * high)
		return false;
	report_put_clean(to, record->cases[most].name);
	report_print(to, " %s the most %s, %s; ", differences[kind].most,
	    differences[kind].what, report_count(many, script, (uint64_t)high));
	report_put_clean(to, record->cases[least].name);
	report_print(
	    to, " the fewest, %s", report_count(few, script, (uint64_t)low));
	return true;
}

bool
report_put_difference(FILE *to, const struct sim_record *record,
    const struct report_script *script)
{
	bool said = false;

	for (size_t i = 0; record->case_count > 1 && !said &&
			   i < sizeof(differences) / sizeof(differences[0]);
	     i++)
		said = put_difference(to, record, i, script);
	return said;
}

/* What a fault did in the warm-up is in no figure. */
static void
put_uncounted(FILE *to, const struct sim_record *record,
    const struct sim_case *c, const struct report_script *script)
{
	char until[REPORT_TEXT_BYTES];
	size_t early = 0;

	for (size_t i = 0; i < c->failover_count; i++)
		early += c->failovers[i].at_ns < record->warm_up_ns;
	if (early > 0)
		report_print(to,
		    "%zu fault%s before %s, when the warm-up ended: what came "
		    "of %s until then is not counted.\n",
		    early, early == 1 ? " was" : "s were",
		    report_moment(until, script, seconds(record->warm_up_ns)),
		    early == 1 ? "it" : "them");
}

void
report_put_failovers(FILE *to, const struct sim_record *record, size_t of_case,
    const struct report_script *script)
{
	const struct sim_case *c = &record->cases[of_case];
	size_t told = 0, together = 0;

	for (size_t i = 0; i < c->failover_count; i++) {
		if (report_is_told_later(c, i)) {
			together++;
			continue;
		}
		if (!is_told(c, i))
			continue;
		char *words = report_failover_words(c, i, script);
		if (told == 0 && record->case_count > 1) {
			report_put(to, "With ");
			report_put_clean(to, c->name);
			report_put(to, ": ");
		}
		report_print(to, "%s\n", words != NULL ? words : "");
		free(words);
		told++;
	}
	if (told + together < c->failover_count)
		report_print(to,
		    "%zu more faults did less; the table of failures has "
		    "them.\n",
		    c->failover_count - told - together);
	if (report_put_difference(to, record, script))
		report_put(to, ".\n");
	put_uncounted(to, record, c, script);
	told = 0;
	for (size_t r = 0; r < c->rule_count && told < TOLD_MAX; r++)
		if (report_is_disturbed(c, &c->rules[r])) {
			report_put_evenness(to, record, c, &c->rules[r]);
			told++;
		}
}
