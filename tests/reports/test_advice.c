/* SPDX-License-Identifier: MIT */
/* Which advice a capture gets: every rule on both sides of where it begins. */
#include "reports/inspect/advice.h"
#include "tests/reports/town.h"
#include "tests/unit.h"
#include <string.h>

#define HOUR_NS UINT64_C(3600000000000)

/* One line per capture: what it is made of, the advice, its notes in order. */
/* clang-format off */
static const struct {
	const char *row;
	struct town_spec town; /* clients, flows each, heavy bytes, seconds */
	size_t backends;
	uint64_t half_open, first, only_server, fragments;
	size_t servers;
	bool reverse;
	const char *why, *mode;
	const char *notes;
} rows[] = {
	{ .row = "nothing", .backends = 4,
	  .why = "nothing" },
	{ .row = "one backend", .town = { 100, 10, 0, 60 }, .backends = 1,
	  .why = "one-backend" },

	{ .row = "one flow", .town = { 1, 1, 0, 60 }, .backends = 4,
	  .why = "one-flow" },
	{ .row = "a flow of 9/10", .town = { 1, 101, 90000, 60 },
	  .backends = 4, .why = "one-flow" },
	{ .row = "nearly", .town = { 1, 101, 89000, 60 },
	  .backends = 4, .why = "one-client", .mode = "five-tuple",
	  .notes = "few-flows" },

	{ .row = "all half open", .town = { 1, 200, 0, 1 }, .backends = 4,
	  .half_open = 200, .why = "half-open", .mode = "five-tuple" },
	{ .row = "9/10 half open", .town = { 1, 200, 0, 1 }, .backends = 4,
	  .half_open = 180, .why = "half-open", .mode = "five-tuple" },
	{ .row = "not so many", .town = { 1, 200, 0, 1 }, .backends = 4,
	  .half_open = 179, .why = "one-client", .mode = "five-tuple" },
	{ .row = "too few", .town = { 1, 19, 0, 1 }, .backends = 4,
	  .half_open = 19, .why = "one-client", .mode = "five-tuple",
	  .notes = "few-flows" },
	{ .row = "from many", .town = { 200, 1, 0, 1 }, .backends = 4,
	  .half_open = 200, .why = "half-open", .mode = "five-tuple" },

	{ .row = "once each", .town = { 250, 1, 0, 5 }, .backends = 4,
	  .why = "clients-once", .mode = "five-tuple" },
	{ .row = "twice each", .town = { 250, 2, 0, 5 }, .backends = 4,
	  .why = "even", .mode = "five-tuple" },
	{ .row = "once, few", .town = { 19, 1, 0, 5 }, .backends = 4,
	  .why = "few-clients", .mode = "five-tuple", .notes = "few-flows" },

	{ .row = "one client", .town = { 1, 100, 0, 60 }, .backends = 4,
	  .why = "one-client", .mode = "five-tuple" },
	{ .row = "of many servers", .town = { 1, 100, 0, 60 }, .backends = 4,
	  .servers = 9, .why = "one-client", .mode = "five-tuple",
	  .notes = "reverse" },
	{ .row = "reversed", .town = { 1, 100, 0, 60 }, .backends = 4,
	  .servers = 9, .reverse = true,
	  .why = "one-client", .mode = "five-tuple" },
	{ .row = "two clients", .town = { 2, 100, 0, 60 }, .backends = 4,
	  .why = "few-clients", .mode = "five-tuple" },
	{ .row = "39 clients", .town = { 39, 10, 0, 60 }, .backends = 4,
	  .why = "few-clients", .mode = "five-tuple" },
	{ .row = "40 clients", .town = { 40, 10, 0, 60 }, .backends = 4,
	  .why = "even", .mode = "five-tuple" },
	{ .row = "40 over 5", .town = { 40, 10, 0, 60 }, .backends = 5,
	  .why = "few-clients", .mode = "five-tuple" },
	{ .row = "a heavy flow", .town = { 200, 10, 300000, 60 }, .backends = 4,
	  .why = "even", .mode = "five-tuple", .notes = "few-flows" },

	{ .row = "guessed", .town = { 200, 10, 0, 60 }, .backends = 4,
	  .first = 400, .why = "even", .mode = "five-tuple",
	  .notes = "guessed-roles" },
	{ .row = "hardly", .town = { 200, 10, 0, 60 }, .backends = 4,
	  .first = 399, .why = "even", .mode = "five-tuple" },
	{ .row = "one-sided", .town = { 200, 10, 0, 60 }, .backends = 4,
	  .only_server = 200, .why = "even", .mode = "five-tuple",
	  .notes = "one-sided" },
	{ .row = "hardly", .town = { 200, 10, 0, 60 }, .backends = 4,
	  .only_server = 199, .why = "even", .mode = "five-tuple" },
	{ .row = "fragments", .town = { 200, 10, 0, 60 }, .backends = 4,
	  .fragments = 1, .why = "even", .mode = "five-tuple",
	  .notes = "fragments" },
	{ .row = "all of it", .town = { 2, 10, 10000, 60 }, .backends = 4,
	  .first = 20, .only_server = 20, .fragments = 1, .servers = 2,
	  .why = "few-clients", .mode = "five-tuple",
	  .notes = "few-flows guessed-roles one-sided fragments" },
};
/* clang-format on */

static void
check_notes(const char *row, const struct report_advice *a, const char *expect)
{
	char names[256] = "";

	for (size_t i = 0; i < a->note_count; i++) {
		size_t used = strlen(names);
		(void)snprintf(names + used, sizeof(names) - used, "%s%s",
		    i > 0 ? " " : "", a->notes[i].about);
		UNIT_ROW(row, strchr(a->notes[i].text, '\n') == NULL);
		UNIT_ROW(row, strlen(a->notes[i].text) > 20);
	}
	if (strcmp(names, expect) != 0)
		(void)fprintf(stderr, "  row %s: notes \"%s\", not \"%s\"\n",
		    row, names, expect);
	CU_ASSERT_STRING_EQUAL(names, expect);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_survey *s = town_survey(&rows[i].town);
		struct report_prospect p;
		struct report_advice a;

		s->half_open = rows[i].half_open;
		s->role_first = rows[i].first;
		s->only_server = rows[i].only_server;
		s->fragments = rows[i].fragments;
		s->reverse = rows[i].reverse;
		if (rows[i].servers > 0)
			s->server_count = rows[i].servers;
		report_prospect(s, rows[i].backends, &p);
		CU_ASSERT_EQUAL_FATAL(report_advise(s, &p, &a), 0);
		if (strcmp(a.why.about, rows[i].why) != 0)
			(void)fprintf(stderr, "  row %s: %s, not %s\n",
			    rows[i].row, a.why.about, rows[i].why);
		CU_ASSERT_STRING_EQUAL(a.why.about, rows[i].why);
		CU_ASSERT_STRING_EQUAL(a.mode != NULL ? a.mode : "-",
		    rows[i].mode != NULL ? rows[i].mode : "-");
		check_notes(rows[i].row, &a,
		    rows[i].notes != NULL ? rows[i].notes : "");
		report_advice_free(&a);
		sim_survey_free(s);
	}
}

/* Enough clients, but one of them is heavy in many flows. */
static void
test_heavy_client(void)
{
	static const struct {
		uint64_t
		    bytes; /* of one client; each of the others has 2 000 */
		const char *why;
	} clients[] = { { 2000, "even" }, { 60000, "even" },
		{ 120000, "few-clients" } };

	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		struct sim_survey *s =
		    town_survey(&(struct town_spec){ 200, 20, 0, 60 });
		struct report_prospect p;
		struct report_advice a;

		s->modes[1].keys[0].bytes = clients[i].bytes;
		report_prospect(s, 4, &p);
		CU_ASSERT_EQUAL_FATAL(report_advise(s, &p, &a), 0);
		CU_ASSERT_STRING_EQUAL(a.why.about, clients[i].why);
		report_advice_free(&a);
		sim_survey_free(s);
	}
}

/* --- words --------------------------------------------------------------- */

/* The advice, and its notes behind it. */
static char *
words(const struct sim_survey *s, size_t backends)
{
	struct report_prospect p;
	struct report_advice a;
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	UNIT_NEED(to);
	report_prospect(s, backends, &p);
	CU_ASSERT_EQUAL_FATAL(report_advise(s, &p, &a), 0);
	(void)fputs(a.why.text, to);
	for (size_t i = 0; i < a.note_count; i++)
		(void)fprintf(to, "\n- %s", a.notes[i].text);
	(void)fclose(to);
	report_advice_free(&a);
	return text;
}

static void
expect_words(struct sim_survey *s, const char *expect)
{
	char *text = words(s, 4);

	if (strcmp(text, expect) != 0)
		(void)fprintf(stderr, "  is: %s\n", text);
	CU_ASSERT_STRING_EQUAL(text, expect);
	free(text);
	sim_survey_free(s);
}

static void
test_words(void)
{
	struct sim_survey *s = town_survey(&(struct town_spec){ 1, 1, 0, 60 });
	expect_words(s,
	    "All of it is one flow, 60.0 s long, and no mode divides a flow: "
	    "one backend of 4 carries it, whichever mode is chosen. More "
	    "backends do not help; more flows (several connections, or "
	    "several clients) would.");

	s = town_survey(&(struct town_spec){ 1, 200, 0, 1 });
	s->half_open = 200;
	expect_words(s,
	    "All 200 flows are TCP SYNs that never became a connection, from "
	    "1 address: a scan or a SYN flood, hardly a service's traffic. "
	    "five-tuple spreads them (predicted Jain 0.985; source-ip: "
	    "0.250), but each takes a place in the connection table for a "
	    "minute. --filter or --vip leaves them out.");

	s = town_survey(&(struct town_spec){ 250, 1, 0, 5 });
	expect_words(s,
	    "Nearly every client has one flow (250 clients, 250 flows), so "
	    "the modes are alike (predicted Jain 0.988): take the default, "
	    "five-tuple. Addresses seen once, 50.0 new ones a second, look "
	    "spoofed (a flood): evenness here says nothing about a service.");
	/* slower, nobody is suspected */
	s = town_survey(&(struct town_spec){ 250, 1, 0, 13 });
	expect_words(s,
	    "Nearly every client has one flow (250 clients, 250 flows), so "
	    "the modes are alike (predicted Jain 0.988): take the default, "
	    "five-tuple.");
}

static void
test_split(void)
{
	struct sim_survey *s = town_survey(&(struct town_spec){ 250, 2, 0, 9 });

	s->splits = calloc(1, sizeof(*s->splits));
	UNIT_NEED(s->splits);
	s->split_count = 1;
	s->splits[0] = (struct sim_survey_split){ "FTP", 21, 2 };
	expect_words(s,
	    "There are enough clients (250, of 500 flows) for every mode: "
	    "source-ip where sessions need one server per client (predicted "
	    "Jain 0.988), else five-tuple (0.994).\n"
	    "- FTP (2 flows to port 21): more flows are agreed on there, which "
	    "must reach the same server. five-tuple scatters them, source-ip "
	    "keeps a client's together.");
}

/* Over an hour, and over half of it all. */
static void
test_gap(void)
{
	static const struct {
		const char *row;
		uint64_t gap_ns, span_ns;
		bool said;
	} gaps[] = {
		{ "short", HOUR_NS - 1, HOUR_NS, false },
		{ "an hour", HOUR_NS, 2 * HOUR_NS, true },
		{ "of many", HOUR_NS, 3 * HOUR_NS, false },
		{ "years", 9999 * HOUR_NS, 10000 * HOUR_NS, true },
	};

	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		struct sim_survey *s =
		    town_survey(&(struct town_spec){ 200, 10, 0, 9 });
		s->gap_ns = gaps[i].gap_ns;
		s->gap_from_ns = s->first_ns;
		s->last_ns = s->first_ns + gaps[i].span_ns;
		char *text = words(s, 4);
		bool said = strstr(text, "Nothing happens for") != NULL;
		UNIT_ROW(gaps[i].row, said == gaps[i].said);
		free(text);
		sim_survey_free(s);
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "cases", test_cases },
		{ "a heavy client", test_heavy_client },
		{ "words", test_words },
		{ "control channels", test_split },
		{ "gaps", test_gap },
		CU_TEST_INFO_NULL,
	};

	return unit_main("reports: advice", tests);
}
