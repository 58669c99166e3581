/* SPDX-License-Identifier: MIT */
#include "reports/inspect/advice.h"
#include "reports/words/reason.h"
#include "reports/text/text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST          0.9  /* nearly all: the rest is noise */
#define HALF          0.5  /* one key beyond it rules the outcome */
#define GUESSED_SHARE 0.2  /* of flows; with fewer, keys hardly change */
#define ONE_SIDED     0.1  /* of flows; what a replay would leave out */
#define CROWD         20   /* fewer flows or clients show no pattern */
#define WORSE         0.1  /* in Jain; ten clients a backend make 0.07 */
#define LONE_KEYS     1.5  /* 1/H of one client and some noise (finding.c) */
#define SPOOFED_PER_S 20.0 /* new clients a second, none of them twice */
#define ABSURD_GAP_NS UINT64_C(3600000000000)
#define NS_PER_S      1e9

enum { FIVE_TUPLE, SOURCE_IP };

struct look {
	const struct sim_survey *s;
	const struct report_prospect *p;
	size_t clients, clients_once; /* with one flow */
	double heaviest;              /* flow's share of all bytes */
};

static double
share(uint64_t part, uint64_t of)
{
	return of > 0 ? (double)part / (double)of : 0;
}

static void
put_number(FILE *to, uint64_t count)
{
	char text[REPORT_TEXT_BYTES];

	report_put(to, report_count(text, &report_terminal, count));
}

static void
put(FILE *to, uint64_t count, const char *one, const char *many)
{
	put_number(to, count);
	report_print(to, " %s", count == 1 ? one : many);
}

static const char *
percent(char *text, double ratio)
{
	return report_percent(text, &report_terminal, ratio);
}

/* "0.976 by flows, 0.893 by bytes", once where they are alike */
static void
put_jain(FILE *to, const struct look *l, unsigned mode)
{
	char flows[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];

	report_index(flows, l->p->jain[mode][REPORT_FLOWS]);
	report_index(bytes, l->p->jain[mode][REPORT_BYTES]);
	if (strcmp(flows, bytes) == 0)
		report_print(to, "%s", flows);
	else
		report_print(to, "%s by flows, %s by bytes", flows, bytes);
}

static double
keys_wanted(const struct look *l)
{
	return REPORT_KEYS_WANTED * (double)l->p->backends;
}

/* What is printed as the number wanted is not too few. */
static bool
is_too_few(const struct look *l, double alike)
{
	return alike < 0.998 * keys_wanted(l);
}

/* 1/H of the flows, in the unit that is harder to spread. */
static double
flows_alike(const struct look *l)
{
	const double *alike = l->p->alike[FIVE_TUPLE];

	return fmin(alike[REPORT_FLOWS], alike[REPORT_BYTES]);
}

/* --- which mode, and why -------------------------------------------------- */

static bool
is_nothing(const struct look *l)
{
	return l->s->flows == 0;
}

static void
say_nothing(FILE *to, const struct look *l)
{
	report_print(to, "There is nothing to balance: no TCP or UDP packet");
	if (l->s->vip[0] != '\0')
		report_print(to, " to or from %s", l->s->vip);
	report_print(to, " in what could be read.");
}

static bool
is_one_backend(const struct look *l)
{
	return l->p->backends == 1;
}

static void
say_one_backend(FILE *to, const struct look *l)
{
	(void)l;
	report_print(to, "One backend gets everything in any mode.");
}

static bool
is_one_flow(const struct look *l)
{
	return l->heaviest >= MOST || l->s->modes[FIVE_TUPLE].key_count == 1;
}

static void
say_one_flow(FILE *to, const struct look *l)
{
	char text[REPORT_TEXT_BYTES];

	if (l->s->modes[FIVE_TUPLE].key_count == 1)
		report_print(to, "All of it is one flow, %s long",
		    report_span(text, &report_terminal,
			l->s->last_ns - l->s->first_ns));
	else
		report_print(to, "One flow has %s of the bytes",
		    percent(text, l->heaviest));
	report_print(to,
	    ", and no mode divides a flow: one backend of %zu carries it, "
	    "whichever mode is chosen. More backends do not help; more flows "
	    "(several connections, or several clients) would.",
	    l->p->backends);
}

static bool
is_half_open(const struct look *l)
{
	return l->s->half_open >= CROWD &&
	       share(l->s->half_open, l->s->flows) >= MOST;
}

static void
say_half_open(FILE *to, const struct look *l)
{
	if (l->s->half_open == l->s->flows)
		report_put(to, "All ");
	put_number(to, l->s->half_open);
	if (l->s->half_open < l->s->flows) {
		report_put(to, " of ");
		put_number(to, l->s->flows);
	}
	report_put(
	    to, " flows are TCP SYNs that never became a connection, from ");
	put(to, l->clients, "address", "addresses");
	report_put(to,
	    ": a scan or a SYN flood, hardly a service's traffic. five-tuple "
	    "spreads them (predicted Jain ");
	put_jain(to, l, FIVE_TUPLE);
	report_put(to, "; source-ip: ");
	put_jain(to, l, SOURCE_IP);
	report_put(to,
	    "), but each takes a place in the connection table for a "
	    "minute. --filter or --vip leaves them out.");
}

/* Too few clients, or a few of them too heavy beside what flows allow. */
static bool
is_few(const struct look *l)
{
	const double(*jain)[REPORT_UNIT_COUNT] = l->p->jain;

	return is_too_few(l, l->p->alike[SOURCE_IP][REPORT_FLOWS]) ||
	       jain[FIVE_TUPLE][REPORT_BYTES] - jain[SOURCE_IP][REPORT_BYTES] >
		   WORSE;
}

static bool
is_once(const struct look *l)
{
	return l->clients >= CROWD &&
	       share(l->clients_once, l->clients) >= MOST &&
	       share(l->clients, l->s->flows) >= MOST && !is_few(l);
}

static void
say_once(FILE *to, const struct look *l)
{
	char digits[REPORT_TEXT_BYTES];
	double seconds = (double)(l->s->last_ns - l->s->first_ns) / NS_PER_S;
	double per_s = (double)l->clients / fmax(seconds, 1);

	report_print(to, "Nearly every client has one flow (");
	put(to, l->clients, "client", "clients");
	report_print(to, ", ");
	put(to, l->s->flows, "flow", "flows");
	report_print(to, "), so the modes are alike (predicted Jain ");
	put_jain(to, l, FIVE_TUPLE);
	report_print(to, "): take the default, five-tuple.");
	if (per_s >= SPOOFED_PER_S)
		report_print(to,
		    " Addresses seen once, %s new ones a second, look spoofed "
		    "(a flood): evenness here says nothing about a service.",
		    report_digits(digits, &report_terminal, per_s));
}

static bool
is_one_client(const struct look *l)
{
	return l->p->alike[SOURCE_IP][REPORT_FLOWS] < LONE_KEYS;
}

static void
say_one_client(FILE *to, const struct look *l)
{
	report_print(to, l->clients == 1
			     ? "All flows are of one client"
			     : "Nearly all flows are of one client");
	report_print(to, ", so only five-tuple spreads them (predicted Jain ");
	put_jain(to, l, FIVE_TUPLE);
	report_print(to,
	    "); source-ip and source-ip-protocol send a client to one backend "
	    "(source-ip: ");
	put_jain(to, l, SOURCE_IP);
	report_print(to, ").");
}

static void
say_few(FILE *to, const struct look *l)
{
	char flows[REPORT_TEXT_BYTES], bytes[REPORT_TEXT_BYTES];
	const double *alike = l->p->alike[SOURCE_IP];

	report_put(to,
	    "Take five-tuple unless sessions need affinity (predicted Jain ");
	put_jain(to, l, FIVE_TUPLE);
	report_put(to, "): source-ip has ");
	put(to, l->clients, "client", "clients");
	report_print(to,
	    ", as good as %s equal ones by flows and %s by bytes, where %zu "
	    "backends want about %.0f (predicted Jain ",
	    report_digits(flows, &report_terminal, alike[REPORT_FLOWS]),
	    report_digits(bytes, &report_terminal, alike[REPORT_BYTES]),
	    l->p->backends, keys_wanted(l));
	put_jain(to, l, SOURCE_IP);
	report_put(to, ").");
}

static bool
is_even(const struct look *l)
{
	(void)l;
	return true;
}

static void
say_even(FILE *to, const struct look *l)
{
	report_put(to, "There are enough clients (");
	put_number(to, l->clients);
	report_put(to, ", of ");
	put(to, l->s->flows, "flow", "flows");
	report_put(to,
	    ") for every mode: source-ip where sessions need one server per "
	    "client (predicted Jain ");
	put_jain(to, l, SOURCE_IP);
	report_put(to, "), else five-tuple (");
	put_jain(to, l, FIVE_TUPLE);
	report_put(to, ").");
}

static const struct advice_case {
	const char *about;
	const char *mode;
	bool (*is)(const struct look *l);
	void (*say)(FILE *to, const struct look *l);
} cases[] = {
	{ "nothing", NULL, is_nothing, say_nothing },
	{ "one-backend", NULL, is_one_backend, say_one_backend },
	{ "one-flow", NULL, is_one_flow, say_one_flow },
	{ "half-open", "five-tuple", is_half_open, say_half_open },
	{ "clients-once", "five-tuple", is_once, say_once },
	{ "one-client", "five-tuple", is_one_client, say_one_client },
	{ "few-clients", "five-tuple", is_few, say_few },
	{ "even", "five-tuple", is_even, say_even },
};

/* --- what to mind -------------------------------------------------------- */

/* Each writes its note, or nothing. */

static void
note_few_flows(FILE *to, const struct look *l)
{
	char text[REPORT_TEXT_BYTES];

	if (!is_too_few(l, flows_alike(l)) || is_one_flow(l))
		return;
	if (l->heaviest > HALF)
		report_print(to,
		    "One flow has %s of the bytes, and no mode divides a flow: "
		    "its backend will carry that much.",
		    percent(text, l->heaviest));
	else
		report_print(to,
		    "Flows are few, too, or a few are heavy: as good as %s "
		    "equal ones, where %zu backends want about %.0f. How even "
		    "a run comes out is mostly chance.",
		    report_digits(text, &report_terminal, flows_alike(l)),
		    l->p->backends, keys_wanted(l));
}

static void
note_reverse(FILE *to, const struct look *l)
{
	if (l->s->reverse ||
	    l->p->alike[SOURCE_IP][REPORT_FLOWS] >= LONE_KEYS ||
	    l->s->server_count < 2 || is_half_open(l) || is_one_flow(l))
		return;
	report_print(to,
	    "A capture taken beside one client looks like this; --reverse "
	    "makes its peers the clients.");
}

static void
note_guessed(FILE *to, const struct look *l)
{
	char text[REPORT_TEXT_BYTES];
	double guessed = share(l->s->role_first, l->s->flows);

	if (guessed < GUESSED_SHARE)
		return;
	report_print(to,
	    "Who is the client is guessed for %s of the flows (no SYN, and "
	    "the ports do not tell: it is who spoke first). See whether the "
	    "servers above are servers; else use --vip or --reverse.",
	    percent(text, guessed));
}

static void
note_one_sided(FILE *to, const struct look *l)
{
	if (share(l->s->only_server, l->s->flows) < ONE_SIDED)
		return;
	report_print(to, "Of ");
	put(to, l->s->only_server, "flow", "flows");
	report_print(to,
	    " only the server's packets were captured; sim has no request to "
	    "balance there and leaves %s out.",
	    l->s->only_server == 1 ? "it" : "them");
}

static void
note_fragments(FILE *to, const struct look *l)
{
	if (l->s->fragments == 0)
		return;
	put(to, l->s->fragments, "packet is a fragment",
	    "packets are fragments");
	report_print(to,
	    ": a rule for one port drops them. A rule for all ports (as sim's "
	    "without -c) forwards them by addresses and protocol, without "
	    "ports, so that a datagram stays together.");
}

static void
note_splits(FILE *to, const struct look *l)
{
	if (l->s->split_count == 0)
		return;
	for (size_t i = 0; i < l->s->split_count; i++) {
		const struct sim_survey_split *split = &l->s->splits[i];
		report_print(to, "%s%s (", i > 0 ? ", " : "", split->name);
		put(to, split->flows, "flow", "flows");
		report_print(to, " to port %u)", split->port);
	}
	report_print(to,
	    ": more flows are agreed on there, which must reach the same "
	    "server. five-tuple scatters them, source-ip keeps a client's "
	    "together.");
}

static void
note_gap(FILE *to, const struct look *l)
{
	char gap[REPORT_TEXT_BYTES], from[REPORT_TEXT_BYTES];

	if (l->s->gap_ns < ABSURD_GAP_NS ||
	    l->s->gap_ns < (l->s->last_ns - l->s->first_ns) / 2)
		return;
	report_print(to,
	    "Nothing happens for %s after %s UTC: captures merged, or a clock "
	    "set. All that was open has timed out by then.",
	    report_span(gap, &report_terminal, l->s->gap_ns),
	    report_time(from, l->s->gap_from_ns));
}

static const struct {
	const char *about;
	void (*say)(FILE *to, const struct look *l);
} notes[] = {
	{ "few-flows", note_few_flows },
	{ "reverse", note_reverse },
	{ "guessed-roles", note_guessed },
	{ "one-sided", note_one_sided },
	{ "fragments", note_fragments },
	{ "control-channel", note_splits },
	{ "gap", note_gap },
};

/* --- together ------------------------------------------------------------ */

/* What a writer writes, "" when it does not; NULL without memory. */
static char *
written(void (*say)(FILE *to, const struct look *l), const struct look *l)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL)
		return NULL;
	say(to, l);
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static struct look
look_at(const struct sim_survey *s, const struct report_prospect *p)
{
	const struct sim_survey_mode *clients = &s->modes[SOURCE_IP];
	struct look l = { .s = s, .p = p, .clients = clients->key_count };

	for (size_t k = 0; k < clients->key_count; k++)
		l.clients_once += clients->keys[k].flows <= 1;
	if (s->modes[FIVE_TUPLE].top_count > 0)
		l.heaviest =
		    share(s->modes[FIVE_TUPLE].top[0].weight.bytes, s->bytes);
	return l;
}

static int
add_notes(struct report_advice *out, const struct look *l)
{
	_Static_assert(sizeof(notes) / sizeof(notes[0]) <= REPORT_NOTES_MAX,
	    "there is room for all");
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		char *text = written(notes[i].say, l);
		if (text == NULL)
			return -1;
		if (text[0] == '\0') {
			free(text);
			continue;
		}
		out->notes[out->note_count++] =
		    (struct report_note){ notes[i].about, text };
	}
	return 0;
}

int
report_advise(const struct sim_survey *survey,
    const struct report_prospect *prospect, struct report_advice *out)
{
	const struct look l = look_at(survey, prospect);
	const struct advice_case *c = cases;

	*out = (struct report_advice){ 0 };
	while (!c->is(&l))
		c++; /* the last one fits everything */
	out->mode = c->mode;
	out->why = (struct report_note){ c->about, written(c->say, &l) };
	if (out->why.text != NULL &&
	    (survey->flows == 0 || add_notes(out, &l) == 0))
		return 0;
	report_advice_free(out);
	return -1;
}

void
report_advice_free(struct report_advice *advice)
{
	free(advice->why.text);
	for (size_t i = 0; i < advice->note_count; i++)
		free(advice->notes[i].text);
	*advice = (struct report_advice){ 0 };
}
