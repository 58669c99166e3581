/* SPDX-License-Identifier: MIT */
#include "reports/html/html.h"
#include "tests/reports/outlet.h"
#include "tests/reports/wreck.h"
#include "tests/unit.h"
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define SIZE_MOST  1500000
#define DEPTH_MOST 32

/* --- the page, and another one -------------------------------------------- */

static char *
page_of(const struct sim_record *record)
{
	struct report_study study;
	char *text = NULL;
	size_t bytes = 0;
	FILE *to = open_memstream(&text, &bytes);

	if (to == NULL || report_study_make(&study, record) != 0)
		abort();
	CU_ASSERT_EQUAL(report_html(&study, to), 0);
	report_study_free(&study);
	if (fclose(to) != 0)
		abort();
	return text;
}

static struct sim_record *
record_of(size_t backends, size_t keys, const char *prefix)
{
	struct sample_spec spec = { backends, keys, 1.5, prefix };
	struct sim_record *record = sample_record(&spec);

	sample_report(record, 240, 100, 200);
	return record;
}

static size_t
count(const char *in, const char *what)
{
	size_t found = 0;
	for (; (in = strstr(in, what)) != NULL; in++)
		found++;
	return found;
}

/* --- a strict reader ------------------------------------------------------ */

/*
 * Knows which elements and attributes there may be, wants every element ended
 * and every attribute quoted, and every link to stay in the folder.  What it
 * takes for text holds no < or bare &.  (tests/e2e/html.sh asks a parser that
 * is not ours.)
 */
struct reader {
	const char *at, *wrong;
	char open[DEPTH_MOST][16];
	size_t depth;
};

static const char *const elements[] = { "html", "head", "meta", "link", "title",
	"style", "body", "a", "header", "footer", "main", "nav", "section",
	"figure", "figcaption", "div", "span", "p", "h1", "h2", "h3", "h4",
	"ul", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody",
	"tr", "th", "td", "small", "strong", "bdi", "br", "details", "summary",
	"svg", "defs", "pattern", "text", "rect", "line", "circle", "path",
	"image", "script" };
static const char *const attributes[] = { "lang", "charset", "http-equiv",
	"content", "name", "rel", "href", "class", "id", "role", "tabindex",
	"aria-label", "aria-labelledby", "aria-hidden", "scope", "open",
	"viewBox", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "d",
	"width", "height", "fill", "preserveAspectRatio", "patternUnits",
	"patternTransform" };

static bool
is_one_of(const char *word, const char *const *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, of[i]) == 0)
			return true;
	return false;
}

static void
refuse(struct reader *r, const char *why)
{
	if (r->wrong == NULL)
		r->wrong = why;
}

static void
take_word(struct reader *r, char *to, size_t bytes)
{
	size_t used = 0;
	while (isalnum((unsigned char)*r->at) || *r->at == '-') {
		if (used + 1 < bytes)
			to[used++] = *r->at;
		r->at++;
	}
	to[used] = '\0';
}

/* &amp; and the like, or any other character; returns its length. */
static size_t
sign(struct reader *r)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;",
		"&quot;", "&#39;" };
	unsigned char c = (unsigned char)*r->at;

	for (size_t i = 0; i < COUNT(entities); i++)
		if (strncmp(r->at, entities[i], strlen(entities[i])) == 0)
			return strlen(entities[i]);
	if (c == '&' || c == '<')
		refuse(r, "a sign that is not escaped");
	if ((c < 0x20 && c != '\n') || c == 0x7f)
		refuse(r, "a control character");
	return 1;
}

static bool
stays_here(const char *href)
{
	return href[0] == '#' || strncmp(href, "data:,", 6) == 0 ||
	       strncmp(href, "data:image/png;base64,", 22) == 0 ||
	       (strcspn(href, ":\"/\\") > 0 &&
		   href[strcspn(href, ":\"\\")] == '"');
}

static void
take_attribute(struct reader *r)
{
	char name[32];

	take_word(r, name, sizeof(name));
	if (!is_one_of(name, attributes, COUNT(attributes)))
		refuse(r, "a strange attribute");
	if (strncmp(r->at, "=\"", 2) != 0) {
		refuse(r, "an attribute without quotes");
		return;
	}
	r->at += 2;
	if (strcmp(name, "href") == 0 && !stays_here(r->at))
		refuse(r, "a link that leaves");
	while (*r->at != '"' && *r->at != '\0' && r->wrong == NULL)
		r->at += sign(r);
	r->at += *r->at == '"';
}

static void
take_end(struct reader *r)
{
	char name[16];

	r->at += 2;
	take_word(r, name, sizeof(name));
	if (r->depth == 0 || strcmp(r->open[r->depth - 1], name) != 0)
		refuse(r, "an end of what is not open");
	else
		r->depth--;
	if (*r->at++ != '>')
		refuse(r, "an end that does not end");
}

static void
take_element(struct reader *r)
{
	char name[16];

	r->at++;
	take_word(r, name, sizeof(name));
	if (!is_one_of(name, elements, COUNT(elements)))
		refuse(r, "a strange element");
	while (*r->at == ' ' && r->wrong == NULL) {
		r->at++;
		take_attribute(r);
	}
	if (strncmp(r->at, "/>", 2) == 0) {
		r->at += 2;
		return;
	}
	if (*r->at++ != '>' || r->depth == DEPTH_MOST) {
		refuse(r, "an element that does not end");
		return;
	}
	(void)snprintf(r->open[r->depth++], 16, "%s", name);
	/* ours, and nothing of the record's in it */
	const char *end = strstr(r->at, "</script>");
	if (strcmp(name, "script") == 0 && end != NULL)
		r->at = end;
}

/* NULL, or what is wrong. */
static const char *
wrong_with(const char *page)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	struct reader r = { .at = page };

	if (strncmp(page, doctype, sizeof(doctype) - 1) != 0)
		return "no doctype";
	r.at += sizeof(doctype) - 1;
	while (*r.at != '\0' && r.wrong == NULL) {
		if (strncmp(r.at, "</", 2) == 0)
			take_end(&r);
		else if (*r.at == '<')
			take_element(&r);
		else
			r.at += sign(&r);
	}
	if (r.wrong == NULL && r.depth > 0)
		return "something is left open";
	if (r.wrong != NULL)
		(void)printf("%s: %.80s\n", r.wrong, r.at);
	return r.wrong;
}

/* The reader itself must be able to refuse. */
static void
test_reader(void)
{
	static const struct {
		const char *page;
		bool right;
	} rows[] = {
		{ "<!DOCTYPE html>\n<p class=\"a\">b &lt; c<br/></p>", true },
		{ "<!DOCTYPE html>\n<p>b < c</p>", false },
		{ "<!DOCTYPE html>\n<p>b & c</p>", false },
		{ "<!DOCTYPE html>\n<p>b", false },
		{ "<!DOCTYPE html>\n<p>b</div>", false },
		{ "<!DOCTYPE html>\n<p onclick=\"x\">b</p>", false },
		{ "<!DOCTYPE html>\n<p class=a>b</p>", false },
		{ "<!DOCTYPE html>\n<img class=\"a\"/>", false },
		{ "<!DOCTYPE html>\n<a href=\"a.csv\">b</a>", true },
		{ "<!DOCTYPE html>\n<a href=\"charts/a.csv\">b</a>", true },
		{ "<!DOCTYPE html>\n<a href=\"//a.example\">b</a>", false },
		{ "<!DOCTYPE html>\n<a href=\"http:a\">b</a>", false },
		{ "<p>b</p>", false },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		UNIT_ROW(rows[i].page,
		    (wrong_with(rows[i].page) == NULL) == rows[i].right);
}

/* --- names ---------------------------------------------------------------- */

#define TEN     "abcdefghi-"
#define FORTY   TEN TEN TEN TEN
#define HUNDRED FORTY FORTY TEN TEN

/* Names of backends, of the capture, of a case and a rule. */
static const struct {
	const char *name, *shown; /* shown: how it must be found in the page */
} names[] = {
	{ "backend-", "backend-1</bdi>" },
	{ FORTY, "<bdi>" FORTY "1</bdi>" },
	{ HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED,
	    "<bdi>" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED "1</bdi>" },
	{ "<script>alert(1)</script>",
	    "&lt;script&gt;alert(1)&lt;/script&gt;1</bdi>" },
	{ "\"><img src=x onerror=alert(1)>",
	    "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;1</bdi>" },
	{ "' onload='alert(1)", "&#39; onload=&#39;alert(1)1</bdi>" },
	{ "]]>--></style></title>", "&lt;/style&gt;&lt;/title&gt;1</bdi>" },
	{ "&amp;&#60;%s%n", "&amp;amp;&amp;#60;%s%n1</bdi>" },
	{ "\xd7\xa9\xd7\xa8\xd7\xaa-",
	    "<bdi>\xd7\xa9\xd7\xa8\xd7\xaa-1</bdi>" },
	{ "\xe2\x80\xae"
	  "evil",
	    "<bdi>?evil1</bdi>" },
	{ "\x1b[31m\x01", "<bdi>?[31m?1</bdi>" },
	{ "bad\xff\xc3", "<bdi>bad\xef\xbf\xbd\xef\xbf\xbd"
			 "1</bdi>" },
	{ "\xef\xbf\xbf", "<bdi>?1</bdi>" },
	{ "\xe8\xb4\x9f\xe8\xbd\xbd\xe5\x9d\x87\xe8\xa1\xa1-",
	    "\xe8\xb4\x9f\xe8\xbd\xbd\xe5\x9d\x87\xe8\xa1\xa1-1</bdi>" },
};

static void
rename_to(char **name, const char *to)
{
	free(*name);
	*name = sample_copy(to);
}

/* Bars and stacked areas, and what stands in their place for more. */
static void
test_names(void)
{
	static const size_t sizes[] = { 3, 12, 60 };

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *name = names[i].name;
		struct sim_record *record =
		    record_of(sizes[i % COUNT(sizes)], 100, name);
		rename_to(&record->input.files[0].name, name);
		record->input.files[0].error = sample_copy(name);
		rename_to(&record->cases[0].name, name);
		rename_to(&record->cases[1].rules[0].name, name);
		rename_to(&record->cases[1].rules[0].algorithm, name);
		char *page = page_of(record);
		UNIT_ROW(name, wrong_with(page) == NULL);
		UNIT_ROW(name, strstr(page, names[i].shown) != NULL);
		UNIT_EQUAL(name, count(page, "<script>"), 1);
		UNIT_EQUAL(name, count(page, "</script>"), 1);
		free(page);
		sample_free(record);
	}
}

/* --- what is in it -------------------------------------------------------- */

static const char *const parts[] = {
	"default-src 'none'; img-src data:; style-src 'sha256-",
	"<a class=\"skip\" href=\"#main\">",
	"<main id=\"main\">",
	"<section id=\"verdict\"",
	"<section id=\"even\"",
	"<figure id=\"modes\"",
	"<figure id=\"deviation\"",
	"<figure id=\"lorenz\"",
	"<table id=\"fairness\" class=\"sortable\">",
	"<table id=\"backends-1\" class=\"sortable\">",
	"<table id=\"backends-3\" class=\"sortable\">",
	"<section id=\"why\"",
	"<figure id=\"keys\"",
	"<figure id=\"predicted\"",
	"<table id=\"heavy-keys\" class=\"sortable\">",
	"<section id=\"over-time\"",
	"<figure id=\"time\"",
	"<section id=\"method\"",
	"<table id=\"input\"",
	"<table id=\"losses\"",
	"<h3 id=\"definitions\">",
};

/* The first part that is not there, or not where it should be; NULL. */
static const char *
missing_part(const char *page)
{
	for (size_t i = 0; i < COUNT(parts); i++) {
		const char *at = strstr(page, parts[i]);
		if (at == NULL)
			return parts[i];
		page = at;
	}
	return NULL;
}

/* In design.md's order, whatever the pool's size. */
static void
test_parts(void)
{
	static const size_t sizes[] = { 1, 2, 8, 9, 24, 25, 40, 41, 300 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct sim_record *record = record_of(sizes[i], 500, NULL);
		char *page = page_of(record);
		const char *missing = missing_part(page);
		UNIT_ROW(missing != NULL ? missing : "", missing == NULL);
		CU_ASSERT_PTR_NULL(wrong_with(page));
		CU_ASSERT_EQUAL(
		    strstr(page, "data:image/png") != NULL, sizes[i] > 8);
		CU_ASSERT_PTR_NULL(strstr(page, "nan"));
		CU_ASSERT_PTR_NULL(strstr(page, "inf\""));
		free(page);
		sample_free(record);
	}
}

/* What failures did, between time and method; every id once there, too. */
static void
test_failures(void)
{
	static const char *const in_order[] = { "<section id=\"over-time\"",
		"<section id=\"failures\"", "<figure id=\"failover\"",
		"marked down", "<table id=\"failures-each\"",
		"<figure id=\"kept\"", "<figure id=\"detect\"",
		"<figure id=\"response\"", "<section id=\"method\"" };
	static const size_t sizes[] = { 1, 4, 9, 40, 300 };
	static const size_t faults[] = { 1, 3, 4, 12, 60 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		const struct wreck_spec spec = { faults[i], 0.1, 0.01, 12, true,
			true, NULL };
		struct sim_record *record = record_of(sizes[i], 500, NULL);
		wreck_record(record, &spec);
		char *page = page_of(record);
		const char *at = page;
		for (size_t k = 0; k < COUNT(in_order); k++) {
			const char *next = strstr(at, in_order[k]);
			UNIT_ROW(in_order[k], next != NULL);
			at = next != NULL ? next : at;
			UNIT_ROW(
			    in_order[k], in_order[k][0] != '<' ||
					     count(page, in_order[k]) == 1);
		}
		const char *wrong = wrong_with(page);
		UNIT_ROW(wrong != NULL ? wrong : "", wrong == NULL);
		CU_ASSERT_PTR_NULL(strstr(page, "nan"));
		CU_ASSERT_PTR_NULL(strstr(page, "inf\""));
		free(page);
		wreck_undo(record);
		sample_free(record);
	}
}

/* SNAT ports, between failures and method; of members that are many, the
 * table has the first. */
static void
test_snat(void)
{
	static const char *const in_order[] = { "<section id=\"over-time\"",
		"<section id=\"snat-ports\"", "<figure id=\"snat\"",
		"Worst destination: 198.51.100.20", "charts/snat.svg",
		"<table id=\"snat-each\"", "<section id=\"method\"" };
	static const size_t sizes[] = { 1, 2, 8, 20, 100, 1000 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		const struct outlet_spec spec = { sizes[i], 1, 1024, false, 1.2,
			i == 2 ? "r\xc3\xa4t\xff\x1b<b>&amp;-" : NULL };
		struct sim_record *record = record_of(3, 500, NULL);
		outlet_record(record, &spec);
		char *page = page_of(record);
		const char *at = page;
		for (size_t k = 0; k < COUNT(in_order); k++) {
			const char *next = strstr(at, in_order[k]);
			UNIT_ROW(in_order[k], next != NULL);
			at = next != NULL ? next : at;
		}
		const char *wrong = wrong_with(page);
		UNIT_ROW(wrong != NULL ? wrong : "", wrong == NULL);
		CU_ASSERT_PTR_NULL(strstr(page, "nan"));
		CU_ASSERT_TRUE(strlen(page) < SIZE_MOST);
		free(page);
		outlet_undo(record);
		sample_free(record);
	}
}

/* Every id once, and every link to one finds it. */
static void
test_ids(void)
{
	struct sim_record *record = record_of(12, 300, NULL);
	char *page = page_of(record), id[80];

	for (const char *at = page; (at = strstr(at, " id=\"")) != NULL; at++) {
		(void)snprintf(id, sizeof(id), "%.*s",
		    (int)(strcspn(at + 5, "\"") + 6), at);
		UNIT_EQUAL(id, count(page, id), 1);
	}
	for (const char *at = page; (at = strstr(at, "href=\"#")) != NULL;
	     at++) {
		(void)snprintf(id, sizeof(id), " id=\"%.*s\"",
		    (int)strcspn(at + 7, "\""), at + 7);
		UNIT_EQUAL(id, count(page, id), 1);
	}
	free(page);
	sample_free(record);
}

static void
test_empty(void)
{
	struct sim_record *record = record_of(4, 0, NULL);
	char *page;

	record->input.packets = record->input.flows = 0;
	record->input.not_ip = record->input.icmp = 0;
	page = page_of(record);
	CU_ASSERT_PTR_NULL(wrong_with(page));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "has no packets"));
	CU_ASSERT_PTR_NULL(strstr(page, "<figure"));
	free(page);
	sample_free(record);
}

/* However many backends, a browser can open it; and never anything but the
 * same. */
static void
test_size(void)
{
	struct sim_record *record = record_of(1000, 20000, FORTY FORTY);
	char *page = page_of(record), *again = page_of(record);

	(void)printf("%zu bytes ", strlen(page));
	CU_ASSERT_TRUE(strlen(page) < SIZE_MOST);
	CU_ASSERT_PTR_NULL(wrong_with(page));
	CU_ASSERT_STRING_EQUAL(page, again);
	free(page);
	free(again);
	sample_free(record);
}

static void
test_full(void)
{
	struct sim_record *record = record_of(4, 50, NULL);
	struct report_study study;
	FILE *to = fopen("/dev/full", "w");

	UNIT_NEED(to);
	(void)setvbuf(to, NULL, _IONBF, 0);
	CU_ASSERT_EQUAL(report_study_make(&study, record), 0);
	errno = 0;
	CU_ASSERT_EQUAL(report_html(&study, to), -1);
	report_study_free(&study);
	(void)fclose(to);
	sample_free(record);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "reader", test_reader },
		{ "names", test_names },
		{ "parts", test_parts },
		{ "failures", test_failures },
		{ "SNAT ports", test_snat },
		{ "ids", test_ids },
		{ "empty", test_empty },
		{ "size", test_size },
		{ "full", test_full },
		CU_TEST_INFO_NULL,
	};
	return unit_main("html", tests);
}
